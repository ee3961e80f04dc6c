//! Which managed policy somebody attaches, where a condition says which.

use leastwise_catalog::managed_policies;
use serde_json::{Value, json};

use super::{Account, allow, arn, ids, path, trust};
use crate::granted::Snapshot;

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn attaching(operator: &str, policies: &[&str], more: &[Value]) -> Account {
    let allows = json!({"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": arn("role", "attacker"),
        "Condition": {operator: {"iam:PolicyARN": policies}}});
    let mut statements = vec![allows];
    statements.extend_from_slice(more);
    Account::default().role("attacker", trust("Service", "ec2.amazonaws.com"), &statements)
}

fn check(account: Account, expected: &[&str], with: &str) {
    let found = account.find();
    let path = path(&found, &arn("role", "attacker"));
    assert_eq!(ids(path), expected);
    let keys = path.into_iter().flat_map(|path| &path.steps).flat_map(|step| &step.calls);
    let attached: Vec<&str> =
        keys.filter_map(|call| call.with.get("iam:PolicyARN")).flatten().map(String::as_str).collect();
    assert_eq!(attached, if expected.is_empty() { vec![] } else { vec![with] });
}

#[test]
fn whoever_may_not_attach_administrator_access_attaches_a_policy_of_the_account_that_allows_everything() {
    let own = arn("policy", "own-admin");
    let with_own = |account: Account| account.policy("own-admin", &[allow(&["*"])]);
    check(with_own(attaching("ArnNotEquals", &[ADMIN], &[])), &["iam-009"], &own);
    check(with_own(attaching("ArnLike", &[&arn("policy", "own-*")], &[])), &["iam-009"], &own);
    check(with_own(attaching("ArnEquals", &[ADMIN], &[])), &["iam-009"], ADMIN);
    check(with_own(attaching("ArnLike", &[&arn("policy", "team-*")], &[])), &[], "");
    // Nobody has it, and it allows less.
    let less = |account: Account| account.policy("own-admin", &[allow(&["s3:*"])]);
    check(less(attaching("ArnLike", &[&arn("policy", "own-*")], &[])), &[], "");
}

#[test]
fn a_deny_of_one_policy_leaves_the_others() {
    let denies = json!({"Effect": "Deny", "Action": "iam:AttachRolePolicy", "Resource": "*",
        "Condition": {"ArnEquals": {"iam:PolicyARN": ADMIN}}});
    let account = attaching("ArnLike", &["*"], &[denies]);
    check(account, &["iam-attach-iam-full-access-role"], "arn:aws:iam::aws:policy/IAMFullAccess");
}

#[test]
fn where_no_policy_that_there_is_may_be_attached_one_that_is_written_may_be() {
    let of_account = format!("arn:aws:iam::{}:policy/*", super::ACCOUNT);
    let account = attaching("ArnLike", &[&of_account], &[allow(&["iam:CreatePolicy"])]);
    check(account, &["iam-create-policy-attach-role"], &arn("policy", "example"));
    check(attaching("ArnLike", &[&of_account], &[]), &[], "");
}

#[test]
fn an_administrator_is_one_though_administrator_access_may_not_be_attached() {
    let denies = json!({"Effect": "Deny", "Action": "iam:Attach*", "Resource": "*",
        "Condition": {"ArnEquals": {"iam:PolicyARN": ADMIN}}});
    let trust = trust("Service", "ec2.amazonaws.com");
    let account = Account::default().role("attacker", trust, &[allow(&["*"]), denies]);
    assert_eq!(account.find().admins.len(), 1);
}

#[test]
fn a_role_that_only_aws_makes_is_no_step() {
    let of = |name: &str| {
        let resource = arn("role", name);
        let allows = json!({"Effect": "Allow", "Action": "iam:*", "Resource": resource});
        Account::default().role("attacker", trust("Service", "ec2.amazonaws.com"), &[allows])
    };
    check(of("aws-service-role/*"), &[], "");
    check(of("aws-reserved/sso.amazonaws.com/*"), &[], "");
    check(of("apps/*"), &["iam-create-role-attach"], ADMIN);
}

#[test]
fn one_policy_of_aws_allows_everything() {
    let perhaps = managed_policies().filter(|one| one.document.contains(r#""*""#));
    let listed = perhaps.map(|one| {
        let document: Value = serde_json::from_str(&one.document).unwrap();
        json!({"Arn": format!("arn:aws:iam::aws:policy{}{}", one.path, one.name), "PolicyName": one.name,
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]})
    });
    let listing = json!({"Policies": listed.collect::<Vec<Value>>()}).to_string();
    let snapshot = Snapshot::parse("managed.json", &listing).unwrap();
    assert_eq!(snapshot.allowing_all().collect::<Vec<_>>(), [ADMIN]);
}
