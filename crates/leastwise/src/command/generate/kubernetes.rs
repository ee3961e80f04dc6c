//! Kubernetes: a service account, roles, bindings.

use std::fmt::Write as _;

use leastwise_generate::lower::kubernetes::{self, Bound, Compiled, Reason, Scope, prove};
use leastwise_generate::render::{
    File, KubernetesFormat, Names, kubernetes_questions, kubernetes_value, render_kubernetes,
};
use serde_json::Value;

use super::intent;
use super::platform::{Asked, Made, Printed};
use crate::cli::generate::Format;
use crate::error::Result;
use crate::output::plain;

/// What Kubernetes makes of the intent.
pub(super) fn make(asked: &Asked<'_>) -> Result<Made> {
    let roles = kubernetes::compile(asked.intent, asked.args.environment.as_deref())
        .map_err(|error| intent::told(asked.args, error))?;
    let format = match asked.format {
        Format::Json => KubernetesFormat::Json,
        Format::Terraform => KubernetesFormat::Terraform,
        _ => KubernetesFormat::Yaml,
    };
    let mut names = Names::default();
    let mut files: Vec<File> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for role in &roles {
        let file = render_kubernetes(&mut names, role, format);
        texts.push(file.text.clone());
        if asked.args.tests {
            let stem = file.name.split('.').next().unwrap_or_default();
            let text = kubernetes_questions(role, &prove::proofs(role));
            files.push(File { name: format!("{stem}.can-i.sh"), text, notes: Vec::new() });
        }
        files.push(file);
    }
    let warnings = roles.iter().flat_map(|role| &role.warnings);
    Ok(Made {
        printed: printed(&roles, &texts, format),
        files,
        trace: trace(&roles),
        notes: warnings.map(|note| format!("warning: {}: {}", note.place, note.text)).collect(),
    })
}

fn printed(roles: &[Compiled], texts: &[String], format: KubernetesFormat) -> Printed {
    match format {
        KubernetesFormat::Json => {
            let by_role = roles.iter().map(|role| (role.role.clone(), kubernetes_value(role)));
            Printed::Json(Value::Object(by_role.collect()))
        }
        KubernetesFormat::Yaml => Printed::Text(texts.join("---\n")),
        KubernetesFormat::Terraform => Printed::Text(texts.join("\n")),
    }
}

/// For each role, who holds it, and each line of the intent with what it came to.
fn trace(roles: &[Compiled]) -> String {
    let mut text = String::new();
    for (index, role) in roles.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", plain(&role.role));
        for account in &role.held_by {
            let made = if role.made.is_some() { ", which is made for it" } else { "" };
            let _ = writeln!(
                text,
                "  held by the service account {} in the namespace {}{made}",
                plain(&account.name),
                plain(&account.namespace)
            );
        }
        for reason in &role.reasons {
            let what = format!("{}: {}: {}", reason.place, reason.verb, reason.name);
            let _ = writeln!(text, "  {}", plain(&what));
            let _ = writeln!(text, "    {} on {}", reason.verbs.join(", "), plain(&described(reason)));
        }
    }
    text
}

/// `deployments/scale web of apps in the namespace shop`.
fn described(reason: &Reason) -> String {
    let mut text = reason.resources.join(", ");
    if let Bound::Objects { group, name, .. } = &reason.bound {
        if let Some(name) = name {
            text = format!("{text} `{name}`");
        }
        if group != "core" {
            text = format!("{text} of {group}");
        }
    }
    match (&reason.bound, reason.bound.scope()) {
        (Bound::Path(_), _) => text,
        (_, Scope::Namespace(name)) => format!("{text} in the namespace {name}"),
        (_, Scope::Everywhere) => format!("{text} in every namespace"),
        (_, Scope::Cluster) => format!("{text} in the cluster"),
    }
}
