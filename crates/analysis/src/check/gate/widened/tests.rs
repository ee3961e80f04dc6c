//! Two states of small repositories and accounts, and what is new in the second.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::{SourceFile, read};

const READS: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}"#;
const DELETES: &str =
    r#"{"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::reports/*"}"#;
const DENIES: &str =
    r#"{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/secret/*"}"#;

pub(super) fn policy(statements: &[&str]) -> String {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": [\n{}\n]}}", statements.join(",\n"))
}

fn state(files: &[(&str, String)]) -> Estate {
    let files: Vec<SourceFile> =
        files.iter().map(|(name, text)| SourceFile::named(*name, text.as_str())).collect();
    let estate = read(&files);
    assert!(estate.unreadable.is_empty(), "{:?}", estate.unreadable);
    estate
}

fn messages(old: &[(&str, String)], new: &[(&str, String)]) -> Vec<String> {
    let (old, new) = (state(old), state(new));
    let found = widened(&old, &new, &Facts::new(Catalog::embedded())).findings;
    found.iter().map(|one| format!("{}:{} {}", one.file, one.at.line, one.message)).collect()
}

pub(super) fn account(roles: &[(&str, &str, Option<&str>)]) -> String {
    let roles = roles.iter().map(|(name, policy, boundary)| {
        let boundary = boundary.map(|arn| {
            format!("\"PermissionsBoundary\": {{\"PermissionsBoundaryType\": \"Policy\", \"PermissionsBoundaryArn\": \"{arn}\"}},")
        });
        format!(
            r#"{{"Path": "/", "RoleName": "{name}", "RoleId": "AROAEXAMPLE", "Arn": "arn:aws:iam::111122223333:role/{name}",
                "CreateDate": "2026-01-01T00:00:00Z", {} "Tags": [], "InstanceProfileList": [], "AttachedManagedPolicies": [],
                "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {{"Service": "lambda.amazonaws.com"}}}}}},
                "RolePolicyList": [{{"PolicyName": "own", "PolicyDocument": {policy}}}]}}"#,
            boundary.unwrap_or_default()
        )
    });
    let limit = |name: &str, statement: &str| {
        format!(
            r#"{{"PolicyName": "{name}", "PolicyId": "ANPAEXAMPLE", "Arn": "arn:aws:iam::111122223333:policy/{name}", "Path": "/",
                "DefaultVersionId": "v1", "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 1, "IsAttachable": true,
                "CreateDate": "2026-01-01T00:00:00Z", "UpdateDate": "2026-01-01T00:00:00Z",
                "PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "CreateDate": "2026-01-01T00:00:00Z",
                    "Document": {}}}]}}"#,
            policy_of(statement)
        )
    };
    format!(
        r#"{{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [{}], "Policies": [{}, {}]}}"#,
        roles.collect::<Vec<_>>().join(","),
        limit("reads", READS),
        limit("deletes", DELETES)
    )
}

fn policy_of(statement: &str) -> String {
    policy(&[statement])
}

#[test]
fn what_is_unchanged_narrower_or_only_moved_is_not_new() {
    let old = [("a.json", policy(&[READS, DELETES]))];
    for new in [
        vec![("a.json", policy(&[READS, DELETES]))],
        vec![("a.json", policy(&[READS]))],
        vec![("a.json", policy(&[&READS.replace("reports/*", "reports/2026/*")]))],
        vec![("b/c.json", policy(&[READS, DELETES]))],
        vec![("a.json", policy(&[READS, DELETES])), ("copy.json", policy(&[READS, DELETES]))],
        vec![],
    ] {
        assert_eq!(messages(&old, &new), [""; 0], "{new:?}");
    }
}

#[test]
fn each_statement_that_allows_more_has_its_own_request() {
    let old = [("a.json", policy(&[READS]))];
    let writes = READS.replace("GetObject", "PutObject");
    assert_eq!(
        messages(&old, &[("a.json", policy(&[READS, DELETES, &writes]))]),
        [
            "a.json:3 allows `s3:DeleteObject` on `arn:aws:s3:::reports/x`, which it did not before",
            "a.json:4 allows `s3:PutObject` on `arn:aws:s3:::reports/x`, which it did not before",
        ]
    );
}

#[test]
fn a_new_document_counts_from_nothing() {
    let found = messages(
        &[("a.json", policy(&[READS]))],
        &[("a.json", policy(&[READS])), ("b.json", policy(&[DELETES]))],
    );
    assert_eq!(found, ["b.json:2 is new, and allows `s3:DeleteObject` on `arn:aws:s3:::reports/x`"]);
}

