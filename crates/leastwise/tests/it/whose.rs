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
    one_role(&folder, "/");
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

const TEAM: &str = "arn:aws:iam::111122223333:role/team/agent";

/// A snapshot with one role that may do all on S3.
fn one_role(folder: &Folder, path: &str) {
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let role = format!(
        r#"{{"RoleDetailList":[{{"Path":"{path}","RoleName":"agent","Arn":"arn:aws:iam::111122223333:role{path}agent","RolePolicyList":[{{"PolicyName":"p","PolicyDocument":{policy}}}]}}]}}"#
    );
    folder.write("s.json", role);
}

/// A session without `sessionIssuer` names its role without the path; the name is the role's alone in its account.
#[test]
fn a_session_without_its_role_counts_for_the_role_of_the_name() {
    let folder = Folder::new("session-alone");
    let session = r#"{"type":"AssumedRole","accountId":"111122223333","arn":"arn:aws:sts::111122223333:assumed-role/agent/s"}"#;
    let alone = by("1", session).replace(r#""key":"k""#, r#""key":"alone""#);
    let issued = event("2", "team/agent", "issued", TIME);
    one_role(&folder, "/team/");
    folder.write("l.json", log(&[alone.clone(), issued.clone()]));
    for more in [&["--granted", "s.json"][..], &[]] {
        let args = ["rightsize", "l.json", "--out", "iam", "--proof", "p.json", "--principal", TEAM];
        let done = run(&folder, &[&args, more].concat());
        assert_eq!(done.code, Some(0), "{}", done.err);
        let policy = std::fs::read_to_string(folder.0.join("iam/agent-1.json")).expect("the policy");
        assert!(policy.contains("b/alone") && policy.contains("b/issued"), "{policy}");
        assert!(done.err.contains("1 of its events name a session"), "{}", done.err);
        let verify = ["verify", "p.json", "--policy", "iam/agent-1.json", "--logs", "l.json"];
        let verified = run(&folder, &[&verify, more].concat());
        assert_eq!(verified.code, Some(0), "{}\n{}", verified.out, verified.err);
    }
    let pattern = ["rightsize", "l.json", "--granted", "s.json", "--principal", "*agent"];
    assert_eq!(run(&folder, &pattern).code, Some(0));
    let done = run(&folder, &["rightsize", "l.json", "--granted", "s.json", "--all", "--out", "all"]);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let policy = std::fs::read_to_string(folder.0.join("all/agent-1.json")).expect("the policy");
    assert!(policy.contains("b/alone") && policy.contains("b/issued"), "{policy}");

    // Saved for this role alone, and for another.
    for (principal, code) in [("*/team/agent", 0), ("*/other", 3)] {
        let save = ["usage", "l.json", "--principal", principal, "--save", "u.lwu", "--output", "none"];
        assert_eq!(run(&folder, &save).code, Some(code), "{principal}");
    }
    let saved = run(&folder, &["rightsize", "u.lwu", "--principal", TEAM]);
    assert!(saved.out.contains("b/alone") && saved.out.contains("b/issued"), "{}\n{}", saved.out, saved.err);

    // Another that had the name before, whose records say so, is another.
    let former = event("3", "agent", "former", TIME);
    folder.write("l.json", log(&[alone.clone(), issued, former]));
    let done = run(&folder, &["rightsize", "l.json", "--granted", "s.json", "--principal", TEAM]);
    assert!(done.out.contains("b/alone") && !done.out.contains("b/former"), "{}", done.out);

    // Nothing tells the path, but a snapshot would.
    folder.write("l.json", log(&[alone]));
    let bare = ["rightsize", "l.json", "--principal", ROLE];
    let done = run(&folder, &bare);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.err.contains("its path is not known"), "{}", done.err);
    assert!(done.err.contains("a snapshot of the account (--granted) would tell"), "{}", done.err);
    one_role(&folder, "/");
    let done = run(&folder, &[&bare[..], &["--granted", "s.json"]].concat());
    assert!(done.code == Some(0) && !done.err.contains("its path is not known"), "{}", done.err);
}

#[test]
fn what_applying_the_policy_takes_is_said() {
    let folder = Folder::new("applying");
    let sso = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef";
    let user = r#"{"type":"IAMUser","accountId":"111122223333","arn":"arn:aws:iam::111122223333:user/ann"}"#;
    folder.write("l.json", log(&[event("1", sso, "k", TIME), by("2", user), event("3", "agent", "k", TIME)]));
    let note = |principal: &str, more: &[&str]| {
        let done = run(
            &folder,
            &[&["rightsize", "l.json", "--principal", principal, "--report", "r.md"], more].concat(),
        );
        assert_eq!(done.code, Some(0), "{}", done.err);
        let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
        assert_eq!(done.err.contains("note: "), report.contains("applying it"), "{report}");
        done.err
    };
    let told = note(&format!("arn:aws:iam::111122223333:role/{sso}"), &[]);
    assert!(told.contains("put the policy into the permission set"), "{told}");
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let group = format!(
        r#"{{"GroupName":"ops","Arn":"arn:aws:iam::111122223333:group/ops","GroupPolicyList":[{{"PolicyName":"p","PolicyDocument":{policy}}}]}}"#
    );
    folder.write(
        "s.json",
        format!(
            r#"{{"GroupDetailList":[{group}],"UserDetailList":[{{"UserName":"ann","Arn":"arn:aws:iam::111122223333:user/ann","GroupList":["ops"]}}]}}"#
        ),
    );
    let told = note("*:user/ann", &["--granted", "s.json"]);
    assert!(told.contains("from the group `ops` too, and stays granted as long as it is in there"), "{told}");
    assert!(!note(ROLE, &[]).contains("permission set"));
}

