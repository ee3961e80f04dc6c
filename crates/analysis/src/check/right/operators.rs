//! Condition operators and the keys that they are used with.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

use leastwise_policy::aws::Comparison::{self, Null};
use leastwise_policy::aws::{Operator, SetOperator};

use super::known::{Key, Kind, Lookup, key};
use super::notes::Notes;
use crate::check::row::{allows, error, security, suggestion, warning};
use crate::check::{Check, ConditionView, Example, Facts, Severity, StatementView, Subject};
use crate::source::{Node, has_hole};

/// An example that is about a condition.
macro_rules! condition {
    ($text:literal) => {
        Example::identity(allows!(concat!(
            r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*","#,
            "\n     \"Condition\": {",
            $text,
            "}"
        )))
    };
}
pub(super) use condition;

const GOOD: Example = condition!(r#""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#);

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_CONDITION_OPERATOR",
        "No such condition operator",
        "The condition is written with an operator that the policy language does not have. AWS refuses the document.",
    )
    .bad(condition!(r#""StringIs": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#))
    .good(GOOD)
    .noted(),
    error(
        "NULL_WITH_IF_EXISTS",
        "Null with IfExists",
        "`Null` asks whether the request has a key, so `IfExists` makes no sense behind it. AWS refuses the document.",
    )
    .bad(condition!(r#""NullIfExists": {"aws:PrincipalOrgID": "false"}"#))
    .good(condition!(r#""Null": {"aws:PrincipalOrgID": "false"}"#))
    .noted(),
    suggestion(
        "NULL_WITH_QUALIFIER",
        "Null with ForAllValues or ForAnyValue",
        "`Null` asks whether the request has a key. With `ForAllValues` it always holds and with `ForAnyValue` never, \
         so the condition does not say what it seems to.",
    )
    .severity(Severity::Low)
    .bad(condition!(r#""ForAllValues:Null": {"aws:TagKeys": "false"}"#))
    .good(condition!(r#""Null": {"aws:PrincipalOrgID": "false"}"#))
    .noted(),
    warning(
        "WILDCARD_WITHOUT_LIKE_OPERATOR",
        "A wildcard where none is meant",
        "The value has `*` or `?`, and the operator compares texts as they are: no wildcard is meant by it. With an \
         `Allow` nothing matches, with a negated operator in a `Deny` everything does.",
    )
    .severity(Severity::Medium)
    .bad(condition!(r#""StringEquals": {"aws:PrincipalTag/team": "pay*"}"#))
    .good(condition!(r#""StringLike": {"aws:PrincipalTag/team": "pay*"}"#))
    .noted(),
    warning(
        "TYPE_MISMATCH",
        "An operator that does not suit the key",
        "The operator compares another type of value than the key has, such as a number with a text. The condition \
         usually never holds.",
    )
    .severity(Severity::Medium)
    .bad(condition!(r#""StringEquals": {"aws:MultiFactorAuthAge": "3600"}"#))
    .good(condition!(r#""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#))
    .noted(),
    security(
        "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
        "ARNs compared as texts with wildcards",
        "A wildcard of `StringLike` runs over the colons of an ARN, so a pattern can match ARNs of other services and \
         accounts. `ArnLike` compares part by part.",
    )
    .severity(Severity::Low)
    .bad(condition!(r#""StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app-*"}"#))
    .good(condition!(r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app-*"}"#))
    .noted(),
    security(
        "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        "ForAllValues on a key with one value",
        "`ForAllValues` also holds when the request does not have the key at all, so in an `Allow` it lets requests \
         through that should have had it. It is meant for keys with several values.",
    )
    .bad(condition!(r#""ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#))
    .good(GOOD)
    .noted(),
    error(
        "MISSING_QUALIFIER",
        "A key with several values without ForAllValues or ForAnyValue",
        "A request can have several values of this key. Whether all of them must match or one is enough must be said, \
         with `ForAllValues` or `ForAnyValue`.",
    )
    .bad(condition!(r#""StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}"#))
    .good(condition!(r#""ForAnyValue:StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}"#))
    .noted(),
    error(
        "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
        "One key in two spellings",
        "Under one operator a key stands twice, in different capitals. Keys are compared without regard to case, so \
         these are two conditions on the same key, and AWS refuses the document.",
    )
    .bad(condition!(
        r#""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:PrincipalOrgId": "o-b1b2c3d4e5"}"#
    ))
    .good(condition!(r#""StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-b1b2c3d4e5"]}"#))
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for statement in subject.statements.iter().filter(|statement| statement.condition.is_some()) {
        names(statement, notes);
        for view in &statement.conditions {
            let Some(operator) = view.operator else { continue };
            if matches!(operator.base, Comparison::StringEquals | Comparison::StringNotEquals)
                || matches!(
                    operator.base,
                    Comparison::StringEqualsIgnoreCase | Comparison::StringNotEqualsIgnoreCase
                )
            {
                wildcard(view, notes);
            }
            if has_hole(&view.key.key) {
                continue;
            }
            if let Lookup::Found(key) = key(facts, &view.key.key) {
                suits(view, operator, key, notes);
                sets(statement, view, operator, key, notes);
            }
        }
    }
}

/// The operators themselves, and the keys under one of them.
fn names<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    for entry in statement.condition.iter().flat_map(|condition| condition.value.entries()) {
        let name = &entry.key;
        let is_null = |text: &str| {
            text.rsplit(':').next().is_some_and(|base| base.eq_ignore_ascii_case("NullIfExists"))
        };
        match Operator::parse(name) {
            _ if has_hole(name) => {}
            Err(_) if is_null(name) => {
                notes
                    .place("NULL_WITH_IF_EXISTS", entry.at, &entry.value, "`Null` takes no `IfExists`")
                    .fix("write `Null`");
            }
            Err(_) => {
                let message = format!("there is no condition operator `{name}`");
                notes.place("INVALID_CONDITION_OPERATOR", entry.at, &entry.value, message);
            }
            Ok(Operator { base: Null, set: Some(set), .. }) => {
                let always = if set == SetOperator::ForAllValues { "always holds" } else { "never holds" };
                let message = format!("`{name}` {always}");
                notes.place("NULL_WITH_QUALIFIER", entry.at, &entry.value, message).fix("write `Null` alone");
            }
            Ok(_) => {}
        }
        let keys = entry.value.entries();
        for (index, key) in keys.iter().enumerate() {
            let twin = |other: &&crate::source::Entry| {
                other.key != key.key && other.key.eq_ignore_ascii_case(&key.key)
            };
            if let Some(first) = keys[..index].iter().find(twin) {
                let message = format!("`{}` and `{}` are the same key", first.key, key.key);
                notes.place("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", key.at, &key.value, message);
            }
        }
    }
}

/// Values with wildcards under an operator that knows none.
fn wildcard<'a>(view: &ConditionView<'a>, notes: &mut Notes<'a>) {
    for (node, text) in view.texts().filter(|(_, text)| text.contains(['*', '?']) && !has_hole(text)) {
        let plain = text.replace("${*}", "").replace("${?}", "");
        if super::arns::open(&plain).chars().filter(|c| matches!(c, '*' | '?')).count()
            > plain.matches("${").count()
        {
            let operator = &view.operator_entry.key;
            let like = operator.replacen("EqualsIgnoreCase", "Like", 1).replacen("Equals", "Like", 1);
            let message = format!("`{operator}` compares `{text}` as it stands, without wildcards");
            notes
                .at("WILDCARD_WITHOUT_LIKE_OPERATOR", node, message)
                .fix(format!("write `{like}`, or `${{*}}` and `${{?}}` for the characters themselves"));
        }
    }
}

/// What an operator compares.
fn compares(base: Comparison) -> &'static str {
    let name = base.as_str();
    let families = ["String", "Numeric", "Date", "Arn", "Bool", "Binary"];
    match families.into_iter().find(|family| name.starts_with(family)) {
        Some(family) => family,
        None if base == Null => "Null",
        None => "IpAddress",
    }
}

fn suits<'a>(view: &ConditionView<'a>, operator: Operator, key: Key, notes: &mut Notes<'a>) {
    use Comparison::{StringLike, StringNotLike};
    let (name, written) = (&view.key.key, &view.operator_entry.key);
    if key.kind == Kind::Arn && matches!(operator.base, StringLike | StringNotLike) {
        let arn = written.replacen("String", "Arn", 1);
        let message =
            format!("`{written}` compares the ARNs of `{name}` as texts: a wildcard runs over colons");
        notes
            .place("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", view.key.at, &view.key.value, message)
            .fix(format!("write `{arn}`"));
        return;
    }
    let (own, compared) = (wanted(key.kind), compares(operator.base));
    // Tags are texts that people also give numbers and dates; so are the values of queries and headers.
    let is_open = name.contains('/');
    // A text that is an ARN is compared well enough as one; an ARN as a text when nothing is a wildcard.
    let fine = own.contains(&compared) || is_open || compared == "Null" || compared == "Binary";
    if !fine {
        let message = format!("`{written}` does not suit `{name}`");
        notes
            .place("TYPE_MISMATCH", view.key.at, &view.key.value, message)
            .fix(format!("write an operator of the type `{}`", own[0]));
    }
}

/// The families of operators that suit a key.
const fn wanted(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text => &["String", "Arn"],
        Kind::Arn => &["Arn", "String"],
        Kind::Bool => &["Bool"],
        Kind::Date => &["Date", "Numeric"],
        Kind::Number => &["Numeric"],
        Kind::Address => &["IpAddress"],
    }
}

fn sets<'a>(
    statement: &StatementView<'a>,
    view: &ConditionView<'a>,
    operator: Operator,
    key: Key,
    notes: &mut Notes<'a>,
) {
    let (name, written) = (&view.key.key, &view.operator_entry.key);
    if key.several && operator.set.is_none() && operator.base != Null {
        let message = format!("a request can have several values of `{name}`");
        notes
            .place("MISSING_QUALIFIER", view.key.at, &view.key.value, message)
            .fix(format!("write `ForAnyValue:{written}` or `ForAllValues:{written}`"));
    }
    let single = !key.several && operator.set == Some(SetOperator::ForAllValues) && operator.base != Null;
    if single && statement.allows() && !is_there(statement, name) {
        let message = format!("`{written}` holds when the request does not have `{name}`");
        notes
            .place("FORALLVALUES_WITH_SINGLE_VALUED_KEY", view.key.at, &view.key.value, message)
            .fix(format!("write `{}`", written.split_once(':').map_or("", |(_, rest)| rest)));
    }
}

/// Whether the statement says that the request must have the key.
fn is_there(statement: &StatementView<'_>, name: &str) -> bool {
    let says_false = |node: &Node| match &node.value {
        crate::source::Value::Bool(truth) => !truth,
        crate::source::Value::Text(text) => text.eq_ignore_ascii_case("false"),
        _ => false,
    };
    statement.conditions.iter().any(|view| {
        view.operator.is_some_and(|operator| operator.base == Null)
            && view.key.key.eq_ignore_ascii_case(name)
            && view.key.value.one_or_many().iter().all(says_false)
    })
}
