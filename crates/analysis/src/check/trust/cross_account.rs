//! `EXTERNAL_ACCESS`, `CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID`: other accounts that a policy lets in.
//!
//! Whose account is one's own is taken from the principals that were read, and from the ARNs of the resource that the
//! policy is about. Where neither tells, nothing is said.

use std::collections::BTreeSet;

use leastwise_policy::aws::compare::FIXING;
use leastwise_policy::aws::{
    Condition, DocumentKind, Effect, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};

use crate::check::holder::limits_caller;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, Subject};
use crate::source::has_hole;

pub(super) static EXTERNAL_ACCESS: Check = own(
    Class::Trust,
    Severity::Low,
    "EXTERNAL_ACCESS",
    "Another account is let in",
    "The policy of a resource names another account, and no condition limits it further. That can be meant; it should \
     be known, and it should be the role that needs it and not the whole account. Whoever administers that account \
     decides who may use the permission.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html"],
)
.mitre(&["T1199"])
.bad(Example::resource(
    "AWS::SQS::Queue",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
    "Action": "sqs:SendMessage",
    "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders"
  }
}"#,
))
.good(Example::resource(
    "AWS::SQS::Queue",
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/shop"},
    "Action": "sqs:SendMessage",
    "Resource": "arn:aws:sqs:eu-west-1:111122223333:orders"
  }
}"#,
))
.found(external);

pub(super) static WITHOUT_EXTERNAL_ID: Check = own(
    Class::Trust,
    Severity::Medium,
    "CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID",
    "Another account may assume the role, unconditionally",
    "The trust policy lets another account, as a whole, assume the role, and asks for nothing: no external id, no \
     organisation, no MFA. If that account belongs to a service that works for many customers, another customer can \
     make it act on this role (the confused deputy). Ask for the external id that the other side made for you, or name \
     the one role of your own organisation that needs it.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"],
)
.mitre(&["T1199"])
.bad(Example::file(
    "account.json",
    r#"{
  "RoleDetailList": [
    {
      "RoleName": "vendor",
      "Arn": "arn:aws:iam::111122223333:role/vendor",
      "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}
        ]
      }
    }
  ]
}"#,
))
.good(Example::file(
    "account.json",
    r#"{
  "RoleDetailList": [
    {
      "RoleName": "vendor",
      "Arn": "arn:aws:iam::111122223333:role/vendor",
      "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "5f1c0f3e"}}
          }
        ]
      }
    }
  ]
}"#,
))
.found(without_external_id);

fn external(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind != DocumentKind::Resource {
        return;
    }
    for (view, statement) in subject.understood() {
        let limits = statement.condition.iter().any(fixes);
        if statement.effect != Effect::Allow || limits {
            continue;
        }
        let own = own_accounts(subject, statement);
        for (account, text) in others(statement, &own) {
            let of = view.principal_texts();
            let node = of.iter().find(|(_, _, here)| *here == text).map_or(view.node, |(_, node, _)| *node);
            let whole = text == account || text.ends_with(":root");
            let what = if whole { "the whole account" } else { "a principal of the account" };
            report
                .at(node, format!("lets in {what} {account}, which is another than the resource's"))
                .fix("name the role that needs it, or limit it by `aws:PrincipalOrgID`");
        }
    }
}

fn without_external_id(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind != DocumentKind::Trust {
        return;
    }
    for (view, statement) in subject.understood() {
        if statement.effect != Effect::Allow || statement.condition.iter().any(limits_caller) {
            continue;
        }
        let own = own_accounts(subject, statement);
        for (account, text) in others(statement, &own) {
            if text != account && !text.ends_with(":root") {
                continue;
            }
            let of = view.principal_texts();
            let node = of.iter().find(|(_, _, here)| *here == text).map_or(view.node, |(_, node, _)| *node);
            report
                .at(
                    node,
                    format!(
                        "everybody in account {account} whom it lets may assume the role, unconditionally"
                    ),
                )
                .fix("ask for `sts:ExternalId`, or name the role that needs it");
        }
    }
}

/// The accounts that the policy itself belongs to, as far as names tell.
fn own_accounts<'s>(subject: &'s Subject<'_>, statement: &'s Statement) -> BTreeSet<&'s str> {
    let arn = |text: &'s str| text.split(':').nth(4).filter(|account| is_account(account));
    let resources = statement.resource.iter().flat_map(|block| block.patterns());
    let mut own: BTreeSet<&str> = resources.filter_map(|pattern| arn(pattern.as_str())).collect();
    own.extend(arn(&subject.document.name));
    own
}

/// The accounts that are let in and are none of these, each with the principal as it was written.
fn others<'s>(statement: &'s Statement, own: &BTreeSet<&str>) -> Vec<(&'s str, &'s str)> {
    let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
        return Vec::new();
    };
    if own.is_empty() {
        return Vec::new();
    }
    let texts = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws).flat_map(|(_, texts)| texts);
    let of = texts.filter_map(|text| {
        let account = if is_account(text) { text } else { text.split(':').nth(4)? };
        (is_account(account) && !has_hole(text) && !own.contains(account)).then_some((account, text.as_str()))
    });
    of.collect()
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn fixes(condition: &Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    !condition.operator.base.is_negated() && !condition.operator.if_exists && FIXING.contains(&key.as_str())
}
