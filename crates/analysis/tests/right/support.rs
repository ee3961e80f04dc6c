//! Documents and findings for the tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use leastwise_analysis::check::{Document, Estate, Facts, Finding, run};
use leastwise_analysis::source::Node;
use leastwise_catalog::Catalog;
use leastwise_policy::aws::DocumentKind;

/// A document of this kind.
pub(crate) fn document(name: &str, kind: DocumentKind, text: &str) -> Document {
    Document::new(Arc::from(name), name, kind, Node::json(text).expect("JSON"))
}

/// What is found in these documents.
pub(crate) fn findings(documents: Vec<Document>) -> Vec<Finding> {
    let mut estate = Estate::default();
    estate.documents.extend(documents);
    run(&estate, &Facts::new(Catalog::embedded()))
}

/// A file or folder of the data that lies beside the repository.
pub(crate) fn shared_data(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !path.exists() {
        eprintln!("skipped: ../shared/data is not here");
        return None;
    }
    Some(path)
}

/// The text of a gzip file of one member whose header has no more than a name.
pub(crate) fn unpacked(file: &Path) -> Vec<u8> {
    let packed = std::fs::read(file).expect("the file can be read");
    let name = packed[10..].iter().position(|byte| *byte == 0).filter(|_| packed[3] & 8 != 0);
    let start = 10 + name.map_or(0, |end| end + 1);
    miniz_oxide::inflate::decompress_to_vec(&packed[start..packed.len() - 8]).expect("the file is whole")
}
