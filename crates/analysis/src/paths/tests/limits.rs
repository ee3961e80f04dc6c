//! What stops a path, and what does not.

use std::collections::BTreeMap;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::{OrganizationLevel, OrganizationPath};
use leastwise_policy::aws::{Named, Policy};
use serde_json::{Value, json};

use super::super::{Certainty, Found, Options, Outside, Target, World, find};
use super::{ACCOUNT, Account, allow, arn, document, found, ids, path, trust, world};
use crate::granted::Snapshot;

/// Somebody who can make a function that runs as an admin, and what more is said of its policy.
fn passing(more: &[Value]) -> Account {
    let mut statements = vec![allow(&["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])];
    statements.extend_from_slice(more);
    Account::default().user("attacker", &statements).role(
        "target",
        trust("Service", "lambda.amazonaws.com"),
        &[allow(&["*"])],
    )
}

fn of_attacker(found: &Found) -> Vec<String> {
    ids(path(found, &arn("user", "attacker")))
}

fn check(account: Account, expected: &[&str]) {
    assert_eq!(of_attacker(&account.find()), expected);
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn under(policies: &[Value]) -> OrganizationPath {
    let policy = |document: &Value| Policy::parse(&document.to_string()).unwrap();
    let named =
        policies.iter().enumerate().map(|(number, one)| Named::new(format!("scp-{number}"), policy(one)));
    OrganizationPath {
        management_account: None,
        levels: vec![OrganizationLevel::new("r-ab12", named.collect())],
    }
}

fn found_under(snapshot: &Snapshot, policies: &[Value]) -> Found {
    let service_control = BTreeMap::from([(ACCOUNT.to_owned(), under(policies))]);
    let world = World { service_control, ..world(snapshot) };
    find(&world, &Options { from: None, to: Target::Admin, cut: false }, Catalog::embedded())
}

#[test]
fn a_deny_that_applies_stops_a_path_and_one_that_does_not_does_not() {
    check(passing(&[]), &["lambda-001"]);
    check(passing(&[deny("iam:PassRole", &arn("role", "target"))]), &[]);
    check(passing(&[deny("iam:PassRole", &arn("role", "other"))]), &["lambda-001"]);
    check(passing(&[deny("lambda:*", "arn:aws:lambda:us-east-1:*:*")]), &["lambda-001"]);
    check(passing(&[deny("lambda:InvokeFunction", "*")]), &[]);
}

#[test]
fn a_role_that_does_not_trust_the_service_is_not_reached_through_it() {
    let account = Account::default()
        .user("attacker", &[allow(&["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])])
        .role("target", trust("Service", "ec2.amazonaws.com"), &[allow(&["*"])]);
    check(account, &[]);
}

#[test]
fn a_service_that_may_not_be_passed_the_role_stops_the_path() {
    let pass = |service: &str| {
        json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": service}}})
    };
    let account = |service: &str| {
        let others = allow(&["lambda:CreateFunction", "lambda:InvokeFunction"]);
        Account::default().user("attacker", &[pass(service), others]).role(
            "target",
            trust("Service", "lambda.amazonaws.com"),
            &[allow(&["*"])],
        )
    };
    check(account("lambda.amazonaws.com"), &["lambda-001"]);
    check(account("ec2.amazonaws.com"), &[]);
}

#[test]
fn a_condition_that_is_not_the_callers_to_choose_makes_a_path_conditional() {
    let needs = |key: &str, value: &str| {
        let condition = json!({"StringNotEquals": {key: value}});
        passing(&[
            json!({"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*", "Condition": condition}),
        ])
    };
    let found = needs("aws:SourceVpce", "vpce-1").find();
    let conditional = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!(conditional.certainty, Certainty::Conditional);
    assert_eq!(conditional.conditions, ["aws:sourcevpce"]);
    let found = needs("aws:RequestTag/team", "blue").find();
    let chosen = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!((chosen.certainty, chosen.conditions.as_slice()), (Certainty::Sure, &[] as &[String]));
    assert_eq!(chosen.steps[0].calls[1].with["aws:RequestTag/team"], ["blue"]);
    let found = needs("aws:RequestedRegion", "eu-central-1").find();
    let region = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!(
        region.steps[0].calls[1].resource,
        "arn:aws:lambda:eu-central-1:111122223333:function:example"
    );
}

#[test]
fn names_that_a_layer_leaves_are_those_that_are_chosen() {
    let team = "arn:aws:lambda:*:111122223333:function:team-*";
    let within = |own: &str, boundary: &[Value]| {
        let mut calls = allow(&["lambda:CreateFunction", "lambda:InvokeFunction"]);
        calls["Resource"] = json!(own);
        Account::default()
            .policy("boundary", boundary)
            .user("attacker", &[allow(&["iam:PassRole"]), calls])
            .with("PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}))
            .role("target", trust("Service", "lambda.amazonaws.com"), &[allow(&["*"])])
    };
    let some = |resource: &str| {
        let mut calls = allow(&["lambda:*"]);
        calls["Resource"] = json!(resource);
        calls
    };
    let pass = allow(&["iam:PassRole"]);
    check(within("*", &[pass.clone(), some(team)]), &["lambda-001"]);
    check(within("arn:aws:lambda:*:*:function:*-x", &[pass.clone(), some(team)]), &["lambda-001"]);
    check(within("arn:aws:lambda:*:*:function:ops-*", &[pass, some(team)]), &[]);
    let spares = json!({"Effect": "Deny", "Action": "lambda:*", "NotResource": team});
    check(within("*", &[allow(&["*"]), spares.clone()]), &["lambda-001"]);
    check(passing(std::slice::from_ref(&spares)), &["lambda-001"]);
    let other = json!({"Effect": "Deny", "Action": "lambda:*", "NotResource": "arn:aws:s3:::a"});
    check(passing(&[other]), &[]);
    assert_eq!(
        of_attacker(&found_under(&passing(&[]).snapshot(), &[document(&[allow(&["*"]), spares])])),
        ["lambda-001"]
    );
    let others = json!({"Effect": "Allow", "NotAction": "lambda:*", "Resource": "*"});
    let incomplete = json!({"Effect": "Deny", "Action": "lambda:*", "NotResource": "arn:aws:lambda"});
    check(passing(&[incomplete]), &["lambda-001"]);
    let narrow = [document(&[others, some(team)])];
    assert_eq!(of_attacker(&found_under(&passing(&[]).snapshot(), &narrow)), ["lambda-001"]);
}

#[test]
fn a_service_control_policy_narrows_nothing_in_the_management_account() {
    let spares = json!({"Effect": "Deny", "Action": "lambda:*", "NotResource": "arn:aws:s3:::a"});
    let iam = json!({"Effect": "Allow", "Action": ["iam:*", "sts:*"], "Resource": "*"});
    let account = passing(&[]).snapshot();
    for policies in [[document(&[allow(&["*"]), spares])], [document(&[iam])]] {
        let path = OrganizationPath { management_account: Some(ACCOUNT.to_owned()), ..under(&policies) };
        let world =
            World { service_control: BTreeMap::from([(ACCOUNT.to_owned(), path)]), ..world(&account) };
        let options = Options { from: None, to: Target::Admin, cut: false };
        assert_eq!(of_attacker(&find(&world, &options, Catalog::embedded())), ["lambda-001"]);
        assert!(of_attacker(&found_under(&account, &policies)).is_empty());
    }
}

#[test]
fn what_is_listed_of_another_account_says_nothing_of_this_one() {
    let account = Account::default().user("attacker", &[allow(&["lambda:UpdateFunctionCode"])]).role(
        "target",
        trust("Service", "lambda.amazonaws.com"),
        &[allow(&["*"])],
    );
    let listed = |role: &str| {
        let account = role.split(':').nth(4).unwrap_or_default();
        let arn = format!("arn:aws:lambda:eu-west-1:{account}:function:f");
        let service = "lambda.amazonaws.com".to_owned();
        super::super::Workload { arn, service, role: role.to_owned() }
    };
    let way = |roles: &[&str]| {
        let workloads: Vec<_> = roles.iter().map(|role| listed(role)).collect();
        of_attacker(&found(&account.snapshot(), &workloads)).len()
    };
    let elsewhere = "arn:aws:iam::444455556666:role/target";
    assert_eq!(way(&[]), 1);
    assert_eq!(way(&[elsewhere]), 1);
    assert_eq!(way(&[&arn("role", "target"), elsewhere]), 1);
    assert_eq!(way(&[&arn("role", "other"), elsewhere]), 0);
}

#[test]
fn time_is_known() {
    let until = |date: &str| {
        let condition = json!({"DateGreaterThan": {"aws:CurrentTime": date}});
        passing(&[
            json!({"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": condition}),
        ])
    };
    check(until("2030-01-01T00:00:00Z"), &["lambda-001"]);
    check(until("2020-01-01T00:00:00Z"), &[]);
}

#[test]
fn who_edits_its_own_policies_under_a_boundary_becomes_what_that_leaves() {
    let bounded = |boundary: &[Value]| {
        Account::default()
            .policy("boundary", boundary)
            .user("attacker", &[allow(&["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"])])
            .with("PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}))
    };
    check(bounded(&[allow(&["iam:PutUserPolicy"])]), &[]);
    let leaves = allow(&["iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"]);
    check(bounded(&[leaves]), &["iam-007", "iam-delete-user-boundary"]);
    // What the boundary leaves may be enough for another way.
    let account = bounded(&[allow(&["iam:PutUserPolicy", "sts:AssumeRole"])]).role(
        "admin",
        trust("AWS", ACCOUNT),
        &[allow(&["*"])],
    );
    check(account, &["iam-007", "sts-001"]);
}

#[test]
fn a_role_that_is_bounded_gives_what_its_boundary_leaves() {
    let account = |boundary: &[Value]| {
        let bounded = json!({"PermissionsBoundaryArn": arn("policy", "boundary")});
        passing(&[]).policy("boundary", boundary).with("Role:PermissionsBoundary", bounded)
    };
    check(account(&[allow(&["s3:*"])]), &[]);
    check(account(&[allow(&["*"])]), &["lambda-001"]);
}

#[test]
fn a_principal_made_for_the_purpose_has_the_boundary_that_must_be_on_it() {
    let condition = json!({"StringEquals": {"iam:PermissionsBoundary": arn("policy", "boundary")}});
    let actions = ["iam:CreateRole", "iam:AttachRolePolicy"];
    let bounded = json!({"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": condition});
    check(Account::default().user("attacker", &[bounded]), &[]);
    check(Account::default().user("attacker", &[allow(&actions)]), &["iam-create-role-attach"]);
}

#[test]
fn what_the_organisation_denies_is_no_path_and_who_may_do_all_that_it_leaves_is_admin() {
    let full = document(&[allow(&["*"])]);
    let snapshot = passing(&[]).snapshot();
    assert_eq!(of_attacker(&found_under(&snapshot, std::slice::from_ref(&full))), ["lambda-001"]);
    let no_functions = document(&[deny("lambda:CreateFunction", "*")]);
    assert_eq!(of_attacker(&found_under(&snapshot, &[full.clone(), no_functions])), [] as [&str; 0]);
    let no_users = document(&[deny("iam:CreateUser", "*")]);
    let found = found_under(&snapshot, &[full.clone(), no_users]);
    assert_eq!(
        found.admins.iter().map(|one| one.principal.as_str()).collect::<Vec<_>>(),
        [arn("role", "target")]
    );
    assert_eq!(of_attacker(&found), ["lambda-001"]);
    let no_iam = document(&[deny("iam:*", "*")]);
    let found = found_under(&snapshot, &[full, no_iam]);
    assert!(found.admins.is_empty() && found.paths.is_empty());
}

#[test]
fn a_region_that_the_organisation_leaves_is_the_one_that_is_chosen() {
    let condition = json!({"StringNotEquals": {"aws:RequestedRegion": ["ap-south-1", "us-east-1"]}});
    let elsewhere = json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": condition});
    let only = json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "arn:aws:lambda:us-east-1:*:*"});
    let snapshot = passing(&[]).snapshot();
    let found = found_under(&snapshot, &[document(&[allow(&["*"])]), document(&[elsewhere, only])]);
    let chosen = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!(chosen.steps[0].calls[1].resource, "arn:aws:lambda:ap-south-1:111122223333:function:example");
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let other = "arn:aws:iam::444455556666:user/attacker";
    let account = |statements: &[Value], whom: &str| {
        let mut account = Account::default().user("attacker", statements).role(
            "target",
            trust("AWS", whom),
            &[allow(&["*"])],
        );
        account.users[0]["Arn"] = json!(other);
        account
    };
    let assume = allow(&["sts:AssumeRole"]);
    let of = |account: Account| ids(path(&account.find(), other));
    assert_eq!(of(account(std::slice::from_ref(&assume), "444455556666")), ["sts-001"]);
    assert_eq!(of(account(std::slice::from_ref(&assume), other)), ["sts-001"]);
    assert_eq!(of(account(&[], other)), [] as [&str; 0]);
    assert_eq!(of(account(&[assume], ACCOUNT)), [] as [&str; 0]);
    // Nothing else crosses accounts.
    assert_eq!(of(account(&[allow(&["iam:UpdateAssumeRolePolicy"])], ACCOUNT)), [] as [&str; 0]);
}

#[test]
fn whom_a_trust_policy_names_and_no_snapshot_lists_is_a_source_too() {
    let account = |whom: &str| Account::default().role("target", trust("AWS", whom), &[allow(&["*"])]);
    let source = |whom: &str| {
        let found = account(whom).find();
        found.paths.iter().map(|path| (path.source.clone(), path.certainty, path.outside)).collect::<Vec<_>>()
    };
    assert_eq!(
        source("*"),
        [("anybody with an AWS account".to_owned(), Certainty::Sure, Some(Outside::Anybody))]
    );
    let root = "arn:aws:iam::444455556666:root";
    assert_eq!(source(root), [(root.to_owned(), Certainty::Assumed, Some(Outside::Account))]);
    assert_eq!(source(ACCOUNT), []);
}

#[test]
fn a_stranger_is_of_the_partition_that_lets_him_in() {
    for whom in
        ["*", "444455556666", "arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:role/theirs"]
    {
        let account = Account::default().role("target", trust("AWS", whom), &[allow(&["*"])]);
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let found = found(&account.snapshot_in(partition), &[]);
            assert_eq!(found.paths.len(), 1, "{whom} in {partition}");
        }
    }
}

#[test]
fn a_path_goes_over_as_many_principals_as_it_takes() {
    let to =
        |name: &str| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn("role", name)});
    let account = Account::default()
        .user("attacker", &[to("one")])
        .role("one", trust("AWS", ACCOUNT), &[to("two")])
        .role("two", trust("AWS", ACCOUNT), &[to("three")])
        .role("three", trust("AWS", ACCOUNT), &[allow(&["*"])]);
    let found = account.find();
    let path = path(&found, &arn("user", "attacker")).unwrap();
    let who: Vec<&str> = path.steps.iter().map(|step| step.who.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        (who.as_slice(), path.target.as_str()),
        (&["attacker", "one", "two"][..], &*arn("role", "three"))
    );
    let by = &path.steps[0].calls[0].by;
    assert_eq!(
        by.iter().filter_map(|by| by.pointer.as_deref()).collect::<Vec<_>>(),
        [
            "/UserDetailList/0/UserPolicyList/0/PolicyDocument/Statement/0",
            "/RoleDetailList/0/AssumeRolePolicyDocument/Statement/0",
        ]
    );
    // Without the last step nobody gets there; without the first one source is free.
    let cut = found.cut.unwrap();
    assert_eq!((cut.frees.len(), cut.of, cut.best), (3, 3, true));
    assert_eq!(cut.statement.document, format!("{}#own", arn("role", "two")));
}

#[test]
fn a_surer_path_is_better_than_a_shorter_one() {
    let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let direct = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn("role", "admin"), "Condition": condition});
    let around = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn("role", "middle")});
    let account = |statements: &[Value]| {
        Account::default()
            .user("attacker", statements)
            .role("middle", trust("AWS", ACCOUNT), &[allow(&["sts:AssumeRole"])])
            .role("admin", trust("AWS", ACCOUNT), &[allow(&["*"])])
    };
    let found = account(std::slice::from_ref(&direct)).find();
    assert_eq!(path(&found, &arn("user", "attacker")).unwrap().conditions, ["aws:multifactorauthpresent"]);
    let found = account(&[direct, around]).find();
    let sure = path(&found, &arn("user", "attacker")).unwrap();
    assert_eq!((sure.certainty, sure.steps.len()), (Certainty::Sure, 2));
}

#[test]
fn an_admin_under_a_condition_is_one_only_under_it() {
    let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let admin = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    let account =
        Account::default().user("admin", &[admin]).user("attacker", &[allow(&["iam:CreateAccessKey"])]);
    let found = account.find();
    assert_eq!(found.admins[0].certainty, Certainty::Conditional);
    assert_eq!(path(&found, &arn("user", "attacker")).unwrap().certainty, Certainty::Conditional);
}

#[test]
fn roles_that_aws_keeps_are_not_changed_by_anybody() {
    let kept = |path: &str| {
        let mut account = Account::default()
            .user("attacker", &[allow(&["iam:UpdateAssumeRolePolicy"])])
            .role("target", trust("Service", "ec2.amazonaws.com"), &[allow(&["*"])])
            .with("Role:Path", json!(path));
        account.roles[0]["Arn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role{path}target"));
        account
    };
    check(kept("/"), &["iam-012"]);
    check(kept("/aws-reserved/sso.amazonaws.com/"), &[]);
    check(kept("/aws-service-role/ec2.amazonaws.com/"), &[]);
}

