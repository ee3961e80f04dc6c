//! `rightsize --all`: every principal of the snapshot, and an index of what shrank and by how much.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::Path;

use leastwise_analysis::granted::{GrantedPrincipal, Snapshot};
use leastwise_analysis::names::{give_paths, role_without_path};
use leastwise_analysis::proof::{self, Inclusion};
use leastwise_analysis::usage::{Usage, UsageRow, no_policy};
use leastwise_generate::render::Names;
use leastwise_policy::arn::Arn;

use super::earlier::Earlier;
use super::granted::{self, Granted};
use super::one::{self, Case, Outcome, Parts};
use super::setup::Setup;
use super::{Evidence, deliver};
use crate::atomic::Batch;
use crate::command::collect::Collected;
use crate::error::{Error, Result};
use crate::in_order::in_order;
use crate::output::{self, counted, thousands};
use crate::progress::Progress;
use crate::report::{Entry, Index, Kind};

/// Reads once, right-sizes each, writes everything.
pub fn run(setup: &Setup<'_>) -> Result<()> {
    let Granted::Snapshot(snapshot, _) = &setup.granted else {
        return Err(Error::usage("--all needs a snapshot, not policy documents").hint(
            "`leastwise snapshot` fetches one; `aws iam get-account-authorization-details` prints the same",
        ));
    };
    let Some(folder) = &setup.args.out else { return Err(Error::usage("--all needs --out DIR")) };
    let collected = setup.collect()?;
    collected.report(&setup.args.logs.read, setup.quiet)?;
    if let Some(partial) = collected.partial.first() {
        return Err(partial.error());
    }
    if !snapshot.principals().any(|found| collected.speaks_of(&found.arn)) {
        let when = setup.window.words().map_or_else(String::new, |when| format!(" {when}"));
        return Err(Error::input(format!("the logs hold no event of any account of the snapshot{when}")).hint(
            "a principal that no log speaks of is not dormant; give the logs of the same accounts and window",
        ));
    }
    let names: Vec<&str> = snapshot.principals().map(|found| found.arn.as_str()).collect();
    let rows_of = |usage: &Usage| {
        let mut rows = usage.rows();
        give_paths(&mut rows, &names);
        rows
    };
    let rows = rows_of(&collected.usage);
    let parts = collected.parts.as_ref().map(|parts| (rows_of(&parts.older), rows_of(&parts.newer)));
    let case = |found| case(found, &rows, parts.as_ref());
    let cases: Vec<Case<'_>> = snapshot.principals().map(case).collect();
    let outcomes = outcomes(setup, &Evidence::new(setup, &collected, &rows), &cases);
    let mut files =
        Files { setup, collected: &collected, folder, places: Places::new(&cases), batch: Batch::new() };
    let mut entries = Vec::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        entries.push(match outcome {
            Some(outcome) => files.add(case, &outcome)?,
            None => Entry {
                principal: case.principal.to_owned(),
                left_alone: left_alone(&collected, case).unwrap_or_default(),
                ..Entry::default()
            },
        });
    }
    entries.extend(without_policy(&collected, snapshot));
    let mut batch = files.batch;
    let index = Index::new(entries, super::skipped(&collected, None));
    for (name, kind) in [("index.md", Kind::Markdown), ("index.json", Kind::Json)] {
        batch.add(&folder.join(name), index.render(kind).as_bytes())?;
    }
    batch.add(&folder.join(proof::INPUTS), &proof::inputs_file(&collected.usage.tally.sources))?;
    if let Some((path, kind)) = &setup.report {
        batch.add(path, index.render(*kind).as_bytes())?;
    }
    let earlier = Earlier::of_all(folder);
    batch.commit()?;
    if !setup.quiet {
        tell(&index);
        let files = index.principals.iter().flat_map(|entry| &entry.files).map(String::as_str);
        let left = earlier.told(folder, files);
        left.iter().for_each(|line| output::note(&format!("note: {line}")));
    }
    output::result(format!("{}\n", folder.join("index.md").display()).as_bytes())?;
    verdict(&index)?;
    not_known(setup, &cases)?;
    collected.skipped(&setup.args.logs.read)
}

fn case<'a>(
    found: &'a GrantedPrincipal,
    rows: &'a [UsageRow],
    parts: Option<&'a (Vec<UsageRow>, Vec<UsageRow>)>,
) -> Case<'a> {
    Case {
        principal: &found.arn,
        rows: of(rows, &found.arn),
        holdout: parts
            .map(|(older, newer)| Parts { older: of(older, &found.arn), newer: of(newer, &found.arn) }),
        policies: Some(&found.policies),
        found: Some(found),
    }
}

