//! `cargo xtask sync-clouds FOLDER`: the facts on Google Cloud and Azure, from a folder of downloaded JSON.
//!
//! `FOLDER/gcp` and `FOLDER/azure` hold the files that `crates/catalog/data/clouds.md` names, gzipped, with a
//! `SOURCE.txt` that says where they are from. The same files give the same bytes: everything is sorted.

mod azure;
mod gcp;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Writes the files, or with `check` only says which differ; true when any did.
pub(crate) fn run(folder: &Path, check: bool) -> Result<bool> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/catalog/data");
    let mut files = BTreeMap::new();
    for (name, text) in gcp::files(&folder.join("gcp"))? {
        files.insert(format!("gcp/{name}"), text);
    }
    for (name, text) in azure::files(&folder.join("azure"))? {
        files.insert(format!("azure/{name}"), text);
    }
    let mut differs = false;
    for (name, text) in files {
        let path = data.join(&name);
        if fs::read_to_string(&path).is_ok_and(|committed| committed == text) {
            continue;
        }
        differs = true;
        eprintln!("differs: {name}");
        if !check {
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(&path, text).with_context(|| format!("cannot write {name}"))?;
        }
    }
    Ok(differs)
}

/// Reads one gzipped JSON file.
fn json(folder: &Path, name: &str) -> Result<Value> {
    let path = folder.join(name);
    let file = File::open(&path).with_context(|| format!("cannot open {}", path.display()))?;
    serde_json::from_reader(flate2::read::GzDecoder::new(file))
        .with_context(|| format!("{} is not gzipped JSON", path.display()))
}

/// The texts of a JSON list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_files_are_what_the_sources_give() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
        if !folder.join("gcp").exists() {
            println!("skipped: ../shared/data is not here");
            return;
        }
        assert!(!run(&folder, true).unwrap(), "run `cargo xtask sync-clouds ../shared/data`");
    }
}