#[test]
fn a_deny_that_is_gone_is_told() {
    let old = [("a.json", policy(&[READS, DENIES])), ("deny.json", policy(&[DENIES]))];
    assert_eq!(
        messages(&old, &[("a.json", policy(&[READS])), ("deny.json", policy(&[DENIES]))]),
        ["a.json:2 allows `s3:GetObject` on `arn:aws:s3:::reports/secret/`, which it did not before"]
    );
    assert_eq!(
        messages(&old, &[("a.json", policy(&[READS, DENIES]))]),
        ["deny.json:1 is gone, and denied `s3:GetObject` on `arn:aws:s3:::reports/secret/`"]
    );
    let narrower = DENIES.replace("secret/*", "secret/2026/*");
    let found = messages(&old, &[("a.json", policy(&[READS, DENIES])), ("deny.json", policy(&[&narrower]))]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("deny.json:1 denied `s3:GetObject` on "), "{found:?}");
}

#[test]
fn principals_are_compared_with_all_that_they_are_granted() {
    let old = [(
        "account.json",
        account(&[("a", &policy(&[READS]), None), ("b", &policy(&[READS, DELETES]), None)]),
    )];
    assert_eq!(messages(&old, &old), [""; 0]);
    let new = [(
        "account.json",
        account(&[("a", &policy(&[READS, DELETES]), None), ("b", &policy(&[READS]), None)]),
    )];
    let found = messages(&old, &new);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].ends_with("lets `arn:aws:iam::111122223333:role/a` do `s3:DeleteObject` on `arn:aws:s3:::reports/x`, which was not allowed before"),
        "{found:?}"
    );
}

#[test]
fn a_boundary_counts_on_both_sides() {
    let both = policy(&[READS, DELETES]);
    let (reads, deletes) =
        ("arn:aws:iam::111122223333:policy/reads", "arn:aws:iam::111122223333:policy/deletes");
    let of = |own: &str, boundary| [("account.json", account(&[("a", own, boundary)]))];
    let only_reads = policy(&[READS]);
    // The boundary does not let through what is new.
    assert_eq!(messages(&of(&only_reads, Some(reads)), &of(&both, Some(reads))), [""; 0]);
    // Another boundary, or none, lets through what it did not before.
    for boundary in [Some(deletes), None] {
        let found = messages(&of(&both, Some(reads)), &of(&both, boundary));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("do `s3:DeleteObject`"), "{found:?}");
    }
    assert_eq!(messages(&of(&both, None), &of(&both, Some(reads))), [""; 0]);
}

#[test]
fn a_new_role_is_told_with_who_may_assume_it() {
    let old = [("account.json", account(&[]))];
    let found = messages(&old, &[("account.json", account(&[("a", &policy(&[READS]), None)]))]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|message| message.contains("is new, and allows `sts:AssumeRole`")), "{found:?}");
}

#[test]
fn a_statement_that_cannot_be_understood_is_not_passed_over() {
    let broken = READS.replace("Allow", "Permit");
    let old = [("a.json", policy(&[READS]))];
    let found = messages(&old, &[("a.json", policy(&[READS, &broken]))]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a.json:3 a statement cannot be understood"), "{found:?}");
    let both = [("a.json", policy(&[READS, &broken]))];
    assert_eq!(messages(&both, &both), [""; 0]);
}

#[test]
fn what_only_the_deployment_knows_is_the_same_on_both_sides() {
    let terraform = |actions: &str, resource: &str, principal: &str| {
        format!(
            r#"
resource "aws_iam_policy" "loose" {{
  name   = "loose"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = {actions}, Resource = {resource} }}] }})
}}

resource "aws_iam_role" "held" {{
  name               = "held"
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ AWS = {principal} }} }}] }})
}}

