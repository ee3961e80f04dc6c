//! `CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID`: other accounts that may assume a role and of which nothing is asked.
//!
//! Whose account is one's own: `ours.rs`. Where nothing tells, nothing is said.

use leastwise_policy::aws::{DocumentKind, Effect, PrincipalBlock, PrincipalKind, PrincipalSet, Statement};

use super::ours::{Zone, account_of, is_account};
use crate::check::holder::limits_caller;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Facts, Report, Severity, Subject};
use crate::source::has_hole;

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

fn without_external_id(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind != DocumentKind::Trust {
        return;
    }
    for (view, statement) in subject.understood() {
        if statement.effect != Effect::Allow || statement.condition.iter().any(limits_caller) {
            continue;
        }
        let zone = facts.own.zone(subject, statement);
        for (account, text) in others(statement, &zone) {
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

/// The accounts that are let in and are none of ours, each with the principal as it was written.
fn others<'s>(statement: &'s Statement, zone: &Zone<'_>) -> Vec<(&'s str, &'s str)> {
    let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
        return Vec::new();
    };
    if !zone.is_known() {
        return Vec::new();
    }
    let texts = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Aws).flat_map(|(_, texts)| texts);
    let of = texts.filter_map(|text| {
        let account = if is_account(text) { text } else { account_of(text)? };
        (!has_hole(text) && !zone.has(account)).then_some((account, text.as_str()))
    });
    of.collect()
}
