//! The forms in which people have CloudTrail's records: each gives the same usage, or says what it lacks.

use std::path::{Path, PathBuf};

use crate::support::{Done, Folder, run, text};
use serde_json::Value;

/// Of `examples/envelopes`, those that hold five whole records.
const WHOLE: [&str; 11] = [
    "lines.ndjson",
    "lookup-events.json",
    "filter-log-events.json",
    "logs-insights.json",
    "logs-insights.csv",
    "subscription.json",
    "cloudtrail-lake.json",
    "result_1.csv.gz",
    "athena.csv",
    "eventbridge.ndjson",
    "sns.ndjson",
];

/// Of these, the answers of queries.
const QUERIES: [&str; 7] = [
    "lookup-events.json",
    "filter-log-events.json",
    "logs-insights.json",
    "logs-insights.csv",
    "cloudtrail-lake.json",
    "result_1.csv.gz",
    "athena.csv",
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/envelopes")
}

fn usage(folder: &Folder, path: impl AsRef<Path>) -> Done {
    run(folder, &["usage", text(&path.as_ref()), "--output", "json", "--skipped", "skipped.json"])
}

fn skipped(folder: &Folder) -> Vec<Value> {
    let list = std::fs::read_to_string(folder.0.join("skipped.json")).expect("the list");
    serde_json::from_str(&list).expect("JSON")
}

#[test]
fn every_form_gives_the_same_usage() {
    let folder = Folder::new("envelopes");
    let records = usage(&folder, examples().join("records.json"));
    assert!(records.out.contains("lambda:UpdateFunctionCode"), "{}", records.err);
    for name in WHOLE {
        let done = usage(&folder, examples().join(name));
        assert_eq!((done.code, &done.out), (Some(0), &records.out), "{name}: {}", done.err);
        let mind = usize::from(QUERIES.contains(&name));
        assert!(done.err.starts_with("read 5 records of 1 file"), "{}", done.err);
        assert_eq!(done.err.lines().count(), 1 + mind, "{name}: {}", done.err);
        assert_eq!(done.err.matches("mind: 1 answer of a query").count(), mind, "{name}: {}", done.err);
    }
    // All of them together are the same events again.
    let all = usage(&folder, examples());
    assert_eq!(all.out, records.out, "{}", all.err);
}

