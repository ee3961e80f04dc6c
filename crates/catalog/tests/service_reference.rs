//! What AWS's service reference says that an operation authorises, against the rule tables.
//!
//! The reference's table of operations names every action that a call may be asked for. What is neither needed by the
//! catalogue nor in a rule nor in `service_reference.txt`, with the reason why not, is a gap. The table is no part of
//! the repository: with `LEASTWISE_SERVICE_REFERENCE` naming a folder of its JSON files
//! (`https://servicereference.us-east-1.amazonaws.com/v1/sqs/sqs.json`) a test lists the gaps.

use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Plan, Planner, Rules};
use leastwise_policy::glob;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn planner() -> Planner<'static> {
    Planner::new(Catalog::embedded(), Rules::embedded())
}

/// What is not asked for, as patterns of prefix, operation and action.
fn exceptions() -> Vec<[&'static str; 3]> {
    let mut found = Vec::new();
    for line in include_str!("service_reference.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(prefix), Some(operation)) = (words.next(), words.next()) else { continue };
        found.extend(words.map(|action| [prefix, operation, action]));
    }
    found
}

/// Every label under which calls of an IAM prefix are logged.
fn labels() -> BTreeMap<String, BTreeSet<String>> {
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in include_str!("../data/aws/rules/_sources.rules").lines() {
        let mut words = line.split_whitespace();
        if words.next() != Some("source") {
            continue;
        }
        let label = words.next().unwrap_or_default();
        for prefix in words {
            labels.entry(prefix.to_owned()).or_default().insert(label.to_owned());
        }
    }
    labels
}

/// The actions that a call may need, whatever its parameters.
fn planned(label: &str, operation: &str) -> BTreeSet<String> {
    match planner().plan(label, operation) {
        Plan::Needs(needs) => needs.iter().map(|need| need.action.to_lowercase()).collect(),
        Plan::Ignored | Plan::Nothing | Plan::Unknown => BTreeSet::new(),
    }
}

#[test]
fn an_exception_says_why_and_is_about_actions_that_exist() {
    let catalog = Catalog::embedded();
    let services = catalog.services().filter_map(|prefix| Some((prefix, catalog.service(prefix)?)));
    let actions: Vec<String> = services
        .flat_map(|(prefix, service)| {
            service.actions.iter().map(move |action| format!("{prefix}:{}", action.name))
        })
        .collect();
    let mut wrong = Vec::new();
    for [prefix, operation, action] in exceptions() {
        let exists = actions.iter().any(|name| glob::matches(action, name));
        let planned = !operation.contains('*') && planned(prefix, operation).contains(&action.to_lowercase());
        if !exists || planned {
            wrong.push(format!("{prefix} {operation} {action}"));
        }
    }
    for section in include_str!("service_reference.txt").split("\n\n") {
        if !section.trim_start().starts_with('#') {
            wrong.push(section.lines().next().unwrap_or_default().to_owned());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_further_action_is_of_an_operation_that_somebody_knows() {
    // A rule on top of an operation that nobody knows would never be asked, or make an unknown call look known.
    let (catalog, rules) = (Catalog::embedded(), Rules::embedded());
    let table = include_str!("../data/aws/rules/_more.rules");
    let mut unknown = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("also ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (label, operation, action) = (words[1], words[2], words[4]);
        let needs = planned(label, operation);
        let others: BTreeSet<String> = table
            .lines()
            .filter(|line| line.split_whitespace().take(3).eq(["also", label, operation]))
            .filter_map(|line| Some(line.split_whitespace().nth(4)?.to_lowercase()))
            .collect();
        let known = catalog.event(label, operation).is_some()
            || needs.iter().any(|need| !others.contains(need))
            || rules
                .actions()
                .any(|(event, need)| event == operation && !others.contains(&need.to_lowercase()));
        if !known || !needs.contains(&action.to_lowercase()) {
            unknown.push(line.to_owned());
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// Every JSON file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder of the service reference can be read").flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
}

#[test]
fn every_further_action_of_the_service_reference_is_in_a_rule_or_an_exception() {
    let Some(folder) = std::env::var_os("LEASTWISE_SERVICE_REFERENCE") else {
        eprintln!("skipped: LEASTWISE_SERVICE_REFERENCE names no folder");
        return;
    };
    let (labels, exceptions) = (labels(), exceptions());
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    let mut gaps = BTreeSet::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of the service reference is text");
        let service: Value = serde_json::from_str(&text).expect("a file of the service reference is JSON");
        let prefix = service["Name"].as_str().unwrap_or_default();
        let none = BTreeSet::new();
        let labels: BTreeSet<&str> =
            labels.get(prefix).unwrap_or(&none).iter().map(String::as_str).chain([prefix]).collect();
        for operation in service["Operations"].as_array().into_iter().flatten() {
            let name = operation["Name"].as_str().unwrap_or_default();
            let own = format!("{prefix}:{name}").to_lowercase();
            let planned: BTreeSet<String> = labels.iter().flat_map(|label| planned(label, name)).collect();
            for action in operation["AuthorizedActions"].as_array().into_iter().flatten() {
                let (service, name_of) = (action["Service"].as_str(), action["Name"].as_str());
                let action = format!("{}:{}", service.unwrap_or(prefix), name_of.unwrap_or_default());
                let excepted = exceptions.iter().any(|[of, operation, pattern]| {
                    glob::matches(of, prefix)
                        && glob::matches(operation, name)
                        && glob::matches(pattern, &action)
                });
                let lower = action.to_lowercase();
                if lower != own && !planned.contains(&lower) && !excepted {
                    gaps.insert(format!("{prefix} {name} {action}"));
                }
            }
        }
    }
    assert!(gaps.is_empty(), "{} gaps\n{}", gaps.len(), gaps.into_iter().collect::<Vec<_>>().join("\n"));
}
