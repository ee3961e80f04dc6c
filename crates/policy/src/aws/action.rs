//! The `Action` and `NotAction` elements.
//!
//! Actions are compared without regard to case, prefix included:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>.

use crate::glob::Glob;
use std::fmt;
use std::sync::OnceLock;

/// Which actions a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ActionBlock {
    /// Those that one of the patterns matches.
    Action(Vec<ActionPattern>),
    /// Those that none of the patterns matches.
    NotAction(Vec<ActionPattern>),
}

/// An action with its wildcards, as it was spelled: `s3:Get*`, `*`.
#[derive(Clone)]
pub struct ActionPattern {
    text: Box<str>,
    /// In lower case, made when it is first asked: most patterns of most documents never are.
    folded: OnceLock<Box<Glob>>,
}

impl ActionBlock {
    /// Whether the statement is about `action`, for instance `s3:GetObject`.
    pub fn applies_to(&self, action: &str) -> bool {
        self.applies_to_folded(&action.to_ascii_lowercase())
    }

    /// [`ActionBlock::applies_to`] for an action in lower case.
    pub(super) fn applies_to_folded(&self, action: &str) -> bool {
        match self {
            ActionBlock::Action(patterns) => patterns.iter().any(|pattern| pattern.folded().matches(action)),
            ActionBlock::NotAction(patterns) => {
                !patterns.iter().any(|pattern| pattern.folded().matches(action))
            }
        }
    }

    /// The patterns, whichever element they stand in.
    pub fn patterns(&self) -> &[ActionPattern] {
        match self {
            ActionBlock::Action(patterns) | ActionBlock::NotAction(patterns) => patterns,
        }
    }
}

impl ActionPattern {
    /// Takes `text` as a pattern; whether IAM would accept it is the parser's business.
    pub fn new(text: impl Into<String>) -> ActionPattern {
        ActionPattern { text: text.into().into(), folded: OnceLock::new() }
    }

    fn folded(&self) -> &Glob {
        self.folded.get_or_init(|| Box::new(Glob::folded(&self.text)))
    }

    /// The pattern as it was spelled.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The action in lower case, when the pattern stands for one alone.
    pub(super) fn as_literal(&self) -> Option<&str> {
        self.folded().as_literal()
    }

    /// The service of all actions that the pattern stands for, in lower case, when it has no wildcard.
    pub(super) fn service(&self) -> Option<&str> {
        self.folded().prefix().split_once(':').map(|(service, _)| service)
    }

    /// Whether `action` is one of those that the pattern stands for.
    pub fn matches(&self, action: &str) -> bool {
        self.folded().matches_ignoring_case(action)
    }

    /// Whether this pattern matches every action that `inner` matches.
    pub fn subsumes(&self, inner: &ActionPattern) -> bool {
        self.folded().subsumes(inner.folded())
    }

    /// Whether some action is matched by both patterns.
    pub fn overlaps(&self, other: &ActionPattern) -> bool {
        self.folded().overlaps(other.folded())
    }
}

impl From<&str> for ActionPattern {
    fn from(text: &str) -> ActionPattern {
        ActionPattern::new(text)
    }
}

impl From<String> for ActionPattern {
    fn from(text: String) -> ActionPattern {
        ActionPattern::new(text)
    }
}

impl PartialEq for ActionPattern {
    fn eq(&self, other: &ActionPattern) -> bool {
        self.text == other.text
    }
}

impl Eq for ActionPattern {}

impl std::hash::Hash for ActionPattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for ActionPattern {
    fn partial_cmp(&self, other: &ActionPattern) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ActionPattern {
    fn cmp(&self, other: &ActionPattern) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl fmt::Debug for ActionPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, out)
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}
