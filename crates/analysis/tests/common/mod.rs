//! What the tests against shared data have in common.

use std::path::{Path, PathBuf};

/// A file or folder of the shared data beside the repository; the test is skipped where it is absent.
pub(crate) fn shared_data(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !path.exists() {
        eprintln!("skipped: ../shared/data is not here");
        return None;
    }
    Some(path)
}

/// The log files below a folder, sorted.
pub(crate) fn logs(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    find(folder, &mut files);
    files.sort();
    files
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is part of the shared data") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.to_str().is_some_and(|path| path.ends_with(".json.gz")) {
            files.push(path);
        }
    }
}

/// The text of a gzip file of one member whose header has no more than a name, as CloudTrail and our generator
/// write it.
pub(crate) fn unpacked(file: &Path) -> Vec<u8> {
    let packed = std::fs::read(file).expect("the file can be read");
    let named = packed[3] & 8 != 0;
    let name = packed[10..].iter().position(|byte| *byte == 0).filter(|_| named);
    let start = 10 + name.map_or(0, |end| end + 1);
    let body = &packed[start..packed.len() - 8];
    miniz_oxide::inflate::decompress_to_vec(body).expect("the file is whole")
}