/// Why a principal is not right-sized, if so: AWS makes and keeps the policies of service-linked roles, the silence of
/// logs without any event of its account says nothing, who called is not dormant though nothing is known to have been needed,
/// and what is granted must be known.
fn left_alone(collected: &Collected, case: &Case<'_>) -> Option<String> {
    let found = case.found?;
    if found.service_linked {
        return Some("service-linked role".to_owned());
    }
    if !collected.speaks_of(case.principal) {
        return Some("the logs hold no event of its account".to_owned());
    }
    let was_seen = |name: &str| collected.seen.binary_search_by(|seen| seen.as_str().cmp(name)).is_ok();
    let bare = role_without_path(case.principal);
    if case.rows.is_empty() && (was_seen(case.principal) || bare.as_deref().is_some_and(was_seen)) {
        return Some("its calls need no permission that is known".to_owned());
    }
    granted::incomplete(found)
}

/// Whom the logs show and no identity policy is there for. An account that the snapshot does not hold is not asked about.
fn without_policy(collected: &Collected, snapshot: &Snapshot) -> impl Iterator<Item = Entry> {
    let accounts: BTreeSet<&str> = snapshot.principals().map(GrantedPrincipal::account).collect();
    let is_asked = move |principal: &str| {
        let account = account(principal);
        account.is_empty() || accounts.contains(account.as_str())
    };
    let seen = collected.seen.iter().filter(|seen| snapshot.principal(seen).is_none());
    let without = seen.filter_map(|seen| Some((seen, no_policy(seen)?)));
    without.filter(move |(seen, _)| is_asked(seen)).map(|(seen, why)| Entry {
        principal: seen.clone(),
        left_alone: why.is.to_owned(),
        ..Entry::default()
    })
}

/// Right-sizes each that is not left alone.
fn outcomes(setup: &Setup<'_>, evidence: &Evidence<'_>, cases: &[Case<'_>]) -> Vec<Option<Outcome>> {
    let progress = Progress::new("right-sizing", setup.quiet);
    let mut outcomes = Vec::with_capacity(cases.len());
    let make = |case: &Case<'_>, done: &mut dyn FnMut(Option<Outcome>) -> bool| {
        let left_alone = left_alone(evidence.collected, case).is_some();
        done((!left_alone).then(|| one::outcome(setup, evidence, case)));
        Ok(())
    };
    // All of them are kept, so nobody need wait for one that takes long.
    let Ok(()) = in_order(setup.threads(), cases.len(), cases.iter(), make, |outcome| {
        outcomes.push(outcome);
        Ok::<_, Infallible>(())
    });
    progress.finish();
    outcomes
}

/// The files of all principals, not in their places yet.
struct Files<'a> {
    setup: &'a Setup<'a>,
    collected: &'a Collected,
    folder: &'a Path,
    places: Places,
    batch: Batch,
}

impl Files<'_> {
    /// Adds the files of one principal; returns its line of the index.
    fn add(&mut self, case: &Case<'_>, outcome: &Outcome) -> Result<Entry> {
        let mut entry = outcome.entry(case);
        let target = deliver::target(case.principal, case.found);
        let place = self.places.of(case.principal);
        let stem = place.stems.file_stem(&target);
        let (documents, comments) = (&outcome.rightsized.documents, outcome.comments(self.setup, case));
        let delivery = deliver::files(&mut place.names, self.setup.args, target, documents, comments)?;
        let documents = delivery.files.into_iter().chain(delivery.proved);
        let mut files: Vec<(String, String)> = documents.map(|file| (file.name, file.text)).collect();
        files.push((format!("{stem}.proof.json"), outcome.proof.to_json()));
        let report = outcome.report(self.setup, self.collected, case);
        files.push((format!("{stem}.report.md"), report.render(Kind::Markdown)));
        for (name, text) in files {
            let name = format!("{}{name}", place.folder);
            self.batch.add(&self.folder.join(&name), text.as_bytes())?;
            entry.files.push(name);
        }
        Ok(entry)
    }
}

fn verdict(index: &Index) -> Result<()> {
    let of = |is_meant: fn(&Entry) -> bool| {
        let meant = index.principals.iter().filter(|entry| is_meant(entry));
        let names: Vec<&str> = meant.map(|entry| entry.principal.as_str()).collect();
        let count = counted(names.len() as u64, "principal", "principals");
        (!names.is_empty()).then(|| format!("{count}: {}", names.join(", ")))
    };
    if let Some(wider) = of(|entry| entry.within == Some(Inclusion::DoesNotHold)) {
        return Err(Error::findings(format!("the policy is wider than what was granted for {wider}"))
            .hint("right-sizing must never do that: do not apply these, and please report it"));
    }
    if let Some(broken) = of(|entry| entry.proof_holds == Some(false)) {
        return Err(Error::findings(format!("the proof does not hold for {broken}"))
            .hint("their reports say which calls would newly be denied"));
    }
    match of(|entry| entry.fits == Some(false)) {
        None => Ok(()),
        Some(long) => Err(Error::findings(format!("the policy does not fit its quota for {long}"))
            .hint("generalise further with --width; their reports say how much there is too much")),
    }
}

