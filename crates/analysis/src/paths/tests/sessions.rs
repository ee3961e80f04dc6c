//! What is known of a session: the id of its role, and the tags that nobody chose.

use serde_json::{Value, json};

use super::super::Certainty;
use super::{Account, allow, arn, document, path, trust};

const WAY: [&str; 2] = ["iam:AttachRolePolicy", "s3:GetObject"];

/// A role with a way to admin under this condition, with an id.
fn role(trusting: Value, operator: &str, key: &str, value: &str) -> Account {
    let allows =
        json!({"Effect": "Allow", "Action": WAY, "Resource": "*", "Condition": {operator: {key: value}}});
    Account::default()
        .role("attacker", trusting, &[allows])
        .with("Role:RoleId", json!("AROAEXAMPLE"))
        .with("Role:Tags", json!([{"Key": "team", "Value": "blue"}]))
}

fn certainty(account: &Account) -> Option<Certainty> {
    let found = account.find();
    let admin = found.admins.iter().find(|admin| admin.principal == arn("role", "attacker"));
    let path = path(&found, &arn("role", "attacker")).map(|path| path.certainty);
    path.or(admin.map(|admin| admin.certainty))
}

fn services() -> Value {
    trust("Service", "ec2.amazonaws.com")
}

#[test]
fn a_condition_on_the_id_of_the_role_is_met_or_not() {
    let of = |operator: &str, value: &str| certainty(&role(services(), operator, "aws:userid", value));
    assert_eq!(of("StringLike", "AROAEXAMPLE:*"), Some(Certainty::Sure));
    assert_eq!(of("StringNotLike", "AROAEXAMPLE:*"), None);
    assert_eq!(of("StringLike", "AROAANOTHER:*"), None);
    // Which session it is, nobody knows.
    assert_eq!(of("StringEquals", "AROAEXAMPLE:i-0123456789"), Some(Certainty::Conditional));
    assert_eq!(of("StringLike", "*:alice"), Some(Certainty::Conditional));
    let without =
        role(services(), "StringLike", "aws:userid", "AROAEXAMPLE:*").with("Role:RoleId", Value::Null);
    assert_eq!(certainty(&without), Some(Certainty::Conditional));
}

#[test]
fn a_condition_on_the_id_of_a_user_is_met_or_not() {
    let of = |value: &str| {
        let allows = json!({"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*",
            "Condition": {"StringEquals": {"aws:userid": value}}});
        let account = Account::default().user("attacker", &[allows]).with("UserId", json!("AIDAEXAMPLE"));
        let found = account.find();
        found.admins.len() + usize::from(path(&found, &arn("user", "attacker")).is_some())
    };
    assert_eq!((of("AIDAEXAMPLE"), of("AIDAANOTHER")), (1, 0));
}

#[test]
fn tags_that_a_session_may_bring_are_not_known() {
    let trusting = |actions: &[&str]| {
        document(&[
            json!({"Effect": "Allow", "Action": actions, "Principal": {"Service": "ec2.amazonaws.com"}}),
        ])
    };
    let of = |actions: &[&str], value: &str| {
        certainty(&role(trusting(actions), "StringEquals", "aws:PrincipalTag/team", value))
    };
    assert_eq!(of(&["sts:AssumeRole"], "blue"), Some(Certainty::Sure));
    assert_eq!(of(&["sts:AssumeRole"], "red"), None);
    for value in ["blue", "red"] {
        assert_eq!(of(&["sts:AssumeRole", "sts:TagSession"], value), Some(Certainty::Conditional), "{value}");
    }
}

#[test]
fn a_tag_that_a_deny_spares_may_be_brought() {
    let deny = json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "red"}}});
    let of = |actions: &[&str]| {
        let trusting =
            json!({"Effect": "Allow", "Action": actions, "Principal": {"Service": "ec2.amazonaws.com"}});
        let account = Account::default()
            .role("attacker", document(&[trusting]), &[allow(&["iam:*"]), deny.clone()])
            .with("Role:Tags", json!([{"Key": "team", "Value": "blue"}]));
        certainty(&account)
    };
    assert_eq!(of(&["sts:AssumeRole"]), None);
    assert_eq!(of(&["sts:AssumeRole", "sts:TagSession"]), Some(Certainty::Conditional));
}
