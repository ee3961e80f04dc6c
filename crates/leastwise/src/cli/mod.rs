//! The command line as typed values. Verbs are module names under `command/`; every `--flag` can also come from
//! `LEASTWISE_FLAG` or from `leastwise.toml` (see [`crate::config`]).

pub mod catalog;
pub mod check;
pub mod compare;
pub mod explain;
pub mod feedback;
pub mod generate;
pub mod logs;
pub mod model;
pub mod paths;
pub mod rightsize;
pub mod simulate;
pub mod snapshot;
pub mod usage;
pub mod verify;
pub mod what_can;
pub mod who_can;

use clap::{Parser, Subcommand};

use catalog::CatalogArgs;
use check::CheckArgs;
use compare::CompareArgs;
use explain::ExplainArgs;
use feedback::FeedbackArgs;
use generate::GenerateArgs;
use paths::PathsArgs;
use rightsize::RightsizeArgs;
use simulate::SimulateArgs;
use snapshot::SnapshotArgs;
use usage::UsageArgs;
use verify::VerifyArgs;
use what_can::WhatCanArgs;
use who_can::WhoCanArgs;

/// Least privilege for AI agents and other workloads in the cloud.
#[derive(Debug, Parser)]
#[command(name = "leastwise", max_term_width = 100, after_help = AFTER)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub struct Cli {
    /// Settings file [default: leastwise.toml in the working directory, when it is there]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Everywhere")]
    pub config: Option<std::path::PathBuf>,

    /// Say nothing on stderr but errors
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub quiet: bool,

    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Examples:
  leastwise usage AWSLogs/ --since 90d
  leastwise rightsize AWSLogs/ --principal arn:aws:iam::111122223333:role/agent \\
      --granted snapshot.json

Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 input that cannot be read.
Settings: flags over LEASTWISE_* over leastwise.toml over defaults. Nothing is sent anywhere unless you name where.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show who used which permissions, on what, from audit logs
    Usage(Box<UsageArgs>),
    /// Write the smallest policy that still allows what was used, with a proof
    Rightsize(Box<RightsizeArgs>),
    /// Check a proof against the policy and the logs that it speaks of
    Verify(Box<VerifyArgs>),
    /// Decide one request, or many, as AWS would, and say why
    Simulate(Box<SimulateArgs>),
    /// List every principal that can do something, and those that perhaps can
    WhoCan(Box<WhoCanArgs>),
    /// List what a principal can do, on which resources and under which conditions
    WhatCan(Box<WhatCanArgs>),
    /// Find every way by which a principal becomes admin, or somebody else, step by step
    Paths(Box<PathsArgs>),
    /// Say whether one policy allows what another does not, with a request that shows it
    Compare(Box<CompareArgs>),
    /// Find what is wrong, over-wide or dangerous in a repository or an account before it is deployed
    Check(Box<CheckArgs>),
    /// Say what a check finds, why it matters, and how it is put right
    Explain(ExplainArgs),
    /// Write policies for what is meant: roles in YAML, or flags
    Generate(Box<GenerateArgs>),
    /// Say what you think of what was generated; it stays on this machine
    Feedback(FeedbackArgs),
    /// Look up actions and services, or bring in newer ones
    Catalog(CatalogArgs),
    /// Fetch what every principal of the account is granted
    Snapshot(Box<SnapshotArgs>),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man {
        /// The page of one command, such as `rightsize`
        command: Option<String>,
    },
}
