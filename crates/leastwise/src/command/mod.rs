//! One module for each verb.

mod catalog;
pub mod check;
mod collect;
mod compare;
mod completions;
mod explain;
mod feedback;
mod generate;
mod man;
mod paths;
mod rightsize;
mod simulate;
mod snapshot;
mod usage;
mod verify;
mod what_can;
mod who_can;

use crate::catalog::load;
use crate::cli::{Cli, Command};
use crate::error::Result;

/// Runs what the command line asks for.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Completions { shell } => completions::run(shell),
        Command::Usage(args) => usage::run(&args, load(args.logs.read.catalog.as_deref())?, cli.quiet),
        Command::Rightsize(args) => {
            rightsize::run(&args, load(args.logs.read.catalog.as_deref())?, cli.quiet)
        }
        Command::Simulate(args) => simulate::run(&args, load(args.layers.catalog.as_deref())?, cli.quiet),
        Command::WhoCan(args) => who_can::run(&args, load(args.layers.catalog.as_deref())?),
        Command::WhatCan(args) => what_can::run(&args, load(args.layers.catalog.as_deref())?),
        Command::Paths(args) => paths::run(&args, load(args.catalog.as_deref())?),
        Command::Compare(args) => compare::run(&args, load(args.catalog.as_deref())?),
        Command::Check(args) => check::run(&args, load(args.catalog.as_deref())?, cli.quiet),
        Command::Explain(args) => explain::run(&args),
        Command::Generate(args) => generate::run(&args, load(args.catalog.as_deref())?, cli.quiet),
        Command::Feedback(args) => feedback::run(&args, cli.quiet),
        Command::Catalog(args) => catalog::run(&args),
        Command::Snapshot(args) => snapshot::run(&args, cli.quiet),
        Command::Man { command } => man::run(command.as_deref()),
        Command::Verify(args) => verify::run(&args, load(args.read.catalog.as_deref())?, cli.quiet),
    }
}
