//! Takes CloudTrail records out of the envelopes in which people keep them.
//!
//! The file that a trail writes is `{"Records":[…]}`. The same records also come as NDJSON, as an array,
//! wrapped one by one by EventBridge (`detail`), and as text inside CloudWatch Logs (`message`) and
//! `LookupEvents` (`CloudTrailEvent`). What the envelope is, is found out, not declared.
//!
//! The reader is fed pieces of any size and keeps none of them, so its memory does not depend on the size
//! of the log: it looks at one window at a time and asks for more when a record is not whole.

use super::cursor::{Cursor, Malformed, Value, unescape};
use super::event::Event;
use super::identity::Identities;
use super::structural::{self, Structure};
use leastwise_policy::time::Timestamp;

/// How much is looked at in one go: small enough to stay in the second-level cache.
const WINDOW: usize = 256 << 10;

/// How much is looked at behind a line that was lost; from there on it grows again. Many lost lines cost no more than
/// so much each.
const FRESH_WINDOW: usize = 1 << 10;

/// The members of envelopes that hold records: CloudTrail's own first; the others wrap each record.
const ARRAYS: [&[u8]; 4] = [b"Records", b"Events", b"events", b"logEvents"];

/// What a subscription of CloudWatch Logs sends to see whether its destination is there.
const CONTROL: &[u8] = b"CWL CONTROL MESSAGE";

/// The longest time before a line of an export.
const LONGEST_TIME: usize = 40;

/// The largest single record. CloudTrail cuts events at 256 KB (1 MB for Lake and enriched events).
pub const MAX_RECORD: usize = 16 << 20;

/// Something in the log that could not be read, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// How many records of this file came before.
    pub record: u64,
    /// Byte offset in the (decompressed) text.
    pub offset: u64,
    /// What is wrong and what was done about it.
    pub reason: String,
}

/// Takes what the reader finds.
pub trait Sink {
    /// One record. An error is a record that is well-formed JSON and yet cannot be used; it is reported.
    fn record(&mut self, event: &Event<'_>) -> Result<(), String>;
    /// Something that could not be read. It was left out, and reading goes on where it can.
    fn problem(&mut self, problem: Problem);
}

/// Where in the envelope the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read yet.
    Start,
    /// Between top-level values.
    Top,
    /// In an array of records, `wrapped` when each must be unwrapped first. `tail`: an object surrounds it.
    Array { wrapped: bool, tail: bool, first: bool },
    /// Behind the array, inside the object that surrounds it.
    Tail,
    /// The rest of the text cannot be read.
    Lost,
}

/// Reads one log file.
#[derive(Debug)]
pub struct Reader {
    state: State,
    offset: u64,
    records: u64,
    values: u64,
    /// Which of [`ARRAYS`] the object at hand had so far, a bit each.
    arrays: u8,
    structure: Structure,
    inner: Structure,
    /// The blocks with backslashes of the window at hand, and how many of them lie before the record at hand.
    escapes: Vec<u32>,
    passed: usize,
    identities: Identities,
}

/// What became of one attempt in a window.
enum Step {
    /// This many bytes are done with.
    Done(usize),
    /// The value is not whole in this window.
    More,
    /// Nothing follows that could be read.
    Stop,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new() -> Self {
        Reader {
            state: State::Start,
            offset: 0,
            records: 0,
            values: 0,
            arrays: 0,
            structure: Structure::default(),
            inner: Structure::default(),
            escapes: Vec::new(),
            passed: 0,
            identities: Identities::default(),
        }
    }

    /// Starts over for the next file, keeping what was allocated.
    pub fn reset(&mut self) {
        self.state = State::Start;
        (self.offset, self.records, self.values, self.arrays) = (0, 0, 0, 0);
    }

    /// How many records were handed to the sink, good or not.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Reads every whole record of `text`, which continues where the last call's consumed bytes ended.
    ///
    /// Returns how many bytes are done with: the caller hands the rest in again, with more behind it.
    /// `last` says that nothing follows; then all of `text` is done with.
    pub fn push(&mut self, text: &[u8], last: bool, sink: &mut impl Sink) -> usize {
        let mut structure = std::mem::take(&mut self.structure);
        let (mut done, mut window) = (0, WINDOW);
        while self.state != State::Lost {
            let rest = &text[done..];
            let len = rest.len().min(window);
            let whole = len == rest.len();
            structure.escapes = std::mem::take(&mut self.escapes);
            structural::index(&rest[..len], &mut structure);
            self.escapes = std::mem::take(&mut structure.escapes);
            self.passed = 0;
            let (used, fresh) = self.window(&rest[..len], &structure.positions, last && whole, sink);
            done += used;
            self.offset += used as u64;
            if fresh {
                window = FRESH_WINDOW;
            } else if used > 0 {
                window = (window * 2).clamp(FRESH_WINDOW, WINDOW);
            } else if whole {
                break;
            } else {
                window *= 2;
            }
            if window > MAX_RECORD {
                self.lose(sink, "a record is larger than 16 MiB; the rest of the file is left out");
            }
        }
        self.structure = structure;
        if text.len() - done > MAX_RECORD && !last && self.state != State::Lost {
            self.lose(sink, "a record is larger than 16 MiB; the rest of the file is left out");
        }
        if last {
            self.finish(&text[done..], sink);
        }
        if last || self.state == State::Lost { text.len() } else { done }
    }

