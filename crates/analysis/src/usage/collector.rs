//! Turns records into usage: who, which action, on what, in which context, with which outcome.
//!
//! One worker has one collector. Whatever depends on names alone is looked up once and kept by number: the
//! plan of a kind of event, the class of an error code, the principal. What calls came to is remembered too. What is
//! left for the other records is to fill the plan in and to find the row.

mod backlog;
mod new;

use super::caller::{Caller, Callers};
use super::duplicates::Home;
use super::kind::Kinds;
use super::outcome::Outcomes;
use super::principal::Who;
use super::recall::{self, Calls, Shapes, Target};
use super::recipe::{Open, Way};
use super::recorded::{self, Settled};
use super::refusal::Refusals;
use super::row::Outcome;
use super::screen::{check_version, not_usage};
use super::shape::Outline;
use super::sighting::{EventId, Fingerprint, Prints, Seen};
use super::table::hash_from;
use super::when::Clock;
use super::{Shared, Usage};
use crate::audit_log::{Event, Problem, Raw, Sink, Via};
use backlog::{Backlog, Full};
use leastwise_catalog::call::{Plan, Scratch};
use smallvec::SmallVec;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Collects the usage of the records of one worker.
#[derive(Debug)]
pub struct Collector<'s> {
    shared: &'s Shared<'s>,
    usage: Usage,
    kinds: Kinds,
    callers: Callers,
    calls: Calls,
    backlog: Backlog,
    shapes: Shapes,
    /// What the calls are remembered by: the key of the event at hand, and what came of it.
    key: Vec<u8>,
    targets: SmallVec<[Target; 2]>,
    said: Option<Vec<(Outline, String)>>,
    arn: String,
    folded: String,
    clock: Clock,
    outcomes: Outcomes,
    refusals: Refusals<'s>,
    scratch: Scratch,
    problems: Vec<Problem>,
    settled: Settled,
    /// Whether to remember calls at all: the tests compare.
    remembers: bool,
}

/// What all rows of one event have in common.
#[derive(Clone, Copy)]
struct Common<'a> {
    kind: u32,
    principal: u32,
    outcome: Outcome,
    time: i64,
    id: Raw<'a>,
    origin: u32,
    invoked_by: Raw<'a>,
    region: Raw<'a>,
}

impl<'s> Collector<'s> {
    /// A collector over the catalogue, rules and settings that all workers share.
    pub fn new(shared: &'s Shared<'s>) -> Self {
        let mut usage = Usage::new(shared.settings.fold_at);
        usage.tally.catalogs.insert(shared.planner.catalog().version().digest.clone());
        Collector {
            shared,
            usage,
            kinds: Kinds::default(),
            callers: Callers::default(),
            calls: Calls::default(),
            backlog: Backlog::default(),
            shapes: Shapes::default(),
            key: Vec::new(),
            targets: SmallVec::new(),
            said: None,
            arn: String::new(),
            folded: String::new(),
            clock: Clock::default(),
            outcomes: Outcomes::default(),
            refusals: Refusals::new(shared.planner.catalog()),
            scratch: Scratch::default(),
            problems: Vec::new(),
            settled: Settled::default(),
            remembers: true,
        }
    }

    /// The same without a memory of calls.
    #[cfg(test)]
    pub(super) fn forgetful(shared: &'s Shared<'s>) -> Self {
        Collector { remembers: false, ..Collector::new(shared) }
    }

    /// What was collected so far; the collector is at its end.
    pub fn finish(mut self) -> Usage {
        self.settle_all();
        self.usage
    }

