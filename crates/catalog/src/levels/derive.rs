//! The default for services and types without rows: what levels come to by access levels, resource types, marks
//! and names. It never gives permissions management, never a tagging action but for `tag`, and never the creation
//! or the deletion of the resource but for `delete` on a type without contents. Where it is in doubt it gives
//! nothing, and the intent has to name operations.

use crate::facts::{ActionFacts, ResourceType, Service, Visibility};
use crate::level::Level;

/// The actions of a level on a resource of a type.
pub(super) fn on_type<'s>(service: &'s Service, kind: &ResourceType, word: &str) -> Vec<&'s ActionFacts> {
    let of_type: Vec<&ActionFacts> =
        service.actions.iter().filter(|action| names_type(action, kind)).collect();
    let chosen = |test: &dyn Fn(&ActionFacts) -> bool| -> Vec<&'s ActionFacts> {
        of_type.iter().copied().filter(|action| test(action)).collect()
    };
    let names = stems(&kind.name);
    let named = |action: &ActionFacts, verbs: &[&str]| {
        verbs
            .iter()
            .any(|verb| names.iter().any(|name| action.name.eq_ignore_ascii_case(&format!("{verb}{name}"))))
    };
    let contents = |action: &ActionFacts| action.visibility == Visibility::Data && plain(action);
    let has_contents = of_type.iter().any(|action| contents(action) && reads(action));
    match word {
        "describe" => chosen(&|action| {
            reads(action) && !contents(action) && about(action, &names, &["Get", "Describe", "List"])
        }),
        "read" if has_contents => chosen(&|action| contents(action) && reads(action)),
        "read" => chosen(&|action| reads(action) && named(action, &["Get", "Describe", "BatchGet"])),
        "write" if has_contents => chosen(&|action| contents(action) && action.levels.contains(Level::Write)),
        "write" | "update" if !has_contents => {
            chosen(&|action| plain(action) && named(action, &["Update", "Modify"]))
        }
        "update" => chosen(&|action| contents(action) && starts(action, &["Update"])),
        "delete" if has_contents => chosen(&|action| contents(action) && starts(action, &["Delete"])),
        "delete" => chosen(&|action| plain(action) && named(action, &["Delete", "Terminate"])),
        "tag" => chosen(&|action| {
            let own = ["TagResource", "UntagResource"].contains(&&*action.name);
            action.levels.contains(Level::Tagging) && (own || named(action, &["Tag", "Untag"]))
        }),
        _ => Vec::new(),
    }
}

/// The action that enumerates the resources of a type; without a type, of the service if it is about one only.
pub(super) fn listing<'s>(service: &'s Service, kind: Option<&str>) -> Option<&'s ActionFacts> {
    let lists = |action: &&ActionFacts| {
        let needs_nothing = action.resources.iter().all(|on| !on.required);
        needs_nothing && reads(action) && starts(action, &["List", "Describe"])
    };
    if let Some(kind) = kind {
        let names: Vec<String> = stems(kind).iter().flat_map(|stem| plurals(stem)).collect();
        return service.actions.iter().filter(lists).find(|action| {
            names.iter().any(|name| {
                ["List", "Describe"]
                    .iter()
                    .any(|verb| action.name.eq_ignore_ascii_case(&format!("{verb}{name}")))
            })
        });
    }
    let kinds = service.resource_types.iter();
    let mut found: Vec<&ActionFacts> = kinds.filter_map(|kind| listing(service, Some(&kind.name))).collect();
    found.dedup_by(|a, b| a.name == b.name);
    match found[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// Whether the action names the type; one that only reads does whenever it can be limited to it.
fn names_type(action: &ActionFacts, kind: &ResourceType) -> bool {
    action.resource(&kind.name).is_some()
}

fn reads(action: &ActionFacts) -> bool {
    !action.levels.changes()
}

/// Neither tagging nor permissions management.
fn plain(action: &ActionFacts) -> bool {
    !action.levels.contains(Level::Tagging) && !action.levels.contains(Level::PermissionsManagement)
}

fn starts(action: &ActionFacts, verbs: &[&str]) -> bool {
    verbs.iter().any(|verb| action.name.starts_with(verb))
}

/// Whether an action's name is one of the verbs and something of the resource itself.
fn about(action: &ActionFacts, names: &[String], verbs: &[&str]) -> bool {
    let lower = action.name.to_ascii_lowercase();
    let itself = names.iter().any(|name| lower.contains(&name.to_ascii_lowercase()));
    let tags = ["ListTagsForResource", "ListTags", "ListTagsOfResource", "GetTags"].contains(&&*action.name);
    let policy = ["GetPolicy", "GetResourcePolicy"].contains(&&*action.name);
    starts(action, verbs) && (itself || tags || policy)
}

/// How actions spell a resource type: `db` is `DBInstance` nowhere in the facts, so only what can be read off the
/// name: `job-queue` → `JobQueue`.
fn stems(kind: &str) -> Vec<String> {
    let joined: String = kind.split(['-', '_', ' ', '/']).collect();
    vec![joined]
}

fn plurals(stem: &str) -> Vec<String> {
    let mut plurals = vec![format!("{stem}s"), format!("{stem}es")];
    if let Some(short) = stem.strip_suffix('y') {
        plurals.push(format!("{short}ies"));
    }
    plurals
}
