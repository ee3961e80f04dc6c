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

#[test]
fn a_policy_of_aws_that_is_attached_counts_though_its_document_is_not_in_the_files() {
    let text = r#"{"RoleDetailList": [{
        "RoleName": "one", "Arn": "arn:aws:iam::111122223333:role/one",
        "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]
    }]}"#;
    let found = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
    let admin = found.iter().find(|finding| finding.code == "ADMIN_ACCESS").expect("the finding");
    assert_eq!(admin.subject, "arn:aws:iam::111122223333:role/one");
    assert_eq!(admin.evidence[0], "granted by `arn:aws:iam::aws:policy/AdministratorAccess`");
}

/// An automation role that carried admin and wiped production, as it would have been seen the day before.
#[test]
fn the_role_that_wiped_production_is_caught_by_several_checks() {
    let text = r#"{
      "RoleDetailList": [{
        "RoleName": "infra-automation", "Arn": "arn:aws:iam::111122223333:role/infra-automation", "Path": "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"},
          {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]},
        "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
        "Tags": [{"Key": "environment", "Value": "staging"}]
      }]
    }"#;
    let found = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    for wanted in [
        "ADMIN_ACCESS",
        "AGENT_ADMIN",
        "AGENT_CHANGES_ITSELF",
        "AGENT_DELETES_BACKUPS",
        "AGENT_DESTROYS_UNGUARDED",
        "AGENT_SHARED_ROLE",
        "AGENT_STOPS_AUDIT",
        "AGENT_WITHOUT_BOUNDARY",
        "AGENT_WITHOUT_EXPIRY",
        "AGENT_WITHOUT_OWNER",
    ] {
        assert!(codes.contains(&wanted), "{wanted} is not among {codes:?}");
    }
}

#[test]
fn a_condition_that_anybody_meets_does_not_excuse_a_trust_in_another_account() {
    let of = |condition: &str| {
        let text = format!(
            r#"{{"RoleDetailList": [{{"RoleName": "v", "Arn": "arn:aws:iam::111122223333:role/v",
                "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
                    "Principal": {{"AWS": "arn:aws:iam::444455556666:root"}}, "Action": "sts:AssumeRole",
                    "Condition": {condition}}}]}}}}]}}"#
        );
        let found = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
        found.iter().any(|finding| finding.code == "CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID")
    };
    assert!(of(r#"{"Bool": {"aws:SecureTransport": "true"}}"#));
    assert!(!of(r#"{"StringEquals": {"sts:ExternalId": "5f1c0f3e"}}"#));
}

#[test]
fn wildcards_for_a_service_are_everything_whoever_holds_them() {
    for (action, resource) in [("*:*", "*"), ("*", "arn:aws:*"), ("*", "arn:*"), ("*", "arn:aws:*:*:*:*")] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#);
        let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
        for found in [found(&statement), account(all, &statement)] {
            assert!(found.iter().any(|one| one.code == "ADMIN_ACCESS"), "{statement}: {found:?}");
            assert!(found.iter().all(|one| one.code != "UNREADABLE"), "{statement}: {found:?}");
        }
    }
}

#[test]
fn a_statement_that_cannot_be_understood_is_told_unless_it_denies() {
    for statement in [
        r#"{"Effect": "allow", "Action": "*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"aws:username": "a"}}}"#,
        r#"{"Effect": "Allow", "Action": "s3", "Resource": "*"}"#,
    ] {
        let told = |found: Vec<Finding>| found.iter().filter(|one| one.code == "UNREADABLE").count();
        assert_eq!(told(found(statement)), 1, "{statement}");
        assert_eq!(told(found(&format!("{DELETE},{statement}"))), 1, "{statement}");
        assert_eq!(told(account(DELETE, statement)), 1, "{statement}");
        let denies = statement.replace("allow", "Deny").replace("Allow", "Deny");
        assert_eq!(told(found(&denies)), 0, "{denies}");
    }
}
