//! Logs of trails that record write events, read-only events or data events alone: what they could not show is unknown.

use serde_json::{Value, json};

use crate::support::{Done, Folder, run};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const ELSEWHERE: &str = "arn:aws:iam::444455556666:role/app";

/// A call of the role in this account, whose record goes to that one.
fn call(number: usize, name: &str, (account, recipient): (&str, &str)) -> Value {
    let read_only = name.starts_with("Describe") || name.starts_with("Get");
    let (source, category) = if name.ends_with("Object") { ("s3", "Data") } else { ("ec2", "Management") };
    json!({
        "eventVersion": "1.11", "eventTime": "2026-10-01T00:00:00Z", "eventSource": format!("{source}.amazonaws.com"),
        "eventName": name, "awsRegion": "eu-west-1", "requestParameters": {"bucketName": "b", "key": "k"},
        "eventID": format!("{number:08}-0000-4000-8000-{account}"), "eventType": "AwsApiCall",
        "recipientAccountId": recipient, "eventCategory": category, "readOnly": read_only,
        "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::{account}:assumed-role/app/s"), "accountId": account,
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{account}:role/app")}}},
    })
}

const HERE: (&str, &str) = ("111122223333", "111122223333");
const THERE: (&str, &str) = ("444455556666", "444455556666");

fn calls(names: &[&str], many: usize, accounts: (&str, &str)) -> Vec<Value> {
    (0..many).map(|number| call(number, names[number % names.len()], accounts)).collect()
}

