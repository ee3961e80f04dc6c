//! Results appear whole or not at all: each file is written beside its place under a temporary name, then all of them
//! are renamed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::interrupt;

/// Files that are written but not yet in their place. Dropping it removes them.
#[derive(Default)]
pub struct Batch {
    files: Vec<(PathBuf, PathBuf)>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a file under a temporary name in the folder where it will be; makes the folder when it is not there.
    pub fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        let failed = |error: std::io::Error| {
            Error::input(format!("cannot write `{}`", path.display()))
                .because(error)
                .hint("give a place that you may write to")
        };
        if path.is_dir() {
            return Err(
                Error::usage(format!("`{}` is a folder", path.display())).hint("give the name of a file")
            );
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let temporary = folder.join(temporary_name(path));
        interrupt::register(&temporary);
        self.files.push((temporary.clone(), path.to_owned()));
        let mut file = fs::File::create(&temporary).map_err(failed)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// Puts every file in its place.
    pub fn commit(mut self) -> Result<()> {
        // INVARIANT: the registry stays locked over all renames, see `interrupt`.
        let mut registry = interrupt::registry();
        for (temporary, path) in std::mem::take(&mut self.files) {
            registry.remove(&temporary);
            fs::rename(&temporary, &path).map_err(|error| {
                let _ = fs::remove_file(&temporary);
                Error::input(format!("cannot write `{}`", path.display())).because(error)
            })?;
        }
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let mut registry = interrupt::registry();
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
            registry.remove(temporary);
        }
    }
}

/// Writes one file that its owner alone can read, in a folder of the same kind when it has to be made.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::input(format!("cannot write `{}`", path.display()))
            .because(error)
            .hint("give a place that you may write to")
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut make = fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder).map_err(failed)?;
    let temporary = folder.join(temporary_name(path));
    interrupt::register(&temporary);
    let batch = Batch { files: vec![(temporary.clone(), path.to_owned())] };
    let mut open = fs::OpenOptions::new();
    open.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    let mut file = open.open(&temporary).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    batch.commit()
}

/// Writes one file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut batch = Batch::new();
    batch.add(path, bytes)?;
    batch.commit()
}

fn temporary_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!(".{name}.{}.tmp", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("leastwise-atomic-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_committed_batch_has_all_files_and_nothing_else() {
        let folder = folder("commit");
        let mut batch = Batch::new();
        batch.add(&folder.join("a.json"), b"1").expect("written");
        batch.add(&folder.join("sub/b.json"), b"2").expect("written");
        batch.commit().expect("renamed");
        assert_eq!(fs::read(folder.join("a.json")).expect("there"), b"1");
        assert_eq!(fs::read(folder.join("sub/b.json")).expect("there"), b"2");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 2);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_dropped_batch_leaves_nothing_and_keeps_what_was_there() {
        let folder = folder("drop");
        write(&folder.join("a.json"), b"old").expect("written");
        let mut batch = Batch::new();
        batch.add(&folder.join("a.json"), b"new").expect("written");
        drop(batch);
        assert_eq!(fs::read(folder.join("a.json")).expect("there"), b"old");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 1);
        fs::remove_dir_all(&folder).expect("removed");
    }
}
