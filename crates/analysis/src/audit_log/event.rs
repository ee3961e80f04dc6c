//! One CloudTrail record, borrowed from the window: the fields that usage needs, and no more.
//!
//! Field meanings: CloudTrail User Guide, "CloudTrail record contents for management, data, and network
//! activity events" and "CloudTrail userIdentity element".

use super::cursor::{Cursor, Malformed, Quick, Value};
use super::identity::{Identities, Identity};

/// A field of a record: the raw text between the quotes, or of a scalar. Empty when it was absent or null.
pub type Raw<'a> = &'a [u8];

/// The fields of a record that are read. Strings keep their escapes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Event<'a> {
    /// `eventVersion`, such as `1.11`.
    pub version: Raw<'a>,
    /// `eventType`, such as `AwsApiCall`.
    pub kind: Raw<'a>,
    /// `eventCategory`, such as `Management`.
    pub category: Raw<'a>,
    /// `eventSource`, such as `s3.amazonaws.com`.
    pub source: Raw<'a>,
    /// `eventName`, such as `GetObject`.
    pub name: Raw<'a>,
    /// `eventTime`.
    pub time: Raw<'a>,
    /// `eventID`.
    pub id: Raw<'a>,
    /// `awsRegion`.
    pub region: Raw<'a>,
    /// `readOnly`: `true` or `false`.
    pub read_only: Raw<'a>,
    /// `errorCode`, or the one inside `responseElements`.
    pub error_code: Raw<'a>,
    /// `errorMessage`.
    pub error_message: Raw<'a>,
    /// `recipientAccountId`.
    pub account: Raw<'a>,
    /// `vpcEndpointId`.
    pub vpc_endpoint: Raw<'a>,
    /// Who called.
    pub identity: Identity<'a>,
    /// Where `requestParameters` is, when it is an object.
    pub parameters: Option<Cursor<'a>>,
    /// Where `resources` is, when it is an array.
    pub resources: Option<Cursor<'a>>,
    /// Where `eventContext` is, when it is an object.
    pub context: Option<Cursor<'a>>,
    /// Where `additionalEventData` is, when it is an object.
    pub additional: Option<Cursor<'a>>,
}

impl std::fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cursor@{}", self.position())
    }
}

/// The raw text of a string or scalar; empty for null and for anything else, which is skipped.
#[inline]
pub(super) fn text<'a>(cursor: &mut Cursor<'a>, value: Value<'a>) -> Result<Raw<'a>, Malformed> {
    match value {
        Value::String(text) => Ok(text),
        Value::Scalar(b"null") => Ok(b""),
        Value::Scalar(text) => Ok(text),
        Value::Object | Value::Array => cursor.skip().map(|_| &b""[..]),
    }
}

#[inline]
pub(super) fn ignore<'a>(cursor: &mut Cursor<'a>, value: Value<'a>) -> Result<(), Malformed> {
    text(cursor, value).map(drop)
}

impl<'a> Event<'a> {
    /// Reads the record whose opening bracket the cursor stands at; leaves the cursor after its closing one.
    ///
    /// # Errors
    /// When the text is not JSON, or a member that is read appears twice (which AWS never writes, and which
    /// two readers could take for two different events).
    pub fn read(cursor: &mut Cursor<'a>) -> Result<Event<'a>, Malformed> {
        let start = *cursor;
        let mut event = Event::default();
        event.read_with(cursor, &mut Identities::default())?;
        Event::check_names(start)?;
        Ok(event)
    }

    /// Checks the names of the members of a record, whose opening bracket the cursor stands at: AWS writes no escapes
    /// into them, and one could hide a name that is read.
    ///
    /// # Errors
    /// When there is an escape in one.
    #[cold]
    pub(super) fn check_names(mut cursor: Cursor<'_>) -> Result<(), Malformed> {
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            if name.contains(&b'\\') {
                let reason = "a member name with an escape, which AWS never writes";
                return Err(Malformed { at: cursor.position(), reason, incomplete: false });
            }
            ignore(&mut cursor, value)?;
        }
        Ok(())
    }

    /// The same into an event that is empty, with the identities that were read before, and without
    /// [`Event::check_names`].
    #[inline]
    pub(super) fn read_with(
        &mut self,
        cursor: &mut Cursor<'a>,
        identities: &mut Identities,
    ) -> Result<(), Malformed> {
        let start = cursor.position();
        let mut seen = 0u32;
        cursor.enter()?;
        loop {
            let bit = match cursor.quick() {
                Quick::Text(name, text) => self.text(name, text),
                Quick::Word(name, word) => self.text(name, if word == b"null" { b"" } else { word }),
                Quick::End => return Ok(()),
                Quick::Object(name) => self.object(cursor, name, identities)?,
                Quick::Array(name) => self.array(cursor, name)?,
                Quick::Other => match self.rest(cursor, identities)? {
                    Some(bit) => bit,
                    None => return Ok(()),
                },
            };
            if seen & bit != 0 {
                return Err(Malformed { at: start, reason: "a member appears twice", incomplete: false });
            }
            seen |= bit;
        }
    }

