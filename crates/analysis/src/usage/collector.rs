//! Turns records into usage: who, which action, on what, in which context, with which outcome.
//!
//! One worker has one collector. Whatever depends on names alone is looked up once and kept by number: the
//! plan of a kind of event, the class of an error code, the principal. What is left for each record is to
//! fill the plan in and to find the row.

use super::intern::Interner;
use super::parameters::Parameters;
use super::principal::{Who, partition, principal};
use super::refusal::refusal;
use super::row::Outcome;
use super::table::{EventId, Key, Kind, Prints, Seen};
use super::{Shared, Usage, context};
use crate::audit_log::{Event, Problem, Raw, Sink, unescape};
use leastwise_catalog::call::{ErrorClass, Known, Need, Plan, Scope, Scratch};
use leastwise_policy::time::Timestamp;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Collects the usage of the records of one worker.
#[derive(Debug)]
pub struct Collector<'s> {
    shared: &'s Shared<'s>,
    usage: Usage,
    kinds: Interner,
    plans: Vec<EventKind>,
    callers: Interner,
    caller_facts: Vec<Caller>,
    /// The callers of identities by their number.
    sessions: Vec<(u64, Option<Caller>)>,
    origins: Interner,
    origin_facts: Vec<Origin>,
    errors: Vec<(Vec<u8>, ErrorClass)>,
    scratch: Scratch,
    bytes: Vec<u8>,
    problems: Vec<Problem>,
}

/// A kind of event, known by source and name.
#[derive(Debug)]
struct EventKind {
    /// Taken out while it is applied.
    plan: Option<Box<Plan>>,
    needs: Vec<NeedKind>,
    data: bool,
}

#[derive(Debug, Clone, Copy)]
struct NeedKind {
    action: u32,
    kms: bool,
    tags: bool,
}

/// A caller, known by the identity's bytes.
#[derive(Debug, Clone, Copy)]
struct Caller {
    who: Result<u32, Who>,
    wanted: bool,
    partition: &'static str,
}

/// Where calls come from: what their context says whatever the action.
#[derive(Debug)]
struct Origin {
    base: Vec<u8>,
    /// The context of rows without keys of their own: for KMS actions and for the others.
    plain: [u32; 2],
}

