//! The elements of a statement, one by one.

use super::{DocumentKind, Parsed, Refusal, of, refuse, unknown_key};
use crate::aws::{
    ActionPattern, Condition, Conditions, Effect, Operator, PrincipalKind, PrincipalSet, ResourcePattern,
    Version,
};
use crate::json::{Kind, Member, Value};
use crate::time::Timestamp;

pub(super) fn string(value: &Value) -> Parsed<&str> {
    match &value.kind {
        Kind::String(text) => Ok(text),
        _ => refuse(value.at, format!("expected a string, found {}", value.describe())),
    }
}

/// One value, or a list of at least one.
pub(super) fn list_of<T>(value: &Value, read: impl Fn(&Value) -> Parsed<T>) -> Parsed<Vec<T>> {
    let Kind::Array(list) = &value.kind else { return Ok(vec![read(value)?]) };
    if list.is_empty() {
        return refuse(value.at, "the list is empty; it needs at least one value");
    }
    let mut all = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        all.push(read(value).map_err(|refusal| refusal.under(&index.to_string()))?);
    }
    Ok(all)
}

pub(super) fn version(value: &Value) -> Parsed<Version> {
    match string(value)? {
        "2012-10-17" => Ok(Version::V2012_10_17),
        "2008-10-17" => Ok(Version::V2008_10_17),
        other => refuse(value.at, format!("unknown version `{other}`; write `2012-10-17`")),
    }
}

pub(super) fn effect(value: &Value) -> Parsed<Effect> {
    match string(value)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => refuse(value.at, format!("unknown effect `{other}`; write `Allow` or `Deny`, exactly so")),
    }
}

pub(super) fn action(value: &Value) -> Parsed<ActionPattern> {
    let text = string(value)?;
    match check_action(text) {
        Ok(()) => Ok(ActionPattern::new(text)),
        Err(reason) => refuse(value.at, reason),
    }
}

fn check_action(text: &str) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    let Some((vendor, name)) = text.split_once(':') else {
        return Err(format!("the action `{text}` must begin with a service: `s3:GetObject`, or be `*`"));
    };
    let literal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if vendor.is_empty() || !vendor.bytes().all(literal) {
        return Err(format!(
            "the service `{vendor}` of the action `{text}` must be a plain name without wildcards"
        ));
    }
    if name.contains(':') {
        return Err(format!("the action `{text}` can contain only one colon"));
    }
    if name.is_empty() || !name.chars().all(|character| character.is_ascii_graphic()) {
        return Err(format!("the action `{text}` has no valid name behind the colon"));
    }
    Ok(())
}

pub(super) fn resource(value: &Value, kind: DocumentKind) -> Parsed<ResourcePattern> {
    let text = string(value)?;
    match check_resource(text, kind) {
        Ok(()) => Ok(ResourcePattern::new(text)),
        Err(reason) => refuse(value.at, reason),
    }
}

fn check_resource(text: &str, kind: DocumentKind) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    let mut parts = text.splitn(6, ':');
    let (head, partition, service) = (parts.next(), parts.next(), parts.next());
    let (Some("arn"), Some(partition)) = (head, partition) else {
        return Err(format!("the resource `{text}` must be an ARN or `*`"));
    };
    let in_partition = |character: char| character.is_ascii_alphanumeric() || "-*?".contains(character);
    if partition.is_empty() || !partition.chars().all(in_partition) {
        return Err(format!(
            "the partition `{partition}` of the resource `{text}` is not valid; most are `aws`"
        ));
    }
    // "Resource vendor must be fully qualified and cannot contain regexes."
    if service.is_none_or(|service| service.is_empty() || service.contains(['*', '?'])) {
        return Err(format!(
            "the resource `{text}` must name a service, without wildcards: `arn:aws:s3:::bucket`"
        ));
    }
    let incomplete = parts.count() < 3;
    if incomplete && kind == DocumentKind::Session {
        return Err(format!(
            "the resource `{text}` has fewer than six parts, which a session policy must not"
        ));
    }
    if incomplete && text.contains("::") {
        return Err(format!(
            "the resource `{text}` has an empty part, but fewer than six; is a colon missing?"
        ));
    }
    Ok(())
}

pub(super) fn principal_set(value: &Value) -> Parsed<PrincipalSet> {
    let members = match &value.kind {
        Kind::String(text) if text == "*" => return Ok(PrincipalSet::Everyone),
        Kind::Object(members) if !members.is_empty() => members,
        _ => return refuse(value.at, "expected `\"*\"` or an object such as `{\"AWS\": \"arn:…\"}`"),
    };
    let mut kinds = Vec::with_capacity(members.len());
    for member in members {
        let Some(kind) = PrincipalKind::ALL.into_iter().find(|kind| kind.as_str() == member.key) else {
            return Err(unknown_key(member, &member.key, &PrincipalKind::ALL.map(PrincipalKind::as_str)));
        };
        kinds.push((kind, of(member, |value| list_of(value, |value| Ok(string(value)?.to_owned())))?));
    }
    Ok(PrincipalSet::ByKind(kinds))
}

pub(super) fn conditions(value: &Value) -> Parsed<Conditions> {
    let mut conditions = Conditions::new();
    for member in object(value)? {
        let operator = match Operator::parse(&member.key) {
            Ok(operator) => operator,
            Err(error) => return Err(Refusal::new(member.at, error.to_string()).under(&member.key)),
        };
        of(member, |value| {
            for member in object(value)? {
                conditions.push(of(member, |value| condition(operator, member, value))?);
            }
            Ok(())
        })?;
    }
    Ok(conditions)
}

fn object(value: &Value) -> Parsed<&[Member]> {
    match &value.kind {
        Kind::Object(members) => Ok(members),
        _ => refuse(value.at, format!("expected an object, found {}", value.describe())),
    }
}

fn condition(operator: Operator, member: &Member, value: &Value) -> Parsed<Condition> {
    if member.key.is_empty() {
        return refuse(member.at, "a condition key cannot be empty");
    }
    let read = |value: &Value| condition_value(operator, value);
    let values = match &value.kind {
        Kind::Array(list) if list.is_empty() => Vec::new(),
        _ => list_of(value, read)?,
    };
    Ok(Condition { operator, key: member.key.clone(), values })
}

/// "Quotation marks are optional for numeric and Boolean values."
fn condition_value(operator: Operator, value: &Value) -> Parsed<String> {
    let text = match &value.kind {
        Kind::String(text) | Kind::Number(text) => text.clone(),
        Kind::Bool(truth) => truth.to_string(),
        _ => {
            return refuse(
                value.at,
                format!("expected a string, number or boolean, found {}", value.describe()),
            );
        }
    };
    let is_date = operator.base.as_str().starts_with("Date");
    if is_date && Timestamp::parse(&text).is_none() {
        return refuse(value.at, format!("`{text}` is not a date; write `2026-10-01T00:00:00Z`"));
    }
    Ok(text)
}
