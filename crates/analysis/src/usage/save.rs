//! Usage as a file: versioned, compact, and checked when it is read.
//!
//! Layout: [`MAGIC`], then the DEFLATE-compressed body, then the SHA-256 of the body before compression. Numbers in
//! the body are LEB128; texts are a length and bytes. Rows keep the fingerprints of their events (day, 64-bit
//! hash), so that merging counts an event once even when two files hold it.

mod body;
mod read;
#[cfg(test)]
mod tests;
mod weight;

use super::Usage;
use super::presence::Presence;
use super::recorded::{Account, Held, Recorded, Shown, Side};
use super::sighting::{Fingerprint, Key};
use super::table::Table;
use super::tally::{Tally, Ways};
use miniz_oxide::deflate::compress_to_vec;
use sha2::{Digest, Sha256};

/// What a saved usage begins with, in every version of the format, and the version.
const MAGIC: &[u8; 7] = b"LWUSAGE";
const VERSION: u8 = 5;
/// The oldest that is still read. It does not say who called without leaving a row: see [`read`]. Neither it nor the next
/// says in which ways records came, none before 4 says which kinds of management events the logs of an account hold, and
/// none before the last what else is recorded there.
const OLDEST: u8 = 1;

/// Why a file is not a usage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It begins otherwise.
    #[error("this is not a saved usage")]
    Magic,
    /// It is of another version of the format.
    #[error(
        "it was saved by another version of leastwise (format {0}; this one reads {OLDEST} to {VERSION})"
    )]
    Version(u8),
    /// It was cut short or changed.
    #[error("the saved usage is damaged: {0}")]
    Damaged(&'static str),
}

/// Whether a file that begins with these bytes is a saved usage, of whatever version.
pub fn is_saved(file: &[u8]) -> bool {
    file.starts_with(MAGIC)
}

impl Usage {
    /// The usage as the bytes of a file.
    pub fn save(&self) -> Vec<u8> {
        let mut body = Writer::default();
        body.tally(&self.tally);
        body.table(&self.table);
        body.presence(&self.presence);
        body.ways(self.tally.ways);
        // The version of the file is no part of the digest, and without any account the body would be one of format 4 too.
        body.number(u64::from(VERSION));
        body.recorded(&self.tally.recorded);
        let mut file = MAGIC.to_vec();
        file.push(VERSION);
        let weight = weight::of_rows(&self.table) + weight::of_recorded(&self.tally.recorded);
        file.extend(packed(&body.0, weight));
        file.extend(Sha256::digest(&body.0));
        file
    }

    /// Reads what [`Usage::save`] wrote.
    ///
    /// # Errors
    /// When the bytes are anything else, or were changed or cut since.
    pub fn load(file: &[u8]) -> Result<Usage, LoadError> {
        let (version, rest) =
            file.strip_prefix(MAGIC).and_then(<[u8]>::split_first).ok_or(LoadError::Magic)?;
        if !(OLDEST..=VERSION).contains(version) {
            return Err(LoadError::Version(*version));
        }
        let at = rest.len().checked_sub(32).ok_or(LoadError::Damaged("it is cut short"))?;
        let (packed, digest) = rest.split_at(at);
        read::usage(*version, packed, digest)
    }
}

