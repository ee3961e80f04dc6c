//! Counts that wait for their turn.
//!
//! Whether an event was counted before, and the row that it counts for, are each a look at memory that no cache
//! holds. Sixteen such looks one behind the other wait for each other's answers; side by side they wait once. So a
//! call whose row is known is only noted, and what was noted is settled together, under one lock.
//!
//! INVARIANT: what comes out does not depend on when an event is settled. Rows may have been folded in between; then
//! the event counts for what they were folded into.

use super::{Collector, Common, seen_once};
use crate::usage::duplicates::{self, Home, SHARDS};
use crate::usage::recall::MOST_ROWS;
use crate::usage::sighting::{Fingerprint, Key, Prints, Seen};
use smallvec::SmallVec;

/// With so many of one shard of the memory of duplicates it is time to settle them.
const ENOUGH: usize = 16;

/// So many wait at most: an event has not more rows than the difference, where its call is remembered.
const MOST: usize = ENOUGH + MOST_ROWS;
const _: () = assert!(MOST <= u32::BITS as usize);

/// Shards that are to be settled.
pub(super) type Full = SmallVec<[usize; 2]>;

/// Events that wait, by the shard of the memory of duplicates that they are looked for in.
#[derive(Debug)]
pub(super) struct Backlog {
    shards: [Waiting; SHARDS],
}

impl Default for Backlog {
    fn default() -> Self {
        Backlog { shards: std::array::from_fn(|_| Waiting::default()) }
    }
}

#[derive(Debug, Default)]
struct Waiting {
    prints: Vec<Fingerprint>,
    counts: Vec<Count>,
    texts: String,
}

/// What an event that turns out to be new is counted for.
#[derive(Debug)]
struct Count {
    seen: Seen,
    of: Of,
    /// Whether it is the first of its event, which the event is tallied with.
    first: bool,
}

#[derive(Debug)]
enum Of {
    /// A row, and the hash of the call that it is remembered by.
    Row(u32, u64),
    /// What may or may not have a row yet, folded as its group was when it was noted.
    Resource {
        key: Key,
        group: Option<usize>,
        hash: u64,
        /// Where the resource stands among the texts.
        text: (usize, usize),
    },
}

impl Backlog {
    /// Notes an event that has this fingerprint and counts for a row, the first of its rows or another. Returns the shard
    /// that is now to be settled.
    #[inline]
    pub(super) fn note_row(
        &mut self,
        common: &Common<'_>,
        (home, print): (Home, Fingerprint),
        (row, call): (u32, u64),
        first: bool,
    ) -> Option<usize> {
        self.note(common, (home, print), first, |_| Of::Row(row, call))
    }

    /// The same for an event that counts for a resource.
    #[inline]
    pub(super) fn note_resource(
        &mut self,
        common: &Common<'_>,
        (home, print): (Home, Fingerprint),
        (key, group, hash): (Key, Option<usize>, u64),
        resource: &str,
        first: bool,
    ) -> Option<usize> {
        self.note(common, (home, print), first, |texts| {
            let start = texts.len();
            texts.push_str(resource);
            Of::Resource { key, group, hash, text: (start, texts.len()) }
        })
    }

    #[inline(always)]
    fn note(
        &mut self,
        common: &Common<'_>,
        (home, print): (Home, Fingerprint),
        first: bool,
        of: impl FnOnce(&mut String) -> Of,
    ) -> Option<usize> {
        let shard = duplicates::shard_of(home, print);
        let waiting = &mut self.shards[shard];
        let of = of(&mut waiting.texts);
        waiting.prints.push(print);
        waiting.counts.push(Count { seen: seen_once(common), of, first });
        (waiting.counts.len() >= ENOUGH).then_some(shard)
    }
}

impl Collector<'_> {
    /// Settles all that waits.
    pub(super) fn settle_all(&mut self) {
        for shard in 0..SHARDS {
            self.settle(shard);
        }
    }

    #[inline(never)]
    pub(super) fn settle(&mut self, shard: usize) {
        let mut waiting = std::mem::take(&mut self.backlog.shards[shard]);
        let new = self.shared.duplicates.are_new(shard, &waiting.prints);
        let keep = self.shared.settings.keep_fingerprints;
        let likely = self.likely_rows(&waiting, new);
        for (i, (count, print)) in waiting.counts.drain(..).zip(&waiting.prints).enumerate() {
            if new >> i & 1 == 0 {
                self.usage.tally.duplicates += u64::from(count.first);
                continue;
            }
            self.usage.tally.events += u64::from(count.first);
            self.settle_one(&count, likely[i], Prints::new(*print, keep), &waiting.texts);
        }
        waiting.prints.clear();
        waiting.texts.clear();
        self.backlog.shards[shard] = waiting;
    }

    /// Where the new ones among the resources that wait may have their rows.
    #[inline]
    fn likely_rows(&self, waiting: &Waiting, new: u32) -> [Option<u32>; MOST] {
        let mut likely = [None; MOST];
        for (i, (count, likely)) in waiting.counts.iter().zip(&mut likely).enumerate() {
            if let Of::Resource { hash, .. } = count.of
                && new >> i & 1 == 1
            {
                *likely = self.usage.table.likely(hash);
            }
        }
        likely
    }

    #[inline(always)]
    fn settle_one(&mut self, count: &Count, likely: Option<u32>, prints: Prints<'_>, texts: &str) {
        let (table, seen) = (&mut self.usage.table, count.seen);
        match count.of {
            Of::Row(row, _) if table.is_live(row) => table.add_to_row(row, seen, prints),
            Of::Row(row, call) => {
                // The next such call finds out what its row is now.
                self.calls.forget(call);
                table.add_folded(row, seen, prints);
            }
            Of::Resource { key, group, hash, text: (start, end) } => {
                let text = &texts[start..end];
                match likely.filter(|row| table.is_row(*row, hash, &key, text)) {
                    Some(row) => table.add_to_row(row, seen, prints),
                    None => _ = table.add_in_group(group, key, text, hash, seen, prints),
                }
            }
        }
    }
}
