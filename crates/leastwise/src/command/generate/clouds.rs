//! Google Cloud and Azure: custom roles and where they are granted.

use std::fmt::Write as _;

use leastwise_generate::lower::cloud::{How, Reason};
use leastwise_generate::lower::{Note, azure, gcp};
use leastwise_generate::render::{
    AzureFormat, File, GcpFormat, Names, PRINCIPAL, azure_value, gcp_value, render_azure, render_gcp,
};
use leastwise_policy::aws::Effect;
use serde_json::Value;

use super::intent;
use super::platform::{Asked, Made, Printed};
use crate::cli::generate::Format;
use crate::error::{Error, Result};
use crate::output::plain;

/// What Google Cloud makes of the intent.
pub(super) fn gcp(asked: &Asked<'_>) -> Result<Made> {
    let project = asked.args.project.clone();
    if let Some(project) = project.as_ref().filter(|project| !is_project(project)) {
        return Err(Error::usage(format!("`{project}` is no project"))
            .hint("its id has 6 to 30 lower-case letters, digits and `-`"));
    }
    let options = gcp::Options { project, environment: asked.args.environment.clone() };
    let roles = gcp::compile(asked.intent, &options).map_err(|error| intent::told(asked.args, error))?;
    let format = match asked.format {
        Format::Terraform => GcpFormat::Terraform,
        Format::Json => GcpFormat::Json,
        _ => GcpFormat::Yaml,
    };
    let mut names = Names::default();
    let files: Vec<File> = roles.iter().flat_map(|role| render_gcp(&mut names, role, format)).collect();
    let mut notes: Vec<String> = roles.iter().flat_map(|role| told(&role.warnings)).collect();
    for role in &roles {
        let name = &role.role;
        if role.account.project == gcp::PROJECT {
            notes
                .push(format!("warning: `{name}` holds the placeholder `{}`: say `--project`", gcp::PROJECT));
        }
        if !role.account.new {
            let email = role.account.email();
            notes.push(format!(
                "note: nobody is said to hold `{name}`: it is granted to `{email}`, which exists"
            ));
        }
        if format != GcpFormat::Terraform && !role.federation.providers.is_empty() {
            notes.push(format!(
                "warning: `{name}` holds the placeholder `{}`, which Google Cloud gives",
                gcp::NUMBER
            ));
        }
    }
    let printed = match format {
        GcpFormat::Json => by_role(roles.iter().map(|role| (role.role.clone(), gcp_value(role)))),
        GcpFormat::Yaml => Printed::Text(joined(&files, "---\n")),
        GcpFormat::Terraform => Printed::Text(joined(&files, "\n")),
    };
    Ok(Made { printed, files, trace: traces(roles.iter().map(|role| (&*role.role, &*role.reasons))), notes })
}

/// What Azure makes of the intent.
pub(super) fn azure(asked: &Asked<'_>) -> Result<Made> {
    let options = azure::Options { environment: asked.args.environment.clone() };
    let roles = azure::compile(asked.intent, &options).map_err(|error| intent::told(asked.args, error))?;
    let format = match asked.format {
        Format::Terraform => AzureFormat::Terraform,
        _ => AzureFormat::Json,
    };
    let mut names = Names::default();
    let files: Vec<File> = roles.iter().flat_map(|role| render_azure(&mut names, role, format)).collect();
    let mut notes: Vec<String> = roles.iter().flat_map(|role| told(&role.warnings)).collect();
    for role in roles.iter().filter(|_| format == AzureFormat::Json) {
        let name = &role.role;
        notes.push(format!(
            "warning: `{name}` holds the placeholder `{PRINCIPAL}`: the object id of the identity, which Azure gives"
        ));
    }
    let printed = match format {
        AzureFormat::Json => by_role(roles.iter().map(|role| (role.role.clone(), azure_value(role)))),
        AzureFormat::Terraform => Printed::Text(joined(&files, "\n")),
    };
    Ok(Made { printed, files, trace: traces(roles.iter().map(|role| (&*role.role, &*role.reasons))), notes })
}

fn is_project(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (6..=30).contains(&text.len())
        && text.bytes().all(good)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn told(warnings: &[Note]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for note in warnings {
        let text = format!("warning: {}: {}", note.place, note.text);
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

fn by_role(roles: impl Iterator<Item = (String, Value)>) -> Printed {
    Printed::Json(Value::Object(roles.collect()))
}

fn joined(files: &[File], between: &str) -> String {
    files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>().join(between)
}

/// For each role, each line of the intent with what it came to, and where that is granted.
fn traces<'r>(roles: impl Iterator<Item = (&'r str, &'r [Reason])>) -> String {
    let mut text = String::new();
    for (role, reasons) in roles {
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ = writeln!(text, "{gap}{}", plain(role));
        let same = |a: &Reason, b: &Reason| a.place == b.place && a.name == b.name && a.effect == b.effect;
        for line in reasons.chunk_by(same) {
            trace(&mut text, line);
        }
    }
    text
}

fn trace(text: &mut String, line: &[Reason]) {
    let first = &line[0];
    let never = if first.effect == Effect::Deny { "never " } else { "" };
    let how = match first.how {
        How::Table => "by the level table",
        How::Named => "as it was named",
        How::Admin => "admin: everything",
    };
    let what = format!("{}: {never}{}: {}", first.place, first.verb, first.name);
    let _ = writeln!(text, "  {} ({how})", plain(&what));
    for place in line.chunk_by(|a, b| a.at == b.at) {
        let operations: Vec<&str> = place.iter().map(|reason| reason.operation.as_str()).collect();
        let _ = writeln!(text, "    {}", operations.join(", "));
        let _ = writeln!(text, "      on {}", plain(&place[0].at));
    }
}
