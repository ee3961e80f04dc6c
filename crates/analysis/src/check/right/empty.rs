//! Elements that hold nothing.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>

use leastwise_policy::aws::{DocumentKind, SetOperator};

use crate::check::row::{allows, suggestion};
use crate::check::{Check, ConditionView, Example, Report, Subject};
use crate::source::{Node, Value};

const GOOD: Example = Example::identity(allows!(
    r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}"#
));
const GOOD_TRUST: Example = Example::policy(
    DocumentKind::Trust,
    allows!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole""#),
);

pub(super) static CHECKS: &[Check] = &[
    suggestion(
        "EMPTY_ARRAY_ACTION",
        "No actions in the list",
        "The list of actions is empty, so the statement neither allows nor denies anything.",
    )
    .bad(Example::identity(allows!(r#""Action": [], "Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .found(|subject, _, report| {
        for statement in &subject.statements {
            for entry in [statement.action, statement.not_action].into_iter().flatten() {
                list(&entry.value, "no actions are named, so the statement has no effect", report);
            }
        }
    }),
    suggestion(
        "EMPTY_ARRAY_RESOURCE",
        "No resources in the list",
        "The list of resources is empty, so the statement neither allows nor denies anything.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": []"#)))
    .good(GOOD)
    .found(|subject, _, report| {
        for statement in &subject.statements {
            for entry in [statement.resource, statement.not_resource].into_iter().flatten() {
                list(&entry.value, "no resources are named, so the statement has no effect", report);
            }
        }
    }),
    suggestion(
        "EMPTY_ARRAY_PRINCIPAL",
        "No principals in the list",
        "The list of principals is empty, so the statement is about nobody and has no effect.",
    )
    .bad(Example::policy(
        DocumentKind::Trust,
        allows!(r#""Principal": {"AWS": []}, "Action": "sts:AssumeRole""#),
    ))
    .good(GOOD_TRUST)
    .found(|subject, _, report| {
        for statement in &subject.statements {
            for entry in [statement.principal, statement.not_principal].into_iter().flatten() {
                for kind in entry.value.entries() {
                    list(&kind.value, "no principals are named", report);
                }
            }
        }
    }),
    suggestion(
        "EMPTY_OBJECT_PRINCIPAL",
        "No principals at all",
        "The principal element is empty, so the statement is about nobody and has no effect.",
    )
    .bad(Example::policy(DocumentKind::Trust, allows!(r#""Principal": {}, "Action": "sts:AssumeRole""#)))
    .good(GOOD_TRUST)
    .found(|subject, _, report| {
        for statement in &subject.statements {
            for entry in [statement.principal, statement.not_principal].into_iter().flatten() {
                object(&entry.value, "no principals are named, so the statement has no effect", report);
            }
        }
    }),
    suggestion(
        "EMPTY_OBJECT_CONDITION",
        "No conditions",
        "The condition element, or an operator in it, is empty: the statement applies as if it were not there.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*", "Condition": {}"#
    )))
    .good(GOOD)
    .found(|subject, _, report| {
        for condition in subject.statements.iter().filter_map(|statement| statement.condition) {
            object(&condition.value, "the condition is empty and has no effect", report);
            for operator in condition.value.entries() {
                object(&operator.value, "the operator has no keys and no effect", report);
            }
        }
    }),
    suggestion(
        "EMPTY_ARRAY_CONDITION",
        "No values for a condition key",
        "A condition key has an empty list of values. A positive operator then never holds, a negated one always does.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"StringEquals": {"aws:PrincipalOrgID": []}}"#
    )))
    .good(GOOD)
    .found(|subject, _, report| {
        condition(subject, report, "has no values", |view| {
            view.operator.is_none_or(|operator| operator.set.is_none() && !operator.if_exists)
        });
    }),
    suggestion(
        "EMPTY_ARRAY_CONDITION_FORALLVALUES",
        "ForAllValues with no values",
        "`ForAllValues` with an empty list holds only when the request does not have the key. `Null` says so plainly.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"ForAllValues:StringEquals": {"aws:CalledVia": []}}"#
    )))
    .good(GOOD)
    .found(|subject, _, report| {
        condition(subject, report, "holds only when the request does not have it", |view| {
            view.operator.is_some_and(|operator| operator.set == Some(SetOperator::ForAllValues))
        });
    }),
    suggestion(
        "EMPTY_ARRAY_CONDITION_FORANYVALUE",
        "ForAnyValue with no values",
        "`ForAnyValue` with an empty list never holds, so the statement never applies.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": []}}"#
    )))
    .good(GOOD)
    .found(|subject, _, report| {
        condition(subject, report, "never holds", |view| {
            view.operator.is_some_and(|operator| operator.set == Some(SetOperator::ForAnyValue))
        });
    }),
    suggestion(
        "EMPTY_ARRAY_CONDITION_IFEXISTS",
        "IfExists with no values",
        "`…IfExists` with an empty list holds only when the request does not have the key. `Null` says so plainly.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": []}}"#
    )))
    .good(GOOD)
    .found(|subject, _, report| {
        condition(subject, report, "holds only when the request does not have it", |view| {
            view.operator.is_some_and(|operator| operator.set.is_none() && operator.if_exists)
        });
    }),
];

fn list(node: &Node, message: &str, report: &mut Report<'_>) {
    if matches!(&node.value, Value::List(items) if items.is_empty()) {
        report.at(node, message);
    }
}

fn object(node: &Node, message: &str, report: &mut Report<'_>) {
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        report.at(node, message);
    }
}

fn condition(
    subject: &Subject<'_>,
    report: &mut Report<'_>,
    effect: &str,
    wanted: impl Fn(&ConditionView<'_>) -> bool,
) {
    for view in subject.statements.iter().flat_map(|statement| &statement.conditions) {
        if matches!(&view.key.value.value, Value::List(items) if items.is_empty()) && wanted(view) {
            let (operator, key) = (&view.operator_entry.key, &view.key.key);
            report.at(&view.key.value, format!("`{operator}` on `{key}` {effect}"));
        }
    }
}
