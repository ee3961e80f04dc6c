//! A JSON reader that knows where every value stands.
//!
//! Strict: no comments, no trailing commas, no duplicate keys, no byte order mark, nothing behind the value. It
//! does not recurse deeper than [`MAX_DEPTH`], so a hostile document cannot exhaust the stack.

mod reader;

use std::fmt::Write as _;

pub(crate) use reader::parse;

/// How deep arrays and objects may nest; a policy needs seven levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// A value and the byte at which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    String(String),
    Array(Vec<Value>),
    Object(Vec<Member>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) at: usize,
    pub(crate) key: String,
    pub(crate) value: Value,
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) at: usize,
    /// The path of the value that could not be read.
    pub(crate) pointer: String,
    pub(crate) reason: String,
}

/// Line and column, from 1, of the byte `at`; columns count characters.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let mut before = &text[..at.min(text.len())];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    if let Some(end) = before.rfind('\n') {
        before = &before[end + 1..];
    }
    (line, before.chars().count() + 1)
}

/// Adds a step to a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
pub(crate) fn push_step(pointer: &mut String, key: &str) {
    pointer.push('/');
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

impl Value {
    /// What the value is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "an object",
        }
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' || control == '\u{7f}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
