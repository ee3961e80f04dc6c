//! What was not understood, as a question: what could be meant, and how to say it so that it is understood.

use crate::intent::Place;

/// A question about plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where the words stand.
    pub place: Place,
    /// The words that it is about.
    pub phrase: String,
    /// What is asked.
    pub text: String,
    /// How to say it plainly.
    pub help: String,
    /// The answers that are known, if any.
    pub choices: Vec<Choice>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is, for somebody who has to choose.
    pub label: String,
    /// The whole text as it would be said with that answer.
    pub text: String,
}

/// Something that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// Where the words stand.
    pub place: Place,
    /// The words.
    pub phrase: String,
    /// What they were taken for.
    pub meaning: String,
}

/// Why something was not understood, before it is a question: which tokens, what to ask, and the words that could stand
/// in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub span: (usize, usize),
    pub text: String,
    pub help: String,
    /// Label and what to write instead of the tokens.
    pub instead: Vec<(String, String)>,
}

impl Ask {
    pub(super) fn new(span: (usize, usize), text: impl Into<String>, help: impl Into<String>) -> Ask {
        Ask { span, text: text.into(), help: help.into(), instead: Vec::new() }
    }

    pub(super) fn or(mut self, label: impl Into<String>, instead: impl Into<String>) -> Ask {
        self.instead.push((label.into(), instead.into()));
        self
    }
}
