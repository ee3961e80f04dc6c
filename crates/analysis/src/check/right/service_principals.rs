//! AWS services as principals of policies on resources.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>

use leastwise_policy::aws::DocumentKind;

use super::notes::Notes;
use crate::check::row::{allows, error, security, suggestion};
use crate::check::{Check, Example, Facts, StatementView, Subject};
use crate::source::has_hole;

/// A topic policy that allows a service to publish, under this condition.
macro_rules! topic {
    ($condition:literal) => {
        Example::resource(
            "AWS::SNS::Topic",
            allows!(concat!(
                r#""Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish",
     "Resource": "arn:aws:sns:eu-west-1:111122223333:uploads""#,
                $condition
            )),
        )
    };
}

const GOOD: Example = topic!(
    r#",
     "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::uploads"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}"#
);

pub(super) static CHECKS: &[Check] = &[
    security(
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
        "A service on anybody's behalf",
        "The statement lets an AWS service in, and the service acts for whoever configured it: anybody can have it use \
         the resource. A condition on `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths` \
         says on whose behalf.",
    )
    .mitre(&["T1199"])
    .bad(topic!(""))
    .good(GOOD)
    .noted(),
    suggestion(
        "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
        "A weak condition on a service",
        "The statement lets an AWS service in under a condition that does not say on whose behalf it acts. \
         `aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths` do.",
    )
    .bad(topic!(
        r#",
     "Condition": {"StringEquals": {"aws:Referer": "111122223333"}}"#
    ))
    .good(GOOD)
    .noted(),
    error(
        "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
        "A condition that no service meets",
        "An AWS service that calls for itself has no account, organisation or tags of a principal: the condition never \
         holds, and the service is not let in.",
    )
    .bad(topic!(
        r#",
     "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#
    ))
    .good(GOOD)
    .noted(),
];

const SOURCES: &[&str] =
    &["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"];

/// Keys of the principal that requests of services do not have.
const PRINCIPAL: &[&str] =
    &["aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/", "aws:username"];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    if subject.document.kind != DocumentKind::Resource {
        return;
    }
    for statement in subject.statements.iter().filter(|statement| statement.allows()) {
        one(statement, notes);
    }
}

fn one<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    let Some(entry) = statement.principal else { return };
    let services = entry.value.entries().iter().find(|kind| kind.key == "Service");
    let Some(services) = services else { return };
    let keys: Vec<String> =
        statement.conditions.iter().map(|view| view.key.key.to_ascii_lowercase()).collect();
    if keys.iter().any(|key| has_hole(key)) {
        return;
    }
    let alone = entry.value.entries().len() == 1;
    for view in statement.conditions.iter().filter(|_| alone) {
        let lower = view.key.key.to_ascii_lowercase();
        let asked = view.operator.is_some_and(|operator| {
            !operator.if_exists
                && !operator.base.is_negated()
                && operator.set != Some(leastwise_policy::aws::SetOperator::ForAllValues)
                && operator.base != leastwise_policy::aws::Comparison::Null
        });
        if asked && PRINCIPAL.iter().any(|key| lower == *key || key.ends_with('/') && lower.starts_with(key))
        {
            let message = format!("requests of AWS services do not have `{}`", view.key.key);
            notes
                .place(
                    "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
                    view.key.at,
                    &view.key.value,
                    message,
                )
                .fix("write `aws:SourceOrgID` or another key of the source");
        }
    }
    if keys.iter().any(|key| SOURCES.contains(&&**key)) {
        return;
    }
    let weak = keys.iter().find(|key| matches!(&***key, "aws:referer" | "aws:useragent" | "aws:sourceip"));
    if let Some(weak) = weak {
        let message = format!("`{weak}` does not say on whose behalf the service acts");
        notes.at("RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", &services.value, message);
        return;
    }
    // A key policy can say by these on whose behalf.
    let bound = |key: &String| {
        key.starts_with("kms:encryptioncontext") || matches!(&**key, "kms:calleraccount" | "kms:viaservice")
    };
    if !keys.iter().any(bound) {
        let texts: Vec<&str> = services.value.one_or_many().iter().filter_map(|node| node.text()).collect();
        let message = format!("{} may use the resource on anybody's behalf", texts.join(", "));
        notes
            .at("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", &services.value, message)
            .fix("add a condition on `aws:SourceArn` or `aws:SourceAccount`");
    }
}
