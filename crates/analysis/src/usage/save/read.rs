//! Reading a saved usage: once to see whether it is whole, sound and no more than it can be, which keeps nothing, and
//! once more to take it in.
//!
//! Format 1 does not say who called without leaving a row. It names everybody who was met, though, so when it holds
//! everybody, those of them who have no row are the ones. When that was, it does not tell, and of some principals only
//! (`--principal`) it does not tell who of the others was asked for.

use std::collections::BTreeSet;

use super::LoadError;
use super::body::Body;
use super::weight::{self, Weight};
use crate::usage::Usage;
use crate::usage::recorded::{Account, Held, LONGEST_REGION, Shown, Side};
use crate::usage::row::Outcome;
use crate::usage::sighting::{EventId, Fingerprint, Key, Kind, Prints, Seen};
use crate::usage::tally::{Source, Ways};

/// No count of events comes near it, so that sums of counts stay numbers.
pub(super) const MOST_EVENTS: u64 = 1 << 40;
/// Nor do seconds since the epoch.
const MOST_SECONDS: u64 = 1 << 40;

const FORMAT: LoadError = LoadError::Damaged("its body is not in the format");

/// What the packed body holds, when it has this digest.
pub(super) fn usage(version: u8, packed: &[u8], digest: &[u8]) -> Result<Usage, LoadError> {
    let mut first = Reader::new(version, packed, None);
    first.usage()?;
    match first.body.end() {
        Some(found) if found == digest => {}
        Some(_) => return Err(LoadError::Damaged("its digest does not match")),
        None => return Err(LoadError::Damaged("something stands behind its end, or it ends too early")),
    }
    let mut usage = Usage::new(first.fold_at);
    usage.table.make_room(first.weight.rows, first.weight.text);
    let mut again = Reader::new(version, packed, Some(usage));
    again.usage()?;
    again.into.ok_or(FORMAT)
}

struct Reader<'a> {
    version: u8,
    body: Body<'a>,
    weight: Weight,
    /// Where everything goes, the second time.
    into: Option<Usage>,
    fold_at: usize,
    /// How many principals, actions and contexts there are.
    names: [usize; 3],
    /// The resource of the row at hand, and its fingerprints.
    resource: String,
    prints: Vec<Fingerprint>,
}

impl<'a> Reader<'a> {
    fn new(version: u8, packed: &'a [u8], into: Option<Usage>) -> Self {
        Reader {
            version,
            body: Body::new(packed, into.is_none()),
            weight: Weight::of(packed.len()),
            into,
            fold_at: 0,
            names: [0; 3],
            resource: String::new(),
            prints: Vec::new(),
        }
    }

    fn usage(&mut self) -> Result<(), LoadError> {
        self.tally()?;
        self.table()?;
        match self.version {
            1 => self.presence_of_names(),
            _ => self.presence()?,
        }
        if self.version >= 3 {
            self.ways()?;
        }
        if self.version > 4 && self.number()? != u64::from(self.version) {
            return Err(FORMAT);
        }
        match self.version {
            1..=3 => self.recorded_of_names(),
            _ => self.recorded()?,
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, LoadError> {
        self.body.byte().ok_or(FORMAT)
    }

    #[inline]
    fn number(&mut self) -> Result<u64, LoadError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F).checked_shl(shift).ok_or(FORMAT)?;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(FORMAT)
    }

