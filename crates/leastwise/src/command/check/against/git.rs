//! The state of a repository at a git reference, read with the program `git`: nothing is checked out, nothing is
//! fetched, no filter or hook of the repository runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use leastwise_analysis::check::SourceFile;

use super::Before;
use crate::command::check::gather::{LARGEST_MET, LARGEST_NAMED, is_walked, may_hold, shown, unreadable};
use crate::error::{Error, Result};

/// A file of the reference.
struct Blob {
    hash: String,
    /// From the working directory on.
    name: String,
}

/// Everything of the reference that lies under the paths, and the files beside them that are named as seen from here.
pub fn state(paths: &[String], beside: &[Option<String>; 2], reference: &str) -> Result<Before> {
    let prefix = ask(&["rev-parse", "--show-prefix"]).map_err(|error| {
        error.hint("run it in a git repository, or give a folder or a file to compare with")
    })?;
    let prefix = String::from_utf8_lossy(&prefix).trim_end_matches('\n').to_owned();
    let commit = commit(reference)?;
    let listed = ask(&["ls-tree", "-r", "-z", "-l", "--full-tree", &commit])?;
    let wanted: Vec<String> = paths.iter().map(|path| shown(path.as_ref())).collect();
    let blobs = listed.split(|byte| *byte == 0).filter_map(|line| blob(line, &prefix, &wanted)).collect();
    let mut before = read(blobs)?;
    let text = |name: &Option<String>| {
        let name = name.as_deref().filter(|name| is_inside(name, &prefix))?;
        let found = listed
            .split(|byte| *byte == 0)
            .find_map(|line| blob(line, &prefix, &[name.to_owned()]).filter(|blob| blob.name == name));
        Some(
            found
                .map(|blob| read(vec![blob]))
                .transpose()
                .map(|read| read.and_then(|read| Some(read.files.first()?.text.clone()))),
        )
    };
    let [settings, baseline] = beside.each_ref().map(|name| text(name).transpose());
    (before.settings, before.baseline) = (settings?, baseline?);
    Ok(before)
}

/// Whether a name as seen from the folder `prefix` of the repository is in the repository.
fn is_inside(name: &str, prefix: &str) -> bool {
    let up = name.split('/').take_while(|step| *step == "..").count();
    up <= prefix.split('/').filter(|step| !step.is_empty()).count()
}

/// The commit that is meant. A reference that begins with `-` is none, and git is told that no option follows.
fn commit(reference: &str) -> Result<String> {
    let unknown = || {
        Error::input(format!(
            "`{reference}` is neither a file, nor a folder, nor a reference that git knows here"
        ))
        .hint("fetch it first (`git fetch origin main`; `fetch-depth: 0` with actions/checkout)")
    };
    if reference.starts_with('-') || reference.is_empty() {
        return Err(unknown());
    }
    let wanted = format!("{reference}^{{commit}}");
    let answer = ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]);
    let answer = answer.map_err(|error| unknown().because(error))?;
    let commit = String::from_utf8_lossy(&answer).trim().to_owned();
    // Old versions of git repeat `--end-of-options`; the name of the commit comes last.
    match commit.lines().last().filter(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(unknown()),
    }
}

/// `100644 blob HASH SIZE<tab>PATH`, if it is a file that may hold something and lies under what is checked.
fn blob(line: &[u8], prefix: &str, wanted: &[String]) -> Option<Blob> {
    let line = std::str::from_utf8(line).ok()?;
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, hash, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let name = relative(path, prefix);
    // A file that is named is read whatever it is called, and however large it is.
    let is_named = wanted.contains(&name);
    let largest = if is_named { LARGEST_NAMED } else { LARGEST_MET };
    let is_file = mode == "100644" || mode == "100755";
    if !is_file || size.parse::<u64>().ok()? > largest {
        return None;
    }
    let is_under = |folder: &String| {
        let rest = match folder.is_empty() {
            true => (!name.starts_with("../")).then_some(name.as_str()),
            false => name.strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/')),
        };
        rest.is_some_and(|rest| {
            let folders = rest.rsplit_once('/').map_or("", |(folders, _)| folders);
            may_hold(rest) && folders.split('/').filter(|folder| !folder.is_empty()).all(is_walked)
        })
    };
    (is_named || wanted.iter().any(is_under)).then(|| Blob { hash: hash.to_owned(), name })
}

/// A path of the repository as seen from the folder `prefix` of it, which ends in `/` or is empty.
fn relative(path: &str, prefix: &str) -> String {
    let mut prefix = prefix;
    let mut up = String::new();
    while !path.starts_with(prefix) {
        let parent = prefix.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
        prefix = &prefix[..parent];
        up.push_str("../");
    }
    format!("{up}{}", &path[prefix.len()..])
}

