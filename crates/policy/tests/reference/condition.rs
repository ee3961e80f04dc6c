//! The condition block of a statement.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use serde_json::{Map, Value};

use super::case::texts;
use super::know::Know;
use super::text::{Piece, chars, fill, glob, is_arn};
use super::value;
use super::world::{Seen, World};

/// An operator taken apart: `ForAllValues:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator<'a> {
    pub(crate) set: Option<Set>,
    /// Without `Not`.
    pub(crate) base: &'a str,
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    All,
    Any,
}

/// Whether all of a statement's conditions hold: operators and keys are joined by AND.
pub(crate) fn holds(statement: &Map<String, Value>, variables: bool, world: &World) -> Know {
    Know::all(tests(statement).map(|(operator, key, values)| test(operator, key, values, variables, world)))
}

/// Every test of a statement: operator, key, values.
pub(crate) fn tests(statement: &Map<String, Value>) -> impl Iterator<Item = (&str, &str, &Value)> {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    operators.flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, values)| (operator.as_str(), key.as_str(), values))
    })
}

/// Whether one test holds.
pub(crate) fn test(operator: &str, key: &str, values: &Value, variables: bool, world: &World) -> Know {
    let operator = take_apart(operator);
    let wanted = texts(values);
    let seen = world.see(key);
    if operator.base == "Null" {
        return is_null(&seen, &wanted);
    }
    match seen {
        Seen::Unknown => Know::Perhaps,
        // "If the key is not present, evaluate the condition element as true."
        Seen::Absent if operator.if_exists => Know::Yes,
        Seen::Absent => Know::of(match operator.set {
            // "It also returns true if there are no context keys in the request."
            Some(Set::All) => true,
            // "If the key does not exist, the condition returns false."
            Some(Set::Any) => false,
            // "If the policy condition requires that the key is *not* matched, … the condition is true."
            None => operator.negated,
        }),
        // "… or if the context key value resolves to a null dataset, such as an empty string."
        Seen::Values(found) if operator.set == Some(Set::All) && found.iter().all(String::is_empty) => {
            Know::Yes
        }
        Seen::Values(found) => {
            let each = found.iter().map(|found| {
                let matched = Know::any(
                    wanted.iter().map(|wanted| matches(operator.base, found, wanted, variables, world)),
                );
                if operator.negated { matched.not() } else { matched }
            });
            if operator.set == Some(Set::All) { Know::all(each) } else { Know::any(each) }
        }
    }
}

/// `true`: the key does not exist, it is null; `false`: the key exists and its value is not null.
fn is_null(seen: &Seen, wanted: &[String]) -> Know {
    let null = match seen {
        Seen::Unknown => return Know::Perhaps,
        Seen::Absent => true,
        Seen::Values(found) => found.iter().all(String::is_empty),
    };
    Know::of(wanted.iter().any(|wanted| wanted == if null { "true" } else { "false" }))
}

pub(crate) fn take_apart(operator: &str) -> Operator<'_> {
    let (set, rest) = match operator.split_once(':') {
        Some(("ForAllValues", rest)) => (Some(Set::All), rest),
        Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
        _ => (None, operator),
    };
    let (rest, if_exists) = match rest.strip_suffix("IfExists") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let (base, negated) = match rest {
        "StringNotEquals" => ("StringEquals", true),
        "StringNotEqualsIgnoreCase" => ("StringEqualsIgnoreCase", true),
        "StringNotLike" => ("StringLike", true),
        "NumericNotEquals" => ("NumericEquals", true),
        "DateNotEquals" => ("DateEquals", true),
        "NotIpAddress" => ("IpAddress", true),
        "ArnNotEquals" => ("ArnEquals", true),
        "ArnNotLike" => ("ArnLike", true),
        other => (other, false),
    };
    Operator { set, base, negated, if_exists }
}

/// Whether one value of the request matches one value of the policy.
fn matches(base: &str, found: &str, wanted: &str, variables: bool, world: &World) -> Know {
    let text = |wildcards: bool, matches: &dyn Fn(&[Piece]) -> bool| {
        fill(wanted, variables, wildcards, world).test(matches)
    };
    let equals = |pieces: &[Piece]| glob(pieces, &chars(found));
    match base {
        "StringEquals" => text(false, &equals),
        "StringEqualsIgnoreCase" => {
            let lower = chars(&found.to_lowercase());
            text(false, &|pieces| glob(&lowered(pieces), &lower))
        }
        "StringLike" => text(true, &equals),
        "ArnEquals" | "ArnLike" => text(true, &|pieces| is_arn(pieces, found)),
        // "Compares the value of the specified key byte for byte against a base-64 encoded representation."
        "Bool" | "BinaryEquals" => Know::of(found == wanted),
        "IpAddress" => Know::of(value::is_in(found, wanted)),
        other => Know::of(compares(other, found, wanted)),
    }
}

fn lowered(pieces: &[Piece]) -> Vec<Piece> {
    let lower = |piece: &Piece| match piece {
        Piece::Char(found) => found.to_lowercase().map(Piece::Char).collect(),
        other => vec![*other],
    };
    pieces.iter().flat_map(lower).collect()
}

/// The numeric and date operators.
fn compares(base: &str, found: &str, wanted: &str) -> bool {
    let (read, comparison): (fn(&str) -> Option<i128>, &str) = match base.strip_prefix("Numeric") {
        Some(comparison) => (value::number, comparison),
        None => (value::moment, base.strip_prefix("Date").unwrap_or("")),
    };
    let (Some(found), Some(wanted)) = (read(found), read(wanted)) else { return false };
    match comparison {
        "Equals" => found == wanted,
        "LessThan" => found < wanted,
        "LessThanEquals" => found <= wanted,
        "GreaterThan" => found > wanted,
        "GreaterThanEquals" => found >= wanted,
        other => panic!("the reference does not know the operator `{base}` ({other})"),
    }
}
