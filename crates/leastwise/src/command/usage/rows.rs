//! Rows of usage as a table, JSON or CSV. The shape of the latter two is a contract: docs/usage.md.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::Range;

use leastwise_analysis::usage::{Resource, RowRef, Sorted, Unsorted, UsageContext};
use leastwise_policy::time::Timestamp;
use serde::Serialize;

use crate::in_order::in_order;
use crate::output::table::{Column, lay_out};
use crate::output::{plain, thousands};

/// One row as its cells.
struct Object<'a> {
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    resource_is: &'static str,
    outcome: &'static str,
    count: u64,
    first: String,
    last: String,
    context: &'a BTreeMap<String, Vec<String>>,
    example: &'a str,
}

impl<'a> Object<'a> {
    fn new(row: &'a RowRef<'_>) -> Self {
        Object {
            principal: row.principal,
            action: row.action,
            resource: row.resource.as_str(),
            resource_is: resource_is(&row.resource),
            outcome: row.outcome.as_str(),
            count: row.count,
            first: row.first.to_string(),
            last: row.last.to_string(),
            context: &row.context.keys,
            example: row.example,
        }
    }
}

/// How the resource is known: in `exact` a `*` is a character, in the others it stands for anything.
fn resource_is(resource: &Resource<&str>) -> &'static str {
    match resource {
        Resource::Exact(_) => "exact",
        Resource::Pattern(_) => "pattern",
        Resource::Folded { .. } => "folded",
        Resource::Unknown => "unknown",
    }
}

/// How many rows are written in one go, so that several threads can.
const PART: usize = 128;

/// So many bytes of them wait together: rows can have one context in common that is larger than all else.
const PIECE: usize = 256 << 10;

/// Sorts rows with so many threads.
pub fn sort(parts: Vec<Unsorted<'_, '_>>, threads: NonZeroUsize) {
    let sort = |part: Unsorted<'_, '_>, _: &mut dyn FnMut(()) -> bool| {
        part.sort();
        Ok::<_, Infallible>(())
    };
    let Ok(()) = in_order(threads, 2 * threads.get(), parts.into_iter(), sort, |()| Ok(()));
}

/// One array; one object on each line.
pub fn json(rows: &Sorted<'_>, threads: NonZeroUsize, out: &mut impl Write) -> io::Result<()> {
    json_of(rows.len(), |part| rows.rows(part), threads, out)
}

fn json_of<'u, R: Iterator<Item = RowRef<'u>>>(
    len: usize,
    rows: impl Fn(Range<usize>) -> R + Sync,
    threads: NonZeroUsize,
    out: &mut impl Write,
) -> io::Result<()> {
    let lines = |part: Range<usize>, more: &mut dyn FnMut(Vec<u8>) -> bool| {
        let mut text = Vec::with_capacity(part.len() * 512);
        let mut lines = Lines::default();
        for (number, row) in part.clone().zip(rows(part)) {
            lines.add(&row, &mut text)?;
            text.extend_from_slice(if number + 1 < len { b",\n" } else { b"\n" });
            if text.len() > PIECE {
                if !text.chunks(PIECE).all(|piece| more(piece.to_vec())) {
                    return Ok(());
                }
                text.clear();
                text.shrink_to(PIECE);
            }
        }
        more(text);
        Ok(())
    };
    out.write_all(if len == 0 { b"[" } else { b"[\n" })?;
    let parts = (0..len).step_by(PART).map(|start| start..len.min(start + PART));
    in_order(threads, 2 * threads.get(), parts, lines, |piece| out.write_all(&piece))?;
    out.write_all(b"]\n")
}

/// Writes rows as objects. Neighbours have most of their text in common, and there can be very many: what is the same
/// as in the row before is not made again.
#[derive(Default)]
struct Lines<'u> {
    /// Principal and action of the row before, and what stands before its resource.
    who: (&'u str, &'u str),
    head: Vec<u8>,
    /// Its context, and what stands before its example.
    context: Option<&'u UsageContext>,
    tail: Vec<u8>,
}

impl<'u> Lines<'u> {
    fn add(&mut self, row: &RowRef<'u>, line: &mut Vec<u8>) -> io::Result<()> {
        if self.who != (row.principal, row.action) || self.head.is_empty() {
            self.who = (row.principal, row.action);
            self.head.clear();
            text(&mut self.head, b"{\"principal\":", row.principal)?;
            text(&mut self.head, b",\"action\":", row.action)?;
        }
        if self.context != Some(row.context) {
            self.context = Some(row.context);
            self.tail.clear();
            member(&mut self.tail, b",\"context\":", &row.context.keys)?;
        }
        line.extend_from_slice(&self.head);
        text(line, b",\"resource\":", row.resource.as_str())?;
        word(line, b",\"resource_is\":\"", resource_is(&row.resource));
        word(line, b",\"outcome\":\"", row.outcome.as_str());
        member(line, b",\"count\":", &row.count)?;
        time(line, b",\"first\":", row.first)?;
        time(line, b",\"last\":", row.last)?;
        line.extend_from_slice(&self.tail);
        text(line, b",\"example\":", row.example)?;
        line.push(b'}');
        Ok(())
    }
}

