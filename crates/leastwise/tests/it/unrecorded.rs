//! Trails that leave data events out by kind and by resource, KMS's events, or the Region of global services: what their
//! logs could not show is unknown.

use serde_json::{Value, json};

use crate::support::{Folder, run};

const ROLE: &str = "arn:aws:iam::111122223333:role/app";

/// A call of somebody in the account of the role.
fn call(number: usize, who: &str, source: &str, name: &str, of: Value) -> Value {
    let reads = ["Describe", "Get", "List", "Head", "Decrypt"].iter().any(|word| name.starts_with(word));
    let data = name.ends_with("Object");
    let mut call = json!({
        "eventVersion": "1.11", "eventTime": "2026-10-01T00:00:00Z", "eventSource": format!("{source}.amazonaws.com"),
        "eventName": name, "awsRegion": "eu-west-1", "requestParameters": {"bucketName": "a", "key": "k"},
        "eventID": format!("{number:08}-0000-4000-8000-111122223333"), "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333", "eventCategory": if data { "Data" } else { "Management" }, "readOnly": reads,
        "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::111122223333:assumed-role/{who}/s"), "accountId": "111122223333",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::111122223333:role/{who}")}}},
    });
    for (member, value) in of.as_object().into_iter().flatten() {
        call[member] = value.clone();
    }
    call
}

fn on(bucket: &str) -> Value {
    json!({"requestParameters": {"bucketName": bucket, "key": "k"}})
}

