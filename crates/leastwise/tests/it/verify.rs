//! `leastwise verify` on logs that changed since the proof was made.

use std::io::Write;

use crate::support::{Done, Folder, event, log, run};

const ROLE: &str = "arn:aws:iam::111122223333:role/reader";

/// A folder with two logs, one of them damaged when that is asked for, and the proof over them.
fn proved(name: &str, damaged: Option<&[u8]>) -> Folder {
    let folder = Folder::new(name);
    folder.write("logs/1.json", log(&[event("a", "reader", "one", "2026-10-01T08:00:00Z")]));
    folder.write("logs/2.json", log(&[event("b", "reader", "two", "2026-10-02T08:00:00Z")]));
    if let Some(bytes) = damaged {
        folder.write("logs/3.json.gz", bytes);
    }
    let args =
        ["rightsize", "logs", "--principal", ROLE, "--out", "iam", "--proof", "p.json", "--allow-skipped"];
    let made = run(&folder, &args);
    assert_eq!(made.code, Some(0), "{}", made.err);
    folder
}

fn verify(folder: &Folder, logs: &[&str]) -> Done {
    let args = ["verify", "p.json", "--policy", "iam/reader-1.json", "--allow-skipped", "--logs"];
    run(folder, &[&args, logs].concat())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).expect("in memory");
    gzip.finish().expect("in memory")
}

/// Gzip whose checksum does not hold.
fn damaged(text: &str) -> Vec<u8> {
    let mut bytes = gzip(text.as_bytes());
    let at = bytes.len() - 6;
    bytes[at] ^= 1;
    bytes
}

#[test]
fn logs_that_were_added_since_are_told_and_change_nothing() {
    let folder = proved("added", None);
    let unread = log(&[event("c", "reader", "three", "2026-10-03T08:00:00Z")]);
    folder.write("logs/3.json", &unread);
    // The same bytes once more, in another file, which are covered; a damaged file; and one that is too large to hold.
    folder.write("logs/2-copy.json", std::fs::read(folder.0.join("logs/2.json")).expect("a log"));
    folder.write("logs/4.json.gz", damaged(&unread));
    folder.write("logs/5.json", format!("{}{unread}", " ".repeat(17 << 20)));
    let done = verify(&folder, &["logs"]);
    assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
    assert!(done.out.contains("ok  inputs      2 inputs as in the proof"), "{}", done.out);
    assert!(done.out.contains("warning: 3 inputs are not covered by the proof"), "{}", done.out);
    assert!(done.out.contains("the proof holds"), "{}", done.out);
    let span = "ok  window      events from 2026-10-01T08:00:00Z to 2026-10-02T08:00:00Z\n";
    assert!(done.out.contains(span), "{}", done.out);
    let json = verify(&folder, &["logs", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["not_covered"].as_array().map(Vec::len), Some(3), "{json}");
}

#[test]
fn a_log_that_is_missing_or_was_changed_is_found_out_whatever_was_added() {
    let folder = proved("changed", None);
    folder.write("logs/2.json", log(&[event("b", "reader", "two!", "2026-10-02T08:00:00Z")]));
    let changed = verify(&folder, &["logs"]);
    assert_eq!(changed.code, Some(1), "{}", changed.out);
    assert!(changed.out.contains("`logs/2.json` is missing or was changed"), "{}", changed.out);
    std::fs::remove_file(folder.0.join("logs/2.json")).expect("a log");
    let missing = verify(&folder, &["logs"]);
    assert_eq!(missing.code, Some(1), "{}", missing.out);
    assert!(missing.out.contains("`logs/2.json` is missing or was changed"), "{}", missing.out);
}

#[test]
fn a_log_that_could_not_be_read_then_either_is_part_of_the_proof() {
    for bytes in [damaged(&log(&[event("c", "reader", "three", "2026-10-03T08:00:00Z")])), {
        let mut large = gzip(&[]);
        large.extend(vec![b'x'; 17 << 20]);
        large
    }] {
        let folder = proved("damaged", Some(&bytes));
        let done = verify(&folder, &["logs"]);
        assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
        assert!(done.out.contains("ok  inputs      3 inputs as in the proof"), "{}", done.out);
        std::fs::remove_file(folder.0.join("logs/3.json.gz")).expect("a log");
        assert_eq!(verify(&folder, &["logs"]).code, Some(1));
    }
}

#[test]
fn saved_usage_stands_for_the_logs_that_it_was_made_from() {
    let folder = proved("saved", None);
    folder.write("logs/3.json", log(&[event("c", "reader", "three", "2026-10-03T08:00:00Z")]));
    for (log, saved) in [("logs/1.json", "1.lwu"), ("logs/3.json", "3.lwu")] {
        assert_eq!(run(&folder, &["usage", log, "--save", saved]).code, Some(0));
    }
    let done = verify(&folder, &["1.lwu", "3.lwu", "logs"]);
    assert_eq!(done.code, Some(0), "{}\n{}", done.out, done.err);
    assert!(done.out.contains("`3.lwu`, `logs/3.json`"), "{}", done.out);
    assert!(done.out.contains("2 inputs as in the proof, by what saved usage says of them"), "{}", done.out);
    let trusted = "what saved usage says that the logs hold";
    assert!(done.out.contains(trusted), "{}", done.out);
    let done = verify(&folder, &["logs"]);
    assert!(done.code == Some(0) && !done.out.contains(trusted), "{}", done.out);
}
