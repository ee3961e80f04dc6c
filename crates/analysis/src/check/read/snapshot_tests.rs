//! Listings of which a part cannot be read, or is not there.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::{Facts, Finding, Severity, run};

const ADMIN: &str =
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;

fn findings(text: &str) -> Vec<Finding> {
    run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()))
}

fn user(name: &str, more: &str) -> String {
    format!(r#"{{"UserName": "{name}", "Arn": "arn:aws:iam::111122223333:user/{name}"{more}}}"#)
}

fn inline() -> String {
    format!(r#", "UserPolicyList": [{{"PolicyName": "all", "PolicyDocument": {ADMIN}}}]"#)
}

/// A policy of the account, or of AWS.
fn policy(account: &str, name: &str, more: &str) -> String {
    format!(
        r#"{{"PolicyName": "{name}", "Arn": "arn:aws:iam::{account}:policy/{name}", "DefaultVersionId": "v1"{more},
"PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "Document": {ADMIN}}}]}}"#
    )
}

fn of<'f>(findings: &'f [Finding], code: &str) -> Vec<&'f Finding> {
    findings.iter().filter(|finding| finding.code == code).collect()
}

#[test]
fn a_principal_that_cannot_be_read_is_one_finding_and_the_rest_is_checked() {
    let role = |more: &str| format!(r#"{{"RoleName": "app"{more}}}"#);
    let trust = r#", "AssumeRolePolicyDocument": {"Version": "2012-10-17",
"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}"#;
    let arn = r#", "Arn": "arn:aws:iam::111122223333:role/app""#;
    for (bad, pointer, says) in [
        (role(trust), "/RoleDetailList/0", "missing field `Arn`"),
        (role(&format!(r#", "Arn": 5{trust}"#)), "/RoleDetailList/0", "invalid type"),
        (
            role(&format!(r#"{arn}{trust}, "Tags": [{{"Value": "x"}}]"#)),
            "/RoleDetailList/0",
            "missing field `Key`",
        ),
    ] {
        let text = format!(
            r#"{{"UserDetailList": [{}],
"RoleDetailList": [{bad},
  {{"RoleName": "fine", "Arn": "arn:aws:iam::111122223333:role/fine"}}]}}"#,
            user("ann", &inline())
        );
        let found = findings(&text);
        let unreadable = of(&found, "UNREADABLE");
        let [one] = unreadable[..] else { panic!("{unreadable:#?}") };
        assert_eq!((one.pointer.as_str(), one.at.line, one.severity), (pointer, 2, Severity::High));
        assert!(one.message.contains(says) && one.message.contains("app"), "{}", one.message);
        assert_eq!(of(&found, "ADMIN_ACCESS").len(), 1, "{found:#?}");
        // Its own documents stand there all the same.
        assert_eq!(of(&found, "TRUST_ANYONE").len(), 1, "{found:#?}");
        assert!(of(&found, "UNRESOLVED").is_empty(), "{found:#?}");
    }
}

#[test]
fn what_is_no_list_and_what_has_no_arn_is_told_with_its_place() {
    let text = format!(
        r#"[{{"UserDetailList": [{}], "RoleDetailList": {{}}}},
{{"Policies": [{{"PolicyName": "p"}}, null], "IsTruncated": "no"}}]"#,
        user("ann", &inline())
    );
    let found = findings(&text);
    let pointers: Vec<&str> = of(&found, "UNREADABLE").iter().map(|one| one.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/0/RoleDetailList", "/1/Policies/0", "/1/Policies/1", "/1/IsTruncated"],
        "{found:#?}"
    );
    assert_eq!(of(&found, "ADMIN_ACCESS").len(), 1);
}

/// `--filter User` leaves the other lists out, or empty.
#[test]
fn a_listing_without_roles_is_checked_with_what_it_has_and_says_that_they_are_absent() {
    for more in ["", r#", "GroupDetailList": [], "RoleDetailList": [], "Policies": [], "IsTruncated": false"#]
    {
        let found = findings(&format!(r#"{{"UserDetailList": [{}]{more}}}"#, user("ann", &inline())));
        assert_eq!(of(&found, "ADMIN_ACCESS").len(), 1, "{found:#?}");
        assert!(of(&found, "UNREADABLE").is_empty(), "{found:#?}");
        let absent = of(&found, "UNRESOLVED");
        assert!(
            absent.len() == 1 && absent[0].message.contains("no role of account 111122223333"),
            "{found:#?}"
        );
    }
    let broken =
        findings(&format!(r#"{{"UserDetailList": [{}], "RoleDetailList": [{{}}]}}"#, user("ann", "")));
    assert!(of(&broken, "UNRESOLVED").is_empty() && of(&broken, "UNREADABLE").len() == 1, "{broken:#?}");
    let roles = r#"{"RoleDetailList": [{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r"}]}"#;
    let found = findings(&format!(r#"[{{"UserDetailList": [{}]}}, {roles}]"#, user("ann", &inline())));
    assert!(of(&found, "UNRESOLVED").is_empty(), "{found:#?}");
}

#[test]
fn what_aws_made_and_nobody_has_is_not_told() {
    let role = r#""RoleDetailList": [{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r"}]"#;
    let text = format!(r#"{{{role}, "Policies": [{}]}}"#, policy("aws", "AdministratorAccess", ""));
    assert_eq!(findings(&text), []);
}

#[test]
fn what_nobody_has_and_the_account_made_is_told_as_what_it_could_become() {
    let told = |more: &str, role: &str| {
        let text = format!(
            r#"{{"RoleDetailList": [{{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r"{role}}}], "Policies": [{}]}}"#,
            policy("111122223333", "p", more)
        );
        let found = findings(&text);
        let admin = of(&found, "ADMIN_ACCESS");
        assert_eq!(admin.len(), 1, "{found:#?}");
        let latent = admin[0].evidence.iter().any(|text| text.contains("nobody holds it"));
        (admin[0].severity, latent)
    };
    let attached = r#", "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/p"}]"#;
    assert_eq!(told("", attached), (Severity::Critical, false));
    assert_eq!(told("", ""), (Severity::Low, true));
    assert_eq!(told(r#", "AttachmentCount": 0"#, ""), (Severity::Low, true));
    // AWS says that somebody has it, who is not in the listing.
    assert_eq!(told(r#", "AttachmentCount": 2"#, ""), (Severity::Critical, false));
}

/// A policy of a group, inline or attached: severities, and whether it is said that nobody is in the group.
#[test]
fn what_a_group_has_that_nobody_is_in_is_told_as_what_it_could_become() {
    let own =
        r#""GroupPolicyList": [{"PolicyName": "all", "PolicyDocument": ADMIN}]"#.replace("ADMIN", ADMIN);
    let arn = "arn:aws:iam::111122223333:policy/p";
    let attached = format!(r#""AttachedManagedPolicies": [{{"PolicyArn": "{arn}"}}]"#);
    let role = r#""RoleDetailList": [{"RoleName": "r", "Arn": "arn:aws:iam::111122223333:role/r"ROLE}]"#;
    let told = |has: &str, users: &str, role_has: &str| {
        let group = format!(
            r#"{{"GroupName": "g", "Arn": "arn:aws:iam::111122223333:group/g", "Path": "/", {has}}}"#
        );
        let policies = if has.contains("Attached") {
            policy("111122223333", "p", r#", "AttachmentCount": 1"#)
        } else {
            String::new()
        };
        let text = format!(
            r#"{{"UserDetailList": [{users}], "GroupDetailList": [{group}], {}, "Policies": [{policies}]}}"#,
            role.replace("ROLE", role_has)
        );
        let found = findings(&text);
        let admin = of(&found, "ADMIN_ACCESS");
        assert!(!admin.is_empty(), "{found:#?}");
        let worst = admin.iter().map(|one| one.severity).max();
        (
            worst,
            found.iter().any(|one| one.evidence.iter().any(|text| text.contains("nobody is in the group"))),
        )
    };
    for has in [own.as_str(), attached.as_str()] {
        assert_eq!(told(has, &user("ann", ""), ""), (Some(Severity::Low), true), "{has}");
        let joined = user("ann", r#", "GroupList": ["g"]"#);
        assert_eq!(told(has, &joined, ""), (Some(Severity::Critical), false), "{has}");
        // Users may have been left out.
        assert_eq!(told(has, "", ""), (Some(Severity::Critical), false), "{has}");
    }
    // A role has it as well.
    let of_role = format!(", {attached}");
    assert_eq!(told(&attached, &user("ann", ""), &of_role).0, Some(Severity::Critical));
}

#[test]
fn of_a_listing_without_roles_it_is_not_known_who_has_a_policy() {
    let text = format!(
        r#"{{"UserDetailList": [{}], "Policies": [{}]}}"#,
        user("ann", ""),
        policy("111122223333", "p", "")
    );
    assert_eq!(of(&findings(&text), "ADMIN_ACCESS")[0].severity, Severity::Critical);
}