/// Writes a name as it stands, and a value as JSON.
fn member(into: &mut Vec<u8>, name: &[u8], value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    into.extend_from_slice(name);
    Ok(serde_json::to_writer(into, value)?)
}

/// The same for one of our own words, behind a name with the quote.
fn word(into: &mut Vec<u8>, name: &[u8], word: &str) {
    into.extend_from_slice(name);
    into.extend_from_slice(word.as_bytes());
    into.push(b'"');
}

/// The same for a text, which seldom has anything that must be escaped.
fn text(into: &mut Vec<u8>, name: &[u8], text: &str) -> io::Result<()> {
    let plain = |byte: &u8| *byte >= b' ' && !matches!(byte, b'"' | b'\\');
    // All bytes are looked at, many at a time, instead of one by one as far as the first that is special.
    if text.bytes().fold(true, |all, byte| all & plain(&byte)) {
        for part in [name, b"\"", text.as_bytes(), b"\""] {
            into.extend_from_slice(part);
        }
        return Ok(());
    }
    member(into, name, text)
}

/// The same for a point in time.
fn time(into: &mut Vec<u8>, name: &[u8], time: Timestamp) -> io::Result<()> {
    match time.ascii() {
        Some(ascii) => {
            for part in [name, b"\"", &ascii, b"\""] {
                into.extend_from_slice(part);
            }
            Ok(())
        }
        None => text(into, name, &time.to_string()),
    }
}

const HEADER: [&str; 10] = [
    "principal",
    "action",
    "resource",
    "resource_is",
    "outcome",
    "count",
    "first",
    "last",
    "context",
    "example",
];

/// A header and one line for each row; the context is JSON in its cell.
pub fn csv<'u>(rows: impl Iterator<Item = RowRef<'u>>, out: &mut impl Write) -> io::Result<()> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    out.write_record(HEADER).map_err(cause)?;
    for row in rows {
        let object = Object::new(&row);
        let context = serde_json::to_string(object.context)?;
        out.write_record([
            &inert(object.principal),
            &inert(object.action),
            &inert(object.resource),
            object.resource_is,
            object.outcome,
            &object.count.to_string(),
            &object.first,
            &object.last,
            &context,
            &inert(object.example),
        ])
        .map_err(cause)?;
    }
    out.flush()
}

