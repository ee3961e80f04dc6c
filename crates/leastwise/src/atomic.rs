//! Results appear whole or not at all: each file is written beside its place under a temporary name, then all of them
//! are renamed. The name is new: nobody else's file, and no link that somebody put there, is written to.
//!
//! Of a link, what it leads to is replaced. What is there and is no regular file (a pipe, a device, whatever a process
//! has open) is never replaced: it is written to as it stands, before anything is renamed.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::interrupt;

/// Files that are written but not yet in their place. Dropping it removes them.
#[derive(Default)]
pub struct Batch {
    files: Vec<(PathBuf, PathBuf)>,
    streams: Vec<(PathBuf, Vec<u8>)>,
}

/// Who can read what is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Whoever can read the user's other files.
    Usual,
    /// The user alone.
    OwnerAlone,
}

/// What a result is written to.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// A regular file, or none yet.
    File(PathBuf),
    /// Something else, which stays what it is.
    Stream(PathBuf),
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a file under a temporary name in the folder where it will be; makes the folder when it is not there.
    pub fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<()> {
        self.put(path, bytes, Readers::Usual)
    }

    fn put(&mut self, path: &Path, bytes: &[u8], readers: Readers) -> Result<()> {
        if path.is_dir() {
            return Err(
                Error::usage(format!("`{}` is a folder", path.display())).hint("give the name of a file")
            );
        }
        let target = match target(path).map_err(failed(path))? {
            Target::File(target) => target,
            Target::Stream(target) => {
                self.streams.push((target, bytes.to_owned()));
                return Ok(());
            }
        };
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut make = fs::DirBuilder::new();
        make.recursive(true);
        let mut open = fs::OpenOptions::new();
        open.write(true).create_new(true);
        #[cfg(unix)]
        if readers == Readers::OwnerAlone {
            std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
            std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        }
        make.create(folder).map_err(failed(path))?;
        // A folder may be named in several ways.
        let target =
            fs::canonicalize(folder).map_err(failed(path))?.join(target.file_name().unwrap_or_default());
        if self.files.iter().any(|(_, other)| *other == target) {
            return Err(Error::usage(format!("two results would be written to `{}`", path.display()))
                .hint("give each a name of its own"));
        }
        let mut file = self.create(&open, target).map_err(failed(path))?;
        // Who could not read what was there cannot read what takes its place.
        if readers == Readers::Usual
            && let Some((_, target)) = self.files.last()
            && let Ok(found) = fs::metadata(target)
        {
            // Where modes are as the mount says, there is nothing to change.
            let made = file.metadata().map_err(failed(path))?;
            if made.permissions() != found.permissions() {
                file.set_permissions(found.permissions()).map_err(failed(path))?;
            }
        }
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed(path))
    }

    /// Makes a file under a temporary name that nobody has, beside its target.
    fn create(&mut self, open: &fs::OpenOptions, target: PathBuf) -> io::Result<fs::File> {
        loop {
            let temporary = target.with_file_name(temporary_name());
            interrupt::register(&temporary);
            match open.open(&temporary) {
                Ok(file) => {
                    self.files.push((temporary, target));
                    return Ok(file);
                }
                Err(error) => {
                    interrupt::registry().remove(&temporary);
                    if error.kind() != io::ErrorKind::AlreadyExists {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Puts every file in its place.
    pub fn commit(mut self) -> Result<()> {
        // Whoever is on the other end may take their time, so this comes before the registry is locked. What is there
        // already stays: these are read as they are written.
        for (path, bytes) in std::mem::take(&mut self.streams) {
            let opened = fs::OpenOptions::new().append(true).open(&path);
            opened.and_then(|mut stream| stream.write_all(&bytes)).map_err(failed(&path))?;
        }
        // INVARIANT: the registry stays locked over all renames, see `interrupt`.
        let mut registry = interrupt::registry();
        let mut files = std::mem::take(&mut self.files).into_iter();
        while let Some((temporary, path)) = files.next() {
            registry.remove(&temporary);
            if let Err(error) = fs::rename(&temporary, &path) {
                let _ = fs::remove_file(&temporary);
                // The others are removed when this is dropped.
                self.files = files.collect();
                return Err(failed(&path)(error));
            }
        }
        Ok(())
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let mut registry = interrupt::registry();
        for (temporary, _) in &self.files {
            let _ = fs::remove_file(temporary);
            registry.remove(temporary);
        }
    }
}

/// Links that are followed one after the other, as Linux does.
const LINKS: usize = 40;

/// Where a process finds what it has open; a file that is come by in this way is not only that file.
const OPEN: [&str; 2] = ["/proc", "/dev/fd"];

/// What is written to when this path is given.
fn target(path: &Path) -> io::Result<Target> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Ok(Target::Stream(path.to_owned()));
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        if OPEN.iter().any(|open| target.starts_with(open)) {
            return Ok(Target::Stream(path.to_owned()));
        }
        if !fs::symlink_metadata(&target).is_ok_and(|found| found.is_symlink()) {
            return Ok(Target::File(target));
        }
        let to = fs::read_link(&target)?;
        target = target.parent().unwrap_or(Path::new("")).join(to);
    }
    Err(io::Error::other("links that lead to links without end"))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error + use<'_> {
    move |error| {
        let hint = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room there, or give another place"
            }
            _ => "give a place that you may write to",
        };
        Error::input(format!("cannot write `{}`", path.display())).because(error).hint(hint)
    }
}

