//! From LOGS arguments to usage: what `usage`, `rightsize` and `verify` have in common.

mod parts;
mod report;
mod saved;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use leastwise_analysis::usage::{Collector, Missing, Settings, Shared, Source, Usage};
use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Planner, Rules};
use leastwise_policy::glob::Glob;
use leastwise_policy::time::Timestamp;

use crate::cli::logs::{ReadArgs, WindowArgs};
use crate::clock;
use crate::error::{Error, Result};
use crate::input::account::Account;
use crate::input::known::Known;
use crate::input::locate::Place;
use crate::input::pool::{self, Plan};
use crate::input::window::Window;
use crate::output::{self, counted};
use crate::progress::Progress;
use parts::{Both, Ended, Newest, Parts};
use saved::{load, open, split};

/// What to collect.
pub struct Wanted<'a> {
    /// The LOGS arguments.
    pub logs: &'a [String],
    /// How to read them.
    pub read: &'a ReadArgs,
    /// Only principals that one of these matches; all when empty.
    pub principals: Vec<Glob>,
    /// Only events in it.
    pub window: Window,
    /// Also tell apart what was before and what from then on.
    pub split: Option<i64>,
    /// So many resources are kept apart before they are folded into a pattern.
    pub fold_at: usize,
    /// Whether the usage will be saved, and so must remember its events.
    pub save: bool,
    /// Whether the answer tells what was read by its digests, as proofs and saved usages do.
    pub digests: bool,
    /// Only these inputs are read, when they are told; others are left out.
    pub inputs: Option<&'a [Source]>,
    /// Whether to keep silent.
    pub quiet: bool,
}

/// What was collected.
pub struct Collected {
    /// Who did what, in all of the window.
    pub usage: Usage,
    /// The same in two parts, when that was asked for.
    pub parts: Option<Divided>,
    /// What was read and what was not.
    pub account: Account,
    /// Every principal that was seen, also those that were not asked for.
    pub seen: Vec<String>,
    /// The accounts of those.
    accounts: BTreeSet<String>,
    /// Inputs that were left out, since they are none of those to read.
    pub left_out: Vec<String>,
    /// Saved usages that hold only some principals: of others they say nothing.
    pub partial: Vec<Partial>,
}

/// A saved usage that was made of some principals only.
pub struct Partial {
    /// Its file.
    pub name: String,
    /// Of whom it says what they did, or that they did nothing that needs a permission.
    pub principals: Vec<String>,
}

/// Usage before and after some moment.
pub struct Divided {
    /// The moment.
    pub at: Timestamp,
    /// Who did what before it.
    pub older: Usage,
    /// Who did what from it on.
    pub newer: Usage,
}

/// Resolves `--since` and `--until` against the clock.
pub fn window(args: &WindowArgs) -> Result<Window> {
    let window = Window::new(args.since, args.until, clock::now());
    match window.is_empty() {
        true => {
            Err(Error::usage("no event can lie between --since and --until").hint("--since must come first"))
        }
        false => Ok(window),
    }
}

