//! Finds the files that are checked and reads their texts: what was named, and what lies in named folders.
//!
//! In a folder only endings that a known format has are opened. Hidden folders, what tools unpack (`node_modules`,
//! `.terraform`, `target`) and links are left alone; a link could lead out of the folder. Of `.terraform` only the modules
//! are read that `terraform init` has listed there.

mod installed;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use leastwise_analysis::check::{Class, Finding, Severity, SourceFile, is_meant, named};
use leastwise_analysis::source::Place;

use super::suppress::Looked;
use crate::error::{Error, Result};
use crate::input::foreign::not_text;
use crate::input::size::ByteSize;
use crate::output::{counted, plain, thousands};
use crate::progress::Progress;

/// A file in a folder may be as large as this; larger ones are data.
pub const LARGEST_MET: u64 = 16 << 20;
/// A file that somebody names may be as large as this.
pub const LARGEST_NAMED: u64 = 1 << 30;
/// All texts of one run together.
const LARGEST_SUM: u64 = 2 << 30;
/// So many files of one run are opened.
const MOST: usize = 200_000;
/// Folders deeper than this are not walked.
const DEEPEST: usize = 64;

/// Endings of files that may hold something to check.
const ENDINGS: [&str; 11] =
    ["json", "tf", "tofu", "tfvars", "yaml", "yml", "template", "cedar", "tftpl", "tpl", "tmpl"];
/// Folders that hold what others wrote or what was built.
const LEFT_ALONE: [&str; 4] = ["node_modules", "target", "__pycache__", "vendor"];

/// What a snapshot has one of, whatever else is wrong with it
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>).
const LISTS: [&str; 4] = ["\"UserDetailList\"", "\"RoleDetailList\"", "\"GroupDetailList\"", "\"Policies\""];

/// What standard input is called.
pub const STDIN: &str = "standard input";

/// The texts, and what was met on the way.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Sorted by name.
    pub files: Vec<SourceFile>,
    /// What could not be opened or is no text.
    pub unreadable: Vec<Finding>,
    /// Where was looked.
    pub looked: Looked,
    /// Files in folders that are too large.
    pub too_large: usize,
    /// Links in folders.
    pub links: usize,
    /// Files in folders that are no text.
    pub other: usize,
}

/// Whether a file with this path, met in a folder, may hold something to check.
pub fn may_hold(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    !name.starts_with('.') && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Whether a folder with this name, met in a folder, is walked.
pub fn is_walked(name: &str) -> bool {
    !name.starts_with('.') && !LEFT_ALONE.contains(&name)
}

/// Reads everything that was named. What is not there is an error, whatever may be unreadable: it was never looked at.
pub fn gather(paths: &[String], snapshots: &[PathBuf], progress: &Progress) -> Result<Gathered> {
    let mut walk = Walk {
        progress,
        texts: BTreeMap::new(),
        sum: 0,
        gathered: Gathered::default(),
        is_beside: false,
        buffer: Vec::new(),
    };
    for path in paths {
        match path.as_str() {
            "-" => walk.standard_input()?,
            _ => walk.named(Path::new(path))?,
        }
    }
    for path in snapshots {
        walk.named(path)?;
        let text = walk.texts.get(&shown(path)).map(|file| &file.text);
        if text.is_some_and(|text| !LISTS.iter().any(|list| text.contains(list))) {
            return Err(Error::input(format!("`{}` is no snapshot", path.display())).hint(
                "--snapshot takes what `leastwise snapshot` prints; policies and other files are named without it",
            ));
        }
    }
    let Walk { texts, mut gathered, .. } = walk;
    gathered.files = texts.into_values().collect();
    gathered.looked.files = gathered.files.iter().map(|file| file.name.to_string()).collect();
    Ok(gathered)
}

struct Walk<'a> {
    progress: &'a Progress,
    texts: BTreeMap<String, SourceFile>,
    sum: u64,
    gathered: Gathered,
    /// Whether what is read now is only there for others.
    is_beside: bool,
    /// Where a file is read to before its length is known.
    buffer: Vec<u8>,
}

/// A buffer that became larger than this for one file is not kept for the next.
const KEPT: usize = 1 << 20;

