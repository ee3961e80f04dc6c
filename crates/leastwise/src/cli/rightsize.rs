//! `leastwise rightsize`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::logs::LogArgs;
use crate::input::window::Span;

/// Arguments of `leastwise rightsize`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise rightsize AWSLogs/ --principal '*role/agent'
  leastwise rightsize AWSLogs/ --principal arn:aws:iam::111122223333:role/agent --granted snapshot.json \\
      --width prefix --format terraform --out iam/ --proof agent.proof.json --report agent.md
  leastwise rightsize AWSLogs/ --all --granted snapshot.json --out rightsized/

The result goes to stdout, or to --out; what was cut and why goes to stderr.")]
pub struct RightsizeArgs {
    /// Whose: the ARN of a role (with its path) or a user, or a pattern with * and ? that fits one of them alone
    #[arg(long, value_name = "ARN|GLOB", conflicts_with = "all")]
    pub principal: Option<String>,

    /// Every principal of the snapshot, with an index of what shrank and by how much
    #[arg(long)]
    pub all: bool,

    /// What is granted today: a snapshot (`leastwise snapshot`), or policy documents
    #[arg(long, value_name = "SNAPSHOT|POLICY", num_args = 1..)]
    pub granted: Vec<PathBuf>,

    /// How far a resource may be generalised: as used, common prefix, all of its type, or *
    #[arg(long, value_name = "WIDTH", default_value = "exact")]
    pub width: Width,

    /// Permissions to keep though unused: one action pattern a line, then optionally a resource; or a policy
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,

    /// What to do with actions that destroy: a statement of their own, among the others, or left out
    #[arg(long, value_name = "HOW", default_value = "separate")]
    pub destructive: Destructive,

    /// What to do with what is granted and these logs cannot tell, such as data events that are not logged: left out
    /// and listed, kept where calls of the logs may have needed it, or kept as it is granted
    #[arg(long, value_name = "HOW", default_value = "drop")]
    pub unknown: Unknown,

    /// Whether to add conditions that every observation agrees on
    #[arg(long, value_name = "WHICH", default_value = "stable")]
    pub conditions: Conditions,

    /// Measure how much of the newest SPAN, such as 30d, a policy made from the time before would have denied; the
    /// policy that is written is made from all
    #[arg(long, value_name = "SPAN")]
    pub holdout: Option<Span>,

    /// Format of the policy
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: Format,

    /// How Terraform holds the document
    #[arg(long, value_name = "STYLE", default_value = "jsonencode")]
    pub terraform_style: TerraformStyle,

    /// How the policy is attached in Terraform and CloudFormation
    #[arg(long, value_name = "HOW", default_value = "managed")]
    pub attach: Attach,

    /// Write the policy into this folder instead of to stdout
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Write the proof: what was replayed against the new policy, and what came out; documents are written as JSON too
    #[arg(long, value_name = "FILE")]
    pub proof: Option<PathBuf>,

    /// Sign the proof with this key: Ed25519, PKCS #8 PEM (openssl genpkey -algorithm ed25519)
    #[arg(long, value_name = "FILE", requires = "proof")]
    pub sign_key: Option<PathBuf>,

    /// Write a report; the name says the format: .md, .json or .html
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    #[command(flatten)]
    pub logs: LogArgs,
}

/// How far a resource may be generalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Width {
    /// The resources that were used
    Exact,
    /// What they have in common, then *
    Prefix,
    /// Every resource of the type
    Type,
    /// Everything
    Any,
}

/// What to do with actions that destroy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Destructive {
    /// A statement of their own
    Separate,
    /// Among the others
    Keep,
    /// Left out, and listed
    Drop,
}

/// What to do with what the logs cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Unknown {
    /// Left out, and listed
    Drop,
    /// What calls may have needed (throttled, broken off, or the log does not tell) is kept where they may have
    /// needed it, the rest left out and listed
    Called,
    /// All of it as it is granted, in statements of its own
    Keep,
}

/// Which conditions to infer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Conditions {
    /// Keys on which every observation agrees and that do not change from call to call
    Stable,
    /// None
    None,
}

/// Format of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The document as AWS reads it
    Json,
    /// aws_iam_policy and its attachment
    Terraform,
    /// A template in YAML
    Cloudformation,
}

/// How Terraform holds a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TerraformStyle {
    /// jsonencode({ … })
    Jsonencode,
    /// data "aws_iam_policy_document"
    Document,
}

/// How the policy is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Attach {
    /// Managed policies of the account
    Managed,
    /// Inline in the role, user or group
    Inline,
}
