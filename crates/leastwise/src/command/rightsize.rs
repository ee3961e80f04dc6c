//! `leastwise rightsize`: from logs to the smallest policy that still allows what was used, with its proof.
//!
//! ```text
//! logs ─► usage ─► rightsize ─► replay ─► proof
//!                      └──────► render ─► files or stdout
//! ```

mod all;
mod deliver;
mod earlier;
mod granted;
mod keep;
mod named;
mod one;
mod power;
mod prove;
mod setup;
mod summary;
mod whose;

use leastwise_analysis::names::{self, Changes};
use leastwise_analysis::rightsize::Touched;
use leastwise_analysis::usage::{Unmapped, Usage, UsageRow};
use leastwise_catalog::Catalog;
use leastwise_generate::render::Names;

use super::collect::{self, Collected};
use crate::atomic::Batch;
use crate::cli::rightsize::RightsizeArgs;
use crate::error::{Error, Result};
use crate::output::{self, plain};
use deliver::Delivery;
use earlier::Earlier;
pub use granted::{Granted, WAY_OUT, incomplete};
use setup::Setup;

/// One principal, or all of them.
pub fn run(args: &RightsizeArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    let setup = Setup::new(args, catalog, quiet)?;
    match (&args.principal, args.all) {
        (Some(principal), _) => run_one(&setup, principal),
        (None, true) => all::run(&setup),
        (None, false) => {
            Err(Error::usage("whose policy?").hint("give --principal ARN|GLOB, or --all with --out DIR"))
        }
    }
}

fn run_one(setup: &Setup<'_>, asked: &str) -> Result<()> {
    // Whether the snapshot knows the principal is told before the logs are read, which can take long.
    let named = setup.granted.only(asked)?;
    if !whose::is_pattern(named) {
        whose::has_policy(named)?;
    }
    let (policies, found) = setup.granted.of(named)?;
    if let Some(why) = found.and_then(granted::incomplete) {
        return Err(Error::input(format!("`{named}` cannot be right-sized"))
            .because(plain(&why))
            .hint(granted::WAY_OUT));
    }
    let collected = setup.collect()?;
    collected.report(&setup.args.logs.read, setup.quiet)?;
    let principal = whose::of_logs(asked, named, &collected.seen)?;
    whose::has_policy(principal)?;
    let of = |usage: &Usage| names::rows_of(usage, principal);
    let rows = of(&collected.usage);
    let holds = |partial: &&collect::Partial| partial.principals.iter().any(|name| name == principal);
    if let Some(partial) = collected.partial.iter().find(|partial| !holds(partial)) {
        return Err(partial.error());
    }
    if rows.is_empty() {
        let nobody = collect::nobody_of(principal, &collected);
        return Err(match found {
            _ if collected.seen.iter().any(|seen| seen == principal) => nobody,
            Some(_) if !collected.speaks_of(principal) => {
                let when = setup.window.words().unwrap_or_else(|| "at all".to_owned());
                nobody.hint(format!("the logs hold no event of its account {when}, so they say nothing of it"))
            }
            Some(_) if collect::missing(&collected.usage, principal).is_some() => nobody.hint(
                "it is in the snapshot; these logs hold only some kinds of events of its account, so it is not dormant for sure",
            ),
            Some(_) => {
                nobody.hint("it is in the snapshot, so it is dormant: disable it first, remove it later")
            }
            None => nobody,
        });
    }
    let parts = collected.parts.as_ref().map(|parts| (of(&parts.older), of(&parts.newer)));
    let holdout = parts.as_ref().map(|(older, newer)| one::Parts { older, newer });
    let case = one::Case { principal, rows: &rows, holdout, policies, found };
    let mut outcome = one::outcome(setup, &Evidence::new(setup, &collected, &collected.usage.rows()), &case);
    // What matters most of what is told comes first.
    let power = power::note(setup, principal, &outcome.rightsized.documents);
    outcome.rightsized.notes.splice(..0, power);
    if !setup.quiet {
        output::note(&outcome.summary(setup, &case).join("\n"));
    }
    write(setup, &collected, &case, &outcome)?;
    outcome.verdict(principal)?;
    collected.skipped(&setup.args.logs.read)
}