#[test]
fn who_makes_only_others_powerful_is_told_apart() {
    let role = arn("role", "attacker");
    let account = Account::default()
        .role("attacker", trust("Service", "ec2.amazonaws.com"), &[allow(&["iam:PutUserPolicy"])])
        .user("somebody", &[]);
    let found = account.find();
    assert_eq!(found.paths.len(), 1);
    assert_eq!(
        (found.paths[0].source.as_str(), found.paths[0].certainty),
        (role.as_str(), Certainty::Another)
    );
    assert_eq!(
        found.paths[0].target,
        format!("{} with a policy that allows everything", arn("user", "somebody"))
    );
}

#[test]
fn the_target_may_be_a_principal_or_a_resource() {
    let statement =
        json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*"});
    let account = Account::default().user("attacker", &[allow(&["sts:AssumeRole"])]).role(
        "writer",
        trust("AWS", ACCOUNT),
        &[statement],
    );
    let snapshot = account.snapshot();
    let to = |arn: &str| {
        let options = Options { from: None, to: Target::Arn(arn.to_owned()), cut: false };
        of_attacker(&find(&world(&snapshot), &options, Catalog::embedded()))
    };
    assert_eq!(to(&arn("role", "writer")), ["sts-001"]);
    assert_eq!(to("arn:aws:s3:::reports/2026.csv"), ["sts-001"]);
    assert_eq!(to("arn:aws:s3:::others/2026.csv"), [] as [&str; 0]);
    assert!(of_attacker(&account.find()).is_empty());
}

