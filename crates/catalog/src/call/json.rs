//! Parameters that are already a JSON value.

use super::apply::Parameters;
use super::syntax::Path;
use serde_json::Value;

impl Parameters for Value {
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str)) {
        walk(self, &path.0, &mut |value| match value {
            Value::String(text) => found(text),
            Value::Number(number) => found(&number.to_string()),
            Value::Bool(true) => found("true"),
            Value::Bool(false) => found("false"),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        });
    }

    fn has(&self, path: &Path) -> bool {
        let mut found = false;
        walk(self, &path.0, &mut |value| found |= !is_empty(value));
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

/// Calls `found` with what `path` leads to; an array stands for each of its elements.
fn walk(value: &Value, path: &[Box<str>], found: &mut dyn FnMut(&Value)) {
    if let Value::Array(items) = value {
        for item in items {
            walk(item, path, found);
        }
        return;
    }
    let Some((name, rest)) = path.split_first() else { return found(value) };
    if let Value::Object(members) = value {
        for (_, member) in members.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            walk(member, rest, found);
        }
    }
}
