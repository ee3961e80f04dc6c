//! `leastwise check`: finds what is wrong, over-wide or dangerous in what lies in a repository or an account, says it in
//! the form of the tool that asks, and passes or fails.

mod against;
mod baseline;
mod cedar;
mod fingerprint;
mod gather;
mod github;
mod inline;
mod json;
mod junit;
mod markdown;
mod outcome;
mod roles;
mod sarif;
mod select;
mod settings;
mod suppress;
mod table;
pub mod words;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use leastwise_analysis::check::{Estate, Facts, Finding, Grounding, Own, Severity};
use leastwise_analysis::granted::GrantedPrincipal;
use leastwise_catalog::Catalog;
use leastwise_policy::time::{Date, Timestamp};

use crate::atomic;
use crate::cli::check::{CheckArgs, CheckOutput, FailOn};
use crate::clock;
use crate::command::simulate::documents::Documents;
use crate::command::simulate::organization::{Organization, Type};
use crate::error::{Error, Result};
use crate::output::{self, counted};
use crate::progress::Progress;
use against::{Before, Compared};
use gather::Gathered;
use outcome::{Judged, Outcome};
use select::Selection;
pub use settings::{Settings, take as take_settings};
use table::Layout;

/// Checks, prints, and says by the exit code how it went.
pub fn run(args: &CheckArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    let selection = Selection::parse(&args.gate.only, &args.gate.skip)?;
    let known = args.gate.baseline.as_deref().map(baseline::read).transpose()?;
    let progress = Progress::new("reading", quiet);
    let gathered = gather::gather(&args.paths, &args.snapshot, &progress)?;
    let state = args.gate.new_access_against.as_deref();
    let before = state.map(|state| against::read_state(args, state, &gathered, &progress)).transpose()?;
    progress.say("checking");
    let estate = governed(args, roles::estate(&gathered.files, catalog), quiet)?;
    let (mut outcome, compared) = look(args, catalog, &gathered, &estate, before.as_ref(), &selection)?;
    progress.finish();
    let grounding = Grounding::of(&estate);
    let edition = catalog.version().digest.to_string();
    if let Some(mut known) = known {
        if known.is_of_first_form() && !quiet {
            output::note(
                "the baseline is of an older form and does not say whether what it lists got worse; \
                 --write-baseline writes it anew",
            );
        }
        known.entries.retain(|entry| selection.takes(&entry.code));
        outcome.stale = known.apply(&mut outcome.judged, &grounding, &edition);
        outcome.has_baseline = true;
    }
    if let Some(before) = &before {
        loosen(before, args, &gathered, &selection, &mut outcome);
    }
    if let Some(compared) = compared {
        compared.leave_out(&mut outcome, args.gate.all);
    }
    outcome.tell_worse();
    if !quiet {
        aside(&gathered, &outcome);
    }
    print(args, &outcome)?;
    let verdict = match &args.gate.write_baseline {
        Some(path) => write_baseline(path, &outcome, &grounding, quiet),
        None => verdict(&outcome),
    };
    // Nothing is done after this but to end: freeing what was read piece by piece would only take time.
    std::mem::forget((grounding, gathered, outcome));
    std::mem::forget(estate);
    verdict
}

/// Reads and checks what was gathered.
fn look<'c>(
    args: &CheckArgs,
    catalog: &'c Catalog,
    gathered: &Gathered,
    estate: &Estate,
    before: Option<&Before>,
    selection: &Selection,
) -> Result<(Outcome<'c>, Option<Compared>)> {
    let mut findings = roles::checked(estate, &gathered.files, &facts(args, catalog));
    findings.extend(gathered.unreadable.iter().cloned());
    findings.sort();
    let compared = before.map(|before| before.compare(estate, args, catalog, &findings)).transpose()?;
    if let Some(compared) = &compared {
        findings.extend(compared.new_access.iter().cloned());
        findings.sort();
    }
    findings.retain(|finding| selection.keeps(finding));
    let mut judged = Judged::all(findings);
    let about_suppressions = suppress(args, &mut judged, gathered, selection);
    judged.extend(Judged::all(about_suppressions));
    judged.sort_by(|one, other| one.finding.cmp(&other.finding));
    let left_alone: HashSet<&str> = estate.left_alone.iter().map(|file| &**file).collect();
    let beside: HashSet<&str> = estate.beside.iter().map(|file| &**file).collect();
    let is_read = |name: &str| !left_alone.contains(name) && !beside.contains(name);
    let files = gathered.files.iter().filter(|file| is_read(&file.name));
    let outcome = Outcome {
        judged,
        files: files.map(|file| file.name.clone()).collect(),
        left_alone: left_alone.len() + gathered.other,
        documents: estate.documents.len(),
        principals: estate.snapshot.principals().count(),
        stale: Vec::new(),
        has_baseline: false,
        against: None,
        fail_on: severity(args.gate.fail_on),
        allow_unreadable: args.gate.allow_unreadable,
        catalog,
    };
    Ok((outcome, compared))
}

/// The state under the service control policies that are given. An account that they do not reach is told: nothing is
/// taken to limit it.
fn governed(args: &CheckArgs, mut estate: Estate, quiet: bool) -> Result<Estate> {
    let manages = args.management_account.as_deref();
    let mut documents = Documents::default();
    let Some(organization) = Organization::read(Type::Service, &args.scp, manages, &mut documents)? else {
        return Ok(estate);
    };
    let accounts: BTreeSet<&str> = estate.snapshot.principals().map(GrantedPrincipal::account).collect();
    let mut paths = HashMap::new();
    for account in accounts {
        match organization.path_to(account) {
            Ok(path) => {
                paths.insert(account.to_owned(), path);
                let place = organization.place_of(account);
                estate.places.extend(place.map(|place| (account.to_owned(), place)));
            }
            Err(error) if !quiet => {
                let why = format!("{error}; nothing is taken to limit its principals");
                output::note(&output::plain(&why));
            }
            Err(_) => {}
        }
    }
    estate.govern(&|account| paths.get(account).cloned());
    Ok(estate)
}

