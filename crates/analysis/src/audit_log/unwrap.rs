//! Records that stand one by one inside something else: an object around each, or a text within a document.

use super::cursor::{Cursor, Malformed, Value, unescape};
use super::envelope;
use super::event::Event;
use super::reader::{Reader, Sink, State, Via, end_of};
use super::rows::MESSAGE;
use super::structural;

/// Members of a record, of which every record has some.
const MARKS: [&[u8]; 5] = [b"eventVersion", b"eventName", b"eventSource", b"userIdentity", b"eventID"];

/// Members that hold a record as text: CloudWatch Logs, LookupEvents, SNS, SQS, what the console of Logs Insights saves
/// and rows of CloudTrail Lake that were made objects.
const TEXTS: [&[u8]; 7] =
    [b"message", b"CloudTrailEvent", b"Message", b"Body", b"body", b"@message", b"eventJson"];

/// How EventBridge calls what CloudTrail sends to it (EventBridge User Guide, "AWS service events delivered via AWS
/// CloudTrail"): `AWS API Call via CloudTrail`.
const VIA: &[u8] = b" via CloudTrail";

/// Whose events CloudTrail's are; nobody else may send events by such a name (EventBridge API Reference, PutEvents).
const SOURCE: &[u8] = b"aws.";

/// How the names of the management events begin that a rule of EventBridge matches only in the state
/// `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` (EventBridge User Guide, "Receiving read-only management events").
const READS: [&[u8]; 3] = [b"Describe", b"Get", b"List"];

/// Whether the record is of a management event that only reads, by its name: those that EventBridge's rules leave out.
fn is_read_only(event: &Event<'_>) -> bool {
    event.category != b"Data" && READS.iter().any(|read| event.name.starts_with(read))
}

/// What a subscription of CloudWatch Logs sends to see whether its destination is there.
const CONTROL: &[u8] = b"CWL CONTROL MESSAGE";

/// How deep texts within texts are unwrapped: a message of SNS within one of SQS.
const DEPTH: u8 = 3;

/// What of EventBridge stands around a record.
#[derive(Default)]
struct Bridge<'a> {
    detail: Option<Cursor<'a>>,
    kind: Option<&'a [u8]>,
    source: Option<&'a [u8]>,
}

impl<'a> Bridge<'a> {
    fn note(&mut self, name: &[u8], value: Value<'a>, cursor: &Cursor<'a>) {
        match (name, value) {
            (b"detail", Value::Object) => self.detail = Some(*cursor),
            (b"detail-type", Value::String(text)) => self.kind = Some(text),
            (b"source", Value::String(text)) => self.source = Some(text),
            _ => {}
        }
    }

    /// The record, if it is one.
    fn record(&self) -> Option<Result<Event<'a>, Malformed>> {
        const OTHER: Malformed = Malformed {
            at: 0,
            reason: "an EventBridge event that is no CloudTrail record",
            incomplete: false,
        };
        let mut detail = self.detail?;
        let others = self.kind.is_some_and(|kind| !kind.ends_with(VIA))
            || self.source.is_some_and(|source| !source.starts_with(SOURCE));
        Some(match Event::read(&mut detail) {
            Ok(event) if others || event.name.is_empty() && event.time.is_empty() => Err(OTHER),
            read => read,
        })
    }
}

