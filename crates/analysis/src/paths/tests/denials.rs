//! Whoever takes away what denies it something goes on from there; whoever may not, does not.

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::{OrganizationLevel, OrganizationPath};
use leastwise_policy::aws::{Named, Policy};
use serde_json::{Value, json};

use super::super::{Certainty, Options, Target, World, find};
use super::{ACCOUNT, Account, allow, arn, document, ids, path, trust, world};

fn deny(actions: &[&str]) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": "*"})
}

fn inline(name: &str, statements: &[Value]) -> Value {
    json!({"PolicyName": name, "PolicyDocument": document(statements)})
}

const WAY: [&str; 3] = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"];

fn admin(account: Account) -> Account {
    account.role("target", trust("Service", "lambda.amazonaws.com"), &[allow(&["*"])])
}

/// A user with a way to admin, these permissions, and a policy of its own with `Deny`.
fn user(more: &[&str], denial: &[Value]) -> Account {
    let own = [inline("own", &[allow(&WAY), allow(more)]), inline("denial", denial)];
    Account::default().user("attacker", &[]).with("UserPolicyList", json!(own))
}

fn way(account: Account) -> Vec<String> {
    ids(path(&admin(account).find(), &arn("user", "attacker")))
}

const NONE: [&str; 0] = [];

#[test]
fn an_inline_policy_that_denies_is_deleted() {
    let denial = [deny(&["lambda:CreateFunction"])];
    assert_eq!(way(user(&["iam:DeleteUserPolicy"], &denial)), ["iam-delete-user-policy", "lambda-001"]);
    assert_eq!(way(user(&["s3:GetObject"], &denial)), NONE);
    assert_eq!(way(user(&["iam:DeleteRolePolicy"], &denial)), NONE);
    // The removal itself is denied.
    assert_eq!(way(user(&["iam:DeleteUserPolicy"], &[deny(&["lambda:*", "iam:Delete*"])])), NONE);
    // What goes with it is gone.
    let both = [deny(&["lambda:CreateFunction"]), allow(&["iam:DeleteUserPolicy"])];
    assert_eq!(way(user(&["s3:GetObject"], &both)), ["iam-delete-user-policy", "lambda-001"]);
    let needed = Account::default().user("attacker", &[]).with(
        "UserPolicyList",
        json!([inline(
            "own",
            &[allow(&WAY), allow(&["iam:DeleteUserPolicy"]), deny(&["lambda:CreateFunction"])]
        )]),
    );
    assert_eq!(way(needed), NONE);
    let role = |more: &[&str]| {
        let own = [inline("own", &[allow(&WAY), allow(more)]), inline("denial", &denial)];
        let trust = trust("Service", "ec2.amazonaws.com");
        let account = Account::default().role("attacker", trust, &[]).with("Role:RolePolicyList", json!(own));
        ids(path(&admin(account).find(), &arn("role", "attacker")))
    };
    assert_eq!(role(&["iam:DeleteRolePolicy"]), ["iam-delete-role-policy", "lambda-001"]);
    assert_eq!(role(&["iam:DeleteUserPolicy"]), NONE);
}

#[test]
fn one_after_the_other_is_taken_away() {
    let own = [
        inline("own", &[allow(&WAY), allow(&["iam:DeleteUserPolicy", "iam:DetachUserPolicy"])]),
        inline("denial", &[deny(&["lambda:CreateFunction"])]),
    ];
    let account = |first: &[Value]| {
        let attached = json!([{"PolicyArn": arn("policy", "first")}]);
        Account::default()
            .policy("first", first)
            .user("attacker", &[])
            .with("UserPolicyList", json!(own))
            .with("AttachedManagedPolicies", attached)
    };
    // The attached one keeps it from deleting the other.
    assert_eq!(
        way(account(&[deny(&["iam:DeleteUserPolicy"])])),
        ["iam-detach-user-policy", "iam-delete-user-policy", "lambda-001"]
    );
    assert_eq!(way(account(&[deny(&["iam:Det*", "iam:Del*"])])), NONE);
}

#[test]
fn an_inline_policy_that_denies_is_overwritten() {
    let denial = [deny(&["*"])];
    assert_eq!(way(user(&["iam:PutUserPolicy"], &denial)), NONE);
    let denial = [deny(&["iam:Attach*", "iam:Create*", "iam:Update*", "lambda:*"])];
    assert_eq!(way(user(&["iam:PutUserPolicy"], &denial)), ["iam-overwrite-user-policy"]);
}

