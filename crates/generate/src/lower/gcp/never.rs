//! Prohibitions → deny policies.
//!
//! What is forbidden was already taken from what is allowed; a deny policy keeps it forbidden whatever else allows it.
//! It counts in the whole project, so it must not hit what the role is allowed elsewhere in it; and it knows only
//! some services (<https://cloud.google.com/iam/docs/deny-permissions-support>), which the tables name.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_policy::aws::Effect;

use super::super::Note;
use super::super::cloud::{Reason, Wanted};
use crate::intent::Fault;

/// A deny policy of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deny {
    /// The project.
    pub project: String,
    /// The permissions as deny policies name them: `storage.googleapis.com/objects.delete`.
    pub permissions: Vec<String>,
}

pub(super) fn denies(
    denied: &[Wanted<'static>],
    allowed: &[Wanted<'static>],
    home: &str,
    reasons: &mut Vec<Reason>,
    notes: &mut Vec<Note>,
    faults: &mut Vec<Fault>,
) -> Vec<Deny> {
    let mut by_project: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for never in denied {
        let Some(service) = &never.resource.service.deny else {
            left_out(never, allowed, notes, faults);
            continue;
        };
        let project = project(never, home);
        for operation in &never.operations {
            let elsewhere = |want: &&Wanted<'_>| {
                self::project(want, home) == project
                    && want.operations.iter().any(|known| known.name == operation.name)
            };
            if let Some(other) = allowed.iter().find(elsewhere) {
                let message = format!(
                    "a deny policy counts in the whole project: `{}: {}` would forbid `{}` for `{}: {}` too",
                    never.verb, never.name, operation.name, other.verb, other.name
                );
                let fault = Fault::new(&never.place, message);
                faults.push(
                    fault.help(
                        "say it in a role of its own, or leave it out: what is not said is not allowed",
                    ),
                );
                continue;
            }
            let rest = operation.name.split_once('.').map_or("", |(_, rest)| rest);
            by_project.entry(project.clone()).or_default().insert(format!("{service}/{rest}"));
            reasons.push(Reason {
                effect: Effect::Deny,
                operation: operation.name.clone(),
                at: format!("//cloudresourcemanager.googleapis.com/projects/{project}"),
                verb: never.verb.clone(),
                name: never.name.clone(),
                place: never.place.clone(),
                how: never.how,
            });
        }
        let text = format!(
            "a deny policy counts in the whole project: `never {}: {}` holds for everything of its kind in `{project}`",
            never.verb, never.name
        );
        notes.push(Note { place: never.place.clone(), text });
    }
    by_project
        .into_iter()
        .map(|(project, permissions)| Deny { project, permissions: permissions.into_iter().collect() })
        .collect()
}

/// What deny policies do not know is only not granted.
fn left_out(never: &Wanted<'_>, allowed: &[Wanted<'_>], notes: &mut Vec<Note>, faults: &mut Vec<Fault>) {
    let service = &never.resource.service.name;
    if let Some(admin) =
        allowed.iter().find(|want| !want.admin.is_empty() && (never.covers(want) || want.covers(never)))
    {
        let message = format!("`admin: {}` allows it, and deny policies do not know {service}", admin.name);
        faults
            .push(Fault::new(&never.place, message).help("say which levels are allowed in place of `admin`"));
        return;
    }
    let text = format!(
        "deny policies do not know {service}: `{}: {}` is not granted, but another role could still allow it",
        never.verb, never.name
    );
    notes.push(Note { place: never.place.clone(), text });
}

fn project(want: &Wanted<'_>, home: &str) -> String {
    let project = want.resource.values.get("project").filter(|project| *project != "_");
    project.map_or_else(|| home.to_owned(), Clone::clone)
}
