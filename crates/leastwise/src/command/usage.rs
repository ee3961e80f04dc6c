//! `leastwise usage`: who used which permissions, on what.

mod rows;

use leastwise_analysis::usage::FOLD_AT;
use leastwise_catalog::Catalog;
use leastwise_policy::glob::Glob;

use super::collect::{self, Wanted, collect};
use crate::cli::usage::{Output, UsageArgs};
use crate::error::Result;
use crate::{atomic, output};

/// Reads, prints, saves.
pub fn run(args: &UsageArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
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
    let collected = collect(wanted, catalog)?;
    collected.report(read, quiet)?;
    let glob = args.principal.as_deref().map(Glob::new);
    let rows =
        collected.usage.rows_where(|principal| glob.as_ref().is_none_or(|glob| glob.matches(principal)));
    if let Some(principal) = &args.principal
        && rows.is_empty()
    {
        return Err(collect::nobody(principal, &collected.seen));
    }
    if let Some(path) = &args.save {
        atomic::write(path, &collected.usage.save())?;
    }
    output::result(&match args.output {
        Output::Table => rows::table(&rows, output::width()).into_bytes(),
        Output::Json => rows::json(&rows)?,
        Output::Csv => rows::csv(&rows)?,
    })?;
    collected.skipped(read)
}
