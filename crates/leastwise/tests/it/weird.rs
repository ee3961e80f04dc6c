//! The 42 hostile files: each is survived, and each is accounted for.

use std::collections::BTreeMap;

use crate::support::{Folder, run, shared, text};
use serde_json::Value;

/// What becomes of a file: how many calls of a principal are counted, and what is said about the rest.
struct Fate {
    file: &'static str,
    calls: u64,
    /// On stderr or in the list of what was skipped.
    says: &'static str,
    /// Whether it counts as skipped, so that the exit code is 3.
    skipped: bool,
}

const fn read(file: &'static str, calls: u64) -> Fate {
    Fate { file, calls, says: "", skipped: false }
}

/// The same event again and again: it is counted once.
const fn twice(file: &'static str, says: &'static str) -> Fate {
    Fate { file, calls: 1, says, skipped: false }
}

const fn aside(file: &'static str, says: &'static str) -> Fate {
    Fate { file, calls: 0, says, skipped: false }
}

const fn skipped(file: &'static str, calls: u64, says: &'static str) -> Fate {
    Fate { file, calls, says, skipped: true }
}

const FATES: [Fate; 42] = [
    aside("aggregated", "aggregated events"),
    read("aws-account-cross", 1),
    skipped("bad-time", 2, "is not a time"),
    read("bom", 1),
    read("cloudwatch-envelope", 1),
    read("cn-partition", 1),
    read("deep-nesting", 1),
    skipped("duplicate-keys", 0, "a member appears twice"),
    skipped("empty-file", 0, "empty file"),
    aside("empty-records", "1 file without any record"),
    read("event-context-1.11", 1),
    read("eventbridge-envelope", 1),
    read("future-version", 1),
    read("gov-partition", 1),
    skipped("gzip-bad-crc", 0, "checksum; nothing of it was used"),
    aside("gzip-bomb-64MB", "1 file without any record"),
    read("gzip-named-plain-json", 1),
    skipped("gzip-truncated", 1, "truncated; 180 records before the cut were read"),
    twice("gzip-two-members", "read 1,000 records of 1 file"),
    read("huge-event-200k", 1),
    aside("iam-action-looks-like-wildcard", "does not know, *:*"),
    read("identity-center-user", 1),
    aside("insight", "Insights events"),
    aside("json-array", "1 file without any record"),
    aside("log-injection", "s3:Get\\nObject"),
    read("lookup-events", 1),
    skipped("major-version-2", 0, "is not 1.x"),
    aside("missing-user-identity", "without a userIdentity"),
    twice("ndjson", "read 3 records of 1 file"),
    aside("network-activity", "network activity events"),
    skipped("no-records-key", 0, "holds no CloudTrail record"),
    skipped("not-json", 0, "this is not JSON"),
    skipped("null-record", 1, "a record that is not an object"),
    read("numbers-as-account", 1),
    read("resource-with-glob-chars", 1),
    read("root", 1),
    twice("same-event-twice", "1 record: delivered twice"),
    read("string-request-parameters", 1),
    skipped("trailing-garbage", 1, "this is not JSON"),
    skipped("truncated", 1, "the text ends inside a value"),
    read("unicode-and-control", 1),
    aside("web-identity-user", "sign-ins through an identity provider"),
];

