//! Which catalogue is in use: the folder that was named, else the one that was imported on this machine, else the one
//! in the binary.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use leastwise_catalog::{Action, Catalog};
use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::error::{Error, Result};

/// One file of AWS's service reference.
#[derive(Serialize, Deserialize)]
struct File {
    name: String,
    text: String,
}

/// What `catalog import` keeps: one file, so that it is there whole or not at all.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    files: Vec<File>,
}

const VERSION: u32 = 1;

/// The catalogue to use. It lives as long as the process, of which there is one for each command.
pub fn load(named: Option<&Path>) -> Result<&'static Catalog> {
    if let Some(folder) = named {
        return Ok(Box::leak(Box::new(import(read_folder(folder)?)?)));
    }
    let Some(path) = kept() else { return Ok(Catalog::embedded()) };
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if is_nothing_kept(&path, &error) => return Ok(Catalog::embedded()),
        Err(error) => return Err(unusable(&path).because(error)),
    };
    match serde_json::from_slice::<Kept>(&text) {
        Ok(kept) if kept.version == VERSION => Ok(Box::leak(Box::new(import(kept.files)?))),
        Ok(_) => Err(unusable(&path)),
        Err(error) => Err(unusable(&path).because(error)),
    }
}

/// The actions that `pattern` covers, and when there are none, the way to those that there are.
pub fn covered<'c>(catalog: &'c Catalog, pattern: &str) -> std::result::Result<Vec<Action<'c>>, String> {
    let found = catalog.expand(pattern);
    if !found.is_empty() {
        return Ok(found);
    }
    let near = catalog.suggest(pattern);
    Err(match near.is_empty() {
        true => "`leastwise catalog search WORDS` finds actions by words".to_owned(),
        false => format!("did you mean `{}`?", near.join("`, `")),
    })
}

/// What `actions` can be limited to, for whoever named another resource.
pub fn supported(actions: &[Action<'_>]) -> String {
    let formats: BTreeSet<String> = actions
        .iter()
        .flat_map(|action| {
            let types = action.resources.iter();
            types.filter_map(|on| action.service.resource_type(&on.resource_type)).flat_map(|kind| &kind.arn)
        })
        .map(|format| format!("`{format}`"))
        .collect();
    match formats.len() {
        0 => "`*` alone".to_owned(),
        len => {
            let more = if len > 6 { format!(" and {} more", len - 6) } else { String::new() };
            format!("{}{more}", Vec::from_iter(formats.into_iter().take(6)).join(", "))
        }
    }
}

/// Imports a folder and keeps it for every later run; returns the catalogue and where it is kept.
pub fn keep(folder: &Path) -> Result<(Catalog, PathBuf)> {
    let files = read_folder(folder)?;
    let Some(path) = kept() else {
        return Err(Error::usage("no place to keep the catalogue").hint("set HOME or LEASTWISE_DATA_DIR"));
    };
    let kept = Kept { version: VERSION, files };
    let text = serde_json::to_vec(&kept)
        .map_err(|error| Error::input("cannot keep the catalogue").because(error))?;
    let catalog = import(kept.files)?;
    atomic::write(&path, &text)?;
    Ok((catalog, path))
}

/// Whether nothing was kept, as far as this user can have kept anything: a home that may not be entered, or is no folder,
/// is what services and containers often run with.
fn is_nothing_kept(path: &Path, error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => true,
        // What is there and may not be read was kept by somebody; what may not even be looked for was not kept by this user.
        io::ErrorKind::PermissionDenied => {
            std::env::var_os("LEASTWISE_DATA_DIR").is_none_or(|folder| folder.is_empty())
                && std::fs::symlink_metadata(path).is_err()
        }
        _ => false,
    }
}

fn unusable(path: &Path) -> Error {
    Error::input(format!("cannot use the imported catalogue `{}`", path.display()))
        .hint("import it again, or remove the file to use the catalogue of the binary")
}

/// `LEASTWISE_DATA_DIR`, else `leastwise` in the XDG data folder.
fn kept() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("LEASTWISE_DATA_DIR")
        .or_else(|| set("XDG_DATA_HOME").map(|folder| folder.join("leastwise")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/leastwise")))?;
    Some(folder.join("catalog.json"))
}

fn read_folder(folder: &Path) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    find(folder, &mut paths, 0)?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path).because(error))?;
        // The reference's own index lists the services and holds no facts.
        if !text.trim_start().starts_with('[') {
            let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
            files.push(File { name, text });
        }
    }
    match files.is_empty() {
        true => Err(unreadable(folder)),
        false => Ok(files),
    }
}

/// The reference is laid out as `v1/<service>/<service>.json`; a folder with the files themselves does as well.
fn find(folder: &Path, paths: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder).because(error))? {
        let path = entry.map_err(|error| unreadable(folder).because(error))?.path();
        if path.is_dir() && depth < 4 {
            find(&path, paths, depth + 1)?;
        } else if path.extension().is_some_and(|ending| ending == "json") {
            paths.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path) -> Error {
    Error::input(format!("cannot read a catalogue from `{}`", path.display()))
        .hint("give a folder of AWS service-reference JSON, one file for each service")
}

fn import(files: Vec<File>) -> Result<Catalog> {
    let files = files.into_iter().map(|file| (file.name, file.text.into_bytes())).collect();
    Catalog::embedded().import(files).map_err(|error| {
        Error::input("cannot import the catalogue").because(error).hint("nothing was changed")
    })
}