    /// Reads what it can of one window, and returns how many bytes are done with, and whether a line was lost there: what
    /// the window says of strings behind it does not hold, since a line begins outside of them.
    fn window(&mut self, text: &[u8], positions: &[u32], last: bool, sink: &mut impl Sink) -> (usize, bool) {
        let mut cursor = Cursor::new(text, positions);
        let mut done = 0;
        while done < text.len() {
            let before = cursor;
            match self.step(&mut cursor, done, last, sink) {
                Ok(Step::Done(to)) => done = to,
                Ok(Step::More) => break,
                Ok(Step::Stop) => return (text.len(), false),
                Err(malformed) if malformed.incomplete && !last => break,
                Err(malformed) => {
                    cursor = before;
                    match self.resynchronise(&mut cursor, done) {
                        Ok(to) => {
                            self.report(sink, done, malformed.reason);
                            done = to;
                            if self.state == State::Top {
                                return (done, true);
                            }
                        }
                        Err(incomplete) if incomplete && !last => break,
                        Err(_) => {
                            let reason = format!("{}; the rest of the file is left out", malformed.reason);
                            self.report_owned(sink, done, reason);
                            self.state = State::Lost;
                            return (text.len(), false);
                        }
                    }
                }
            }
        }
        (done, false)
    }

    /// One move of the state machine from byte `at`.
    fn step(
        &mut self,
        cursor: &mut Cursor<'_>,
        at: usize,
        last: bool,
        sink: &mut impl Sink,
    ) -> Result<Step, Malformed> {
        let text = cursor.text();
        let start = after_space(text, at);
        match self.state {
            State::Start => {
                const BOM: &[u8] = b"\xEF\xBB\xBF";
                if text.len() - start < BOM.len() && !last && BOM.starts_with(&text[start..]) {
                    return Ok(Step::More);
                }
                self.state = State::Top;
                Ok(Step::Done(start + if text[start..].starts_with(BOM) { BOM.len() } else { 0 }))
            }
            State::Top if start == text.len() => Ok(Step::Done(start)),
            State::Top => self.top(cursor, start, sink),
            State::Array { wrapped, tail, first } => {
                self.element(cursor, start, sink, (wrapped, tail, first))
            }
            State::Tail => self.tail(cursor, start, sink),
            State::Lost => Ok(Step::Stop),
        }
    }

    /// A value that stands by itself: an envelope, a record, one line of NDJSON.
    fn top(
        &mut self,
        cursor: &mut Cursor<'_>,
        start: usize,
        sink: &mut impl Sink,
    ) -> Result<Step, Malformed> {
        let text = cursor.text();
        self.arrays = 0;
        match text[start] {
            b'[' => {
                cursor.enter()?;
                self.values += 1;
                self.state = State::Array { wrapped: true, tail: false, first: true };
                Ok(Step::Done(start + 1))
            }
            b'{' => {
                let probe = self.probe(cursor, sink)?;
                self.values += 1;
                Ok(Step::Done(probe))
            }
            b'0'..=b'9' if let Some(len) = exported(&text[start..]) => Ok(Step::Done(start + len)),
            b'0'..=b'9' if text.len() - start < LONGEST_TIME => {
                Err(Malformed { at: start, reason: "this is not JSON", incomplete: true })
            }
            _ => Err(Malformed { at: start, reason: "this is not JSON", incomplete: false }),
        }
    }

    /// One element of an array of records, or the array's end.
    fn element(
        &mut self,
        cursor: &mut Cursor<'_>,
        start: usize,
        sink: &mut impl Sink,
        (wrapped, tail, first): (bool, bool, bool),
    ) -> Result<Step, Malformed> {
        let text = cursor.text();
        let Some(&byte) = text.get(start) else {
            return Ok(Step::Done(start));
        };
        match byte {
            b']' => {
                cursor.step()?;
                self.state = if tail { State::Tail } else { State::Top };
                Ok(Step::Done(start + 1))
            }
            b',' if !first => {
                self.state = State::Array { wrapped, tail, first: true };
                Ok(Step::Done(start + 1))
            }
            _ if !first => Err(Malformed { at: start, reason: "expected `,` or `]`", incomplete: false }),
            b'{' => {
                let end = if wrapped { self.probe(cursor, sink)? } else { self.record(cursor, start, sink)? };
                if let State::Array { first, .. } = &mut self.state {
                    *first = false;
                }
                Ok(Step::Done(end))
            }
            _ => {
                let mut from = start;
                cursor.element(&mut from)?;
                let end = if from > start { from } else { cursor.skip().map(|_| end_of(cursor, start))? };
                self.report(sink, start, "a record that is not an object; it is left out");
                self.state = State::Array { wrapped, tail, first: false };
                Ok(Step::Done(end))
            }
        }
    }

