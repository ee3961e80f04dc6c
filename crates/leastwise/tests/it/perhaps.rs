//! Calls of which the log does not tell all that they needed: said with the place, and kept where that is asked for.

use crate::support::{Folder, event, log, run};

const APP: &str = "arn:aws:iam::111122223333:role/app";
const GRANTED: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;

/// Whoever is told that there is no such key may list the bucket, and may count on it.
#[test]
fn who_is_told_that_there_is_no_such_key_can_keep_being_told() {
    let folder = Folder::new("perhaps");
    let missing = event("1", "app", "k", "2026-10-01T10:00:00Z").replacen(
        r#""eventID""#,
        r#""errorCode":"NoSuchKey","errorMessage":"none","eventID""#,
        1,
    );
    folder.write("l.json", log(&[missing]));
    folder.write("granted.json", GRANTED);
    let asked = ["rightsize", "l.json", "--principal", APP, "--granted", "granted.json"];
    let done = run(&folder, &asked);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(!done.out.contains("s3:ListBucket"), "{}", done.out);
    let note = "s3:ListBucket: one call may have needed it on `arn:aws:s3:::b`";
    assert!(done.err.contains(note) && done.err.contains("--unknown called"), "{}", done.err);

    let more = ["--unknown", "called", "--out", "out", "--proof", "proof.json", "--report", "r.md"];
    let done = run(&folder, &[&asked[..], &more].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let policy = folder.0.join("out").join("app-1.json");
    let policy = std::fs::read_to_string(policy).unwrap_or_else(|_| panic!("no policy: {}", done.out));
    assert!(policy.contains(r#""Sid": "S3ListBucketPerhaps""#), "{policy}");
    assert!(policy.contains(r#""Resource": "arn:aws:s3:::b""#), "{policy}");
    let kept = "calls may have needed it, kept: s3:ListBucket on arn:aws:s3:::b (1 event)";
    assert!(done.err.contains(kept) && !done.err.contains("note: s3:ListBucket"), "{}", done.err);
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    assert!(report.contains("| calls may have needed it | 0 |"), "{report}");
    let verify = [
        "verify",
        "proof.json",
        "--policy",
        "out/app-1.json",
        "--logs",
        "l.json",
        "--granted",
        "granted.json",
    ];
    let done = run(&folder, &verify);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
}
