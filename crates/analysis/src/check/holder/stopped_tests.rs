//! What nobody who has a policy can do because of something else is no finding of the policy.

use leastwise_catalog::Catalog;

use crate::check::{Facts, Finding, SourceFile, read, run};

fn document(statements: &str) -> String {
    format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)
}

fn found(statements: &str) -> Vec<&'static str> {
    codes(&run(
        &read(&[SourceFile::named("policy.json", document(statements))]),
        &Facts::new(Catalog::embedded()),
    ))
}

fn codes(found: &[Finding]) -> Vec<&'static str> {
    found.iter().map(|finding| finding.code).collect()
}

/// Of a role with this inline policy, another one beside it, and a boundary.
fn of_role(own: &str, beside: &str, boundary: &str) -> Vec<&'static str> {
    let text = format!(
        r#"{{"RoleDetailList": [{{"RoleName": "app", "Arn": "arn:aws:iam::111122223333:role/app",
            "RolePolicyList": [{{"PolicyName": "own", "PolicyDocument": {}}}, {{"PolicyName": "beside", "PolicyDocument": {}}}],
            "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}}}}],
          "Policies": [{{"PolicyName": "b", "Arn": "arn:aws:iam::111122223333:policy/b", "DefaultVersionId": "v1",
            "PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "Document": {}}}]}}]}}"#,
        document(own),
        document(beside),
        document(boundary)
    );
    codes(&run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded())))
}

const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
const HARMLESS: &str = r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::x"}"#;
const OBJECTS: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}"#;

#[test]
fn passing_any_role_is_told_only_when_it_is_left_to_somebody() {
    let pass = r#"{"Effect": "Allow", "Action": ["iam:PassRole", "s3:GetObject"], "Resource": "*"}"#;
    let told = |beside: &str, boundary: &str| {
        of_role(pass, beside, boundary).contains(&"PASS_ROLE_WITH_STAR_IN_RESOURCE")
    };
    assert!(told(HARMLESS, ALL));
    assert!(!told(HARMLESS, OBJECTS));
    assert!(!told(r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#, ALL));
    assert!(!told(r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#, ALL));
    assert!(told(
        r#"{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/admin"}"#,
        ALL
    ));
    let some = r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}"#;
    assert!(!told(HARMLESS, some));
    let others = r#"{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}"#;
    assert!(!told(others, ALL));
}

#[test]
fn the_role_of_any_service_is_told_only_when_it_can_be_created() {
    let create = r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"}"#;
    assert!(of_role(create, HARMLESS, ALL).contains(&"CREATE_SLR_WITH_STAR_IN_RESOURCE"));
    assert!(!of_role(create, HARMLESS, OBJECTS).contains(&"CREATE_SLR_WITH_STAR_IN_RESOURCE"));
}

#[test]
fn all_but_some_actions_is_told_only_when_nothing_lists_what_may_be_done() {
    let others = r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#;
    let told = |beside: &str, boundary: &str| of_role(others, beside, boundary).contains(&"ALLOW_NOT_ACTION");
    assert!(told(HARMLESS, ALL));
    assert!(told(r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#, ALL));
    assert!(!told(HARMLESS, OBJECTS));
    assert!(!told(r#"{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}"#, ALL));
}

#[test]
fn a_deny_on_all_but_some_resources_leaves_no_administrator() {
    let deny =
        |spared: &str| format!(r#"{ALL}, {{"Effect": "Deny", "Action": "*", "NotResource": {spared}}}"#);
    let of_bucket = found(&deny(r#"["arn:aws:s3:::b", "arn:aws:s3:::b/*"]"#));
    for code in ["ADMIN_ACCESS", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "ESCALATION_POSSIBLE"] {
        assert!(!of_bucket.contains(&code), "{code} in {of_bucket:?}");
    }
    assert!(!found(&deny(r#""arn:aws:iam::*:role/dev-*""#)).contains(&"ADMIN_ACCESS"));
    assert!(found(&deny(r#""arn:aws:iam::*:*""#)).contains(&"ADMIN_ACCESS"));
    assert!(found(&deny(r#""*""#)).contains(&"ADMIN_ACCESS"));
}

#[test]
fn a_request_that_cannot_be_is_nothing_that_is_allowed() {
    let with = |action: &str, condition: &str| {
        found(&format!(
            r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*", "Condition": {{"StringEquals": {condition}}}}}"#
        ))
    };
    let tag = r#"{"aws:RequestTag/env": "dev"}"#;
    let keys = with("iam:CreateAccessKey", tag);
    for code in ["CREDENTIAL_EXPOSURE", "PERMISSIONS_MANAGEMENT", "ESCALATION_POSSIBLE"] {
        assert!(!keys.contains(&code), "{code} in {keys:?}");
    }
    let all = with("*", tag);
    assert!(!all.contains(&"ADMIN_ACCESS") && !all.contains(&"PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"));
    // Roles are made with tags.
    assert!(with("iam:CreateRole", tag).contains(&"PERMISSIONS_MANAGEMENT"));
    // IAM is asked in one region.
    let region = |name: &str| with("*", &format!(r#"{{"aws:RequestedRegion": "{name}"}}"#));
    assert!(!region("eu-west-1").contains(&"ADMIN_ACCESS"));
    for own in ["us-east-1", "cn-north-1"] {
        assert!(region(own).contains(&"ADMIN_ACCESS"), "{own}");
    }
}

#[test]
fn who_is_administrator_is_not_told_that_it_can_become_one() {
    let all = found(ALL);
    assert!(all.contains(&"ADMIN_ACCESS") && !all.contains(&"ESCALATION_POSSIBLE"), "{all:?}");
}

#[test]
fn a_deny_outside_of_a_region_stops_services_with_one_endpoint_elsewhere() {
    let deny = |action: &str, regions: &str| {
        format!(
            r#"{{"Effect": "Deny", {action}, "Resource": "*",
                "Condition": {{"StringNotEquals": {{"aws:RequestedRegion": {regions}}}}}}}"#
        )
    };
    let everything = r#""Action": "*""#;
    let usual =
        r#""NotAction": ["iam:*", "organizations:*", "route53:*", "budgets:*", "cloudfront:*", "support:*"]"#;
    for found in [
        |deny: &str| found(&format!("{ALL}, {deny}")),
        |deny: &str| of_role(ALL, deny, ALL),
        |deny: &str| of_role(ALL, HARMLESS, &format!("{ALL}, {deny}")),
    ] {
        let is_admin = |deny: &str| found(deny).contains(&"ADMIN_ACCESS");
        assert!(!is_admin(&deny(everything, r#""eu-west-1""#)));
        assert!(is_admin(&deny(everything, r#"["eu-west-1", "us-east-1"]"#)));
        assert!(is_admin(&deny(usual, r#""eu-west-1""#)));
        assert!(!is_admin(&deny(r#""NotAction": ["organizations:*", "route53:*"]"#, r#""eu-west-1""#)));
        // What is asked for in each region is denied in some.
        let left = found(&deny(everything, r#""eu-west-1""#));
        assert!(left.contains(&"DESTRUCTIVE_ANYWHERE"), "{left:?}");
    }
    // In another partition its one endpoint is elsewhere; of whom the policy will be, the role says.
    let china = deny(everything, r#""cn-north-1""#);
    assert!(found(&format!("{ALL}, {china}")).contains(&"ADMIN_ACCESS"));
    assert!(!of_role(ALL, &china, ALL).contains(&"ADMIN_ACCESS"));
}
