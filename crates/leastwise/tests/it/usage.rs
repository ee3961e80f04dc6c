//! `leastwise usage` as a user meets it.

use crate::support::{Folder, event, log, run, run_with_input, text};
use serde_json::Value;

const T1: &str = "2026-10-01T10:00:00Z";
const T2: &str = "2026-10-02T10:00:00Z";

fn resources(out: &str) -> Vec<String> {
    let rows: Vec<Value> = serde_json::from_str(out).expect("JSON");
    rows.iter().map(|row| row["resource"].as_str().expect("a text").to_owned()).collect()
}

fn two_days(folder: &Folder) {
    folder.write("logs/1.json", log(&[event("1", "agent", "one", T1), event("2", "other", "two", T1)]));
    folder.write("logs/sub/2.json", log(&[event("3", "agent", "three", T2)]));
}

#[test]
fn folders_are_read_with_all_that_is_below_them() {
    let folder = Folder::new("folders");
    two_days(&folder);
    let done = run(&folder, &["usage", "logs", "--output", "json"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(resources(&done.out), ["arn:aws:s3:::b/one", "arn:aws:s3:::b/three", "arn:aws:s3:::b/two"]);
    assert!(done.err.contains("read 3 records of 2 files"), "{}", done.err);
}

#[test]
fn standard_input_is_read_plain_or_gzip() {
    use std::io::Write;
    let folder = Folder::new("stdin");
    let text = log(&[event("1", "agent", "one", T1)]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).expect("in memory");
    for input in [text.clone().into_bytes(), gzip.finish().expect("in memory")] {
        let done = run_with_input(&folder, &["usage", "-", "--output", "json"], &input);
        assert_eq!(resources(&done.out), ["arn:aws:s3:::b/one"], "{}", done.err);
    }
}

#[test]
fn the_window_is_of_event_times() {
    let folder = Folder::new("window");
    two_days(&folder);
    for (args, expected) in [
        (["--since", "2026-10-02"], vec!["arn:aws:s3:::b/three"]),
        (["--until", "2026-10-01"], vec!["arn:aws:s3:::b/one", "arn:aws:s3:::b/two"]),
        (["--since", "2026-10-01T10:00:01Z"], vec!["arn:aws:s3:::b/three"]),
    ] {
        let done = run(&folder, &["usage", "logs", "--output", "json", args[0], args[1]]);
        assert_eq!(resources(&done.out), expected, "{args:?}: {}", done.err);
        assert!(done.err.contains("outside the window"), "{}", done.err);
    }
}

#[test]
fn a_window_that_ends_before_it_begins_is_wrong_use() {
    let folder = Folder::new("empty-window");
    two_days(&folder);
    let done = run(&folder, &["usage", "logs", "--since", "2026-10-02", "--until", "2026-10-01"]);
    assert_eq!(done.code, Some(2));
    assert!(done.err.contains("--since must come first"), "{}", done.err);
}

#[test]
fn a_principal_can_be_a_pattern() {
    let folder = Folder::new("pattern");
    two_days(&folder);
    let done = run(&folder, &["usage", "logs", "--output", "json", "--principal", "*:role/ag*"]);
    assert_eq!(resources(&done.out), ["arn:aws:s3:::b/one", "arn:aws:s3:::b/three"]);
}

#[test]
fn a_principal_that_is_not_there_is_told_with_the_nearest_names() {
    let folder = Folder::new("nobody");
    two_days(&folder);
    let done = run(&folder, &["usage", "logs", "--principal", "arn:aws:iam::111122223333:role/agemt"]);
    assert_eq!(done.code, Some(3));
    assert_eq!(done.out, "");
    assert!(
        done.err.contains("no event of `arn:aws:iam::111122223333:role/agemt` in these logs")
            && done.err.contains("the nearest that are there: arn:aws:iam::111122223333:role/agent"),
        "{}",
        done.err
    );
}

#[test]
fn saved_usage_is_read_instead_of_logs_and_beside_them() {
    let folder = Folder::new("saved");
    two_days(&folder);
    let whole = run(&folder, &["usage", "logs", "--output", "json"]);
    run(&folder, &["usage", "logs/1.json", "--save", "1.lwu"]);
    run(&folder, &["usage", "logs/sub", "--save", "2.lwu"]);
    for logs in [
        vec!["1.lwu", "2.lwu"],
        vec!["2.lwu", "1.lwu"],
        vec!["1.lwu", "logs/sub/2.json"],
        vec!["1.lwu", "logs"],
    ] {
        let args: Vec<&str> = ["usage", "--output", "json"].into_iter().chain(logs.clone()).collect();
        let done = run(&folder, &args);
        assert_eq!(done.out, whole.out, "{logs:?}: {}", done.err);
    }
    let twice = run(&folder, &["usage", "1.lwu", "1.lwu", "2.lwu", "--output", "json"]);
    assert_eq!(twice.out, whole.out, "an event is counted once");
}

#[test]
fn saved_usage_that_the_window_would_split_is_refused() {
    let folder = Folder::new("split");
    folder.write("l.json", log(&[event("1", "agent", "one", T1), event("2", "agent", "one", T2)]));
    run(&folder, &["usage", "l.json", "--save", "l.lwu"]);
    let done = run(&folder, &["usage", "l.lwu", "--since", "2026-10-02"]);
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains("cannot be split"), "{}", done.err);
}

#[test]
fn damaged_saved_usage_is_named() {
    let folder = Folder::new("damaged");
    two_days(&folder);
    run(&folder, &["usage", "logs", "--save", "u.lwu"]);
    let mut bytes = std::fs::read(folder.0.join("u.lwu")).expect("saved");
    let at = bytes.len() / 2;
    bytes[at] ^= 0xff;
    folder.write("u.lwu", bytes);
    let done = run(&folder, &["usage", "u.lwu"]);
    assert_eq!(done.code, Some(3));
    assert!(done.err.contains("`u.lwu`"), "{}", done.err);
}

#[test]
fn files_that_are_not_logs_are_counted_not_read() {
    let folder = Folder::new("not-logs");
    two_days(&folder);
    folder.write("logs/README.txt", "hello");
    folder.write("logs/CloudTrail-Digest/x.json", "{}");
    let done = run(&folder, &["usage", "logs"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("1 file of CloudTrail-Digest, without usage"), "{}", done.err);
    assert!(done.err.contains("1 file not named as logs are"), "{}", done.err);
}

#[test]
fn logs_that_are_not_there_are_told_before_anything_is_read() {
    let folder = Folder::new("missing");
    let done = run(&folder, &["usage", "nowhere"]);
    assert_eq!((done.code, done.out.as_str()), (Some(3), ""));
    assert!(done.err.contains("cannot read logs `nowhere`") && done.err.contains("help:"), "{}", done.err);
}

#[test]
fn settings_come_from_the_file_the_environment_and_the_flags() {
    let folder = Folder::new("settings");
    two_days(&folder);
    folder.write("leastwise.toml", "[usage]\noutput = 'csv'\n");
    let file = run(&folder, &["usage", "logs"]);
    assert!(file.out.starts_with("principal,action,"), "{}", file.out);
    let env = crate::support::command(&folder, &["usage", "logs"])
        .env("LEASTWISE_OUTPUT", "json")
        .output()
        .expect("it starts");
    assert!(crate::support::Done::from(env).out.starts_with('['));
    let quiet = crate::support::command(&folder, &["usage", "logs"]).env("LEASTWISE_QUIET", "1").output();
    assert_eq!(crate::support::Done::from(quiet.expect("it starts")).err, "");
    let flag = run(&folder, &["usage", "logs", "--output", "table"]);
    assert!(flag.out.starts_with("arn:aws:iam::111122223333:role/agent\n"), "{}", flag.out);
    folder.write("leastwise.toml", "[usage]\noutptu = 'csv'\n");
    let wrong = run(&folder, &["usage", "logs"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("did you mean `output`?"), "{}", wrong.err);
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let folder = Folder::new("pipe");
    let events: Vec<String> =
        (0..5_000).map(|n| event(&n.to_string(), "agent", &format!("k{n}"), T1)).collect();
    folder.write("l.json", log(&events));
    let binary = env!("CARGO_BIN_EXE_leastwise");
    let script = format!("{binary} usage l.json --output json | head -n 1; exit ${{PIPESTATUS[0]}}");
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(&folder.0).output();
    assert_eq!(crate::support::Done::from(output.expect("it starts")).code, Some(0));
}

#[test]
#[cfg(unix)]
fn an_interruption_leaves_nothing_half_written() {
    let folder = Folder::new("interrupt");
    folder.write("old.lwu", "what was there");
    // Standard input that never ends: the run is in the middle of reading when it is interrupted.
    let mut child = crate::support::command(&folder, &["usage", "-", "--save", "old.lwu"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    // More than a pipe holds: when it is gone, somebody is reading.
    let mut input = child.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut input, &vec![b' '; 1 << 20]).expect("it reads");
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.expect("kill").success());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    let names: Vec<_> =
        std::fs::read_dir(&folder.0).expect("the folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, ["old.lwu"]);
    assert_eq!(std::fs::read(folder.0.join("old.lwu")).expect("there"), b"what was there");
}

#[test]
fn the_same_logs_give_the_same_answer_with_any_number_of_threads() {
    let Some(logs) = crate::support::shared("cloudtrail-generated/AWSLogs") else { return };
    let folder = Folder::new("threads");
    let one = run(&folder, &["usage", text(&logs), "--output", "json", "--threads", "1"]);
    let four = run(&folder, &["usage", text(&logs), "--output", "json", "--threads", "4"]);
    assert_eq!(one.code, Some(0), "{}", one.err);
    assert!(one.out == four.out && one.err == four.err);
    assert!(one.err.contains("read 60,087 records of 100 files"), "{}", one.err);
}
