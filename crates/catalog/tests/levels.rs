//! What levels come to, over every service and resource type: never more than the level says.

use leastwise_catalog::levels::{LEVELS, LevelTables, Meaning, Source, Target};
use leastwise_catalog::{Action, Catalog, Level, Visibility};

/// Calls `check` with every level on every resource type, and what it comes to there.
fn every(mut check: impl FnMut(&str, &str, &Meaning, &[Action<'_>])) {
    let catalog = Catalog::embedded();
    for prefix in catalog.services() {
        let Some(service) = catalog.service(prefix) else { continue };
        for kind in &service.resource_types {
            let Some(format) = kind.formats().next() else { continue };
            let arn = format.fill(|name| Some(if name == "Partition" { "aws" } else { "x1" }.to_owned()));
            for level in LEVELS.iter().filter(|level| **level != "admin") {
                let found = LevelTables::embedded().meaning(catalog, Target::Arn(&arn), level);
                let Some(meaning) = found else { continue };
                let actions: Vec<Action<'_>> =
                    meaning.grants.iter().filter_map(|grant| catalog.action(&grant.action)).collect();
                assert_eq!(actions.len(), meaning.grants.len(), "{level} on {arn}");
                check(level, &arn, &meaning, &actions);
            }
        }
    }
}

#[test]
fn no_level_manages_permissions_and_only_tag_tags() {
    let mut wrong = Vec::new();
    every(|level, arn, meaning, actions| {
        for action in actions {
            let manages = action.levels.contains(Level::PermissionsManagement) && level != "tag";
            let tags = action.levels.contains(Level::Tagging) && level != "tag";
            let by_table = meaning.source == Source::Table;
            // A table may name an action that a source calls permissions management, for a reason in its comment.
            if (manages && !by_table) || tags {
                wrong.push(format!("{level} on {arn}: {}", action.full_name()));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_reads_changes_nothing() {
    let mut wrong = Vec::new();
    every(|level, arn, meaning, actions| {
        let reads = ["list", "describe", "read"].contains(&level) && meaning.source == Source::Derived;
        for action in actions.iter().filter(|action| reads && action.levels.changes()) {
            wrong.push(format!("{level} on {arn}: {}", action.full_name()));
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn derived_write_and_update_neither_create_nor_destroy_the_resource() {
    let mut wrong = Vec::new();
    every(|level, arn, meaning, actions| {
        if !["write", "update"].contains(&level) || meaning.source != Source::Derived {
            return;
        }
        for action in actions {
            let contents = action.visibility == Visibility::Data;
            let creates = action.name.starts_with("Create");
            if !contents
                && (creates
                    || action.destructive
                        && !action.name.starts_with("Update")
                        && !action.name.starts_with("Modify"))
            {
                wrong.push(format!("{level} on {arn}: {}", action.full_name()));
            }
            if level == "update" && action.name.starts_with("Delete") {
                wrong.push(format!("{level} on {arn}: {}", action.full_name()));
            }
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_action_stands_on_a_resource_that_it_knows() {
    let (catalog, tables) = (Catalog::embedded(), LevelTables::embedded());
    let mut wrong = Vec::new();
    every(|level, arn, meaning, actions| {
        for (grant, action) in meaning.grants.iter().zip(actions) {
            let resources = tables.resources(catalog, &grant.action, &grant.place, Target::Arn(arn));
            for resource in resources.iter().flatten() {
                let alone = resource == "*" && action.resources.is_empty();
                if !alone && !catalog.could_support(&grant.action, resource) {
                    wrong.push(format!("{level} on {arn}: {} on {resource}", grant.action));
                }
                if resource == "*" && !action.resources.is_empty() {
                    wrong.push(format!("{level} on {arn}: {} on *", grant.action));
                }
            }
            if let Err(unfit) = resources {
                wrong.push(format!("{level} on {arn}: {} {unfit:?}", grant.action));
            }
        }
    });
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}

#[test]
fn most_types_know_some_level() {
    let mut known = std::collections::BTreeSet::new();
    every(|_, arn, _, _| {
        known.insert(arn.to_owned());
    });
    let all: usize = Catalog::embedded()
        .services()
        .filter_map(|prefix| Catalog::embedded().service(prefix))
        .map(|service| service.resource_types.len())
        .sum();
    println!("{} of {all} resource types know a level", known.len());
    assert!(known.len() * 10 > all * 6, "{} of {all}", known.len());
}
