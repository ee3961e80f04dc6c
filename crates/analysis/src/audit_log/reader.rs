//! Takes CloudTrail records out of the envelopes in which people keep them.
//!
//! The file that a trail writes is `{"Records":[…]}`. The same records also come as NDJSON, as an array, in answers of
//! APIs ([`super::envelope`]), wrapped one by one ([`super::unwrap`]), and in the results of queries, as JSON
//! ([`super::rows`]) or CSV ([`super::csv`]). What the envelope is, is found out once a file, not declared.
//!
//! The reader is fed pieces of any size and keeps none of them, so its memory does not depend on the size
//! of the log: it looks at one window at a time and asks for more when a record is not whole.

use super::csv::{self, Begins, Table};
use super::cursor::{Cursor, Malformed, Value};
use super::envelope::{self, Answer, ENVELOPES, Holds};
use super::event::Event;
use super::identity::Identities;
use super::structural::{self, Structure};
use leastwise_policy::time::Timestamp;

/// How much is looked at in one go: small enough to stay in the second-level cache.
const WINDOW: usize = 256 << 10;

/// How much is looked at behind a line that was lost; from there on it grows again. Many lost lines cost no more than
/// so much each.
const FRESH_WINDOW: usize = 1 << 10;

/// What may stand before the text.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The longest time before a line of an export.
const LONGEST_TIME: usize = 40;

/// So many rows Logs Insights gives to whoever names no limit, and to whoever names the largest (CloudWatch Logs User
/// Guide, "limit").
const LIMITS: [u64; 2] = [10_000, 100_000];

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
    /// Nothing is wrong with what was read, and it is not all there is.
    pub incomplete: bool,
}

/// A way in which records come, and which can leave others out without a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// An answer of a query begins, which holds what somebody asked for.
    Query,
    /// The record that was handed over last came by EventBridge, whose rules leave read-only calls out unless they are told
    /// otherwise.
    Bridge {
        /// Whether it is such a call.
        read_only: bool,
    },
}

/// Takes what the reader finds.
pub trait Sink {
    /// One record. An error is a record that is well-formed JSON and yet cannot be used; it is reported.
    fn record(&mut self, event: &Event<'_>) -> Result<(), String>;
    /// Something that could not be read. It was left out, and reading goes on where it can.
    fn problem(&mut self, problem: Problem);
    /// Records come in a way that can leave others out.
    fn came(&mut self, _via: Via) {}
}

/// Where in the envelope the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing was read yet.
    Start,
    /// Between top-level values.
    Top,
    /// In an array of records, or of what holds them. `tail`: an object surrounds it.
    Array { holds: Holds, tail: bool, first: bool },
    /// Behind the array, inside the object that surrounds it.
    Tail,
    /// Among the rows of a table.
    Table,
    /// The rest of the text cannot be read.
    Lost,
}

