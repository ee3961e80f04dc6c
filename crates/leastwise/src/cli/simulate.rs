//! `leastwise simulate`, and what it shares with `who-can` and `what-can`: the layers that decide.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::logs::threads;

/// Arguments of `leastwise simulate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise simulate --snapshot snapshot.json --principal arn:aws:iam::111122223333:role/agent \\
      --action s3:GetObject --resource arn:aws:s3:::reports/2026.csv --resource-account 111122223333
  leastwise simulate --snapshot snapshot.json --scp scps/ --batch requests.jsonl > decisions.jsonl

A key that is not given is unknown, and the answer may be `depends`, with the keys that would decide it.

Exit code 0: allowed. 1: denied, or depends. 2: wrong use. 3: something could not be read.
With --batch 0: every line has a decision. 3: some line could not be read; it has an `error` instead.")]
pub struct SimulateArgs {
    /// Who asks: the ARN of a role, a user or a role's session; the name of a service; `anonymous` for somebody without
    /// credentials
    #[arg(long, value_name = "ARN")]
    pub principal: Option<String>,

    /// The name of the session: of AssumeRole for a role, of GetFederationToken for a user
    #[arg(long, value_name = "NAME")]
    pub session_name: Option<String>,

    /// For what: s3:GetObject
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,

    /// On what: an ARN; a pattern stands for all that it matches, * for an action that has no resource
    #[arg(long, value_name = "ARN")]
    pub resource: Option<String>,

    #[command(flatten)]
    pub context: ContextArgs,

    /// Many requests, one JSON object a line, from this file or - for standard input; see docs/simulate.md
    #[arg(long, value_name = "REQUESTS", conflicts_with_all = ["principal", "session_name", "action", "resource", "context"])]
    pub batch: Option<PathBuf>,

    /// With --batch: the reasons of each decision too
    #[arg(long, requires = "batch")]
    pub reasons: bool,

    /// With --batch: worker threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<std::num::NonZeroUsize>,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    #[command(flatten)]
    pub layers: LayerArgs,
}

/// Under which circumstances.
#[derive(Debug, Args)]
pub struct ContextArgs {
    /// A condition key and its value; again for another value of the same key, KEY= for a key that is not there
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,

    /// A request has no other keys than those given
    #[arg(long)]
    pub complete_context: bool,
}

/// What decides: who was granted what, and everything above and beside it.
#[derive(Debug, Args)]
#[command(next_help_heading = "What decides")]
pub struct LayerArgs {
    /// What every principal is granted (`leastwise snapshot`), one file or several
    #[arg(long, value_name = "SNAPSHOT", num_args = 1..)]
    pub snapshot: Vec<PathBuf>,

    /// Service control policies of one level of the organisation, named by its path, such as
    /// r-ab12/ou-ab12-prod=FILE; or a folder with a folder for each level
    #[arg(long, value_name = "LEVEL=FILE|DIR", num_args = 1..)]
    pub scp: Vec<String>,

    /// Resource control policies, in the same way
    #[arg(long, value_name = "LEVEL=FILE|DIR", num_args = 1..)]
    pub rcp: Vec<String>,

    /// The organisation's management account, on which its policies have no effect
    #[arg(long, value_name = "ID")]
    pub management_account: Option<String>,

    /// The policy on the resource: of a bucket, a key, a queue; a role's trust policy is in the snapshot
    #[arg(long, value_name = "FILE")]
    pub resource_policy: Option<PathBuf>,

    /// The grants of KMS keys (`aws kms list-grants`), one file or several
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub grants: Vec<PathBuf>,

    /// The public access block of the S3 bucket (`aws s3api get-public-access-block`) and of its account (`aws s3control
    /// get-public-access-block`): of several the strictest settings count
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub public_access_block: Vec<PathBuf>,

    /// Who owns the objects of the S3 bucket; unless BucketOwnerEnforced, its access control lists may allow more
    #[arg(long, value_name = "SETTING", default_value = "BucketOwnerEnforced")]
    pub object_ownership: ObjectOwnership,

    /// The account that owns the resource, where its ARN does not say
    #[arg(long, value_name = "ID")]
    pub resource_account: Option<String>,

    /// A policy that was passed when the session was made
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub session_policy: Vec<PathBuf>,

    /// The policy of the VPC endpoint through which the request comes
    #[arg(long, value_name = "FILE")]
    pub endpoint_policy: Option<PathBuf>,

    /// Catalogue to use instead of the built-in one: a folder of AWS service-reference JSON
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,
}

/// The setting "Object Ownership" of a bucket, as AWS spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ObjectOwnership {
    /// Access control lists have no effect
    #[value(name = "BucketOwnerEnforced")]
    BucketOwnerEnforced,
    /// Access control lists may allow more
    #[value(name = "BucketOwnerPreferred")]
    BucketOwnerPreferred,
    /// Access control lists may allow more
    #[value(name = "ObjectWriter")]
    ObjectWriter,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// One object, as docs/simulate.md says
    Json,
}
