//! `leastwise usage`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::logs::LogArgs;

/// Arguments of `leastwise usage`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise usage AWSLogs/ --since 90d
  leastwise usage s3://my-trail/AWSLogs/111122223333/ --since 7d --principal 'arn:aws:iam::*:role/agent-*'
  leastwise usage AWSLogs/ --since 2d --save usage-2026-10-01.lwu --output none
  leastwise usage usage-*.lwu
  leastwise usage AWSLogs/ --output json | jq '.[] | select(.outcome == \"denied\")'")]
pub struct UsageArgs {
    /// Only this principal: its ARN, or a pattern with * and ?
    #[arg(long, value_name = "ARN|GLOB")]
    pub principal: Option<String>,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,

    /// Write the usage to a file that later runs read beside or instead of logs
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    #[command(flatten)]
    pub logs: LogArgs,
}

/// How to print rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns, as wide as the terminal
    Table,
    /// One array of objects
    Json,
    /// Comma-separated values with a header line (RFC 4180)
    Csv,
    /// Nothing: only --save, as a nightly run does
    None,
}