/// What went wrong with whom the lines went to. Told as an error of CSV, a reader who stopped reading would look like one.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A spreadsheet takes a cell that begins so for a formula; an apostrophe in front makes it text
/// (OWASP, "CSV Injection").
fn inert(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

const COLUMNS: [Column; 5] = [
    Column { title: "ACTION", right: false, gives_way: false },
    Column { title: "RESOURCE", right: false, gives_way: true },
    Column { title: "OUTCOME", right: false, gives_way: false },
    Column { title: "COUNT", right: true, gives_way: false },
    Column { title: "LAST", right: false, gives_way: false },
];

/// A table for each principal. Rows that differ only in their context are added up.
pub fn table(rows: &[RowRef<'_>], width: Option<usize>) -> String {
    let mut out = String::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let len = rest.iter().take_while(|row| row.principal == first.principal).count();
        let (of_one, others) = rest.split_at(len);
        rest = others;
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&plain(first.principal));
        out.push('\n');
        let cells: Vec<Vec<String>> = add_up(of_one).into_iter().collect();
        for line in lay_out(&COLUMNS, &cells, width.map(|width| width.saturating_sub(2))).lines() {
            out.push_str("  ");
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn add_up(rows: &[RowRef<'_>]) -> Vec<Vec<String>> {
    let mut sums = BTreeMap::new();
    for row in rows {
        let sum = sums.entry((row.action, &row.resource, row.outcome)).or_insert((0, row.last));
        *sum = (sum.0 + row.count, sum.1.max(row.last));
    }
    let cells = |((action, resource, outcome), (count, last)): ((&str, &Resource<&str>, _), (u64, _))| {
        let outcome: leastwise_analysis::usage::Outcome = outcome;
        let last: Timestamp = last;
        vec![
            action.to_owned(),
            resource.as_str().to_owned(),
            outcome.as_str().to_owned(),
            thousands(count),
            last.to_string(),
        ]
    };
    sums.into_iter().map(cells).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_analysis::usage::{Outcome, UsageContext, UsageRow};

    fn row(resource: Resource<&'static str>, context: UsageContext) -> UsageRow<&'static str> {
        UsageRow {
            principal: "arn:aws:iam::111122223333:role/agent",
            action: "s3:GetObject",
            resource,
            outcome: Outcome::Used,
            context,
            count: 2,
            first: Timestamp::from_seconds(1_790_856_000),
            last: Timestamp::from_seconds(1_790_856_001),
            example: "e1",
        }
    }

    fn rows() -> Vec<UsageRow<&'static str>> {
        let region = UsageContext::default().with("aws:RequestedRegion", "eu-west-1");
        vec![
            row(Resource::Exact("arn:aws:s3:::b/a*b"), region),
            row(Resource::Exact("arn:aws:s3:::b/a*b"), UsageContext::default()),
            row(Resource::Unknown, UsageContext::default()),
        ]
    }

    fn refer<'r>(row: &'r UsageRow<&'static str>) -> RowRef<'r> {
        UsageRow {
            principal: row.principal,
            action: row.action,
            resource: row.resource.clone(),
            outcome: row.outcome,
            context: &row.context,
            count: row.count,
            first: row.first,
            last: row.last,
            example: row.example,
        }
    }

    #[test]
    fn json_is_one_array_with_the_documented_members() {
        let text = |rows: &[UsageRow<&'static str>], threads| {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut out = Vec::new();
            json_of(rows.len(), |part| rows[part].iter().map(refer), threads, &mut out).expect("in memory");
            String::from_utf8(out).expect("UTF-8")
        };
        assert_eq!(text(&[], 1), "[]\n");
        let many: Vec<_> = (0..150).flat_map(|_| rows()).collect();
        assert_eq!(text(&many, 1), text(&many, 3));
        assert_eq!(text(&many, 2).lines().filter(|line| line.ends_with("},")).count(), 449);
        let text = text(&rows(), 1);
        insta::assert_snapshot!(text, @r#"
        [
        {"principal":"arn:aws:iam::111122223333:role/agent","action":"s3:GetObject","resource":"arn:aws:s3:::b/a*b","resource_is":"exact","outcome":"used","count":2,"first":"2026-10-01T12:00:00Z","last":"2026-10-01T12:00:01Z","context":{"aws:RequestedRegion":["eu-west-1"]},"example":"e1"},
        {"principal":"arn:aws:iam::111122223333:role/agent","action":"s3:GetObject","resource":"arn:aws:s3:::b/a*b","resource_is":"exact","outcome":"used","count":2,"first":"2026-10-01T12:00:00Z","last":"2026-10-01T12:00:01Z","context":{},"example":"e1"},
        {"principal":"arn:aws:iam::111122223333:role/agent","action":"s3:GetObject","resource":"*","resource_is":"unknown","outcome":"used","count":2,"first":"2026-10-01T12:00:00Z","last":"2026-10-01T12:00:01Z","context":{},"example":"e1"}
        ]
        "#);
    }

    /// Remembers how much is written in one go at most.
    struct Largest(usize);

    impl Write for Largest {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.max(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn rows_that_share_a_large_context_are_not_held_together() {
        let context = UsageContext::default().with("aws:TagKeys", "k".repeat(1 << 20));
        let rows = vec![row(Resource::Unknown, context); 100];
        for threads in 1..4 {
            let mut largest = Largest(0);
            let threads = NonZeroUsize::new(threads).expect("not zero");
            json_of(rows.len(), |part| rows[part].iter().map(refer), threads, &mut largest)
                .expect("it takes all");
            assert!(largest.0 <= PIECE, "{}", largest.0);
        }
        let mut largest = Largest(0);
        csv(rows.iter().map(refer), &mut largest).expect("it takes all");
        assert!(largest.0 <= 2 << 20, "{}", largest.0);
    }

    #[test]
    fn csv_has_a_header_and_quotes_what_needs_it() {
        let mut text = Vec::new();
        csv(rows().iter().map(refer).take(1), &mut text).expect("in memory");
        let text = String::from_utf8(text).expect("UTF-8");
        insta::assert_snapshot!(text.replace("\r\n", "\n"), @r#"
        principal,action,resource,resource_is,outcome,count,first,last,context,example
        arn:aws:iam::111122223333:role/agent,s3:GetObject,arn:aws:s3:::b/a*b,exact,used,2,2026-10-01T12:00:00Z,2026-10-01T12:00:01Z,"{""aws:RequestedRegion"":[""eu-west-1""]}",e1
        "#);
    }

    #[test]
    fn a_cell_that_looks_like_a_formula_is_made_text() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("arn:aws:s3:::b"), "arn:aws:s3:::b");
    }

    #[test]
    fn the_table_adds_up_what_differs_only_in_context() {
        insta::assert_snapshot!(table(&rows().iter().map(refer).collect::<Vec<_>>(), None), @"
        arn:aws:iam::111122223333:role/agent
          ACTION        RESOURCE            OUTCOME  COUNT  LAST
          s3:GetObject  arn:aws:s3:::b/a*b  used         4  2026-10-01T12:00:01Z
          s3:GetObject  *                   used         2  2026-10-01T12:00:01Z
        ");
    }
}
