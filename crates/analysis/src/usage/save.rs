//! Usage as a file: versioned, compact, and checked when it is read.
//!
//! Layout: [`MAGIC`], then the DEFLATE-compressed body, then the SHA-256 of the body before compression. Numbers in
//! the body are LEB128; texts are a length and bytes. Rows keep the fingerprints of their events (day, 64-bit
//! hash), so that merging counts an event once even when two files hold it.

use super::Usage;
use super::row::Outcome;
use super::sighting::{EventId, Fingerprint, Key, Kind, Prints, Seen};
use super::table::Table;
use super::tally::{Source, Tally};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use sha2::{Digest, Sha256};

/// What a saved usage begins with, in every version of the format, and the version.
const MAGIC: &[u8; 7] = b"LWUSAGE";
const VERSION: u8 = 1;

/// The largest body that is read: 2 GiB.
const LIMIT: usize = 2 << 30;

/// A body is at most so many times as long as the file: rows hold hashes, which do not compress. What says otherwise was
/// not written by [`Usage::save`].
const RATIO: usize = 64;

/// Why a file is not a usage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It begins otherwise.
    #[error("this is not a saved usage")]
    Magic,
    /// It is of another version of the format.
    #[error("it was saved by another version of leastwise (format {0}; this one reads {VERSION})")]
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
        let mut file = MAGIC.to_vec();
        file.push(VERSION);
        file.extend(compress_to_vec(&body.0, 6));
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
        if *version != VERSION {
            return Err(LoadError::Version(*version));
        }
        let at = rest.len().checked_sub(32).ok_or(LoadError::Damaged("it is cut short"))?;
        let (packed, digest) = rest.split_at(at);
        let most = packed.len().saturating_mul(RATIO).saturating_add(1 << 20).min(LIMIT);
        let body = decompress_to_vec_with_limit(packed, most)
            .map_err(|_| LoadError::Damaged("its body does not decompress"))?;
        if Sha256::digest(&body).as_slice() != digest {
            return Err(LoadError::Damaged("its digest does not match"));
        }
        let mut reader = Reader(&body);
        let usage = reader.usage().ok_or(LoadError::Damaged("its body is not in the format"))?;
        if reader.0.is_empty() {
            Ok(usage)
        } else {
            Err(LoadError::Damaged("something stands behind its end"))
        }
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
            self.number(count);
        }
        self.number(tally.left_out.len() as u64);
        for (reason, count) in &tally.left_out {
            self.text(reason.as_bytes());
            self.number(*count);
        }
        for set in [&tally.data_sources, &tally.catalogs] {
            self.number(set.len() as u64);
            set.iter().for_each(|text| self.text(text.as_bytes()));
        }
        let (first, last) = tally.span.unwrap_or((1, 0));
        self.signed(first);
        self.signed(last);
        self.number(tally.sources.len() as u64);
        for source in &tally.sources {
            self.text(source.name.as_bytes());
            self.number(source.bytes);
            self.text(source.sha256.as_bytes());
            self.number(source.records);
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
            self.number(row.seen.count);
            self.signed(row.seen.first);
            self.signed(row.seen.last);
            self.text(row.seen.example.text().as_bytes());
            self.fingerprints(row.fingerprints);
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

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A count of things that take at least one byte each: a damaged count cannot ask for more memory than
    /// the file has bytes.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.count()?;
        let (text, rest) = self.0.split_at(len);
        self.0 = rest;
        Some(text)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn usage(&mut self) -> Option<Usage> {
        let tally = self.tally()?;
        let table = self.table()?;
        Some(Usage { table, tally })
    }

    fn tally(&mut self) -> Option<Tally> {
        let mut tally = Tally {
            records: self.number()?,
            events: self.number()?,
            duplicates: self.number()?,
            outside_window: self.number()?,
            other_principals: self.number()?,
            problems: self.number()?,
            ..Tally::default()
        };
        for _ in 0..self.count()? {
            tally.left_out.insert(self.text()?.to_owned(), self.number()?);
        }
        for set in [&mut tally.data_sources, &mut tally.catalogs] {
            for _ in 0..self.count()? {
                set.insert(self.text()?.to_owned());
            }
        }
        let (first, last) = (self.signed()?, self.signed()?);
        tally.span = (first <= last).then_some((first, last));
        for _ in 0..self.count()? {
            let name = self.text()?.to_owned();
            let (bytes, sha256, records) = (self.number()?, self.text()?.to_owned(), self.number()?);
            tally.sources.insert(Source { name, bytes, sha256, records });
        }
        Some(tally)
    }

    fn table(&mut self) -> Option<Table> {
        let fold_at = usize::try_from(self.number()?).ok()?;
        let mut table = Table::new(fold_at);
        for names in [&mut table.principals, &mut table.actions, &mut table.contexts] {
            for expected in 0..self.count()? {
                if names.intern(self.bytes()?) as usize != expected {
                    return None;
                }
            }
        }
        for _ in 0..self.count()? {
            let key = self.key(&table)?;
            let level = self.byte()?;
            table.raise_to(&key, level);
        }
        for _ in 0..self.count()? {
            let key = self.key(&table)?;
            let resource = self.text()?;
            let (count, first, last) = (self.number()?, self.signed()?, self.signed()?);
            let example = EventId::new(self.bytes()?);
            let prints = self.fingerprints()?;
            let hash = table.hash(&key, resource);
            table.add(key, resource, hash, Seen { count, first, last, example }, Prints::Some(&prints));
        }
        Some(table)
    }

    fn key(&mut self, table: &Table) -> Option<Key> {
        let mut id = |names: usize| u32::try_from(self.number()?).ok().filter(|id| (*id as usize) < names);
        let principal = id(table.principals.len())?;
        let action = id(table.actions.len())?;
        let context = id(table.contexts.len())?;
        let outcome = self.byte().filter(|byte| *byte <= Outcome::Unknown as u8)?;
        let kind = Kind::from_byte(self.byte()?)?;
        Some(Key { principal, action, context, outcome, kind })
    }

    fn fingerprints(&mut self) -> Option<Vec<Fingerprint>> {
        let mut prints = Vec::new();
        let mut before: Fingerprint = (0, 0);
        for _ in 0..self.count()? {
            let day = i32::try_from(i64::from(before.0).checked_add(self.signed()?)?).ok()?;
            let base = if day == before.0 { before.1 } else { 0 };
            before = (day, base.checked_add(self.number()?)?);
            prints.push(before);
        }
        Some(prints)
    }
}
