//! Resource patterns as the evaluator reads them where they stand, with policy variables that are known or not.

use super::language::Pattern;
use super::walk::{Budget, Found, find};
use crate::aws::Version;
use crate::aws::evaluate::{Context, Facts, Federated, PrincipalRef};
use crate::aws::template::{Reading, Resolved, Template, Wildcards};
use crate::glob::Token;

/// What a pattern is held against, and what it takes a variable without a value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Reach {
    /// Wildcards may run on beyond colons.
    pub(super) widest: bool,
    /// A variable without a value makes it match.
    pub(super) valueless: bool,
}

/// A pattern of a `Resource` element, as the evaluator reads it where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Spelled {
    /// What it surely matches, and what it may match when its wildcards run on beyond colons.
    ///
    /// An ARN that is in the second and not in the first is left out of every comparison: only a resource with the
    /// middle of another ARN in its name is one, and nobody knows what AWS does with it.
    Fixed {
        parts: Pattern,
        widest: Pattern,
    },
    Variable {
        text: String,
        reach: Reach,
    },
}

impl Spelled {
    pub(super) fn fixed(tokens: Vec<Token>, reach: Reach) -> Spelled {
        Spelled::Fixed { parts: Pattern::arn(tokens.clone()), widest: reach.pattern(tokens) }
    }

    /// What a resource must match that is to match this. Variables may be whatever they can be; with `facts` they are
    /// known.
    pub(super) fn wanted(&self, facts: Option<&Facts<'_>>) -> Option<Pattern> {
        let (text, reach) = match self {
            Spelled::Fixed { parts, .. } => return Some(parts.clone()),
            Spelled::Variable { text, reach } => (text, *reach),
        };
        match resolve(text, Version::V2012_10_17, Wildcards::Meant, facts) {
            Resolved::Tokens(tokens) => Some(Pattern::arn(tokens.to_vec())),
            Resolved::Missing => reach.valueless.then(Pattern::anything),
            Resolved::Unknown(..) if reach.valueless => Some(Pattern::anything()),
            // A value may have colons in it, so the parts cannot be told apart.
            Resolved::Unknown(tokens) => Some(Pattern::arn_at_its_widest(tokens.to_vec())),
        }
    }

    /// What a resource must not match that is not to match this; only what it surely matches, when variables are not
    /// known.
    pub(super) fn unwanted(&self, facts: Option<&Facts<'_>>) -> Option<Pattern> {
        let (text, reach) = match self {
            Spelled::Fixed { widest, .. } => return Some(widest.clone()),
            Spelled::Variable { text, reach } => (text, *reach),
        };
        match resolve(text, Version::V2012_10_17, Wildcards::Meant, facts) {
            Resolved::Tokens(tokens) => Some(reach.pattern(tokens.to_vec())),
            Resolved::Missing => reach.valueless.then(Pattern::anything),
            Resolved::Unknown(..) => None,
        }
    }

    /// Whether everything this matches is matched by `other`, because it is the same text, or whatever the variables
    /// are.
    pub(super) fn is_under(&self, other: &Spelled, budget: &mut Budget) -> bool {
        let (a, own, b, its) = match (self, other) {
            (Spelled::Variable { text: a, reach: own }, Spelled::Variable { text: b, reach: its }) => {
                (a, own, b, its)
            }
            (Spelled::Fixed { parts, .. }, Spelled::Fixed { widest, .. }) => return parts == widest,
            _ => return false,
        };
        if a == b {
            return (its.widest || !own.widest) && (its.valueless || !own.valueless);
        }
        if own.valueless {
            return false;
        }
        let (Some(inner), Some(outer)) = (Symbolic::read(a), Symbolic::read(b)) else { return false };
        let same_values = outer.keys.iter().all(|key| inner.keys.contains(key));
        same_values
            && !b.contains('?')
            && find(&[vec![&inner.pattern(&inner.keys)]], &[&outer.pattern(&inner.keys)], budget)
                == Found::Nothing
    }
}

/// A text whose variables stand in the last part of an ARN and have no defaults.
///
/// Each variable is a character of its own that nobody writes. What matches then matches with every value in the place
/// of that character, as long as no `?` takes it for one character.
struct Symbolic {
    /// Texts and, behind each but the last, a key.
    texts: Vec<String>,
    keys: Vec<String>,
}

/// The first of the characters that nobody writes.
const PRIVATE: u32 = 0xF_0000;

impl Symbolic {
    fn read(text: &str) -> Option<Symbolic> {
        let mut pieces = text.split("${");
        let first = pieces.next()?;
        let (mut texts, mut keys) = (vec![first.to_owned()], Vec::new());
        for piece in pieces {
            let (key, rest) = piece.split_once('}')?;
            let is_plain = !key.is_empty() && !key.contains([',', '*', '?', '$', '\'']);
            is_plain.then(|| keys.push(key.trim().to_ascii_lowercase()))?;
            texts.push(rest.to_owned());
        }
        let in_last_part = first.starts_with("arn:") && first.matches(':').count() >= 5;
        in_last_part.then_some(Symbolic { texts, keys })
    }

    fn pattern(&self, known: &[String]) -> Pattern {
        let mut spelled = self.texts.first().cloned().unwrap_or_default();
        for (key, text) in self.keys.iter().zip(&self.texts[1..]) {
            let number = known.iter().position(|known| known == key).unwrap_or(known.len());
            spelled.extend(char::from_u32(PRIVATE + number as u32));
            spelled.push_str(text);
        }
        Pattern::shape(&spelled)
    }
}

impl Reach {
    fn pattern(self, tokens: Vec<Token>) -> Pattern {
        if self.widest { Pattern::arn_at_its_widest(tokens) } else { Pattern::arn(tokens) }
    }
}

/// `text` with the values that `facts` give; without them all variables are unknown.
pub(super) fn resolve(
    text: &str,
    version: Version,
    wildcards: Wildcards,
    facts: Option<&Facts<'_>>,
) -> Resolved {
    let template = match Template::read(text, version, wildcards) {
        Reading::Constant(tokens) => return Resolved::Tokens(tokens.into()),
        Reading::Variable(template) => template,
    };
    match facts {
        Some(facts) => template.resolve(facts),
        None => template.resolve(&Facts::new(&Context::new(), PrincipalRef::new(""), Federated::No)),
    }
}
