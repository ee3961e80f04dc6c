//! Comparing the policies of one principal, and under a permissions boundary.

use crate::support::{Known, policy};
use leastwise_policy::aws::compare::{Answer, Kind, Question, Witness};

const ROLE: &str = "arn:aws:iam::111122223333:role/agents/order-agent";

fn asked(old: &str, new: &str, boundary: Option<&str>, principal: Option<&str>) -> Option<Witness> {
    let parsed = |statements| policy(Kind::Identity, statements);
    let (old, new, boundary) = (parsed(old), parsed(new), boundary.map(parsed));
    let boundary: Option<Vec<_>> = boundary.as_ref().map(|boundary| vec![boundary]);
    let (old, new) = ([&old], [&new]);
    let question =
        Question { boundary: boundary.as_deref(), principal, ..Question::new(Kind::Identity, &old, &new) };
    match question.answer(&Known) {
        Answer::None => None,
        Answer::Some(witness) => Some(*witness),
        Answer::Unknown(reason) => panic!("{reason:?}"),
    }
}

fn allow(action: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}", "Condition": {condition}}}"#
    )
}

fn get(resource: &str) -> String {
    allow("s3:GetObject", resource, "{}")
}

#[test]
fn what_a_boundary_does_not_allow_is_not_gained() {
    let boundary = get("arn:aws:s3:::a/*");
    assert_eq!(asked(&get("arn:aws:s3:::a/*"), &get("*"), Some(&boundary), None), None);
    let gained = asked(&get("arn:aws:s3:::a/x"), &get("*"), Some(&boundary), None).unwrap();
    assert!(gained.resource.starts_with("arn:aws:s3:::a/") && gained.resource != "arn:aws:s3:::a/x");
    assert_eq!(gained.allowed_by.unwrap().document, 0);
}

#[test]
fn what_a_boundary_denies_is_not_gained() {
    let deny = r#"{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::a/*"}"#;
    let boundary = format!("{},{deny}", allow("*", "*", "{}"));
    assert_eq!(asked(&get("arn:aws:s3:::a/*"), &get("*"), Some(&boundary), None), None);
    assert!(asked(&get("arn:aws:s3:::b/*"), &get("*"), Some(&boundary), None).is_some());
}

#[test]
fn a_boundary_that_allows_nothing_lets_nothing_be_gained() {
    let boundary = allow("sqs:*", "*", "{}");
    assert_eq!(asked(&get("arn:aws:s3:::a"), &get("*"), Some(&boundary), None), None);
}

#[test]
fn the_condition_of_a_boundary_holds_for_what_is_gained() {
    let boundary = allow("s3:*", "*", r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#);
    let gained = asked(&get("arn:aws:s3:::a"), &get("*"), Some(&boundary), None).unwrap();
    assert_eq!(gained.context, [("aws:SourceVpce".to_owned(), vec!["vpce-1".to_owned()])]);
    let old = allow("s3:GetObject", "*", r#"{"StringLike": {"aws:SourceVpce": "vpce-*"}}"#);
    assert_eq!(asked(&old, &get("*"), Some(&boundary), None), None);
}

#[test]
fn a_condition_on_who_asks_is_none_for_the_one_who_does() {
    let own =
        |arn: &str| allow("s3:GetObject", "*", &format!(r#"{{"ArnLike": {{"aws:PrincipalArn": "{arn}"}}}}"#));
    assert!(asked(&own("arn:aws:iam::*:role/agents/*"), &get("*"), None, None).is_some());
    assert_eq!(asked(&own("arn:aws:iam::*:role/agents/*"), &get("*"), None, Some(ROLE)), None);
    let gained = asked(&own("arn:aws:iam::*:role/others/*"), &get("*"), None, Some(ROLE)).unwrap();
    assert_eq!(gained.principal, ROLE);
    assert!(gained.session.is_some());
}
