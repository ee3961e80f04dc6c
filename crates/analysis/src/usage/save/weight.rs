//! What a saved usage comes to in memory, added up before anything of it is kept.
//!
//! A body can be packed a thousand times smaller than it is, but not when it is one that [`Usage::save`] wrote: every
//! event of a row that has an id has a fingerprint, a hash of which 64 bits less the logarithm of their number are chance,
//! and chance does not pack. A body that packs too well for all that is written without. So the size of the file bounds
//! what may come out of it, and whatever comes to more was not written by us.
//!
//! [`Usage::save`]: crate::usage::Usage::save

use super::LoadError;
use crate::usage::recorded::{Recorded, Shown};
use crate::usage::table::Table;

/// So many bytes of memory for each byte of the file. A row with the longest key of S3 and the id of an event comes to 40;
/// what logs really give, to less than 10.
const EACH: usize = 64;
/// And so many for a small one.
const FREE: usize = 16 << 20;
/// A fingerprint takes at least so many bytes of the file.
const PACKED_PRINT: usize = 4;
/// Fingerprints of a small one.
const FREE_PRINTS: usize = 1 << 10;

/// What a thing of each kind takes, rounded up, without its texts.
pub(super) const ROW: usize = 192;
pub(super) const LEVEL: usize = 128;
pub(super) const NAME: usize = 64;
pub(super) const SOURCE: usize = 192;
pub(super) const PRINT: usize = 16;
pub(super) const PRESENCE: usize = 64;
pub(super) const ACCOUNT: usize = 128;

/// What the rows of a usage come to.
pub(super) fn of_rows(table: &Table) -> usize {
    table.rows().map(|(row, resource)| ROW + resource.len() + row.fingerprints.len() * PRINT).sum()
}

/// What that which is known of all accounts comes to, but for the events of those that have one kind alone: those are hashes.
pub(super) fn of_recorded(recorded: &Recorded) -> usize {
    let text = |text: &String| NAME + text.len();
    let of = |shown: &Shown| {
        let actions = shown.data.iter().map(|(action, _)| text(action));
        ACCOUNT + actions.chain(shown.regions.iter().map(text)).sum::<usize>()
    };
    recorded.all().map(|(_, account)| of(&account.shown)).sum()
}

/// Whether what comes to so much may stand in a file of this size. Beside them are names, levels and sources, for which
/// an eighth is left.
pub(super) fn is_bounded_by(weight: usize, packed: usize) -> bool {
    weight.saturating_add(weight / 8) <= packed.saturating_mul(EACH).saturating_add(FREE)
}

/// The sum so far, and what it may come to.
pub(super) struct Weight {
    bytes: usize,
    most: usize,
    prints: usize,
    most_prints: usize,
    /// Rows, and the bytes of their resources, for which there will be room.
    pub(super) rows: usize,
    pub(super) text: usize,
}

impl Weight {
    /// For a file of this size.
    pub(super) fn of(packed: usize) -> Self {
        Weight {
            bytes: 0,
            most: packed.saturating_mul(EACH).saturating_add(FREE),
            prints: 0,
            most_prints: packed / PACKED_PRINT + FREE_PRINTS,
            rows: 0,
            text: 0,
        }
    }

    pub(super) fn add(&mut self, bytes: usize) -> Result<(), LoadError> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes <= self.most {
            true => Ok(()),
            false => Err(TOO_MUCH),
        }
    }

    pub(super) fn row(&mut self, text: usize) -> Result<(), LoadError> {
        self.rows += 1;
        self.text += text;
        self.add(ROW + text)
    }

    pub(super) fn prints(&mut self, count: usize) -> Result<(), LoadError> {
        self.prints = self.prints.saturating_add(count);
        match self.prints <= self.most_prints {
            true => self.add(count.saturating_mul(PRINT)),
            false => Err(TOO_MUCH),
        }
    }
}

const TOO_MUCH: LoadError = LoadError::Damaged("it unpacks to more than a saved usage of its size holds");
