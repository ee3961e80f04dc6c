//! Conditions that hold always, never, or whenever the request has the key, since their value is `*`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>

use leastwise_policy::aws::{Operator, SetOperator};

use super::notes::Notes;
use super::operators::condition;
use crate::check::row::{allows, suggestion};
use crate::check::{Check, Example, Facts, Severity, Subject};

pub(super) static CHECKS: &[Check] = &[
    suggestion(
        "EQUIVALENT_TO_NULL_FALSE",
        "A pattern that only asks whether there is a value",
        "Every text matches `*`, so the condition holds whenever the request has the key. `Null` says so plainly.",
    )
    .bad(condition!(r#""StringLike": {"aws:PrincipalTag/team": "*"}"#))
    .good(condition!(r#""Null": {"aws:PrincipalTag/team": "false"}"#))
    .noted(),
    suggestion(
        "EQUIVALENT_TO_NULL_TRUE",
        "A pattern that only asks whether there is no value",
        "Every text matches `*`, so the negated condition holds only when the request does not have the key. `Null` says \
         so plainly.",
    )
    .bad(condition!(r#""StringNotLike": {"aws:PrincipalTag/team": "*"}"#))
    .good(condition!(r#""Null": {"aws:PrincipalTag/team": "true"}"#))
    .noted(),
    suggestion(
        "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION",
        "A condition that always holds",
        "Every text matches `*`, and a request without the key is let through too: the condition says nothing.",
    )
    .severity(Severity::Low)
    .bad(condition!(r#""StringLikeIfExists": {"aws:PrincipalTag/team": "*"}"#))
    .good(condition!(r#""StringLikeIfExists": {"aws:PrincipalTag/team": "pay*"}"#))
    .noted(),
    suggestion(
        "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION",
        "A condition that never holds",
        "Every text matches `*`, and every request has the key, so the negated condition never holds: the statement says \
         nothing.",
    )
    .severity(Severity::Low)
    .bad(condition!(r#""StringNotLike": {"aws:PrincipalAccount": "*"}"#))
    .good(condition!(r#""StringNotEquals": {"aws:PrincipalAccount": "111122223333"}"#))
    .noted(),
];

/// Keys that every request has; the account of those who do not say who they are is `anonymous`:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalaccount>.
const ALWAYS: &[&str] =
    &["aws:principalaccount", "aws:principaltype", "aws:requestedregion", "aws:useragent", "aws:userid"];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    for view in subject.statements.iter().flat_map(|statement| &statement.conditions) {
        let Some(operator) = view.operator else { continue };
        let base = operator.base.as_str();
        let by_pattern = base.ends_with("Like") || base.starts_with("Arn");
        if !by_pattern || !view.texts().any(|(_, text)| text == "*") {
            continue;
        }
        let always = ALWAYS.iter().any(|key| key.eq_ignore_ascii_case(&view.key.key));
        let (code, message) = meaning(operator, always);
        let message = format!("`{}` on `{}` {message}", view.operator_entry.key, view.key.key);
        notes.place(code, view.key.at, &view.key.value, message);
    }
}

/// What such a condition comes to.
fn meaning(operator: Operator, always_there: bool) -> (&'static str, &'static str) {
    const TRUE: (&str, &str) = ("REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", "always holds");
    const NEVER: (&str, &str) = ("REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION", "never holds");
    const THERE: (&str, &str) = ("EQUIVALENT_TO_NULL_FALSE", "holds whenever the request has the key");
    const ABSENT: (&str, &str) =
        ("EQUIVALENT_TO_NULL_TRUE", "holds only when the request does not have the key");
    let open = operator.if_exists || operator.set == Some(SetOperator::ForAllValues);
    match (operator.base.is_negated(), operator.set) {
        (false, _) if open || always_there => TRUE,
        (false, _) => THERE,
        (true, Some(SetOperator::ForAnyValue)) if !operator.if_exists => NEVER,
        (true, _) if always_there => NEVER,
        (true, _) => ABSENT,
    }
}