resource "aws_iam_role_policy" "held" {{
  role   = aws_iam_role.held.id
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = {actions}, Resource = {resource} }}] }})
}}
"#
        )
    };
    let estate = |text: &str| read(&[SourceFile::named("main.tf", text)]);
    let found = |old: &str, new: &str| {
        let found = widened(&estate(old), &estate(new), &Facts::new(Catalog::embedded())).findings;
        found.iter().map(|one| format!("{} {}", one.at.line, one.message)).collect::<Vec<_>>()
    };
    let (queue, caller) = ("aws_sqs_queue.q.arn", "var.caller");
    let old = terraform("\"sqs:SendMessage\"", queue, caller);
    assert_eq!(found(&old, &old), [""; 0]);
    assert_eq!(
        found(&terraform("\"sqs:*\"", "\"*\"", caller), &terraform("\"sqs:SendMessage\"", queue, caller)),
        [""; 0]
    );
    let more = found(&old, &terraform("[\"sqs:SendMessage\", \"sqs:DeleteQueue\"]", queue, caller));
    assert_eq!(more.len(), 2, "{more:?}");
    assert!(more.iter().all(|one| one.contains("`sqs:DeleteQueue` on `${aws_sqs_queue.q.arn}`")), "{more:?}");
    let other = found(&old, &terraform("\"sqs:SendMessage\"", "aws_sqs_queue.other.arn", caller));
    assert_eq!(other.len(), 2, "{other:?}");
    let who = found(&old, &terraform("\"sqs:SendMessage\"", queue, "[var.caller, var.somebody]"));
    assert_eq!(who.len(), 1, "{who:?}");
    let objects =
        |path: &str| terraform("\"s3:GetObject\"", &format!("\"${{aws_s3_bucket.b.arn}}{path}\""), caller);
    assert_eq!(found(&objects("/*"), &objects("/a/*")), [""; 0]);
    assert_eq!(found(&objects("/a/*"), &objects("/*")).len(), 2);
}

#[test]
fn of_much_that_is_new_the_worst_is_told() {
    let all = READS.replace("s3:GetObject", "*").replace("arn:aws:s3:::reports/*", "*");
    let old = [("a.json", policy(&[READS]))];
    let found = messages(&old, &[("a.json", policy(&[&all]))]);
    assert!(found.len() == 1 && found[0].contains("allows `iam:AttachGroupPolicy` on"), "{found:?}");
    assert!(found[0].ends_with(" more actions, which it did not before"), "{found:?}");
    let buckets = all.replace(r#""Action": "*""#, r#""Action": "s3:*""#);
    let found = messages(&old, &[("a.json", policy(&[&buckets]))]);
    assert!(found.len() == 1 && found[0].contains("allows `s3:PutAccess"), "{found:?}");
    // What was allowed on some is not counted as new.
    let three = r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:PutBucketPolicy", "s3:DeleteBucket"],
        "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}"#;
    let found = messages(&old, &[("a.json", policy(&[three]))]);
    let told =
        "allows `s3:PutBucketPolicy` on `arn:aws:s3:::reports` and 2 more actions, which it did not before";
    assert!(found.len() == 1 && found[0].ends_with(told), "{found:?}");
    let objects = three.replace("\"arn:aws:s3:::reports\", ", "");
    let found = messages(&old, &[("a.json", policy(&[&objects]))]);
    assert!(found.len() == 1 && found[0].contains("`s3:PutObject` on"), "{found:?}");
    assert!(!found[0].contains("more"), "{found:?}");
}

#[test]
fn a_role_that_gets_a_namesake_or_loses_it_is_compared_with_itself() {
    let role = |name: &str, switch: &str, policy: &str| {
        let trust = r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "sts:AssumeRole", Principal = {Service = "lambda.amazonaws.com"}}]})"#;
        format!(
            "resource \"aws_iam_role\" \"{name}\" {{\n  {switch}\n  name = \"app\"\n  assume_role_policy = {trust}\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/{policy}\"]\n}}\n"
        )
    };
    let (c, not_c) = ("count = var.c ? 1 : 0", "count = var.c ? 0 : 1");
    let of = |resources: &[String]| {
        vec![("main.tf", format!("variable \"c\" {{\n  type = bool\n}}\n{}", resources.concat()))]
    };
    let (reads, admin) = ("ReadOnlyAccess", "AdministratorAccess");
    let one = of(&[role("b", "", reads)]);
    let two = of(&[role("b", c, reads), role("c", not_c, reads)]);
    let three = of(&[role("a", c, reads), role("b", c, reads), role("c", not_c, reads)]);
    let other = of(&[role("b", c, reads), role("c", not_c, admin)]);
    for (old, new) in
        [(&one, &two), (&two, &one), (&two, &three), (&three, &two), (&other, &two), (&other, &one)]
    {
        assert_eq!(messages(old, new), [""; 0], "{new:?}");
    }
    for (old, new) in [(&one, &other), (&two, &other), (&three, &other)] {
        assert_eq!(messages(old, new).len(), 1, "{new:?}");
    }
}