/// What becomes of the actions that the role is granted on these resources.
fn statuses(name: &str, records: &[Value], actions: &[&str], resources: &[&str]) -> Vec<String> {
    let folder = Folder::new(&format!("unrecorded-{name}"));
    folder.write("log.json", json!({ "Records": records }).to_string());
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": resources, "Action": actions}]});
    let role = json!({"RoleName": "app", "Arn": ROLE, "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy}]});
    folder.write("snapshot.json", json!({ "RoleDetailList": [role] }).to_string());
    let args = ["--principal", ROLE, "--granted", "snapshot.json", "--report", "r.json", "--out", "iam"];
    let done = run(&folder, &[&["rightsize", "log.json"], &args[..]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let report = std::fs::read_to_string(folder.0.join("r.json")).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = report["actions"].as_array().expect("actions");
    let status = |action: &&str| {
        let one = found.iter().find(|one| one["action"] == **action).expect("it is in the report");
        (text(&one["status"]["is"]) + " " + &text(&one["status"]["why"])).trim().to_owned()
    };
    actions.iter().map(status).collect()
}

/// Management events of both kinds, and the calls.
fn beside(calls: &[Value]) -> Vec<Value> {
    let both = [
        call(900, "app", "ec2", "CreateVpc", Value::Null),
        call(901, "other", "ec2", "DescribeTags", Value::Null),
    ];
    [&both[..], calls].concat()
}

#[test]
fn data_events_that_only_write_say_nothing_of_those_that_read() {
    let actions = ["s3:GetObjectAcl", "s3:PutObjectAcl", "s3:GetObjectRetention"];
    let of = |name: &str, calls: &[Value]| {
        statuses(name, &beside(calls), &actions, &["arn:aws:s3:::a", "arn:aws:s3:::a/*"])
    };
    let write = call(1, "other", "s3", "PutObject", Value::Null);
    let read = call(2, "other", "s3", "HeadObject", Value::Null);
    let (reads, writes) = ("unknown data-reads-not-logged", "unknown data-writes-not-logged");
    assert_eq!(of("none", &[]), ["unknown data-events-not-logged"; 3]);
    assert_eq!(of("writes", &vec![write.clone(); 3]), [reads, "unused", reads]);
    assert_eq!(of("reads", std::slice::from_ref(&read)), ["unused", writes, "unused"]);
    assert_eq!(of("both", &[write, read]), ["unused"; 3]);
}

#[test]
fn data_events_of_another_account_say_nothing() {
    let there = json!({"recipientAccountId": "444455556666", "userIdentity": {"type": "AssumedRole", "accountId": "444455556666",
        "arn": "arn:aws:sts::444455556666:assumed-role/app/s",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::444455556666:role/app"}}}});
    let calls = [call(1, "app", "s3", "PutObject", there.clone()), call(2, "app", "s3", "GetObject", there)];
    let status = statuses("accounts", &beside(&calls), &["s3:GetObjectAcl"], &["arn:aws:s3:::a/*"]);
    assert_eq!(status, ["unknown data-events-not-logged"]);
}

#[test]
fn data_events_of_one_bucket_say_nothing_of_another() {
    let calls = [
        call(1, "other", "s3", "PutObject", on("a")),
        call(2, "other", "s3", "GetObject", on("a")),
        call(3, "other", "s3", "GetObject", on("b")),
    ];
    let of = |name: &str, resources: &[&str]| {
        statuses(name, &beside(&calls), &["s3:DeleteObject"], resources).concat()
    };
    let others = "unknown data-events-of-others";
    assert_eq!(of("a", &["arn:aws:s3:::a/*"]), "unused");
    assert_eq!(of("both", &["arn:aws:s3:::a/*", "arn:aws:s3:::b/x/*", "arn:aws:sqs:*:*:q"]), "unused");
    assert_eq!(of("c", &["arn:aws:s3:::a/*", "arn:aws:s3:::c/*"]), others);
    assert_eq!(of("pattern", &["arn:aws:s3:::a*"]), others);
    assert_eq!(of("all", &["*"]), others);
    assert_eq!(of("variable", &["arn:aws:s3:::a${aws:username}/*"]), others);
}

#[test]
fn without_events_of_the_region_of_a_global_service_it_is_not_called_unused() {
    let actions =
        ["iam:CreateRole", "organizations:ListRoots", "sts:AssumeRole", "iam:PassRole", "ec2:CreateVpc"];
    let home = "unknown home-region-not-logged";
    let of = |name: &str, calls: &[Value]| statuses(name, &beside(calls), &actions, &["*"]);
    assert_eq!(of("elsewhere", &[]), [home, home, home, "unused", "used"]);
    let there = |category: &str| json!({"awsRegion": "us-east-1", "eventCategory": category});
    let one = call(1, "other", "ec2", "DescribeTags", there("Management"));
    assert_eq!(of("home", &[one]), ["unused", "unused", "unused", "unused", "used"]);
    let data = call(1, "other", "s3", "GetObject", there("Data"));
    assert_eq!(of("home-data", &[data]), [home, home, home, "unused", "used"]);
}

#[test]
fn where_the_events_of_kms_may_be_left_out_its_actions_are_not_called_unused() {
    let actions = ["kms:Decrypt", "kms:CreateKey", "ec2:CreateVpc"];
    let of = |name: &str, calls: &[Value]| statuses(name, &beside(calls), &actions, &["*"]);
    let kms = "unknown kms-events-not-logged";
    assert_eq!(of("no-kms", &[]), [kms, kms, "used"]);
    let one = call(1, "other", "kms", "ListKeys", Value::Null);
    assert_eq!(of("kms", &[one]), ["unused", "unused", "used"]);
}

#[test]
fn logs_of_one_region_say_that_they_are() {
    let folder = Folder::new("unrecorded-region");
    let told = |file: &str, count: usize, others: &[Value]| {
        let calls: Vec<Value> =
            (0..count).map(|number| call(number, "app", "ec2", "DescribeTags", Value::Null)).collect();
        let records = beside(&[&calls[..], others].concat());
        folder.write(file, json!({ "Records": records }).to_string());
        let args = ["usage", file, "--output", "none", "--save", "saved.lwu"];
        let line = "mind: of account 111122223333 there are management events of eu-west-1 alone";
        [&args[..], &["usage", "saved.lwu"]].map(|args| run(&folder, args).err.contains(line))
    };
    assert_eq!(told("one.json", 1_000, &[]), [true; 2]);
    assert_eq!(told("few.json", 10, &[]), [false; 2]);
    let elsewhere = call(5_000, "other", "ec2", "DescribeTags", json!({"awsRegion": "us-east-1"}));
    assert_eq!(told("two.json", 1_000, &[elsewhere]), [false; 2]);
}
