//! One module for each verb.

mod completions;
mod man;
mod snapshot;

use crate::cli::{Cli, Command};
use crate::error::{Error, Result};

/// Runs what the command line asks for.
pub fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Completions { shell } => completions::run(shell),
        Command::Snapshot(args) => snapshot::run(&args, cli.quiet),
        Command::Man { command } => man::run(command.as_deref()),
        other => Err(Error::usage(format!("this build cannot do `{other:?}` yet"))),
    }
}
