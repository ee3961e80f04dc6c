//! Turns records into usage: who, which action, on what, in which context, with which outcome.
//!
//! One worker has one collector. Whatever depends on names alone is looked up once and kept by number: the
//! plan of a kind of event, the class of an error code, the principal. What calls came to is remembered too. What is
//! left for the other records is to fill the plan in and to find the row.

use super::caller::{Caller, Callers, account};
use super::kind::{Kinds, NeedKind, label};
use super::parameters::Parameters;
use super::principal::Who;
use super::recall::{self, Calls, Rows, Shapes, Target};
use super::recipe::{Open, Way};
use super::refusal::refusal;
use super::row::Outcome;
use super::shape::{Outline, Shape};
use super::table::{EventId, Fingerprint, Key, Kind, Prints, Seen, hash_from};
use super::when::Clock;
use super::{Shared, Usage, context};
use crate::audit_log::{Event, Problem, Raw, Sink, unescape};
use leastwise_catalog::call::{ErrorClass, Known, Need, Plan, Scope, Scratch};
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
    shapes: Shapes,
    /// What the calls are remembered by: the key of the event at hand, and what came of it.
    key: Vec<u8>,
    targets: SmallVec<[Target; 2]>,
    said: Option<Vec<(Outline, String)>>,
    arn: String,
    clock: Clock,
    errors: Vec<(Vec<u8>, ErrorClass)>,
    scratch: Scratch,
    problems: Vec<Problem>,
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
            shapes: Shapes::default(),
            key: Vec::new(),
            targets: SmallVec::new(),
            said: None,
            arn: String::new(),
            clock: Clock::default(),
            errors: Vec::new(),
            scratch: Scratch::default(),
            problems: Vec::new(),
            remembers: true,
        }
    }

    /// The same without a memory of calls.
    #[cfg(test)]
    pub(super) fn forgetful(shared: &'s Shared<'s>) -> Self {
        Collector { remembers: false, ..Collector::new(shared) }
    }

    /// What was collected so far; the collector is at its end.
    pub fn finish(self) -> Usage {
        self.usage
    }

    /// Every principal that was met, also those that the settings do not ask for.
    pub fn principals(&self) -> impl Iterator<Item = &str> {
        (0..self.usage.table.principals.len()).map(|id| self.usage.table.principals.text(id as u32))
    }

    /// The problems since the last call: those of the file that was just read.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// How many records were taken in so far, whatever they were.
    pub fn records(&self) -> u64 {
        self.usage.tally.records
    }

    fn class(&mut self, code: Raw<'_>) -> ErrorClass {
        if let Some((_, class)) = self.errors.iter().find(|(known, _)| known == code) {
            return *class;
        }
        // A code that cannot be read says nothing about the permission.
        let class =
            unescape(code).map_or(ErrorClass::Unknown, |text| self.shared.planner.rules().outcome(&text));
        if self.errors.len() < 1_000 {
            self.errors.push((code.to_vec(), class));
        }
        class
    }

    /// How the call ended. A message that speaks of a refusal is believed whatever the code: some services wrap
    /// one into an error of their own, such as for a role that may not be passed.
    fn outcome(&mut self, code: Raw<'_>, message: Raw<'_>) -> Outcome {
        if code.is_empty() && message.is_empty() {
            return Outcome::Used;
        }
        let class = if code.is_empty() { ErrorClass::Authorised } else { self.class(code) };
        match class {
            ErrorClass::Denied => Outcome::Denied,
            ErrorClass::Unknown => Outcome::Unknown,
            ErrorClass::Authorised if says_refused(message) => Outcome::Denied,
            ErrorClass::Authorised => Outcome::Failed,
        }
    }

    /// Whether the record is somebody's API call; if not, why not.
    fn not_usage(event: &Event<'_>) -> Option<&'static str> {
        match (event.kind, event.category) {
            (_, b"Insight") => Some("Insights events"),
            (_, b"NetworkActivity") => Some("network activity events"),
            (_, b"Aggregated") => Some("aggregated events"),
            (b"AwsApiCall" | b"", _) => None,
            (b"AwsServiceEvent", _) => Some("events of AWS services themselves"),
            (b"AwsConsoleSignIn", _) => Some("console sign-ins"),
            (b"AwsConsoleAction", _) => Some("console actions that are no API call"),
            _ => Some("other kinds of events that are no API call"),
        }
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        if let Some(reason) = Self::not_usage(event) {
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
        let caller = self.callers.caller(event, &mut self.usage.table, settings);
        match caller.who {
            Ok(_) if !caller.wanted => self.usage.tally.other_principals += 1,
            Ok(principal) => self.count(event, &caller, principal, time),
            Err(Who::Nobody(reason)) => self.usage.tally.leave_out(reason),
            Err(Who::Principal) => {
                return Err("the principal's ARN is not UTF-8; the record is left out".to_owned());
            }
        }
        Ok(())
    }

    /// Counts a call of a principal that is asked for.
    fn count(&mut self, event: &Event<'_>, caller: &Caller, principal: u32, time: i64) {
        let number = self.kinds.of(event, &self.shared.planner, &mut self.usage.table);
        let outcome = self.outcome(event.error_code, event.error_message);
        let kind = self.kinds.get(number);
        if event.category == b"Data" && !kind.data {
            kind.data = true;
            let source = unescape(event.source).unwrap_or_default();
            self.usage.tally.data_sources.insert(label(&source).to_owned());
        }
        match kind.plan.as_deref() {
            Some(Plan::Needs(_) | Plan::Unknown) => {}
            Some(Plan::Nothing) => return self.usage.tally.leave_out("calls that need no permission"),
            Some(Plan::Ignored) | None => {
                return self.usage.tally.leave_out("events that are no API call of a principal");
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
        let mut open = Open::new();
        if kind.recipe.key(way, event.parameters, &mut self.key, &mut open).is_none() {
            return self.count_new(event, caller, &common, None);
        }
        let hash = recall::hash(&self.key);
        let counted = match way {
            Way::Whole => self.count_again(event, &common, hash),
            Way::Shape => self.count_alike(event, &common, hash, &open),
        };
        match counted {
            Some(counted) => {
                self.kinds.get(number).recipe.found();
                self.tally(counted);
            }
            None => self.count_new(event, caller, &common, Some((way, hash, &open))),
        }
    }

    /// Counts a call that came before; `None` when it did not.
    #[inline]
    fn count_again(&mut self, event: &Event<'_>, common: &Common<'_>, hash: u64) -> Option<Counted> {
        let rows = self.calls.get(hash, &self.key)?;
        if rows.resources.is_some_and(|known| resources_of(event) != Some(known)) {
            return None;
        }
        let table = &mut self.usage.table;
        if !rows.targets.iter().all(|(row, _)| table.is_live(*row)) {
            return None;
        }
        let mut counted = Counted::default();
        for &(row, hash) in rows.targets {
            let Some(print) = fingerprint(self.shared, common, hash, &mut counted) else { continue };
            if self.shared.settings.keep_fingerprints && print.1 != 0 {
                table.add_to_row(row, seen_once(common), Prints::New(print));
            } else {
                table.count_row(row, (common.time, common.id));
            }
        }
        Some(counted)
    }

    /// Counts a call of a shape that came before; `None` when none did.
    #[inline]
    fn count_alike(
        &mut self,
        event: &Event<'_>,
        common: &Common<'_>,
        hash: u64,
        open: &Open<'_>,
    ) -> Option<Counted> {
        let shape = self.shapes.get(hash, &self.key)?;
        let plan = self.kinds.get(common.kind).plan.as_deref()?;
        if shape.is_disturbed(plan, &Parameters::new(None, event.resources)) {
            return None;
        }
        let mut counted = Counted::default();
        for row in &shape.rows {
            row.fill(open, &mut self.arn);
            let hash = hash_from(row.seed, &self.arn);
            let Some(print) = fingerprint(self.shared, common, hash, &mut counted) else { continue };
            let table = &mut self.usage.table;
            if self.shared.settings.keep_fingerprints && print.1 != 0 {
                table.add(row.key, &self.arn, hash, seen_once(common), Prints::New(print));
            } else if row.key.kind == Kind::Exact {
                table.count_in_group(row.group, row.key, &self.arn, hash, (common.time, common.id));
            } else {
                table.count(row.key, &self.arn, hash, (common.time, common.id));
            }
        }
        Some(counted)
    }

    /// Counts a call by its plan, and remembers it in the way that `learn` says.
    fn count_new(
        &mut self,
        event: &Event<'_>,
        caller: &Caller,
        common: &Common<'_>,
        learn: Option<(Way, u64, &Open<'_>)>,
    ) {
        let account = std::str::from_utf8(account(event)).unwrap_or_default();
        let mut counted = Counted::default();
        self.targets.clear();
        self.said = matches!(learn, Some((Way::Shape, ..))).then(Vec::new);
        if common.outcome == Outcome::Denied
            && self.refused(event, common, account, caller.partition, &mut counted)
        {
            if let Some((Way::Whole, hash, _)) = learn.filter(|_| counted.copies == 0) {
                self.calls.learn(hash, &self.key, Rows { targets: &self.targets, resources: None });
            }
            return self.tally(counted);
        }
        let Some(plan) = self.kinds.get(common.kind).plan.take() else { return };
        let parameters = Parameters::new(event.parameters, event.resources);
        if matches!(*plan, Plan::Unknown) {
            let action = self.kinds.get(common.kind).needs[0].action;
            let context = self.callers.origin_of(common.origin).plain[0];
            self.add(common, action, Kind::Unmapped, "", context, &mut counted);
        } else {
            let name = std::str::from_utf8(event.name).unwrap_or_default();
            let region = std::str::from_utf8(event.region).unwrap_or_default();
            let scope = Scope { partition: caller.partition, region, account, event: name };
            let mut scratch = std::mem::take(&mut self.scratch);
            plan.apply(&parameters, &scope, &mut scratch, &mut |need: Need<'_>| {
                let planned = self.kinds.get(common.kind).needs[need.index];
                let context = self.context(common, planned, &need, &parameters);
                let row = match need.known {
                    Known::Exact => Kind::Exact,
                    Known::Pattern => Kind::Pattern,
                    Known::Nothing => Kind::Nothing,
                };
                let outcome = if planned.maybe { Outcome::Unknown } else { common.outcome };
                let common = &Common { outcome, ..*common };
                self.add(common, planned.action, row, need.resource, context, &mut counted);
            });
            self.scratch = scratch;
            // Copies lead to no row here, so such an event says nothing about the next.
            match learn.filter(|_| counted.copies == 0) {
                Some((Way::Whole, hash, _)) => {
                    let looked = !self.scratch.asked().is_empty();
                    let resources = looked.then(|| resources_of(event).unwrap_or_default());
                    self.calls.learn(hash, &self.key, Rows { targets: &self.targets, resources });
                }
                Some((Way::Shape, hash, open)) => {
                    let (recipe, said) = (&self.kinds.get(common.kind).recipe, self.said.take());
                    let shape =
                        Shape::new(&plan, recipe, (&parameters, open), &scope, said.unwrap_or_default());
                    if let Some(shape) = shape {
                        self.shapes.learn(hash, &self.key, shape);
                    }
                }
                None => {}
            }
        }
        self.kinds.get(common.kind).plan = Some(plan);
        self.tally(counted);
    }

    fn tally(&mut self, counted: Counted) {
        match counted {
            Counted { rows: 0, copies: 0 } => self.usage.tally.leave_out("calls that need no permission"),
            Counted { rows: 0, .. } => self.usage.tally.duplicates += 1,
            _ => self.usage.tally.events += 1,
        }
    }

    /// A refused call counts as AWS's message says; `false` when it does not say.
    fn refused(
        &mut self,
        event: &Event<'_>,
        common: &Common<'_>,
        account: &str,
        partition: &str,
        counted: &mut Counted,
    ) -> bool {
        let Some(message) = unescape(event.error_message) else { return false };
        let Some(refusal) = refusal(&message, account, partition, self.shared.planner.catalog()) else {
            return false;
        };
        let (kind, resource) = match &refusal.resource {
            Some((text, true)) => (Kind::Pattern, text.as_str()),
            Some((text, false)) => (Kind::Exact, text.as_str()),
            // The message names no resource: the action knows none, or the mapping may know more.
            None if takes_no_resource(self.shared.planner.catalog(), &refusal.action) => (Kind::Exact, "*"),
            None => return false,
        };
        let action = self.usage.table.actions.intern(refusal.action.as_bytes());
        let need = NeedKind { action, kms: refusal.action.starts_with("kms:"), tags: false, maybe: false };
        let context = self.callers.origin_of(common.origin).plain[usize::from(need.kms)];
        self.add(common, action, kind, resource, context, counted);
        true
    }

    fn context(
        &mut self,
        common: &Common<'_>,
        kind: NeedKind,
        need: &Need<'_>,
        parameters: &Parameters<'_>,
    ) -> u32 {
        let tags = if kind.tags { parameters.tags() } else { Vec::new() };
        if need.context.is_empty() && tags.is_empty() {
            return self.callers.origin_of(common.origin).plain[usize::from(kind.kms)];
        }
        let mut bytes = self.callers.origin_of(common.origin).base.clone();
        context::via(common.invoked_by, common.region, kind.kms, &mut bytes);
        for (key, value) in need.context {
            context::push(&mut bytes, key, &[value.as_bytes()]);
        }
        if !tags.is_empty() {
            let keys: Vec<&[u8]> = tags.iter().map(|(key, _)| key.as_bytes()).collect();
            context::push(&mut bytes, "aws:TagKeys", &keys);
            for (key, value) in &tags {
                context::push(&mut bytes, &format!("aws:RequestTag/{key}"), &[value.as_bytes()]);
            }
        }
        self.usage.table.contexts.intern(&bytes)
    }

    #[inline]
    fn add(
        &mut self,
        common: &Common<'_>,
        action: u32,
        kind: Kind,
        resource: &str,
        context: u32,
        counted: &mut Counted,
    ) {
        let key = Key { principal: common.principal, action, context, outcome: common.outcome as u8, kind };
        let table = &mut self.usage.table;
        let hash = table.hash(&key, resource);
        let Some(print) = fingerprint(self.shared, common, hash, counted) else { return };
        let row = if self.shared.settings.keep_fingerprints && print.1 != 0 {
            table.add(key, resource, hash, seen_once(common), Prints::New(print))
        } else {
            table.count(key, resource, hash, (common.time, common.id))
        };
        self.targets.push((row, hash));
        if let Some(said) = &mut self.said {
            let outline = Outline::new(key, table.seed_of(&key), table.group(&key));
            said.push((outline, resource.to_owned()));
        }
    }
}

/// The fingerprint of an event for the row that has this hash, or `None` when it was counted before. An event without
/// an id cannot be told from another; its fingerprint is 0.
#[inline]
fn fingerprint(
    shared: &Shared<'_>,
    common: &Common<'_>,
    hash: u64,
    counted: &mut Counted,
) -> Option<Fingerprint> {
    let day = i32::try_from(common.time.div_euclid(86_400)).unwrap_or(i32::MAX);
    let mut print = (day, 0);
    if !common.id.is_empty() {
        print.1 = xxh3_64_with_seed(common.id, hash);
        if !shared.duplicates.is_new(print.0, print.1) {
            counted.copies += 1;
            return None;
        }
    }
    counted.rows += 1;
    Some(print)
}

fn seen_once(common: &Common<'_>) -> Seen {
    Seen { count: 1, first: common.time, last: common.time, example: EventId::new(common.id) }
}

/// How many rows one event gave, and how many of them were counted before.
#[derive(Default)]
struct Counted {
    rows: u32,
    copies: u32,
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
}

fn takes_no_resource(catalog: &leastwise_catalog::Catalog, action: &str) -> bool {
    catalog.action(action).is_some_and(|action| action.resources.is_empty())
}

/// The text of a record's `resources`.
fn resources_of<'a>(event: &Event<'a>) -> Option<&'a [u8]> {
    event.resources.map_or(Some(b""), |mut resources| resources.skip().ok())
}

/// IAM User Guide, "Troubleshoot access denied error messages": every such message has these words.
fn says_refused(message: Raw<'_>) -> bool {
    memchr::memmem::find(message, b"not authorized to perform").is_some()
}

/// Records of another major version may mean something else by the same names.
fn check_version(version: Raw<'_>) -> Result<(), String> {
    if version.is_empty() || version.starts_with(b"1.") {
        return Ok(());
    }
    Err(format!("eventVersion `{}` is not 1.x; the record is left out", String::from_utf8_lossy(version)))
}