#[test]
fn an_answer_that_is_not_whole_is_said_everywhere() {
    let folder = Folder::new("envelopes-partial");
    let log = examples().join("logs-insights-running.json");
    let done = usage(&folder, &log);
    assert_eq!(done.code, Some(3));
    let why = "the query is `Running`, not `Complete`";
    assert!(done.err.contains("incomplete evidence: 1 answer is not whole"), "{}", done.err);
    assert!(done.err.contains(&format!("logs-insights-running.json: {why}")), "{}", done.err);
    assert!(
        done.err.contains("error: 1 answer is not whole; the result rests on what was read"),
        "{}",
        done.err
    );
    let list = skipped(&folder);
    assert!(list.len() == 1 && list[0]["incomplete"] == true && list[0]["reason"] == why, "{list:?}");

    let role = "arn:aws:iam::111122223333:role/deploy";
    let logs = ["rightsize", text(&log), "--principal", role, "--allow-skipped"];
    let done =
        run(&folder, &[&logs[..], &["--report", "r.json", "--proof", "p.json", "--out", "o"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    for file in ["r.json", "p.json"] {
        let written = std::fs::read_to_string(folder.0.join(file)).expect("it is written");
        assert!(written.contains(why), "{file}: {written}");
    }
    // What was saved remembers it.
    run(&folder, &["usage", text(&log), "--save", "s.lwu", "--output", "none", "--allow-skipped"]);
    assert_eq!(run(&folder, &["usage", "s.lwu"]).code, Some(3));
}

#[test]
fn columns_that_are_no_whole_event_are_refused_with_the_way_out() {
    let folder = Folder::new("envelopes-columns");
    let done = usage(&folder, examples().join("cloudtrail-lake-columns.json"));
    assert_eq!(done.code, Some(3));
    assert!(done.err.contains("select `eventJson` in CloudTrail Lake"), "{}", done.err);
    assert_eq!(skipped(&folder).len(), 1);
}

#[test]
fn read_only_calls_that_eventbridge_left_out_are_incomplete_evidence() {
    let folder = Folder::new("envelopes-bridge");
    let lines = std::fs::read_to_string(examples().join("eventbridge.ndjson")).expect("the example");
    let writes: Vec<&str> =
        lines.lines().filter(|line| !line.contains("\"GetFunction") && !line.contains("Describe")).collect();
    let log = folder.write("bus.ndjson", writes.join("\n"));
    let done = usage(&folder, &log);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("mind: 3 records came by EventBridge"), "{}", done.err);
    assert!(!usage(&folder, examples().join("eventbridge.ndjson")).err.contains("mind"), "reads came too");
    let role = "arn:aws:iam::111122223333:role/deploy";
    run(&folder, &["rightsize", text(&log), "--principal", role, "--report", "r.md", "--out", "o"]);
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    assert!(
        report.contains("Incomplete evidence")
            && report.contains("ENABLED")
            && report.contains("EventBridge"),
        "{report}"
    );
}

#[test]
fn who_is_not_in_the_answer_of_a_query_is_called_dormant_with_a_warning() {
    let folder = Folder::new("envelopes-dormant");
    let log = examples().join("logs-insights.json");
    let snapshot = examples().join("../account/snapshot.json");
    let args = ["rightsize", text(&log), "--all", "--granted", text(&snapshot), "--out", "o"];
    let done = run(&folder, &args);
    assert!(done.err.contains("what was not asked for was never read"), "{}", done.err);
    let index = std::fs::read_to_string(folder.0.join("o/index.md")).expect("the index");
    run(&folder, &["usage", text(&log), "--save", "s.lwu", "--output", "none"]);
    let saved = run(&folder, &["usage", "s.lwu"]);
    assert!(saved.err.contains("mind: 1 answer of a query: what was not asked for"), "{}", saved.err);
    assert!(index.contains("Incomplete evidence") && index.contains("1 answer of a query"), "{index}");
}

#[test]
fn events_of_partners_are_nobodys_usage() {
    let folder = Folder::new("envelopes-partner");
    let partner = r#"{"eventVersion":"1.08","eventCategory":"ActivityAuditLog","eventType":"ActivityLog","eventID":"1",
        "eventTime":"2026-10-01T10:00:00Z","awsRegion":"eu-west-1","recipientAccountId":"111122223333",
        "metadata":{"ingestionTime":"2026-10-01T10:00:00Z","channelARN":"arn:aws:cloudtrail:eu-west-1:111122223333:channel/x"},
        "eventData":{"version":"1","userIdentity":{"type":"CustomUserIdentity","principalId":"p"},"eventSource":"s3.amazonaws.com",
        "eventName":"DeleteBucket","eventTime":"2026-10-01T10:00:00Z","UID":"u","recipientAccountId":"111122223333"}}"#;
    let row = serde_json::json!({"QueryResultRows": [[{"eventJson": partner}]], "QueryStatus": "FINISHED"});
    let log = folder.write("l.json", row.to_string());
    let done = usage(&folder, &log);
    assert_eq!((done.code, done.out.trim()), (Some(0), "[]"), "{}", done.err);
    assert!(done.err.contains("1 record: nobody's usage, other kinds of events"), "{}", done.err);
}

#[test]
fn the_page_on_logs_names_every_form() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/logs.md");
    let page = std::fs::read_to_string(page).expect("the page");
    for entry in std::fs::read_dir(examples()).expect("the examples") {
        let name = entry.expect("an entry").file_name();
        assert!(page.contains(name.to_str().expect("UTF-8")), "{name:?} is on no page");
    }
}

#[test]
fn a_folder_of_csv_says_that_a_file_can_be_named() {
    let folder = Folder::new("envelopes-csv");
    folder.write("saved/athena.csv", std::fs::read(examples().join("athena.csv")).expect("the example"));
    let done = run(&folder, &["usage", "saved"]);
    assert!(done.err.contains("a file that is named itself is read whatever it is called"), "{}", done.err);
}

#[test]
fn what_is_no_cloudtrail_is_named_once_a_file_with_the_way_out() {
    let folder = Folder::new("other-logs");
    let finding = r#"{"schemaVersion":"2.0","accountId":"111122223333","type":"Recon:EC2/X","resource":{}}"#;
    let flow =
        "2 111122223333 eni-1235b8ca 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
    for (text, says) in [
        (
            format!("{finding}\n{finding}\n{finding}\n"),
            "this is a list of findings of GuardDuty, and no log of CloudTrail; give the files of a trail",
        ),
        (format!("{flow}\n{flow}\n"), "this is a VPC flow log"),
        (r#"{"RoleDetailList":[]}"#.to_owned(), "give it to --granted or --snapshot"),
        (
            r#"[{"authorization":{},"caller":"a@b","eventName":{"value":"x"}}]"#.to_owned(),
            "an activity log of Azure",
        ),
    ] {
        folder.write("l.json", &text);
        let done = run(&folder, &["usage", "l.json"]);
        assert_eq!(done.code, Some(3), "{text}: {}", done.err);
        assert!(
            done.err.contains(says) && done.err.contains("1 file could not be read"),
            "{text}: {}",
            done.err
        );
        assert!(!done.err.contains("record 1"), "{text}: {}", done.err);
    }
}