/// What all rows of one event have in common.
struct Common<'a> {
    principal: u32,
    outcome: Outcome,
    time: i64,
    id: Raw<'a>,
    origin: usize,
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
            kinds: Interner::default(),
            plans: Vec::new(),
            callers: Interner::default(),
            caller_facts: Vec::new(),
            sessions: vec![(0, None); 1 << 11],
            origins: Interner::default(),
            origin_facts: Vec::new(),
            errors: Vec::new(),
            scratch: Scratch::default(),
            bytes: Vec::new(),
            problems: Vec::new(),
        }
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

    /// The number of a kind of event, with its plan made when it is new.
    #[inline]
    fn kind(&mut self, event: &Event<'_>) -> usize {
        let id = self.kinds.intern_pair(event.source, event.name) as usize;
        if id == self.plans.len() {
            let kind = self.plan(event);
            self.plans.push(kind);
        }
        id
    }

    #[cold]
    fn plan(&mut self, event: &Event<'_>) -> EventKind {
        let source = unescape(event.source).unwrap_or_default();
        let name = unescape(event.name).unwrap_or_default();
        let plan = self.shared.planner.plan(label(&source), &name);
        let catalog = self.shared.planner.catalog();
        let mut needs = Vec::new();
        match &plan {
            Plan::Needs(planned) => {
                for need in planned {
                    let action = catalog.action(&need.action);
                    needs.push(NeedKind {
                        action: self.usage.table.actions.intern(need.action.as_bytes()),
                        kms: need.action.starts_with("kms:"),
                        tags: action
                            .is_some_and(|action| action.keys.iter().any(|key| &**key == "aws:TagKeys")),
                    });
                }
            }
            _ => needs.push(NeedKind {
                action: self.usage.table.actions.intern(format!("{}:{name}", label(&source)).as_bytes()),
                kms: false,
                tags: false,
            }),
        }
        EventKind { plan: Some(Box::new(plan)), needs, data: false }
    }

    /// Who called. What is known of a caller is worked out once and found again by the bytes that name it.
    #[inline]
    fn caller(&mut self, event: &Event<'_>) -> Caller {
        let identity = &event.identity;
        // The issuer alone says whose session it is; for others the region matters too.
        if identity.number == 0 || identity.kind != b"AssumedRole" || identity.issuer.is_empty() {
            return self.caller_by_name(event);
        }
        let slot = identity.number as usize % self.sessions.len();
        if let (number, Some(caller)) = self.sessions[slot]
            && number == identity.number
        {
            return caller;
        }
        let caller = self.caller_by_name(event);
        self.sessions[slot] = (identity.number, Some(caller));
        caller
    }

    fn caller_by_name(&mut self, event: &Event<'_>) -> Caller {
        let identity = &event.identity;
        let id = match identity.kind {
            b"AssumedRole" if !identity.issuer.is_empty() => self.callers.intern(identity.issuer),
            _ => {
                self.bytes.clear();
                for part in [
                    identity.kind,
                    identity.arn,
                    identity.issuer,
                    identity.account,
                    identity.principal_id,
                    identity.on_behalf_of,
                    identity.invoked_by,
                    event.region,
                ] {
                    self.bytes.extend_from_slice(part);
                    self.bytes.push(0);
                }
                self.bytes.push(u8::from(identity.present));
                self.callers.intern(&self.bytes)
            }
        } as usize;
        if id == self.caller_facts.len() {
            let caller = self.new_caller(event);
            self.caller_facts.push(caller);
        }
        self.caller_facts[id]
    }

    #[cold]
    fn new_caller(&mut self, event: &Event<'_>) -> Caller {
        let partition = partition(&event.identity, std::str::from_utf8(event.region).unwrap_or_default());
        let mut name = Vec::new();
        let who = principal(&event.identity, partition, &mut name);
        let text = std::str::from_utf8(&name);
        let (who, wanted) = match (who, text) {
            (Who::Principal, Ok(text)) => {
                let globs = &self.shared.settings.principals;
                let wanted = globs.is_empty() || globs.iter().any(|glob| glob.matches(text));
                (Ok(self.usage.table.principals.intern(&name)), wanted)
            }
            (who, _) => (Err(who), false),
        };
        Caller { who, wanted, partition }
    }

    /// Where the call comes from.
    fn origin(&mut self, event: &Event<'_>) -> usize {
        self.bytes.clear();
        for part in [event.region, event.vpc_endpoint, event.identity.mfa, event.identity.invoked_by] {
            self.bytes.extend_from_slice(part);
            self.bytes.push(0);
        }
        if event.context.is_some() {
            let mut base = Vec::new();
            context::of_event(event, &mut base);
            self.bytes.extend_from_slice(&base);
        }
        let id = self.origins.intern(&self.bytes) as usize;
        if id == self.origin_facts.len() {
            let mut base = Vec::new();
            context::of_event(event, &mut base);
            let contexts = &mut self.usage.table.contexts;
            let plain = [false, true].map(|kms| {
                let mut bytes = base.clone();
                context::via(event.identity.invoked_by, event.region, kms, &mut bytes);
                contexts.intern(&bytes)
            });
            self.origin_facts.push(Origin { base, plain });
        }
        id
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
        let time = parse_time(event.time)?;
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
        let caller = self.caller(event);
        match caller.who {
            Ok(_) if !caller.wanted => self.usage.tally.other_principals += 1,
            Ok(principal) => self.count(event, principal, time, caller.partition),
            Err(Who::Nobody(reason)) => self.usage.tally.leave_out(reason),
            Err(Who::Principal) => {
                return Err("the principal's ARN is not UTF-8; the record is left out".to_owned());
            }
        }
        Ok(())
    }

    /// Counts a call of a principal that is asked for.
    fn count(&mut self, event: &Event<'_>, principal: u32, time: i64, partition: &'static str) {
        let kind = self.kind(event);
        if event.category == b"Data" && !self.plans[kind].data {
            self.plans[kind].data = true;
            let source = unescape(event.source).unwrap_or_default();
            self.usage.tally.data_sources.insert(label(&source).to_owned());
        }
        let Some(plan) = self.plans[kind].plan.take() else { return };
        self.count_with(&plan, kind, event, principal, time, partition);
        self.plans[kind].plan = Some(plan);
    }

    /// The same with the plan for that kind of event.
    fn count_with(
        &mut self,
        plan: &Plan,
        kind: usize,
        event: &Event<'_>,
        principal: u32,
        time: i64,
        partition: &'static str,
    ) {
        match plan {
            Plan::Ignored => return self.usage.tally.leave_out("events that are no API call of a principal"),
            Plan::Nothing => return self.usage.tally.leave_out("calls that need no permission"),
            Plan::Needs(_) | Plan::Unknown => {}
        }
        let outcome = self.outcome(event.error_code, event.error_message);
        let origin = self.origin(event);
        let common = Common {
            principal,
            outcome,
            time,
            id: event.id,
            origin,
            invoked_by: event.identity.invoked_by,
            region: event.region,
        };
        let account = if event.account.is_empty() { event.identity.account } else { event.account };
        let account = std::str::from_utf8(account).unwrap_or_default();
        let mut counted = Counted::default();
        if outcome == Outcome::Denied && self.refused(event, &common, account, partition, &mut counted) {
            return self.tally(counted);
        }
        let parameters = Parameters::new(event.parameters, event.resources);
        if matches!(plan, Plan::Unknown) {
            let action = self.plans[kind].needs[0].action;
            let context = self.origin_facts[origin].plain[0];
            self.add(&common, action, Kind::Unmapped, "", context, &mut counted);
            return self.tally(counted);
        }
        let name = std::str::from_utf8(event.name).unwrap_or_default();
        let region = std::str::from_utf8(event.region).unwrap_or_default();
        let scope = Scope { partition, region, account, event: name };
        let mut scratch = std::mem::take(&mut self.scratch);
        plan.apply(&parameters, &scope, &mut scratch, &mut |need: Need<'_>| {
            let planned = self.plans[kind].needs[need.index];
            let context = self.context(&common, planned, &need, &parameters);
            let row = match need.known {
                Known::Exact => Kind::Exact,
                Known::Pattern => Kind::Pattern,
                Known::Nothing => Kind::Nothing,
            };
            self.add(&common, planned.action, row, need.resource, context, &mut counted);
        });
        self.scratch = scratch;
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
        let need = NeedKind { action, kms: refusal.action.starts_with("kms:"), tags: false };
        let context = self.origin_facts[common.origin].plain[usize::from(need.kms)];
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
            return self.origin_facts[common.origin].plain[usize::from(kind.kms)];
        }
        let mut bytes = self.origin_facts[common.origin].base.clone();
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
        let hash = self.usage.table.hash(&key, resource);
        let day = i32::try_from(common.time.div_euclid(86_400)).unwrap_or(i32::MAX);
        let mut print = (day, 0);
        if !common.id.is_empty() {
            print.1 = xxh3_64_with_seed(common.id, hash);
            if !self.shared.duplicates.is_new(print.0, print.1) {
                counted.copies += 1;
                return;
            }
        }
        counted.rows += 1;
        if self.shared.settings.keep_fingerprints && !common.id.is_empty() {
            let (time, example) = (common.time, EventId::new(common.id));
            let seen = Seen { count: 1, first: time, last: time, example };
            self.usage.table.add(key, resource, hash, seen, Prints::New(print));
        } else {
            self.usage.table.count(key, resource, hash, (common.time, common.id));
        }
    }
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

