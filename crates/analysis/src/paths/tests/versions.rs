//! Versions of policies that are not in force, where a snapshot lists them.

use serde_json::{Value, json};

use super::super::Certainty;
use super::{ACCOUNT, Account, allow, arn, ids, path, trust};

const SET: &str = "iam:SetDefaultPolicyVersion";
const NONE: [&str; 0] = [];

/// A user with a policy of which there are other versions.
fn user(own: &[Value], others: &[&[Value]]) -> Account {
    let attached = json!([{"PolicyArn": arn("policy", "own")}]);
    Account::default()
        .policy("own", own)
        .versions(others)
        .user("attacker", &[])
        .with("AttachedManagedPolicies", attached)
}

fn way(account: &Account) -> (Vec<String>, Option<Certainty>) {
    let found = account.find();
    let path = path(&found, &arn("user", "attacker"));
    (ids(path), path.map(|path| path.certainty))
}

#[test]
fn where_all_versions_are_listed_and_there_is_one_setting_the_default_one_gives_nothing() {
    // Another policy has all its versions in the listing, so this one has too.
    let only = user(&[allow(&[SET])], &[]).policy("other", &[]).versions(&[&[]]);
    assert_eq!(way(&only), (vec![], None));
}

#[test]
fn where_not_all_versions_are_listed_an_older_one_is_taken_to_allow_everything() {
    let taken = (vec!["iam-set-default-policy-version".to_owned()], Some(Certainty::Assumed));
    assert_eq!(way(&user(&[allow(&[SET])], &[])), taken);
    let mut later = user(&[allow(&[SET])], &[]);
    later.policies[0]["PolicyVersionList"][0]["VersionId"] = json!("v4");
    assert_eq!(way(&later), taken);
    let mut unread = user(&[allow(&[SET])], &[&[allow(&["s3:GetObject"])]]);
    unread.policies[0]["PolicyVersionList"][1]["Document"] = json!({"Statement": [{"Effect": "Perhaps"}]});
    assert_eq!(way(&unread), taken);
}

#[test]
fn another_version_gives_what_it_allows() {
    let step = "iam-set-listed-policy-version";
    let harmless = [allow(&["s3:GetObject"])];
    assert_eq!(way(&user(&[allow(&[SET])], &[&harmless])).0, NONE);
    let all = [allow(&["*"])];
    assert_eq!(
        way(&user(&[allow(&[SET])], &[&harmless, &all])),
        (vec![step.to_owned()], Some(Certainty::Sure))
    );
    let some = [allow(&["iam:PutUserPolicy"])];
    assert_eq!(way(&user(&[allow(&[SET])], &[&some])).0, [step, "iam-007"]);
    assert_eq!(way(&user(&[allow(&["s3:GetObject"])], &[&all])).0, NONE);
}

