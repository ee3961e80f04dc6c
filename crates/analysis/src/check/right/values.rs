//! The values of conditions, as the operators read them.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use leastwise_policy::aws::Comparison::{self, BinaryEquals, Bool, Null};
use leastwise_policy::aws::Operator;
use leastwise_policy::time::Timestamp;

use super::known::{Lookup, key};
use super::notes::Notes;
use super::operators::condition;
use crate::check::row::{allows, error, suggestion, warning};
use crate::check::{Check, ConditionView, Example, Facts, Severity, Subject};
use crate::source::{Node, Value, has_hole};

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_CONDITION_DATA_TYPE",
        "Values of different types",
        "The values of one key are of different JSON types, or of a type that no value has, such as an object. AWS \
         refuses the document.",
    )
    .bad(condition!(r#""StringEquals": {"aws:PrincipalTag/level": ["1", 2]}"#))
    .good(condition!(r#""StringEquals": {"aws:PrincipalTag/level": ["1", "2"]}"#))
    .noted(),
    error(
        "INVALID_CONDITION_MULTIPLE_BOOLEAN",
        "Several truth values",
        "A key that is true or false is compared with several values: with both the condition always holds, and with \
         one twice the second is in vain.",
    )
    .bad(condition!(r#""Bool": {"aws:SecureTransport": ["true", "false"]}"#))
    .good(condition!(r#""Bool": {"aws:SecureTransport": "true"}"#))
    .noted(),
    warning(
        "TYPE_MISMATCH_BOOLEAN",
        "Not a truth value",
        "`Bool` and `Null` compare with `true` or `false`. With anything else the condition never holds.",
    )
    .severity(Severity::Medium)
    .bad(condition!(r#""Bool": {"aws:SecureTransport": "yes"}"#))
    .good(condition!(r#""Bool": {"aws:SecureTransport": "true"}"#))
    .noted(),
    warning(
        "TYPE_MISMATCH_NUMBER",
        "Not a number",
        "A numeric operator compares with a number. With anything else the condition never holds.",
    )
    .severity(Severity::Medium)
    .bad(condition!(r#""NumericLessThan": {"aws:MultiFactorAuthAge": "one hour"}"#))
    .good(condition!(r#""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#))
    .noted(),
    warning(
        "TYPE_MISMATCH_DATE",
        "Not a date",
        "A date operator compares with a date such as `2026-12-31` or `2026-12-31T23:59:59Z`. With anything else the \
         condition never holds.",
    )
    .severity(Severity::Medium)
    .bad(condition!(r#""DateLessThan": {"aws:CurrentTime": "31.12.2026"}"#))
    .good(condition!(r#""DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}"#))
    .noted(),
    warning(
        "INVALID_DATE_VALUE",
        "A date as a number of seconds",
        "The date is written as seconds since 1970, which people cannot read and which is easily wrong by a zero.",
    )
    .bad(condition!(r#""DateLessThan": {"aws:CurrentTime": "1798761599"}"#))
    .good(condition!(r#""DateLessThan": {"aws:CurrentTime": "2026-12-31T23:59:59Z"}"#))
    .noted(),
    warning(
        "TYPE_MISMATCH_STRING",
        "Not base64",
        "`BinaryEquals` compares with a value in base64. With anything else the condition never holds.",
    )
    .severity(Severity::Medium)
    .bad(condition!(r#""BinaryEquals": {"aws:PrincipalTag/key": "not base64!"}"#))
    .good(condition!(r#""BinaryEquals": {"aws:PrincipalTag/key": "QmluYXJ5VmFsdWU="}"#))
    .noted(),
    error(
        "INVALID_VARIABLE_FOR_OPERATOR",
        "A policy variable where it is not replaced",
        "Policy variables are replaced only under operators for texts and ARNs. Under any other the value is the text \
         `${…}` itself, and the condition never holds.",
    )
    .bad(condition!(r#""NumericLessThan": {"aws:MultiFactorAuthAge": "${aws:PrincipalTag/age}"}"#))
    .good(condition!(r#""StringEquals": {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}"#))
    .noted(),
    suggestion(
        "REDUNDANT_CONDITION_VALUE_NUM",
        "Several bounds",
        "Several values under less-than or greater-than: one is enough, so the widest one is what counts.",
    )
    .severity(Severity::Low)
    .bad(condition!(r#""NumericLessThan": {"aws:MultiFactorAuthAge": ["1800", "3600"]}"#))
    .good(condition!(r#""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#))
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for view in subject.statements.iter().flat_map(|statement| &statement.conditions) {
        types(view, notes);
        let Some(operator) = view.operator else { continue };
        let values = view.key.value.one_or_many();
        if matches!(operator.base, Bool | Null) && values.len() > 1 && operator.set.is_none() {
            let single = operator.base == Null
                || matches!(key(facts, &view.key.key), Lookup::Found(key) if !key.several);
            if single {
                let message = format!("`{}` has {} values", view.key.key, values.len());
                notes.at("INVALID_CONDITION_MULTIPLE_BOOLEAN", &view.key.value, message);
            }
        }
        for node in values {
            value(view, operator, node, notes);
        }
        bounds(view, operator, notes);
    }
}

/// All values of one JSON type.
fn types<'a>(view: &ConditionView<'a>, notes: &mut Notes<'a>) {
    let values = view.key.value.one_or_many();
    let kind = |node: &Node| match node.value {
        Value::Text(_) => 1,
        Value::Number(_) => 2,
        Value::Bool(_) => 3,
        Value::Unknown(_) => 0,
        _ => 4,
    };
    if let Some(odd) = values.iter().find(|node| kind(node) == 4) {
        let message = format!("a value of `{}` is {}", view.key.key, odd.describe());
        notes.at("INVALID_CONDITION_DATA_TYPE", odd, message);
        return;
    }
    let Some(first) = values.iter().find(|node| kind(node) != 0) else { return };
    if let Some(odd) = values.iter().find(|node| kind(node) != 0 && kind(node) != kind(first)) {
        let message =
            format!("the values of `{}` are {} and {}", view.key.key, first.describe(), odd.describe());
        notes.at("INVALID_CONDITION_DATA_TYPE", odd, message);
    }
}

/// A value as text, if it is one of the simple types.
fn plain(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => Some(text),
        Value::Bool(truth) => Some(if *truth { "true" } else { "false" }),
        _ => None,
    }
}

fn value<'a>(view: &ConditionView<'a>, operator: Operator, node: &'a Node, notes: &mut Notes<'a>) {
    let Some(text) = plain(node).filter(|text| !has_hole(text)) else { return };
    let base = operator.base.as_str();
    let (code, what, fine) = match operator.base {
        Bool | Null => {
            let fine = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
            ("TYPE_MISMATCH_BOOLEAN", "is neither `true` nor `false`", fine)
        }
        BinaryEquals => ("TYPE_MISMATCH_STRING", "is not base64", is_base64(text)),
        Comparison::IpAddress | Comparison::NotIpAddress => ("", "", true),
        _ if base.starts_with("Numeric") => {
            ("TYPE_MISMATCH_NUMBER", "is not a number", text.trim().parse::<f64>().is_ok_and(f64::is_finite))
        }
        _ if base.starts_with("Date") => {
            ("TYPE_MISMATCH_DATE", "is not a date", Timestamp::parse(text).is_some())
        }
        _ => return,
    };
    let written = &view.operator_entry.key;
    if text.contains("${") {
        let message = format!("`{written}` replaces no policy variables: `{text}`");
        notes.at("INVALID_VARIABLE_FOR_OPERATOR", node, message);
    } else if !fine {
        notes.at(code, node, format!("the value `{text}` of `{written}` {what}"));
    } else if base.starts_with("Date") && text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let shown = Timestamp::parse(text).map(|time| time.to_string()).unwrap_or_default();
        notes
            .at("INVALID_DATE_VALUE", node, format!("`{text}` is a number of seconds"))
            .fix(format!("write `{shown}`"));
    }
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Several values where only the widest counts.
fn bounds<'a>(view: &ConditionView<'a>, operator: Operator, notes: &mut Notes<'a>) {
    use Comparison::{NumericGreaterThan, NumericGreaterThanEquals, NumericLessThan, NumericLessThanEquals};
    let less = matches!(operator.base, NumericLessThan | NumericLessThanEquals);
    let more = matches!(operator.base, NumericGreaterThan | NumericGreaterThanEquals);
    let values = view.key.value.one_or_many();
    let numbers: Option<Vec<f64>> = values.iter().map(|node| plain(node)?.trim().parse().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() > 1 && (less || more)) else { return };
    let pick = if less { f64::max } else { f64::min };
    let widest = numbers.into_iter().reduce(pick).unwrap_or_default();
    let message = format!("of the values of `{}` only {widest} counts", view.key.key);
    notes.at("REDUNDANT_CONDITION_VALUE_NUM", &view.key.value, message).fix(format!("write only `{widest}`"));
}
