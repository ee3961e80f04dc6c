//! `leastwise compare` as a user runs it.

use crate::support::{Folder, event, log, run};

const OLD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Reports",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:ListBucket"],
      "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
    },
    {
      "Sid": "DraftsByTheEndpoint",
      "Effect": "Deny",
      "Action": "s3:*",
      "Resource": "arn:aws:s3:::reports/drafts/*",
      "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}
    }
  ]
}"#;

const NEW: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {"Sid": "Reports", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
}"#;

const BUCKET: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"AWS": "*"},
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::reports/*",
      "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    },
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::reports/*",
      "Condition": {"StringLike": {"aws:Referer": "https://www.example.com/*"}}
    }
  ]
}"#;

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("old.json", OLD);
    folder.write("new.json", NEW);
    folder.write("bucket.json", BUCKET);
    folder
}

#[test]
fn each_direction_has_a_request_that_shows_it() {
    let folder = folder("compare-both");
    let done = run(&folder, &["compare", "old.json", "new.json"]);
    assert_eq!(done.code, Some(1), "{}", done.err);
    insta::assert_snapshot!("both-text", done.out);
    let json = run(&folder, &["compare", "old.json", "new.json", "--output", "json"]);
    let mut json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    // Each catalogue is another.
    json["catalogue"] = serde_json::Value::Null;
    insta::assert_snapshot!("both-json", format!("{json:#}"));
}

#[test]
fn equal_and_narrower_are_success() {
    let folder = folder("compare-within");
    let same = run(&folder, &["compare", "old.json", "old.json"]);
    assert_eq!(
        (same.code, &*same.out),
        (Some(0), "equal: `old.json` allows exactly what `old.json` allows\n")
    );
    folder.write("less.json", OLD.replace("reports/*", "reports/2026/*"));
    let less = run(&folder, &["compare", "old.json", "less.json"]);
    assert_eq!(less.code, Some(0), "{}", less.out);
    assert!(less.out.starts_with("narrower: "), "{}", less.out);
}

#[test]
fn access_that_must_not_be_granted_is_found_with_the_request() {
    let folder = folder("compare-access");
    let args = ["compare", "--access-not-granted", "s3:DeleteBucket,iam:*", "old.json", "new.json"];
    let done = run(&folder, &args);
    assert_eq!((done.code, &*done.out), (Some(0), "ok  old.json\nok  new.json\n"), "{}", done.err);
    let args =
        ["compare", "--access-not-granted", "s3:Get*:arn:aws:s3:::reports/drafts/*", "old.json", "new.json"];
    let done = run(&folder, &args);
    assert_eq!(done.code, Some(1));
    insta::assert_snapshot!("access-text", done.out);
}

#[test]
fn access_that_nobody_could_be_granted_is_refused_and_passes_no_policy() {
    let folder = folder("compare-mistyped");
    for (access, says) in [
        ("s3:GetObjct", "did you mean `s3:GetObject`"),
        ("iam:PasRole,s3:GetObject", "did you mean `iam:PassRole`"),
        ("s3:GetObject,z3:GetObject", "unknown action `z3:GetObject`"),
        ("s3:Gte*", "no action is `s3:Gte*`"),
        ("z3:*", "no action is `z3:*`"),
        ("s3:GetObject:arn:aws:dynamodb:eu-west-1:111122223333:table/x", "`s3:GetObject` is never on"),
        ("s3:GetObject:arn:aws:s3:::reports", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"),
        ("dynamodb:GetItem,s3:GetObject:arn:aws:s3:::reports/*", "`dynamodb:GetItem` is never on"),
        (
            "s3:GetObject:arn:aws:s3:::reports/*,arn:aws:s3:::reports",
            "`arn:aws:s3:::reports` is nothing that",
        ),
        ("s3:ListAllMyBuckets:arn:aws:s3:::*", "it is on `*` alone"),
        ("s3:GetObject:arn:aws:s3", "`arn:aws:s3` is not an ARN"),
    ] {
        let done = run(&folder, &["compare", "--access-not-granted", access, "new.json"]);
        assert_eq!((done.code, &*done.out), (Some(2), ""), "{access}: {}", done.err);
        assert!(done.err.contains(says), "{access}: {}", done.err);
    }
    for access in ["s3:getobject", "*", "*:arn:aws:s3:::reports/*", "s3:Get*:arn:aws:s3:::${aws:username}*/*"]
    {
        let done = run(&folder, &["compare", "--access-not-granted", access, "new.json"]);
        assert_eq!(done.code, Some(1), "{access}: {}", done.err);
    }
}

