//! `leastwise verify`.

use std::path::PathBuf;

use clap::Args;

use super::logs::ReadArgs;

/// Arguments of `leastwise verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  leastwise verify agent.proof.json --policy iam/agent-1.json --logs AWSLogs/ --granted snapshot.json

The logs may have grown since: what the proof does not name is left out, and a warning says so.

Exit code 0: the proof holds. 1: it does not, and why. 3: something could not be read.")]
pub struct VerifyArgs {
    /// The proof that `rightsize --proof` wrote
    #[arg(value_name = "PROOF")]
    pub proof: PathBuf,

    /// The policy documents that the proof speaks of, as JSON: agent-1.json, not agent.tf; none where it speaks of none
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub policy: Vec<PathBuf>,

    /// The logs, or saved usage, that the proof speaks of
    #[arg(long, value_name = "LOGS", num_args = 1.., required = true)]
    pub logs: Vec<String>,

    /// The signer's public key: Ed25519, SubjectPublicKeyInfo PEM; then an unsigned proof does not hold
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,

    /// What was granted before, to check that nothing more is allowed now, and what the proof excuses by it: a
    /// snapshot, or policy documents
    #[arg(long, value_name = "SNAPSHOT|POLICY", num_args = 1..)]
    pub granted: Vec<PathBuf>,

    /// Print the checks as JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub read: ReadArgs,
}
