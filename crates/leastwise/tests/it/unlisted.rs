//! Calls of actions that AWS does not list: any more, or not yet.

use crate::support::{Folder, event, log, run};

#[test]
fn what_aws_no_longer_lists_is_kept_and_what_is_not_known_is_told_of_whoever_called_it() {
    let folder = Folder::new("retired");
    let time = "2026-10-01T10:00:00Z";
    let call = |id: &str, role: &str, source: &str, name: &str| {
        event(id, role, "k", time)
            .replace("s3.amazonaws.com", &format!("{source}.amazonaws.com"))
            .replace("GetObject", name)
            .replace(r#""bucketName":"b","key":"k""#, r#""inputName":"i""#)
            .replace(r#""Data""#, r#""Management""#)
    };
    let events = [
        call("1", "etl", "iotevents", "CreateInput"),
        call("2", "etl", "glue", "DoOfTomorrow"),
        event("3", "web", "k", time),
    ];
    folder.write("l.json", log(&events));
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let told = "not known, so nothing is kept for it: glue:DoOfTomorrow (1 event)";
    let done = run(&folder, &["rightsize", "l.json", "--principal", &role("etl"), "--report", "r.md"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("\"iotevents:CreateInput\"") && !done.out.contains("glue:"), "{}", done.out);
    assert!(done.err.contains(told), "{}", done.err);
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    assert!(report.contains("Not known") && report.contains("glue:DoOfTomorrow"), "{report}");
    let other = run(&folder, &["rightsize", "l.json", "--principal", &role("web")]);
    assert!(!other.err.contains("nothing is kept"), "{}", other.err);
}