/// Writes one file that its owner alone can read, in a folder of the same kind when it has to be made.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut batch = Batch::new();
    batch.put(path, bytes, Readers::OwnerAlone)?;
    batch.commit()
}

/// Writes one file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut batch = Batch::new();
    batch.add(path, bytes)?;
    batch.commit()
}

/// A name that nobody can guess. The number of the process would not do: in containers that share a folder, every process is
/// the first.
fn temporary_name() -> String {
    format!(".leastwise-{:016x}.tmp", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("leastwise-atomic-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_committed_batch_has_all_files_and_nothing_else() {
        let folder = folder("commit");
        let mut batch = Batch::new();
        batch.add(&folder.join("a.json"), b"1").expect("written");
        batch.add(&folder.join("sub/b.json"), b"2").expect("written");
        batch.commit().expect("renamed");
        assert_eq!(fs::read(folder.join("a.json")).expect("there"), b"1");
        assert_eq!(fs::read(folder.join("sub/b.json")).expect("there"), b"2");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 2);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn a_dropped_batch_leaves_nothing_and_keeps_what_was_there() {
        let folder = folder("drop");
        write(&folder.join("a.json"), b"old").expect("written");
        let mut batch = Batch::new();
        batch.add(&folder.join("a.json"), b"new").expect("written");
        drop(batch);
        assert_eq!(fs::read(folder.join("a.json")).expect("there"), b"old");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 1);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn two_results_in_one_place_are_refused_and_nothing_is_left() {
        let folder = folder("twice");
        let mut batch = Batch::new();
        batch.add(&folder.join("a.json"), b"1").expect("written");
        batch.add(&folder.join("sub/b.json"), b"2").expect("written");
        let again = batch.add(&folder.join("sub/../a.json"), b"3").expect_err("there already");
        assert!(again.to_string().starts_with("two results would be written to"), "{again}");
        drop(batch);
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 1, "only the folder that was made");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn where_one_cannot_take_its_place_no_temporary_file_is_left() {
        let folder = folder("rename");
        let mut batch = Batch::new();
        for name in ["a.json", "b.json", "c.json"] {
            batch.add(&folder.join(name), b"1").expect("written");
        }
        fs::create_dir(folder.join("b.json")).expect("somebody's folder");
        assert!(batch.commit().is_err());
        let left = fs::read_dir(&folder).expect("there").map(|entry| entry.expect("there").file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["a.json", "b.json"]);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn writers_that_cannot_tell_each_other_apart_do_not_meet() {
        let folder = folder("meet");
        let path = folder.join("usage.lwu");
        let (mut one, mut other) = (Batch::new(), Batch::new());
        one.add(&path, b"one").expect("written");
        other.add(&path, b"other").expect("written");
        one.commit().expect("renamed");
        assert_eq!(fs::read(&path).expect("there"), b"one");
        other.commit().expect("renamed");
        assert_eq!(fs::read(&path).expect("there"), b"other");
        let long = folder.join("l".repeat(250));
        write(&long, b"1").expect("a temporary name is no longer than that");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[cfg(unix)]
    #[test]
    fn who_could_not_read_a_file_cannot_read_what_takes_its_place() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("mode");
        let path = folder.join("usage.lwu");
        write(&path, b"old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        write(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[cfg(unix)]
    #[test]
    fn of_a_link_what_it_leads_to_is_replaced() {
        use std::os::unix::fs::symlink;
        let folder = folder("link");
        fs::create_dir_all(folder.join("sub")).expect("a folder");
        fs::write(folder.join("sub/a.json"), "old").expect("written");
        symlink("sub/a.json", folder.join("one")).expect("a link");
        symlink(folder.join("one"), folder.join("two")).expect("a link");
        symlink("sub/new.json", folder.join("none-yet")).expect("a link");
        symlink("circle", folder.join("circle")).expect("a link");
        let before = fs::hard_link(folder.join("sub/a.json"), folder.join("before"));
        before.expect("another name");
        write(&folder.join("two"), b"new").expect("written");
        write(&folder.join("none-yet"), b"new").expect("written");
        write_private(&folder.join("none-yet"), b"newer").expect("written");
        assert!(write(&folder.join("circle"), b"new").is_err());
        for (name, text) in [("sub/a.json", "new"), ("sub/new.json", "newer"), ("before", "old")] {
            assert_eq!(fs::read_to_string(folder.join(name)).expect("there"), text, "{name}");
        }
        for link in ["one", "two", "none-yet", "circle"] {
            assert!(fs::symlink_metadata(folder.join(link)).expect("there").is_symlink(), "{link}");
        }
        assert_eq!(fs::read_dir(folder.join("sub")).expect("there").count(), 2);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to_and_stays_one() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = folder("pipe");
        fs::create_dir_all(&folder).expect("a folder");
        let pipe = folder.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
        assert!(made.success());
        symlink("pipe", folder.join("link")).expect("a link");
        for (name, private) in [("pipe", false), ("link", false), ("link", true)] {
            let from = pipe.clone();
            let reader = std::thread::spawn(move || fs::read_to_string(from));
            match private {
                true => write_private(&folder.join(name), b"text").expect("written"),
                false => write(&folder.join(name), b"text").expect("written"),
            }
            assert!(fs::symlink_metadata(&pipe).expect("there").file_type().is_fifo(), "{name}");
            assert_eq!(reader.join().expect("read").expect("read"), "text");
        }
        assert!(fs::symlink_metadata(folder.join("link")).expect("there").is_symlink());
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 2);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[cfg(unix)]
    #[test]
    fn where_something_cannot_be_written_to_no_file_appears() {
        let folder = folder("socket");
        fs::create_dir_all(&folder).expect("a folder");
        // A socket cannot be opened.
        let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).expect("a socket");
        let mut batch = Batch::new();
        batch.add(&folder.join("a.json"), b"1").expect("written");
        batch.add(&folder.join("socket"), b"2").expect("kept");
        assert!(batch.commit().is_err());
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 1);
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_open_is_written_on_and_not_replaced() {
        use std::os::fd::AsRawFd;
        let folder = folder("open");
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("log");
        let mut file = fs::File::create(&path).expect("a file");
        file.write_all(b"before ").expect("written");
        let open = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        assert_eq!(target(&open).expect("a target"), Target::Stream(open.clone()));
        let link = folder.join("stdout");
        std::os::unix::fs::symlink(&open, &link).expect("a link");
        write(&link, b"text").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "before text");
        assert_eq!(fs::read_dir(&folder).expect("there").count(), 2);
        fs::remove_dir_all(&folder).expect("removed");
    }
}