/// Whether what each is granted was known.
fn not_known(setup: &Setup<'_>, cases: &[Case<'_>]) -> Result<()> {
    let unknown =
        cases.iter().filter(|case| case.found.is_some_and(|found| granted::incomplete(found).is_some()));
    let names: Vec<&str> = unknown.map(|case| case.principal).collect();
    if names.is_empty() || setup.args.logs.read.allow_skipped {
        return Ok(());
    }
    let count = counted(names.len() as u64, "principal is", "principals are");
    let message = format!("{count} left alone, as not all that is granted is known: {}", names.join(", "));
    Err(Error::input(output::plain(&message))
        .hint(format!("{}; --allow-skipped takes that for success", granted::WAY_OUT)))
}

/// Where the files of an account go: into a folder of its own when there are several accounts.
struct Places {
    several: bool,
    accounts: BTreeMap<String, Place>,
}

/// One folder, and the names that are taken in it.
#[derive(Default)]
struct Place {
    folder: String,
    names: Names,
    /// The same again, so that policies and their evidence get the same names.
    stems: Names,
}

impl Places {
    fn new(cases: &[Case<'_>]) -> Self {
        let accounts: BTreeSet<String> = cases.iter().map(|case| account(case.principal)).collect();
        Places { several: accounts.len() > 1, accounts: BTreeMap::new() }
    }

    fn of(&mut self, principal: &str) -> &mut Place {
        let account = account(principal);
        let folder = match self.several {
            // An account is twelve digits in AWS's own snapshots; whatever else it is must not name a path.
            true => format!("{}/", account.chars().filter(char::is_ascii_alphanumeric).collect::<String>()),
            false => String::new(),
        };
        self.accounts.entry(account).or_insert_with(|| Place { folder, ..Place::default() })
    }
}

fn account(principal: &str) -> String {
    Arn::parse(principal).map(|arn| arn.account().to_owned()).unwrap_or_default()
}

/// The rows of one principal; rows are sorted by principal.
fn of<'r>(rows: &'r [UsageRow], principal: &str) -> &'r [UsageRow] {
    let from = rows.partition_point(|row| row.principal.as_str() < principal);
    let len = rows[from..].partition_point(|row| row.principal == principal);
    &rows[from..from + len]
}

/// What shrank most, on stderr.
fn tell(index: &Index) {
    const SHOWN: usize = 10;
    let mut lines = vec![format!(
        "{}: granted {} actions → kept {}",
        counted(index.sized().count() as u64, "principal", "principals"),
        thousands(index.granted_actions),
        thousands(index.kept_actions)
    )];
    for entry in index.principals.iter().take(SHOWN) {
        let granted = entry.granted_actions.map_or("?".to_owned(), thousands);
        let state = match (entry.left_alone.as_str(), entry.dormant, entry.proof_holds) {
            ("", true, _) => "dormant",
            ("", false, Some(false)) => "THE PROOF DOES NOT HOLD",
            ("", false, _) => "the proof holds",
            (why, ..) => {
                lines.push(output::plain(&format!("  {}: left alone, {why}", entry.principal)));
                continue;
            }
        };
        let kept = thousands(entry.kept_actions);
        let measured = entry.false_deny_rate.map(|rate| format!(", holdout denied {:.2} %", rate * 100.0));
        let measured = measured.unwrap_or_default();
        let open = open(entry);
        let long = if entry.fits == Some(false) { ", DOES NOT FIT ITS QUOTA" } else { "" };
        lines.push(output::plain(&format!(
            "  {}: {granted} → {kept}, {state}{open}{long}{measured}",
            entry.principal
        )));
    }
    if index.principals.len() > SHOWN {
        lines.push(format!("  and {} more in index.md", index.principals.len() - SHOWN));
    }
    if index.sized().next().is_some() {
        lines.push(
            "nothing is cut before the old policies go: each report says which (What to take away)"
                .to_owned(),
        );
    }
    lines.extend(fewer(index));
    lines.extend(contradicted(index));
    output::note(&lines.join("\n"));
}

/// That common prefixes would do with fewer documents, in one line.
fn fewer(index: &Index) -> Option<String> {
    let of = || index.sized().filter_map(|entry| Some((entry.documents, entry.fewer?)));
    let (now, then) = of().fold((0, 0), |sum, (now, then)| (sum.0 + now, sum.1 + then));
    (now > 0).then(|| {
        let principals = counted(of().count() as u64, "principal", "principals");
        let documents = counted(now, "document", "documents");
        format!("help: --width prefix makes {} of {documents} of {principals}", thousands(then))
    })
}

/// The events that the proof says nothing of.
fn open(entry: &Entry) -> String {
    match entry.undecided + entry.not_granted {
        0 => String::new(),
        some => format!(" (of {} it says nothing)", counted(some, "event", "events")),
    }
}

/// How many events are not decided, and for whom, in one line.
fn contradicted(index: &Index) -> Option<String> {
    let of = || index.sized().filter(|entry| entry.undecided > 0);
    let events: u64 = of().map(|entry| entry.undecided).sum();
    (events > 0).then(|| {
        let events = counted(events, "authorised event", "authorised events");
        let principals = counted(of().count() as u64, "principal", "principals");
        format!(
            "{events} of {principals} cannot be decided from the log; what was granted for their actions is kept"
        )
    })
}
