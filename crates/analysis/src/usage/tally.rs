//! What was read and what was left out: every record is accounted for.

use super::recorded::Recorded;
use super::row::Outcome;
use crate::audit_log::Via;
use leastwise_policy::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Counts of records, and where they came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that were read.
    pub records: u64,
    /// Records that gave rows.
    pub events: u64,
    /// Records that were counted before: CloudTrail delivers at least once.
    pub duplicates: u64,
    /// Records outside `--since` and `--until`.
    pub outside_window: u64,
    /// Records of principals that were not asked for.
    pub other_principals: u64,
    /// Records and files that could not be read; each is named elsewhere.
    pub problems: u64,
    /// Records that are nobody's usage, by the reason.
    pub left_out: BTreeMap<String, u64>,
    /// The earliest and latest event of all that were read.
    pub span: Option<(i64, i64)>,
    /// The digests of the catalogues that said what the events need.
    pub catalogs: BTreeSet<String>,
    /// How many saved usages this was put together from: files that two of them read are counted twice in the totals. It
    /// is not saved itself.
    pub saved: u64,
    /// The files that were read, with their digests, where those were taken.
    pub sources: BTreeSet<Source>,
    /// In which ways records came that can have left others out.
    pub ways: Ways,
    /// Which kinds of events the logs of each account hold.
    pub recorded: Recorded,
}

/// How often something was read that can leave calls out without a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    /// Answers of queries: they hold what somebody asked for.
    pub queries: u64,
    /// Records that came by EventBridge.
    pub bridged: u64,
    /// Of these, the read-only calls, which its rules leave out unless they are told otherwise.
    pub bridged_reads: u64,
}

impl Ways {
    pub(super) fn came(&mut self, via: Via) {
        match via {
            Via::Query => self.queries += 1,
            Via::Bridge { read_only } => {
                self.bridged += 1;
                self.bridged_reads += u64::from(read_only);
            }
        }
    }
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// As the user named it, or as it was found.
    pub name: String,
    /// Its size as it lies there.
    pub bytes: u64,
    /// SHA-256 of its bytes as they lie there, in hexadecimal.
    pub sha256: String,
    /// How many records it holds.
    pub records: u64,
}

/// Events whose action is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmapped {
    /// Whose they are.
    pub principal: String,
    /// Event source label and name: `newservice:DoIt`.
    pub event: String,
    /// How they ended.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
    /// The earliest.
    pub first: Timestamp,
    /// The latest.
    pub last: Timestamp,
    /// The id of one of them.
    pub example: String,
}

impl Tally {
    pub(super) fn leave_out(&mut self, reason: &str) {
        match self.left_out.get_mut(reason) {
            Some(count) => *count += 1,
            None => {
                self.left_out.insert(reason.to_owned(), 1);
            }
        }
    }

    pub(super) fn saw(&mut self, time: i64) {
        self.span = Some(match self.span {
            Some((first, last)) => (first.min(time), last.max(time)),
            None => (time, time),
        });
    }

    /// The earliest and latest event, if there was one.
    pub fn window(&self) -> Option<(Timestamp, Timestamp)> {
        self.span.map(|(first, last)| (Timestamp::from_seconds(first), Timestamp::from_seconds(last)))
    }

    pub(super) fn merge(&mut self, other: &Tally) {
        self.records += other.records;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.outside_window += other.outside_window;
        self.other_principals += other.other_principals;
        self.problems += other.problems;
        self.saved += other.saved;
        for (reason, count) in &other.left_out {
            *self.left_out.entry(reason.clone()).or_default() += count;
        }
        if let Some((first, last)) = other.span {
            self.saw(first);
            self.saw(last);
        }
        self.ways.queries += other.ways.queries;
        self.ways.bridged += other.ways.bridged;
        self.ways.bridged_reads += other.ways.bridged_reads;
        self.recorded.merge(&other.recorded);
        self.catalogs.extend(other.catalogs.iter().cloned());
        self.sources.extend(other.sources.iter().cloned());
    }
}
