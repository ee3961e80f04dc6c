//! The envelopes whose records stand in an array: a row for each, with what in it tells that it is not whole.
//!
//! An answer of an API can be one page of several, the results of a query that still runs, or the first so many of more.
//! What is missing then was never read, so it is told as incomplete evidence: nothing partial passes for the whole.

use super::cursor::{Cursor, Malformed, Value};
use super::event::ignore;

/// One envelope.
pub(super) struct Envelope {
    /// The member of the object that holds the array.
    pub member: &'static [u8],
    /// What the array's elements are.
    pub holds: Holds,
    /// Whether it holds what somebody asked for, and not all that was logged.
    pub query: bool,
    /// What in the object tells that there is more than it holds.
    pub signs: &'static [Sign],
}

/// What the elements of an array are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Records as CloudTrail writes them.
    Records,
    /// Objects or texts that each wrap a record.
    Wrapped,
    /// Rows of a query's result, or, where a user took the array out of its object, any of these.
    Rows,
}

/// What tells that an answer is not whole.
pub(super) enum Sign {
    /// A token with which the next page is asked for.
    Token(&'static [u8]),
    /// A token that is there on every page, the last included.
    Pages(&'static [u8]),
    /// How far the query is, and what that is called when it is done.
    Status(&'static [u8], &'static str),
    /// How many rows the query found: a member, and the number in it.
    Found(&'static [u8], &'static [u8]),
    /// There may always be more.
    Always(&'static str),
}

use Sign::{Always, Found, Pages, Status, Token};

pub(super) const ENVELOPES: [Envelope; 7] = [
    // What a trail writes (CloudTrail User Guide, "CloudTrail log file examples").
    Envelope { member: b"Records", query: false, holds: Holds::Records, signs: &[] },
    // LookupEvents (CloudTrail API Reference): `CloudTrailEvent` of each is the record as text. With `--max-items` the AWS
    // CLI prints a token of its own, by the same name.
    Envelope { member: b"Events", query: true, holds: Holds::Wrapped, signs: &[Token(b"NextToken")] },
    // FilterLogEvents and GetLogEvents (CloudWatch Logs API Reference): `message` of each. GetLogEvents has both tokens on
    // every page, "the returned tokens are never null".
    Envelope {
        member: b"events",
        query: true,
        holds: Holds::Wrapped,
        signs: &[
            Token(b"nextToken"),
            Token(b"NextToken"),
            Pages(b"nextForwardToken"),
            Pages(b"nextBackwardToken"),
        ],
    },
    // What a subscription filter sends (CloudWatch Logs User Guide, "Real-time processing of log data with
    // subscriptions"): `message` of each.
    Envelope { member: b"logEvents", query: false, holds: Holds::Wrapped, signs: &[] },
    // GetQueryResults of CloudWatch Logs: rows of `{field, value}`, at most 10,000 unless the query has a `limit`.
    Envelope {
        member: b"results",
        query: true,
        holds: Holds::Rows,
        signs: &[Token(b"nextToken"), Status(b"status", "Complete"), Found(b"statistics", b"recordsMatched")],
    },
    // GetQueryResults of CloudTrail Lake: rows of objects with one member each.
    Envelope {
        member: b"QueryResultRows",
        query: true,
        holds: Holds::Rows,
        signs: &[
            Token(b"NextToken"),
            Status(b"QueryStatus", "FINISHED"),
            Found(b"QueryStatistics", b"TotalResultsCount"),
        ],
    },
    // ReceiveMessage of SQS: `Body` of each, as EventBridge or SNS delivered it.
    Envelope {
        member: b"Messages",
        query: false,
        holds: Holds::Wrapped,
        signs: &[Always("one answer of ReceiveMessage holds ten messages of the queue at most")],
    },
];

/// Objects that are known and cannot be read, by a member: what they are and the way out.
const REFUSED: [(&[u8], &str); 3] = [
    (
        b"ResultSet",
        "an answer of Athena, which holds a part of the results; give the CSV file that the query wrote to S3",
    ),
    (
        b"awslogs",
        "an event as Lambda gets it from CloudWatch Logs; unpack it: jq -r .awslogs.data FILE | base64 -d | leastwise usage -",
    ),
    (b"QueryStatus", "an answer on a CloudTrail Lake query without its rows; ask again when it is FINISHED"),
];

/// The envelope whose array has this name, as a number.
pub(super) fn of_array(name: &[u8]) -> Option<usize> {
    ENVELOPES.iter().position(|envelope| envelope.member == name)
}

/// What an object is that has a member of this name, if it is known and cannot be read.
pub(super) fn refused(name: &[u8]) -> Option<&'static str> {
    REFUSED.iter().find(|(member, _)| *member == name).map(|(_, words)| *words)
}

/// What the object at hand said of itself.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Which arrays it had so far, a bit each.
    pub arrays: u8,
    /// How many rows of results there were.
    pub rows: u64,
    /// What else it is known to be.
    pub refused: Option<&'static str>,
    /// Of which envelope, and what that means if the object is one.
    said: Vec<(usize, String)>,
    found: Vec<(usize, f64)>,
}

impl Answer {
    /// Takes in a member of the object. Of an object as value, the cursor stands at its opening bracket.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub(super) fn note(
        &mut self,
        name: &[u8],
        value: Value<'_>,
        cursor: &Cursor<'_>,
    ) -> Result<(), Malformed> {
        for (number, envelope) in ENVELOPES.iter().enumerate() {
            for sign in envelope.signs {
                match (sign, value) {
                    (Token(member), Value::String(text)) if *member == name && !text.is_empty() => {
                        let member = String::from_utf8_lossy(member);
                        self.said.push((number, format!("`{member}` tells that there are further pages")));
                    }
                    (Pages(member), Value::String(_)) if *member == name => {
                        let reason = "one page of `get-log-events` does not tell whether it is all; \
                            `aws logs filter-log-events` fetches every page"
                            .to_owned();
                        if !self.said.iter().any(|(_, said)| *said == reason) {
                            self.said.push((number, reason));
                        }
                    }
                    (Status(member, whole), Value::String(text))
                        if *member == name && text != whole.as_bytes() =>
                    {
                        let status: String = String::from_utf8_lossy(text).chars().take(40).collect();
                        self.said.push((number, format!("the query is `{status}`, not `{whole}`")));
                    }
                    (Found(member, inner), Value::Object) if *member == name => {
                        self.found.extend(number_in(*cursor, inner)?.map(|found| (number, found)));
                    }
                    _ => {}
                }
            }
        }
        if self.refused.is_none() {
            self.refused = refused(name);
        }
        Ok(())
    }

