//! A JSON reader that knows where every value stands.
//!
//! Strict: no comments, no trailing commas, no duplicate keys, no byte order mark, nothing behind the value. It
//! does not recurse deeper than [`MAX_DEPTH`], so a hostile document cannot exhaust the stack.

mod reader;

use std::borrow::Cow;
use std::fmt::Write as _;

pub use reader::{parse, parse_with};

/// How deep arrays and objects may nest; a policy needs seven levels.
pub const MAX_DEPTH: usize = 64;

/// A value and the byte at which it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The byte at which it begins.
    pub at: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it was written.
    Number(String),
    /// Without quotes and escapes.
    String(String),
    /// In order.
    Array(Vec<Value>),
    /// In order; no key comes twice.
    Object(Vec<Member>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The byte at which the key begins.
    pub at: usize,
    /// The key.
    pub key: String,
    /// What stands behind it.
    pub value: Value,
}

/// What a text is read into: [`Value`], or a tree that a caller has.
pub trait Build {
    /// A value.
    type Value;
    /// A key with its value.
    type Member;
    /// Where something begins.
    type At: Copy;

    /// A line begins at this byte. Said before a place in that line is asked for; of the first line it is not said.
    fn line(&mut self, begin: usize) {
        let _ = begin;
    }

    /// What is called the place of this byte. Asked about one byte after the other, from the first to the last.
    fn place(&mut self, at: usize) -> Self::At;

    /// A value that begins there.
    fn value(&mut self, at: Self::At, part: Part<Self::Value, Self::Member>) -> Self::Value;

    /// A key that begins there, with its value.
    fn member(at: Self::At, key: String, value: Self::Value) -> Self::Member;

    /// The key.
    fn key(member: &Self::Member) -> &str;
}

/// What was read of one value, with what is in it.
#[derive(Debug)]
pub enum Part<V, M> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it was written.
    Number(String),
    /// Without quotes and escapes.
    String(String),
    /// In order.
    Array(Vec<V>),
    /// In order; no key comes twice.
    Object(Vec<M>),
}

/// Reads into [`Value`].
struct Plain;

impl Build for Plain {
    type Value = Value;
    type Member = Member;
    type At = usize;

    fn place(&mut self, at: usize) -> usize {
        at
    }

    fn value(&mut self, at: usize, part: Part<Value, Member>) -> Value {
        let kind = match part {
            Part::Null => Kind::Null,
            Part::Bool(truth) => Kind::Bool(truth),
            Part::Number(number) => Kind::Number(number),
            Part::String(text) => Kind::String(text),
            Part::Array(items) => Kind::Array(items),
            Part::Object(members) => Kind::Object(members),
        };
        Value { at, kind }
    }

    fn member(at: usize, key: String, value: Value) -> Member {
        Member { at, key, value }
    }

    fn key(member: &Member) -> &str {
        &member.key
    }
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The byte at which it could not be read on.
    pub at: usize,
    /// The path of the value that could not be read.
    pub pointer: String,
    /// Why, and what would be right.
    pub reason: String,
}

/// Line and column, from 1, of the byte `at`; columns count characters.
pub fn place(text: &str, at: usize) -> (usize, usize) {
    let mut before = &text[..at.min(text.len())];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    if let Some(end) = before.rfind('\n') {
        before = &before[end + 1..];
    }
    (line, before.chars().count() + 1)
}

/// Adds a step to a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
pub fn push_step(pointer: &mut String, key: &str) {
    pointer.push('/');
    for character in key.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// JSON that has been read, however it is kept: what documents are read from.
pub trait Tree: Sized {
    /// A key with its value.
    type Member: Keyed<Self>;

    /// The byte at which it begins, when that is known.
    fn at(&self) -> usize;

    /// What it is.
    fn shape(&self) -> Shape<'_, Self>;
}

/// A key with its value, however it is kept.
pub trait Keyed<T> {
    /// The byte at which the key begins, when that is known.
    fn at(&self) -> usize;

    /// The key.
    fn key(&self) -> &str;

    /// What stands behind it.
    fn value(&self) -> &T;
}

/// What a value of a [`Tree`] is.
#[derive(Debug)]
pub enum Shape<'a, T: Tree> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// As it was written.
    Number(&'a str),
    /// Without quotes and escapes.
    String(Cow<'a, str>),
    /// In order.
    Array(&'a [T]),
    /// In order.
    Object(&'a [T::Member]),
}

impl<T: Tree> Shape<'_, T> {
    /// What the value is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Shape::Null => "null",
            Shape::Bool(_) => "a boolean",
            Shape::Number(_) => "a number",
            Shape::String(_) => "a string",
            Shape::Array(_) => "a list",
            Shape::Object(_) => "an object",
        }
    }
}

impl Tree for Value {
    type Member = Member;

    fn at(&self) -> usize {
        self.at
    }

    fn shape(&self) -> Shape<'_, Value> {
        match &self.kind {
            Kind::Null => Shape::Null,
            Kind::Bool(truth) => Shape::Bool(*truth),
            Kind::Number(number) => Shape::Number(number),
            Kind::String(text) => Shape::String(Cow::Borrowed(text)),
            Kind::Array(items) => Shape::Array(items),
            Kind::Object(members) => Shape::Object(members),
        }
    }
}

impl Keyed<Value> for Member {
    fn at(&self) -> usize {
        self.at
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn value(&self) -> &Value {
        &self.value
    }
}

impl Value {
    /// What the value is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        self.shape().describe()
    }
}

/// Appends `text` as a JSON string.
pub fn write_string(out: &mut String, text: &str) {
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