#[test]
fn a_deny_elsewhere_and_a_boundary_count_for_another_version_too() {
    let all = [allow(&["*"])];
    let deny = json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"});
    let set = json!({"Effect": "Deny", "Action": SET, "Resource": "*"});
    for denial in [deny, set] {
        let own = json!([{"PolicyName": "denial", "PolicyDocument": super::document(&[denial])}]);
        let account = user(&[allow(&[SET])], &[&all]).with("UserPolicyList", own);
        assert_eq!(way(&account).0, NONE);
    }
    let bounded = user(&[allow(&[SET])], &[&all])
        .policy("boundary", &[allow(&[SET, "s3:*"])])
        .with("PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}));
    assert_eq!(way(&bounded).0, NONE);
}

#[test]
fn another_version_without_the_deny_of_the_default_one_is_a_step() {
    let deny = json!({"Effect": "Deny", "Action": "iam:Put*", "Resource": "*"});
    let (kept, gone) = ([deny.clone()], [allow(&["s3:GetObject"])]);
    let account = |other: &[Value]| {
        let inline = super::document(&[allow(&[SET, "iam:PutUserPolicy"])]);
        user(std::slice::from_ref(&deny), &[other])
            .with("UserPolicyList", json!([{"PolicyName": "a", "PolicyDocument": inline}]))
    };
    assert_eq!(way(&account(&gone)).0, ["iam-set-listed-policy-version", "iam-007"]);
    assert_eq!(way(&account(&kept)).0, NONE);
}

#[test]
fn another_principal_is_given_another_version_by_whoever_can_become_it() {
    let attached = json!([{"PolicyArn": arn("policy", "shared")}]);
    let account = |more: &[&str], version: &[Value]| {
        Account::default()
            .policy("shared", &[allow(&["s3:GetObject"])])
            .versions(&[version])
            .role("target", trust("AWS", ACCOUNT), &[])
            .with("Role:AttachedManagedPolicies", attached.clone())
            .user("attacker", &[allow(&[SET]), allow(more)])
    };
    let admin = [allow(&["*"])];
    let both = ["iam-set-listed-policy-version", "sts-001"];
    assert_eq!(
        way(&account(&["sts:AssumeRole"], &admin)),
        (both.map(str::to_owned).to_vec(), Some(Certainty::Sure))
    );
    let some = [allow(&["iam:PutRolePolicy"])];
    assert_eq!(way(&account(&["sts:AssumeRole"], &some)).0, [both[0], both[1], "iam-005"]);
    assert_eq!(way(&account(&["sts:AssumeRole"], &[allow(&["s3:*"])])).0, NONE);
    assert_eq!(way(&account(&["s3:GetObject"], &admin)).0, NONE);
    // It makes the other powerful all the same.
    let found = account(&["s3:GetObject"], &admin).find();
    let other = found.paths.iter().find(|path| path.source == arn("user", "attacker")).unwrap();
    assert_eq!(other.certainty, Certainty::Another);
    assert_eq!(other.target, format!("{} with {} (v2)", arn("role", "target"), arn("policy", "shared")));
}

#[test]
fn the_path_names_the_statement_of_the_version() {
    let found = user(&[allow(&[SET])], &[&[allow(&["iam:PutUserPolicy"])]]).find();
    let path = path(&found, &arn("user", "attacker")).unwrap();
    let by = &path.steps[1].calls[0].by[0];
    assert_eq!(by.pointer.as_deref(), Some("/Policies/0/PolicyVersionList/1/Document/Statement/0"));
}

/// A user whose boundary is a policy of which there are other versions.
fn bounded(own: &[Value], boundary: &[Value], others: &[&[Value]]) -> Account {
    Account::default()
        .policy("boundary", boundary)
        .versions(others)
        .user("attacker", own)
        .with("PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}))
}

const BOUNDARY: &str = "iam-set-listed-boundary-version";

#[test]
fn another_version_of_the_boundary_lifts_what_it_leaves_out() {
    let (set, all) = ([allow(&[SET, "s3:*"])], [allow(&["*"])]);
    assert_eq!(
        way(&bounded(&all, &set, &[&[allow(&["s3:*"])], &all])),
        (vec![BOUNDARY.to_owned()], Some(Certainty::Sure))
    );
    // The other version leaves out what would be needed, or the principal does not hold it.
    assert_eq!(way(&bounded(&all, &set, &[&[allow(&["s3:*", "ec2:*"])]])).0, NONE);
    assert_eq!(way(&bounded(&[allow(&[SET, "s3:*"])], &set, &[&all])).0, NONE);
    // The boundary does not let it be set, or the principal may not.
    assert_eq!(way(&bounded(&all, &[allow(&["s3:*"])], &[&all])).0, NONE);
    let not_set = json!({"Effect": "Deny", "Action": SET, "Resource": arn("policy", "boundary")});
    assert_eq!(way(&bounded(&all, &[allow(&["*"]), not_set], &[&all])).0, NONE);
    // What one may do by it may be enough for another way.
    let put = [allow(&[SET, "iam:PutUserPolicy"])];
    assert_eq!(way(&bounded(&put, &set, &[&all])).0, [BOUNDARY, "iam-007"]);
}

#[test]
fn another_version_of_the_boundary_is_free_of_what_the_default_one_denies() {
    let deny = json!({"Effect": "Deny", "Action": "iam:PutUserPolicy", "Resource": "*"});
    let (all, put) = (allow(&["*"]), [allow(&[SET, "iam:PutUserPolicy"])]);
    let denying = [all.clone(), deny];
    assert_eq!(way(&bounded(&put, &denying, &[std::slice::from_ref(&all)])).0, [BOUNDARY, "iam-007"]);
    assert_eq!(way(&bounded(&put, &denying, &[&denying])).0, NONE);
}

#[test]
fn who_gives_itself_policies_first_may_lift_its_boundary_then() {
    // Nobody's own policies allow it to be set; the boundary would let it.
    let left = [allow(&["iam:PutUserPolicy", SET])];
    let all = [allow(&["*"])];
    let found = way(&bounded(&[allow(&["iam:PutUserPolicy"])], &left, &[&all]));
    assert_eq!(found.0, ["iam-007", BOUNDARY]);
}

#[test]
fn a_policy_that_is_attached_and_the_boundary_changes_in_both_places() {
    let attached = json!([{"PolicyArn": arn("policy", "boundary")}]);
    let both = |other: &[Value]| {
        bounded(&[], &[allow(&[SET])], &[other]).with("AttachedManagedPolicies", attached.clone())
    };
    assert_eq!(way(&both(&[allow(&["*"])])).0, ["iam-set-listed-policy-version"]);
    assert_eq!(way(&both(&[allow(&["s3:*"])])).0, NONE);
}

#[test]
fn where_not_all_versions_of_the_boundary_are_listed_an_older_one_is_taken_to_leave_everything() {
    let (set, all) = ([allow(&[SET, "s3:*"])], [allow(&["*"])]);
    let taken = (vec!["iam-set-default-boundary-version".to_owned()], Some(Certainty::Assumed));
    assert_eq!(way(&bounded(&all, &set, &[])), taken);
    // Another policy has all its versions in the listing, so this one has too.
    let only = bounded(&all, &set, &[]).policy("other", &[]).versions(&[&[]]);
    assert_eq!(way(&only), (vec![], None));
}

#[test]
fn a_new_version_of_the_boundary_lifts_it() {
    let create = "iam:CreatePolicyVersion";
    let all = [allow(&["*"])];
    let left = [allow(&[create, "s3:*"])];
    assert_eq!(way(&bounded(&all, &left, &[])).0, ["iam-boundary-version"]);
    assert_eq!(way(&bounded(&[allow(&[create, "s3:*"])], &left, &[])).0, NONE);
    assert_eq!(way(&bounded(&all, &[allow(&["s3:*"])], &[])).0, NONE);
}

#[test]
fn the_boundary_of_another_principal_is_given_another_version_by_whoever_can_become_it() {
    let account = |more: &[&str], version: &[Value]| {
        Account::default()
            .policy("boundary", &[allow(&["s3:GetObject"])])
            .versions(&[version])
            .role("target", trust("AWS", ACCOUNT), &[allow(&["*"])])
            .with("Role:PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}))
            .user("attacker", &[allow(&[SET]), allow(more)])
    };
    let all = [allow(&["*"])];
    assert_eq!(way(&account(&["sts:AssumeRole"], &all)).0, [BOUNDARY, "sts-001"]);
    assert_eq!(way(&account(&["sts:AssumeRole"], &[allow(&["s3:*"])])).0, NONE);
    assert_eq!(way(&account(&["s3:GetObject"], &all)).0, NONE);
    let found = account(&["s3:GetObject"], &all).find();
    let other = found.paths.iter().find(|path| path.source == arn("user", "attacker")).unwrap();
    assert_eq!(other.certainty, Certainty::Another);
    let shown = format!("{} with the boundary {} (v2)", arn("role", "target"), arn("policy", "boundary"));
    assert_eq!(other.target, shown);
}
