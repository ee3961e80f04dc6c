//! Rules of comparison, one by one.

use crate::support::{compared, policy};
use leastwise_policy::aws::compare::{Answer, Kind, Relation};

fn check(kind: Kind, old: &str, new: &str, expected: Relation) {
    let found = compared(kind, &policy(kind, old), &policy(kind, new));
    assert_eq!(found.relation(), expected, "{found:#?}");
}

fn allow(rest: &str) -> String {
    format!(r#"{{"Effect": "Allow", {rest}}}"#)
}

fn get(resource: &str) -> String {
    allow(&format!(r#""Action": "s3:GetObject", "Resource": "{resource}""#))
}

fn get_if(condition: &str) -> String {
    allow(&format!(r#""Action": "s3:GetObject", "Resource": "*", "Condition": {condition}"#))
}

#[test]
fn a_wildcard_and_all_that_it_stands_for_are_equal() {
    let some = r#""Action": ["sqs:ListQueues", "sqs:listdeadlettersourcequeues"], "Resource": "*""#;
    let every = r#""Action": ["sqs:ListQueue*", "sqs:listdeadlettersourcequeues", "sqs:ListMessageMoveTasks"], "Resource": "*""#;
    let wildcard = allow(r#""Action": "sqs:List*", "Resource": "*""#);
    check(Kind::Identity, &allow(some), &wildcard, Relation::Wider);
    check(Kind::Identity, &allow(every), &wildcard, Relation::Equal);
}

#[test]
fn an_action_that_the_catalogue_does_not_know_is_compared_too() {
    let known = get("*");
    let new = allow(r#""Action": ["s3:GetObject", "brandnew:*"], "Resource": "*""#);
    check(Kind::Identity, &known, &new, Relation::Wider);
}

#[test]
fn a_longer_prefix_is_narrower() {
    check(Kind::Identity, &get("arn:aws:s3:::a*"), &get("arn:aws:s3:::ab*"), Relation::Narrower);
    check(Kind::Identity, &get("arn:aws:s3:::a/*"), &get("arn:aws:s3:::a/b?*"), Relation::Narrower);
    check(Kind::Identity, &get("arn:aws:s3:::a*"), &get("arn:aws:s3:::*a"), Relation::Both);
}

#[test]
fn several_resources_that_cover_one_only_together_are_seen_to() {
    let parts = allow(r#""Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/a?*", "arn:aws:s3:::b/a"]"#);
    check(Kind::Identity, &get("arn:aws:s3:::b/a*"), &parts, Relation::Equal);
}

#[test]
fn a_wildcard_in_a_part_of_an_arn_stops_at_the_colon() {
    let old = get("arn:aws:s3:*:*:a/x");
    check(Kind::Identity, &old, &get("arn:aws:s3:*a/x"), Relation::Both);
    check(Kind::Identity, &old, &get("arn:aws:s3:*:1*:a/x"), Relation::Narrower);
    let deny = |resource: &str| {
        format!(r#"{},{{"Effect": "Deny", "Action": "*", "Resource": "{resource}"}}"#, get("*"))
    };
    // AWS does not say whether this denies `arn:aws:s3:::other:a/x` too.
    check(Kind::Identity, &deny("arn:aws:s3:*:*:a/x"), &get("arn:aws:s3:::other*"), Relation::Narrower);
}

#[test]
fn a_deny_takes_away_what_an_allow_gives() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"}"#;
    let with = format!("{},{deny}", get("*"));
    check(Kind::Identity, &get("*"), &with, Relation::Narrower);
    check(Kind::Identity, &with, &get("arn:aws:s3:::public/*"), Relation::Narrower);
    check(Kind::Identity, &with, &get("arn:aws:s3:::secret/*"), Relation::Both);
    let except = allow(r#""Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*""#);
    check(Kind::Identity, &with, &except, Relation::Equal);
}

#[test]
fn a_condition_narrows_and_its_opposite_makes_it_whole() {
    let one = get_if(r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#);
    let other = get_if(r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#);
    check(Kind::Identity, &get("*"), &one, Relation::Narrower);
    check(Kind::Identity, &get("*"), &format!("{one},{other}"), Relation::Equal);
}

#[test]
fn numbers_dates_and_addresses_are_compared_as_what_they_are() {
    let old = get_if(r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}"#);
    check(
        Kind::Identity,
        &old,
        &get_if(r#"{"NumericLessThanEquals": {"aws:MultiFactorAuthAge": "299.5"}}"#),
        Relation::Narrower,
    );
    let old = get_if(r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}}"#);
    check(Kind::Identity, &old, &get_if(r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#), Relation::Equal);
    check(Kind::Identity, &old, &get_if(r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/7"}}"#), Relation::Wider);
    let old = get_if(r#"{"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}"#);
    check(
        Kind::Identity,
        &old,
        &get_if(r#"{"DateLessThanEquals": {"aws:CurrentTime": "2025-12-31T23:59:59Z"}}"#),
        Relation::Equal,
    );
}

#[test]
fn if_exists_is_wider_by_the_request_without_the_key() {
    let old = get_if(r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#);
    check(
        Kind::Identity,
        &old,
        &get_if(r#"{"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}"#),
        Relation::Wider,
    );
    let both = get_if(
        r#"{"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}, "Null": {"aws:SourceVpce": "false"}}"#,
    );
    check(Kind::Identity, &old, &both, Relation::Equal);
}

#[test]
fn for_all_values_is_wider_by_the_request_without_values() {
    let any = get_if(
        r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}, "ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#,
    );
    let all = get_if(r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#);
    check(Kind::Identity, &any, &all, Relation::Wider);
    let some = get_if(r#"{"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}"#);
    check(Kind::Identity, &some, &any, Relation::Narrower);
}

#[test]
fn a_policy_variable_is_some_text_and_the_same_text_everywhere() {
    let home = get("arn:aws:s3:::home/${aws:username}/*");
    check(Kind::Identity, &home, &home, Relation::Equal);
    check(Kind::Identity, &get("arn:aws:s3:::home/*"), &home, Relation::Narrower);
    check(Kind::Identity, &home, &get("arn:aws:s3:::home/alice/*"), Relation::Both);
}

#[test]
fn what_is_under_a_variable_is_under_it_whatever_it_is() {
    let home = get("arn:aws:s3:::home/${aws:username}/*");
    check(Kind::Identity, &home, &get("arn:aws:s3:::home/${aws:username}/docs/*"), Relation::Narrower);
    check(Kind::Identity, &home, &get("arn:aws:s3:::home/${aws:username}-old/*"), Relation::Both);
    check(Kind::Identity, &home, &get("arn:aws:s3:::home/${aws:PrincipalTag/team}/*"), Relation::Both);
    let two = get("arn:aws:s3:::home/${aws:username}/${aws:PrincipalTag/team}/*");
    check(Kind::Identity, &home, &two, Relation::Narrower);
}

#[test]
fn version_2008_knows_no_variables() {
    let text =
        format!(r#"{{"Version": "2008-10-17", "Statement": [{}]}}"#, get("arn:aws:s3:::${aws:username}"));
    let old = leastwise_policy::aws::Policy::parse(&text).expect("a policy");
    let new = policy(Kind::Identity, &get("arn:aws:s3:::${aws:username}"));
    assert_eq!(compared(Kind::Identity, &old, &new).relation(), Relation::Both);
}

#[test]
fn a_witness_says_which_statement_allows_and_which_denies() {
    let deny = r#"{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::secret/*"}"#;
    let old = policy(Kind::Identity, &format!("{},{deny}", get("*")));
    let found = compared(Kind::Identity, &old, &policy(Kind::Identity, &get("*")));
    let Answer::Some(witness) = found.gained else { panic!("{found:?}") };
    assert_eq!(witness.action, "s3:GetObject");
    assert!(witness.resource.starts_with("arn:aws:s3:::secret/"), "{witness:?}");
    assert_eq!(witness.allowed_by.expect("a statement").index, 0);
    assert_eq!(witness.denied_by.expect("a statement").sid.as_deref(), Some("No"));
}

#[test]
fn principals_are_compared_by_whom_they_stand_for() {
    let to = |principal: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:GetObject", "Resource": "*"}}"#
        )
    };
    let account = to(r#"{"AWS": "111122223333"}"#);
    check(Kind::Resource, &account, &to(r#"{"AWS": "arn:aws:iam::111122223333:root"}"#), Relation::Equal);
    check(
        Kind::Resource,
        &account,
        &to(r#"{"AWS": "arn:aws:iam::111122223333:role/a"}"#),
        Relation::Narrower,
    );
    check(Kind::Resource, &account, &to(r#""*""#), Relation::Wider);
    check(Kind::Resource, &account, &to(r#"{"Service": "lambda.amazonaws.com"}"#), Relation::Both);
    let role = to(r#"{"AWS": "arn:aws:iam::111122223333:role/a"}"#);
    let session = to(r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/a/s"}"#);
    check(Kind::Resource, &role, &session, Relation::Narrower);
    let by_key = r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/a"}}}"#;
    check(Kind::Resource, &role, by_key, Relation::Equal);
}

#[test]
fn a_resource_control_policy_touches_its_services_only() {
    let deny = |action: &str| {
        format!(r#"{{"Effect": "Deny", "Principal": "*", "Action": "{action}", "Resource": "*"}}"#)
    };
    check(Kind::ResourceControl, &deny("iam:*"), &deny("ec2:*"), Relation::Equal);
    check(Kind::ResourceControl, &deny("s3:*"), &deny("s3:PutObject"), Relation::Wider);
}

#[test]
fn a_search_that_is_given_up_is_unknown() {
    // Each `?` behind a `*` doubles what has to be told apart.
    let many = "?".repeat(40);
    let old = get(&format!("arn:aws:s3:::*a{many}a*"));
    check(Kind::Identity, &old, &get(&format!("arn:aws:s3:::*a{many}?a{many}")), Relation::Unknown);
}
