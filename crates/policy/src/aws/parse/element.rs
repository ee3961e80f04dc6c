//! The elements of a statement, one by one.

use super::{DocumentKind, Parsed, Refusal, of, refuse, unknown_key};
use crate::aws::{
    ActionPattern, Condition, Conditions, Effect, Operator, PrincipalKind, PrincipalSet, ResourcePattern,
    Version,
};
use crate::json::{Keyed, Shape, Tree};
use crate::time::Timestamp;
use std::borrow::Cow;

pub(super) fn string<T: Tree>(value: &T) -> Parsed<Cow<'_, str>> {
    match value.shape() {
        Shape::String(text) => Ok(text),
        other => refuse(value.at(), format!("expected a string, found {}", other.describe())),
    }
}

/// One value, or a list of at least one.
pub(super) fn list_of<V: Tree, T>(value: &V, read: impl Fn(&V) -> Parsed<T>) -> Parsed<Vec<T>> {
    let Shape::Array(list) = value.shape() else { return Ok(vec![read(value)?]) };
    if list.is_empty() {
        return refuse(value.at(), "the list is empty; it needs at least one value");
    }
    let mut all = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        all.push(read(value).map_err(|refusal| refusal.under(&index.to_string()))?);
    }
    Ok(all)
}

pub(super) fn version<T: Tree>(value: &T) -> Parsed<Version> {
    match &*string(value)? {
        "2012-10-17" => Ok(Version::V2012_10_17),
        "2008-10-17" => Ok(Version::V2008_10_17),
        other => refuse(value.at(), format!("unknown version `{other}`; write `2012-10-17`")),
    }
}

pub(super) fn effect<T: Tree>(value: &T) -> Parsed<Effect> {
    match &*string(value)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => refuse(value.at(), format!("unknown effect `{other}`; write `Allow` or `Deny`, exactly so")),
    }
}

pub(super) fn action<T: Tree>(value: &T) -> Parsed<ActionPattern> {
    let text = string(value)?;
    match check_action(&text) {
        Ok(()) => Ok(ActionPattern::new(text)),
        Err(reason) => refuse(value.at(), reason),
    }
}

/// What stands before and behind the first colon.
fn halves(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// Whether the text is a service, a colon and a name as nearly all are, which one look at each byte tells.
fn is_plain_action(text: &str) -> bool {
    /// By byte: 1 where it may stand in a service, 2 where it may stand in a name.
    const MAY: [u8; 256] = {
        let mut may = [0; 256];
        let mut byte = b'!';
        while byte <= b'~' {
            let in_service = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
            let in_name = byte != b':';
            may[byte as usize] = in_service as u8 | (in_name as u8) << 1;
            byte += 1;
        }
        may
    };
    let bytes = text.as_bytes();
    let mut services = bytes.iter().take_while(|byte| MAY[usize::from(**byte)] & 1 != 0);
    let colon = services.by_ref().count();
    let name = bytes.get(colon + 1..).unwrap_or_default();
    let all = name.iter().fold(2, |all, byte| all & MAY[usize::from(*byte)]);
    colon > 0 && bytes.get(colon) == Some(&b':') && !name.is_empty() && all != 0
}

/// Refuses what IAM does not take for an action, and says why.
fn check_action(text: &str) -> Result<(), String> {
    if text == "*" || is_plain_action(text) {
        return Ok(());
    }
    let Some((vendor, name)) = halves(text) else {
        return Err(format!("the action `{text}` must begin with a service: `s3:GetObject`, or be `*`"));
    };
    let literal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if vendor.is_empty() || !vendor.bytes().all(literal) {
        return Err(format!(
            "the service `{vendor}` of the action `{text}` must be a plain name without wildcards"
        ));
    }
    if name.bytes().any(|byte| byte == b':') {
        return Err(format!("the action `{text}` can contain only one colon"));
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("the action `{text}` has no valid name behind the colon"));
    }
    Ok(())
}

pub(super) fn resource<T: Tree>(value: &T, kind: DocumentKind) -> Parsed<ResourcePattern> {
    let text = string(value)?;
    match check_resource(&text, kind) {
        Ok(()) => Ok(ResourcePattern::new(text)),
        Err(reason) => refuse(value.at(), reason),
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

pub(super) fn principal_set<T: Tree>(value: &T) -> Parsed<PrincipalSet> {
    let members = match value.shape() {
        Shape::String(text) if text == "*" => return Ok(PrincipalSet::Everyone),
        Shape::Object(members) if !members.is_empty() => members,
        _ => return refuse(value.at(), "expected `\"*\"` or an object such as `{\"AWS\": \"arn:…\"}`"),
    };
    let mut kinds = Vec::with_capacity(members.len());
    for member in members {
        let Some(kind) = PrincipalKind::ALL.into_iter().find(|kind| kind.as_str() == member.key()) else {
            return Err(unknown_key::<T>(
                member,
                member.key(),
                &PrincipalKind::ALL.map(PrincipalKind::as_str),
            ));
        };
        kinds.push((kind, of(member, |value| list_of(value, |value| Ok(string(value)?.into_owned())))?));
    }
    Ok(PrincipalSet::ByKind(kinds))
}

pub(super) fn conditions<T: Tree>(value: &T) -> Parsed<Conditions> {
    let mut conditions = Conditions::new();
    for member in object(value)? {
        let operator = match Operator::parse(member.key()) {
            Ok(operator) => operator,
            Err(error) => return Err(Refusal::new(member.at(), error.to_string()).under(member.key())),
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

fn object<T: Tree>(value: &T) -> Parsed<&[T::Member]> {
    match value.shape() {
        Shape::Object(members) => Ok(members),
        other => refuse(value.at(), format!("expected an object, found {}", other.describe())),
    }
}

fn condition<T: Tree>(operator: Operator, member: &T::Member, value: &T) -> Parsed<Condition> {
    if member.key().is_empty() {
        return refuse(member.at(), "a condition key cannot be empty");
    }
    let read = |value: &T| condition_value(operator, value);
    let values = match value.shape() {
        Shape::Array([]) => Vec::new(),
        _ => list_of(value, read)?,
    };
    Ok(Condition { operator, key: member.key().to_owned(), values })
}

/// "Quotation marks are optional for numeric and Boolean values."
fn condition_value<T: Tree>(operator: Operator, value: &T) -> Parsed<String> {
    let text = match value.shape() {
        Shape::String(text) => text.into_owned(),
        Shape::Number(text) => text.to_owned(),
        Shape::Bool(truth) => truth.to_string(),
        other => {
            return refuse(
                value.at(),
                format!("expected a string, number or boolean, found {}", other.describe()),
            );
        }
    };
    let is_date = operator.base.as_str().starts_with("Date");
    if is_date && Timestamp::parse(&text).is_none() {
        return refuse(value.at(), format!("`{text}` is not a date; write `2026-10-01T00:00:00Z`"));
    }
    Ok(text)
}