/// Reads everything that was named.
pub fn collect(wanted: Wanted<'_>, catalog: &Catalog) -> Result<Collected> {
    let places = wanted.logs.iter().map(|text| Place::parse(text)).collect::<Result<Vec<_>>>()?;
    let (saved, places) = split(places);
    let shared = shared(&wanted, catalog);
    let mut parts = Parts::new(wanted.window, wanted.split);
    let known = wanted.inputs.map(|inputs| Arc::new(Known::new(inputs)));
    let (mut left_out, mut partial) = (Vec::new(), Vec::new());
    let mut takes = |name: &str, saved: &Usage| {
        let digests = saved.tally.sources.iter().map(|source| &source.sha256);
        let takes = known.as_ref().is_none_or(|known| known.take_any(digests));
        left_out.extend((!takes).then(|| name.to_owned()));
        takes
    };
    // One after the other: many nights need not be in memory at once.
    for path in &saved {
        let (name, saved) = open(path)?;
        if takes(&name, &saved) {
            shared.remember(&saved);
            partial.extend(Partial::of(&name, &saved));
            parts.merge(&name, saved)?;
        }
    }
    let progress = Progress::new("reading", wanted.quiet);
    let harvest = pool::read(Plan { known: known.clone(), ..plan(&wanted, places) }, &progress, || Both {
        older: Collector::new(&shared),
        newer: wanted.split.map(|split| (split, Collector::new(&shared))),
    });
    progress.finish();
    let harvest = harvest?;
    // Also those that were not asked for.
    let Ended { older, newer, mut seen } = harvest.collected;
    parts.take(older, newer);
    for (name, bytes) in &harvest.saved {
        // Saved usage that turned up among the logs: there is nothing to fear when there were no logs.
        if harvest.account.records > 0 {
            return Err(Error::usage(format!("saved usage `{name}` lies among logs"))
                .hint("name it as an argument of its own, so that no event is counted twice"));
        }
        let saved = load(name, bytes)?;
        if takes(name, &saved) {
            partial.extend(Partial::of(name, &saved));
            parts.merge(name, saved)?;
        }
    }
    left_out.extend(harvest.left_out);
    left_out.sort();
    let (mut usage, parts) = parts.whole();
    seen.extend(usage.principals());
    seen.sort();
    seen.dedup();
    usage.tally.sources.extend(harvest.sources);
    usage.tally.problems += harvest.account.skipped();
    if found_nothing(&harvest.account, &usage) {
        let error = Error::input(format!("there are no logs in {}", named(wanted.logs)));
        let set_aside: Vec<String> =
            harvest.account.lines().iter().skip(1).map(|line| line.trim().to_owned()).collect();
        return Err(match set_aside.is_empty() {
            true => error.hint("LOGS are files, folders, `-` or s3://bucket/prefix"),
            false if harvest.account.other > 0 => error.hint(format!(
                "{}; a file that is named itself is read whatever it is called",
                set_aside.join("; ")
            )),
            false => error.hint(set_aside.join("; ")),
        });
    }
    let accounts = seen.iter().filter_map(|seen| account_of(seen)).map(str::to_owned).collect();
    Ok(Collected { usage, parts, account: harvest.account, seen, accounts, left_out, partial })
}

/// Whether nothing was there to read: an empty folder, a mistyped prefix, files that are no logs by their names. Files
/// that lie outside the window are there.
fn found_nothing(account: &Account, usage: &Usage) -> bool {
    account.files == 0 && account.pruned == 0 && account.skipped() == 0 && usage.tally.records == 0
}

/// The first of the arguments, for messages.
fn named(logs: &[String]) -> String {
    match logs {
        [] => "what was named".to_owned(),
        [one] => format!("`{one}`"),
        [one, rest @ ..] => format!("`{one}` and {} more", rest.len()),
    }
}

impl Partial {
    fn of(name: &str, saved: &Usage) -> Option<Partial> {
        let whole = saved.tally.other_principals == 0;
        (!whole).then(|| Partial { name: name.to_owned(), principals: saved.principals() })
    }

    /// What to say to somebody who asks for whom it says nothing of.
    pub fn error(&self) -> Error {
        Error::usage(format!("saved usage `{}` holds only some principals", self.name))
            .hint("it was saved with --principal; save it without, or give the logs")
    }
}

impl Collected {
    /// Whether the logs hold anything of the account of a principal: if not, its silence says nothing.
    pub fn speaks_of(&self, principal: &str) -> bool {
        account_of(principal).is_some_and(|account| self.accounts.contains(account))
    }
}

