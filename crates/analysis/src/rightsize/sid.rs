//! Readable names for statements: service, access levels, resource type, and what sets the statement apart.
//! They depend on what a statement is about and never on counts, so a nightly run leaves them as they are.

use std::collections::BTreeSet;

use leastwise_catalog::{Catalog, Level};

use super::minimise::Draft;

/// The name of a statement; IAM takes letters and digits only.
pub(super) fn name(draft: &Draft, catalog: &Catalog) -> String {
    let mut services = BTreeSet::new();
    let mut levels = BTreeSet::new();
    for action in &draft.actions {
        services.insert(action.split_once(':').map_or("", |(prefix, _)| prefix));
        if let Some(action) = catalog.action(action) {
            levels.extend(action.levels.iter());
        }
    }
    let mut name = match services.iter().next() {
        Some(service) if services.len() == 1 => camel(service),
        _ => "Various".to_owned(),
    };
    if draft.actions.iter().all(|action| action.eq_ignore_ascii_case("iam:PassRole")) {
        name.push_str("PassRole");
    } else {
        name.extend(levels.into_iter().map(level));
        if let [kind] = &draft.kinds.iter().collect::<Vec<_>>()[..] {
            name.push_str(&camel(kind));
        }
    }
    name.push_str(draft.section.suffix());
    for key in draft.conds.keys() {
        name.push_str("If");
        name.push_str(&camel(key.rsplit_once(':').map_or(key, |(_, key)| key)));
    }
    name
}

/// `name`, or with the first number that makes it unlike those `taken`.
pub(super) fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}{number}");
        number += 1;
    }
    candidate
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::List => "List",
        Level::Read => "Read",
        Level::Write => "Write",
        Level::Tagging => "Tag",
        Level::PermissionsManagement => "Permissions",
    }
}

fn camel(text: &str) -> String {
    let mut camel = String::new();
    for word in text.split(|character: char| !character.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