#[test]
fn an_attached_policy_is_detached_or_written_anew() {
    let account = |statement: Value| {
        Account::default()
            .policy("denial", &[deny(&["lambda:*", "iam:Put*", "iam:Attach*", "iam:Update*"])])
            .user("attacker", &[allow(&WAY), statement])
            .with("AttachedManagedPolicies", json!([{"PolicyArn": arn("policy", "denial")}]))
    };
    let on = |action: &str, policy: &str| {
        json!({"Effect": "Allow", "Action": action, "Resource": arn("user", "attacker"),
            "Condition": {"ArnEquals": {"iam:PolicyARN": arn("policy", policy)}}})
    };
    assert_eq!(way(account(on("iam:DetachUserPolicy", "denial"))), ["iam-detach-user-policy", "lambda-001"]);
    assert_eq!(way(account(on("iam:DetachUserPolicy", "other"))), NONE);
    let version = |policy: &str| json!({"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": arn("policy", policy)});
    assert_eq!(way(account(version("denial"))), ["iam-rewrite-denying-policy"]);
    assert_eq!(way(account(version("other"))), NONE);
    let listed = account(allow(&["iam:SetDefaultPolicyVersion"])).policy("other", &[]).versions(&[&[]]);
    assert_eq!(way(listed), NONE);
    let found = admin(account(allow(&["iam:SetDefaultPolicyVersion"]))).find();
    let older = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!((older.certainty, older.steps.len()), (Certainty::Assumed, 2));
}

#[test]
fn a_group_whose_policies_deny_is_left_and_what_it_gave_is_gone() {
    let account = |own: &[Value], group: &[Value]| {
        Account::default().group("held", group).user("attacker", own).with("GroupList", json!(["held"]))
    };
    let denial = deny(&["lambda:CreateFunction"]);
    let leave = allow(&["iam:RemoveUserFromGroup"]);
    let own = [allow(&WAY), leave.clone()];
    assert_eq!(way(account(&own, std::slice::from_ref(&denial))), ["iam-leave-group", "lambda-001"]);
    assert_eq!(way(account(&own[..1], std::slice::from_ref(&denial))), NONE);
    assert_eq!(way(account(&[leave], &[allow(&WAY), denial.clone()])), NONE);
    let group = |action: &str| [allow(&WAY), allow(&[action])];
    let way = |action: &str| way(account(&group(action), std::slice::from_ref(&denial)));
    assert_eq!(way("iam:DeleteGroupPolicy"), ["iam-delete-group-policy", "lambda-001"]);
    assert_eq!(way("iam:DetachGroupPolicy"), NONE);
}

#[test]
fn what_is_attached_twice_is_not_gone_when_one_attachment_is() {
    let account = |groups: Value| {
        let attached = json!([{"PolicyArn": arn("policy", "denial")}]);
        let mut account = Account::default()
            .policy("denial", &[deny(&["lambda:CreateFunction"])])
            .group("held", &[])
            .user("attacker", &[allow(&WAY), allow(&["iam:DetachUserPolicy", "iam:RemoveUserFromGroup"])])
            .with("AttachedManagedPolicies", attached.clone())
            .with("GroupList", groups);
        account.groups[0]["AttachedManagedPolicies"] = attached;
        account
    };
    assert_eq!(way(account(json!([]))), ["iam-detach-user-policy", "lambda-001"]);
    assert_eq!(way(account(json!(["held"]))), NONE);
}