/// What an object within a text is.
enum Inside<'a> {
    Record(Box<Event<'a>>),
    Bridged(Box<Event<'a>>),
    Text(&'a [u8]),
}

impl Reader {
    /// Finds out what the object at the cursor is, and reads it. Returns where reading goes on.
    pub(super) fn probe(
        &mut self,
        cursor: &mut Cursor<'_>,
        sink: &mut impl Sink,
    ) -> Result<usize, Malformed> {
        let start = cursor.position();
        let whole = *cursor;
        let outermost = !matches!(self.state, State::Array { .. });
        let mut bridge = Bridge::default();
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            let at = *cursor;
            match value {
                Value::Array if outermost && let Some(number) = envelope::of_array(name) => {
                    return self.enter(cursor, number, sink);
                }
                _ if MARKS.contains(&name) => {
                    *cursor = whole;
                    return self.record(cursor, start, sink);
                }
                Value::String(text) if TEXTS.contains(&name) => {
                    // The whole object first, so that nothing is handed over from one that is not whole yet.
                    *cursor = whole;
                    cursor.skip()?;
                    self.messages += u64::from(name == MESSAGE.as_bytes());
                    self.inner(text, start, sink);
                    return Ok(end_of(cursor, start));
                }
                Value::Object | Value::Array => {
                    cursor.skip()?;
                }
                _ => {}
            }
            bridge.note(name, value, &at);
            if name == MESSAGE.as_bytes() && value == Value::Object {
                self.messages += 1;
                bridge.detail = Some(at);
            }
            if outermost {
                self.answer.note(name, value, &at)?;
            }
        }
        match (bridge.record(), self.answer.refused) {
            (Some(Ok(event)), _) => self.hand_over_bridged(&event, start, sink),
            (Some(Err(malformed)), _) => self.report(sink, start, malformed.reason),
            (None, Some(words)) if outermost => self.report(sink, start, words),
            _ => self.report(sink, start, "an object that holds no CloudTrail record; it is left out"),
        }
        Ok(end_of(cursor, start))
    }

    fn hand_over_bridged(&mut self, event: &Event<'_>, at: usize, sink: &mut impl Sink) {
        self.hand_over(event, at, sink);
        sink.came(Via::Bridge { read_only: is_read_only(event) });
    }

    /// A record that stands as text inside another document, escaped as JSON does.
    pub(super) fn inner(&mut self, raw: &[u8], at: usize, sink: &mut impl Sink) {
        match unescape(raw) {
            Some(text) => self.text(&text, at, DEPTH, sink),
            None => self.report(sink, at, "a message that is not UTF-8 text; it is left out"),
        }
    }

    /// A record as text, or what wraps one.
    pub(super) fn text(&mut self, text: &str, at: usize, depth: u8, sink: &mut impl Sink) {
        const NONE: &str = "a message that holds no record";
        if text.as_bytes().starts_with(CONTROL) {
            return;
        }
        let mut structure = std::mem::take(&mut self.inner);
        structural::index(text.as_bytes(), &mut structure);
        let mut cursor = Cursor::new(text.as_bytes(), &structure.positions);
        let read = match text.trim_start().starts_with('{') {
            true => inside(&mut cursor),
            false => Ok(None),
        };
        match read {
            Ok(Some(Inside::Record(event))) => self.hand_over(&event, at, sink),
            Ok(Some(Inside::Bridged(event))) => self.hand_over_bridged(&event, at, sink),
            Ok(Some(Inside::Text(raw))) if depth > 0 => match unescape(raw) {
                Some(text) => self.text(&text, at, depth - 1, sink),
                None => self.report(sink, at, "a message that is not UTF-8 text; it is left out"),
            },
            Ok(_) => self.report(sink, at, NONE),
            Err(malformed) => self.report(sink, at, malformed.reason),
        }
        self.inner = structure;
    }
}

/// What the object is at which the cursor stands, in a text that holds all of it.
fn inside<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Inside<'a>>, Malformed> {
    let mut whole = *cursor;
    let mut bridge = Bridge::default();
    cursor.enter()?;
    while let Some((name, value)) = cursor.member()? {
        let at = *cursor;
        match value {
            _ if MARKS.contains(&name) => {
                let event = Event::read(&mut whole)?;
                let end = end_of(&whole, 0);
                if !whole.text()[end..].iter().all(u8::is_ascii_whitespace) {
                    let reason = "a message that holds something behind its record; it is left out";
                    return Err(Malformed { at: end, reason, incomplete: false });
                }
                return Ok(Some(Inside::Record(Box::new(event))));
            }
            Value::String(text) if TEXTS.contains(&name) => return Ok(Some(Inside::Text(text))),
            Value::Object | Value::Array => {
                cursor.skip()?;
            }
            _ => {}
        }
        bridge.note(name, value, &at);
    }
    bridge.record().transpose().map(|event| event.map(|event| Inside::Bridged(Box::new(event))))
}

/// Whether a text is a whole record and nothing else.
pub(super) fn is_record(text: &str) -> bool {
    if !text.starts_with('{') {
        return false;
    }
    let mut structure = structural::Structure::default();
    structural::index(text.as_bytes(), &mut structure);
    let read = Event::read(&mut Cursor::new(text.as_bytes(), &structure.positions));
    read.is_ok_and(|event| {
        let said = [event.version, event.name, event.source, event.time];
        said.iter().all(|said| !said.is_empty()) && event.identity.present
    })
}
