//! A POSIX shell script of `aws iam` commands, which stops at the first that fails.
//!
//! Everything that comes from an intent stands between single quotes, where a shell replaces nothing.

use std::collections::HashSet;
use std::fmt::Write as _;

use leastwise_policy::aws::{Named, Policy};
use serde_json::json;

use super::super::json::escape;
use super::super::{File, Names, Options, RenderError, description, name};
use super::{RoleBoundary, RoleDeliverable, role_name};

pub(super) fn files(
    names: &mut Names,
    role: &RoleDeliverable,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    let target = &role.policies.principal;
    let stem = names.file_stem(target);
    let about = description(target, options.made);
    let role_quoted = quoted(&role_name(&target.name));
    let kind = target.kind.word();
    let mut taken = HashSet::new();
    let mut text = format!("#!/bin/sh\n# {}.\nset -eu\n", about.replace(char::is_control, " "));
    let boundary = match &role.boundary {
        None => None,
        Some(RoleBoundary::Existing(arn)) => Some(quoted(arn)),
        Some(RoleBoundary::Made(document)) => {
            text.push_str(&create("boundary", document, role, &about, &mut taken));
            Some("\"$boundary\"".to_owned())
        }
    };
    match &role.trust {
        Some(trust) => {
            let path = name::path(&target.path);
            let _ = write!(
                text,
                "\naws iam create-role --role-name {role_quoted} --path {} \\\n  --description {} \\\n",
                quoted(path),
                quoted(&about)
            );
            if let Some(seconds) = role.longest_session() {
                let _ = writeln!(text, "  --max-session-duration {seconds} \\");
            }
            if let Some(boundary) = &boundary {
                let _ = writeln!(text, "  --permissions-boundary {boundary} \\");
            }
            if !role.tags.is_empty() {
                let tags: Vec<_> =
                    role.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
                let _ = writeln!(text, "  --tags {} \\", quoted(&json!(tags).to_string()));
            }
            let _ = writeln!(
                text,
                "  --assume-role-policy-document {}",
                quoted(escape(&trust.to_json()).trim_end())
            );
        }
        None => {
            if let Some(boundary) = &boundary {
                let _ = writeln!(
                    text,
                    "\naws iam put-role-permissions-boundary --role-name {role_quoted} --permissions-boundary {boundary}"
                );
            }
        }
    }
    for document in &role.policies.documents {
        text.push_str(&create("policy", document, role, &about, &mut taken));
        let _ = writeln!(
            text,
            "aws iam attach-{kind}-policy --{kind}-name {role_quoted} --policy-arn \"$policy\""
        );
    }
    Ok(vec![File { name: format!("{stem}.sh"), text, notes: Vec::new() }])
}

/// Makes a managed policy and keeps its ARN in a variable.
fn create(
    variable: &str,
    document: &Named<Policy>,
    role: &RoleDeliverable,
    about: &str,
    taken: &mut HashSet<String>,
) -> String {
    format!(
        "\n{variable}=$(aws iam create-policy --policy-name {} --path {} \\\n  --description {} \\\n  \
         --query Policy.Arn --output text \\\n  --policy-document {})\n",
        quoted(&name::policy_name(&document.name, taken)),
        quoted(name::path(&role.policies.principal.path)),
        quoted(about),
        quoted(escape(&document.policy.to_json()).trim_end()),
    )
}

/// Between single quotes; a single quote itself ends them, is escaped, and begins them anew.
pub(in super::super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
