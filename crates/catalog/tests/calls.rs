//! The rule tables, on cases that people wrote: one JSON file per service in `tests/calls`, and the shared
//! oracles where they are at hand.

use leastwise_catalog::Catalog;
use leastwise_catalog::call::{ErrorClass, Plan, Planner, Recorded, Rules, Scope, Scratch};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn planner() -> Planner<'static> {
    Planner::new(Catalog::embedded(), Rules::embedded())
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if !path.exists() {
        eprintln!("skipped: ../shared/data is not here");
        return None;
    }
    Some(path)
}

fn text<'v>(event: &'v Value, member: &str) -> &'v str {
    event[member].as_str().unwrap_or_default()
}

/// (action, resource) of everything that an event needs, with `? ` before what it only may have needed; `None` when
/// neither rules nor catalogue know it.
fn needs(event: &Value) -> Option<BTreeSet<(String, String)>> {
    let label = text(event, "eventSource").trim_end_matches(".amazonaws.com");
    let plan = planner().plan(label, text(event, "eventName"));
    if matches!(plan, Plan::Unknown) {
        return None;
    }
    let scope = Scope {
        partition: "aws",
        region: text(event, "awsRegion"),
        account: text(event, "recipientAccountId"),
        event: text(event, "eventName"),
        caller: text(&event["userIdentity"], "arn"),
        source_identity: event["userIdentity"]["sessionContext"]["sourceIdentity"].is_string(),
        error: text(event, "errorCode"),
    };
    let mut found = BTreeSet::new();
    let said =
        Recorded { parameters: &event["requestParameters"], additional: &event["additionalEventData"] };
    plan.apply(&said, &scope, &mut Scratch::default(), &mut |need| {
        let Plan::Needs(planned) = &plan else { return };
        let perhaps = if planned[need.index].maybe { "? " } else { "" };
        found.insert((format!("{perhaps}{}", need.action), need.resource.to_owned()));
    });
    Some(found)
}

#[test]
fn every_case_of_the_tables_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let list: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for case in list {
            cases += 1;
            let expected: BTreeSet<(String, String)> = case["needs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
                .collect();
            let found = needs(&case["event"]).unwrap_or_default();
            if found != expected {
                let name = file.file_name().unwrap().to_string_lossy().into_owned();
                wrong.push(format!(
                    "{name}: {}\n  expected {expected:?}\n  found    {found:?}",
                    text(&case, "name")
                ));
            }
        }
    }
    assert!(cases > 0, "there are no cases");
    assert!(wrong.is_empty(), "{} of {cases} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_names_actions_types_and_variables_of_the_catalogue() {
    let catalog = Catalog::embedded();
    let mut wrong: Vec<String> = Rules::embedded()
        .actions()
        .filter(|(_, action)| catalog.action(action).is_none_or(|known| known.full_name() != *action))
        .map(|(event, action)| format!("{event}: {action}"))
        .collect();
    for (prefix, kind, variable) in Rules::embedded().bindings() {
        let known = catalog.service(prefix).and_then(|service| {
            let kind = service.resource_types.iter().find(|own| *own.name == *kind)?;
            Some(kind.formats().any(|format| format.variables().any(|own| own == variable)))
        });
        if known != Some(true) {
            wrong.push(format!("bind {prefix} {kind} {variable}"));
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} rules name what is not there:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_event_trap_is_avoided() {
    let Some(path) = shared("event-traps/event_to_actions.json") else { return };
    let traps: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for trap in &traps {
        let event = &trap["event"];
        let usage = text(event, "eventType") == "AwsApiCall"
            && text(&event["userIdentity"], "type") != "AWSService"
            && Rules::embedded().outcome(text(event, "errorCode")) != ErrorClass::Denied;
        let found: BTreeSet<String> = if usage {
            needs(event)
                .unwrap_or_default()
                .into_iter()
                .map(|(action, _)| action)
                .filter(|action| !action.starts_with("? "))
                .collect()
        } else {
            BTreeSet::new()
        };
        let expected: BTreeSet<String> = trap["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|action| action.as_str().unwrap().to_owned())
            .collect();
        if found != expected {
            wrong.push(format!("{}: expected {expected:?}, found {found:?}", text(trap, "name")));
        }
    }
    assert_eq!(traps.len(), 38);
    assert!(wrong.is_empty(), "{} of 38 wrong:\n{}", wrong.len(), wrong.join("\n"));
}
