//! `leastwise explain`.

use clap::{Args, ValueEnum};

/// Arguments of `leastwise explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise explain
  leastwise explain INVALID_ACTION
  leastwise explain --output json")]
pub struct ExplainArgs {
    /// The code of a check, in any case; without one, all checks are listed
    #[arg(value_name = "CHECK")]
    pub check: Option<String>,

    /// How to print
    #[arg(long, value_enum, default_value_t = ExplainOutput::Text, value_name = "FORMAT")]
    pub output: ExplainOutput,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainOutput {
    /// For people
    Text,
    /// For programs
    Json,
    /// As docs/checks.md has it
    Markdown,
}