/// `s3.amazonaws.com` → `s3`.
fn label(source: &str) -> &str {
    source
        .strip_suffix(".amazonaws.com")
        .or_else(|| source.strip_suffix(".amazonaws.com.cn"))
        .unwrap_or(source)
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

/// Seconds since the epoch. `2026-10-01T07:30:00Z` is read without help; anything else by [`Timestamp::parse`].
fn parse_time(text: Raw<'_>) -> Result<i64, String> {
    if let Some(time) = plain_time(text) {
        return Ok(time);
    }
    let text = unescape(text).unwrap_or_default();
    match Timestamp::parse(&text) {
        Some(time) => Ok(time.seconds()),
        None => Err(format!("eventTime `{text}` is not a time; the record is left out")),
    }
}

fn plain_time(text: Raw<'_>) -> Option<i64> {
    let text: &[u8; 20] = text.try_into().ok()?;
    if (text[4], text[7], text[10], text[13], text[16], text[19]) != (b'-', b'-', b'T', b':', b':', b'Z') {
        return None;
    }
    let number = |from: usize, to: usize| {
        let mut value = 0i64;
        for byte in &text[from..to] {
            value = value * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        Some(value)
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let date = leastwise_policy::time::Date::new(year as i32, month as u8, day as u8)?;
    let clock = hour < 24 && minute < 60 && second < 60;
    clock.then_some(date.days() * 86_400 + hour * 3_600 + minute * 60 + second)
}
