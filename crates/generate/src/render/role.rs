//! Writes a role that is made anew: with who may assume it, its boundary, its policies.
//!
//! A role without a trust policy is one that exists: its policies are written and attached by name, as a
//! right-sizing does.

use leastwise_policy::aws::{Named, Policy};
use serde_json::{Map, Value, json};

use super::json::escape;
use super::{Deliverable, File, Format, Names, Options, RenderError, name, render_beside, tree};

mod cloudformation;
mod script;
mod terraform;

pub(super) use script::quoted;

/// A role with all that belongs to it.
#[derive(Clone, Debug)]
pub struct RoleDeliverable {
    /// The role and what it may do.
    pub policies: Deliverable,
    /// Who may assume it; nothing for a role that exists.
    pub trust: Option<Policy>,
    /// The most that it may ever do.
    pub boundary: Option<RoleBoundary>,
    /// How long a session may last, in seconds.
    pub session: Option<u32>,
    /// Tags: key and value.
    pub tags: Vec<(String, String)>,
}

/// A permissions boundary.
#[derive(Clone, Debug)]
pub enum RoleBoundary {
    /// A policy that is written too.
    Made(Named<Policy>),
    /// A policy that exists, by its ARN.
    Existing(String),
}

/// The formats of a role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoleFormat {
    /// One file for each document, and an index.
    #[default]
    Json,
    /// Resources of the `hashicorp/aws` provider.
    Terraform,
    /// A CloudFormation template.
    Cloudformation,
    /// A shell script of `aws iam` commands.
    Script,
}

impl RoleDeliverable {
    /// The session's length as IAM takes it for a role: from one hour to twelve.
    fn longest_session(&self) -> Option<u32> {
        self.session.map(|seconds| seconds.clamp(3_600, 43_200))
    }

    /// The documents by what they are: `identity`, `identity-2` …, `trust`, `boundary`.
    pub fn documents(&self) -> Vec<(String, &Policy)> {
        let mut documents = Vec::new();
        for (index, document) in self.policies.documents.iter().enumerate() {
            let key = if index == 0 { "identity".to_owned() } else { format!("identity-{}", index + 1) };
            documents.push((key, &document.policy));
        }
        documents.extend(self.trust.iter().map(|policy| ("trust".to_owned(), policy)));
        if let Some(RoleBoundary::Made(boundary)) = &self.boundary {
            documents.push(("boundary".to_owned(), &boundary.policy));
        }
        documents
    }
}

/// Writes a role, with names that are unique among everything that `names` has given out.
///
/// # Errors
/// What the format cannot say.
pub fn render_role(
    names: &mut Names,
    role: &RoleDeliverable,
    format: RoleFormat,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    match (format, &role.trust) {
        (RoleFormat::Terraform, Some(trust)) => terraform::files(names, role, trust, options),
        (RoleFormat::Terraform, None) => render_beside(names, &role.policies, Format::Terraform, options),
        (RoleFormat::Cloudformation, Some(trust)) => cloudformation::files(names, role, trust, options),
        (RoleFormat::Cloudformation, None) => {
            render_beside(names, &role.policies, Format::Cloudformation, options)
        }
        (RoleFormat::Script, _) => script::files(names, role, options),
        (RoleFormat::Json, _) => json_files(names, role),
    }
}

/// `<stem>-identity.json`, `<stem>-trust.json`, `<stem>-boundary.json` and `<stem>-index.json`.
fn json_files(names: &mut Names, role: &RoleDeliverable) -> Result<Vec<File>, RenderError> {
    let target = &role.policies.principal;
    let stem = names.file_stem(target);
    let mut files = Vec::new();
    let mut index = Map::new();
    for (key, policy) in role.documents() {
        let file = format!("{stem}-{key}.json");
        index.insert(key, json!({"file": file, "quota_characters": policy.quota_len()}));
        files.push(File { name: file, text: escape(&policy.to_json()), notes: Vec::new() });
    }
    let existing = match &role.boundary {
        Some(RoleBoundary::Existing(arn)) => Value::from(arn.as_str()),
        _ => Value::Null,
    };
    let tags: Map<String, Value> =
        role.tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    let index = json!({
        "role": target.name,
        "documents": index,
        "boundary_arn": existing,
        "max_session_seconds": role.longest_session(),
        "tags": tags,
    });
    let text = escape(&format!("{index:#}"));
    files.push(File { name: format!("{stem}-index.json"), text, notes: Vec::new() });
    Ok(files)
}

/// All documents of a role as one JSON value.
///
/// # Errors
/// A document that is not JSON.
pub fn role_value(role: &RoleDeliverable) -> Result<Value, RenderError> {
    let mut value = Map::new();
    for (key, policy) in role.documents() {
        value.insert(key.clone(), tree(&Named::new(key, policy.clone()))?);
    }
    if let Some(RoleBoundary::Existing(arn)) = &role.boundary {
        value.insert("boundary".to_owned(), Value::from(arn.as_str()));
    }
    Ok(Value::Object(value))
}

/// A role's name as IAM takes it: `[\w+=,.@-]+`, at most 64 characters.
fn role_name(text: &str) -> String {
    name::policy_name(text, &mut Default::default()).chars().take(64).collect()
}