/// The body as it stands in the file. One that packs far better than what logs give, such as of events without ids, would
/// be taken for one that was made to fill the memory of who reads it, and so is not packed: see `weight.rs`.
fn packed(body: &[u8], weight: usize) -> Vec<u8> {
    let packed = compress_to_vec(body, 6);
    match weight::is_bounded_by(weight, packed.len()) {
        true => packed,
        false => compress_to_vec(body, 0),
    }
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// A count of events. Usages that overlap are merged by their events, but totals over all records add up, and double
    /// with each merge of a sum with its parts: one that is past all counting is kept as that, so that it can be read.
    fn events(&mut self, count: u64) {
        self.number(count.min(read::MOST_EVENTS));
    }

    fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)) as u64);
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text);
    }

    fn tally(&mut self, tally: &Tally) {
        for count in [
            tally.records,
            tally.events,
            tally.duplicates,
            tally.outside_window,
            tally.other_principals,
            tally.problems,
        ] {
            self.events(count);
        }
        self.number(tally.left_out.len() as u64);
        for (reason, count) in &tally.left_out {
            self.text(reason.as_bytes());
            self.events(*count);
        }
        // The event sources of data events stood here, which what is recorded says by account and action.
        self.number(0);
        self.number(tally.catalogs.len() as u64);
        tally.catalogs.iter().for_each(|digest| self.text(digest.as_bytes()));
        let (first, last) = tally.span.unwrap_or((1, 0));
        self.signed(first);
        self.signed(last);
        self.number(tally.sources.len() as u64);
        for source in &tally.sources {
            self.text(source.name.as_bytes());
            self.number(source.bytes);
            self.text(source.sha256.as_bytes());
            self.events(source.records);
        }
    }

    fn table(&mut self, table: &Table) {
        self.number(table.fold_at() as u64);
        for names in [&table.principals, &table.actions, &table.contexts] {
            self.number(names.len() as u64);
            (0..names.len() as u32).for_each(|id| self.text(names.bytes(id)));
        }
        let levels: Vec<(Key, u8)> = table.levels().collect();
        self.number(levels.len() as u64);
        for (key, level) in levels {
            self.key(&key);
            self.0.push(level);
        }
        self.number(table.rows().count() as u64);
        for (row, resource) in table.rows() {
            self.key(&row.key);
            self.text(resource.as_bytes());
            self.events(row.seen.count);
            self.signed(row.seen.first);
            self.signed(row.seen.last);
            self.text(row.seen.example.text().as_bytes());
            self.fingerprints(row.fingerprints);
        }
    }

    fn ways(&mut self, ways: Ways) {
        for count in [ways.queries, ways.bridged, ways.bridged_reads] {
            self.events(count);
        }
    }

    fn recorded(&mut self, recorded: &Recorded) {
        self.number(recorded.all().len() as u64);
        for (account, Account { held, shown }) in recorded.all() {
            self.number(account);
            self.held(held);
            self.shown(shown);
        }
    }

    fn held(&mut self, held: &Held) {
        let (side, events) = match held {
            Held::Both => (0, None),
            Held::Only(Side::Data, events) => (1, Some(events)),
            Held::Only(Side::Reads, events) => (2, Some(events)),
            Held::Only(Side::Writes, events) => (3, Some(events)),
        };
        self.0.push(side);
        let Some(events) = events else { return };
        self.number(events.len() as u64);
        let mut before = 0;
        for event in events {
            self.number(event - before);
            before = *event;
        }
    }

    fn shown(&mut self, shown: &Shown) {
        self.number(shown.data.len() as u64);
        for (action, read_only) in &shown.data {
            self.text(action.as_bytes());
            self.0.push(u8::from(*read_only));
        }
        self.number(shown.regions.len() as u64);
        shown.regions.iter().for_each(|region| self.text(region.as_bytes()));
        self.0.push(u8::from(shown.kms));
    }

    fn presence(&mut self, presence: &Presence) {
        self.number(presence.all().len() as u64);
        for (principal, times) in presence.all() {
            self.number(u64::from(principal));
            let (first, last) = times.unwrap_or((1, 0));
            self.signed(first);
            self.signed(last);
        }
    }

    fn key(&mut self, key: &Key) {
        for number in [key.principal, key.action, key.context] {
            self.number(u64::from(number));
        }
        self.0.extend_from_slice(&[key.outcome, key.kind as u8]);
    }

    fn fingerprints(&mut self, prints: &[Fingerprint]) {
        let mut prints = prints.to_vec();
        prints.sort_unstable();
        self.number(prints.len() as u64);
        let mut before: Fingerprint = (0, 0);
        for (day, hash) in prints {
            self.signed(i64::from(day) - i64::from(before.0));
            let base = if day == before.0 { before.1 } else { 0 };
            self.number(hash - base);
            before = (day, hash);
        }
    }
}
