//! Who called: the `userIdentity` of a record.
//!
//! A session makes many calls, and its `userIdentity`, a third of each record, is the same in all of them: an
//! identity that was read before is known by its bytes and not read again.

use super::cursor::{Cursor, Malformed, Value};
use super::event::{Raw, ignore, text};
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// The `userIdentity` of a record.
#[derive(Debug, Default, Clone, Copy)]
pub struct Identity<'a> {
    /// Whether there was a `userIdentity` object at all.
    pub present: bool,
    /// `type`, such as `AssumedRole`.
    pub kind: Raw<'a>,
    /// `arn`.
    pub arn: Raw<'a>,
    /// `accountId`.
    pub account: Raw<'a>,
    /// `principalId`.
    pub principal_id: Raw<'a>,
    /// `invokedBy`: the AWS service that made the call for the caller.
    pub invoked_by: Raw<'a>,
    /// `sessionContext.sessionIssuer.arn`.
    pub issuer: Raw<'a>,
    /// `onBehalfOf.userId` (IAM Identity Center).
    pub on_behalf_of: Raw<'a>,
    /// `sessionContext.attributes.mfaAuthenticated`.
    pub mfa: Raw<'a>,
    /// `sessionContext.sourceIdentity`.
    pub source_identity: Raw<'a>,
    /// Identities with the same number are the same, byte for byte; 0 says nothing.
    pub number: u64,
}

impl<'a> Identity<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Identity<'a>, Malformed> {
        let start = cursor.position();
        let mut identity = Identity { present: true, ..Identity::default() };
        let mut seen = 0u8;
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            let bit = identity.field(cursor, name, value)?;
            once(&mut seen, bit, start)?;
        }
        Ok(identity)
    }

    /// Takes in one member, and returns the bit that stands for it (0: not one that is read).
    #[inline]
    fn field(&mut self, cursor: &mut Cursor<'a>, name: &[u8], value: Value<'a>) -> Result<u8, Malformed> {
        let (bit, field) = match name {
            b"type" => (1, &mut self.kind),
            b"arn" => (2, &mut self.arn),
            b"accountId" => (4, &mut self.account),
            b"principalId" => (8, &mut self.principal_id),
            b"invokedBy" => (16, &mut self.invoked_by),
            b"sessionContext" if value == Value::Object => return self.session(cursor).map(|()| 32),
            b"sessionContext" => return ignore(cursor, value).map(|()| 32),
            b"onBehalfOf" if value == Value::Object => {
                self.on_behalf_of = one_member(cursor, b"userId")?;
                return Ok(64);
            }
            b"onBehalfOf" => return ignore(cursor, value).map(|()| 64),
            _ => return ignore(cursor, value).map(|()| 0),
        };
        *field = text(cursor, value)?;
        Ok(bit)
    }

    fn session(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        let start = cursor.position();
        let mut seen = 0u8;
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            let bit = match name {
                b"sessionIssuer" => 1,
                b"attributes" => 2,
                b"sourceIdentity" => 4,
                _ => 0,
            };
            match (bit, value) {
                (1, Value::Object) => self.issuer = one_member(cursor, b"arn")?,
                (2, Value::Object) => self.mfa = one_member(cursor, b"mfaAuthenticated")?,
                (4, _) => self.source_identity = text(cursor, value)?,
                _ => ignore(cursor, value)?,
            }
            once(&mut seen, bit, start)?;
        }
        Ok(())
    }
}

/// The text of one member of the object at which the cursor stands; the rest is skipped.
#[inline]
fn one_member<'a>(cursor: &mut Cursor<'a>, wanted: &[u8]) -> Result<Raw<'a>, Malformed> {
    let start = cursor.position();
    let (mut found, mut seen): (Raw<'a>, _) = (b"", 0u8);
    cursor.enter()?;
    while let Some((name, value)) = cursor.member()? {
        let text = text(cursor, value)?;
        if name == wanted {
            once(&mut seen, 1, start)?;
            found = text;
        }
    }
    Ok(found)
}

