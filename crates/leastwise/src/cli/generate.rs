//! `leastwise generate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::model::ModelArgs;
use super::rightsize::TerraformStyle;

/// Arguments of `leastwise generate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  leastwise generate roles.yaml
  leastwise generate roles.yaml --format terraform --out iam/ --tests
  leastwise generate --from lambda --to dynamodb:write,table/CustomerOrders \\
      --to sqs:consume,arn:aws:sqs:eu-west-1:111122223333:orders --only region=eu-west-1
  leastwise generate roles.yaml --explain
  leastwise generate \"a Lambda that reads messages from the orders queue and puts items into the Orders table\"
  aws s3 cp s3://reports/q3.csv . 2>&1 | leastwise generate --from-denied -

Levels: list, describe, read, write, update, delete, tag, admin. Verbs, such as send, consume, invoke, publish, pull.
Operations, such as put-item. Actions, such as rds-data:ExecuteStatement. See docs/generate.md.

Exit code 0: done. 2: wrong use. 3: an intent could not be read or means nothing, or
plain words leave a question open; nothing is written then.")]
pub struct GenerateArgs {
    /// Roles in YAML, - is standard input; or in quotes what a role is to do, in plain words
    #[arg(value_name = "FILE|WORDS")]
    pub files: Vec<PathBuf>,

    /// What a role is to do, in plain words
    #[arg(long, value_name = "WORDS", help_heading = "One role by plain words")]
    pub words: Option<String>,

    /// Ask nothing: words that are not understood are an error
    #[arg(long, short, help_heading = "One role by plain words")]
    pub yes: bool,

    #[command(flatten)]
    pub model: ModelArgs,

    /// Error texts of AWS, Google Cloud, Azure or Kubernetes that say what was refused; - is standard input. Prints the
    /// addition that would allow it, or what stands in the way
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "words", "from", "to", "target", "tests"])]
    pub from_denied: Option<PathBuf>,

    /// Who holds the role: a service (lambda), an account, spiffe://…
    #[arg(long, value_name = "WHO", help_heading = "One role by flags")]
    pub from: Vec<String>,

    /// What it may do: dynamodb:write,table/Orders; a whole ARN, the part of it after the account, or a service alone
    #[arg(long, value_name = "SERVICE:VERB[,RESOURCE]", help_heading = "One role by flags")]
    pub to: Vec<String>,

    /// What it must never do, like --to
    #[arg(long, value_name = "SERVICE:VERB[,RESOURCE]", help_heading = "One role by flags", requires = "to")]
    pub never: Vec<String>,

    /// Only under this condition: region=eu-west-1, network=203.0.113.0/24, vpc=…, vpc_endpoint=…, mfa,
    /// time=FROM..UNTIL, tags=env:dev
    #[arg(long, value_name = "CONDITION", help_heading = "One role by flags", requires = "to")]
    pub only: Vec<String>,

    /// The role's name
    #[arg(long, value_name = "NAME", default_value = "generated", help_heading = "One role by flags")]
    pub name: String,

    /// What a name of the files stands for: orders=arn:aws:…; * for every name that is not bound, {name} in the value
    #[arg(long, value_name = "NAME=RESOURCE", help_heading = "What the files leave open")]
    pub bind: Vec<String>,

    /// A resource is encrypted with a KMS key: its name, or what follows the comma of --to
    #[arg(long, value_name = "NAME=KEY-ARN", help_heading = "What the files leave open")]
    pub encrypted: Vec<String>,

    /// Grant what encrypted resources need of their keys, by way of their services alone; else it is offered
    #[arg(long)]
    pub with_keys: bool,

    /// The environment whose resources are meant
    #[arg(long, value_name = "NAME", help_heading = "What the files leave open")]
    pub environment: Option<String>,

    /// The account of resources that are written without one
    #[arg(long, value_name = "ID", help_heading = "What the files leave open")]
    pub account: Option<String>,

    /// The region of resources that are written without one
    #[arg(long, value_name = "REGION", help_heading = "What the files leave open")]
    pub region: Option<String>,

    /// The partition of resources that are written without one
    #[arg(long, value_name = "PARTITION", default_value = "aws", help_heading = "What the files leave open")]
    pub partition: String,

    /// The Google Cloud project of resources that are written without one
    #[arg(long, value_name = "ID", help_heading = "What the files leave open")]
    pub project: Option<String>,

    /// For which platforms, with commas between them
    #[arg(long, value_enum, value_name = "PLATFORM", value_delimiter = ',', default_value = "aws")]
    pub target: Vec<Target>,

    /// Format of the result; each platform has its own default
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,

    /// How Terraform holds the documents
    #[arg(long, value_name = "STYLE", default_value = "jsonencode")]
    pub terraform_style: TerraformStyle,

    /// Write files into this folder instead of to stdout
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Print why each action is there: the line of the intent, and how it became the action
    #[arg(long)]
    pub explain: bool,

    /// Write requests for `simulate --batch` too: each line of the intent allowed, its neighbour denied
    #[arg(long, requires = "out")]
    pub tests: bool,

    /// On AWS, make a service control policy for each role too: other services and what cannot be brought back only in
    /// a session with the tag leastwise-approved, nothing outside of the role's regions and tags
    #[arg(long)]
    pub guardrail: bool,

    /// Keep what was meant and what came of it on this machine, for `leastwise feedback`
    #[arg(long, help_heading = "Feedback (docs/feedback.md)")]
    pub keep: bool,

    /// Where proposals are kept [default: leastwise/proposals in $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "DIR", help_heading = "Feedback (docs/feedback.md)")]
    pub proposals: Option<PathBuf>,

    /// Print the JSON schema of the files, for editors
    #[arg(long, exclusive = true)]
    pub schema: bool,

    /// Catalogue to use instead of the built-in one: a folder of AWS service-reference JSON
    #[arg(long, value_name = "DIR")]
    pub catalog: Option<PathBuf>,
}

/// For which platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// IAM policies
    Aws,
    /// Custom roles of Google Cloud, conditional bindings, deny policies
    Gcp,
    /// Custom roles of Azure and their assignments
    Azure,
    /// A service account, roles and bindings
    Kubernetes,
    /// Policies over MCP tools and HTTP routes, for a gateway
    Cedar,
    /// Permissions of an app and of its tokens
    Github,
}

/// Format of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The documents as the platform reads them (default for aws and azure)
    Json,
    /// Resources of the platform's provider: aws_iam_role, google_project_iam_custom_role, azurerm_role_definition
    Terraform,
    /// A template in YAML
    Cloudformation,
    /// A shell script of `aws iam` commands
    Script,
    /// Documents for kubectl apply, for gcloud (default for kubernetes and gcp)
    Yaml,
    /// Policies and their schema (default for cedar)
    Cedar,
}

/// How a value is written on the command line.
pub fn spelling(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
