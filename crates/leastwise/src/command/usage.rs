//! `leastwise usage`: who used which permissions, on what.

mod rows;

use leastwise_analysis::usage::FOLD_AT;
use leastwise_catalog::Catalog;
use leastwise_policy::glob::Glob;

use super::collect::{self, Wanted, collect};
use crate::cli::usage::{Output, UsageArgs};
use crate::error::{Error, Result};
use crate::{atomic, output};

/// Reads, prints, saves.
pub fn run(args: &UsageArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    if args.output == Output::None && args.save.is_none() {
        return Err(Error::usage("--output none prints nothing, and nothing is saved either")
            .hint("say where with --save FILE, or choose --output table, json or csv"));
    }
    let read = &args.logs.read;
    let principals = args.principal.iter().map(|text| Glob::new(text)).collect();
    let wanted = Wanted {
        logs: &args.logs.logs,
        read,
        principals,
        window: collect::window(&args.logs.window)?,
        split: None,
        fold_at: FOLD_AT,
        save: args.save.is_some(),
        digests: args.save.is_some(),
        inputs: None,
        quiet,
    };
    let window = wanted.window;
    let collected = collect(wanted, catalog)?;
    collected.report(read, quiet)?;
    if let Some(window) = window.words()
        && collected.seen.is_empty()
        && !quiet
    {
        output::note(&format!("there is no event of anybody {window}"));
    }
    let glob = args.principal.as_deref().map(Glob::new);
    let wanted = |principal: &str| glob.as_ref().is_none_or(|glob| glob.matches(principal));
    // That somebody was seen is worth saving: with other nights it may be all that there is.
    let is_there = match args.save {
        Some(_) => collected.usage.principals().iter().any(|name| wanted(name)),
        None => collected.usage.has_rows(wanted),
    };
    if let Some(principal) = &args.principal
        && !is_there
    {
        return Err(collect::nobody(principal, &collected.seen));
    }
    if let Some(path) = &args.save {
        atomic::write(path, &collected.usage.save())?;
    }
    let sorted = || collected.usage.sorted(wanted);
    match args.output {
        Output::Table => {
            let sorted = sorted();
            let rows: Vec<_> = sorted.all().collect();
            output::result(rows::table(&rows, output::width()).as_bytes())?;
        }
        Output::Csv => output::result_from(|out| rows::csv(sorted().all(), out))?,
        Output::Json => {
            let threads = collect::threads(read);
            let sorted = collected.usage.sorted_by(wanted, |parts| rows::sort(parts, threads));
            output::result_from(|out| rows::json(&sorted, threads, out))?;
        }
        Output::None => {}
    }
    let skipped = collected.skipped(read);
    // Nothing is done after this but to end: freeing very many rows first would only take time.
    std::mem::forget(collected);
    skipped
}
