//! Writes policies as the files that a repository holds: JSON, Terraform, CloudFormation.
//!
//! The policy document itself is the one that `leastwise-policy` prints canonically; a format only decides how that
//! document is quoted and what stands around it. Names come from logs and snapshots, so they are treated as
//! hostile: they are escaped where they are values and rebuilt where they are identifiers or file names.

use leastwise_policy::aws::{Named, Policy};
use serde_json::Value;

mod azure;
mod cedar;
mod cloudformation;
mod gcp;
mod github;
mod guardrail;
mod json;
mod kubernetes;
mod name;
mod permission_set;
mod quote;
mod role;
mod terraform;
mod yaml;

pub use azure::{AzureFormat, PRINCIPAL, azure_value, render_azure};
pub use cedar::{CEDAR_SCHEMA, cedar_text, render_cedar};
pub use gcp::{GcpFormat, gcp_value, render_gcp};
pub use github::{github_value, render_github};
pub use guardrail::render_guardrail;
pub use kubernetes::{KubernetesFormat, kubernetes_questions, kubernetes_value, render_kubernetes};
pub use name::Names;
pub use role::{RoleBoundary, RoleDeliverable, RoleFormat, render_role, role_value};

/// The format of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One policy document per file, and an index.
    #[default]
    Json,
    /// Resources of the `hashicorp/aws` provider, laid out as `terraform fmt` does.
    Terraform,
    /// A CloudFormation template in YAML.
    Cloudformation,
}

/// How a policy document is written in Terraform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TerraformStyle {
    /// `policy = jsonencode({ … })`.
    #[default]
    Jsonencode,
    /// `data "aws_iam_policy_document"`, where that data source can say it; `jsonencode` otherwise.
    PolicyDocument,
}

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// An IAM role.
    #[default]
    Role,
    /// An IAM user.
    User,
    /// An IAM group.
    Group,
}

impl PrincipalKind {
    /// The word that the three formats and AWS use for it.
    pub fn word(self) -> &'static str {
        match self {
            PrincipalKind::Role => "role",
            PrincipalKind::User => "user",
            PrincipalKind::Group => "group",
        }
    }
}

/// The principal that receives the documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrincipalTarget {
    /// Role, user or group.
    pub kind: PrincipalKind,
    /// The friendly name, without the path.
    pub name: String,
    /// The path, `/` when there is none.
    pub path: String,
    /// The whole ARN.
    pub arn: String,
}

impl PrincipalTarget {
    /// Whether IAM Identity Center made the role from a permission set: nobody else can change it, so nothing can be
    /// attached to it (<https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html>).
    pub fn is_of_permission_set(&self) -> bool {
        self.kind == PrincipalKind::Role && self.path.starts_with("/aws-reserved/")
    }
}

/// How the documents are attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attach {
    /// As customer managed policies, attached to the principal.
    #[default]
    Managed,
    /// As policies that are part of the principal.
    Inline,
}

/// What is to be written for one principal.
#[derive(Clone, Debug)]
pub struct Deliverable {
    /// Who receives it.
    pub principal: PrincipalTarget,
    /// The documents, in the order in which they are numbered; the name is the policy's name in AWS.
    pub documents: Vec<Named<Policy>>,
    /// How they are attached.
    pub attach: Attach,
    /// What whoever applies the files must know, a line each; formats with comments hold it.
    pub comments: Vec<String>,
}

/// The choices that do not follow from the deliverable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How Terraform holds the documents.
    pub terraform: TerraformStyle,
    /// Where the documents come from.
    pub made: Made,
}

/// Where documents come from, as their description says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Made {
    /// From what a principal did.
    #[default]
    RightSized,
    /// From what somebody meant.
    Generated,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// A bare file name, safe on every system: no separators, no reserved names, no upper case.
    pub name: String,
    /// The whole text, ending in a line feed.
    pub text: String,
    /// What the reader must know before using the file, one sentence each.
    pub notes: Vec<String>,
}

/// Why a deliverable cannot be written in a format.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// CloudFormation replaces `{{resolve:…}}` in every string and offers no escape.
    #[error(
        "document `{document}` holds `{text}`, which cloudformation would replace by a value of its own; \
         use json or terraform for this principal"
    )]
    DynamicReference {
        /// The name of the document.
        document: String,
        /// The string, cut to a readable length.
        text: String,
    },
    /// The canonical text of a document is not JSON.
    #[error("document `{document}` cannot be read back as json")]
    NotJson {
        /// The name of the document.
        document: String,
        /// What the parser said.
        source: serde_json::Error,
    },
}

/// Writes what one principal receives. File names and identifiers are unique within the answer.
///
/// When there are no documents, JSON still has its index; a Terraform file or a template that says nothing is not
/// written (CloudFormation refuses a template without resources).
pub fn render(
    deliverable: &Deliverable,
    format: Format,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    render_beside(&mut Names::default(), deliverable, format, options)
}

/// Writes what one principal receives, with names that are unique among everything that `names` has given out:
/// for several principals in one folder.
pub fn render_beside(
    names: &mut Names,
    deliverable: &Deliverable,
    format: Format,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    let stem = names.file_stem(&deliverable.principal);
    match format {
        Format::Terraform | Format::Cloudformation if deliverable.documents.is_empty() => Ok(Vec::new()),
        Format::Json => json::files(&stem, deliverable),
        Format::Terraform => terraform::files(&stem, names, deliverable, options),
        Format::Cloudformation => cloudformation::files(&stem, deliverable, options.made),
    }
}

/// The canonical document as a tree, in the order in which it is printed.
fn tree(document: &Named<Policy>) -> Result<Value, RenderError> {
    serde_json::from_str(&document.policy.to_json())
        .map_err(|source| RenderError::NotJson { document: document.name.clone(), source })
}

/// The sentence that says where a policy comes from, in the characters that AWS takes in a description.
///
/// IAM's pattern is `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`, at most 1,000 characters. A customer managed
/// policy's description cannot be changed later, so it holds nothing that changes from run to run.
fn description(target: &PrincipalTarget, made: Made) -> String {
    let name: String = target
        .name
        .chars()
        .take(128)
        .map(|c| if matches!(c, ' '..='~' | '\u{a1}'..='\u{ff}') { c } else { '?' })
        .collect();
    let how = match made {
        Made::RightSized => "right-sized",
        Made::Generated => "generated",
    };
    format!("Least privilege for the {} {name}, {how} by leastwise", target.kind.word())
}

/// A note for a format that undoes JSON's escapes, so that AWS sees the characters themselves.
///
/// `CreatePolicy` takes `[\u0009\u000A\u000D\u0020-\u00FF]+` as document text.
fn characters_note(document: &Named<Policy>) -> Option<String> {
    let text = document.policy.to_json();
    let found = text.chars().find(|c| *c > '\u{ff}')?;
    Some(format!(
        "document `{}` holds U+{:04X}, which AWS takes in a policy only as a JSON escape, and this format hands it \
         over unescaped; write it as `?` or use json",
        document.name, found as u32
    ))
}