#[test]
fn a_policy_that_asks_for_nothing_certain_is_public() {
    let folder = folder("compare-public");
    let done = run(&folder, &["compare", "--no-public-access", "bucket.json"]);
    assert_eq!(done.code, Some(1));
    insta::assert_snapshot!("public-text", done.out);
    let text =
        BUCKET.replace("aws:Referer", "aws:SourceVpce").replace("https://www.example.com/*", "vpce-1a2b3c4d");
    folder.write("private.json", text);
    let done = run(&folder, &["compare", "--no-public-access", "private.json"]);
    assert_eq!((done.code, &*done.out), (Some(0), "ok  private.json\n"), "{}", done.err);
}

#[test]
fn what_cannot_be_read_names_file_line_and_pointer() {
    let folder = folder("compare-unreadable");
    folder.write("broken.json", NEW.replace("Allow", "Alow"));
    let done = run(&folder, &["compare", "old.json", "broken.json"]);
    assert_eq!(done.code, Some(3));
    insta::assert_snapshot!("unreadable-text", done.err);
    let missing = run(&folder, &["compare", "old.json", "missing.json"]);
    assert_eq!(missing.code, Some(3), "{}", missing.err);
    let typed = run(&folder, &["compare", "old.json", "new.json", "--type", "trust"]);
    assert_eq!(typed.code, Some(3), "{}", typed.err);
}

#[test]
fn a_wrong_command_line_is_wrong_use() {
    let folder = folder("compare-usage");
    for args in [
        &["compare", "old.json"][..],
        &["compare", "old.json", "new.json", "bucket.json"],
        &["compare", "--access-not-granted", "GetObject", "old.json"],
        &["compare", "--access-not-granted", "s3:Get*", "--no-public-access", "old.json"],
        &["compare", "--no-public-access", "--type", "scp", "old.json"],
    ] {
        let done = run(&folder, args);
        assert_eq!(done.code, Some(2), "{args:?}: {}", done.err);
    }
}

#[test]
fn answers_of_the_cli_are_compared_and_other_languages_named() {
    let folder = folder("compare-wrapped");
    folder.write("inline.json", format!(r#"{{"RoleName":"x","PolicyName":"y","PolicyDocument":{NEW}}}"#));
    folder.write("version.json", format!(r#"{{"PolicyVersion":{{"Document":{NEW},"VersionId":"v1"}}}}"#));
    for wrapped in ["inline.json", "version.json"] {
        let done = run(&folder, &["compare", "new.json", wrapped]);
        assert!(done.code == Some(0) && done.out.starts_with("equal"), "{}{}", done.out, done.err);
    }
    let trust = r#"{"Role":{"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}}}"#;
    folder.write("role.json", trust);
    let done = run(&folder, &["compare", "role.json", "role.json", "--output", "json"]);
    assert!(done.code == Some(0) && done.out.contains(r#""type": "trust""#), "{}{}", done.out, done.err);
    folder.write("pol.yaml", "Version: \"2012-10-17\"\nStatement:\n  - Effect: Allow\n    Action: s3:GetObject\n    Resource: \"*\"\n");
    folder.write("main.tf", "resource \"aws_iam_policy\" \"x\" {\n}\n");
    for (name, says) in [("pol.yaml", "AWS takes policies as JSON"), ("main.tf", "--new-access-against OLD")]
    {
        let done = run(&folder, &["compare", name, "new.json"]);
        assert!(done.code == Some(3) && done.err.contains(says), "{}", done.err);
    }
    let check = run(&folder, &["check", "pol.yaml"]);
    assert!(check.code == Some(3) && check.out.contains("a policy in YAML"), "{}", check.out);
    // What a role is granted is not who may assume it.
    folder.write("l.json", log(&[event("1", "agent", "k", "2026-10-01T10:00:00Z")]));
    let agent = "arn:aws:iam::111122223333:role/agent";
    let granted =
        |name: &str| run(&folder, &["rightsize", "l.json", "--principal", agent, "--granted", name]);
    let done = granted("role.json");
    assert!(done.code == Some(3) && done.err.contains("not what it may do"), "{}", done.err);
    folder.write("all.json", r#"{"PolicyName":"y","PolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}}"#);
    let done = granted("all.json");
    assert!(done.code == Some(0) && done.err.contains("granted 1"), "{}", done.err);
}
