//! What a run says of the logs that it read.

use std::collections::BTreeMap;

use leastwise_analysis::usage::{DATA_ALONE, Missing, READS_ALONE, WRITES_ALONE};

use super::{Collected, account_of};
use crate::atomic;
use crate::cli::logs::ReadArgs;
use crate::error::{Error, Result};
use crate::output::{self, counted, thousands};

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
            let mut lines = self.account.lines();
            if self.account.records == 0 && self.usage.tally.saved > 0 {
                lines[0] = self.merged();
            }
            let lines = lines.into_iter().chain(self.tally_lines());
            output::note(&lines.collect::<Vec<_>>().join("\n"));
        }
        Ok(())
    }

    /// The line of figures when there were no logs, but what was saved of them.
    fn merged(&self) -> String {
        let tally = &self.usage.tally;
        format!(
            "put together {} of {}, {}",
            counted(tally.saved, "saved usage", "saved usages"),
            counted(tally.sources.len() as u64, "file", "files"),
            counted(tally.records, "record", "records")
        )
    }

    /// What the logs can have left out by how they were made: the place, and why. Of all accounts, or of that of one
    /// principal.
    pub fn unseen(&self, principal: Option<&str>) -> Vec<(&'static str, String)> {
        let ways = &self.usage.tally.ways;
        let mut unseen = Vec::new();
        if ways.queries > 0 {
            let answers = counted(ways.queries, "answer of a query", "answers of queries");
            let why = "what was not asked for was never read, and may be what is called unused or dormant";
            unseen.push(("queries", format!("{answers}: {why}")));
        }
        if ways.bridged > 0 && ways.bridged_reads == 0 {
            let records = counted(ways.bridged, "record", "records");
            let why = "came by EventBridge and none is of a read-only call: its rules leave Describe…, Get… and List… out \
                unless their state is ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, and what is called unused may be used";
            unseen.push(("EventBridge", format!("{records} {why}")));
        }
        unseen.extend(self.one_sided(principal));
        unseen.extend(self.one_region(principal));
        unseen
    }

    /// The accounts whose logs are of one Region.
    fn one_region(&self, principal: Option<&str>) -> Vec<(&'static str, String)> {
        // A few records are of one Region by chance.
        const FEW: u64 = 1_000;
        let own = principal.map(|principal| account_of(principal).unwrap_or_default());
        let mut accounts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (account, region) in self.usage.tally.recorded.one_region() {
            if self.usage.tally.records >= FEW && own.is_none_or(|own| own == account) {
                accounts.entry(region).or_default().push(account);
            }
        }
        let told = |(region, accounts): (&str, Vec<String>)| {
            let text = format!(
                "of {} there are management events of {region} alone: a trail can be set to record one Region. What is called \
                 unused may be used in others",
                in_short(&accounts)
            );
            ("the logs", output::plain(&text))
        };
        accounts.into_iter().map(told).collect()
    }

    /// Which management events the logs of accounts lack.
    fn one_sided(&self, principal: Option<&str>) -> Vec<(&'static str, String)> {
        let own = principal.map(|principal| account_of(principal).unwrap_or_default());
        let mut accounts: BTreeMap<Missing, Vec<String>> = BTreeMap::new();
        for (account, missing) in self.usage.tally.recorded.one_sided() {
            if own.is_none_or(|own| own == account) {
                accounts.entry(missing).or_default().push(account);
            }
        }
        accounts.into_iter().map(|(missing, accounts)| ("the logs", told(missing, &accounts))).collect()
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
        let when = if self.account.records == 0 && tally.saved > 0 {
            "outside the window that usage was saved with"
        } else {
            "outside the window"
        };
        line(tally.outside_window, when);
        line(tally.other_principals, "of other principals");
        for (reason, count) in &tally.left_out {
            line(*count, &format!("nobody's usage, {reason}"));
        }
        lines.extend(self.unseen(None).into_iter().map(|(_, why)| format!("mind: {why}")));
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
        let before = self.usage.tally.problems.saturating_sub(account.skipped());
        let skipped = match (account.skipped(), before) {
            (0, 0) => return Ok(()),
            (0, _) => format!("{} when the usage was saved", in_words(before)),
            (_, 0) => account.skipped_in_words(),
            _ => format!("{}, and {} when the usage was saved", account.skipped_in_words(), in_words(before)),
        };
        match read.allow_skipped {
            true => Ok(()),
            false if account.records == 0 && self.usage.tally.saved == 0 => {
                Err(Error::input(format!("{skipped}, and there was nothing else")))
            }
            false => Err(Error::input(format!("{skipped}; the result rests on what was read"))
                .hint(match account.incomplete {
                    0 => "--allow-skipped takes that for success",
                    _ => "fetch what is missing (docs/logs.md says how); --allow-skipped takes it for success as it is",
                })),
        }
    }
}

/// That the logs of some accounts lack management events of one kind, or all, and what comes of it.
fn told(missing: Missing, accounts: &[String]) -> String {
    let (least, kind, lack, unknown) = match missing {
        Missing::Reads => (WRITES_ALONE, "write", "none that only reads", "read, or may"),
        Missing::Writes => (READS_ALONE, "read-only", "none that writes", "write, or may"),
        Missing::Management => (DATA_ALONE, "data", "no management event", "are management events"),
    };
    let least = thousands(least as u64);
    format!(
        "of {} there are {least} {kind} events or more and {lack}: a trail can be set to record {kind} events alone. \
         Actions whose calls {unknown}, are unknown and not unused, and who is called dormant may not be",
        in_short(accounts)
    )
}

fn in_short(accounts: &[String]) -> String {
    const SHOWN: usize = 3;
    match accounts {
        [one] => format!("account {one}"),
        several => {
            let named = several.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if several.len() > SHOWN { ", …" } else { "" };
            format!("each of {} ({named}{more})", counted(several.len() as u64, "account", "accounts"))
        }
    }
}

fn in_words(problems: u64) -> String {
    let what = counted(problems, "file, record or answer", "files, records and answers");
    format!("{what} could not be read in full")
}