    /// Every principal that was met, also those that the settings do not ask for.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        let names = [&self.usage.table.principals, &self.callers.others];
        names.into_iter().flat_map(|names| (0..names.len() as u32).map(|id| names.text(id)))
    }

    /// The problems since the last call: those of the file that was just read.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// How many records were taken in so far, whatever they were.
    pub fn records(&self) -> u64 {
        self.usage.tally.records
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        if let Some(reason) = not_usage(event) {
            self.usage.tally.leave_out(reason);
            return Ok(());
        }
        check_version(event.version)?;
        let time = self.clock.read(event.time)?;
        self.usage.tally.saw(time);
        let settings = &self.shared.settings;
        if settings.since.is_some_and(|since| time < since.seconds())
            || settings.until.is_some_and(|until| time >= until.seconds())
        {
            self.usage.tally.outside_window += 1;
            return Ok(());
        }
        if event.name.is_empty() || event.source.is_empty() {
            return Err("the record has no eventName or no eventSource; it is left out".to_owned());
        }
        if !self.settled.knows(event)
            && let Some(shown) = self.usage.tally.recorded.saw(event)
        {
            self.settled.learn(event, shown);
        }
        let caller = self.callers.caller(event, &mut self.usage.table, settings);
        if caller.who.is_err() && event.category == b"Data" {
            let number = self.kinds.of(event, &self.shared.planner, &mut self.usage.table);
            self.data_event(event, number);
        }
        match caller.who {
            Ok(principal) => return self.count(event, &caller, principal, time),
            Err(Who::Other) => self.usage.tally.other_principals += 1,
            Err(Who::Nobody(reason)) => self.usage.tally.leave_out(reason),
            Err(Who::Principal) => {
                return Err("the principal's ARN is not UTF-8; the record is left out".to_owned());
            }
        }
        Ok(())
    }

    /// Takes in what a data event shows to be recorded.
    #[inline]
    fn data_event(&mut self, event: &Event<'_>, kind: u32) {
        let Some(read_only) = recorded::reads(event) else { return };
        let kind = self.kinds.get(kind);
        let met = &mut kind.data[usize::from(read_only)];
        if event.account.first_chunk() == Some(&*met) {
            return;
        }
        *met = event.account.try_into().unwrap_or_default();
        let Usage { table, tally, .. } = &mut self.usage;
        let needs = kind.needs.iter().filter(|need| need.data);
        tally.recorded.saw_data(event, needs.map(|need| table.actions.text(need.action)));
    }

    /// Counts a call of a principal that is asked for.
    ///
    /// # Errors
    /// As [`count_new`](Self::count_new).
    fn count(&mut self, event: &Event<'_>, caller: &Caller, principal: u32, time: i64) -> Result<(), String> {
        let number = self.kinds.of(event, &self.shared.planner, &mut self.usage.table);
        let said = (event.error_code, event.error_message);
        let outcome = self.outcomes.of(said, self.shared.planner.rules(), &self.refusals);
        if event.category == b"Data" {
            self.data_event(event, number);
        }
        match self.kinds.get(number).plan.as_deref() {
            Some(Plan::Needs(_) | Plan::Unknown) => {}
            Some(Plan::Nothing) => {
                self.usage.presence.saw(principal, time);
                self.usage.tally.leave_out("calls that need no permission");
                return Ok(());
            }
            Some(Plan::Ignored) | None => {
                self.usage.presence.saw(principal, time);
                self.usage.tally.leave_out("events that are no API call of a principal");
                return Ok(());
            }
        }
        let origin = self.callers.origin(event, &mut self.usage.table);
        let common = Common {
            kind: number,
            principal,
            outcome,
            time,
            id: event.id,
            origin,
            invoked_by: event.identity.invoked_by,
            region: event.region,
        };
        let kind = self.kinds.get(number);
        let Some(way) = kind.recipe.way().filter(|_| self.remembers) else {
            return self.count_new(event, caller, &common, None);
        };
        self.key.clear();
        for part in [number, caller.id, origin, outcome as u32] {
            self.key.extend_from_slice(&part.to_le_bytes());
        }
        if outcome == Outcome::Denied {
            // What was refused depends on the message, which may name what a shape would leave open.
            if way == Way::Shape {
                return self.count_new(event, caller, &common, None);
            }
            self.key.extend_from_slice(event.error_message);
            self.key.push(b'"');
        }
        if outcome != Outcome::Used {
            // What a call needed may depend on what it came to.
            self.key.extend_from_slice(event.error_code);
            self.key.push(b'"');
        }
        let mut open = Open::new();
        if kind.recipe.key(way, event, &mut self.key, &mut open).is_none() {
            return self.count_new(event, caller, &common, None);
        }
        let hash = recall::hash(&self.key);
        let found = match way {
            Way::Whole => self.count_again(&common, hash),
            Way::Shape => self.count_alike(event, &common, hash, &open),
        };
        if !found {
            return self.count_new(event, caller, &common, Some((way, hash, &open)));
        }
        self.kinds.get(number).recipe.found();
        Ok(())
    }

    /// Counts a call that came before; `false` when it did not.
    #[inline]
    fn count_again(&mut self, common: &Common<'_>, hash: u64) -> bool {
        let Some(targets) = self.calls.get(hash, &self.key) else { return false };
        if !targets.is_empty() && !common.id.is_empty() {
            let mut full = Full::new();
            for (number, target) in targets.iter().enumerate() {
                let print = (target.home, print_of(common, target.hash));
                full.extend(self.backlog.note_row(common, print, (target.row, hash), number == 0));
            }
            full.into_iter().for_each(|shard| self.settle(shard));
            return true;
        }
        let table = &mut self.usage.table;
        if !targets.iter().all(|target| table.is_live(target.row)) {
            return false;
        }
        let mut counted = Counted::default();
        for &Target { row, home, hash } in targets {
            if let Some(print) = fingerprint(self.shared, common, (home, hash), &mut counted) {
                let prints = Prints::new(print, self.shared.settings.keep_fingerprints);
                table.add_to_row(row, seen_once(common), prints);
            }
        }
        self.tally(common, counted);
        true
    }

    /// Counts a call of a shape that came before; `false` when none did.
    #[inline]
    fn count_alike(&mut self, event: &Event<'_>, common: &Common<'_>, hash: u64, open: &Open<'_>) -> bool {
        let plan = self.kinds.get(common.kind).plan.as_deref();
        let (Some(shape), Some(plan)) = (self.shapes.get(hash, &self.key), plan) else { return false };
        if shape.is_disturbed(plan, event.resources) {
            return false;
        }
        if !shape.rows.is_empty() && !common.id.is_empty() {
            let mut full = Full::new();
            for (number, row) in shape.rows.iter().enumerate() {
                row.fill(open, &mut self.arn);
                let hash = hash_from(row.seed, &self.arn);
                let print = (row.home, print_of(common, hash));
                let (key, resource, hash) = match row.group {
                    Some(group) => {
                        self.usage.table.as_folded(group, row.key, &self.arn, hash, &mut self.folded)
                    }
                    None => (row.key, &*self.arn, hash),
                };
                let key = (key, row.group, hash);
                full.extend(self.backlog.note_resource(common, print, key, resource, number == 0));
            }
            full.into_iter().for_each(|shard| self.settle(shard));
            return true;
        }
        let mut counted = Counted::default();
        for row in &shape.rows {
            row.fill(open, &mut self.arn);
            let hash = hash_from(row.seed, &self.arn);
            if let Some(print) = fingerprint(self.shared, common, (row.home, hash), &mut counted) {
                let prints = Prints::new(print, self.shared.settings.keep_fingerprints);
                let table = &mut self.usage.table;
                table.add_in_group(row.group, row.key, &self.arn, hash, seen_once(common), prints);
            }
        }
        self.tally(common, counted);
        true
    }

    fn tally(&mut self, common: &Common<'_>, counted: Counted) {
        match counted.first {
            None => {
                self.usage.presence.saw(common.principal, common.time);
                self.usage.tally.leave_out("calls that need no permission");
            }
            Some(true) => self.usage.tally.events += 1,
            Some(false) => self.usage.tally.duplicates += 1,
        }
    }
}

