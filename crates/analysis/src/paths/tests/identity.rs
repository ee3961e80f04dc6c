//! Whoever changes permission sets, assignments and groups of IAM Identity Center.

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::OrganizationPath;
use serde_json::{Value, json};

use super::super::{Certainty, Options, Target, World, find};
use super::{ACCOUNT, Account, allow, arn, document, ids, path, world};

const PEOPLE: &str = "/aws-reserved/sso.amazonaws.com/eu-west-1/";

/// The role of a permission set in an account.
fn permission_set(mut account: Account, name: &str, own: &str, statements: &[Value]) -> Account {
    let trust = document(&[json!({
        "Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::{own}:saml-provider/AWSSSO_0123456789abcdef")},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    })]);
    account = account.role(name, trust, statements).with("Role:Path", json!(PEOPLE));
    account.roles.last_mut().unwrap()["Arn"] = json!(set(name, own));
    account
}

fn set(name: &str, own: &str) -> String {
    format!("arn:aws:iam::{own}:role{PEOPLE}{name}")
}

const ADMIN: &str = "AWSReservedSSO_Admin_0123456789abcdef";

fn way(account: &Account) -> Vec<String> {
    ids(path(&account.find(), &arn("user", "attacker")))
}

fn attacker(statements: &[Value], own: &str) -> Account {
    permission_set(Account::default().user("attacker", statements), ADMIN, own, &[allow(&["*"])])
}

fn on(action: &str, resources: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resources})
}

const INSTANCE: &str = "arn:aws:sso:::instance/*";
const SETS: &str = "arn:aws:sso:::permissionSet/*";

#[test]
fn who_assigns_a_permission_set_becomes_its_role() {
    let place = format!("arn:aws:sso:::account/{ACCOUNT}");
    let all = [INSTANCE, SETS, place.as_str()];
    let whole = attacker(&[on("sso:CreateAccountAssignment", &all)], ACCOUNT);
    assert_eq!(way(&whole), ["sso-create-assignment"]);
    let found = whole.find();
    let found = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!((found.certainty, found.target.as_str()), (Certainty::Assumed, set(ADMIN, ACCOUNT).as_str()));
    assert!(found.steps[0].assumes[0].contains("manages IAM Identity Center"));
    for left_out in 0..3 {
        let some: Vec<&str> =
            all.iter().enumerate().filter(|(number, _)| *number != left_out).map(|(_, one)| *one).collect();
        assert_eq!(way(&attacker(&[on("sso:CreateAccountAssignment", &some)], ACCOUNT)), [] as [&str; 0]);
    }
    // Which permission set that is, nobody knows.
    let one = [INSTANCE, "arn:aws:sso:::permissionSet/ssoins-1/ps-1", place.as_str()];
    assert_eq!(way(&attacker(&[on("sso:CreateAccountAssignment", &one)], ACCOUNT)), [] as [&str; 0]);
}

#[test]
fn an_assignment_reaches_other_accounts() {
    let place = |account: &str| format!("arn:aws:sso:::account/{account}");
    let reach = |account: &str| on("sso:CreateAccountAssignment", &[INSTANCE, SETS, place(account).as_str()]);
    assert_eq!(way(&attacker(&[reach("444455556666")], "444455556666")), ["sso-create-assignment"]);
    assert_eq!(way(&attacker(&[reach(ACCOUNT)], "444455556666")), [] as [&str; 0]);
    let groups = ["arn:aws:identitystore:::*", "arn:aws:identitystore::111122223333:identitystore/*"];
    let joins = on("identitystore:CreateGroupMembership", &groups);
    assert_eq!(way(&attacker(std::slice::from_ref(&joins), "444455556666")), ["identitystore-join-group"]);
    assert_eq!(way(&attacker(&[joins], ACCOUNT)), ["identitystore-join-group"]);
    assert_eq!(
        way(&attacker(&[on("identitystore:CreateGroupMembership", &groups[..1])], ACCOUNT)),
        [] as [&str; 0]
    );
}

