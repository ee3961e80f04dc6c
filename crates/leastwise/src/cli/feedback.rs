//! `leastwise feedback`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `leastwise feedback`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise generate roles.yaml --keep
  leastwise feedback good 3f9a1c0b2d4e
  leastwise feedback edit last --with corrected.yaml --note \"the queue is encrypted\"
  leastwise feedback export --out feedback.jsonl

Everything stays on this machine: nothing of it is ever sent. See docs/feedback.md.")]
pub struct FeedbackArgs {
    /// Where proposals are kept [default: leastwise/proposals in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR", global = true)]
    pub proposals: Option<PathBuf>,

    #[command(subcommand)]
    pub verb: FeedbackVerb,
}

/// What to say of a proposal.
#[derive(Debug, Subcommand)]
pub enum FeedbackVerb {
    /// It was right
    Good {
        /// The proposal: its id, the beginning of it, or `last`
        id: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// It was wrong
    Bad {
        /// The proposal: its id, the beginning of it, or `last`
        id: String,
        /// What was wrong
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// It should have been otherwise
    Edit {
        /// The proposal: its id, the beginning of it, or `last`
        id: String,
        /// What it should have been: roles in YAML, or a policy
        #[arg(long, value_name = "FILE")]
        with: PathBuf,
        /// Why
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// List the proposals that are kept
    List,
    /// Write what was said of proposals as JSON lines, for evaluation or fine-tuning
    Export {
        /// Write into this file instead of to stdout
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
