//! `leastwise who-can`.

use clap::Args;

use super::simulate::{ContextArgs, LayerArgs, Output};

/// Arguments of `leastwise who-can`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise who-can s3:GetObject 'arn:aws:s3:::reports/*' --snapshot snapshot.json \\
      --resource-account 111122223333 --resource-policy bucket-policy.json
  leastwise who-can iam:CreateUser 'arn:aws:iam::111122223333:user/*' --snapshot snapshot.json --scp scps/

Exit code 0: everybody was decided on. 2: wrong use. 3: of somebody the snapshot does not say what is granted.")]
pub struct WhoCanArgs {
    /// For what: s3:GetObject
    #[arg(value_name = "ACTION")]
    pub action: String,

    /// On what: an ARN; a pattern stands for all that it matches, * for an action that has no resource
    #[arg(value_name = "RESOURCE")]
    pub resource: String,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,

    #[command(flatten)]
    pub context: ContextArgs,

    #[command(flatten)]
    pub layers: LayerArgs,
}
