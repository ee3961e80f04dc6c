//! `--keep`: what stays though the logs do not show it, and what cannot be kept.

use serde_json::Value;

use super::agent;
use crate::support::Folder;

#[test]
fn what_is_to_be_kept_must_be_on_a_resource_that_its_action_takes() {
    let folder = Folder::new("keep-mismatched");
    let table = "arn:aws:dynamodb:eu-west-1:111122223333:table/x";
    let policy = |resources: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[
            {{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"{table}"}},
            {{"Effect":"Allow","Action":["s3:GetObject"],"Resource":{resources}}}]}}"#
        )
    };
    for (name, text, place) in [
        ("keep.txt", format!("kms:Decrypt\ns3:GetObject arn:aws:s3:::b/* {table}\n"), "`keep.txt`, line 2: "),
        (
            "keep.txt",
            format!("dynamodb:GetItem {table}\ns3:GetObject {table} # why\n"),
            "`keep.txt`, line 2: ",
        ),
        ("keep.txt", format!("s3:Get* {table}\n"), "`keep.txt`, line 1: "),
        (
            "keep.yaml",
            format!("- action: s3:GetObject\n  resources:\n    - {table}\n"),
            "`keep.yaml`, line 3: ",
        ),
        ("keep.json", policy(&format!(r#"["{table}"]"#)), "`keep.json` /Statement/1/Resource: "),
    ] {
        folder.write(name, &text);
        let done = agent(&folder, &["--keep", name]);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{text}: {}", done.err);
        let says = format!("{place}`s3:Get");
        assert!(done.err.contains(&says) && done.err.contains("${ObjectName}"), "{text}: {}", done.err);
    }
    // A statement pairs every action with every resource: one that suits is enough.
    for (name, text) in [
        ("keep.json", policy(&format!(r#"["{table}", "arn:aws:s3:::b/*"]"#))),
        ("keep.json", policy(r#""*""#)),
        ("keep.txt", "s3:* arn:aws:s3:::b\ns3:GetObject arn:aws:s3:::${aws:username}-b/*\n".to_owned()),
    ] {
        folder.write(name, &text);
        let done = agent(&folder, &["--keep", name]);
        assert_eq!(done.code, Some(0), "{text}: {}", done.err);
    }
}

#[test]
fn a_policy_document_is_kept_with_its_conditions_and_denials() {
    let folder = Folder::new("keep-policy");
    let pass = r#"{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#;
    let deny = r#"{"Sid":"Never","Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}"#;
    let not = r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#;
    let keep = |statements: &str| {
        folder.write("keep.json", format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#));
        agent(&folder, &["--keep", "keep.json"])
    };
    let done = keep(&format!("[{pass},{deny}]"));
    assert_eq!(done.code, Some(0), "{}", done.err);
    let policy: Value = serde_json::from_str(&done.out).expect("JSON");
    let statements = policy["Statement"].as_array().expect("statements");
    let pass = statements.iter().find(|one| one["Action"] == "iam:PassRole").expect("it is kept");
    assert_eq!(pass["Condition"]["StringEquals"]["iam:PassedToService"], "ec2.amazonaws.com");
    assert_eq!(statements.iter().find(|one| one["Sid"] == "Never").expect("it is kept")["Effect"], "Deny");
    for (statements, pointer) in [
        (format!("[{deny},{not}]"), "`keep.json` /Statement/1/NotAction"),
        (not.to_owned(), " /Statement/NotAction"),
    ] {
        let refused = keep(&statements);
        assert_eq!(refused.code, Some(3), "{}", refused.err);
        assert!(refused.err.contains(pointer), "{}", refused.err);
        assert!(refused.err.contains("name the actions"), "{}", refused.err);
    }
}

#[test]
fn what_is_to_be_kept_must_be_an_action_that_there_is() {
    let folder = Folder::new("keep-mistyped");
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObjekt","Resource":"*"}}"#;
    for (name, text, says) in [
        ("keep.txt", "s3:GetObjekt  # the archive\n", "did you mean `s3:GetObject`"),
        (
            "keep.txt",
            "kms:Decrypt\ns3:Gte*\ns4:*\n",
            "`s3:Gte*` and 1 more in `keep.txt` are no actions of the catalogue",
        ),
        ("keep.json", policy, "did you mean `s3:GetObject`"),
        ("keep.json", &policy.replace("Allow", "Deny"), "did you mean `s3:GetObject`"),
    ] {
        folder.write(name, text);
        let done = agent(&folder, &["--keep", name]);
        assert_eq!((done.code, done.out.as_str()), (Some(3), ""), "{}", done.err);
        assert!(done.err.contains(says) && done.err.contains("leastwise catalog import"), "{}", done.err);
    }
    folder.write("keep.txt", "s3:Get*\ndynamodb:DeleteItem\n");
    assert_eq!(agent(&folder, &["--keep", "keep.txt"]).code, Some(0));
}
