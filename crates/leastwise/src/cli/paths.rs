//! `leastwise paths`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `leastwise paths`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise paths --snapshot snapshot.json
  leastwise paths --snapshot snapshot.json --scp scps/ --from arn:aws:iam::111122223333:role/agent
  leastwise paths --snapshot snapshot.json --from outside
  leastwise paths --snapshot snapshot.json --from 'oidc:token.actions.githubusercontent.com#repo:org/repo:ref:refs/heads/main'
  leastwise paths --snapshot snapshot.json --output svg > paths.svg

Exit code 0: nobody has a path. 1: somebody has. 2: wrong use. 3: something could not be read; the rest was looked at.")]
pub struct PathsArgs {
    /// What every principal is granted (`leastwise snapshot`), one file or several
    #[arg(long, value_name = "SNAPSHOT", num_args = 1..)]
    pub snapshot: Vec<PathBuf>,

    /// Only paths that begin there: the ARN of a principal; `outside`, whoever is no principal of the snapshot; `anybody`
    /// in the world; `oidc:PROVIDER`, or `oidc:PROVIDER#SUBJECT` for one subject of your choice; another source, as the
    /// table names it
    #[arg(long, value_name = "ARN|outside|anybody|oidc:…")]
    pub from: Option<String>,

    /// Where paths end: `admin`, or the ARN of a principal or a resource
    #[arg(long, value_name = "admin|ARN", default_value = "admin")]
    pub to: String,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub output: PathsOutput,

    /// What runs as which role, as JSON; see docs/paths.md. Of a service of which nothing is listed, each role that trusts
    /// it is assumed to have something
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub workloads: Vec<PathBuf>,

    /// Do not look for the statement whose removal frees most principals
    #[arg(long)]
    pub no_cut: bool,

    /// What cannot be read in a snapshot is told and is no failure
    #[arg(long)]
    pub allow_unreadable: bool,

    /// Service control policies of one level of the organisation, named by its path, such as
    /// r-ab12/ou-ab12-prod=FILE; or a folder with a folder for each level
    #[arg(long, value_name = "LEVEL=FILE|DIR", num_args = 1.., help_heading = "What decides")]
    pub scp: Vec<String>,

    /// Resource control policies, in the same way
    #[arg(long, value_name = "LEVEL=FILE|DIR", num_args = 1.., help_heading = "What decides")]
    pub rcp: Vec<String>,

    /// The organisation's management account, on which its policies have no effect
    #[arg(long, value_name = "ID", help_heading = "What decides")]
    pub management_account: Option<String>,

    /// Catalogue to use instead of the built-in one: a folder of AWS service-reference JSON
    #[arg(long, value_name = "DIR", help_heading = "What decides")]
    pub catalog: Option<PathBuf>,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PathsOutput {
    /// For people
    Table,
    /// One object, as docs/paths.md says
    Json,
    /// The graph, for Graphviz
    Dot,
    /// The graph as a picture
    Svg,
    /// The graph, for Mermaid
    Mermaid,
}
