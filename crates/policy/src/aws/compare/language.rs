//! Sets of texts: patterns as small automata, and the search for a text that some match and others do not.
//!
//! A pattern of a policy is a run of steps, so an automaton for it is the set of places reached in that run. Several
//! are walked in step, breadth first, and only along characters that make a difference: those that some pattern asks
//! for next, and one that none asks for. What comes out first is a shortest text; when everything reachable has been
//! seen, there is none. The walk is bounded: it may also end without an answer.

use crate::glob::Token;
use std::collections::HashSet;

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

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Text(String),
    Nothing,
    /// The search was given up.
    GaveUp,
}

/// How much work may still be done; shared by all searches for one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget(u64);

impl Budget {
    pub(super) const fn new(steps: u64) -> Budget {
        Budget(steps)
    }

    /// Takes `steps`; false when there are not that many left, and then none are.
    pub(super) fn take(&mut self, steps: usize) -> bool {
        let left = self.0.checked_sub(steps as u64);
        self.0 = left.unwrap_or(0);
        left.is_some()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

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

    fn end(&self) -> u32 {
        self.0.len() as u32
    }

    fn start(&self) -> Vec<u32> {
        self.settle(vec![0])
    }

    fn advance(&self, places: &[u32], character: char) -> Vec<u32> {
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
    fn is_open(&self, place: u32) -> bool {
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

/// A text that in every group some pattern matches, and none of `without`.
pub(super) fn find(groups: &[Vec<&Pattern>], without: &[&Pattern], budget: &mut Budget) -> Found {
    Walk::new(groups, without).run(budget)
}

/// The places reached in one pattern.
type Reached = (u32, Vec<u32>);

struct Walk<'a> {
    /// With the number of the group; those that must not match have none.
    patterns: Vec<(&'a Pattern, Option<usize>)>,
    groups: usize,
}

/// Where the walk came from: the place in the list of what was seen, and by which character.
struct Seen {
    state: Vec<Reached>,
    from: usize,
    by: char,
}

/// What stands for "any character that no pattern asks for" while the text is found.
const PREFERRED: &str = "xyzabcdefghijklmnopqrstuvw0123456789XYZABCDEFGHIJKLMNOPQRSTUVW-_";

impl<'a> Walk<'a> {
    fn new(groups: &[Vec<&'a Pattern>], without: &[&'a Pattern]) -> Walk<'a> {
        let wanted = groups
            .iter()
            .enumerate()
            .flat_map(|(group, patterns)| patterns.iter().map(move |pattern| (*pattern, Some(group))));
        let patterns = wanted.chain(without.iter().map(|pattern| (*pattern, None))).collect();
        Walk { patterns, groups: groups.len() }
    }

    fn run(&self, budget: &mut Budget) -> Found {
        let start =
            (0..).zip(&self.patterns).map(|(number, (pattern, _))| (number, pattern.start())).collect();
        let Some(start) = self.kept(start) else { return Found::Nothing };
        let mut known: HashSet<Vec<Reached>> = HashSet::from([start.clone()]);
        let mut seen = vec![Seen { state: start, from: 0, by: ' ' }];
        let mut at = 0;
        while at < seen.len() {
            let state = seen[at].state.clone();
            if self.accepts(&state) {
                return Found::Text(text_of(&seen, at));
            }
            let places: usize = state.iter().map(|(_, places)| 1 + places.len()).sum();
            for character in self.next_characters(&state) {
                if !budget.take(1 + places) {
                    return Found::GaveUp;
                }
                let next = state.iter().map(|(number, places)| {
                    (*number, self.patterns[*number as usize].0.advance(places, character))
                });
                if let Some(next) = self.kept(next.collect())
                    && !known.contains(&next)
                {
                    known.insert(next.clone());
                    seen.push(Seen { state: next, from: at, by: character });
                }
            }
            at += 1;
        }
        Found::Nothing
    }

    /// The state without the patterns that can no longer match; none when no text from here on will do.
    fn kept(&self, mut state: Vec<Reached>) -> Option<Vec<Reached>> {
        state.retain(|(_, places)| !places.is_empty());
        let mut alive = vec![false; self.groups];
        for (number, places) in &state {
            let (pattern, group) = self.patterns[*number as usize];
            match group {
                Some(group) => alive[group] = true,
                None if places.iter().any(|place| *place < pattern.end() && pattern.is_open(*place)) => {
                    return None;
                }
                None => {}
            }
        }
        alive.iter().all(|alive| *alive).then_some(state)
    }

    fn accepts(&self, state: &[Reached]) -> bool {
        let mut matched = vec![false; self.groups];
        for (number, places) in state {
            let (pattern, group) = self.patterns[*number as usize];
            if places.last() == Some(&pattern.end()) {
                match group {
                    Some(group) => matched[group] = true,
                    None => return false,
                }
            }
        }
        matched.iter().all(|matched| *matched)
    }

    /// Characters that stand for all that make a difference: those asked for, and one that is not.
    fn next_characters(&self, state: &[Reached]) -> Vec<char> {
        let mut asked: Vec<char> = Vec::new();
        // A group that asks for certain characters only leaves no others.
        let mut free = vec![false; self.groups];
        let mut of_groups: Vec<Vec<char>> = vec![Vec::new(); self.groups];
        for (number, places) in state {
            let (pattern, group) = self.patterns[*number as usize];
            for step in places.iter().filter_map(|place| pattern.0.get(*place as usize)) {
                let before = asked.len();
                match step {
                    Step::Exactly(character) => asked.push(*character),
                    Step::Folded(character) => asked.extend([*character, character.to_ascii_uppercase()]),
                    Step::OneInPart | Step::AnyInPart => asked.push(':'),
                    Step::One | Step::Any => {}
                }
                let is_literal = matches!(step, Step::Exactly(_) | Step::Folded(_));
                match group {
                    Some(group) if is_literal => of_groups[group].extend_from_slice(&asked[before..]),
                    Some(group) => free[group] = true,
                    None => {}
                }
            }
        }
        let strict =
            (0..self.groups).filter(|group| !free[*group]).min_by_key(|group| of_groups[*group].len());
        if let Some(strict) = strict {
            asked = std::mem::take(&mut of_groups[strict]);
        }
        asked.sort_unstable();
        asked.dedup();
        if strict.is_none() {
            asked.insert(0, other_than(&asked));
        }
        asked
    }
}

fn other_than(asked: &[char]) -> char {
    let beyond = '\u{e0}'..;
    let mut all = PREFERRED.chars().chain(beyond);
    all.find(|character| *character != ':' && !asked.contains(character)).unwrap_or('\u{e0}')
}

fn text_of(seen: &[Seen], mut at: usize) -> String {
    let mut text = Vec::new();
    while at != 0 {
        text.push(seen[at].by);
        at = seen[at].from;
    }
    text.iter().rev().collect()
}