    /// Takes in a member of any kind, and returns the bit that stands for it (0: not one that is read); `None` at the
    /// record's end.
    #[inline(never)]
    fn rest(
        &mut self,
        cursor: &mut Cursor<'a>,
        identities: &mut Identities,
    ) -> Result<Option<u32>, Malformed> {
        let Some((name, value)) = cursor.member()? else { return Ok(None) };
        let found = match value {
            Value::Object => return self.object(cursor, name, identities).map(Some),
            Value::Array => return self.array(cursor, name).map(Some),
            Value::String(text) => text,
            Value::Scalar(b"null") => b"",
            Value::Scalar(text) => text,
        };
        Ok(Some(self.text(name, found)))
    }

    /// Takes in a string or scalar, empty for null.
    #[inline(always)]
    fn text(&mut self, name: &[u8], found: Raw<'a>) -> u32 {
        match self.field(name) {
            Some((bit, field)) => {
                *field = if found.is_empty() { *field } else { found };
                1 << bit
            }
            None => 0,
        }
    }

    /// The field that a name stands for, and its number. By length first: most names are then told apart by one
    /// comparison, or by none.
    #[inline(always)]
    fn field(&mut self, name: &[u8]) -> Option<(u32, &mut Raw<'a>)> {
        Some(match name.len() {
            7 if name == b"eventID" => (0, &mut self.id),
            8 if name == b"readOnly" => (18, &mut self.read_only),
            9 => match name {
                b"eventType" => (1, &mut self.kind),
                b"eventName" => (2, &mut self.name),
                b"eventTime" => (3, &mut self.time),
                b"awsRegion" => (4, &mut self.region),
                b"errorCode" => (5, &mut self.error_code),
                _ => return None,
            },
            11 if name == b"eventSource" => (7, &mut self.source),
            12 => match name {
                b"eventVersion" => (8, &mut self.version),
                b"errorMessage" => (9, &mut self.error_message),
                _ => return None,
            },
            13 => match name {
                b"eventCategory" => (12, &mut self.category),
                b"vpcEndpointId" => (13, &mut self.vpc_endpoint),
                _ => return None,
            },
            18 if name == b"recipientAccountId" => (16, &mut self.account),
            _ => return None,
        })
    }

    /// Takes in an object, at which the cursor stands.
    #[inline]
    fn object(
        &mut self,
        cursor: &mut Cursor<'a>,
        name: &[u8],
        identities: &mut Identities,
    ) -> Result<u32, Malformed> {
        let bit = match name {
            b"userIdentity" => {
                identities.read(cursor, &mut self.identity)?;
                return Ok(1 << 10);
            }
            b"responseElements" => {
                self.response(cursor)?;
                return Ok(1 << 14);
            }
            b"requestParameters" => {
                self.parameters = Some(*cursor);
                15
            }
            b"eventContext" => {
                self.context = Some(*cursor);
                11
            }
            b"additionalEventData" => {
                self.additional = Some(*cursor);
                17
            }
            _ => return self.nested(cursor, name),
        };
        cursor.skip()?;
        Ok(1 << bit)
    }

    /// Takes in an array, at which the cursor stands.
    #[inline]
    fn array(&mut self, cursor: &mut Cursor<'a>, name: &[u8]) -> Result<u32, Malformed> {
        if name != b"resources" {
            return self.nested(cursor, name);
        }
        self.resources = Some(*cursor);
        cursor.skip()?;
        Ok(1 << 6)
    }

    /// Skips an object or array that is not read, though a text of its name would be.
    fn nested(&mut self, cursor: &mut Cursor<'a>, name: &[u8]) -> Result<u32, Malformed> {
        let bit = match self.field(name) {
            Some((bit, _)) => 1 << bit,
            None => 0,
        };
        cursor.skip()?;
        Ok(bit)
    }

    /// An error can sit in `responseElements` while the record has no `errorCode` of its own.
    fn response(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        cursor.enter()?;
        loop {
            let (name, found) = match cursor.quick() {
                Quick::Text(name, text) => (name, text),
                Quick::End => return Ok(()),
                Quick::Word(name, word) => (name, if word == b"null" { b"" } else { word }),
                Quick::Object(_) | Quick::Array(_) => {
                    cursor.skip()?;
                    continue;
                }
                Quick::Other => match cursor.member()? {
                    Some((name, value)) => (name, text(cursor, value)?),
                    None => return Ok(()),
                },
            };
            match name {
                b"errorCode" if self.error_code.is_empty() => self.error_code = found,
                b"errorMessage" if self.error_message.is_empty() => self.error_message = found,
                _ => {}
            }
        }
    }
}