#[test]
fn what_names_no_service_counts_in_the_management_account_only() {
    let not_iam = json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "sts:*", "lambda:*", "ec2:*",
        "cloudformation:*", "glue:*", "ssm:*"], "Resource": "*"});
    assert_eq!(way(&attacker(std::slice::from_ref(&not_iam), ACCOUNT)), [] as [&str; 0]);
    assert_eq!(way(&attacker(&[allow(&["s*"])], ACCOUNT)), [] as [&str; 0]);
    assert_eq!(way(&attacker(&[allow(&["sso:*"])], ACCOUNT)), ["sso-create-assignment"]);
    let snapshot = attacker(&[not_iam], ACCOUNT).snapshot();
    let under = |management: &str| {
        let path = OrganizationPath { management_account: Some(management.to_owned()), levels: Vec::new() };
        let service_control = BTreeMap::from([(ACCOUNT.to_owned(), path)]);
        let world = World { service_control, ..world(&snapshot) };
        let options = Options { from: None, to: Target::Admin, cut: false };
        ids(path_of(&find(&world, &options, Catalog::embedded())))
    };
    assert_eq!(under(ACCOUNT), ["sso-create-assignment"]);
    assert_eq!(under("444455556666"), [] as [&str; 0]);
}

fn path_of(found: &super::super::Found) -> Option<&super::super::Path> {
    path(found, &arn("user", "attacker"))
}

#[test]
fn who_has_a_permission_set_and_changes_it_raises_itself() {
    let name = "AWSReservedSSO_Support_0123456789abcdef";
    let way = |statements: &[Value]| {
        let found = permission_set(Account::default(), name, ACCOUNT, statements).find();
        ids(path(&found, &set(name, ACCOUNT)))
    };
    for (action, id) in [
        ("sso:PutInlinePolicyToPermissionSet", "sso-put-inline-policy"),
        ("sso:AttachManagedPolicyToPermissionSet", "sso-attach-managed-policy"),
        ("sso:AttachCustomerManagedPolicyReferenceToPermissionSet", "sso-attach-customer-policy"),
    ] {
        assert_eq!(way(&[allow(&[action, "sso:ProvisionPermissionSet"])]), [id]);
        assert_eq!(way(&[allow(&[action])]), [] as [&str; 0]);
    }
    assert_eq!(way(&[allow(&["sso:ProvisionPermissionSet"])]), [] as [&str; 0]);
    // IAM does not let anybody change it.
    assert_eq!(way(&[allow(&["iam:PutRolePolicy"])]), [] as [&str; 0]);
}

#[test]
fn a_permission_set_that_somebody_changes_and_assigns_is_worth_as_much() {
    let harmless = |actions: &[&str]| {
        let account = Account::default().user("attacker", &[allow(actions)]);
        permission_set(account, ADMIN, ACCOUNT, &[allow(&["s3:GetObject"])])
    };
    let both =
        ["sso:PutInlinePolicyToPermissionSet", "sso:ProvisionPermissionSet", "sso:CreateAccountAssignment"];
    assert_eq!(way(&harmless(&both)), ["sso-put-inline-policy", "sso-create-assignment"]);
    assert_eq!(way(&harmless(&both[1..])), [] as [&str; 0]);
    // Without the assignment it makes others powerful.
    let found = harmless(&both[..2]).find();
    assert_eq!(found.paths.iter().map(|path| path.certainty).collect::<Vec<_>>(), [Certainty::Another]);
}

#[test]
fn a_permission_set_can_be_made_for_the_purpose() {
    let needs =
        ["sso:CreatePermissionSet", "sso:AttachManagedPolicyToPermissionSet", "sso:CreateAccountAssignment"];
    let way = |actions: &[&str]| {
        way(&Account::default().user("attacker", &[allow(actions)]).role("r", trust(), &[]))
    };
    assert_eq!(way(&needs), ["sso-create-permission-set"]);
    for left_out in 0..3 {
        let some: Vec<&str> =
            needs.iter().enumerate().filter(|(number, _)| *number != left_out).map(|(_, one)| *one).collect();
        assert_eq!(way(&some), [] as [&str; 0]);
    }
}

fn trust() -> Value {
    super::trust("Service", "ec2.amazonaws.com")
}

#[test]
fn who_runs_pods_gives_them_a_role() {
    let account = |actions: &[&str]| {
        Account::default().user("attacker", &[allow(actions)]).role(
            "target",
            document(&[json!({
                "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            })]),
            &[allow(&["*"])],
        )
    };
    assert_eq!(
        way(&account(&["iam:PassRole", "eks:CreatePodIdentityAssociation"])),
        ["eks-pod-identity-association"]
    );
    assert_eq!(way(&account(&["iam:PassRole"])), [] as [&str; 0]);
    assert_eq!(way(&account(&["eks:CreatePodIdentityAssociation"])), [] as [&str; 0]);
}
