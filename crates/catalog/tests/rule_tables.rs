//! What holds for every line of the rule tables, whoever wrote it.

use leastwise_catalog::call::{Known, Plan, Planner, Rules, Scope, Scratch};
use leastwise_catalog::{Catalog, Level};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Every table as (file name, text).
fn tables() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/aws/rules");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the tables' folder is part of the repository")
        .filter_map(|file| Some(file.ok()?.path()))
        .collect();
    files.sort();
    files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rules"))
        .map(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&file).expect("a table is a text file"))
        })
        .collect()
}

/// Every rule of every table as (file, line number, words).
fn rules() -> Vec<(String, usize, Vec<String>)> {
    let mut rules = Vec::new();
    for (file, text) in tables() {
        for (index, line) in text.lines().enumerate() {
            let words: Vec<String> = line
                .split_whitespace()
                .take_while(|word| !word.starts_with('#'))
                .map(str::to_owned)
                .collect();
            if !words.is_empty() {
                rules.push((file.clone(), index + 1, words));
            }
        }
    }
    rules
}

#[test]
fn every_table_opens_with_its_sources() {
    for (file, text) in tables() {
        let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        assert!(comment.iter().any(|line| line.contains("Source")), "{file} does not name its sources");
    }
}

#[test]
fn what_has_a_path_is_named_by_its_type() {
    // A template does not know that the name may lack its path; `@role(RoleNameWithPath=parameter)` does.
    let kinds = ["role", "user", "group", "policy", "instance-profile", "server-certificate"];
    let is_bare = |word: &str| {
        let name = kinds
            .iter()
            .find_map(|kind| word.strip_prefix("arn:${Partition}:iam::${Account}:")?.strip_prefix(kind));
        name.and_then(|rest| rest.strip_prefix("/${"))
            .is_some_and(|rest| rest.find('}') == Some(rest.len() - 1))
    };
    let bare: Vec<String> = rules()
        .into_iter()
        .filter(|(_, _, words)| words.get(5).is_some_and(|resource| is_bare(resource)))
        .map(|(file, line, words)| format!("{file}:{line}: {}", words[5]))
        .collect();
    assert!(bare.is_empty(), "{}", bare.join("\n"));
}

