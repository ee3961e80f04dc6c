//! Texts with policy variables, split once: `arn:aws:s3:::${aws:PrincipalTag/team, 'shared'}/*`.
//!
//! `${*}`, `${?}` and `${$}` are the characters themselves; every other `${key}` is replaced by the value that the
//! request has for the key, taken literally. What is not closed or has an empty name is plain text. See
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use super::Version;
use super::evaluate::{Facts, Keys, Single};
use crate::glob::Token;
use smallvec::SmallVec;

/// A text, split at its variables.
#[derive(Debug, Clone)]
pub(super) struct Template {
    parts: Box<[Part]>,
}

#[derive(Debug, Clone)]
enum Part {
    Token(Token),
    Variable { key: Box<str>, default: Option<Box<str>> },
}

/// A text, read.
#[derive(Debug)]
pub(super) enum Reading {
    /// It has no variables; these are its steps.
    Constant(Vec<Token>),
    /// It has variables.
    Variable(Template),
}

/// What a template is for one request.
#[derive(Debug)]
pub(super) enum Resolved {
    /// All its variables have values.
    Tokens(Tokens),
    /// A variable has no value: the text is like nothing at all.
    Missing,
    /// Some variables are unknown; they stand as `*` in the text.
    Unknown(Tokens),
}

/// A text with its variables replaced; texts of usual length stay on the stack.
pub(super) type Tokens = SmallVec<[Token; 128]>;

/// What `*` and `?` mean in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    /// Wildcards.
    Meant,
    /// Themselves.
    Literal,
}

/// Something made from a text that reads differently in the two versions of the language.
#[derive(Debug, Clone)]
pub(super) struct Versioned<T> {
    current: T,
    /// As 2008-10-17 reads it, when that is something else.
    old: Option<T>,
}

impl<T> Versioned<T> {
    pub(super) fn new(text: &str, make: impl Fn(&str, Version) -> T) -> Versioned<T> {
        let old = text.contains("${").then(|| make(text, Version::V2008_10_17));
        Versioned { current: make(text, Version::V2012_10_17), old }
    }

    pub(super) fn get(&self, version: Version) -> &T {
        match (&self.old, version) {
            (Some(old), Version::V2008_10_17) => old,
            _ => &self.current,
        }
    }
}

impl Template {
    /// Splits `text` as a document of this version reads it.
    pub(super) fn read(text: &str, version: Version, wildcards: Wildcards) -> Reading {
        let step = |character| match wildcards {
            Wildcards::Meant => Token::of(character),
            Wildcards::Literal => Token::Literal(character),
        };
        if version == Version::V2008_10_17 || !text.contains("${") {
            return Reading::Constant(text.chars().map(step).collect());
        }
        let mut parts = Vec::new();
        let mut left = text;
        while let Some(character) = left.chars().next() {
            let literally = || (Part::Token(step(character)), &left[character.len_utf8()..]);
            let (part, rest) = split_variable(left).unwrap_or_else(literally);
            parts.push(part);
            left = rest;
        }
        let constant = |part: &Part| if let Part::Token(token) = part { Some(*token) } else { None };
        match parts.iter().map(constant).collect() {
            Some(tokens) => Reading::Constant(tokens),
            None => Reading::Variable(Template { parts: parts.into() }),
        }
    }

    /// The keys that its variables name, in lower case.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { key, .. } => Some(&**key),
            Part::Token(_) => None,
        })
    }

    /// The text with the request's values in the place of its variables. Inlined, so that the text is not moved.
    #[inline]
    pub(super) fn resolve(&self, facts: &Facts<'_>) -> Resolved {
        let mut tokens = Tokens::new();
        let mut unknown = false;
        for part in &self.parts {
            let (key, default) = match part {
                Part::Token(token) => {
                    tokens.push(*token);
                    continue;
                }
                Part::Variable { key, default } => (key, default),
            };
            match (facts.single(key), default) {
                (Single::Value(value), _) => tokens.extend(value.chars().map(Token::Literal)),
                (Single::Absent, Some(default)) => tokens.extend(default.chars().map(Token::Literal)),
                (Single::Absent, None) => return Resolved::Missing,
                (Single::Unknown, _) => {
                    tokens.push(Token::Any);
                    unknown = true;
                }
            }
        }
        if unknown { Resolved::Unknown(tokens) } else { Resolved::Tokens(tokens) }
    }

    /// Adds the keys that are unknown.
    pub(super) fn name_unknown(&self, facts: &Facts<'_>, keys: &mut Keys) {
        for part in &self.parts {
            if let Part::Variable { key, .. } = part
                && facts.single(key) == Single::Unknown
            {
                keys.push(key);
            }
        }
    }

    /// What every text that it stands for begins with.
    pub(super) fn prefix(&self) -> String {
        let literal = |part: &Part| match part {
            Part::Token(Token::Literal(character)) => Some(*character),
            _ => None,
        };
        self.parts.iter().map_while(literal).collect()
    }
}

/// The variable that `text` begins with, and what follows it.
fn split_variable(text: &str) -> Option<(Part, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find(['}', ','])?;
    let (name, rest) = (inner[..end].trim(), &inner[end..]);
    if let Some(rest) = rest.strip_prefix('}') {
        let part = match name {
            "" => return None,
            "*" | "?" | "$" => Part::Token(Token::Literal(name.chars().next()?)),
            _ => Part::Variable { key: name.to_ascii_lowercase().into(), default: None },
        };
        return Some((part, rest));
    }
    let quoted = rest[1..].trim_start().strip_prefix('\'')?;
    let (default, rest) = quoted.split_once('\'')?;
    let rest = rest.trim_start().strip_prefix('}')?;
    let named = !name.is_empty();
    named.then(|| {
        (Part::Variable { key: name.to_ascii_lowercase().into(), default: Some(default.into()) }, rest)
    })
}