/// The contents, in one process.
fn read(blobs: Vec<Blob>) -> Result<Before> {
    let mut before = Before::default();
    if blobs.is_empty() {
        return Ok(before);
    }
    let mut git = start(&["cat-file", "--batch"], Stdio::piped())?;
    let (Some(mut stdin), Some(stdout)) = (git.stdin.take(), git.stdout.take()) else {
        return Err(Error::input("cannot talk to `git cat-file`"));
    };
    let questions: String = blobs.iter().map(|blob| format!("{}\n", blob.hash)).collect();
    // Beside the reading: neither side waits for the other with a full pipe.
    let asking = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let mut answers = BufReader::new(stdout);
    for blob in blobs {
        let bytes = content(&mut answers).map_err(|error| {
            Error::input(format!("git does not give `{}`", blob.name)).because(error).hint(
                "a partial clone lacks files that were not fetched; `git fetch --refetch --filter=blob:limit=16m` gets them",
            )
        })?;
        match String::from_utf8(bytes) {
            Ok(text) => {
                let name = blob.name.into();
                before.files.push(SourceFile { name, text, named: false, beside: false });
            }
            Err(_) => before.unreadable.push(unreadable(&blob.name, "not UTF-8 text".to_owned())),
        }
    }
    let asked = asking.join().map_err(|_| Error::input("cannot talk to `git cat-file`"))?;
    asked.map_err(|error| Error::input("cannot talk to `git cat-file`").because(error))?;
    finish(git, "cat-file")?;
    before.files.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(before)
}

/// `HASH blob SIZE`, the bytes, a line break.
fn content(answers: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut header = String::new();
    answers.by_ref().take(256).read_line(&mut header)?;
    let mut parts = header.split_ascii_whitespace().skip(1);
    let size = match (parts.next(), parts.next().and_then(|size| size.parse::<u64>().ok())) {
        (Some("blob"), Some(size)) if size <= LARGEST_NAMED => size,
        _ => return Err(std::io::Error::other(format!("it answers `{}`", header.trim_end()))),
    };
    let mut bytes = Vec::new();
    answers.by_ref().take(size).read_to_end(&mut bytes)?;
    let mut end = [0];
    answers.read_exact(&mut end)?;
    match bytes.len() as u64 == size && end == *b"\n" {
        true => Ok(bytes),
        false => Err(std::io::Error::other("its answer is cut short")),
    }
}

/// What git prints.
fn ask(args: &[&str]) -> Result<Vec<u8>> {
    let mut git = start(args, Stdio::null())?;
    let mut answer = Vec::new();
    if let Some(mut stdout) = git.stdout.take() {
        let read = stdout.read_to_end(&mut answer);
        read.map_err(|error| {
            Error::input(format!("cannot read what `git {}` says", args[0])).because(error)
        })?;
    }
    finish(git, args[0])?;
    Ok(answer)
}

fn start(args: &[&str], stdin: Stdio) -> Result<Child> {
    let mut git = Command::new("git");
    // Nothing is fetched, nothing is asked, nothing is written.
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    git.arg("--no-pager").args(args).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    git.spawn().map_err(|error| {
        Error::input("cannot run `git`, which knows the old state")
            .because(error)
            .hint("install it, or give a folder or a file to compare with")
    })
}

fn finish(git: Child, verb: &str) -> Result<()> {
    let failed = || Error::input(format!("`git {verb}` failed"));
    let done = git.wait_with_output().map_err(|error| failed().because(error))?;
    match done.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            Err(failed().because(std::io::Error::other(said)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_repository_are_seen_from_where_one_stands() {
        for (path, prefix, wanted) in [
            ("a/b.tf", "", "a/b.tf"),
            ("a/b.tf", "a/", "b.tf"),
            ("a/b.tf", "c/d/", "../../a/b.tf"),
            ("a/x/b.tf", "a/y/", "../x/b.tf"),
        ] {
            assert_eq!(relative(path, prefix), wanted);
        }
    }

    #[test]
    fn only_files_under_what_is_checked_are_read() {
        let name = |path: &str, mode: &str, wanted: &[&str]| {
            let line = format!("{mode} blob 0123abcd     12\t{path}");
            let wanted: Vec<String> = wanted.iter().map(|path| (*path).to_owned()).collect();
            blob(line.as_bytes(), "", &wanted).map(|blob| blob.name)
        };
        assert_eq!(name("a/b.tf", "100644", &[""]).as_deref(), Some("a/b.tf"));
        assert_eq!(name("a/b.tf", "100644", &["a"]).as_deref(), Some("a/b.tf"));
        assert_eq!(name("policy", "100644", &["policy"]).as_deref(), Some("policy"));
        for (path, mode, wanted) in [
            ("ab/c.tf", "100644", "a"),
            ("a/b.tf", "120000", "a"),
            ("node_modules/b.json", "100644", ""),
            ("a/.b/c.json", "100644", "a"),
            ("a/b.txt", "100644", "a"),
        ] {
            assert_eq!(name(path, mode, &[wanted]), None, "{path}");
        }
    }
}