    /// What follows an array of records in the object that surrounds it: a member, which can be another such array, or
    /// the object's end.
    fn tail(
        &mut self,
        cursor: &mut Cursor<'_>,
        start: usize,
        sink: &mut impl Sink,
    ) -> Result<Step, Malformed> {
        const REASON: &str = "expected `,` or `}` behind the records";
        let text = cursor.text();
        let wrong = |at| Malformed { at, reason: REASON, incomplete: at >= text.len() };
        match text.get(start) {
            None => return Ok(Step::Done(start)),
            Some(b'}') => {
                cursor.step()?;
                self.state = State::Top;
                return Ok(Step::Done(start + 1));
            }
            Some(b',') => {}
            Some(_) => return Err(wrong(start)),
        }
        let name_at = after_space(text, start + 1);
        if text.get(name_at) != Some(&b'"') {
            return Err(wrong(name_at));
        }
        let Some((name, value)) = cursor.member()? else { return Err(wrong(name_at)) };
        let end_of_text = |part: &[u8]| part.as_ptr().addr() - text.as_ptr().addr() + part.len();
        let end = match value {
            Value::Array if let Some(bit) = array_bit(name) => {
                if self.arrays & bit != 0 {
                    self.report(sink, name_at, "a second array of records of the same name; both are read");
                }
                return self.enter(cursor, name, bit).map(Step::Done);
            }
            Value::Object | Value::Array => {
                cursor.skip()?;
                end_of(cursor, start)
            }
            Value::String(part) => end_of_text(part) + 1,
            Value::Scalar(part) => end_of_text(part),
        };
        Ok(Step::Done(end))
    }

    /// Steps into an array of records, at which the cursor stands.
    fn enter(&mut self, cursor: &mut Cursor<'_>, name: &[u8], bit: u8) -> Result<usize, Malformed> {
        let end = cursor.position() + 1;
        cursor.enter()?;
        self.arrays |= bit;
        self.state = State::Array { wrapped: name != ARRAYS[0], tail: true, first: true };
        Ok(end)
    }