    /// Why the object, which is at its end, is not the whole of what was asked for.
    pub(super) fn incomplete(&self) -> Option<String> {
        let had = |number: usize| self.arrays >> number & 1 == 1;
        let mut why: Vec<String> =
            self.said.iter().filter(|(number, _)| had(*number)).map(|(_, said)| said.clone()).collect();
        for (number, found) in &self.found {
            if had(*number) && *found > self.rows as f64 {
                why.push(format!("the query found {found}, and {} are here", self.rows));
            }
        }
        let signs =
            (0..ENVELOPES.len()).filter(|number| had(*number)).flat_map(|number| ENVELOPES[number].signs);
        why.extend(signs.filter_map(|sign| match sign {
            Always(words) => Some((*words).to_owned()),
            _ => None,
        }));
        (!why.is_empty()).then(|| why.join("; "))
    }
}

/// The number that a member of the object has at which the cursor stands.
fn number_in(mut cursor: Cursor<'_>, wanted: &[u8]) -> Result<Option<f64>, Malformed> {
    let mut found = None;
    cursor.enter()?;
    while let Some((name, value)) = cursor.member()? {
        match value {
            Value::Scalar(text) if name == wanted => {
                found = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            }
            _ => ignore(&mut cursor, value)?,
        }
    }
    Ok(found)
}
