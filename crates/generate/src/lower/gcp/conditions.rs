//! Conditions of a role → the Common Expression Language of allow policies.
//!
//! <https://cloud.google.com/iam/docs/conditions-attribute-reference>

use std::fmt::Write as _;

use crate::intent::{Fault, Limit, Role};

/// A condition of a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// What it is called: at most 100 characters.
    pub title: String,
    /// The expression.
    pub expression: String,
}

/// What must hold for every binding: parts of an expression, each for itself.
pub(super) fn of(role: &Role, faults: &mut Vec<Fault>) -> Vec<String> {
    let mut parts = Vec::new();
    for limit in &role.conditions {
        match &limit.value {
            Limit::Time { after, before } => {
                parts.extend(after.map(|time| format!("request.time > timestamp(\"{time}\")")));
                parts.extend(before.map(|time| format!("request.time < timestamp(\"{time}\")")));
            }
            Limit::Tags(tags) => {
                for (key, values) in tags {
                    if !key.contains('/') {
                        let message = format!("`{key}` is no tag of Google Cloud");
                        let help = "a tag is named with its organisation or project: `123456789012/env`";
                        faults.push(Fault::new(&limit.place, message).help(help));
                    }
                    let one = |value: &String| format!("resource.matchTag({}, {})", text(key), text(value));
                    parts.push(any(values.iter().map(one).collect()));
                }
            }
            // What there is nothing for was refused before.
            _ => {}
        }
    }
    parts.extend(role.expires.as_ref().map(|end| format!("request.time < timestamp(\"{}\")", end.value)));
    parts
}

/// Any of several expressions.
pub(super) fn any(parts: Vec<String>) -> String {
    if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" || ")) }
}

/// A string of the expression language.
pub(super) fn text(value: &str) -> String {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_cannot_end_before_its_end() {
        assert_eq!(text("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }
}
