//! `leastwise compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `leastwise compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise compare old.json new.json
  leastwise compare --type trust old-trust.json new-trust.json --output json
  leastwise compare --access-not-granted s3:DeleteBucket,iam:* policy.json
  leastwise compare --access-not-granted s3:GetObject:arn:aws:s3:::payroll/* policy.json
  leastwise compare --no-public-access bucket-policy.json

Exit code 0: NEW allows nothing that OLD does not; no access is granted; nothing is public. 1: it does, it is, or that
could not be decided. 3: something could not be read.")]
pub struct CompareArgs {
    /// OLD and NEW; with --access-not-granted or --no-public-access, the policies to check
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    pub files: Vec<PathBuf>,

    /// What the documents are [default: resource when their statements name principals, else identity]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub kind: Option<CompareKind>,

    /// Check that no policy allows any of these actions (on any of these resources)
    #[arg(long, value_name = "ACTIONS[:RESOURCES]", conflicts_with = "no_public_access")]
    pub access_not_granted: Option<String>,

    /// Check that no policy of a resource allows anything to everybody
    #[arg(long)]
    pub no_public_access: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t = CompareOutput::Text, value_name = "FORMAT")]
    pub output: CompareOutput,

    /// Use the catalogue from this folder of AWS service-reference JSON
    #[arg(long, value_name = "FOLDER")]
    pub catalog: Option<PathBuf>,
}

/// What the documents are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareKind {
    /// Attached to a user, group or role; a boundary; a session policy
    Identity,
    /// Attached to a resource: a bucket, a queue, a key
    Resource,
    /// Service control policies
    Scp,
    /// Resource control policies
    Rcp,
    /// Says who may assume a role
    Trust,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CompareOutput {
    /// For people
    Text,
    /// For programs; docs/compare.md has the fields
    Json,
}
