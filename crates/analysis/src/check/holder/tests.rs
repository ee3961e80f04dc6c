//! What takes a permission away takes the finding away, and only then.

use leastwise_catalog::Catalog;

use crate::check::{Facts, Finding, Severity, SourceFile, read, run};

fn found(policy: &str) -> Vec<Finding> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{policy}]}}"#);
    run(&read(&[SourceFile::named("policy.json", text)]), &Facts::new(Catalog::embedded()))
}

fn codes(policy: &str) -> Vec<&'static str> {
    let dangerous = |finding: &Finding| finding.class == crate::check::Class::Dangerous;
    found(policy).iter().filter(|finding| dangerous(finding)).map(|finding| finding.code).collect()
}

const DELETE: &str = r#"{"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": "*"}"#;

#[test]
fn a_deny_that_takes_all_of_it_away_stops_the_finding() {
    assert_eq!(codes(DELETE), ["DESTRUCTIVE_ANYWHERE"]);
    for deny in [
        r#"{"Effect": "Deny", "Action": "rds:Delete*", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "NotAction": "rds:Describe*", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "Action": "rds:DeleteDBInstance", "Resource": "arn:aws:rds:*:*:db:*"}"#,
    ] {
        assert_eq!(codes(&format!("{DELETE},{deny}")), [""; 0], "{deny}");
    }
}

#[test]
fn a_deny_that_takes_only_some_of_it_away_is_told() {
    let deny = r#"{"Sid": "KeepProd", "Effect": "Deny", "Action": "rds:*", "Resource": "arn:aws:rds:*:*:db:prod-*"}"#;
    let found = found(&format!("{DELETE},{deny}"));
    let finding = found.iter().find(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").expect("the finding");
    assert!(
        finding.evidence.iter().any(|text| text.starts_with("almost stopped: `KeepProd`")),
        "{finding:?}"
    );
}

#[test]
fn a_condition_stops_it_only_when_it_limits_what_is_reached() {
    let with = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": "*", "Condition": {condition}}}"#
        )
    };
    assert_eq!(codes(&with(r#"{"StringEquals": {"aws:ResourceTag/stage": "dev"}}"#)), [""; 0]);
    assert_eq!(
        codes(&with(r#"{"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}"#)),
        ["DESTRUCTIVE_ANYWHERE"]
    );
    let mfa = found(&with(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#));
    let finding = mfa.iter().find(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").expect("the finding");
    assert_eq!(finding.severity, Severity::Medium);
    assert_eq!(finding.evidence, ["only when aws:MultiFactorAuthPresent Bool true"]);
}

fn account(boundary: &str, policy: &str) -> Vec<Finding> {
    let document = |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    let managed = |name: &str, statement: &str| {
        format!(
            r#"{{"PolicyName": "{name}", "Arn": "arn:aws:iam::111122223333:policy/{name}", "DefaultVersionId": "v1",
                "PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "Document": {}}}]}}"#,
            document(statement)
        )
    };
    let role = |name: &str| {
        format!(
            r#"{{"RoleName": "{name}", "Arn": "arn:aws:iam::111122223333:role/{name}", "Path": "/",
                "AttachedManagedPolicies": [{{"PolicyName": "p", "PolicyArn": "arn:aws:iam::111122223333:policy/p"}}],
                "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}}}}"#
        )
    };
    let text = format!(
        r#"{{"RoleDetailList": [{}, {}], "Policies": [{}, {}]}}"#,
        role("one"),
        role("two"),
        managed("p", policy),
        managed("b", boundary)
    );
    run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()))
}

#[test]
fn a_boundary_that_does_not_let_it_through_stops_the_finding() {
    let of = |boundary: &str| {
        let found = account(boundary, DELETE);
        found.into_iter().filter(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").collect::<Vec<_>>()
    };
    assert_eq!(of(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#), []);
    let dev = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:rds:*:*:db:dev-*"}"#;
    assert_eq!(of(dev), []);
    assert_eq!(of(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#).len(), 1);
}

#[test]
fn a_policy_that_several_hold_is_one_finding_that_names_them() {
    let found = account(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, DELETE);
    let of: Vec<&Finding> = found.iter().filter(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").collect();
    assert_eq!(of.len(), 1);
    let held = "held by arn:aws:iam::111122223333:role/one, arn:aws:iam::111122223333:role/two";
    assert_eq!(of[0].evidence, [held]);
    assert_eq!(of[0].subject, "arn:aws:iam::111122223333:policy/p");
}

#[test]
fn a_boundary_alone_grants_nothing() {
    let found = account(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, DELETE);
    assert!(found.iter().all(|finding| finding.code != "ADMIN_ACCESS"), "{found:?}");
}