#[test]
fn what_the_new_policies_take_the_place_of_is_said_wherever_somebody_looks() {
    let folder = Folder::new("replaces");
    folder.write("l.json", log(&[event("1", "agent", "k", TIME)]));
    let all = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let snapshot = format!(
        r#"{{"RoleDetailList":[{{"RoleName":"agent","Path":"/","Arn":"arn:aws:iam::111122223333:role/agent",
        "AttachedManagedPolicies":[{{"PolicyName":"wide","PolicyArn":"arn:aws:iam::111122223333:policy/wide"}}],
        "PermissionsBoundary":{{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/wide"}},
        "RolePolicyList":[{{"PolicyName":"by-hand","PolicyDocument":{all}}}]}}],
        "Policies":[{{"PolicyName":"wide","Arn":"arn:aws:iam::111122223333:policy/wide","DefaultVersionId":"v1",
        "PolicyVersionList":[{{"Document":{all},"VersionId":"v1","IsDefaultVersion":true}}]}}]}}"#
    );
    folder.write("s.json", snapshot);
    let args = ["rightsize", "l.json", "--principal", ROLE, "--granted", "s.json", "--report"];
    let done = run(&folder, &[&args[..], &["r.json"]].concat());
    assert_eq!(done.code, Some(0), "{}", done.err);
    let line = done.err.lines().find(|line| line.contains("nothing is cut before")).unwrap_or_default();
    for part in [
        "detach the managed policies `arn:aws:iam::111122223333:policy/wide`",
        "delete the inline policies `by-hand`",
    ] {
        assert!(line.contains(part), "{}", done.err);
    }
    let report = std::fs::read_to_string(folder.0.join("r.json")).expect("the report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["replaces"]["inline"], serde_json::json!(["by-hand"]));
    assert_eq!(report["replaces"]["boundary"], "arn:aws:iam::111122223333:policy/wide");
    for (format, file) in [("terraform", "agent.tf"), ("cloudformation", "agent.yaml")] {
        let more = ["r.md", "--format", format, "--out", "out"];
        assert_eq!(run(&folder, &[&args[..], &more].concat()).code, Some(0));
        let text = std::fs::read_to_string(folder.0.join("out").join(file)).expect("the file");
        assert!(text.contains("\n# delete the inline policies `by-hand`\n"), "{text}");
    }
    let report = std::fs::read_to_string(folder.0.join("r.md")).expect("the report");
    assert!(report.contains("## What to take away") && report.contains("`by-hand`"), "{report}");
    let all_of_them = ["rightsize", "l.json", "--granted", "s.json", "--all", "--out", "all"];
    let done = run(&folder, &all_of_them);
    assert!(done.code == Some(0) && done.err.contains("before the old policies go"), "{}", done.err);
    // Nobody knows what is attached where only documents are given.
    folder.write("p.json", all);
    let done = run(&folder, &["rightsize", "l.json", "--principal", ROLE, "--granted", "p.json"]);
    assert!(done.code == Some(0) && !done.err.contains("nothing is cut before"), "{}", done.err);
}

#[test]
fn a_unique_id_is_the_principal_of_the_snapshot_that_has_it() {
    let folder = Folder::new("unique-id");
    folder.write("l.json", log(&[event("1", "agent", "k", TIME)]));
    let role = |id: &str| {
        format!(
            r#"{{"RoleDetailList":[{{"RoleName":"agent","Path":"/","Arn":"{ROLE}","RoleId":"{id}","RolePolicyList":[
            {{"PolicyName":"p","PolicyDocument":{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"*"}}}}}}]}}]}}"#
        )
    };
    folder.write("s.json", role("AROA5IFVFGKAKR2LL3SGG"));
    let of = |principal: &str, more: &[&str]| {
        run(&folder, &[&["rightsize", "l.json", "--principal", principal], more].concat())
    };
    let snapshot = ["--granted", "s.json"];
    let done = of("AROA5IFVFGKAKR2LL3SGG", &snapshot);
    assert!(done.code == Some(0) && done.err.contains(&format!("\n{ROLE}\n")), "{}", done.err);
    for (principal, more, code, says) in [
        ("AROA5IFVFGKAKR2LL3XXX", &snapshot[..], 3, "nobody in the snapshot has the id"),
        ("AROA5IFVFGKAKR2LL3SGG", &[], 2, "give the ARN, or a snapshot"),
        (
            "arn:aws:iam::444455556666:role/agent",
            &snapshot,
            3,
            "it is of account 444455556666, and the snapshot is of account 111122223333",
        ),
        ("arn:aws:iam::111122223333:role/agemt", &snapshot, 3, "the nearest that are there"),
        (
            "arn:aws:iam::111122223333:user/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            &snapshot,
            3,
            "made since the snapshot",
        ),
    ] {
        let done = of(principal, more);
        assert_eq!((done.code, done.out.as_str()), (Some(code), ""), "{principal}: {}", done.err);
        assert!(done.err.contains(says), "{principal}: {}", done.err);
    }
}
