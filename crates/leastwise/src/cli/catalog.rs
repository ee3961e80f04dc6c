//! `leastwise catalog`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `leastwise catalog`.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  leastwise catalog show s3:GetObject
  leastwise catalog show dynamodb
  leastwise catalog search delete table"
)]
pub struct CatalogArgs {
    #[command(subcommand)]
    pub verb: CatalogVerb,

    /// Catalogue to use instead of the built-in one: a folder of AWS service-reference JSON
    #[arg(long, value_name = "DIR", global = true)]
    pub catalog: Option<PathBuf>,
}

/// What to do with the catalogue.
#[derive(Debug, Subcommand)]
pub enum CatalogVerb {
    /// Everything known about an action (or a pattern such as s3:Get*), or about a service
    Show {
        /// `service:Action`, `service:Get*` or `service`; of Google Cloud `gcp:storage.objects.get`, `gcp:roles/viewer`,
        /// of Azure `azure:Microsoft.Storage/storageAccounts/read`, `azure:Reader`
        #[arg(value_name = "ACTION|SERVICE", required = true)]
        names: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find actions by words
    Search {
        /// Words that all must occur
        #[arg(value_name = "WORDS", required = true)]
        words: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring in AWS's own service-reference JSON, so that this machine is newer than the binary
    Import {
        /// Folder with the files of servicereference.us-east-1.amazonaws.com
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
    /// Which catalogue is in use: date, digest, size
    Version,
}
