//! `leastwise explain`: what a check finds, why it matters, and how it is put right.

pub mod markdown;

use std::borrow::Cow;

use leastwise_analysis::check::{Check, Example, all, named};
use leastwise_policy::aws::DocumentKind;
use serde_json::{Value, json};

use super::check::words::wrapped;
use crate::cli::explain::{ExplainArgs, ExplainOutput};
use crate::error::{Error, Result};
use crate::output::table::{Column, lay_out};
use crate::output::{self, nearest};

/// Prints one check, or the list of all.
pub fn run(args: &ExplainArgs) -> Result<()> {
    let text = match &args.check {
        Some(code) => one(find(code)?, args.output),
        None => list(args.output),
    };
    output::result(text.as_bytes())
}

fn find(code: &str) -> Result<&'static Check> {
    if let Some(check) = named(code) {
        return Ok(check);
    }
    let near = nearest(code, all().map(|check| check.code), 3);
    let near: Vec<String> = near.iter().map(|code| format!("`{code}`")).collect();
    let error = Error::usage(format!("unknown check `{code}`"));
    Err(match near.is_empty() {
        true => error.hint("`leastwise explain` lists all checks"),
        false => error.hint(format!("did you mean {}?", near.join(" or "))),
    })
}

fn one(check: &Check, output: ExplainOutput) -> String {
    match output {
        ExplainOutput::Text => text(check, output::width()),
        ExplainOutput::Json => format!("{:#}\n", value(check)),
        ExplainOutput::Markdown => markdown::check(check),
    }
}

fn list(output: ExplainOutput) -> String {
    let mut checks: Vec<&Check> = all().collect();
    checks.sort_by_key(|check| (check.class, check.code));
    match output {
        ExplainOutput::Text => {
            let column = |title, gives_way| Column { title, right: false, gives_way };
            let columns = [
                column("CODE", false),
                column("SEVERITY", false),
                column("CLASS", false),
                column("WHAT", true),
            ];
            let rows: Vec<Vec<String>> = checks
                .iter()
                .map(|check| {
                    [check.code, check.severity.as_str(), check.class.as_str(), check.title]
                        .map(str::to_owned)
                        .to_vec()
                })
                .collect();
            lay_out(&columns, &rows, output::width())
        }
        ExplainOutput::Json => {
            let values: Vec<Value> = checks.iter().map(|check| value(check)).collect();
            format!("{:#}\n", json!({ "schema": "leastwise/checks/1", "checks": values }))
        }
        ExplainOutput::Markdown => markdown::page(&checks),
    }
}

fn text(check: &Check, width: Option<usize>) -> String {
    let mut out = format!("{}: {}\n", check.code, check.title);
    out.push_str(&format!("{}, {}", check.severity, check.class.as_str()));
    if !check.mitre.is_empty() {
        out.push_str(&format!("; MITRE ATT&CK {}", check.mitre.join(", ")));
    }
    out.push_str("\n\n");
    for paragraph in check.about.split("\n\n") {
        for line in wrapped(&paragraph.replace('\n', " "), Some(width.unwrap_or(100).min(100))) {
            out.push_str(&format!("{line}\n"));
        }
        out.push('\n');
    }
    for (title, example) in [("Found", &check.bad), ("Put right", &check.good)] {
        out.push_str(&format!("{title}, {}:\n", what(example)));
        for line in shown(example).lines() {
            out.push_str(&format!("  {line}\n"));
        }
        out.push('\n');
    }
    out.push_str("To live with it, in leastwise.toml:\n");
    for line in suppression(check).lines() {
        out.push_str(&format!("  {line}\n"));
    }
    out.push_str("\nReferences:\n");
    for reference in check.references {
        out.push_str(&format!("  {reference}\n"));
    }
    out
}

/// How the check is suppressed in the settings.
fn suppression(check: &Check) -> String {
    format!(
        "[[check.suppress]]\ncode = \"{}\"\nfile = \"path/to/{}\"\nreason = \"why this is fine\"\nuntil = 2027-06-30\n",
        check.code, check.bad.file
    )
}

/// The example's text. Of one that shows a quota, the beginning and how much follows.
pub fn shown(example: &Example) -> Cow<'static, str> {
    const LONGEST: usize = 1_500;
    const BEGINNING: usize = 400;
    let text = example.text.trim_end();
    if text.len() <= LONGEST {
        return text.into();
    }
    let beginning: String = text.chars().take(BEGINNING).collect();
    let rest = text.chars().count() - BEGINNING;
    format!("{beginning}\n… and {} characters more", output::thousands(rest as u64)).into()
}

fn what(example: &Example) -> String {
    let kind = match example.kind {
        None => return format!("`{}`", example.file),
        Some(DocumentKind::Identity) => "an identity policy",
        Some(DocumentKind::Resource) => "a resource policy",
        Some(DocumentKind::Trust) => "a trust policy",
        Some(DocumentKind::Boundary) => "a permissions boundary",
        Some(DocumentKind::ServiceControl) => "a service control policy",
        Some(DocumentKind::ResourceControl) => "a resource control policy",
        Some(DocumentKind::Session) => "a session policy",
    };
    match example.resource_type {
        Some(resource) => format!("{kind} of {resource}"),
        None => kind.to_owned(),
    }
}

fn value(check: &Check) -> Value {
    let example =
        |example: &Example| json!({ "file": example.file, "what": what(example), "text": example.text });
    json!({
        "code": check.code,
        "title": check.title,
        "class": check.class.as_str(),
        "severity": check.severity.as_str(),
        "mitre": check.mitre,
        "about": check.about,
        "bad": example(&check.bad),
        "good": example(&check.good),
        "references": check.references,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_can_be_explained_in_every_form() {
        for check in all() {
            for output in [ExplainOutput::Text, ExplainOutput::Json, ExplainOutput::Markdown] {
                let text = one(check, output);
                assert!(text.contains(check.code) && text.contains(check.title), "{text}");
            }
        }
    }

    #[test]
    fn a_code_that_is_nearly_right_is_answered_with_the_right_one() {
        let error = find("INVALID_ACTON").expect_err("no such check");
        assert!(error.way_out().is_some_and(|hint| hint.starts_with("did you mean `INVALID_ACTION`")));
        assert!(find("invalid_action").is_ok());
    }
}
