//! What principals did: rows of usage, and the mergeable aggregate that they come from.
//!
//! [`Collector`]s read records into [`Usage`]s, one to a worker. Usages merge in any order and any split to the same
//! answer, also after they were saved and loaded: a nightly run reads what is new, and many workers
//! share an organisation's log.

mod caller;
mod collector;
mod context;
mod duplicates;
mod fold;
mod holder;
mod intern;
mod kind;
mod outcome;
mod parameters;
mod presence;
mod principal;
mod recall;
mod recipe;
mod recorded;
mod refusal;
mod row;
mod save;
mod screen;
mod shape;
mod sighting;
mod sorted;
mod table;
mod tally;
mod when;
mod words;

pub use collector::Collector;
pub use duplicates::Duplicates;
pub use holder::{NoPolicy, changed_elsewhere, no_policy};
pub use recorded::{DATA_ALONE, Missing, READS_ALONE, Recorded, Shown, WRITES_ALONE};
pub use row::{
    INSTANCE_PROFILE, Outcome, PRINCIPAL_WITHOUT_PATH, Resource, RowRef, UsageContext, UsageRow, WITHOUT_PATH,
};
pub use save::{LoadError, is_saved};
pub use sorted::{Sorted, Unsorted};
pub use tally::{Source, Tally, Unmapped, Ways};

use leastwise_catalog::call::Planner;
use leastwise_policy::glob::Glob;
use leastwise_policy::time::Timestamp;
use presence::Presence;
use sighting::Kind;
use table::Table;

/// How many distinct resources are kept for one principal, action, context and outcome before they are folded.
pub const FOLD_AT: usize = 1_000;

/// What to collect.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Only principals whose ARN one of these matches; all when empty.
    pub principals: Vec<Glob>,
    /// Only events at or after this time.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// See [`FOLD_AT`].
    pub fold_at: usize,
    /// Whether rows remember their events, which saved usages need and others do not.
    pub keep_fingerprints: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            principals: Vec::new(),
            since: None,
            until: None,
            fold_at: FOLD_AT,
            keep_fingerprints: false,
        }
    }
}

/// What all collectors of a run share.
#[derive(Debug)]
pub struct Shared<'c> {
    planner: Planner<'c>,
    settings: Settings,
    duplicates: Duplicates,
}

impl<'c> Shared<'c> {
    /// What is collected, with which tables.
    pub fn new(planner: Planner<'c>, settings: Settings) -> Self {
        Shared { planner, settings, duplicates: Duplicates::default() }
    }

    /// The memory of what was counted.
    pub fn duplicates(&self) -> &Duplicates {
        &self.duplicates
    }

    /// Remembers the events of a saved usage, so that logs which hold them too do not count them again.
    pub fn remember(&self, usage: &Usage) {
        let table = &usage.table;
        for (row, _) in table.rows().filter(|(row, _)| !row.fingerprints.is_empty()) {
            let home = table.home_of(&row.key);
            for print in row.fingerprints {
                self.duplicates.is_new(home, *print);
            }
        }
    }
}

/// What principals did, as far as some logs tell.
#[derive(Debug, Clone)]
pub struct Usage {
    table: Table,
    presence: Presence,
    /// What was read and what was left out.
    pub tally: Tally,
}

impl Default for Usage {
    fn default() -> Self {
        Usage::new(FOLD_AT)
    }
}

impl Usage {
    fn new(fold_at: usize) -> Self {
        Usage { table: Table::new(fold_at), presence: Presence::default(), tally: Tally::default() }
    }

    /// Takes in another usage. Events that both remember are counted once.
    pub fn merge(&mut self, other: &Usage) {
        self.table.merge(&other.table);
        self.presence.merge(&other.presence, &other.table.principals, &mut self.table.principals);
        self.tally.merge(&other.tally);
    }

    /// The same with one that is not needed any more, which saves work.
    pub fn join(&mut self, mut other: Usage) {
        if self.table.len() < other.table.len() {
            std::mem::swap(self, &mut other);
        }
        self.merge(&other);
    }

    /// All rows whose action is known, sorted by principal, action, resource, outcome and context.
    pub fn rows(&self) -> Vec<UsageRow> {
        self.rows_where(|_| true)
    }

    /// The rows of the principals that `wanted` says yes to, sorted.
    pub fn rows_where(&self, wanted: impl Fn(&str) -> bool) -> Vec<UsageRow> {
        self.sorted(wanted).all().map(|row| row.to_owned()).collect()
    }

    /// The same for those who need each only once, or in parts: there can be very many.
    pub fn sorted(&self, wanted: impl Fn(&str) -> bool) -> Sorted<'_> {
        self.sorted_by(wanted, |parts| parts.into_iter().for_each(Unsorted::sort))
    }

    /// The same where `sort` sorts each part, in whatever order and on as many threads as it likes.
    pub fn sorted_by<'u>(
        &'u self,
        wanted: impl Fn(&str) -> bool,
        sort: impl FnOnce(Vec<Unsorted<'_, 'u>>),
    ) -> Sorted<'u> {
        Sorted::new(&self.table, wanted, sort)
    }

    /// The first and the last event of each row, also of those whose action is not known, and of what left none, in no
    /// particular order.
    pub fn spans(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let spans = self.table.rows().map(|(row, _)| (row.seen.first, row.seen.last));
        let others = self.presence.all().filter_map(|(_, times)| times);
        spans
            .chain(others)
            .map(|(first, last)| (Timestamp::from_seconds(first), Timestamp::from_seconds(last)))
    }

    /// The events whose action neither the rules nor the catalogue know, sorted: they are nobody's usage until
    /// somebody says what they need.
    pub fn unmapped(&self) -> Vec<Unmapped> {
        let table = &self.table;
        let mut rows: Vec<Unmapped> = table
            .keys()
            .filter(|(_, key, _)| key.kind == Kind::Unmapped)
            .map(|(id, ..)| table.view(id))
            .map(|row| Unmapped {
                principal: table.principals.text(row.key.principal).to_owned(),
                event: table.actions.text(row.key.action).to_owned(),
                outcome: outcome_of(row.key.outcome),
                count: row.seen.count,
                first: Timestamp::from_seconds(row.seen.first),
                last: Timestamp::from_seconds(row.seen.last),
                example: row.example.to_owned(),
            })
            .collect();
        rows.sort();
        rows
    }

    /// Whether one of the principals that `wanted` says yes to has a row, if only one whose action is not known.
    pub fn has_rows(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.table.keys().any(|(_, key, _)| wanted(self.table.principals.text(key.principal)))
    }

    /// Everybody who was seen, sorted: also who made only calls that leave no row.
    pub fn principals(&self) -> Vec<String> {
        let mut seen = vec![false; self.table.principals.len()];
        for (_, key, _) in self.table.keys() {
            seen[key.principal as usize] = true;
        }
        for (principal, _) in self.presence.all() {
            seen[principal as usize] = true;
        }
        let names = seen.iter().enumerate().filter(|(_, seen)| **seen);
        let mut names: Vec<String> =
            names.map(|(id, _)| self.table.principals.text(id as u32).to_owned()).collect();
        names.sort();
        names
    }
}

fn outcome_of(byte: u8) -> Outcome {
    match byte {
        0 => Outcome::Used,
        1 => Outcome::Failed,
        2 => Outcome::Denied,
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod tests;