/// Notes a member by its bit. One that comes twice could be read as one or the other, and say that another called.
#[inline]
fn once(seen: &mut u8, bit: u8, at: usize) -> Result<(), Malformed> {
    if *seen & bit != 0 {
        return Err(Malformed { at, reason: "a member appears twice", incomplete: false });
    }
    *seen |= bit;
    Ok(())
}

/// How many identities are kept, two in each place: an hour's sessions of a busy account.
const PLACES: usize = 1 << 9;

/// What of an identity decides where it is kept: it holds the ARN with the session's name, and the access key.
const HEAD: std::ops::Range<usize> = 64..192;

/// The longest identity that is kept; one that is shorter than its head would be looked for in vain.
const LONGEST: usize = 2 << 10;

/// Identities that were read lately.
#[derive(Debug, Default)]
pub(super) struct Identities {
    places: Vec<[Slot; 2]>,
}

/// One of them: its text, how many structural positions that has, and where in it the fields are.
#[derive(Debug, Default, Clone)]
struct Slot {
    /// Of the text's head.
    hash: u64,
    text: Vec<u8>,
    positions: usize,
    fields: [(u16, u16); 9],
    number: u64,
}

impl Identities {
    /// Reads the identity whose opening bracket the cursor stands at.
    #[inline]
    pub(super) fn read<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        into: &mut Identity<'a>,
    ) -> Result<(), Malformed> {
        let rest = &cursor.text()[cursor.position()..];
        let Some(head) = rest.get(HEAD) else {
            *into = Identity::read(cursor)?;
            return Ok(());
        };
        let hash = xxh3_64(head);
        let index = hash as usize % PLACES;
        for slot in self.places.get(index).into_iter().flatten() {
            if slot.hash == hash
                && !slot.text.is_empty()
                && let Some(text) = rest.get(..slot.text.len())
                && text == slot.text
            {
                // The same bytes have the same structure.
                cursor.advance(slot.positions);
                slot.fill(text, into);
                return Ok(());
            }
        }
        *into = self.read_new(cursor, hash)?;
        Ok(())
    }

    #[inline(never)]
    fn read_new<'a>(&mut self, cursor: &mut Cursor<'a>, hash: u64) -> Result<Identity<'a>, Malformed> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let start = *cursor;
        let mut identity = Identity::read(cursor)?;
        let end = cursor.behind().map_or(0, |at| at + 1);
        let text = start.text().get(start.position()..end);
        let Some(text) = text.filter(|text| (HEAD.end..=LONGEST).contains(&text.len())) else {
            return Ok(identity);
        };
        if self.places.is_empty() {
            self.places.resize(PLACES, <[Slot; 2]>::default());
        }
        identity.number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let place = &mut self.places[hash as usize % PLACES];
        // Of the two, the one that was read first makes room.
        place.swap(0, 1);
        let slot = &mut place[0];
        slot.hash = hash;
        slot.text.clear();
        slot.text.extend_from_slice(text);
        slot.positions = cursor.steps_from(&start);
        slot.number = identity.number;
        slot.fields = identity.fields().map(|field| match field {
            [] => (0, 0),
            _ => ((field.as_ptr().addr() - text.as_ptr().addr()) as u16, field.len() as u16),
        });
        Ok(identity)
    }
}

impl<'a> Identity<'a> {
    fn fields(&self) -> [Raw<'a>; 9] {
        [
            self.kind,
            self.arn,
            self.account,
            self.principal_id,
            self.invoked_by,
            self.issuer,
            self.on_behalf_of,
            self.mfa,
            self.source_identity,
        ]
    }
}

impl Slot {
    /// Fills in the identity, its fields taken from `text`, which is the slot's.
    #[inline]
    fn fill<'a>(&self, text: &'a [u8], into: &mut Identity<'a>) {
        let field = |at: usize| {
            let (start, len) = self.fields[at];
            text.get(usize::from(start)..).and_then(|rest| rest.get(..usize::from(len))).unwrap_or_default()
        };
        into.present = true;
        into.kind = field(0);
        into.arn = field(1);
        into.account = field(2);
        into.principal_id = field(3);
        into.invoked_by = field(4);
        into.issuer = field(5);
        into.on_behalf_of = field(6);
        into.mfa = field(7);
        into.source_identity = field(8);
        into.number = self.number;
    }
}
