//! The `Resource` and `NotResource` elements.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>

use super::Version;
use super::evaluate::{Facts, Keys, Truth};
use super::template::{Reading, Resolved, Template, Versioned, Wildcards};
use crate::arn::{self, ArnPattern, ArnTarget};
use crate::glob::Token;
use std::fmt;
use std::sync::OnceLock;

/// Which resources a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ResourceBlock {
    /// Those that one of the patterns matches.
    Resource(Vec<ResourcePattern>),
    /// Those that none of the patterns matches.
    NotResource(Vec<ResourcePattern>),
}

/// An ARN with its wildcards and variables, as it was spelled; or `*`.
#[derive(Clone)]
pub struct ResourcePattern {
    text: Box<str>,
    /// Made when it is first asked: most patterns of most documents never are.
    compiled: OnceLock<Box<Versioned<Compiled>>>,
}

#[derive(Debug, Clone)]
enum Compiled {
    Fixed(ArnPattern),
    Variable(Template),
}

/// What is asked of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    /// Whether it must surely match all of the target; else it is enough that it may match some of it.
    pub(super) all: bool,
    /// The answer when one of its variables has no value.
    pub(super) valueless: Truth,
}

impl ResourceBlock {
    /// The patterns, whichever element they stand in.
    pub fn patterns(&self) -> &[ResourcePattern] {
        match self {
            ResourceBlock::Resource(patterns) | ResourceBlock::NotResource(patterns) => patterns,
        }
    }
}

impl ResourcePattern {
    /// Takes `text` as a pattern; whether IAM would accept it is the parser's business.
    pub fn new(text: impl Into<String>) -> ResourcePattern {
        ResourcePattern { text: text.into().into(), compiled: OnceLock::new() }
    }

    fn compiled(&self, version: Version) -> &Compiled {
        let make = |text: &str, version| {
            if !text.contains("${") {
                return Compiled::Fixed(ArnPattern::new(text));
            }
            match Template::read(text, version, Wildcards::Meant) {
                Reading::Variable(template) => Compiled::Variable(template),
                Reading::Constant(tokens) => Compiled::Fixed(ArnPattern::from_tokens(tokens)),
            }
        };
        self.compiled.get_or_init(|| Box::new(Versioned::new(&self.text, make))).get(version)
    }

    /// The pattern as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern as version 2012-10-17 reads it, when it has no variables.
    pub fn as_arn_pattern(&self) -> Option<&ArnPattern> {
        match self.compiled(Version::V2012_10_17) {
            Compiled::Fixed(pattern) => Some(pattern),
            Compiled::Variable(_) => None,
        }
    }

    /// What every resource that the pattern can match begins with, as a document of this version reads it.
    pub(super) fn prefix(&self, version: Version) -> String {
        match self.compiled(version) {
            Compiled::Fixed(pattern) => pattern.prefix().to_owned(),
            Compiled::Variable(template) => template.prefix(),
        }
    }

    /// Answers `ask` about `target`; the keys that an unknown answer hangs on are added to `missing`.
    pub(super) fn answer(
        &self,
        ask: Ask,
        target: &ArnTarget<'_>,
        version: Version,
        facts: &Facts<'_>,
        missing: &mut Keys,
    ) -> Truth {
        let holds =
            |pattern: &ArnPattern| if ask.all { pattern.covers(target) } else { pattern.touches(target) };
        let template = match self.compiled(version) {
            Compiled::Fixed(pattern) => return Truth::from(holds(pattern)),
            Compiled::Variable(template) => template,
        };
        let like = |tokens: &[Token]| {
            if ask.all { arn::tokens_cover(tokens, target) } else { arn::tokens_touch(tokens, target) }
        };
        match template.resolve(facts) {
            Resolved::Tokens(tokens) => Truth::from(like(&tokens)),
            Resolved::Missing => ask.valueless,
            Resolved::Unknown(tokens) => {
                // With `*` for what is unknown the pattern is at its widest; a variable may also turn out to have no
                // value.
                if !like(&tokens) && ask.valueless == Truth::False {
                    return Truth::False;
                }
                template.name_unknown(facts, missing);
                Truth::Unknown
            }
        }
    }
}

impl From<&str> for ResourcePattern {
    fn from(text: &str) -> ResourcePattern {
        ResourcePattern::new(text)
    }
}

impl From<String> for ResourcePattern {
    fn from(text: String) -> ResourcePattern {
        ResourcePattern::new(text)
    }
}

impl PartialEq for ResourcePattern {
    fn eq(&self, other: &ResourcePattern) -> bool {
        self.text == other.text
    }
}

impl Eq for ResourcePattern {}

impl PartialOrd for ResourcePattern {
    fn partial_cmp(&self, other: &ResourcePattern) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourcePattern {
    fn cmp(&self, other: &ResourcePattern) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl std::hash::Hash for ResourcePattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for ResourcePattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, out)
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
