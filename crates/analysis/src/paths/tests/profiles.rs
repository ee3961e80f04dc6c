//! A role reaches an instance through an instance profile only.

use serde_json::{Value, json};

use super::super::{Certainty, Found};
use super::{Account, allow, arn, ids, path, trust};

const LAUNCH: [&str; 2] = ["iam:PassRole", "ec2:RunInstances"];
const MAKE: [&str; 2] = ["iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"];

/// An admin role for instances, whose instance profiles are listed, or not.
fn account(actions: &[&str], profiles: Option<Value>) -> Found {
    let account = Account::default().role("target", trust("Service", "ec2.amazonaws.com"), &[allow(&["*"])]);
    let account = match profiles {
        Some(profiles) => account.with("Role:InstanceProfileList", profiles),
        None => account,
    };
    account.user("attacker", &[allow(actions)]).find()
}

fn held() -> Option<Value> {
    let profile = "arn:aws:iam::111122223333:instance-profile/target";
    Some(json!([{"InstanceProfileName": "target", "Arn": profile}]))
}

fn told(found: &Found) -> Option<(Certainty, Vec<String>)> {
    let found = path(found, &arn("user", "attacker"));
    found.map(|path| (path.certainty, ids(Some(path))))
}

fn way(certainty: Certainty, id: &str) -> Option<(Certainty, Vec<String>)> {
    Some((certainty, vec![id.to_owned()]))
}

#[test]
fn an_instance_profile_that_is_listed_is_assumed_no_more() {
    assert_eq!(told(&account(&LAUNCH, None)), way(Certainty::Assumed, "ec2-001"));
    assert_eq!(told(&account(&LAUNCH, held())), way(Certainty::Sure, "ec2-001"));
    assert_eq!(told(&account(&LAUNCH, Some(json!([])))), None);
}

#[test]
fn a_role_that_no_instance_profile_holds_takes_one_that_is_made_for_it() {
    let both = [LAUNCH, MAKE].concat();
    let found = account(&both, Some(json!([])));
    assert_eq!(told(&found), way(Certainty::Sure, "ec2-001"));
    let calls = path(&found, &arn("user", "attacker")).map(|path| &path.steps[0].calls);
    let actions: Vec<&str> = calls.into_iter().flatten().map(|call| call.action.as_str()).collect();
    assert_eq!(actions, [MAKE, LAUNCH].concat());
    for left_out in 0..both.len() {
        let some: Vec<&str> =
            both.iter().enumerate().filter(|(number, _)| *number != left_out).map(|(_, one)| *one).collect();
        assert_eq!(told(&account(&some, Some(json!([])))), None, "without {}", both[left_out]);
    }
}

#[test]
fn no_instance_runs_as_a_role_that_no_instance_profile_holds() {
    let session = ["ssm:StartSession"];
    assert_eq!(told(&account(&session, None)), way(Certainty::Assumed, "ssm-001"));
    assert_eq!(told(&account(&session, held())), way(Certainty::Assumed, "ssm-001"));
    assert_eq!(told(&account(&session, Some(json!([])))), None);
}

#[test]
fn of_several_roles_the_one_with_an_instance_profile_is_surer() {
    let account = Account::default()
        .role("first", trust("Service", "ec2.amazonaws.com"), &[allow(&["*"])])
        .role("second", trust("Service", "ec2.amazonaws.com"), &[allow(&["*"])])
        .with("Role:InstanceProfileList", held().unwrap_or_default())
        .user("attacker", &[allow(&LAUNCH)]);
    let found = account.find();
    let found = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!((found.certainty, found.target.as_str()), (Certainty::Sure, arn("role", "second").as_str()));
}
