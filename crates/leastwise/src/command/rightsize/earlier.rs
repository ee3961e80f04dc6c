//! What an earlier run left in the folder of the results and this one does not write again: a policy that was replaced, one
//! of a principal that is gone. Whoever takes all files of the folder would put it in place, so it is told. It is not
//! removed: nobody knows what became of it since.
//!
//! An earlier run's indexes say what it wrote: `index.json` of `--all`, and one beside the documents of each principal.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::output::{counted, plain};

/// How the name of the index of one principal's documents ends.
const INDEX: &str = "-index.json";

/// The files that an earlier run wrote, by their names in the folder.
#[derive(Debug, Default)]
pub struct Earlier(BTreeSet<String>);

impl Earlier {
    /// Of the principal whose files are now these. To be asked before they are written.
    pub fn of_one<'n>(folder: &Path, mut files: impl Iterator<Item = &'n str>) -> Self {
        let index = files.find(|name| name.ends_with(INDEX)).and_then(|name| read(&folder.join(name)));
        let documents = index.iter().filter_map(|index| index["documents"].as_array()).flatten();
        Earlier(documents.filter_map(|document| document["file"].as_str()).map(str::to_owned).collect())
    }

    /// Of everybody. To be asked before the files are written.
    pub fn of_all(folder: &Path) -> Self {
        let index = read(&folder.join("index.json"));
        let principals = index.iter().filter_map(|index| index["principals"].as_array()).flatten();
        let files = principals.filter_map(|principal| principal["files"].as_array()).flatten();
        Earlier(files.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// One line about those that are still there and that were not written now.
    pub fn told<'n>(&self, folder: &Path, written: impl Iterator<Item = &'n str>) -> Option<String> {
        const SHOWN: usize = 3;
        let written: BTreeSet<&str> = written.collect();
        let left =
            self.0.iter().filter(|name| !written.contains(name.as_str()) && folder.join(name).is_file());
        let left: Vec<String> = left.map(|name| format!("`{}`", folder.join(name).display())).collect();
        if left.is_empty() {
            return None;
        }
        let more = if left.len() > SHOWN { ", …" } else { "" };
        Some(plain(&format!(
            "{} of an earlier run still there, and no part of what this one says; remove what nobody needs: {}{more}",
            counted(left.len() as u64, "file is", "files are"),
            left[..left.len().min(SHOWN)].join(", "),
        )))
    }
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
