//! Results of queries as CSV: what CloudTrail Lake and Athena write to S3 and what consoles save.
//!
//! Fields are separated by commas, and those in quotes double the quotes that they hold
//! ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)). Whatever is written otherwise is told and not guessed at.

use std::borrow::Cow;
use std::ops::Range;

use super::reader::{BOM, MAX_RECORD, Reader, Sink, State};
use super::rows::{MESSAGE, event_column, holds_events, without};

/// The longest first line.
const HEADER: usize = 64 << 10;

/// The longest name of a column.
const NAME: usize = 256;

/// What of a table must be known to read its rows.
#[derive(Debug)]
pub(super) struct Table {
    columns: usize,
    event: usize,
    name: String,
}

/// What the beginning of a text is.
pub(super) enum Begins {
    /// A table, whose rows begin there.
    Table(Table, usize),
    /// That cannot be told yet.
    More,
    /// No table that holds events.
    Else,
}

/// One field: where its text is, and whether quotes in it are doubled.
struct Field {
    at: Range<usize>,
    doubled: bool,
}

/// What became of an attempt to split a row.
enum Split {
    /// The next begins there.
    Row(usize),
    More,
    Broken(&'static str),
}

/// Whether a text is a table with a column of events. `last` says that nothing follows.
pub(super) fn begins(text: &[u8], last: bool) -> Begins {
    let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let more = |len: usize, most: usize| match last || len > most {
        true => Begins::Else,
        false => Begins::More,
    };
    match text.get(start) {
        None => return more(0, 0),
        Some(b'"' | b'@' | b'_' | b'a'..=b'z' | b'A'..=b'Z') => {}
        Some(_) if !last && text.len() < BOM.len() && BOM.starts_with(text) => return Begins::More,
        Some(_) => return Begins::Else,
    }
    let (mut fields, mut first) = (Vec::new(), Vec::new());
    let head = &text[..text.len().min(start + HEADER)];
    let rows = match split(head, start, last && head.len() == text.len(), &mut fields) {
        Split::Row(rows) => rows,
        Split::More => return more(text.len() - start, HEADER),
        Split::Broken(_) => return Begins::Else,
    };
    let Some(names) = names(text, &fields) else { return Begins::Else };
    let named = names.iter().position(|name| holds_events(name));
    match split(text, rows, last, &mut first) {
        Split::Row(_) if first.len() != names.len() && !first.is_empty() => return Begins::Else,
        Split::Row(_) => {}
        Split::More => return more(text.len() - rows, MAX_RECORD),
        Split::Broken(_) => return Begins::Else,
    }
    let value = |number: usize| first.get(number).and_then(|field| field.text(text));
    match named.or_else(|| event_column(&names, value)) {
        Some(event) => {
            Begins::Table(Table { columns: names.len(), event, name: names[event].to_string() }, rows)
        }
        None => Begins::Else,
    }
}

/// The names of the columns, if they can be such.
fn names<'t>(text: &'t [u8], fields: &[Field]) -> Option<Vec<Cow<'t, str>>> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= NAME
            && !name.contains(|c: char| c.is_control() || "{}[]".contains(c))
    };
    let names = fields.iter().map(|field| field.text(text).filter(|name| is_name(name)));
    names.collect::<Option<Vec<_>>>().filter(|names| !names.is_empty())
}

/// Splits the row that begins at byte `at` into its fields; none when it is an empty line, or the text's end.
fn split(text: &[u8], at: usize, last: bool, fields: &mut Vec<Field>) -> Split {
    const AFTER: &str = "something other than a comma follows a quoted value";
    fields.clear();
    let mut at = at;
    if at == text.len() {
        return if last { Split::Row(at) } else { Split::More };
    }
    loop {
        let (field, end) = match text.get(at) {
            Some(b'"') => match quoted(text, at + 1) {
                Some(found) => found,
                None if last => return Split::Broken("the text ends within a quoted value"),
                None => return Split::More,
            },
            _ => {
                let rest = &text[at..];
                let len = memchr::memchr2(b',', b'\n', rest).unwrap_or(rest.len());
                if memchr::memchr(b'"', &rest[..len]).is_some() {
                    return Split::Broken("a quote within a value that is not quoted");
                }
                let bare = rest[..len].strip_suffix(b"\r").filter(|_| rest.get(len) != Some(&b','));
                (Field { at: at..at + bare.map_or(len, <[u8]>::len), doubled: false }, at + len)
            }
        };
        fields.push(field);
        let next = match &text[end..] {
            [b',', ..] => {
                at = end + 1;
                continue;
            }
            [b'\n', ..] => end + 1,
            [b'\r', b'\n', ..] => end + 2,
            [] | [b'\r'] if !last => return Split::More,
            [] | [b'\r'] => text.len(),
            _ => return Split::Broken(AFTER),
        };
        if let [only] = &fields[..]
            && only.at.is_empty()
            && text.get(at) != Some(&b'"')
        {
            fields.clear();
        }
        return Split::Row(next);
    }
}

/// A quoted field whose text begins there, and the byte behind its closing quote. At the end of the text it is not known
/// yet whether a quote closes it: the caller sees to that.
fn quoted(text: &[u8], from: usize) -> Option<(Field, usize)> {
    let (mut at, mut doubled) = (from, false);
    loop {
        at += memchr::memchr(b'"', &text[at..])?;
        if text.get(at + 1) != Some(&b'"') {
            return Some((Field { at: from..at, doubled }, at + 1));
        }
        doubled = true;
        at += 2;
    }
}

impl Field {
    fn text<'t>(&self, text: &'t [u8]) -> Option<Cow<'t, str>> {
        let text = std::str::from_utf8(&text[self.at.clone()]).ok()?;
        Some(match self.doubled {
            true => Cow::Owned(text.replace("\"\"", "\"")),
            false => Cow::Borrowed(text),
        })
    }
}

impl Reader {
    /// Reads the rows of a table; returns how many bytes are done with.
    pub(super) fn table(&mut self, table: &Table, text: &[u8], last: bool, sink: &mut impl Sink) -> usize {
        let (mut done, mut fields) = (0, Vec::new());
        while done < text.len() {
            match split(text, done, last, &mut fields) {
                Split::Row(next) => {
                    if !fields.is_empty() {
                        self.table_row(table, text, done, &fields, sink);
                    }
                    done = next;
                }
                Split::More => break,
                Split::Broken(how) => {
                    let reason = format!(
                        "this is not CSV as RFC 4180 has it, {how}; the rest of the file is left out"
                    );
                    self.report_owned(sink, done, reason);
                    self.state = State::Lost;
                    done = text.len();
                }
            }
        }
        if text.len() - done > MAX_RECORD && self.state != State::Lost {
            self.lose_at(sink, done, "a row is larger than 16 MiB; the rest of the file is left out");
        }
        done
    }

    fn table_row(&mut self, table: &Table, text: &[u8], at: usize, fields: &[Field], sink: &mut impl Sink) {
        if fields.len() != table.columns {
            let reason = format!(
                "a row of {} columns, where the first line has {}; it is left out",
                fields.len(),
                table.columns
            );
            return self.report_owned(sink, at, reason);
        }
        match fields[table.event].text(text) {
            Some(event) if !event.is_empty() => {
                self.messages += u64::from(table.name == MESSAGE);
                self.text(&event, at, 1, sink);
            }
            Some(_) => self.report_owned(sink, at, without(&table.name)),
            None => self.report(sink, at, "a row that is not UTF-8 text; it is left out"),
        }
    }
}
