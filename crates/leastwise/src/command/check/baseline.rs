//! The baseline: findings that are known, so that only new ones fail. One line for each, sorted, so that a change of the
//! file can be read.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::outcome::{Judged, State, is_unreadable};
use crate::atomic;
use crate::error::{Error, Result};

const SCHEMA: &str = "leastwise/baseline/1";

/// A finding that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file.
    pub file: String,
    /// The check's code.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// What was the matter.
    pub message: String,
    /// By which it is recognised; the rest is for people.
    pub fingerprint: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    findings: Vec<Entry>,
}

/// Reads a baseline.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let cannot = || Error::input(format!("cannot read baseline `{}`", path.display()));
    let hint = "`leastwise check PATH --write-baseline FILE` writes one";
    let text = std::fs::read_to_string(path).map_err(|error| cannot().because(error).hint(hint))?;
    let file: File = serde_json::from_str(&text).map_err(|error| cannot().because(error).hint(hint))?;
    match file.schema == SCHEMA {
        true => Ok(file.findings),
        false => Err(cannot().hint(format!("its schema is `{}`, and `{SCHEMA}` is known", file.schema))),
    }
}

/// Marks what is known; gives what is known and was not found.
pub fn apply(judged: &mut [Judged], known: Vec<Entry>) -> Vec<Entry> {
    let prints: HashSet<&str> = known.iter().map(|entry| entry.fingerprint.as_str()).collect();
    let mut found: HashSet<String> = HashSet::new();
    for one in judged.iter_mut().filter(|one| prints.contains(one.fingerprint.as_str())) {
        found.insert(one.fingerprint.clone());
        // What was not read is not known, whatever was written down of it.
        if one.is_open() && !is_unreadable(&one.finding) {
            one.state = State::Known;
        }
    }
    let mut stale: Vec<Entry> =
        known.into_iter().filter(|entry| !found.contains(&entry.fingerprint)).collect();
    stale.sort();
    stale
}

/// Writes all findings that count or are known already.
pub fn write(path: &Path, judged: &[Judged]) -> Result<usize> {
    let belongs =
        |one: &&Judged| !matches!(one.state, State::Suppressed { .. }) && !is_unreadable(&one.finding);
    let mut entries: Vec<Entry> = judged.iter().filter(belongs).map(Entry::of).collect();
    entries.sort();
    let mut text = format!("{{\"schema\":\"{SCHEMA}\",\"findings\":[");
    for (number, entry) in entries.iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        let line = serde_json::to_string(entry)
            .map_err(|error| Error::input("cannot write a finding as JSON").because(error))?;
        text.push_str(&line);
    }
    text.push_str("\n]}\n");
    atomic::write(path, text.as_bytes())?;
    Ok(entries.len())
}

impl Entry {
    fn of(one: &Judged) -> Entry {
        let found = &one.finding;
        Entry {
            file: found.file.to_string(),
            code: found.code.to_owned(),
            subject: found.subject.clone(),
            message: found.message.clone(),
            fingerprint: one.fingerprint.clone(),
        }
    }
}
