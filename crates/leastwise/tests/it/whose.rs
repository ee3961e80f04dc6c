//! Whose policy `leastwise rightsize` writes: who has none is told so, by name and among all.

use crate::support::{Folder, event, log, run};
use serde_json::Value;

const TIME: &str = "2026-10-01T10:00:00Z";
const ROLE: &str = "arn:aws:iam::111122223333:role/agent";

/// One call by somebody whose `userIdentity` is this.
fn by(id: &str, identity: &str) -> String {
    let call = event(id, "agent", "k", TIME);
    let (before, rest) = call.split_once(r#""userIdentity":{"#).expect("an identity");
    let (_, after) = rest.split_once(r#","eventTime""#).expect("its end");
    format!(r#"{before}"userIdentity":{identity},"eventTime"{after}"#)
}

/// The name in usage, what it is said to be, and the `userIdentity`.
const WITHOUT: [(&str, &str, &str); 5] = [
    (
        "account/444455556666/AROAEXAMPLE",
        "a caller from another account",
        r#"{"type":"AWSAccount","accountId":"444455556666","principalId":"AROAEXAMPLE:s"}"#,
    ),
    (
        "arn:aws:identitystore:::user/u-1",
        "a user of IAM Identity Center",
        r#"{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"u-1"}}"#,
    ),
    (
        "arn:aws:iam::111122223333:root",
        "the root user",
        r#"{"type":"Root","accountId":"111122223333","arn":"arn:aws:iam::111122223333:root"}"#,
    ),
    (
        "arn:aws:sts::111122223333:federated-user/eve",
        "a federated user",
        r#"{"type":"FederatedUser","accountId":"111122223333","arn":"arn:aws:sts::111122223333:federated-user/eve"}"#,
    ),
    (
        "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "a service-linked role",
        r#"{"type":"AssumedRole","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"}}}"#,
    ),
];

#[test]
fn who_has_no_identity_policy_is_right_sized_by_no_name() {
    let folder = Folder::new("no-policy");
    let calls = WITHOUT.iter().map(|(name, _, identity)| by(name, identity));
    folder.write("l.json", log(&calls.chain([event("0", "agent", "k", TIME)]).collect::<Vec<_>>()));
    folder.write(
        "p.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    );
    for (name, is, _) in WITHOUT {
        let pattern = format!("*{}", &name[name.len() / 2..]);
        for (principal, more) in
            [(name, &[][..]), (name, &["--granted", "p.json"][..]), (pattern.as_str(), &[])]
        {
            let args = ["rightsize", "l.json", "--principal", principal];
            let done = run(&folder, &[&args, more].concat());
            assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{principal}: {}", done.err);
            assert!(done.err.contains(&format!("`{name}` is {is}")), "{}", done.err);
            assert!(done.err.contains("help: "), "{}", done.err);
        }
    }
    // Beside somebody else they are nobody whom a pattern could mean.
    let other = run(&folder, &["rightsize", "l.json", "--principal", "*"]);
    assert!(other.code == Some(0) && other.err.contains(ROLE), "{}", other.err);
}

#[test]
fn who_has_no_identity_policy_is_listed_among_all_with_the_reason() {
    let folder = Folder::new("all-without");
    let mut calls: Vec<String> = WITHOUT.iter().map(|(name, _, identity)| by(name, identity)).collect();
    calls.push(event("0", "agent", "k", TIME));
    // Of an account that the snapshot does not hold nothing is asked.
    calls.push(by("9", r#"{"type":"Root","accountId":"999900001111"}"#));
    folder.write("l.json", log(&calls));
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    folder.write(
        "s.json",
        format!(
            r#"{{"RoleDetailList":[{{"Path":"/","RoleName":"agent","Arn":"{ROLE}","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{policy}}}]}}]}}"#
        ),
    );
    let done = run(&folder, &["rightsize", "l.json", "--granted", "s.json", "--all", "--out", "o"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let index = std::fs::read_to_string(folder.0.join("o/index.json")).expect("the index");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    let entries = index["principals"].as_array().expect("principals");
    assert_eq!(entries.len(), WITHOUT.len() + 1, "{index}");
    for (name, is, _) in WITHOUT {
        let entry = entries.iter().find(|entry| entry["principal"] == name).expect("it is listed");
        assert!(entry["left_alone"].as_str().is_some_and(|why| why.starts_with(is)), "{entry}");
        assert!(done.err.contains(&format!("{name}: left alone, {is}")), "{}", done.err);
    }
    assert_eq!(index["principals"][0]["principal"], ROLE);
    assert_eq!(index["granted_actions"], index["principals"][0]["granted_actions"]);
}
