//! What a replay must say.

use leastwise_policy::aws::{Named, Policy};
use leastwise_policy::time::Timestamp;

use super::*;
use crate::usage::{Outcome, UsageContext};

fn row(action: &str, arn: &str, outcome: Outcome) -> UsageRow {
    UsageRow {
        principal: "arn:aws:iam::111122223333:role/agent".to_owned(),
        action: action.to_owned(),
        resource: Resource::Exact(arn.to_owned()),
        outcome,
        context: UsageContext::default(),
        count: 3,
        first: Timestamp::from_seconds(1_790_000_000),
        last: Timestamp::from_seconds(1_790_000_000),
        example: "e".to_owned(),
    }
}

fn set(statement: &str) -> PolicySet {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    PolicySet::of_identity(vec![Named::new("p", Policy::parse(&text).unwrap())])
}

const READ: &str = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;

#[test]
fn only_authorised_events_are_replayed_and_each_counts() {
    let rows = [Outcome::Used, Outcome::Failed, Outcome::Denied, Outcome::Unknown]
        .map(|outcome| row("s3:GetObject", "arn:aws:s3:::b/k", outcome));
    let replay = replay(&rows, &set(READ), None);
    assert_eq!((replay.events, replay.allowed), (6, 6));
    assert!(replay.holds());
}

#[test]
fn what_no_statement_allows_is_newly_denied() {
    let rows = [row("s3:PutObject", "arn:aws:s3:::b/k", Outcome::Used)];
    let replay = replay(&rows, &set(READ), Some(&set(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)));
    assert_eq!(replay.denied_events(), 3);
    assert!(!replay.holds());
}

#[test]
fn what_the_log_cannot_decide_names_the_keys() {
    let guarded = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#;
    let rows = [row("s3:GetObject", "arn:aws:s3:::b/k", Outcome::Used)];
    let undecided = replay(&rows, &set(guarded), None);
    assert_eq!(undecided.undecided[0].missing_keys, ["aws:securetransport"]);
    let as_before = replay(&rows, &set(guarded), Some(&set(guarded)));
    assert_eq!((as_before.allowed, as_before.as_granted), (3, 3));
}

#[test]
fn what_the_grant_did_not_allow_either_is_not_newly_denied() {
    let rows = [row("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", Outcome::Used)];
    let replay = replay(&rows, &set(READ), Some(&set(READ)));
    assert_eq!((replay.not_granted_events(), replay.denied_events()), (3, 0));
}

#[test]
fn an_action_that_is_granted_elsewhere_is_undecided_while_its_grant_is_kept() {
    let rows = [row("s3:GetObject", "arn:aws:s3:::other/k", Outcome::Used)];
    let kept = replay(&rows, &set(READ), Some(&set(READ)));
    assert_eq!((kept.undecided_events(), kept.not_granted_events(), kept.denied_events()), (3, 0, 0));
    let less = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/k*"}"#;
    assert_eq!(replay(&rows, &set(less), Some(&set(READ))).denied_events(), 3);
}

#[test]
fn what_nobody_denied_before_is_newly_denied() {
    let rows = [row("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", Outcome::Used)];
    let deny = format!(r#"{READ},{{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}"#);
    assert_eq!(replay(&rows, &set(&deny), Some(&set(READ))).denied_events(), 3);
}

#[test]
fn a_boundary_that_does_not_allow_is_said_to_be_the_reason() {
    let mut granted = set(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    granted.boundary = Some(set(READ).identity);
    let mut new = set(READ);
    new.boundary = granted.boundary.clone();
    let rows = [row("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", Outcome::Used)];
    let replay = replay(&rows, &new, Some(&granted));
    assert!(replay.not_granted[0].reason.starts_with("the permissions boundary"), "{replay:?}");
}

#[test]
fn whether_a_service_asked_kms_for_the_caller_is_not_known_when_the_log_does_not_say() {
    let via = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"StringLike":{"kms:ViaService":"s3.*"}}}"#;
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let rows = [row("kms:Decrypt", key, Outcome::Used)];
    assert_eq!(replay(&rows, &set(via), None).undecided_events(), 3);
    let as_before = replay(&rows, &set(via), Some(&set(via)));
    assert_eq!((as_before.allowed, as_before.as_granted), (3, 3));
}