/// Writes the policy, the proof and the report, all of them or none.
fn write(
    setup: &Setup<'_>,
    collected: &Collected,
    case: &one::Case<'_>,
    outcome: &one::Outcome,
) -> Result<()> {
    let args = setup.args;
    let documents = outcome.rightsized.documents.as_slice();
    let target = deliver::target(case.principal, case.found);
    let comments = outcome.comments(setup, case);
    let delivery = deliver::files(&mut Names::default(), args, target, documents, comments)?;
    tell(setup, &delivery, documents.len());
    let mut batch = Batch::new();
    for (folder, files) in [(args.out.as_deref(), &delivery.files), (deliver::folder(args), &delivery.proved)]
    {
        let Some(folder) = folder else { continue };
        for file in files {
            batch.add(&folder.join(&file.name), file.text.as_bytes())?;
        }
    }
    if let Some(path) = &args.proof {
        batch.add(path, outcome.proof.to_json().as_bytes())?;
    }
    if let Some((path, kind)) = &setup.report {
        batch.add(path, outcome.report(setup, collected, case).render(*kind).as_bytes())?;
    }
    let names = || delivery.files.iter().map(|file| file.name.as_str());
    let earlier = args.out.as_ref().map(|folder| (folder, Earlier::of_one(folder, names())));
    batch.commit()?;
    if let Some((folder, earlier)) = earlier
        && !setup.quiet
        && let Some(line) = earlier.told(folder, names())
    {
        output::note(&format!("  note: {line}"));
    }
    if args.out.is_none() {
        output::result(deliver::text(args, &delivery.files, documents.len()).as_bytes())?;
    }
    Ok(())
}

/// What is to be known of the files, on stderr.
fn tell(setup: &Setup<'_>, delivery: &Delivery, documents: usize) {
    if setup.quiet {
        return;
    }
    let notes = delivery.files.iter().flat_map(|file| file.notes.iter().map(|note| format!("note: {note}")));
    for line in notes.chain(deliver::check(setup.args, delivery, documents)) {
        output::note(&plain(&format!("  {line}")));
    }
}

/// What all principals of a run have in common.
pub struct Evidence<'a> {
    collected: &'a Collected,
    /// On what data events were.
    touched: Touched,
    /// The same in the older part, when a newer one is held out.
    older_touched: Touched,
    unmapped: Vec<Unmapped>,
    /// When instance profiles were changed.
    changes: Changes,
}

impl<'a> Evidence<'a> {
    fn new(setup: &Setup<'_>, collected: &'a Collected, rows: &[UsageRow]) -> Self {
        let (unmapped, changes) = (
            collected.usage.unmapped(),
            Changes::of(rows).without_others(collected.usage.tally.other_principals),
        );
        let touched =
            |usage: &Usage, rows: &[UsageRow]| Touched::of(rows, &usage.tally.recorded, setup.catalog);
        let older = collected.parts.as_ref().map(|parts| touched(&parts.older, &parts.older.rows()));
        let (touched, older_touched) = (touched(&collected.usage, rows), older.unwrap_or_default());
        Evidence { collected, touched, older_touched, unmapped, changes }
    }
}

/// What was skipped, as reports say it: in all, or as far as it matters for one principal.
fn skipped(collected: &Collected, principal: Option<&str>) -> Vec<crate::report::Skipped> {
    let skip = |skip: &crate::input::account::Skip| crate::report::Skipped {
        place: match skip.record {
            Some(record) => format!("{}, record {record}", skip.file),
            None => skip.file.clone(),
        },
        reason: skip.reason.clone(),
        records: u64::from(skip.record.is_some()),
        incomplete: skip.incomplete,
    };
    let unseen = collected.unseen(principal).into_iter().map(|(place, reason)| crate::report::Skipped {
        place: place.to_owned(),
        reason,
        records: 0,
        incomplete: true,
    });
    collected.account.skips().iter().map(skip).chain(unseen).collect()
}
