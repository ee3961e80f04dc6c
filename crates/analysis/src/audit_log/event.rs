//! One CloudTrail record, borrowed from the window: the fields that usage needs, and no more.
//!
//! Field meanings: CloudTrail User Guide, "CloudTrail record contents for management, data, and network
//! activity events" and "CloudTrail userIdentity element".

use super::cursor::{Cursor, Malformed, Value};

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
}

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
}

impl std::fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cursor@{}", self.position())
    }
}

/// The raw text of a string or scalar; empty for null and for anything else, which is skipped.
#[inline]
fn text<'a>(cursor: &mut Cursor<'a>, value: Value<'a>) -> Result<Raw<'a>, Malformed> {
    match value {
        Value::String(text) => Ok(text),
        Value::Scalar(b"null") => Ok(b""),
        Value::Scalar(text) => Ok(text),
        Value::Object | Value::Array => cursor.skip().map(|_| &b""[..]),
    }
}

/// A member that is not read. AWS writes no escapes into names, and one could hide a name that is read.
#[inline]
fn other<'a>(cursor: &mut Cursor<'a>, name: &[u8], value: Value<'a>) -> Result<u32, Malformed> {
    if name.contains(&b'\\') {
        let reason = "a member name with an escape, which AWS never writes";
        return Err(Malformed { at: cursor.position(), reason, incomplete: false });
    }
    ignore(cursor, value).map(|()| 0)
}

#[inline]
fn ignore<'a>(cursor: &mut Cursor<'a>, value: Value<'a>) -> Result<(), Malformed> {
    text(cursor, value).map(drop)
}

impl<'a> Event<'a> {
    /// Reads the record whose opening bracket the cursor stands at; leaves the cursor after its closing one.
    ///
    /// # Errors
    /// When the text is not JSON, or a member that is read appears twice (which AWS never writes, and which
    /// two readers could take for two different events).
    pub fn read(cursor: &mut Cursor<'a>) -> Result<Event<'a>, Malformed> {
        let start = cursor.position();
        let mut event = Event::default();
        let mut seen = 0u32;
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            let bit = event.field(cursor, name, value)?;
            if bit != 0 && seen & bit != 0 {
                return Err(Malformed { at: start, reason: "a member appears twice", incomplete: false });
            }
            seen |= bit;
        }
        Ok(event)
    }

    /// Takes in one member, and returns the bit that stands for it (0: not one that is read).
    #[inline]
    fn field(&mut self, cursor: &mut Cursor<'a>, name: &[u8], value: Value<'a>) -> Result<u32, Malformed> {
        // By length first: most names are then told apart by one comparison, or by none.
        let (bit, field) = match name.len() {
            7 if name == b"eventID" => (0, &mut self.id),
            9 => match name {
                b"eventType" => (1, &mut self.kind),
                b"eventName" => (2, &mut self.name),
                b"eventTime" => (3, &mut self.time),
                b"awsRegion" => (4, &mut self.region),
                b"errorCode" => (5, &mut self.error_code),
                b"resources" if value == Value::Array => {
                    self.resources = Some(*cursor);
                    cursor.skip()?;
                    return Ok(1 << 6);
                }
                _ => return other(cursor, name, value),
            },
            11 if name == b"eventSource" => (7, &mut self.source),
            12 => match name {
                b"eventVersion" => (8, &mut self.version),
                b"errorMessage" => (9, &mut self.error_message),
                b"userIdentity" if value == Value::Object => {
                    self.identity = Identity::read(cursor)?;
                    return Ok(1 << 10);
                }
                b"eventContext" if value == Value::Object => {
                    self.context = Some(*cursor);
                    cursor.skip()?;
                    return Ok(1 << 11);
                }
                _ => return other(cursor, name, value),
            },
            13 => match name {
                b"eventCategory" => (12, &mut self.category),
                b"vpcEndpointId" => (13, &mut self.vpc_endpoint),
                _ => return other(cursor, name, value),
            },
            16 if name == b"responseElements" && value == Value::Object => {
                self.response(cursor)?;
                return Ok(1 << 14);
            }
            17 if name == b"requestParameters" && value == Value::Object => {
                self.parameters = Some(*cursor);
                cursor.skip()?;
                return Ok(1 << 15);
            }
            18 if name == b"recipientAccountId" => (16, &mut self.account),
            _ => return other(cursor, name, value),
        };
        let found = text(cursor, value)?;
        if !found.is_empty() {
            *field = found;
        }
        Ok(1 << bit)
    }

    /// An error can sit in `responseElements` while the record has no `errorCode` of its own.
    fn response(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            let found = text(cursor, value)?;
            match name {
                b"errorCode" if self.error_code.is_empty() => self.error_code = found,
                b"errorMessage" if self.error_message.is_empty() => self.error_message = found,
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> Identity<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Identity<'a>, Malformed> {
        let start = cursor.position();
        let mut identity = Identity { present: true, ..Identity::default() };
        let mut seen = 0u8;
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            let bit = identity.field(cursor, name, value)?;
            if seen & bit != 0 {
                return Err(Malformed { at: start, reason: "a member appears twice", incomplete: false });
            }
            seen |= bit;
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
            b"onBehalfOf" if value == Value::Object => {
                self.on_behalf_of = one_member(cursor, b"userId")?;
                return Ok(64);
            }
            _ => return ignore(cursor, value).map(|()| 0),
        };
        *field = text(cursor, value)?;
        Ok(bit)
    }

    fn session(&mut self, cursor: &mut Cursor<'a>) -> Result<(), Malformed> {
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            match name {
                b"sessionIssuer" if value == Value::Object => self.issuer = one_member(cursor, b"arn")?,
                b"attributes" if value == Value::Object => {
                    self.mfa = one_member(cursor, b"mfaAuthenticated")?;
                }
                _ => ignore(cursor, value)?,
            }
        }
        Ok(())
    }
}

/// The text of one member of the object at which the cursor stands; the rest is skipped.
#[inline]
fn one_member<'a>(cursor: &mut Cursor<'a>, wanted: &[u8]) -> Result<Raw<'a>, Malformed> {
    let mut found: Raw<'a> = b"";
    cursor.enter()?;
    while let Some((name, value)) = cursor.member()? {
        let text = text(cursor, value)?;
        if name == wanted {
            found = text;
        }
    }
    Ok(found)
}
