//! The inverse of what was used: a workload that creates may have to clean up, and the window may be too short to
//! show it. Found by the verb, on a resource type that both support.

use std::collections::BTreeSet;

use leastwise_catalog::{Action, Catalog};

/// A verb and the one that undoes it.
const INVERSES: [(&str, &str); 16] = [
    ("Add", "Remove"),
    ("Allocate", "Release"),
    ("Associate", "Disassociate"),
    ("Attach", "Detach"),
    ("Authorize", "Revoke"),
    ("Create", "Delete"),
    ("Enable", "Disable"),
    ("Import", "Delete"),
    ("Put", "Delete"),
    ("Register", "Deregister"),
    ("Run", "Terminate"),
    ("Start", "Stop"),
    ("Subscribe", "Unsubscribe"),
    ("Tag", "Untag"),
    ("Mount", "Unmount"),
    ("Grant", "Revoke"),
];

/// The inverse of `action`, when the catalogue has one that was not used itself.
pub(super) fn inverse<'a>(
    action: &Action<'_>,
    used: &BTreeSet<String>,
    catalog: &'a Catalog,
) -> Option<Action<'a>> {
    let (prefix, name) = (&action.service.prefix, &action.facts.name);
    for (verb, undo) in INVERSES {
        let Some(noun) = name.strip_prefix(verb).filter(|noun| noun.starts_with(char::is_uppercase)) else {
            continue;
        };
        let Some(inverse) = catalog.action(&format!("{prefix}:{undo}{noun}")) else { continue };
        let shares = inverse.resources.iter().any(|kind| action.resource(&kind.resource_type).is_some());
        let alike = shares || (inverse.resources.is_empty() && action.resources.is_empty());
        if alike && !used.contains(&inverse.full_name()) {
            return Some(inverse);
        }
    }
    None
}