/// The fingerprint of an event for the row that has this hash, or `None` when it was counted before. An event without
/// an id cannot be told from another; its fingerprint is 0.
#[inline]
fn fingerprint(
    shared: &Shared<'_>,
    common: &Common<'_>,
    (home, hash): (Home, u64),
    counted: &mut Counted,
) -> Option<Fingerprint> {
    let print = print_of(common, hash);
    let is_new = print.1 == 0 || shared.duplicates.is_new(home, print);
    counted.first.get_or_insert(is_new);
    counted.copies |= !is_new;
    is_new.then_some(print)
}

/// The fingerprint of an event for the row that has this hash.
#[inline]
fn print_of(common: &Common<'_>, hash: u64) -> Fingerprint {
    let day = i32::try_from(common.time.div_euclid(86_400)).unwrap_or(i32::MAX);
    match common.id {
        [] => (day, 0),
        id => (day, xxh3_64_with_seed(id, hash).max(1)),
    }
}

fn seen_once(common: &Common<'_>) -> Seen {
    Seen::once(common.time, EventId::new(common.id))
}

/// What one event gave.
#[derive(Default)]
struct Counted {
    /// Whether its first row is new: an event is a copy when that was counted before.
    first: Option<bool>,
    /// Whether one of its rows was counted before.
    copies: bool,
}

impl Sink for Collector<'_> {
    fn record(&mut self, event: &Event<'_>) -> Result<(), String> {
        self.usage.tally.records += 1;
        self.take(event)
    }

    fn problem(&mut self, problem: Problem) {
        self.usage.tally.problems += 1;
        self.problems.push(problem);
    }

    fn came(&mut self, via: Via) {
        self.usage.tally.ways.came(via);
    }
}
