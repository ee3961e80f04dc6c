//! The search for a text that some patterns match and others do not.
//!
//! All patterns are walked in step, breadth first, and only along characters that make a difference: those that some
//! pattern asks for next, and one that none asks for. What comes out first is a shortest text; when everything
//! reachable has been seen, there is none. The walk is bounded: it may also end without an answer.

use super::language::{Pattern, Step};
use std::collections::HashSet;

use foldhash::fast::RandomState;

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
        let mut known: HashSet<Vec<Reached>, RandomState> = HashSet::default();
        known.insert(start.clone());
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
            for step in places.iter().filter_map(|place| pattern.step(*place)) {
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
