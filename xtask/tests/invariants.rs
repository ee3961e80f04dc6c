//! The invariants of ARCHITECTURE.md, kept by tests: which crate may lean on which, what the pure crates never
//! touch, and what no file of the repository holds.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Crates that take values and return values: no files, sockets, environment or clock.
const PURE: [&str; 4] = ["policy", "catalog", "analysis", "generate"];

/// Crate → the crates of this workspace that it may lean on.
const ARROWS: [(&str, &[&str]); 8] = [
    ("leastwise-policy", &[]),
    ("leastwise-catalog", &["leastwise-policy"]),
    ("leastwise-analysis", &["leastwise-catalog", "leastwise-policy"]),
    ("leastwise-generate", &["leastwise-catalog", "leastwise-policy"]),
    ("leastwise-allocator", &[]),
    ("leastwise-gzip", &[]),
    (
        "leastwise",
        &[
            "leastwise-allocator",
            "leastwise-analysis",
            "leastwise-catalog",
            "leastwise-generate",
            "leastwise-gzip",
            "leastwise-policy",
        ],
    ),
    ("leastwise-bench-limit", &[]),
];

/// Packages that exist to do what the pure crates never do.
const DOES_IO: [&str; 16] = [
    "async-std",
    "aws-config",
    "aws-sdk-iam",
    "aws-sdk-s3",
    "clap",
    "ctrlc",
    "hyper",
    "indicatif",
    "mio",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "walkdir",
];

/// How the pure crates would open what they never open.
const OPENS: [&str; 16] = [
    "std::fs",
    "std::env::",
    "std::process",
    "SystemTime",
    "Instant::now",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "File::open",
    "stdin()",
    "stdout()",
    "stderr()",
    "Timestamp::now",
    "Zoned::now",
];

#[test]
fn crates_lean_only_on_the_crates_below_them() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    for package in members(&metadata) {
        let name = package["name"].as_str().unwrap();
        if name == "xtask" {
            continue;
        }
        let may = allowed.get(name).unwrap_or_else(|| panic!("`{name}` has no row in ARROWS"));
        for dependency in dependencies(package, &["normal", "build"]) {
            let ours = dependency.starts_with("leastwise");
            assert!(!ours || may.contains(&dependency.as_str()), "`{name}` must not lean on `{dependency}`");
        }
    }
}

#[test]
fn nothing_that_does_io_is_below_a_pure_crate() {
    let metadata = metadata();
    for name in PURE {
        let below = everything_below(&metadata, &format!("leastwise-{name}"));
        for package in DOES_IO {
            assert!(!below.contains(package), "`{name}` is pure, but `{package}` is below it");
        }
    }
}

#[test]
fn pure_crates_open_no_file_socket_environment_or_clock() {
    for name in PURE {
        for path in rust_files(&root().join("crates").join(name).join("src")) {
            for (number, line) in code_outside_tests(&path) {
                for opens in OPENS {
                    assert!(
                        !line.contains(opens),
                        "{}:{number}: a pure crate says `{opens}`",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn every_source_file_opens_by_saying_what_it_is_for() {
    for path in all_rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().skip_while(|line| line.starts_with("#![") || line.trim().is_empty());
        let opening = lines.next().unwrap_or_default();
        assert!(opening.starts_with("//! "), "{} does not open with `//!`", path.display());
    }
}

/// Around 300 lines is the wish of STYLE.md, and a test prints who is beyond it; twice that is too much.
#[test]
fn no_source_file_has_grown_out_of_its_subject() {
    for path in all_rust_files() {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        if lines > 300 {
            println!("hint: {} has {lines} lines", path.display());
        }
        assert!(lines <= 600, "{} has {lines} lines: two subjects want two files", path.display());
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let unfinished = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "todo".to_owned() + "!("];
    for path in all_rust_files() {
        let text = std::fs::read_to_string(&path).unwrap();
        for word in &unfinished {
            assert!(!text.contains(word.as_str()), "{} says {word}", path.display());
        }
    }
}

/// Long-lived (`AKIA`) and temporary (`ASIA`) access key ids are written only as AWS's own examples are.
#[test]
fn no_file_holds_what_looks_like_an_access_key() {
    for path in tracked_files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for kind in ["AKIA", "ASIA"] {
            for (at, _) in text.match_indices(kind) {
                let id: String = text[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
                let looks_real =
                    id.len() == 20 && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
                assert!(!looks_real || id.ends_with("EXAMPLE"), "{} holds {id}", path.display());
            }
        }
    }
}

// --- helpers ---------------------------------------------------------------------------------------------

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the workspace").to_owned()
}

/// What cargo resolved for this platform, from the packages that the build has fetched already.
fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().unwrap()
}

fn members(metadata: &Value) -> Vec<&Value> {
    let members = metadata["workspace_members"].as_array().unwrap();
    packages(metadata).iter().filter(|package| members.contains(&package["id"])).collect()
}

/// Names of a package's direct dependencies of the given kinds.
fn dependencies(package: &Value, kinds: &[&str]) -> Vec<String> {
    let all = package["dependencies"].as_array().unwrap();
    let wanted =
        all.iter().filter(|dependency| kinds.contains(&dependency["kind"].as_str().unwrap_or("normal")));
    wanted.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

/// Names of all packages that are linked in with `name`, as cargo resolved them.
fn everything_below(metadata: &Value, name: &str) -> BTreeSet<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let names: BTreeMap<&str, &str> = packages(metadata)
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let start = names.iter().find(|(_, found)| **found == name).expect("a crate of the workspace").0;
    let (mut seen, mut waiting) = (BTreeSet::from([*start]), vec![*start]);
    while let Some(id) = waiting.pop() {
        let node = nodes.iter().find(|node| node["id"] == *id).unwrap();
        for dependency in node["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            let next = dependency["pkg"].as_str().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) && seen.insert(next) {
                waiting.push(next);
            }
        }
    }
    seen.iter().map(|id| names[id].to_owned()).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn tracked_files() -> Vec<PathBuf> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.split_terminator('\0').map(|name| root().join(name)).filter(|path| path.is_file()).collect()
}

fn all_rust_files() -> Vec<PathBuf> {
    let mut files = tracked_files();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(files.len() > 10, "the source files were not found");
    files
}

/// The numbered lines of a file that are neither comments nor tests. Tests come last, by STYLE.md.
fn code_outside_tests(path: &Path) -> Vec<(usize, String)> {
    if path.file_stem().is_some_and(|stem| stem == "tests")
        || path.components().any(|c| c.as_os_str() == "tests")
    {
        return Vec::new();
    }
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().enumerate().take_while(|(_, line)| *line != "#[cfg(test)]");
    let code = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
    code.map(|(index, line)| (index + 1, line.to_owned())).collect()
}