#[test]
fn every_hostile_file_is_survived_and_accounted_for() {
    let Some(weird) = shared("cloudtrail-generated/weird") else { return };
    let folder = Folder::new("weird");
    let mut wrong = Vec::new();
    for fate in FATES {
        let path = weird.join(format!("{}.json.gz", fate.file));
        let done = run(&folder, &["usage", text(&path), "--output", "json", "--skipped", "skipped.json"]);
        let rows: Vec<Value> = serde_json::from_str(&done.out).unwrap_or_default();
        // One call can need several actions; what is counted here are calls.
        let mut calls = BTreeMap::new();
        for row in &rows {
            let place = (row["principal"].to_string(), row["example"].to_string());
            let count = row["count"].as_u64().unwrap_or(0);
            let most = calls.entry(place).or_insert(0);
            *most = count.max(*most);
        }
        let calls: u64 = calls.values().sum();
        let skipped = std::fs::read_to_string(folder.0.join("skipped.json")).unwrap_or_default();
        let says = done.err.contains(fate.says) || skipped.contains(fate.says);
        let code = if fate.skipped { 3 } else { 0 };
        if fate.calls != calls || !says || done.code != Some(code) {
            wrong.push(format!("{}: {calls} calls, exit {:?}\n{}", fate.file, done.code, done.err));
        }
        assert!(!done.err.contains('\u{202e}') && !done.err.contains('\u{0}'), "{}", fate.file);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_folder_of_hostile_files_is_read_to_its_end_and_the_run_says_what_it_skipped() {
    let Some(weird) = shared("cloudtrail-generated/weird") else { return };
    let folder = Folder::new("weird-folder");
    let done = run(&folder, &["usage", text(&weird), "--output", "json", "--skipped", "skipped.json"]);
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("42 files") && done.err.contains("--allow-skipped"), "{}", done.err);
    let list = std::fs::read_to_string(folder.0.join("skipped.json")).expect("the list");
    let list: Vec<Value> = serde_json::from_str(&list).expect("JSON");
    for fate in FATES.iter().filter(|fate| fate.skipped) {
        let name = format!("/{}.json.gz", fate.file);
        assert!(list.iter().any(|skip| skip["file"].as_str().unwrap_or("").ends_with(&name)), "{name}");
    }
    let allowed =
        run(&folder, &["usage", text(&weird), "--output", "json", "--allow-skipped", "--threads", "1"]);
    assert_eq!(allowed.code, Some(0), "{}", allowed.err);
    assert_eq!(allowed.out, done.out, "the number of threads makes no difference");
}

#[test]
fn a_bomb_is_refused_at_the_bound_and_named() {
    let Some(weird) = shared("cloudtrail-generated/weird") else { return };
    let folder = Folder::new("bomb");
    let bomb = weird.join("gzip-bomb-64MB.json.gz");
    let done = run(&folder, &["usage", text(&bomb), "--max-decompressed", "16MiB"]);
    assert_eq!(done.code, Some(3));
    assert!(
        done.err.contains("unpacks to more than 16 MiB (--max-decompressed); nothing of it was used"),
        "{}",
        done.err
    );
}

/// The most memory that a run took, in KiB, and what it said.
#[cfg(target_os = "linux")]
fn measured(arguments: &str) -> (u64, crate::support::Done) {
    let script =
        format!("ulimit -v 4000000; exec {} usage {arguments} --threads 2", env!("CARGO_BIN_EXE_leastwise"));
    let child = std::process::Command::new("sh")
        .args(["-c", &script])
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let watcher = std::thread::spawn(move || {
        let mut most = 0u64;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:")) else { break };
            let kib = line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
            most = most.max(kib);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        most
    });
    let done = crate::support::Done::from(child.wait_with_output().expect("it ends"));
    (watcher.join().expect("the watcher"), done)
}

/// A log that unpacks to 640 MB is refused without ever holding it.
#[test]
#[cfg(target_os = "linux")]
fn memory_stays_within_its_bound_whatever_a_file_unpacks_to() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let folder = Folder::new("memory");
    let mut bomb = GzEncoder::new(Vec::new(), Compression::fast());
    let piece = vec![b' '; 16 << 20];
    for _ in 0..40 {
        bomb.write_all(&piece).expect("in memory");
    }
    let bomb = bomb.finish().expect("in memory");
    let path = folder.write("bomb.json.gz", bomb);
    let (most, done) = measured(&format!("{} --max-decompressed 512MiB", path.display()));
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("unpacks to more than 512 MiB"), "{}", done.err);
    assert!(most < 256 << 10, "{most} KiB");
}

/// A saved usage of 1 MB that unpacks to 1 GB, sealed as ours are.
#[test]
#[cfg(target_os = "linux")]
fn a_saved_usage_that_is_a_bomb_is_refused_without_unpacking_it() {
    use flate2::{Compression, write::DeflateEncoder};
    use sha2::{Digest, Sha256};
    use std::io::Write;
    let folder = Folder::new("saved-bomb");
    let (mut digest, mut packed) = (Sha256::new(), DeflateEncoder::new(Vec::new(), Compression::best()));
    let mut write = |bytes: &[u8]| {
        digest.update(bytes);
        packed.write_all(bytes).expect("in memory");
    };
    // Nothing was read; one principal, action and context, and one row with very many fingerprints that follow each other.
    write(&[
        0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 1, 1, b'p', 1, 1, b'a', 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, b'r', 1,
        0, 0, 0,
    ]);
    write(&[0x80, 0x80, 0x80, 0x80, 0x02]);
    let prints = [0, 1].repeat(1 << 19);
    (0..1_024).for_each(|_| write(&prints));
    let bytes =
        [b"LWUSAGE\x01".to_vec(), packed.finish().expect("in memory"), digest.finalize().to_vec()].concat();
    assert!(bytes.len() > 1_000_000, "{}", bytes.len());
    let path = folder.write("bomb.lwu", bytes);
    let (most, done) = measured(&path.display().to_string());
    assert_eq!(done.code, Some(3), "{}", done.err);
    assert!(done.err.contains("unpacks to more than a saved usage of its size holds"), "{}", done.err);
    assert!(most < 100 << 10, "{most} KiB");
}