#[test]
fn a_tag_by_which_one_is_denied_is_taken_off() {
    let tagged = |more: &[&str], key: &str| {
        let denial = json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/held": "yes"}}});
        let own = [inline("own", &[allow(&WAY), allow(more)]), inline("denial", &[denial])];
        Account::default()
            .user("attacker", &[])
            .with("UserPolicyList", json!(own))
            .with("Tags", json!([{"Key": key, "Value": "yes"}]))
    };
    assert_eq!(way(tagged(&["iam:UntagUser"], "held")), ["iam-untag-user", "lambda-001"]);
    assert_eq!(way(tagged(&["iam:UntagRole"], "held")), NONE);
    assert_eq!(way(tagged(&["s3:GetObject"], "held")), NONE);
    // The organisation's policies too look at tags.
    let snapshot = admin(
        Account::default()
            .user("attacker", &[allow(&WAY), allow(&["iam:UntagUser"])])
            .with("Tags", json!([{"Key": "held", "Value": "yes"}])),
    )
    .snapshot();
    let above = |condition: Value| {
        let text = document(&[
            allow(&["*"]),
            json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "*", "Condition": condition}),
        ]);
        let policy = Named::new("scp", Policy::parse(&text.to_string()).unwrap());
        let levels = vec![OrganizationLevel::new("r-ab12", vec![policy])];
        let path = OrganizationPath { management_account: None, levels };
        let world =
            World { service_control: BTreeMap::from([(ACCOUNT.to_owned(), path)]), ..world(&snapshot) };
        let options = Options { from: None, to: Target::Admin, cut: false };
        let found = find(&world, &options, Catalog::embedded());
        ids(super::path(&found, &arn("user", "attacker")))
    };
    assert_eq!(
        above(json!({"StringEquals": {"aws:PrincipalTag/held": "yes"}})),
        ["iam-untag-user", "lambda-001"]
    );
    assert_eq!(above(json!({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})), NONE);
}

/// A user with a tag, and these statements.
fn tagged(value: &str, statements: &[Value]) -> Account {
    Account::default().user("attacker", statements).with("Tags", json!([{"Key": "Team", "Value": value}]))
}

#[test]
fn a_tag_that_is_asked_for_is_put_on() {
    let way_if = |condition: Value| {
        let on = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition});
        [on("lambda:CreateFunction"), allow(&["iam:PassRole", "lambda:InvokeFunction"])]
    };
    let equals = |value: &str| json!({"StringEquals": {"aws:PrincipalTag/team": value}});
    let found = |value: &str, condition: Value, more: Value| {
        let mut statements = way_if(condition).to_vec();
        statements.push(more);
        way(tagged(value, &statements))
    };
    let tag = allow(&["iam:TagUser"]);
    assert_eq!(found("ops", equals("ops"), tag.clone()), ["lambda-001"]);
    assert_eq!(found("dev", equals("ops"), tag.clone()), ["iam-tag-user", "lambda-001"]);
    assert_eq!(found("dev", equals("ops"), allow(&["iam:TagRole"])), NONE);
    assert_eq!(found("dev", equals("ops"), allow(&["iam:UntagUser"])), NONE);
    let like = json!({"StringLike": {"aws:PrincipalTag/team": "ops-*"}});
    assert_eq!(found("dev", like, tag.clone()), ["iam-tag-user", "lambda-001"]);
    let other = json!({"StringNotEquals": {"aws:PrincipalTag/team": "dev"}});
    assert_eq!(found("dev", other, tag.clone()), ["iam-tag-user", "lambda-001"]);
    // Which tags it may put on is asked like everything else.
    let only = |key: &str, value: &str| {
        json!({"Effect": "Allow", "Action": "iam:TagUser", "Resource": arn("user", "${aws:username}"),
            "Condition": {"StringEquals": {(format!("aws:RequestTag/{key}")): value}}})
    };
    assert_eq!(found("dev", equals("ops"), only("Team", "ops")), ["iam-tag-user", "lambda-001"]);
    assert_eq!(found("dev", equals("ops"), only("Team", "dev")), NONE);
    let kept = json!({"Effect": "Allow", "Action": "iam:TagUser", "Resource": "*",
        "Condition": {"ForAllValues:StringNotEqualsIgnoreCase": {"aws:TagKeys": "team"}}});
    assert_eq!(found("dev", equals("ops"), kept), NONE);
    // Without a tag it depends on what nobody listed; with one of its own it does not.
    let mut statements = way_if(equals("ops")).to_vec();
    statements.push(tag);
    let bare = admin(Account::default().user("attacker", &statements)).find();
    let bare = path(&bare, &arn("user", "attacker")).unwrap();
    assert_eq!((bare.certainty, bare.steps.len()), (Certainty::Sure, 2));
}