impl Walk<'_> {
    fn named(&mut self, path: &Path) -> Result<()> {
        let found = fs::metadata(path).map_err(|error| {
            Error::input(format!("cannot read `{}`", path.display()))
                .because(error)
                .hint("PATH is a file, a folder, or - for standard input")
        })?;
        if found.is_dir() {
            self.gathered.looked.folders.push(shown(path));
            return self.folder(path, 0);
        }
        self.file(path, true)
    }

    fn standard_input(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().take(LARGEST_NAMED + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::input("cannot read standard input").because(error))?;
        self.take(STDIN.to_owned(), bytes, true)
    }

    fn folder(&mut self, path: &Path, depth: usize) -> Result<()> {
        let entries = fs::read_dir(path).and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(&shown(path), format!("cannot be listed: {error}"));
                return Ok(());
            }
        };
        entries.sort_by_cached_key(fs::DirEntry::file_name);
        if entries.iter().any(|entry| entry.file_name() == installed::FOLDER) {
            self.installed(path)?;
        }
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => self.gathered.links += usize::from(may_hold(&name)),
                Ok(kind) if kind.is_dir() && !is_walked(&name) => {}
                Ok(kind) if kind.is_dir() && depth >= DEEPEST => {
                    self.unreadable(&shown(&path), format!("more than {DEEPEST} folders deep; not opened"));
                }
                Ok(kind) if kind.is_dir() => self.folder(&path, depth + 1)?,
                Ok(kind) if kind.is_file() && may_hold(&name) => self.file(&path, false)?,
                Ok(_) => {}
                Err(error) => self.unreadable(&shown(&path), format!("cannot be looked at: {error}")),
            }
        }
        Ok(())
    }

    /// What `terraform init` has installed for the configuration in this folder.
    fn installed(&mut self, path: &Path) -> Result<()> {
        self.is_beside = true;
        for file in installed::files(path) {
            self.file(&file, false)?;
        }
        self.is_beside = false;
        Ok(())
    }

    fn file(&mut self, path: &Path, is_named: bool) -> Result<()> {
        let largest = if is_named { LARGEST_NAMED } else { LARGEST_MET };
        let mut buffer = std::mem::take(&mut self.buffer);
        let read = File::open(path).and_then(|file| file.take(largest + 1).read_to_end(&mut buffer));
        let bytes = if buffer.len() > KEPT { std::mem::take(&mut buffer) } else { buffer.clone() };
        buffer.clear();
        self.buffer = buffer;
        match read {
            Err(error) => {
                self.unreadable(&shown(path), format!("cannot be read: {error}"));
                Ok(())
            }
            Ok(_) if bytes.len() as u64 > largest && !is_named => {
                self.gathered.too_large += 1;
                Ok(())
            }
            Ok(_) => self.take(shown(path), bytes, is_named),
        }
    }

    fn take(&mut self, name: String, bytes: Vec<u8>, is_named: bool) -> Result<()> {
        let size = bytes.len() as u64;
        if size > LARGEST_NAMED {
            self.unreadable(&name, format!("larger than {}; not read", ByteSize(LARGEST_NAMED)));
            return Ok(());
        }
        if self.texts.contains_key(&name) && !is_named {
            return Ok(());
        }
        self.sum += size;
        if self.sum > LARGEST_SUM || self.texts.len() >= MOST {
            return Err(Error::input(format!(
                "more than {} files or {} to check",
                thousands(MOST as u64),
                ByteSize(LARGEST_SUM)
            ))
            .hint("name smaller folders, one run for each"));
        }
        self.progress.read(size);
        match String::from_utf8(bytes) {
            Ok(text) => {
                let beside = self.is_beside;
                let file = SourceFile { name: name.as_str().into(), text, named: is_named, beside };
                self.texts.insert(name, file);
            }
            // Data of somebody else, in an encoding of theirs.
            Err(error) if !is_named && !is_meant_for_us(&name, error.as_bytes()) => self.gathered.other += 1,
            Err(error) => self.unreadable(&name, not_text(&error)),
        }
        Ok(())
    }

    fn unreadable(&mut self, file: &str, reason: String) {
        self.gathered.unreadable.push(unreadable(file, reason));
    }
}

/// Whether a file that is not UTF-8 was meant to be one that is checked: all code is, and data in which a word of ours
/// stands, whatever its encoding.
fn is_meant_for_us(name: &str, bytes: &[u8]) -> bool {
    const DATA: [&str; 6] = [".json", ".yaml", ".yml", ".tftpl", ".tpl", ".tmpl"];
    if !DATA.iter().any(|ending| name.to_lowercase().ends_with(ending)) {
        return true;
    }
    // Of UTF-16, what is left without the zeros is what is written, as far as it is ASCII.
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&text);
    is_meant(&text) || text.contains("Statement") || super::roles::may_hold_roles(&text)
}

impl Gathered {
    /// What was left alone, for stderr.
    pub fn left_alone(&self) -> Vec<String> {
        let links = counted(self.links as u64, "link was", "links were");
        let large = counted(self.too_large as u64, "file is", "files are");
        let mut lines = Vec::new();
        if self.links > 0 {
            lines.push(format!("{links} not followed; name what is to be checked behind a link"));
        }
        if self.too_large > 0 {
            lines.push(format!(
                "{large} larger than {} and not opened; name what is to be checked all the same",
                ByteSize(LARGEST_MET)
            ));
        }
        lines
    }
}

/// A finding that says that something was not read.
pub fn unreadable(file: &str, reason: String) -> Finding {
    const CODE: &str = "UNREADABLE";
    Finding {
        file: file.into(),
        at: Place::START,
        code: CODE,
        pointer: String::new(),
        subject: file.to_owned(),
        message: plain(&reason),
        severity: named(CODE).map_or(Severity::High, |check| check.severity),
        class: Class::Unreadable,
        evidence: Vec::new(),
        fix: None,
    }
}

/// The path as findings show it: from the working directory on when it lies below, with `/`, without `.` on the way, so
/// that a file has one name however it was come by.
pub fn shown(path: &Path) -> String {
    static HERE: LazyLock<Option<PathBuf>> = LazyLock::new(|| std::env::current_dir().ok());
    let path = HERE.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let parts = path.components().filter(|part| !matches!(part, Component::CurDir));
    let path: PathBuf = parts.collect();
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name() {
        for name in ["./a/./b.json", "a/b.json", "a//b.json"] {
            assert_eq!(shown(Path::new(name)), "a/b.json");
        }
        let here = std::env::current_dir().expect("a folder");
        assert_eq!(shown(&here.join("a.json")), "a.json");
        assert_eq!(shown(Path::new(".")), "");
        assert_eq!(shown(Path::new("../a.json")), "../a.json");
    }

    #[test]
    fn folders_of_tools_and_hidden_files_are_left_alone() {
        assert!(may_hold("a/main.tf") && may_hold("x.JSON"));
        assert!(!may_hold("a/.main.tf") && !may_hold("main.tf.bak") && !may_hold("json"));
        for name in [".git", ".terraform", "node_modules", "target"] {
            assert!(!is_walked(name), "{name}");
        }
    }
}