/// The management events that the logs of a principal's account lack, if what there is tells.
pub fn missing(usage: &Usage, principal: &str) -> Option<Missing> {
    usage.tally.recorded.missing(account_of(principal)?)
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// When the newest event of the logs was, as of now: what a clock that runs wrong dates later is left out.
pub fn newest(wanted: &Wanted<'_>) -> Result<Option<i64>> {
    let places = wanted.logs.iter().map(|text| Place::parse(text)).collect::<Result<Vec<_>>>()?;
    if let Some(once) = places.iter().find_map(Place::read_once) {
        return Err(Error::usage(format!("--holdout would have to read {once} twice"))
            .hint("say --until when the logs end, or give files"));
    }
    let (saved, places) = split(places);
    let progress = Progress::new("finding the newest event", wanted.quiet);
    let latest = clock::now().min(wanted.window.until.unwrap_or(i64::MAX));
    let harvest = pool::read(Plan { digests: false, ..plan(wanted, places) }, &progress, || Newest {
        before: latest,
        newest: None,
    });
    progress.finish();
    let harvest = harvest?;
    let mut newest = harvest.collected;
    let mut look = |usage: &Usage| {
        let times = usage.spans().map(|(_, last)| last.seconds());
        newest = newest.max(times.filter(|time| *time <= latest).max());
    };
    for path in &saved {
        look(&open(path)?.1);
    }
    for (name, bytes) in &harvest.saved {
        look(&load(name, bytes)?);
    }
    Ok(newest)
}

fn shared<'c>(wanted: &Wanted<'_>, catalog: &'c Catalog) -> Shared<'c> {
    let settings = Settings {
        principals: wanted.principals.clone(),
        since: wanted.window.since.map(Timestamp::from_seconds),
        until: wanted.window.until.map(Timestamp::from_seconds),
        // A saved usage is merged by the fingerprints of its events, and so needs its own and those of the logs.
        keep_fingerprints: wanted.save,
        fold_at: wanted.fold_at,
    };
    Shared::new(Planner::new(catalog, Rules::embedded()), settings)
}

fn plan(wanted: &Wanted<'_>, places: Vec<Place>) -> Plan {
    Plan {
        places,
        window: wanted.window,
        threads: threads(wanted.read),
        max_text: wanted.read.max_decompressed,
        aws: wanted.read.aws.clone(),
        digests: wanted.digests,
        known: None,
    }
}

/// How many threads to work with.
pub fn threads(read: &ReadArgs) -> NonZeroUsize {
    read.threads.unwrap_or_else(cores)
}

/// The machine's cores.
pub fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The principal used nothing that is known: tells the calls of it that are not known, or who is there.
pub fn nobody_of(principal: &str, collected: &Collected) -> Error {
    let unmapped = collected.usage.unmapped();
    let mut calls: Vec<&str> =
        unmapped.iter().filter(|row| row.principal == principal).map(|row| row.event.as_str()).collect();
    calls.dedup();
    if calls.is_empty() {
        return nobody(principal, &collected.seen);
    }
    let more = if calls.len() > 5 { ", …" } else { "" };
    calls.truncate(5);
    let calls = output::plain(&calls.join(", "));
    Error::input(format!("what `{principal}` called is not known: {calls}{more}"))
        .hint("newer services become known with `leastwise catalog import`; nothing is taken away until then")
}

/// The principal is not in the logs: tells the nearest that are.
pub fn nobody(wanted: &str, seen: &[String]) -> Error {
    let glob = Glob::new(wanted);
    if seen.iter().any(|name| name == wanted || glob.matches(name)) {
        return Error::input(format!("`{wanted}` used no permission in these logs"))
            .hint("its calls need none, or are nobody's usage: the lines above count them by their reason");
    }
    let error = Error::input(format!("no event of `{wanted}` in these logs"));
    let near = output::nearest(wanted, seen.iter().map(String::as_str), 3);
    match (near.is_empty(), seen.len()) {
        (false, _) => error.hint(format!("the nearest that are there: {}", near.join(", "))),
        (true, 0) => error.hint("there is no event of anybody in this window"),
        (true, n) => error.hint(format!(
            "{} there, such as {}",
            counted(n as u64, "principal is", "principals are"),
            seen[0]
        )),
    }
}
