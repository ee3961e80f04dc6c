//! `leastwise what-can`.

use clap::Args;

use super::simulate::{ContextArgs, LayerArgs, Output};

/// Arguments of `leastwise what-can`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise what-can arn:aws:iam::111122223333:role/agent --snapshot snapshot.json
  leastwise what-can arn:aws:iam::111122223333:role/agent --snapshot snapshot.json --action 's3:*' --output json

Resource-based policies are not asked: what they give besides is not listed, and resources of other accounts, keys and
roles need theirs to allow too.")]
pub struct WhatCanArgs {
    /// Who: the ARN of a role, a user or a role's session
    #[arg(value_name = "PRINCIPAL")]
    pub principal: String,

    /// Only actions that match: a name, or a pattern such as 's3:*'
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub action: Vec<String>,

    /// Only actions that destroy
    #[arg(long)]
    pub destructive: bool,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    #[command(flatten)]
    pub context: ContextArgs,

    #[command(flatten)]
    pub layers: LayerArgs,
}
