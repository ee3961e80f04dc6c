//! Ctrl-C, SIGTERM (whoever stops a service or a container) and SIGHUP (a terminal that is gone): remove what is
//! half-written, then end with 128 and the number of the signal, as shells expect.
//!
//! A signal that is ignored already stays so: that is how `nohup`, and a shell for what it starts in the background, ask
//! for a run that goes on.
//!
//! INVARIANT: a file under its final name is always whole. Files are written under a temporary name that is
//! registered here; renaming happens while the registry is locked, so an interruption comes before all renames of a
//! result or after all of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Starts listening. Where that cannot be, an interruption leaves a temporary file behind at worst.
#[cfg(unix)]
pub fn install() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    // Where nobody tells what is ignored, a run under `nohup` must go on.
    let is_ignored =
        move |signal: &i32| ignored.map_or(*signal == SIGHUP, |mask| mask >> (*signal - 1) & 1 == 1);
    let listen = move || {
        let signals = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(signal));
        let mut signals = Signals::new(signals).ok()?;
        signals.forever().next().map(|signal| end(128 + signal))
    };
    // Nothing is listened to before there is a thread that does.
    let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(listen);
}

/// Starts listening for Ctrl-C.
#[cfg(not(unix))]
pub fn install() {
    let _ = ctrlc::set_handler(|| end(130));
}

/// Removes what is half-written and ends.
fn end(code: i32) {
    let unfinished = registry();
    for path in unfinished.iter() {
        let _ = std::fs::remove_file(path);
    }
    // Still holding the registry: nothing is renamed between the removal and the end.
    std::process::exit(code);
}

/// The signals that this process ignores, as Linux tells them
/// ([proc_pid_status(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)): one bit for each, from the lowest
/// for signal 1.
#[cfg(unix)]
fn ignored() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

/// Locks the registry; an interruption waits until the guard is dropped.
pub fn registry() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Says that this file is not finished.
pub fn register(path: &Path) {
    registry().insert(path.to_owned());
}
