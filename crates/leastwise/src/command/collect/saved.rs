//! Saved usage among the arguments.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use leastwise_analysis::usage;
use leastwise_analysis::usage::Usage;
use leastwise_policy::time::Timestamp;

use crate::error::{Error, Result};
use crate::input::locate::Place;
use crate::input::window::Window;

/// A saved usage and the name of its file.
pub type Saved = (String, Usage);

/// Usage that was saved is read first, so that logs which hold the same events do not count them again.
pub fn split(places: Vec<Place>) -> Result<(Vec<Saved>, Vec<Place>)> {
    let (mut saved, mut rest) = (Vec::new(), Vec::new());
    for place in places {
        match place {
            Place::File(path) if is_saved(&path) => {
                let bytes = std::fs::read(&path).map_err(|error| {
                    Error::input(format!("cannot read `{}`", path.display())).because(error)
                })?;
                saved.push((path.display().to_string(), load(&path.display().to_string(), &bytes)?));
            }
            place => rest.push(place),
        }
    }
    Ok((saved, rest))
}

fn is_saved(path: &Path) -> bool {
    // Only a regular file can be looked into without taking something from it.
    let mut start = Vec::new();
    path.is_file()
        && File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)).is_ok()
        && usage::is_saved(&start)
}

/// Reads what `usage --save` wrote.
pub fn load(name: &str, bytes: &[u8]) -> Result<Usage> {
    Usage::load(bytes).map_err(|error| {
        Error::input(format!("cannot read saved usage `{name}`")).because(error).hint("save it again")
    })
}

/// A row that lies partly outside a window.
#[derive(Debug)]
pub struct Across(Timestamp, Timestamp);

impl Across {
    /// What the user can do about it.
    pub fn error(self, name: &str, what: &str) -> Error {
        let Across(first, last) = self;
        Error::usage(format!("saved usage `{name}` reaches beyond {what}")).hint(format!(
            "it has a row from {first} to {last}, which cannot be split; give the logs instead"
        ))
    }
}

/// A row of a saved usage stands for many events: it lies in the window as a whole, or nobody can tell.
pub fn fits(saved: &Usage, window: Window) -> std::result::Result<(), Across> {
    let rows = saved.rows().into_iter().map(|row| (row.first, row.last));
    let unmapped = saved.unmapped().into_iter().map(|row| (row.first, row.last));
    for (first, last) in rows.chain(unmapped) {
        let before = window.since.is_some_and(|since| first.seconds() < since);
        let behind = window.until.is_some_and(|until| last.seconds() >= until);
        if before || behind {
            return Err(Across(first, last));
        }
    }
    Ok(())
}