#[test]
fn what_was_found_does_not_depend_on_the_order_of_the_files() {
    let account = passing(&[]).user("other", &[allow(&["iam:CreateAccessKey", "iam:PutRolePolicy"])]);
    let one = found(&account.snapshot(), &[]);
    let mut turned = account;
    turned.users.reverse();
    let other = found(&turned.snapshot(), &[]);
    let shown = |found: &Found| {
        found.paths.iter().map(|path| (path.source.clone(), ids(Some(path)))).collect::<Vec<_>>()
    };
    assert_eq!(shown(&one), shown(&other));
}

#[test]
fn under_a_denial_of_everything_a_path_is_conditional_and_still_the_shortest() {
    let guard =
        |condition: Value| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition});
    let mfa = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    let certainty = |condition: Value, account: fn(&[Value]) -> Account| {
        let found = account(&[guard(condition)]).find();
        path(&found, &arn("user", "attacker")).map(|path| (path.certainty, path.steps.len()))
    };
    assert_eq!(certainty(mfa.clone(), passing), Some((Certainty::Conditional, 1)));
    // What a call has an answer to is asked of each.
    let region = json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}});
    assert_eq!(certainty(region, passing), Some((Certainty::Sure, 1)));
    let role = json!({"ArnEquals": {"aws:PrincipalArn": arn("user", "somebody")}});
    assert_eq!(certainty(role, passing), Some((Certainty::Sure, 1)));
    let services =
        json!({"Bool": {"aws:ViaAWSService": "true"}, "Null": {"aws:MultiFactorAuthPresent": "true"}});
    assert_eq!(certainty(services, passing), Some((Certainty::Sure, 1)));
    // A nearer target comes later, when it is less sure itself.
    let far = |more: &[Value]| {
        let mut statements = vec![allow(&["sts:AssumeRole"])];
        statements.extend_from_slice(more);
        Account::default()
            .user("attacker", &statements)
            .role(
                "near",
                trust("AWS", ACCOUNT),
                &[
                    allow(&["*"]),
                    json!({"Effect": "Deny", "Action": "*",
                "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}),
                ],
            )
            .role(
                "one",
                trust("AWS", ACCOUNT),
                &[json!({"Effect": "Allow", "Action": "sts:AssumeRole",
                "Resource": arn("role", "target")})],
            )
            .role("target", trust("AWS", &arn("role", "one")), &[allow(&["*"])])
    };
    assert_eq!(certainty(mfa, far), Some((Certainty::Conditional, 1)));
}

#[test]
fn whom_the_organisation_spares_by_name_is_an_admin_though_a_new_role_could_not_be_one() {
    let deny = |condition: &Value| json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": condition});
    let all = || [allow(&["*"])];
    let account = Account::default()
        .user("attacker", &[allow(&["sts:AssumeRole"])])
        .role("spared", trust("AWS", ACCOUNT), &all())
        .with("Role:Tags", json!([{"Key": "iam", "Value": "yes"}]))
        .role("other", trust("Service", "ec2.amazonaws.com"), &all());
    let snapshot = account.snapshot();
    let check = |condition: Value| {
        let found = found_under(&snapshot, &[document(&[allow(&["*"]), deny(&condition)])]);
        let admins: Vec<&str> = found.admins.iter().map(|admin| admin.principal.as_str()).collect();
        assert_eq!(admins, [arn("role", "spared")], "{condition}");
        assert_eq!(of_attacker(&found), ["sts-001"], "{condition}");
    };
    check(json!({"ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/spared"}}));
    check(json!({"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/sp*"}}));
    let else_is_spared = json!({"ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/else"}});
    let found = found_under(&snapshot, &[document(&[allow(&["*"]), deny(&else_is_spared)])]);
    assert!(found.admins.is_empty(), "{:?}", found.admins);
}