/// A folder with a log, and a snapshot in which both roles have the same policy.
fn folder(name: &str, records: &[Vec<Value>]) -> Folder {
    let folder = Folder::new(&format!("one-sided-{name}"));
    folder.write("log.json", json!({ "Records": records.concat() }).to_string());
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action":
        ["ec2:DescribeKeyPairs", "ec2:DescribeTags", "ec2:CreateVpc", "ec2:DeleteVpc", "kms:Decrypt", "s3:GetObject"]}]});
    let role = |arn: &str| json!({"RoleName": "app", "Arn": arn, "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy}]});
    folder.write("snapshot.json", json!({"RoleDetailList": [role(ROLE), role(ELSEWHERE)]}).to_string());
    folder
}

fn rightsize(folder: &Folder, logs: &[&str], principal: &str, more: &[&str]) -> Done {
    let args = [
        "--principal",
        principal,
        "--granted",
        "snapshot.json",
        "--report",
        "r.json",
        "--proof",
        "p.json",
        "--out",
        "iam",
    ];
    run(folder, &[&["rightsize"], logs, &args[..], more].concat())
}

/// The actions of the report with each status, and why.
fn statuses(folder: &Folder) -> Vec<(String, String)> {
    let report = std::fs::read_to_string(folder.0.join("r.json")).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let actions = report["actions"].as_array().expect("actions").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = |one: &Value| text(&one["status"]["is"]) + " " + &text(&one["status"]["why"]);
    actions.map(|one| (text(&one["action"]), status(one).trim().to_owned())).collect()
}

fn status(folder: &Folder, action: &str) -> String {
    let found = statuses(folder).into_iter().find(|(name, _)| name == action);
    found.unwrap_or_else(|| panic!("{action} is in the report")).1
}

fn policy(folder: &Folder) -> String {
    std::fs::read_to_string(folder.0.join("iam/app-1.json")).expect("the policy")
}

const TOLD: &str =
    "mind: of account 111122223333 there are 100 write events or more and none that only reads";

#[test]
fn of_logs_of_write_events_reads_are_unknown_and_not_unused() {
    let folder = folder("writes", &[calls(&["CreateVpc"], 100, HERE)]);
    let done = rightsize(&folder, &["log.json"], ROLE, &[]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains(TOLD), "{}", done.err);
    assert!(done.err.contains("used 1 · unused 1 · unknown 4"), "{}", done.err);
    for (action, expected) in [
        ("ec2:CreateVpc", "used"),
        ("ec2:DeleteVpc", "unused"),
        ("ec2:DescribeKeyPairs", "unknown read-events-not-logged"),
        ("kms:Decrypt", "unknown read-events-not-logged"),
        ("s3:GetObject", "unknown data-events-not-logged"),
    ] {
        assert_eq!(status(&folder, action), expected, "{action}");
    }
    assert!(!policy(&folder).contains("Describe"));
    for file in ["r.json", "p.json"] {
        let written = std::fs::read_to_string(folder.0.join(file)).expect("it is written");
        assert!(written.contains(TOLD.trim_start_matches("mind: ")), "{file}: {written}");
    }
    let kept = rightsize(&folder, &["log.json"], ROLE, &["--unknown", "keep"]);
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    let policy = policy(&folder);
    assert!(policy.contains("ec2:DescribeKeyPairs") && policy.contains("kms:Decrypt"), "{policy}");
    assert!(!policy.contains("ec2:DeleteVpc"), "{policy}");
    let args = [
        "verify",
        "p.json",
        "--policy",
        "iam/app-1.json",
        "--logs",
        "log.json",
        "--granted",
        "snapshot.json",
    ];
    let verified = run(&folder, &args);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}

#[test]
fn a_few_write_events_tell_nothing_and_one_read_tells_that_reads_are_recorded() {
    for (name, records) in [
        ("few", vec![calls(&["CreateVpc"], 99, HERE)]),
        ("both", vec![calls(&["CreateVpc"], 200, HERE), vec![call(900, "DescribeTags", HERE)]]),
    ] {
        let folder = folder(name, &records);
        let done = rightsize(&folder, &["log.json"], ROLE, &[]);
        assert!(!done.err.contains("mind"), "{}", done.err);
        assert_eq!(status(&folder, "ec2:DescribeKeyPairs"), "unused", "{name}");
    }
}

#[test]
fn of_logs_of_read_only_events_writes_are_unknown() {
    let folder = folder("reads", &[calls(&["DescribeKeyPairs"], 1_000, HERE)]);
    let done = rightsize(&folder, &["log.json"], ROLE, &[]);
    assert!(done.err.contains("1,000 read-only events or more and none that writes"), "{}", done.err);
    assert_eq!(status(&folder, "ec2:DescribeTags"), "unused");
    assert_eq!(status(&folder, "ec2:CreateVpc"), "unknown write-events-not-logged");
}

#[test]
fn of_logs_of_data_events_everything_else_is_unknown() {
    let folder = folder("data", &[calls(&["GetObject"], 1_000, HERE)]);
    let done = rightsize(&folder, &["log.json"], ROLE, &[]);
    assert!(done.err.contains("1,000 data events or more and no management event"), "{}", done.err);
    assert_eq!(status(&folder, "s3:GetObject"), "used");
    for action in ["ec2:DescribeKeyPairs", "ec2:CreateVpc"] {
        assert_eq!(status(&folder, action), "unknown management-events-not-logged");
    }
}

#[test]
fn each_account_has_logs_of_its_own() {
    // What the role does elsewhere is recorded there.
    let reads = calls(&["DescribeKeyPairs"], 5, ("111122223333", "444455556666"));
    let there = calls(&["CreateVpc", "DescribeTags"], 20, THERE);
    let folder = folder("accounts", &[calls(&["CreateVpc"], 100, HERE), reads, there]);
    let done = rightsize(&folder, &["log.json"], ROLE, &[]);
    assert!(done.err.contains(TOLD), "{}", done.err);
    assert_eq!(status(&folder, "ec2:DescribeKeyPairs"), "used");
    assert_eq!(status(&folder, "ec2:DescribeTags"), "unknown read-events-not-logged");
    rightsize(&folder, &["log.json"], ELSEWHERE, &[]);
    assert_eq!(status(&folder, "ec2:DescribeKeyPairs"), "unused");
    let proof = std::fs::read_to_string(folder.0.join("p.json")).expect("the proof");
    assert!(!proof.contains("none that only reads"), "that is of the other account: {proof}");
}

#[test]
fn saved_usage_says_it_too_and_parts_of_it_in_any_order() {
    let folder = folder("saved", &[calls(&["CreateVpc"], 60, HERE)]);
    let more: Vec<Value> = (60..120).map(|number| call(number, "CreateVpc", HERE)).collect();
    folder.write("more.json", json!({ "Records": more }).to_string());
    folder.write("read.json", json!({ "Records": [call(900, "DescribeTags", HERE)] }).to_string());
    for name in ["log", "more", "read"] {
        let (log, saved) = (format!("{name}.json"), format!("{name}.lwu"));
        run(&folder, &["usage", &log, "--save", &saved, "--output", "none"]);
    }
    let told = |logs: &[&str]| {
        let done = rightsize(&folder, logs, ROLE, &[]);
        (done.err.contains(TOLD), status(&folder, "ec2:DescribeKeyPairs"))
    };
    let unknown = (true, "unknown read-events-not-logged".to_owned());
    let unused = (false, "unused".to_owned());
    assert_eq!(told(&["log.lwu"]), unused);
    assert_eq!(told(&["log.lwu", "log.json"]), unused, "the same again is no more");
    for logs in [["log.lwu", "more.lwu"], ["more.lwu", "log.lwu"], ["log.lwu", "more.json"]] {
        assert_eq!(told(&logs), unknown, "{logs:?}");
    }
    assert_eq!(told(&["log.lwu", "more.lwu", "read.lwu"]), unused);
    assert!(run(&folder, &["usage", "log.lwu", "more.lwu"]).err.contains(TOLD));
}

#[test]
fn who_has_no_event_in_such_logs_is_not_called_dormant_for_sure() {
    let folder = folder("dormant", &[calls(&["CreateVpc"], 100, ("111122223333", "111122223333"))]);
    let snapshot = std::fs::read_to_string(folder.0.join("snapshot.json")).expect("the snapshot");
    folder
        .write("snapshot.json", snapshot.replace("role/app", "role/reader").replace("\"app\"", "\"reader\""));
    let reader = "arn:aws:iam::111122223333:role/reader";
    let alone = rightsize(&folder, &["log.json"], reader, &[]);
    assert!(alone.err.contains("so it is not dormant for sure"), "{}", alone.err);
    let all = run(&folder, &["rightsize", "log.json", "--all", "--granted", "snapshot.json", "--out", "all"]);
    let report = std::fs::read_dir(folder.0.join("all")).expect("a folder");
    let reports: String = report
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .flat_map(|path| {
            if path.is_dir() {
                std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
            } else {
                vec![path]
            }
        })
        .filter(|path| path.to_string_lossy().ends_with("report.md"))
        .map(|path| std::fs::read_to_string(path).expect("a report"))
        .collect();
    assert!(reports.contains("Dormant, perhaps"), "{}{reports}", all.err);
}
