//! Sets of texts: a pattern of a policy is a run of steps, and an automaton for it is the set of places reached in
//! that run.

use crate::glob::Token;

/// One step of a [`Pattern`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// This character.
    Exactly(char),
    /// This ASCII character in either case; it is in lower case here.
    Folded(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// `?` in a part of an ARN before the last: any character but a colon.
    OneInPart,
    /// `*` in such a part.
    AnyInPart,
}

/// Those texts that a run of steps stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern(Box<[Step]>);

impl Pattern {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Pattern {
        let mut kept: Vec<Step> = Vec::new();
        for step in steps {
            if !(step.is_star() && kept.last() == Some(&step)) {
                kept.push(step);
            }
        }
        Pattern(kept.into())
    }

    /// The texts that a glob matches, whatever they are.
    pub(super) fn whole(tokens: impl IntoIterator<Item = Token>) -> Pattern {
        Pattern::new(tokens.into_iter().map(|token| match token {
            Token::Literal(character) => Step::Exactly(character),
            Token::One => Step::One,
            Token::Any => Step::Any,
        }))
    }

    /// [`Pattern::whole`] without regard to the case of ASCII letters.
    pub(super) fn folded(tokens: impl IntoIterator<Item = Token>) -> Pattern {
        Pattern::new(tokens.into_iter().map(|token| match token {
            Token::Literal(character) if character.is_ascii_alphabetic() => {
                Step::Folded(character.to_ascii_lowercase())
            }
            Token::Literal(character) => Step::Exactly(character),
            Token::One => Step::One,
            Token::Any => Step::Any,
        }))
    }

    /// The ARNs that a pattern matches part by part, as [`crate::arn::ArnPattern::matches`] has it.
    pub(super) fn arn(tokens: Vec<Token>) -> Pattern {
        let tokens = completed(tokens);
        if !is_arn(&tokens) {
            return Pattern::whole(tokens);
        }
        let mut colons = 0;
        Pattern::new(tokens.into_iter().map(|token| match token {
            Token::Literal(character) => {
                colons += usize::from(character == ':');
                Step::Exactly(character)
            }
            Token::One if colons < 5 => Step::OneInPart,
            Token::Any if colons < 5 => Step::AnyInPart,
            Token::One => Step::One,
            Token::Any => Step::Any,
        }))
    }

    /// The ARNs that a pattern may match when its wildcards run on beyond colons.
    pub(super) fn arn_at_its_widest(tokens: Vec<Token>) -> Pattern {
        Pattern::whole(completed(tokens))
    }

    /// The pattern that a text with `*` and `?` is.
    pub(super) fn shape(text: &str) -> Pattern {
        Pattern::arn(text.chars().map(Token::of).collect())
    }

    /// This text and no other.
    pub(super) fn literal(text: &str) -> Pattern {
        Pattern::new(text.chars().map(Step::Exactly))
    }

    /// Every text.
    pub(super) fn anything() -> Pattern {
        Pattern::new([Step::Any])
    }

    /// Every text with at least one character.
    pub(super) fn not_empty() -> Pattern {
        Pattern::new([Step::One, Step::Any])
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let mut places = self.start();
        for character in text.chars() {
            places = self.advance(&places, character);
        }
        places.contains(&self.end())
    }

    /// The step behind a place.
    pub(super) fn step(&self, place: u32) -> Option<&Step> {
        self.0.get(place as usize)
    }

    /// The place at which a text matches.
    pub(super) fn end(&self) -> u32 {
        self.0.len() as u32
    }

    /// The places reached before the first character.
    pub(super) fn start(&self) -> Vec<u32> {
        self.settle(vec![0])
    }

    /// The places reached by one more character.
    pub(super) fn advance(&self, places: &[u32], character: char) -> Vec<u32> {
        let mut next = Vec::with_capacity(places.len() + 1);
        for place in places {
            let Some(step) = self.0.get(*place as usize) else { continue };
            match step {
                Step::Any => next.push(*place),
                Step::AnyInPart if character != ':' => next.push(*place),
                Step::AnyInPart => {}
                step if step.takes(character) => next.push(*place + 1),
                _ => {}
            }
        }
        self.settle(next)
    }

    /// Adds the places that are reached without a character. What was reached before the last star that is reached
    /// makes no difference: from that star on, everything can be matched that could be from there.
    fn settle(&self, mut places: Vec<u32>) -> Vec<u32> {
        let mut at = 0;
        while at < places.len() {
            let place = places[at];
            if self.0.get(place as usize).is_some_and(|step| step.is_star()) {
                places.push(place + 1);
            }
            at += 1;
        }
        places.sort_unstable();
        places.dedup();
        let is_star = |place: &u32| self.0.get(*place as usize).is_some_and(|step| step.is_star());
        if let Some(last) = places.iter().rposition(is_star) {
            places.drain(..last);
        }
        places
    }

    /// Whether everything matches from `place` on.
    pub(super) fn is_open(&self, place: u32) -> bool {
        place + 1 == self.end() && self.0[place as usize] == Step::Any
    }
}

impl Step {
    fn is_star(self) -> bool {
        matches!(self, Step::Any | Step::AnyInPart)
    }

    fn takes(self, character: char) -> bool {
        match self {
            Step::Exactly(wanted) => wanted == character,
            Step::Folded(wanted) => wanted == character.to_ascii_lowercase(),
            Step::One | Step::Any => true,
            Step::OneInPart | Step::AnyInPart => character != ':',
        }
    }
}

/// IAM completes an ARN that ends early with `*`.
fn completed(mut tokens: Vec<Token>) -> Vec<Token> {
    if is_arn(&tokens) {
        let colons = tokens.iter().filter(|token| **token == Token::Literal(':')).count();
        for _ in colons..5 {
            tokens.extend([Token::Literal(':'), Token::Any]);
        }
    }
    tokens
}

fn is_arn(tokens: &[Token]) -> bool {
    tokens.len() >= 4
        && tokens.iter().zip("arn:".chars()).all(|(token, wanted)| *token == Token::Literal(wanted))
}
