//! `leastwise completions SHELL`.

use clap_complete::Shell;

use crate::error::Result;
use crate::{config, output};

/// Prints the script that the shell sources.
pub fn run(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut config::command(), "leastwise", &mut script);
    output::result(&script)
}