/// Reads one log file.
#[derive(Debug)]
pub struct Reader {
    pub(super) state: State,
    offset: u64,
    records: u64,
    values: u64,
    /// What the outermost object at hand said of itself so far.
    pub(super) answer: Answer,
    /// Which column of the rows at hand holds the event.
    pub(super) column: Option<String>,
    table: Option<Table>,
    /// How many rows of Logs Insights there were without the answer that tells whether they are all.
    pub(super) messages: u64,
    structure: Structure,
    pub(super) inner: Structure,
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
            answer: Answer::default(),
            column: None,
            table: None,
            messages: 0,
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
        (self.offset, self.records, self.values, self.messages) = (0, 0, 0, 0);
        (self.answer, self.column, self.table) = (Answer::default(), None, None);
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
        let mut done = 0;
        if self.state == State::Start {
            match csv::begins(text, last) {
                Begins::Table(table, rows) => {
                    sink.came(Via::Query);
                    (self.state, self.table, self.values) = (State::Table, Some(table), 1);
                    (done, self.offset) = (rows, rows as u64);
                }
                Begins::More => return 0,
                Begins::Else => {}
            }
        }
        if self.state == State::Table
            && let Some(table) = self.table.take()
        {
            let used = self.table(&table, &text[done..], last, sink);
            self.offset += used as u64;
            self.table = Some(table);
            if last {
                self.finish(&[], sink);
            }
            return if last || self.state == State::Lost { text.len() } else { done + used };
        }
        let mut structure = std::mem::take(&mut self.structure);
        let mut window = WINDOW;
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
                if text.len() - start < BOM.len() && !last && BOM.starts_with(&text[start..]) {
                    return Ok(Step::More);
                }
                self.state = State::Top;
                Ok(Step::Done(start + if text[start..].starts_with(BOM) { BOM.len() } else { 0 }))
            }
            State::Top if start == text.len() => Ok(Step::Done(start)),
            State::Top => self.top(cursor, start, sink),
            State::Array { holds, tail, first } => self.element(cursor, start, sink, (holds, tail, first)),
            State::Tail => self.tail(cursor, start, sink),
            State::Table | State::Lost => Ok(Step::Stop),
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
        match text[start] {
            b'[' => {
                cursor.enter()?;
                self.values += 1;
                self.column = None;
                self.state = State::Array { holds: Holds::Rows, tail: false, first: true };
                Ok(Step::Done(start + 1))
            }
            b'{' => {
                (self.answer, self.column) = (Answer::default(), None);
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
        (holds, tail, first): (Holds, bool, bool),
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
                self.state = State::Array { holds, tail, first: true };
                Ok(Step::Done(start + 1))
            }
            _ if !first => Err(Malformed { at: start, reason: "expected `,` or `]`", incomplete: false }),
            b'{' => {
                let end = match holds {
                    Holds::Records => self.record(cursor, start, sink)?,
                    Holds::Wrapped | Holds::Rows => self.probe(cursor, sink)?,
                };
                if let State::Array { first, .. } = &mut self.state {
                    *first = false;
                }
                Ok(Step::Done(end))
            }
            b'[' if holds == Holds::Rows => {
                let end = self.row(cursor, start, sink)?;
                if let State::Array { first, .. } = &mut self.state {
                    *first = false;
                }
                Ok(Step::Done(end))
            }
            // What a user took out of an answer: `--query 'Events[].CloudTrailEvent'`.
            b'"' if holds == Holds::Rows && !tail => {
                let mut from = start;
                if let Some(Value::String(text)) = cursor.element(&mut from)? {
                    self.inner(text, start, sink);
                }
                self.state = State::Array { holds, tail, first: false };
                Ok(Step::Done(from))
            }
            _ => {
                let mut from = start;
                cursor.element(&mut from)?;
                let end = if from > start { from } else { cursor.skip().map(|_| end_of(cursor, start))? };
                self.report(sink, start, "a record that is not an object; it is left out");
                self.state = State::Array { holds, tail, first: false };
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
                if let Some(why) = self.answer.incomplete() {
                    self.incomplete(sink, start, why);
                }
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
        let at = *cursor;
        let end_of_text = |part: &[u8]| part.as_ptr().addr() - text.as_ptr().addr() + part.len();
        let end = match value {
            Value::Array if let Some(number) = envelope::of_array(name) => {
                if self.answer.arrays >> number & 1 == 1 {
                    self.report(sink, name_at, "a second array of records of the same name; both are read");
                }
                return self.enter(cursor, number, sink).map(Step::Done);
            }
            Value::Object | Value::Array => {
                cursor.skip()?;
                end_of(cursor, start)
            }
            Value::String(part) => end_of_text(part) + 1,
            Value::Scalar(part) => end_of_text(part),
        };
        self.answer.note(name, value, &at)?;
        Ok(Step::Done(end))
    }

    /// Steps into the array of an envelope, at which the cursor stands.
    pub(super) fn enter(
        &mut self,
        cursor: &mut Cursor<'_>,
        number: usize,
        sink: &mut impl Sink,
    ) -> Result<usize, Malformed> {
        let end = cursor.position() + 1;
        cursor.enter()?;
        if ENVELOPES[number].query {
            sink.came(Via::Query);
        }
        self.answer.arrays |= 1 << number;
        self.state = State::Array { holds: ENVELOPES[number].holds, tail: true, first: true };
        Ok(end)
    }

    /// Reads the record at which the cursor stands and hands it over. Returns where reading goes on.
    #[inline]
    pub(super) fn record(
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

    pub(super) fn hand_over(&mut self, event: &Event<'_>, at: usize, sink: &mut impl Sink) {
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

    pub(super) fn report(&mut self, sink: &mut impl Sink, at: usize, reason: &str) {
        self.report_owned(sink, at, reason.to_owned());
    }

    pub(super) fn report_owned(&mut self, sink: &mut impl Sink, at: usize, reason: String) {
        let offset = self.offset + at as u64;
        sink.problem(Problem { record: self.records, offset, reason, incomplete: false });
        self.records += 1;
    }

    /// Tells that there is more than was read, and why.
    fn incomplete(&mut self, sink: &mut impl Sink, at: usize, reason: String) {
        let offset = self.offset + at as u64;
        sink.problem(Problem { record: self.records, offset, reason, incomplete: true });
    }

    fn lose(&mut self, sink: &mut impl Sink, reason: &str) {
        self.lose_at(sink, 0, reason);
    }

    /// Gives the rest of the text up, from byte `at` on.
    pub(super) fn lose_at(&mut self, sink: &mut impl Sink, at: usize, reason: &str) {
        let (offset, reason) = (self.offset + at as u64, reason.to_owned());
        sink.problem(Problem { record: self.records, offset, reason, incomplete: false });
        self.state = State::Lost;
    }

    /// The text is at its end: was that an end?
    fn finish(&mut self, rest: &[u8], sink: &mut impl Sink) {
        if LIMITS.contains(&self.messages) {
            let rows = self.messages;
            let reason = format!(
                "there are {rows} rows, as many as Logs Insights gives at most, and nothing tells whether that is all"
            );
            self.incomplete(sink, rest.len(), reason);
        }
        match self.state {
            State::Lost | State::Table => {}
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

/// How long the time is that CloudWatch Logs puts before each line of what it exports to S3, with the space behind it;
/// `None` when this is no such line.
fn exported(line: &[u8]) -> Option<usize> {
    let len = line.iter().take(LONGEST_TIME).position(|byte| *byte == b' ')?;
    let time = std::str::from_utf8(&line[..len]).ok()?;
    (time.contains('T') && Timestamp::parse(time).is_some() && line.get(len + 1) == Some(&b'{'))
        .then_some(len + 1)
}

/// Where the container ended that the cursor has just left.
pub(super) fn end_of(cursor: &Cursor<'_>, start: usize) -> usize {
    cursor.behind().unwrap_or(start) + 1
}
