//! Rows of a query's result: which of their columns holds the event, and the event in it.
//!
//! A row is read only where one column holds the event as it was logged: `eventJson` of CloudTrail Lake, `@message` of
//! Logs Insights, or a column of another name whose text is a record. Columns of their own are not put together to an
//! event: CloudTrail Lake and Athena print maps as `{bucketName=b, key=a=b, c}`, and where a value ends there that holds
//! `, ` or `=` cannot be told.

use super::cursor::{Cursor, Malformed, Value, unescape};
use super::reader::{Reader, Sink, end_of};
use super::unwrap::is_record;

/// Columns that hold events, by their names in whatever case (CloudTrail User Guide, "Supported SQL schemas for event
/// data stores"; CloudWatch Logs User Guide, "Supported logs and discovered fields").
const NAMES: [&str; 2] = ["eventJson", MESSAGE];

/// How Logs Insights calls the event as it was logged.
pub(super) const MESSAGE: &str = "@message";

/// What to do about a result without such a column.
const NO_COLUMN: &str = "no column of these rows holds whole events, and maps that are printed as `{a=b, c=d}` cannot be \
    read with certainty: select `eventJson` in CloudTrail Lake, `@message` in CloudWatch Logs Insights, or give the \
    trail's own files; the rest of the file is left out";

/// The number of the column that holds the event; `None` when none does, or when several could.
pub(super) fn event_column<'t>(
    names: &[impl AsRef<str>],
    mut text: impl FnMut(usize) -> Option<std::borrow::Cow<'t, str>>,
) -> Option<usize> {
    let by_name = |wanted: &str| names.iter().position(|name| name.as_ref().eq_ignore_ascii_case(wanted));
    if let Some(found) = NAMES.iter().find_map(|name| by_name(name)) {
        return Some(found);
    }
    let mut found = (0..names.len()).filter(|number| text(*number).is_some_and(|text| is_record(&text)));
    match (found.next(), found.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// Whether a column of this name holds events.
pub(super) fn holds_events(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What is said of a row that has nothing in its column of events.
pub(super) fn without(column: &str) -> String {
    let column: String = column.chars().take(60).collect();
    format!("a row without `{column}`; it is left out")
}

/// A column and its text.
type Cell<'a> = (&'a [u8], &'a [u8]);

impl Reader {
    /// Reads the row at which the cursor stands: an array of `{field, value}`, or of objects with one member each.
    /// Returns where reading goes on.
    pub(super) fn row(
        &mut self,
        cursor: &mut Cursor<'_>,
        start: usize,
        sink: &mut impl Sink,
    ) -> Result<usize, Malformed> {
        let mut ahead = *cursor;
        ahead.skip()?;
        let end = end_of(&ahead, start);
        let cells = cells(cursor, start)?;
        *cursor = ahead;
        self.answer.rows += 1;
        if self.column.is_none() {
            let names: Vec<_> = cells.iter().map(|(name, _)| unescape(name).unwrap_or_default()).collect();
            match event_column(&names, |number| unescape(cells[number].1)) {
                Some(number) => self.column = Some(names[number].clone().into_owned()),
                None => self.lose_at(sink, start, NO_COLUMN),
            }
        }
        let Some(column) = &self.column else { return Ok(end) };
        let cell = cells.iter().find(|(name, _)| unescape(name).is_some_and(|name| name == *column));
        match cell {
            Some((_, text)) if !text.is_empty() => self.inner(text, start, sink),
            _ => {
                let reason = without(column);
                self.report_owned(sink, start, reason);
            }
        }
        Ok(end)
    }
}

fn cells<'a>(cursor: &mut Cursor<'a>, start: usize) -> Result<Vec<Cell<'a>>, Malformed> {
    let mut cells = Vec::new();
    cursor.enter()?;
    let mut from = start + 1;
    while let Some(value) = cursor.element(&mut from)? {
        match value {
            Value::Object => cell(cursor, &mut cells)?,
            Value::Array => drop(cursor.skip()?),
            Value::String(_) | Value::Scalar(_) => continue,
        }
        from = end_of(cursor, from);
    }
    Ok(cells)
}

/// Takes in the cells of one object.
fn cell<'a>(cursor: &mut Cursor<'a>, cells: &mut Vec<Cell<'a>>) -> Result<(), Malformed> {
    let first = cells.len();
    cursor.enter()?;
    while let Some((name, value)) = cursor.member()? {
        match value {
            Value::String(text) => cells.push((name, text)),
            Value::Scalar(_) => cells.push((name, b"")),
            Value::Object | Value::Array => drop(cursor.skip()?),
        }
    }
    let of = |wanted: &[u8]| cells[first..].iter().find(|(name, _)| *name == wanted).map(|(_, text)| *text);
    if let (Some(field), Some(value)) = (of(b"field"), of(b"value")) {
        cells.truncate(first);
        cells.push((field, value));
    }
    Ok(())
}
