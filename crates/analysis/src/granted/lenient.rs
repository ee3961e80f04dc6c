//! What IAM's grammar does not have and still stands in policies, read as widely as it could be meant.
//!
//! A statement that allows and is not read is not looked at, so it would pass for harmless. What is read here is only
//! ever wider than what the strict reading has: `*:*` for every action, `arn:aws:*` for every resource, a `Sid` with
//! other letters than IAM takes. A `Deny` is never read so: what is not sure to deny does not count.

use leastwise_policy::aws::{
    ActionBlock, ActionPattern, DocumentKind, Policy, ResourceBlock, ResourcePattern,
};
use leastwise_policy::json::{Kind, Member, Value};

use crate::source::has_hole;

/// Stands for a resource while the rest is read.
const ANY: &str = "*";

/// Reads a document strictly, and where that refuses it, as widely as it could be meant; the reason of the strict
/// reading when that does not help either.
pub(crate) fn policy(value: &Value, kind: DocumentKind) -> Result<Policy, String> {
    Policy::of_json(value, kind).or_else(|reason| widely(value, kind).ok_or(reason))
}

fn widely(value: &Value, kind: DocumentKind) -> Option<Policy> {
    let mut plain = value.clone();
    let statements = member(&mut plain, "Statement")?;
    let mut meant: Vec<Meant> = match &mut statements.kind {
        Kind::Array(list) => list.iter_mut().map(Meant::of).collect(),
        Kind::Object(_) => vec![Meant::of(statements)],
        _ => return None,
    };
    if meant.iter().all(Meant::is_nothing) {
        return None;
    }
    let mut policy = Policy::of_json(&plain, kind).ok()?;
    for (statement, meant) in policy.statements.iter_mut().zip(meant.drain(..)) {
        if let ActionBlock::Action(patterns) = &mut statement.action {
            for (index, text) in meant.actions {
                *patterns.get_mut(index)? = ActionPattern::new(text);
            }
        }
        if let Some(ResourceBlock::Resource(patterns)) = &mut statement.resource {
            for (index, text) in meant.resources {
                *patterns.get_mut(index)? = ResourcePattern::new(text);
            }
        }
    }
    Some(policy)
}

/// What was taken out of a statement, with its number in its list.
#[derive(Default)]
struct Meant {
    sid: bool,
    actions: Vec<(usize, String)>,
    resources: Vec<(usize, String)>,
}

impl Meant {
    fn of(statement: &mut Value) -> Meant {
        let mut meant = Meant::default();
        let allows = |value: &mut Value| matches!(&value.kind, Kind::String(text) if text == "Allow");
        if !member(statement, "Effect").is_some_and(allows) {
            meant.resources =
                member(statement, "Resource").map(|value| replace(value, invoked)).unwrap_or_default();
            return meant;
        }
        if let Kind::Object(members) = &mut statement.kind {
            let is_odd = |member: &Member| {
                let Kind::String(text) = &member.value.kind else { return false };
                member.key == "Sid" && !text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            };
            let before = members.len();
            members.retain(|member| !is_odd(member));
            meant.sid = members.len() < before;
        }
        meant.actions = member(statement, "Action").map(|value| replace(value, action)).unwrap_or_default();
        meant.resources =
            member(statement, "Resource").map(|value| replace(value, resource)).unwrap_or_default();
        meant
    }

    fn is_nothing(&self) -> bool {
        !self.sid && self.actions.is_empty() && self.resources.is_empty()
    }
}

fn member<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    let Kind::Object(members) = &mut value.kind else { return None };
    members.iter_mut().find(|member| member.key == key).map(|member| &mut member.value)
}

/// Puts `*` for each text that `read` reads, and says what it read.
fn replace(value: &mut Value, read: fn(&str) -> Option<String>) -> Vec<(usize, String)> {
    let list = match &mut value.kind {
        Kind::Array(list) => list.as_mut_slice(),
        _ => std::slice::from_mut(value),
    };
    let mut found = Vec::new();
    for (index, value) in list.iter_mut().enumerate() {
        let Kind::String(text) = &mut value.kind else { continue };
        if let Some(meant) = read(text) {
            ANY.clone_into(text);
            found.push((index, meant));
        }
    }
    found
}

/// An action with wildcards for its service: `*:*`, `*:Get*`.
fn action(text: &str) -> Option<String> {
    match text.split_once(':') {
        Some((service, name)) => (service.contains(['*', '?']) && !name.is_empty()).then(|| text.to_owned()),
        None => (text.len() > 1 && text.bytes().all(|byte| byte == b'*')).then(|| ANY.to_owned()),
    }
}

