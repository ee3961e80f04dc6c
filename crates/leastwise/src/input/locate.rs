//! Finds the log files: what was named, and what lies in named folders. Runs beside the reading, so that the first file
//! is read before the last is found, and a list of all of them is never held.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

use super::account::Account;
use super::layout;
use super::read::{Body, Item};
use super::s3;
use super::window::Window;
use crate::cli::logs::AwsArgs;
use crate::error::{Error, Result};

/// Folders deeper than this are not walked; an organisation's layout is nine deep.
const DEEPEST: usize = 64;

/// One of the LOGS arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `-`.
    Stdin,
    /// A file or a pipe.
    File(PathBuf),
    /// A folder.
    Folder(PathBuf),
    /// `s3://bucket/prefix`.
    S3 { bucket: String, prefix: String },
}

impl Place {
    /// What the argument names; it must be there.
    pub fn parse(text: &str) -> Result<Place> {
        if text == "-" {
            return Ok(Place::Stdin);
        }
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            return match bucket.is_empty() {
                true => {
                    Err(Error::usage(format!("`{text}` names no bucket")).hint("write s3://bucket/prefix"))
                }
                false => Ok(Place::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() }),
            };
        }
        match fs::metadata(text) {
            Ok(found) if found.is_dir() => Ok(Place::Folder(text.into())),
            Ok(_) => Ok(Place::File(text.into())),
            Err(error) => Err(Error::input(format!("cannot read logs `{text}`"))
                .because(error)
                .hint("LOGS are files, folders, `-` or s3://bucket/prefix")),
        }
    }
}

impl Place {
    /// What it is called, if it can be read only once: standard input, a pipe.
    pub fn read_once(&self) -> Option<String> {
        match self {
            Place::Stdin => Some("standard input".to_owned()),
            Place::File(path) if !path.is_file() => Some(format!("`{}`", path.display())),
            _ => None,
        }
    }
}

/// Sends every file of the place to the workers, in order of name.
pub fn feed(
    place: Place,
    window: Window,
    aws: &AwsArgs,
    queue: &Sender<Item>,
    account: &mut Account,
) -> Result<()> {
    // A queue that is closed means that the workers are gone; there is nobody to feed.
    let send = |name: String, body: Body| {
        let _ = queue.blocking_send(Item { name, body });
    };
    match place {
        Place::Stdin => send("standard input".to_owned(), Body::Stream(Box::new(std::io::stdin()))),
        Place::File(path) => send(path.display().to_string(), Body::Path(path)),
        Place::Folder(path) => Walk { window, queue, account }.folder(&path, 0),
        Place::S3 { bucket, prefix } => {
            s3::feed(s3::Bucket { name: bucket, prefix, window }, aws, queue, account)?;
        }
    }
    Ok(())
}

struct Walk<'a> {
    window: Window,
    queue: &'a Sender<Item>,
    account: &'a mut Account,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, depth: usize) {
        let entries = fs::read_dir(path).and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return self
                    .account
                    .bad_file(&path.display().to_string(), format!("cannot be listed: {error}"));
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if self.queue.is_closed() {
                return;
            }
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.sub_folder(&path, depth + 1),
                Ok(kind) if kind.is_file() => self.file(path),
                Ok(kind) if kind.is_symlink() => self.link(path),
                Ok(_) => self.no_file(&path.display().to_string()),
                Err(error) => {
                    self.account
                        .bad_file(&path.display().to_string(), format!("cannot be looked at: {error}"));
                }
            }
        }
    }

    /// A link to a folder could lead in circles, and is told; a link to a file cannot.
    fn link(&mut self, path: PathBuf) {
        let name = path.display().to_string();
        match fs::metadata(&path) {
            Ok(found) if found.is_file() => self.file(path),
            Ok(found) if found.is_dir() => {
                let reason = "a link to a folder, which is not followed; give it as an argument of its own";
                self.account.bad_file(&name, reason);
            }
            Err(error) if layout::judge(&name, None, None) == layout::Verdict::Read => {
                self.account.bad_file(&name, format!("a link to what cannot be read: {error}"));
            }
            Ok(_) => self.no_file(&name),
            Err(_) => self.account.other += 1,
        }
    }

    /// Nobody may ever write to a pipe, and a device may have no end: what is called like a log is told.
    fn no_file(&mut self, name: &str) {
        match layout::judge(name, None, None) {
            layout::Verdict::Read => {
                let reason = "a pipe, socket or device, which is not read in a folder; give it as an argument of its own";
                self.account.bad_file(name, reason);
            }
            _ => self.account.other += 1,
        }
    }

    fn sub_folder(&mut self, path: &Path, depth: usize) {
        let name = path.to_string_lossy();
        if depth > DEEPEST {
            self.account.bad_file(&name, format!("more than {DEEPEST} folders deep; not opened"));
        } else if !layout::folder_may_hold(&name, self.window.since, self.window.until) {
            self.account.pruned += 1;
        } else {
            self.folder(path, depth);
        }
    }

    fn file(&mut self, path: PathBuf) {
        let name = path.display().to_string();
        match layout::judge(&name, self.window.since, self.window.until) {
            layout::Verdict::Read => {
                let _ = self.queue.blocking_send(Item { name, body: Body::Path(path) });
            }
            layout::Verdict::Sibling(folder) => *self.account.siblings.entry(folder).or_default() += 1,
            layout::Verdict::Outside => self.account.pruned += 1,
            layout::Verdict::NotALog => self.account.other += 1,
        }
    }
}