#[test]
fn whoever_passes_the_role_of_a_profile_says_which_profile() {
    let silent: Vec<String> = rules()
        .into_iter()
        .filter(|(_, _, words)| words[0] == "also" && words[3] == "+" && words[4] == "iam:PassRole")
        .filter(|(_, _, words)| words.get(5).is_some_and(|resource| resource.ends_with(":role/*")))
        .filter(|(_, _, words)| words.iter().any(|word| word == "iam:PassedToService=ec2.amazonaws.com"))
        .filter(|(_, _, words)| !words.iter().any(|word| word.starts_with("leastwise:InstanceProfile=")))
        .map(|(file, line, _)| format!("{file}:{line}"))
        .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn what_a_rule_fills_of_a_type_is_part_of_its_arn() {
    let catalog = Catalog::embedded();
    let mut wrong = Vec::new();
    for (file, line, words) in rules() {
        let Some((action, resource)) = words.get(4).zip(words.get(5)) else { continue };
        let (Some(mut rest), Some(service)) = (
            resource.strip_prefix('@'),
            action.split_once(':').and_then(|(prefix, _)| catalog.service(prefix)),
        ) else {
            continue;
        };
        // `@type(Variable=source,…),type`
        while let Some((name, inside)) = rest.split_once('(') {
            let name = name.rsplit(',').next().unwrap_or(name);
            let (pairs, after) = inside.split_once(')').expect("a rule that is read closes its brackets");
            rest = after;
            let kind = service.resource_types.iter().find(|kind| *kind.name == *name);
            for variable in pairs.split(',').filter_map(|pair| Some(pair.split_once('=')?.0)) {
                let is_part = kind.is_some_and(|kind| {
                    kind.formats().any(|format| format.variables().any(|one| one == variable))
                });
                if !is_part && variable != "Account" {
                    wrong.push(format!("{file}:{line}: {name} has no {variable}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rule_is_written_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = Vec::new();
    for (file, line, words) in rules() {
        if let Some(first) = seen.insert(words.join(" ").to_lowercase(), format!("{file}:{line}")) {
            twice.push(format!("{first} and {file}:{line}"));
        }
    }
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

#[test]
fn an_event_whose_parameters_are_hidden_still_needs_something() {
    let planner = Planner::new(Catalog::embedded(), Rules::embedded());
    let rules = rules();
    let nothing: BTreeSet<(&str, &str)> = rules
        .iter()
        .filter(|(_, _, words)| words[0] == "event" && words[4] == "none")
        .map(|(_, _, words)| (words[1].as_str(), words[2].as_str()))
        .collect();
    let mut silent = BTreeSet::new();
    for (file, line, words) in &rules {
        let event = (words[1].as_str(), words.get(2).map_or("", String::as_str));
        if words[0] != "event" || nothing.contains(&event) || event.1.contains('*') {
            continue;
        }
        let plan = planner.plan(event.0, event.1);
        let scope = Scope {
            partition: "aws",
            region: "eu-west-1",
            account: "111122223333",
            event: event.1,
            caller: "",
            source_identity: false,
            error: "",
        };
        let mut said = 0;
        plan.apply(&Value::Null, &scope, &mut Scratch::default(), &mut |_| said += 1);
        if said == 0 && !matches!(plan, Plan::Ignored) {
            silent.insert(format!("{file}:{line}: {} {}", event.0, event.1));
        }
    }
    assert!(silent.is_empty(), "{}", silent.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_role_passed_to_nobody_in_particular_says_why() {
    let table = include_str!("../data/aws/rules/_passrole.rules");
    let without = |line: &&str| line.contains(" iam:PassRole ") && !line.contains("iam:PassedToService=");
    let mut unexplained = Vec::new();
    for section in table.split("\n\n").skip(1) {
        let open = section.lines().filter(|line| line.starts_with("also ")).find(without);
        let explained = section.lines().any(|line| line.starts_with("# Without a principal: "));
        if open.is_some() != explained {
            unexplained.push(open.or(section.lines().next()).unwrap_or_default());
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}

/// Parameters in which `path` (`tags`, `channel.tags`, `sources[].tags`) leads to a tag.
fn with_tags_at(path: &str) -> Value {
    path.split('.').rev().fold(serde_json::json!([{"key": "a", "value": "b"}]), |inner, name| {
        match name.strip_suffix("[]") {
            Some(name) => serde_json::json!({name: [inner]}),
            None => serde_json::json!({name: inner}),
        }
    })
}

#[test]
fn tags_given_at_creation_need_the_tagging_action_and_only_then() {
    let catalog = Catalog::embedded();
    let planner = Planner::new(catalog, Rules::embedded());
    let mut wrong = BTreeSet::new();
    for (_, line, words) in rules().iter().filter(|(file, ..)| file == "_tags.rules") {
        let (label, event, sign, action) = (&words[1], &words[2], &words[3], &words[4]);
        let condition = words.last().map_or("", String::as_str);
        let path =
            condition.strip_prefix("has(").and_then(|rest| rest.split_once(')')).map_or("", |(path, _)| path);
        let plan = planner.plan(label, event);
        let Plan::Needs(planned) = &plan else { panic!("line {line}: {event} needs nothing") };
        let scope = Scope {
            partition: "aws",
            region: "eu-west-1",
            account: "111122223333",
            event,
            caller: "",
            source_identity: false,
            error: "",
        };
        let needed = |parameters: &Value| {
            let mut found = BTreeSet::new();
            plan.apply(parameters, &scope, &mut Scratch::default(), &mut |need| {
                found.insert((planned[need.index].maybe, need.action.to_string()));
            });
            found.contains(&(sign == "?", action.clone()))
        };
        let tagging = catalog.action(action).is_some_and(|action| action.levels.contains(Level::Tagging));
        if !tagging || !needed(&with_tags_at(path)) || needed(&Value::Null) {
            wrong.insert(format!("_tags.rules:{line}: {label} {event}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_type_without_names_is_a_pattern() {
    let plan = Planner::new(Catalog::embedded(), Rules::embedded()).plan("dms", "CreateReplicationInstance");
    let scope = Scope {
        partition: "aws",
        region: "eu-west-1",
        account: "111122223333",
        event: "CreateReplicationInstance",
        caller: "",
        source_identity: false,
        error: "",
    };
    let mut said = Vec::new();
    let mut sink =
        |need: leastwise_catalog::call::Need<'_>| said.push((need.resource.to_owned(), need.known));
    plan.apply(&Value::Null, &scope, &mut Scratch::default(), &mut sink);
    assert_eq!(said, [("arn:aws:dms:eu-west-1:111122223333:rep:*".to_owned(), Known::Pattern)]);
}