/// Whom a queue of Deadline Cloud has for a member is not the caller's to choose.
#[test]
fn a_membership_makes_a_way_conditional() {
    let levels =
        json!({"ForAnyValue:StringEquals": {"deadline:QueueMembershipLevels": ["OWNER", "CONTRIBUTOR"]}});
    let account = |condition: Value| {
        let mut own = allow(&["deadline:AssumeQueueRoleForUser"]);
        own["Condition"] = condition;
        Account::default().user("attacker", &[own]).role(
            "target",
            trust("Service", "credentials.deadline.amazonaws.com"),
            &[allow(&["*"])],
        )
    };
    let certainty =
        |account: &Account| path(&account.find(), &arn("user", "attacker")).map(|path| path.certainty);
    assert_eq!(certainty(&account(json!({}))), Some(Certainty::Assumed));
    assert_eq!(certainty(&account(levels)), Some(Certainty::Conditional));
}

#[test]
fn who_takes_the_boundary_of_another_away_and_becomes_it_has_what_that_may_without() {
    let account = |own: &[&str], boundary: &[&str], of_role: &[&str]| {
        Account::default()
            .policy("boundary", &[allow(boundary)])
            .role("target", trust("AWS", ACCOUNT), &[allow(of_role)])
            .with("Role:PermissionsBoundary", json!({"PermissionsBoundaryArn": arn("policy", "boundary")}))
            .user("attacker", &[allow(own)])
    };
    for (action, step) in [
        ("iam:DeleteRolePermissionsBoundary", "iam-delete-role-boundary"),
        ("iam:PutRolePermissionsBoundary", "iam-put-role-boundary"),
        ("iam:CreatePolicyVersion", "iam-boundary-version"),
    ] {
        check(account(&[action, "sts:AssumeRole"], &["s3:*"], &["*"]), &[step, "sts-001"]);
        check(account(&[action, "sts:AssumeRole"], &["s3:*"], &["s3:*", "ec2:*"]), &[]);
        // It cannot become the role, but makes it powerful all the same.
        let found = account(&[action], &["s3:*"], &["*"]).find();
        let other = found.paths.iter().find(|path| path.source == arn("user", "attacker")).unwrap();
        assert_eq!(other.certainty, Certainty::Another, "{action}");
        assert_eq!(other.target, format!("{} without its boundary", arn("role", "target")));
    }
    let on_others = account(&["sts:AssumeRole"], &["s3:*"], &["*"]);
    check(on_others, &[]);
}
