//! What several tests need: the shared data, when it lies beside the workspace.

use std::path::{Path, PathBuf};

/// `../shared/data/<path>` beside the workspace; when it is not there, says so and gives nothing.
#[expect(clippy::print_stdout, reason = "a test that was skipped says so")]
pub(crate) fn shared_data(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: ../shared/data is not here");
    None
}