/// What rules may ask: the catalogue, who is an agent, what is the user's own, and what time it is.
fn facts<'c>(args: &CheckArgs, catalog: &'c Catalog) -> Facts<'c> {
    let now = Timestamp::from_seconds(clock::now());
    // The command line has refused what is no id.
    let own = Own::new(&args.own_account, &args.own_organization).unwrap_or_default();
    Facts::new(catalog).with_marks(args.settings.marks.clone()).with_own(own).at(now)
}

fn suppress(
    args: &CheckArgs,
    judged: &mut [Judged],
    gathered: &Gathered,
    selection: &Selection,
) -> Vec<Finding> {
    let today = Date::from_days(clock::now().div_euclid(86_400));
    let directives = inline::directives(&gathered.files);
    let mut said = inline::apply(judged, &directives, selection, today);
    let Settings { file, suppress, .. } = &args.settings;
    said.extend(suppress::apply(judged, suppress, file, &gathered.looked, selection, today));
    said.retain(|finding| selection.keeps(finding));
    said.sort();
    said
}

/// Tells what the change takes away from the gate, and judges it by what was there before.
fn loosen(
    before: &Before,
    args: &CheckArgs,
    gathered: &Gathered,
    selection: &Selection,
    outcome: &mut Outcome<'_>,
) {
    let today = Date::from_days(clock::now().div_euclid(86_400));
    let loosened = against::loosened(before, args, gathered, &outcome.judged, selection, today);
    if let Some(was) = loosened.fail_on {
        outcome.fail_on = severity(was);
    }
    outcome.allow_unreadable &= !loosened.refuses_unreadable;
    outcome.judged.extend(Judged::all(loosened.findings));
    outcome.judged.sort_by(|one, other| one.finding.cmp(&other.finding));
}

/// The result, to where it was asked for.
fn print(args: &CheckArgs, outcome: &Outcome<'_>) -> Result<()> {
    let mut files = atomic::Batch::new();
    for (format, path) in &args.print.also {
        files.add(path, render(*format, outcome, Layout::default()).as_bytes())?;
    }
    if let Some(path) = &args.print.out {
        files.add(path, render(args.print.output, outcome, Layout::default()).as_bytes())?;
    }
    files.commit()?;
    match (&args.print.out, args.print.output) {
        (Some(_), _) => Ok(()),
        (None, CheckOutput::Json) => output::result_from(|out| json::write(outcome, out)),
        (None, other) => output::result(render(other, outcome, Layout::of_stdout()).as_bytes()),
    }
}

fn render(format: CheckOutput, outcome: &Outcome<'_>, layout: Layout) -> String {
    match format {
        CheckOutput::Table => table::text(outcome, layout),
        CheckOutput::Json => json::text(outcome),
        CheckOutput::Sarif => sarif::text(outcome),
        CheckOutput::Markdown => markdown::text(outcome),
        CheckOutput::Junit => junit::text(outcome),
        CheckOutput::Github => github::text(outcome),
    }
}

/// What is worth knowing beside the result.
fn aside(gathered: &Gathered, outcome: &Outcome<'_>) {
    for line in gathered.left_alone() {
        output::note(&line);
    }
    if outcome.left_alone > 0 {
        let files = counted(outcome.left_alone as u64, "file", "files");
        output::note(&format!("left alone: {files} of no format that is checked"));
    }
    if outcome.files.is_empty() {
        output::note("nothing was checked: no file is of a format that is known");
    }
}

fn write_baseline(path: &Path, outcome: &Outcome<'_>, grounding: &Grounding<'_>, quiet: bool) -> Result<()> {
    let edition = outcome.catalog.version().digest.to_string();
    let count = baseline::write(path, &outcome.judged, grounding, &edition)?;
    if !quiet {
        let findings = counted(count as u64, "finding", "findings");
        output::note(&format!("wrote {findings} to `{}`", path.display()));
    }
    match outcome.exit_code() {
        3 => verdict(outcome),
        _ => Ok(()),
    }
}

fn verdict(outcome: &Outcome<'_>) -> Result<()> {
    let failing = outcome.judged.iter().filter(|one| outcome.fails(one)).count() as u64;
    match outcome.exit_code() {
        0 => Ok(()),
        3 => {
            let unread = outcome.unreadable() as u64;
            let error = Error::input(format!(
                "{} could not be read, and nothing is known of what is in there",
                counted(unread, "place", "places")
            ));
            Err(error.hint("put it right, leave it out, or say --allow-unreadable"))
        }
        _ => {
            let least = outcome.fail_on.map_or("", Severity::as_str);
            let findings = counted(failing, "finding", "findings");
            let worse = if least == "critical" { "" } else { " or worse" };
            Err(Error::findings(format!("{findings} of severity {least}{worse}")))
        }
    }
}

const fn severity(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Info => Some(Severity::Info),
        FailOn::Low => Some(Severity::Low),
        FailOn::Medium => Some(Severity::Medium),
        FailOn::High => Some(Severity::High),
        FailOn::Critical => Some(Severity::Critical),
        FailOn::Never => None,
    }
}

#[cfg(test)]
pub mod tests;