    fn signed(&mut self) -> Result<i64, LoadError> {
        let value = self.number()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn events(&mut self) -> Result<u64, LoadError> {
        self.number().and_then(|count| (count <= MOST_EVENTS).then_some(count).ok_or(FORMAT))
    }

    fn seconds(&mut self) -> Result<i64, LoadError> {
        self.signed().and_then(|time| (time.unsigned_abs() <= MOST_SECONDS).then_some(time).ok_or(FORMAT))
    }

    /// A count of things, of which there may turn out to be fewer: nothing is made room for by it.
    fn count(&mut self) -> Result<usize, LoadError> {
        usize::try_from(self.number()?).map_err(|_| FORMAT)
    }

    fn bytes(&mut self) -> Result<&[u8], LoadError> {
        let len = self.count()?;
        self.body.bytes(len).ok_or(FORMAT)
    }

    fn text(&mut self) -> Result<&str, LoadError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| FORMAT)
    }

    /// A text that is kept by itself.
    fn owned(&mut self) -> Result<String, LoadError> {
        let text = self.text()?.to_owned();
        self.weight.add(weight::NAME + text.len())?;
        Ok(text)
    }

    fn tally(&mut self) -> Result<(), LoadError> {
        let [records, events, duplicates, outside_window, other_principals, problems] =
            [self.events()?, self.events()?, self.events()?, self.events()?, self.events()?, self.events()?];
        if let Some(Usage { tally, .. }) = &mut self.into {
            (tally.records, tally.events, tally.duplicates) = (records, events, duplicates);
            (tally.outside_window, tally.other_principals) = (outside_window, other_principals);
            tally.problems = problems;
        }
        for _ in 0..self.count()? {
            let (reason, count) = (self.owned()?, self.events()?);
            if let Some(usage) = &mut self.into {
                usage.tally.left_out.insert(reason, count);
            }
        }
        for _ in 0..self.count()? {
            // The event sources of data events, which usage that was saved earlier has here and nobody asks for.
            self.text()?;
        }
        for _ in 0..self.count()? {
            let digest = self.owned()?;
            if let Some(usage) = &mut self.into {
                usage.tally.catalogs.insert(digest);
            }
        }
        let (first, last) = (self.seconds()?, self.seconds()?);
        if let Some(usage) = &mut self.into {
            usage.tally.span = (first <= last).then_some((first, last));
        }
        for _ in 0..self.count()? {
            self.weight.add(weight::SOURCE)?;
            let name = self.owned()?;
            let (bytes, sha256, records) = (self.number()?, self.owned()?, self.events()?);
            if let Some(usage) = &mut self.into {
                usage.tally.sources.insert(Source { name, bytes, sha256, records });
            }
        }
        Ok(())
    }

    fn table(&mut self) -> Result<(), LoadError> {
        self.fold_at = self.count()?;
        for list in 0..3 {
            self.names[list] = self.count()?;
            for expected in 0..self.names[list] {
                self.name(list, expected)?;
            }
        }
        for _ in 0..self.count()? {
            self.weight.add(weight::LEVEL)?;
            let (key, level) = (self.key()?, self.byte()?);
            if let Some(usage) = &mut self.into {
                usage.table.raise_to(&key, level);
            }
        }
        for _ in 0..self.count()? {
            self.row()?;
        }
        Ok(())
    }

    /// A name, which must be new.
    fn name(&mut self, list: usize, expected: usize) -> Result<(), LoadError> {
        let len = self.count()?;
        self.weight.add(weight::NAME)?;
        self.weight.add(len)?;
        let name = self.body.bytes(len).ok_or(FORMAT)?;
        // Each value of a context becomes a text of its own.
        let values = name.iter().filter(|byte| byte.is_ascii_control()).count();
        self.weight.add(values.saturating_mul(weight::NAME))?;
        let Some(Usage { table, .. }) = &mut self.into else { return Ok(()) };
        let names = [&mut table.principals, &mut table.actions, &mut table.contexts];
        match names[list].intern(name) as usize == expected {
            true => Ok(()),
            false => Err(FORMAT),
        }
    }

    fn row(&mut self) -> Result<(), LoadError> {
        let key = self.key()?;
        let mut resource = std::mem::take(&mut self.resource);
        resource.clear();
        resource.push_str(self.text()?);
        self.resource = resource;
        self.weight.row(self.resource.len())?;
        let (count, first, last) = (self.events()?, self.seconds()?, self.seconds()?);
        let example = EventId::new(self.bytes()?);
        self.fingerprints()?;
        if let Some(Usage { table, .. }) = &mut self.into {
            let hash = table.hash(&key, &self.resource);
            let seen = Seen { count, first, last, example };
            table.add(key, &self.resource, hash, seen, Prints::Some(&self.prints));
        }
        Ok(())
    }

    fn presence(&mut self) -> Result<(), LoadError> {
        for _ in 0..self.count()? {
            self.weight.add(weight::PRESENCE)?;
            let (principal, first, last) = (self.id(0)?, self.seconds()?, self.seconds()?);
            if let Some(usage) = &mut self.into {
                usage.presence.add(principal, (first <= last).then_some((first, last)));
            }
        }
        Ok(())
    }

    fn ways(&mut self) -> Result<(), LoadError> {
        let [queries, bridged, bridged_reads] = [self.events()?, self.events()?, self.events()?];
        // Format 3 says here whether any record was of a read-only call, by its name.
        if self.version == 3 && self.number()? > 1 {
            return Err(FORMAT);
        }
        if let Some(usage) = &mut self.into {
            usage.tally.ways = Ways { queries, bridged, bridged_reads };
        }
        Ok(())
    }

    fn recorded(&mut self) -> Result<(), LoadError> {
        for _ in 0..self.count()? {
            self.weight.add(weight::ACCOUNT)?;
            let account = self.number().ok().filter(|account| *account < 1_000_000_000_000).ok_or(FORMAT)?;
            let held = match self.byte()? {
                0 => Held::Both,
                1 => self.events_of(Side::Data)?,
                2 => self.events_of(Side::Reads)?,
                3 => self.events_of(Side::Writes)?,
                _ => return Err(FORMAT),
            };
            let shown = if self.version > 4 { self.shown()? } else { Shown::default() };
            if let Some(usage) = &mut self.into {
                usage.tally.recorded.add(account, Account { held, shown });
            }
        }
        Ok(())
    }

    /// What else is recorded of an account.
    fn shown(&mut self) -> Result<Shown, LoadError> {
        let mut shown = Shown::default();
        for _ in 0..self.count()? {
            let action = self.owned()?;
            shown.data.insert((action, self.flag()?));
        }
        for _ in 0..self.count()? {
            let region = self.owned()?;
            if !(1..=LONGEST_REGION).contains(&region.len()) {
                return Err(FORMAT);
            }
            shown.add_region(region);
        }
        shown.kms = self.flag()?;
        Ok(shown)
    }

    fn flag(&mut self) -> Result<bool, LoadError> {
        match self.byte()? {
            byte @ 0..=1 => Ok(byte == 1),
            _ => Err(FORMAT),
        }
    }

    /// The events of an account that has those of one kind alone.
    fn events_of(&mut self, side: Side) -> Result<Held, LoadError> {
        let count = self.count()?;
        if !(1..=side.enough()).contains(&count) {
            return Err(FORMAT);
        }
        self.weight.add(count * weight::PRINT)?;
        let (mut events, mut before) = (BTreeSet::new(), 0u64);
        for _ in 0..count {
            before = before.checked_add(self.number()?).ok_or(FORMAT)?;
            events.insert(before);
        }
        Ok(Held::Only(side, events))
    }

    /// What does not say which events it was made from is not called one-sided.
    fn recorded_of_names(&mut self) {
        let Some(usage) = &mut self.into else { return };
        for id in 0..usage.table.principals.len() as u32 {
            let account = usage.table.principals.text(id).split(':').nth(4);
            usage.tally.recorded.not_told(account.unwrap_or_default());
        }
    }

    /// What the names of format 1 say of who called without leaving a row.
    fn presence_of_names(&mut self) {
        let Some(Usage { table, presence, tally }) = &mut self.into else { return };
        if tally.other_principals > 0 {
            return;
        }
        let mut left = vec![true; table.principals.len()];
        table.rows().for_each(|(row, _)| left[row.key.principal as usize] = false);
        let silent = (0..).zip(left).filter(|(_, left)| *left);
        silent.for_each(|(principal, _)| presence.add(principal, None));
    }

    fn key(&mut self) -> Result<Key, LoadError> {
        let [principal, action, context] = [self.id(0)?, self.id(1)?, self.id(2)?];
        let outcome = self.byte()?;
        if outcome > Outcome::Unknown as u8 {
            return Err(FORMAT);
        }
        let kind = Kind::from_byte(self.byte()?).ok_or(FORMAT)?;
        Ok(Key { principal, action, context, outcome, kind })
    }

    fn id(&mut self, list: usize) -> Result<u32, LoadError> {
        let id = u32::try_from(self.number()?).ok();
        id.filter(|id| (*id as usize) < self.names[list]).ok_or(FORMAT)
    }

    fn fingerprints(&mut self) -> Result<(), LoadError> {
        let count = self.count()?;
        self.weight.prints(count)?;
        self.prints.clear();
        let mut before: Fingerprint = (0, 0);
        for _ in 0..count {
            let day = i64::from(before.0).checked_add(self.signed()?).ok_or(FORMAT)?;
            let day = i32::try_from(day).map_err(|_| FORMAT)?;
            let base = if day == before.0 { before.1 } else { 0 };
            before = (day, base.checked_add(self.number()?).ok_or(FORMAT)?);
            if self.into.is_some() {
                self.prints.push(before);
            }
        }
        Ok(())
    }
}
