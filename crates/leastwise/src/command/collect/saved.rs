//! Saved usage among the arguments.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use leastwise_analysis::usage::Usage;
use leastwise_policy::time::Timestamp;

use crate::error::{Error, Result};
use crate::input::locate::Place;
use crate::input::saved::{self, unpacked};
use crate::input::window::Window;

/// Usage that was saved is read first, so that logs which hold the same events do not count them again.
pub fn split(places: Vec<Place>) -> (Vec<PathBuf>, Vec<Place>) {
    let (mut saved, mut rest) = (Vec::new(), Vec::new());
    for place in places {
        match place {
            Place::File(path) if is_saved(&path) => saved.push(path),
            place => rest.push(place),
        }
    }
    (saved, rest)
}

/// Reads one of them, with the name that it has in messages.
pub fn open(path: &Path) -> Result<(String, Usage)> {
    let name = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| Error::input(format!("cannot read `{name}`")).because(error))?;
    let usage = load(&name, &bytes)?;
    Ok((name, usage))
}

fn is_saved(path: &Path) -> bool {
    // Only a regular file can be looked into without taking something from it.
    let mut start = Vec::new();
    path.is_file()
        && File::open(path).and_then(|file| file.take(saved::BEGIN as u64).read_to_end(&mut start)).is_ok()
        && saved::is_saved(&start)
}

/// Reads what `usage --save` wrote.
pub fn load(name: &str, bytes: &[u8]) -> Result<Usage> {
    let bytes = unpacked(name, bytes)?;
    Usage::load(&bytes).map_err(|error| {
        Error::input(format!("cannot read saved usage `{name}`")).because(error).hint("save it again")
    })
}

/// Calls that lie partly outside a window.
#[derive(Debug)]
pub struct Across(Timestamp, Timestamp);

impl Across {
    /// What the user can do about it.
    pub fn error(self, name: &str, what: &str) -> Error {
        let Across(first, last) = self;
        Error::usage(format!("saved usage `{name}` reaches beyond {what}")).hint(format!(
            "it has calls from {first} to {last}, which cannot be split; give the logs instead"
        ))
    }
}

/// A row of a saved usage stands for many events: it lies in the window as a whole, or nobody can tell.
pub fn fits(saved: &Usage, window: Window) -> std::result::Result<(), Across> {
    if window == Window::default() {
        return Ok(());
    }
    for (first, last) in saved.spans() {
        let before = window.since.is_some_and(|since| first.seconds() < since);
        let behind = window.until.is_some_and(|until| last.seconds() >= until);
        if before || behind {
            return Err(Across(first, last));
        }
    }
    Ok(())
}
