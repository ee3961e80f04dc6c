//! Which actions there are, and which of them two policies treat alike.
//!
//! A policy cannot tell two actions apart that the same of its patterns match, so one of each class is enough. The
//! actions stand in order, a pattern such as `s3:Get*` is a range of them, and the classes are what lies between the
//! ends of the ranges.

use crate::aws::ActionBlock;
use crate::glob::{Glob, Token};
use std::collections::HashSet;
use std::ops::Range;

/// Every action that there is, as far as a comparison knows.
#[derive(Debug, Clone, Default)]
pub struct Actions {
    /// In lower case and as it is spelled, in order.
    names: Vec<(Box<str>, Box<str>)>,
}

/// A set of statements, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Numbers(Vec<u64>);

/// Actions that all statements treat alike.
#[derive(Debug)]
pub(super) struct Class {
    /// One of them.
    pub(super) action: String,
    /// The statements that are about them.
    pub(super) statements: Numbers,
}

impl<S: Into<String>> FromIterator<S> for Actions {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Actions {
        let both = |name: S| {
            let name = name.into();
            (name.to_ascii_lowercase().into(), name.into())
        };
        let mut names: Vec<(Box<str>, Box<str>)> = names.into_iter().map(both).collect();
        names.sort_unstable();
        names.dedup_by(|a, b| a.0 == b.0);
        Actions { names }
    }
}

impl Numbers {
    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn flip(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        self.0[number / 64] ^= 1 << (number % 64);
    }
}

impl Actions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The actions for which `keep` is true.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Actions {
        Actions { names: self.names.iter().filter(|(folded, _)| keep(folded)).cloned().collect() }
    }

    /// One class for each way in which `blocks` treat actions. A pattern that matches no known action gets one made up
    /// for it, so that what the catalogue does not know yet is compared too.
    pub(super) fn classes(&self, blocks: &[&ActionBlock]) -> Vec<Class> {
        let mut ends: Vec<(usize, usize)> = Vec::new();
        let mut made_up: Vec<String> = Vec::new();
        for (number, block) in blocks.iter().enumerate() {
            let mut ranges: Vec<Range<usize>> = Vec::new();
            for pattern in block.patterns() {
                let before = ranges.len();
                self.ranges(&pattern.as_str().to_ascii_lowercase(), &mut ranges);
                if ranges.len() == before {
                    made_up.extend(make_up(pattern.as_str()));
                }
            }
            for range in merged(ranges) {
                ends.extend([(range.start, number), (range.end, number)]);
            }
        }
        ends.sort_unstable();
        let mut classes = Classes::new(blocks);
        let mut matched = Numbers::default();
        let (mut from, mut next) = (0, ends.iter().peekable());
        while from < self.names.len() {
            while let Some((_, number)) = next.next_if(|(at, _)| *at == from) {
                matched.flip(*number);
            }
            classes.add(&self.names[from].1, |number| matched.contains(number));
            from = next.peek().map_or(self.names.len(), |(at, _)| *at);
        }
        for action in &made_up {
            classes.add(action, |number| {
                blocks[number].patterns().iter().any(|pattern| pattern.matches(action))
            });
        }
        classes.found
    }

    /// Where the actions stand that `pattern`, in lower case, matches.
    fn ranges(&self, pattern: &str, ranges: &mut Vec<Range<usize>>) {
        let prefix = &pattern[..pattern.find(['*', '?']).unwrap_or(pattern.len())];
        let start = self.names.partition_point(|(name, _)| **name < *prefix);
        let rest = &pattern[prefix.len()..];
        let within = &self.names[start..];
        let length = within.partition_point(|(name, _)| name.starts_with(prefix));
        match rest {
            "" => ranges.extend(
                (within.first().is_some_and(|(name, _)| **name == *prefix)).then_some(start..start + 1),
            ),
            "*" => ranges.extend((length > 0).then_some(start..start + length)),
            _ => {
                let glob = Glob::new(rest);
                let matches = |at: &usize| glob.matches(&self.names[*at].0[prefix.len()..]);
                ranges.extend((start..start + length).filter(matches).map(|at| at..at + 1));
            }
        }
    }
}

fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// An action that `pattern` matches, when it can match one.
fn make_up(pattern: &str) -> Option<String> {
    let spell = |token| match token {
        Token::Literal(character) => character.to_string(),
        Token::One | Token::Any => "X".to_owned(),
    };
    let action: String = pattern.chars().map(Token::of).map(spell).collect();
    match action.split_once(':') {
        Some((service, name)) => (!service.is_empty() && !name.is_empty()).then_some(action),
        None if pattern.ends_with('*') => Some(format!("{action}:X")),
        None => None,
    }
}

struct Classes<'a> {
    blocks: &'a [&'a ActionBlock],
    known: HashSet<Numbers>,
    found: Vec<Class>,
}

impl<'a> Classes<'a> {
    fn new(blocks: &'a [&'a ActionBlock]) -> Classes<'a> {
        Classes { blocks, known: HashSet::new(), found: Vec::new() }
    }

    fn add(&mut self, action: &str, is_matched: impl Fn(usize) -> bool) {
        let mut statements = Numbers::default();
        for (number, block) in self.blocks.iter().enumerate() {
            if is_matched(number) == matches!(block, ActionBlock::Action(_)) {
                statements.flip(number);
            }
        }
        if self.known.insert(statements.clone()) {
            self.found.push(Class { action: action.to_owned(), statements });
        }
    }
}
