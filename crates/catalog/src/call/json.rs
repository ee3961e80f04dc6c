//! Parameters that are already a JSON value.

use super::apply::Parameters;
use super::syntax::Path;
use serde_json::Value;

impl Parameters for Value {
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str)) {
        start(self, &path.0, &mut |value| match value {
            Value::String(text) => found(text),
            Value::Number(number) => found(&number.to_string()),
            Value::Bool(true) => found("true"),
            Value::Bool(false) => found("false"),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        });
    }

    fn has(&self, path: &Path) -> bool {
        let mut found = false;
        start(self, &path.0, &mut |value| found |= !is_empty(value));
        found
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Walks the parameters, or those that are wrapped in their only member.
fn start(value: &Value, path: &[Box<str>], found: &mut dyn FnMut(&Value)) {
    let wrapped = value
        .as_object()
        .filter(|members| members.len() == 1)
        .and_then(|members| members.iter().next())
        .filter(|(name, inside)| Path::is_wrapper(name) && inside.is_object());
    walk(wrapped.map_or(value, |(_, inside)| inside), path, found);
}

/// Calls `found` with what `path` leads to; an array stands for each of its elements, and what newer EC2 calls
/// write as `{"tag": 1, "content": …}` for its content.
fn walk(value: &Value, path: &[Box<str>], found: &mut dyn FnMut(&Value)) {
    if let Value::Array(items) = value {
        for item in items {
            walk(item, path, found);
        }
        return;
    }
    if let Value::Object(members) = value
        && let (2, Some(_), Some(content)) = (members.len(), members.get("tag"), members.get("content"))
    {
        return walk(content, path, found);
    }
    let Some((name, rest)) = path.split_first() else { return found(value) };
    if let Some((name, filter)) = name.split_once('[') {
        return walk_some(value, name, filter.trim_end_matches(']'), rest, found);
    }
    if let Value::Object(members) = value {
        for (_, member) in members.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            walk(member, rest, found);
        }
    }
}

/// Walks those elements whose member has a value: `items[operation=Put]`.
fn walk_some(value: &Value, name: &str, filter: &str, rest: &[Box<str>], found: &mut dyn FnMut(&Value)) {
    let Some((member, wanted)) = filter.split_once('=') else { return };
    walk(value, &[name.into()], &mut |element| {
        let mut fits = false;
        walk(element, &[member.into()], &mut |own| {
            fits |= own.as_str().is_some_and(|own| own.eq_ignore_ascii_case(wanted));
        });
        if fits {
            walk(element, rest, found);
        }
    });
}
