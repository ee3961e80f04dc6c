//! The closed classes of English: the words that hold a sentence together.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::token::{Token, TokenKind};

/// What a word of a closed class does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Func {
    And,
    /// `to`, `from`, `in`.
    Prep,
    /// `that`, `which`: what follows is about what stands before.
    Rel,
    /// `so that`: why.
    Purpose,
    /// `what`: what follows is a clause of its own.
    What,
    /// `after`, `while`: what follows is a clause, or a noun.
    After,
    /// Forms of *be*.
    Aux,
    /// `must`, `may`, `needs to`.
    Modal,
    /// `must not`, `never`.
    Neg,
    /// `is forbidden`: what was said before it is denied.
    Forbidden,
    /// `is allowed`.
    Allowed,
    /// `but not`, `without`: what follows is not granted.
    Without,
    /// `but`, which only joins.
    But,
    /// `only`.
    Only,
    /// `except`, `unless`: what nobody but a person can decide.
    Except,
    /// `it`, `them`.
    Pronoun,
    /// `the`, `its`.
    Det,
    /// `any`, `all`, `every`.
    Every,
    /// `named`.
    Named,
}

const TABLE: &[(Func, &[&str])] = &[
    (
        Func::And,
        &["and", "or", "&", "plus", "as well as", "and then", "and also", "nor", "and/or", "or else"],
    ),
    (
        Func::Prep,
        &[
            "to",
            "from",
            "in",
            "on",
            "into",
            "onto",
            "out of",
            "of",
            "with",
            "within",
            "by",
            "at",
            "for",
            "as",
            "under",
            "below",
            "over",
            "through",
            "via",
            "against",
            "about",
            "between",
            "per",
            "inside",
            "using",
            "including",
            "off",
            "up",
            "down",
            "upon",
            "beneath",
            "throughout",
            "what is in",
            "which is in",
            "that is in",
            "which are in",
            "that are in",
            "what lies in",
            "which lie in",
            "that lie in",
            "underneath",
            "that run in",
            "which run in",
            "running in",
            "kept in",
            "stored in",
            "contained in",
            "by means of",
            "across",
            "from within",
            "inside of",
            "on behalf of",
        ],
    ),
    (Func::What, &["what", "whatever", "whose"]),
    (Func::Rel, &["that", "which", "who", "how", "where"]),
    (Func::Purpose, &["so that", "because", "since", "in order that", "as it", "given that"]),
    (Func::After, &["after", "before", "while", "when", "whenever", "during", "then", "once", "as soon as"]),
    (Func::Aux, &["is", "are", "was", "were", "be", "been", "being", "to be", "has been", "have been"]),
    (
        Func::Modal,
        &[
            "must",
            "may",
            "can",
            "could",
            "should",
            "will",
            "would",
            "shall",
            "might",
            "has to",
            "have to",
            "needs to",
            "need to",
            "wants to",
            "want to",
            "able to",
            "is able to",
            "are able to",
            "be able to",
            "is allowed to",
            "are allowed to",
            "be allowed to",
            "allowed to",
            "should be able to",
            "must be able to",
            "has permission to",
            "needs permission to",
            "have permission to",
            "permission to",
            "permissions to",
            "the right to",
            "permitted to",
            "is permitted to",
            "are permitted to",
            "is to",
            "are to",
            "to be able to",
            "has the right to",
            "needs the right to",
            "needs to be able to",
            "has to be able to",
            "ought to",
            "is responsible for",
            "does",
            "do",
        ],
    ),
    (
        Func::Neg,
        &[
            "must not",
            "may not",
            "can not",
            "cannot",
            "can't",
            "mustn't",
            "should not",
            "shouldn't",
            "never",
            "must never",
            "may never",
            "should never",
            "is not allowed to",
            "are not allowed to",
            "not allowed to",
            "do not",
            "don't",
            "does not",
            "doesn't",
            "will never",
            "can never",
            "not",
            "is forbidden to",
            "are forbidden to",
            "won't",
            "must not be able to",
            "should not be able to",
            "shall not",
            "shall never",
            "will not",
            "has no permission to",
            "may under no circumstances",
            "is never allowed to",
            "are never allowed to",
            "no permission to",
            "forbid",
            "deny",
            "prohibit",
            "is prohibited from",
            "are prohibited from",
            "forbids",
            "denies",
            "forbidding",
            "denying",
            "prohibits",
            "is not to",
            "not to",
        ],
    ),
    (
        Func::Forbidden,
        &[
            "forbidden",
            "prohibited",
            "not allowed",
            "not permitted",
            "disallowed",
            "denied",
            "never allowed",
            "off limits",
            "out of bounds",
            "not to be allowed",
            "ruled out",
        ],
    ),
    (Func::Allowed, &["allowed", "permitted", "fine", "okay", "ok"]),
    (
        Func::Without,
        &[
            "without",
            "but not",
            "and not",
            "not even",
            "but without",
            "but keep",
            "but keeps",
            "but leave",
            "but leaves",
            "rather than",
            "instead of",
            "without being able to",
            "but never the",
            "yet without",
        ],
    ),
    (Func::But, &["but", "yet", "though", "although", "however", "whereas"]),
    (Func::Only, &["only", "exclusively", "solely", "but only", "and only", "just only"]),
    (
        Func::Except,
        &[
            "except",
            "except for",
            "unless",
            "other than",
            "apart from",
            "excluding",
            "aside from",
            "if",
            "until",
            "no",
            "none",
            "neither",
            "nothing",
            "nobody",
            "hardly",
            "otherwise",
            "else",
            "even",
            "most",
            "few",
            "half",
            "everything but",
            "all but",
            "any but",
            "anything but",
        ],
    ),
    (
        Func::Pronoun,
        &["it", "them", "they", "these", "those", "theirs", "each of them", "both of them", "the same"],
    ),
    (
        Func::Det,
        &[
            "the", "a", "an", "this", "our", "my", "your", "its", "their", "his", "her", "some", "both",
            "either", "one", "another", "other", "more",
        ],
    ),
    (
        Func::Every,
        &["any", "all", "every", "each", "all the", "all of the", "any of the", "each of the", "all our"],
    ),
    (Func::Named, &["named", "called", "whose name is", "with the name", "by the name of"]),
];

/// The longest word or words of a closed class that stand at `at`.
pub(super) fn at(tokens: &[Token], at: usize) -> Option<(usize, Func)> {
    static FIRST: OnceLock<BTreeMap<&str, Vec<(&str, Func)>>> = OnceLock::new();
    let by_first = FIRST.get_or_init(|| {
        let mut by_first: BTreeMap<&str, Vec<(&str, Func)>> = BTreeMap::new();
        for (func, phrases) in TABLE {
            for phrase in *phrases {
                by_first.entry(phrase.split(' ').next().unwrap_or(phrase)).or_default().push((phrase, *func));
            }
        }
        by_first
    });
    let mut best: Option<(usize, Func)> = None;
    for (phrase, func) in by_first.get(tokens.get(at)?.lower.as_str())? {
        let length = phrase.split(' ').count();
        if best.is_none_or(|(most, _)| length > most) && matches(tokens, at, phrase) {
            best = Some((length, *func));
        }
    }
    best
}

/// Whether the words of `phrase` stand at `at`.
pub(super) fn matches(tokens: &[Token], at: usize, phrase: &str) -> bool {
    let mut here = at;
    for word in phrase.split(' ') {
        match tokens.get(here) {
            Some(token) if token.kind == TokenKind::Word && token.lower == word => here += 1,
            _ => return false,
        }
    }
    true
}