#[test]
fn a_tag_that_a_denial_spares_is_put_on() {
    let unless = json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "ops"}}});
    let found = |more: &str| way(tagged("dev", &[allow(&WAY), allow(&[more]), unless.clone()]));
    assert_eq!(found("iam:TagUser"), ["iam-tag-user", "lambda-001"]);
    assert_eq!(found("iam:TagRole"), NONE);
    let missing = json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "*",
        "Condition": {"Null": {"aws:PrincipalTag/cleared": "true"}}});
    let found_missing = |more: &str| {
        let found = admin(tagged("dev", &[allow(&WAY), allow(&[more]), missing.clone()])).find();
        path(&found, &arn("user", "attacker")).map(|path| (path.certainty, ids(Some(path)).join(" ")))
    };
    let put_on = Some((Certainty::Sure, "iam-tag-user lambda-001".to_owned()));
    assert_eq!(found_missing("iam:TagUser"), put_on);
    assert_ne!(found_missing("iam:TagRole"), put_on);
    // Another value is as good as none.
    let held = json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "dev"}}});
    let found = |more: &str| way(tagged("dev", &[allow(&WAY), allow(&[more]), held.clone()]));
    assert_eq!(found("iam:TagUser"), ["iam-tag-user", "lambda-001"]);
    assert_eq!(found("iam:UntagUser"), ["iam-untag-user", "lambda-001"]);
    // It may be what is asked for elsewhere.
    let both = |value: &str| {
        let own = json!({"Effect": "Allow", "Action": WAY, "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": value}}});
        way(tagged("dev", &[own, allow(&["iam:UntagUser"]), held.clone()]))
    };
    assert_eq!(both("dev"), NONE);
}

#[test]
fn a_tag_that_a_trust_policy_asks_for_is_put_on() {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let trusting = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": root}, "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "ops"}}}]});
    let found = |more: &str| {
        let account = tagged("dev", &[allow(&["sts:AssumeRole", more])]);
        let found = account.role("target", trusting.clone(), &[allow(&["*"])]).find();
        let path = path(&found, &arn("user", "attacker"));
        let with = path
            .iter()
            .flat_map(|path| &path.steps)
            .flat_map(|step| &step.calls)
            .flat_map(|call| call.with.clone());
        (ids(path), with.collect::<Vec<_>>())
    };
    let (ways, with) = found("iam:TagUser");
    assert_eq!(ways, ["iam-tag-user", "sts-001"]);
    let text = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    assert_eq!(with, [text("aws:RequestTag/Team", "ops"), text("aws:TagKeys", "Team")]);
    assert_eq!(found("iam:TagRole").0, NONE);
}

#[test]
fn a_role_puts_a_tag_on_itself() {
    let asks = json!({"Effect": "Allow", "Action": WAY, "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "ops"}}});
    let found = |trust: Value| {
        let own = [inline("own", &[asks.clone(), allow(&["iam:TagRole"])])];
        let tags = json!([{"Key": "team", "Value": "dev"}]);
        let account = Account::default().role("attacker", trust, &[]).with("Role:RolePolicyList", json!(own));
        let found = admin(account.with("Role:Tags", tags)).find();
        let path = path(&found, &arn("role", "attacker")).unwrap();
        (path.certainty, ids(Some(path)))
    };
    let (certainty, ways) = found(trust("Service", "ec2.amazonaws.com"));
    assert_eq!((certainty, ways.join(" ")), (Certainty::Sure, "iam-tag-role lambda-001".to_owned()));
}

#[test]
fn a_boundary_goes_after_the_denial_that_kept_it() {
    let account = |own: &[&str]| {
        let list = [
            inline("own", &[allow(&WAY), allow(own)]),
            inline("denial", &[deny(&["iam:DeleteUserPermissionsBoundary"])]),
        ];
        Account::default()
            .policy("boundary", &[allow(&["iam:Delete*", "s3:*"])])
            .user("attacker", &[])
            .with("UserPolicyList", json!(list))
            .with("PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}))
    };
    assert_eq!(
        way(account(&["iam:DeleteUserPolicy", "iam:DeleteUserPermissionsBoundary"])),
        ["iam-delete-user-policy", "iam-delete-user-boundary", "lambda-001"]
    );
    assert_eq!(way(account(&["iam:DeleteUserPolicy"])), NONE);
    assert_eq!(way(account(&["iam:DeleteUserPermissionsBoundary"])), NONE);
}

#[test]
fn a_denial_that_bars_nothing_is_left_where_it_is() {
    assert_eq!(way(user(&["iam:DeleteUserPolicy"], &[deny(&["s3:*"])])), ["lambda-001"]);
}