    /// Finds out what the object at the cursor is, and reads it. Returns where reading goes on.
    fn probe(&mut self, cursor: &mut Cursor<'_>, sink: &mut impl Sink) -> Result<usize, Malformed> {
        let start = cursor.position();
        let whole = *cursor;
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            match (name, value) {
                (_, Value::Array)
                    if !matches!(self.state, State::Array { .. })
                        && let Some(bit) = array_bit(name) =>
                {
                    return self.enter(cursor, name, bit);
                }
                (b"eventVersion" | b"eventName" | b"eventSource" | b"userIdentity" | b"eventID", _) => {
                    *cursor = whole;
                    return self.record(cursor, start, sink);
                }
                (b"detail", Value::Object) => {
                    let mut detail = *cursor;
                    let end = Self::skip_whole(cursor, whole, start)?;
                    let event = Event::read(&mut detail)?;
                    match event.name.is_empty() && event.time.is_empty() {
                        true => self.report(sink, start, "an EventBridge event that is no CloudTrail record"),
                        false => self.hand_over(&event, start, sink),
                    }
                    return Ok(end);
                }
                (b"CloudTrailEvent" | b"message", Value::String(text)) => {
                    let end = Self::skip_whole(cursor, whole, start)?;
                    self.inner(text, start, sink);
                    return Ok(end);
                }
                (_, Value::Object | Value::Array) => {
                    cursor.skip()?;
                }
                _ => {}
            }
        }
        self.report(sink, start, "an object that holds no CloudTrail record; it is left out");
        Ok(end_of(cursor, start))
    }

    /// Reads the record at which the cursor stands and hands it over. Returns where reading goes on.
    #[inline]
    fn record(
        &mut self,
        cursor: &mut Cursor<'_>,
        start: usize,
        sink: &mut impl Sink,
    ) -> Result<usize, Malformed> {
        let before = *cursor;
        let mut event = Event::default();
        event.read_with(cursor, &mut self.identities)?;
        let end = end_of(cursor, start);
        let passed = self.escapes[self.passed..].iter().take_while(|at| **at as usize + 64 <= start);
        self.passed += passed.count();
        if self.escapes.get(self.passed).is_some_and(|at| (*at as usize) < end) {
            Event::check_names(before)?;
        }
        self.hand_over(&event, start, sink);
        Ok(end)
    }

    /// Skips the whole object first, so that nothing is handed over from one that is not whole yet.
    fn skip_whole<'a>(cursor: &mut Cursor<'a>, whole: Cursor<'a>, start: usize) -> Result<usize, Malformed> {
        *cursor = whole;
        cursor.skip()?;
        Ok(end_of(cursor, start))
    }

    /// A record that stands as text inside another document.
    fn inner(&mut self, raw: &[u8], at: usize, sink: &mut impl Sink) {
        if raw.starts_with(CONTROL) {
            return;
        }
        let Some(text) = unescape(raw) else {
            return self.report(sink, at, "a message that is not UTF-8 text; it is left out");
        };
        let mut structure = std::mem::take(&mut self.inner);
        structural::index(text.as_bytes(), &mut structure);
        let mut cursor = Cursor::new(text.as_bytes(), &structure.positions);
        let read = match cursor.peek() {
            Some(b'{') if text.trim_start().starts_with('{') => Event::read(&mut cursor),
            _ => Err(Malformed { at, reason: "a message that holds no record", incomplete: false }),
        };
        match read {
            Ok(event) => self.hand_over(&event, at, sink),
            Err(malformed) => self.report(sink, at, malformed.reason),
        }
        self.inner = structure;
    }

    fn hand_over(&mut self, event: &Event<'_>, at: usize, sink: &mut impl Sink) {
        if let Err(reason) = sink.record(event) {
            self.report_owned(sink, at, reason);
        } else {
            self.records += 1;
        }
    }

    /// After a malformed record: where the next one may begin. An error says whether more text could help.
    fn resynchronise(&mut self, cursor: &mut Cursor<'_>, at: usize) -> Result<usize, bool> {
        let text = cursor.text();
        let start = after_space(text, at);
        match &mut self.state {
            State::Array { first, .. } if text.get(start) == Some(&b'{') => {
                cursor.skip().map_err(|malformed| malformed.incomplete)?;
                *first = false;
                Ok(end_of(cursor, start))
            }
            // One line of NDJSON is lost, not the file: lines follow that are objects, or came before.
            State::Top => {
                // What is no text at all need not be read to its end.
                let more = self.values > 0 || text.len() - start < WINDOW;
                let end = start + memchr::memchr(b'\n', &text[start..]).ok_or(more)? + 1;
                let next = text[end..].iter().find(|byte| !byte.is_ascii_whitespace());
                match (self.values, next) {
                    (0, None) => Err(true),
                    (0, Some(next)) if *next != b'{' => Err(false),
                    _ => Ok(end),
                }
            }
            _ => Err(false),
        }
    }

    fn report(&mut self, sink: &mut impl Sink, at: usize, reason: &str) {
        self.report_owned(sink, at, reason.to_owned());
    }

    fn report_owned(&mut self, sink: &mut impl Sink, at: usize, reason: String) {
        sink.problem(Problem { record: self.records, offset: self.offset + at as u64, reason });
        self.records += 1;
    }

    fn lose(&mut self, sink: &mut impl Sink, reason: &str) {
        sink.problem(Problem { record: self.records, offset: self.offset, reason: reason.to_owned() });
        self.state = State::Lost;
    }

    /// The text is at its end: was that an end?
    fn finish(&mut self, rest: &[u8], sink: &mut impl Sink) {
        match self.state {
            State::Lost => {}
            State::Top if rest.iter().all(u8::is_ascii_whitespace) => {
                if self.values == 0 {
                    self.report(sink, 0, "an empty file");
                }
            }
            State::Start => self.report(sink, 0, "an empty file"),
            _ => self.report(
                sink,
                rest.len(),
                "the text ends before its last bracket; what came before was read",
            ),
        }
    }
}

/// The first place from `at` on that is not white space.
#[inline]
fn after_space(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The number of an array of records, as a bit, if a member of this name is one.
fn array_bit(name: &[u8]) -> Option<u8> {
    ARRAYS.iter().position(|known| *known == name).map(|at| 1 << at)
}

/// How long the time is that CloudWatch Logs puts before each line of what it exports to S3, with the space behind it;
/// `None` when this is no such line.
fn exported(line: &[u8]) -> Option<usize> {
    let len = line.iter().take(LONGEST_TIME).position(|byte| *byte == b' ')?;
    let time = std::str::from_utf8(&line[..len]).ok()?;
    (time.contains('T') && Timestamp::parse(time).is_some() && line.get(len + 1) == Some(&b'{'))
        .then_some(len + 1)
}

/// Where the container ended that the cursor has just left.
fn end_of(cursor: &Cursor<'_>, start: usize) -> usize {
    cursor.behind().unwrap_or(start) + 1
}
