//! What is found out of files: which format they have, and what cannot be read.

use leastwise_policy::aws::DocumentKind;

use super::*;
use crate::check::Severity;

const ALLOW: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#;

fn kinds(name: &str, text: &str) -> Vec<DocumentKind> {
    read(&[SourceFile::named(name, text)]).documents.iter().map(|document| document.kind).collect()
}

#[test]
fn what_a_document_is_for_is_found_out() {
    assert_eq!(kinds("reader.json", ALLOW), [DocumentKind::Identity]);
    assert_eq!(kinds("org/scp/regions.json", ALLOW), [DocumentKind::ServiceControl]);
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;
    assert_eq!(kinds("role.json", trust), [DocumentKind::Trust]);
    let bucket = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}"#;
    assert_eq!(kinds("bucket.json", bucket), [DocumentKind::Resource]);
    assert_eq!(kinds("rcp/https.json", bucket), [DocumentKind::ResourceControl]);
}

#[test]
fn what_the_command_line_prints_around_a_document_is_read() {
    let content = serde_json::to_string(ALLOW).expect("a string");
    let text = format!(
        r#"{{"Policy": {{"PolicySummary": {{"Type": "SERVICE_CONTROL_POLICY"}}, "Content": {content}}}}}"#
    );
    assert_eq!(kinds("p.json", &text), [DocumentKind::ServiceControl]);
    assert_eq!(
        kinds("v.json", &format!(r#"{{"PolicyVersion": {{"Document": {ALLOW}}}}}"#)),
        [DocumentKind::Identity]
    );
}

#[test]
fn a_broken_file_is_one_finding_and_the_others_are_read() {
    let files = [
        SourceFile::named("bad.json", "{\n  \"Statement\": [}"),
        SourceFile::named("list.json", r#"{"Version": "2012-10-17", "Statement": 7}"#),
        SourceFile::named("notes.txt", "nothing for us"),
        SourceFile::named("good.json", ALLOW),
    ];
    let estate = read(&files);
    assert_eq!(estate.documents.len(), 1);
    let told: Vec<_> = estate
        .unreadable
        .iter()
        .map(|found| (&*found.file, found.at.line, found.at.column, found.code))
        .collect();
    assert_eq!(
        told,
        [
            ("bad.json", 2, 17, "JSON_SYNTAX_ERROR"),
            ("notes.txt", 1, 1, "UNREADABLE"),
            ("list.json", 1, 40, "UNREADABLE")
        ]
    );
}

#[test]
fn other_json_that_is_met_in_a_folder_is_left_alone() {
    let package = SourceFile {
        name: "package.json".into(),
        text: r#"{"name": "x"}"#.into(),
        named: false,
        beside: false,
    };
    let broken = SourceFile {
        name: "tsconfig.json".into(),
        text: "{ // comment\n}".into(),
        named: false,
        beside: false,
    };
    let estate = read(&[package, broken]);
    assert!(estate.unreadable.is_empty() && estate.documents.is_empty());
    assert_eq!(estate.left_alone.len(), 2);
}

#[test]
fn a_policy_that_is_cut_off_or_misspelt_is_not_left_alone() {
    let met = |text: &str| {
        let file = SourceFile { name: "p.json".into(), text: text.into(), named: false, beside: false };
        let estate = read(&[file]);
        (estate.left_alone.len(), estate.unreadable.len(), estate.documents.len())
    };
    assert_eq!(met(r#"{"Version": "2012-10-17""#), (0, 1, 0));
    assert_eq!(met(r#"{"Version": "2012-10-17", "Statment": []}"#), (0, 0, 1));
    assert_eq!(met(r#"{"Version": "2.0", "Statment": []}"#), (1, 0, 0));
}

#[test]
fn documents_of_a_snapshot_have_the_names_that_its_policy_sets_use() {
    let text = format!(
        r#"{{
  "RoleDetailList": [{{
    "RoleName": "agent", "Arn": "arn:aws:iam::111122223333:role/agent", "Path": "/",
    "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Service": "lambda.amazonaws.com"}}, "Action": "sts:AssumeRole"}}]}},
    "RolePolicyList": [{{"PolicyName": "read", "PolicyDocument": {ALLOW}}}],
    "AttachedManagedPolicies": [{{"PolicyName": "m", "PolicyArn": "arn:aws:iam::111122223333:policy/m"}}]
  }}],
  "Policies": [{{
    "PolicyName": "m", "Arn": "arn:aws:iam::111122223333:policy/m", "DefaultVersionId": "v2",
    "PolicyVersionList": [{{"VersionId": "v2", "IsDefaultVersion": true, "Document": {ALLOW}}}]
  }}]
}}"#
    );
    let estate = read(&[SourceFile::named("account.json", text)]);
    let role = estate.snapshot.principal("arn:aws:iam::111122223333:role/agent").expect("the role");
    for named in &role.policies.identity {
        assert_eq!(estate.document(&named.name).expect("a document").policy, named.policy);
    }
    assert_eq!(role.policies.identity.len(), 2);
    assert_eq!(estate.document(&role.trust_name()).map(|document| document.kind), Some(DocumentKind::Trust));
    assert_eq!(estate.homes[&role.arn].at.line, 2);
}

#[test]
fn what_a_snapshot_leaves_open_of_a_principal_is_told() {
    let text = r#"{"RoleDetailList": [{
        "RoleName": "one", "Arn": "arn:aws:iam::111122223333:role/one",
        "AttachedManagedPolicies": [{"PolicyName": "x", "PolicyArn": "arn:aws:iam::111122223333:policy/x"}],
        "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}
    }], "IsTruncated": true}"#;
    let found = read(&[SourceFile::named("account.json", text)]).unreadable;
    assert!(found.iter().all(|one| one.code == "UNREADABLE" && one.severity == Severity::High), "{found:?}");
    let told: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("there is more") && told[1].contains("policy/x") && told[2].contains("policy/b"),
        "{told:?}"
    );
}

#[test]
fn what_is_missing_is_told_once_and_whom_it_is_about() {
    let role = |name: &str, more: &str| {
        format!(
            r#"{{"RoleName": "{name}", "Arn": "arn:aws:iam::111122223333:role/{name}", {more} "AttachedManagedPolicies":
                [{{"PolicyName": "x", "PolicyArn": "arn:aws:iam::111122223333:policy/x"}}]}}"#
        )
    };
    let page = |roles: &[String]| format!(r#"{{"RoleDetailList": [{}]}}"#, roles.join(", "));
    let told = |files: &[(&str, String)]| {
        let files: Vec<SourceFile> =
            files.iter().map(|(name, text)| SourceFile::named(*name, text.clone())).collect();
        read(&files).unreadable
    };
    let found = told(&[("account.json", page(&[role("one", ""), role("two", ""), role("three", "")]))]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("and 2 more") && found[0].evidence.len() == 2, "{found:?}");
    let inline = format!(r#""RolePolicyList": [{{"PolicyName": "p", "PolicyDocument": {ALLOW}}}],"#);
    let twice = told(&[("a.json", page(&[role("one", "")])), ("b.json", page(&[role("one", &inline)]))]);
    assert!(
        twice.iter().any(|one| one.message.contains("listed twice with different policies")),
        "{twice:?}"
    );
}