/// The short form that API Gateway takes in policies of its interfaces: `execute-api:/stage/GET/pets`.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>
fn invoked(text: &str) -> Option<String> {
    let path = text.strip_prefix("execute-api:")?;
    (path.starts_with('/') || path == ANY).then(|| format!("arn:*:execute-api:*:*:*{path}"))
}

/// A resource with wildcards for its service: `arn:*`, `arn:aws:*`, `arn:aws:*:*:*:*`; or one without any that is no ARN,
/// such as the default of a parameter, which is nothing that there is.
fn resource(text: &str) -> Option<String> {
    if let Some(arn) = invoked(text) {
        return Some(arn);
    }
    if !text.is_empty() && !text.starts_with("arn:") && !text.contains(['*', '?', '$']) && !has_hole(text) {
        return Some(text.to_owned());
    }
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    if text.len() > 1 && all(text) {
        return Some(ANY.to_owned());
    }
    let mut parts = text.splitn(6, ':');
    if !matches!(parts.next(), Some("arn" | "*")) || !text.contains(['*', '?']) {
        return None;
    }
    let partition = parts.next().unwrap_or(ANY);
    let Some(service) = parts.next() else { return all(partition).then(|| ANY.to_owned()) };
    if !service.contains(['*', '?']) {
        return None;
    }
    let rest: Vec<&str> = parts.collect();
    match all(service) && rest.iter().all(|part| part.is_empty() || all(part)) {
        true => Some(ANY.to_owned()),
        false => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use leastwise_policy::json;

    use super::*;

    fn read(statement: &str) -> Result<Policy, String> {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        policy(&json::parse(&text).expect("JSON"), DocumentKind::Identity)
    }

    #[test]
    fn wildcards_for_a_service_are_read_as_widely_as_they_could_be_meant() {
        let of = |action: &str, resource: &str| {
            let text = format!(
                r#"{{"Effect": "Allow", "Action": ["s3:Get*", "{action}"], "Resource": "{resource}"}}"#
            );
            let policy = read(&text).expect("a policy");
            let statement = &policy.statements[0];
            let resource = statement.resource.as_ref().expect("a resource").patterns()[0].as_str().to_owned();
            (statement.action.applies_to("iam:CreateUser"), resource)
        };
        assert_eq!(of("*:*", "*"), (true, "*".to_owned()));
        assert_eq!(of("*:Get*", "*"), (false, "*".to_owned()));
        for everything in ["arn:*", "arn:aws:*", "arn:aws:*:*:*:*", "arn:*:*:*", "**"] {
            assert_eq!(of("*", everything), (true, "*".to_owned()), "{everything}");
        }
        let some = "arn:aws:*:*:111122223333:*".to_owned();
        assert_eq!(of("*", &some), (true, some));
    }

    #[test]
    fn the_short_form_of_api_gateway_is_the_interface_that_has_the_policy() {
        for effect in ["Allow", "Deny"] {
            let text = format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Principal": "*",
                    "Action": "execute-api:Invoke", "Resource": ["execute-api:/*", "execute-api:/prod/GET/pets"]}}}}"#
            );
            let policy =
                policy(&json::parse(&text).expect("JSON"), DocumentKind::Resource).expect("a policy");
            let resources = policy.statements[0].resource.as_ref().expect("resources").patterns();
            let texts: Vec<&str> = resources.iter().map(|pattern| pattern.as_str()).collect();
            assert_eq!(texts, ["arn:*:execute-api:*:*:*/*", "arn:*:execute-api:*:*:*/prod/GET/pets"]);
        }
    }

    #[test]
    fn a_resource_that_is_none_allows_nothing_and_hides_nothing() {
        let text = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["SomeParameter", "arn:aws:s3:::a/*"]}"#;
        let policy = read(text).expect("a policy");
        let resources = policy.statements[0].resource.as_ref().expect("resources").patterns();
        assert_eq!(resources[0].as_str(), "SomeParameter");
        assert!(read(&text.replace("SomeParameter", "s3:::*")).is_err());
    }

    #[test]
    fn a_name_that_iam_refuses_does_not_hide_what_a_statement_allows() {
        assert!(read(r#"{"Sid": "a b!", "Effect": "Allow", "Action": "*", "Resource": "*"}"#).is_ok());
    }

    #[test]
    fn a_deny_and_what_is_no_wildcard_are_read_strictly() {
        for refused in [
            r#"{"Effect": "Deny", "Action": "*:*", "Resource": "*"}"#,
            r#"{"Effect": "allow", "Action": "*", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "s3", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"aws:username": "a"}}}"#,
        ] {
            assert!(read(refused).is_err(), "{refused}");
        }
    }
}
