//! `leastwise snapshot`.

use std::path::PathBuf;

use clap::Args;

use super::logs::AwsArgs;

/// Arguments of `leastwise snapshot`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  leastwise snapshot --profile audit --out snapshot.json

Needs iam:GetAccountAuthorizationDetails. Prints what `aws iam get-account-authorization-details` prints.")]
pub struct SnapshotArgs {
    #[command(flatten)]
    pub aws: AwsArgs,

    /// Write to this file instead of to stdout
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
