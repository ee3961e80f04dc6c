//! Where the logs are and how to read them: the arguments that `usage`, `rightsize` and `verify` share.

use std::path::PathBuf;

use clap::Args;

use crate::input::size::ByteSize;
use crate::input::window::When;

/// Which logs, and which part of them.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Files, folders, `-`, s3://bucket/prefix, or usage that was saved with --save
    #[arg(
        value_name = "LOGS",
        required = true,
        long_help = "Where the logs are, any number of:\n\
        - a file: CloudTrail .json or .json.gz, NDJSON, what EventBridge, CloudWatch Logs, Logs Insights, CloudTrail Lake, Athena and LookupEvents give, where whole events are in it\n\
        - a folder, read with all that is below it (links to folders are told, not followed), such as AWSLogs/ of one account or of an organisation\n\
        - s3://bucket/prefix\n\
        - - for standard input\n\
        - a file written by `leastwise usage --save`"
    )]
    pub logs: Vec<String>,

    #[command(flatten)]
    pub window: WindowArgs,

    #[command(flatten)]
    pub read: ReadArgs,
}

/// Which events.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading logs")]
pub struct WindowArgs {
    /// Only events from then on: 12h, 90d, 2w or 1y ago, today, yesterday, 2026-10-01, 2026-10-01T06:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub since: Option<When>,

    /// Only events until then, written alike; a day means its end (UTC)
    #[arg(long, value_name = "WHEN")]
    pub until: Option<When>,
}

/// How to read logs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading logs")]
pub struct ReadArgs {
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<std::num::NonZeroUsize>,

    /// Refuse a file that unpacks to more than this
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub max_decompressed: ByteSize,

    /// Exit 0 even when a file or a record could not be read, or an answer is not whole
    #[arg(long)]
    pub allow_skipped: bool,

    /// Write the list of what could not be read, as JSON
    #[arg(long, value_name = "FILE")]
    pub skipped: Option<PathBuf>,

    /// Catalogue to use instead of the built-in one: a folder of AWS service-reference JSON
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,

    #[command(flatten)]
    pub aws: AwsArgs,
}

/// How to reach AWS; only used when something is to be fetched from there.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reaching AWS")]
pub struct AwsArgs {
    /// Profile of the AWS configuration files
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Region to call
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Call this address instead of AWS's own
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

/// A number of threads.
pub fn threads(text: &str) -> Result<std::num::NonZeroUsize, String> {
    text.parse().map_err(|_| "write how many, from 1; without it there is one for each core".to_owned())
}
