//! Ctrl-C (and SIGTERM, SIGHUP): remove what is half-written, then end with 130, as shells expect.
//!
//! INVARIANT: a file under its final name is always whole. Files are written under a temporary name that is
//! registered here; renaming happens while the registry is locked, so an interruption comes before all renames of a
//! result or after all of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Starts listening. Where no handler can be installed, an interruption leaves a temporary file behind at worst.
pub fn install() {
    let _ = ctrlc::set_handler(|| {
        let unfinished = registry();
        for path in unfinished.iter() {
            let _ = std::fs::remove_file(path);
        }
        // Still holding the registry: nothing is renamed between the removal and the end.
        std::process::exit(130);
    });
}

/// Locks the registry; an interruption waits until the guard is dropped.
pub fn registry() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Says that this file is not finished.
pub fn register(path: &Path) {
    registry().insert(path.to_owned());
}
