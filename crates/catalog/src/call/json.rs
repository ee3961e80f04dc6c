//! Parameters that are already a JSON value.

use super::apply::{Parameters, decoded};
use super::syntax::{Part, Path, Step};
use serde_json::Value;

/// The parameters of a request, of which nobody says anything besides.
impl Parameters for Value {
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str)) {
        Recorded { parameters: self, additional: &Value::Null }.each(path, found);
    }

    fn has(&self, path: &Path) -> bool {
        Recorded { parameters: self, additional: &Value::Null }.has(path)
    }
}

/// A record's `requestParameters` and `additionalEventData`.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'v> {
    /// `requestParameters`, or null.
    pub parameters: &'v Value,
    /// `additionalEventData`, or null.
    pub additional: &'v Value,
}

impl Parameters for Recorded<'_> {
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str)) {
        self.start(path, &mut |value| match value {
            Value::String(text) if path.is_text() => found(text),
            Value::String(text) => found(&decoded(text)),
            Value::Number(number) => found(&number.to_string()),
            Value::Bool(true) => found("true"),
            Value::Bool(false) => found("false"),
            Value::Null | Value::Array(_) | Value::Object(_) => {}
        });
    }

    fn has(&self, path: &Path) -> bool {
        let mut found = false;
        self.start(path, &mut |value| found |= !is_empty(value));
        found
    }
}

impl Recorded<'_> {
    fn start(&self, path: &Path, found: &mut dyn FnMut(&Value)) {
        match path.part() {
            Part::Request => start(self.parameters, path.steps(), found),
            Part::Additional => walk(self.additional, path.steps(), found),
        }
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
fn start(value: &Value, path: &[Step], found: &mut dyn FnMut(&Value)) {
    let wrapped = value
        .as_object()
        .filter(|members| members.len() == 1)
        .and_then(|members| members.iter().next())
        .filter(|(name, inside)| Path::is_wrapper(name.as_bytes()) && inside.is_object());
    walk(wrapped.map_or(value, |(_, inside)| inside), path, found);
}

/// Calls `found` with what `path` leads to; an array stands for each of its elements, `{tag, content}` for its
/// content.
fn walk(value: &Value, path: &[Step], found: &mut dyn FnMut(&Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, found)),
        Value::Object(members) => {
            if let (2, Some(_), Some(content)) = (members.len(), members.get("tag"), members.get("content")) {
                return walk(content, path, found);
            }
            let Some((step, rest)) = path.split_first() else { return found(value) };
            if step.is_any() {
                // The step behind it may be met here and further down.
                let Some((next, behind)) = rest.split_first() else { return };
                for (name, member) in members {
                    if name.eq_ignore_ascii_case(&next.name) {
                        walk_behind(next, member, behind, found);
                    }
                    walk(member, path, found);
                }
                return;
            }
            for (_, member) in members.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&step.name)) {
                walk_behind(step, member, rest, found);
            }
        }
        _ if path.is_empty() => found(value),
        _ => {}
    }
}

/// Goes on behind a step: with every element, or with those that its filter lets pass.
fn walk_behind(step: &Step, member: &Value, rest: &[Step], found: &mut dyn FnMut(&Value)) {
    match &step.filter {
        None => walk(member, rest, found),
        Some(filter) => walk_some(member, filter, rest, found),
    }
}

/// Walks those elements whose member has a value; without a value, those that do not have the member; with `*`, those
/// that have it.
fn walk_some(value: &Value, filter: &(Box<str>, Box<str>), rest: &[Step], found: &mut dyn FnMut(&Value)) {
    for element in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
        let Some(members) = element.as_object() else { continue };
        let mut own = members.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&filter.0));
        let is_none = |own: &Value| own.is_null() || own.as_str() == Some("");
        let fits = match &*filter.1 {
            "" => own.all(|(_, own)| is_none(own)),
            "*" => own.any(|(_, own)| !is_none(own)),
            wanted => own.any(|(_, own)| own.as_str().is_some_and(|own| own.eq_ignore_ascii_case(wanted))),
        };
        if fits {
            walk(element, rest, found);
        }
    }
}
