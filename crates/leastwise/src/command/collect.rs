//! From LOGS arguments to usage: what `usage`, `rightsize` and `verify` have in common.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::Path;

use leastwise_analysis::usage::{Collector, MAGIC, Settings, Shared, Usage};
use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Planner, Rules};
use leastwise_policy::glob::Glob;
use leastwise_policy::time::Timestamp;

use crate::cli::logs::ReadArgs;
use crate::error::{Error, Result};
use crate::input::account::Account;
use crate::input::locate::Place;
use crate::input::pool::{self, Plan};
use crate::input::window::Window;
use crate::output::{self, counted};
use crate::progress::Progress;
use crate::{atomic, clock};

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
    /// Whether the usage will be saved, and so must remember its events.
    pub save: bool,
    /// Whether to keep silent.
    pub quiet: bool,
}

/// What was collected.
pub struct Collected {
    /// Who did what.
    pub usage: Usage,
    /// What was read and what was not.
    pub account: Account,
    /// Every principal that was seen, also those that were not asked for.
    pub seen: Vec<String>,
}

/// Resolves `--since` and `--until` against the clock.
pub fn window(read: &ReadArgs) -> Result<Window> {
    let window = Window::new(read.since, read.until, clock::now());
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
    let (saved, places) = split(places)?;
    let settings = Settings {
        principals: wanted.principals,
        since: wanted.window.since.map(Timestamp::from_seconds),
        until: wanted.window.until.map(Timestamp::from_seconds),
        // A saved usage is merged by the fingerprints of its events, and so needs its own and those of the logs.
        keep_fingerprints: wanted.save,
        ..Settings::default()
    };
    let shared = Shared::new(Planner::new(catalog, Rules::embedded()), settings);
    let mut usage = Usage::default();
    for (name, saved) in &saved {
        fits(name, saved, wanted.window)?;
        shared.remember(saved);
        usage.merge(saved);
    }
    let plan = Plan {
        places,
        window: wanted.window,
        threads: wanted.read.threads.unwrap_or_else(cores),
        max_text: wanted.read.max_decompressed,
        aws: wanted.read.aws.clone(),
    };
    let progress = Progress::new("reading", wanted.quiet);
    let harvest = pool::read(plan, &progress, || Collector::new(&shared));
    progress.finish();
    let harvest = harvest?;
    let mut seen = usage.principals();
    for collector in harvest.collectors {
        seen.extend(collector.principals().map(str::to_owned));
        usage.merge(&collector.finish());
    }
    seen.sort();
    seen.dedup();
    for (name, bytes) in &harvest.saved {
        late(name, bytes, harvest.account.records, wanted.window, &mut usage)?;
    }
    usage.tally.sources.extend(harvest.sources);
    usage.tally.problems += harvest.account.skipped();
    Ok(Collected { usage, account: harvest.account, seen })
}

/// A saved usage and the name of its file.
type Saved = (String, Usage);

fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Usage that was saved is read first, so that logs which hold the same events do not count them again.
fn split(places: Vec<Place>) -> Result<(Vec<Saved>, Vec<Place>)> {
    let (mut saved, mut rest) = (Vec::new(), Vec::new());
    for place in places {
        match place {
            Place::File(path) if is_saved(&path) => {
                let bytes = std::fs::read(&path).map_err(|error| {
                    Error::input(format!("cannot read `{}`", path.display())).because(error)
                })?;
                saved.push((path.display().to_string(), load(&path.display().to_string(), &bytes)?));
            }
            place => rest.push(place),
        }
    }
    Ok((saved, rest))
}

fn is_saved(path: &Path) -> bool {
    // Only a regular file can be looked into without taking something from it.
    let mut start = [0; MAGIC.len()];
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *MAGIC
}

fn load(name: &str, bytes: &[u8]) -> Result<Usage> {
    Usage::load(bytes).map_err(|error| {
        Error::input(format!("cannot read saved usage `{name}`")).because(error).hint("save it again")
    })
}

/// Saved usage that turned up among the logs: there is nothing to fear when there were no logs.
fn late(name: &str, bytes: &[u8], records: u64, window: Window, usage: &mut Usage) -> Result<()> {
    if records > 0 {
        return Err(Error::usage(format!("saved usage `{name}` lies among logs"))
            .hint("name it as an argument of its own, so that no event is counted twice"));
    }
    let saved = load(name, bytes)?;
    fits(name, &saved, window)?;
    usage.merge(&saved);
    Ok(())
}

/// A row of a saved usage stands for many events: it lies in the window as a whole, or nobody can tell.
fn fits(name: &str, saved: &Usage, window: Window) -> Result<()> {
    let rows = saved.rows().into_iter().map(|row| (row.first, row.last));
    let unmapped = saved.unmapped().into_iter().map(|row| (row.first, row.last));
    for (first, last) in rows.chain(unmapped) {
        let before = window.since.is_some_and(|since| first.seconds() < since);
        let behind = window.until.is_some_and(|until| last.seconds() >= until);
        if before || behind {
            return Err(Error::usage(format!("saved usage `{name}` reaches beyond --since or --until"))
                .hint(format!(
                    "it has a row from {first} to {last}, which cannot be split; give the logs instead"
                )));
        }
    }
    Ok(())
}

impl Collected {
    /// What was read and what was not, for people.
    pub fn report(&self, read: &ReadArgs, quiet: bool) -> Result<()> {
        if let Some(path) = &read.skipped {
            let mut text = serde_json::to_vec_pretty(&self.account.skips())
                .map_err(|error| Error::input("cannot print what was skipped").because(error))?;
            text.push(b'\n');
            atomic::write(path, &text)?;
        }
        if !quiet {
            let lines = self.account.lines().into_iter().chain(self.tally_lines());
            output::note(&lines.collect::<Vec<_>>().join("\n"));
        }
        Ok(())
    }

    fn tally_lines(&self) -> Vec<String> {
        let tally = &self.usage.tally;
        let mut lines = Vec::new();
        let mut line = |count: u64, what: &str| {
            if count > 0 {
                lines.push(format!("  {}: {what}", counted(count, "record", "records")));
            }
        };
        line(tally.duplicates, "delivered twice");
        line(tally.outside_window, "outside the window");
        line(tally.other_principals, "of other principals");
        for (reason, count) in &tally.left_out {
            line(*count, &format!("nobody's usage, {reason}"));
        }
        let unmapped = self.usage.unmapped();
        if !unmapped.is_empty() {
            let events: u64 = unmapped.iter().map(|row| row.count).sum();
            let mut names: Vec<&str> = unmapped.iter().map(|row| row.event.as_str()).collect();
            names.sort();
            names.dedup();
            let more = if names.len() > 5 { ", …" } else { "" };
            names.truncate(5);
            lines.push(format!(
                "  {}: calls that the catalogue does not know, {}{more}",
                counted(events, "record", "records"),
                output::plain(&names.join(", "))
            ));
        }
        lines
    }

    /// Says at the end that something was skipped, unless that was allowed.
    pub fn skipped(&self, read: &ReadArgs) -> Result<()> {
        let account = &self.account;
        if account.skipped() == 0 || read.allow_skipped {
            return Ok(());
        }
        let files = counted(account.bad_files, "file", "files");
        let records = counted(account.bad_records, "record", "records");
        Err(Error::input(format!("{files} and {records} could not be read; the result rests on the others"))
            .hint("--allow-skipped takes that for success"))
    }
}

/// The principal is not in the logs: tells the nearest that are.
pub fn nobody(wanted: &str, seen: &[String]) -> Error {
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
