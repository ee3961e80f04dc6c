//! Statements by what the resources that they are about begin with.
//!
//! A pattern without wildcards at its beginning concerns only what begins like it. A request's resource has few
//! beginnings of the lengths that occur, and each is one look.

use super::Rule;
use crate::aws::ResourceBlock;
use std::collections::{BTreeSet, HashMap};

/// The statements of a list, by prefix.
#[derive(Debug)]
pub(super) struct Prefixes {
    /// The lengths that occur, ascending.
    lengths: Box<[u32]>,
    /// By the hash of a prefix. Two with the same hash share a list, which costs time and nothing else: the
    /// statements are asked themselves.
    lists: HashMap<u64, Vec<u32>, foldhash::fast::RandomState>,
}

/// The hash of the empty prefix.
const START: u64 = 0xCBF2_9CE4_8422_2325;

/// The hash of a prefix with these bytes more.
#[inline]
fn go_on(mut hash: u64, more: &[u8]) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    let (words, rest) = more.as_chunks();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let rest = rest.iter().fold(more.len() as u64, |all, byte| all << 8 | u64::from(*byte));
    mix(hash, rest)
}

impl Prefixes {
    /// Sorts the statements with these numbers.
    pub(super) fn new(numbers: &[u32], rules: &[Rule]) -> Prefixes {
        let prefixes = numbers.iter().flat_map(|&number| {
            let prefixes = prefixes(&rules[number as usize]);
            prefixes.into_iter().map(move |prefix| (prefix, number))
        });
        let prefixes: Vec<(String, u32)> = prefixes.collect();
        let lengths: BTreeSet<u32> = prefixes.iter().map(|(prefix, _)| prefix.len() as u32).collect();
        let mut all = Prefixes { lengths: lengths.into_iter().collect(), lists: HashMap::default() };
        for (prefix, number) in prefixes {
            let hash = all.hashes(&prefix).last().unwrap_or(START);
            all.lists.entry(hash).or_default().push(number);
        }
        all
    }

    /// The hashes of the beginnings of `text` that have one of the lengths.
    #[inline]
    fn hashes(&self, text: &str) -> impl Iterator<Item = u64> {
        let (mut hash, mut at) = (START, 0);
        self.lengths.iter().map_while(move |&length| {
            hash = go_on(hash, text.as_bytes().get(at..length as usize)?);
            at = length as usize;
            Some(hash)
        })
    }

    /// Calls `ask` with the numbers of the statements that may be about `target` until it says that it is enough.
    #[inline]
    pub(super) fn any(&self, target: &str, ask: &mut impl FnMut(u32) -> bool) {
        let lists = self.hashes(target).filter_map(|hash| self.lists.get(&hash));
        let _ = lists.flatten().any(|number| ask(*number));
    }
}

/// What the resources that a statement is about begin with.
fn prefixes(rule: &Rule) -> BTreeSet<String> {
    match &rule.statement.resource {
        Some(ResourceBlock::Resource(patterns)) => {
            patterns.iter().map(|pattern| pattern.prefix(rule.version)).collect()
        }
        Some(ResourceBlock::NotResource(_)) | None => BTreeSet::from([String::new()]),
    }
}
