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

/// The hash of nothing, and how it goes on: FNV-1a.
const START: u64 = 0xCBF2_9CE4_8422_2325;

#[inline]
fn go_on(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
}

impl Prefixes {
    /// Sorts the statements with these numbers.
    pub(super) fn new(numbers: &[u32], rules: &[Rule]) -> Prefixes {
        let mut lengths = BTreeSet::new();
        let mut lists: HashMap<u64, Vec<u32>, foldhash::fast::RandomState> = HashMap::default();
        for &number in numbers {
            let Rule { version, statement } = &rules[number as usize];
            let prefixes: BTreeSet<String> = match &statement.resource {
                Some(ResourceBlock::Resource(patterns)) => {
                    patterns.iter().map(|pattern| pattern.prefix(*version)).collect()
                }
                Some(ResourceBlock::NotResource(_)) | None => BTreeSet::from([String::new()]),
            };
            for prefix in prefixes {
                lengths.insert(prefix.len() as u32);
                let hash = prefix.bytes().fold(START, go_on);
                lists.entry(hash).or_default().push(number);
            }
        }
        Prefixes { lengths: lengths.into_iter().collect(), lists }
    }

    /// Calls `ask` with the numbers of the statements that may be about `target` until it says that it is enough.
    #[inline]
    pub(super) fn any(&self, target: &str, ask: &mut impl FnMut(u32) -> bool) {
        let (mut hash, mut at) = (START, 0);
        for &length in &self.lengths {
            let Some(more) = target.as_bytes().get(at..length as usize) else { return };
            hash = more.iter().copied().fold(hash, go_on);
            at = length as usize;
            if let Some(numbers) = self.lists.get(&hash)
                && numbers.iter().any(|number| ask(*number))
            {
                return;
            }
        }
    }
}
