//! `leastwise check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use leastwise_analysis::check::Own;

use crate::command::check::Settings;

/// Arguments of `leastwise check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise check .
  leastwise check policies/ --fail-on medium --output sarif --out leastwise.sarif
  leastwise check infra/ --snapshot snapshot.json --baseline leastwise-baseline.json
  leastwise check . --new-access-against origin/main --output markdown
  terraform show -json plan.out | leastwise check -

What a file is, is found out: IAM policy documents of every kind and what AWS's command line prints around them, account
snapshots, Terraform (.tf, plan, state), CloudFormation and SAM, Kubernetes RBAC, Google Cloud, Azure, roles in YAML,
Cedar (docs/check.md). `leastwise explain` lists the checks, `leastwise explain CODE` says more of one.

Exit code 0: nothing at or above --fail-on. 1: something. 2: wrong use. 3: something could not be read, unless
--allow-unreadable; this is said even when there are findings, because what was not read may hold worse.")]
pub struct CheckArgs {
    /// Files and folders; - for standard input
    #[arg(value_name = "PATH", required_unless_present = "snapshot")]
    pub paths: Vec<String>,

    /// What every principal of an account is granted (`leastwise snapshot`), one file or several
    #[arg(long, value_name = "SNAPSHOT", num_args = 1..)]
    pub snapshot: Vec<PathBuf>,

    /// Service control policies of one level of the organisation, named by its path, such as
    /// r-ab12/ou-ab12-prod=FILE; or a folder with a folder for each level
    #[arg(long, value_name = "LEVEL=FILE|DIR", num_args = 1..)]
    pub scp: Vec<String>,

    /// The organisation's management account, on which its policies have no effect
    #[arg(long, value_name = "ID", requires = "scp")]
    pub management_account: Option<String>,

    /// Accounts that are yours: who belongs to one is not from outside
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = account)]
    pub own_account: Vec<String>,

    /// Organisations that are yours
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = organization)]
    pub own_organization: Vec<String>,

    /// Use the catalogue from this folder of AWS service-reference JSON
    #[arg(long, value_name = "FOLDER")]
    pub catalog: Option<PathBuf>,

    #[command(flatten)]
    pub gate: GateArgs,

    #[command(flatten)]
    pub print: PrintArgs,

    /// What only the settings file can say.
    #[arg(skip)]
    pub settings: Settings,
}

/// What lets a run pass or fail.
#[derive(Debug, Args)]
#[command(next_help_heading = "What fails")]
pub struct GateArgs {
    /// Fail when there is a finding that is at least as bad
    #[arg(long, value_enum, default_value_t = FailOn::High, value_name = "SEVERITY")]
    pub fail_on: FailOn,

    /// Do not fail when something cannot be read; it is reported all the same
    #[arg(long)]
    pub allow_unreadable: bool,

    /// Only these checks: codes, * allowed
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Not these checks: codes, * allowed
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub skip: Vec<String>,

    /// Findings that this file lists are known, and do not fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Write all findings to this file, as the baseline of runs to come, and pass
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,

    /// Report only what this state does not have: what is allowed beyond it, and findings that it has not. A git
    /// reference, a folder or a file
    #[arg(long, value_name = "REF")]
    pub new_access_against: Option<String>,

    /// With --new-access-against: findings that were there before as well
    #[arg(long, requires = "new_access_against")]
    pub all: bool,
}

/// How and where to print.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is printed")]
pub struct PrintArgs {
    /// How to print
    #[arg(long, value_enum, default_value_t = CheckOutput::Table, value_name = "FORMAT")]
    pub output: CheckOutput,

    /// Where to print [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// The same to a file in another format, again for another: sarif=leastwise.sarif
    #[arg(long, value_name = "FORMAT=FILE", value_parser = also)]
    pub also: Vec<(CheckOutput, PathBuf)>,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckOutput {
    /// For people
    Table,
    /// For programs; docs/check.md has the fields
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// For the comment of a pull request
    Markdown,
    /// JUnit's XML, for test reports
    Junit,
    /// Workflow commands, which GitHub shows beside the lines
    Github,
}

/// From when on a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum FailOn {
    /// At any finding
    Info,
    /// At what should be put right some time, and worse
    Low,
    /// At what should be put right, and worse
    Medium,
    /// At what should not be deployed, and worse
    High,
    /// At what must not be deployed
    Critical,
    /// At no finding
    Never,
}

fn also(text: &str) -> Result<(CheckOutput, PathBuf), String> {
    let Some((format, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err("write FORMAT=FILE, such as sarif=leastwise.sarif".to_owned());
    };
    let format = CheckOutput::from_str(format, true)
        .map_err(|_| format!("`{format}` is no format: table, json, sarif, markdown, junit or github"))?;
    Ok((format, file.into()))
}

fn account(text: &str) -> Result<String, String> {
    let is_one = Own::new(&[text.to_owned()], &[]).is_some();
    is_one.then(|| text.to_owned()).ok_or_else(|| "an account has twelve digits".to_owned())
}

fn organization(text: &str) -> Result<String, String> {
    let is_one = Own::new(&[], &[text.to_owned()]).is_some();
    is_one
        .then(|| text.to_owned())
        .ok_or_else(|| "an organisation is called `o-` and 10 to 32 letters and digits".to_owned())
}
