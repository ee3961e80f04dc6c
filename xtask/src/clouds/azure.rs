//! Azure: operations of the control plane and of the data planes, built-in roles.
//!
//! Names are compared without regard to case, and the sources differ in it: the spelling that is used most is kept.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{json, texts};

/// The lists of a role's permission and the words for them.
const LISTS: [(&str, &str); 4] =
    [("actions", "action"), ("notActions", "not"), ("dataActions", "data"), ("notDataActions", "not-data")];

/// How often each spelling of a name occurs, by the name in lower case.
#[derive(Default)]
struct Spellings(BTreeMap<String, BTreeMap<String, usize>>);

impl Spellings {
    fn note(&mut self, name: &str) {
        if name.contains('/') && !name.contains('*') && !name.contains(' ') {
            *self.0.entry(name.to_ascii_lowercase()).or_default().entry(name.to_owned()).or_default() += 1;
        }
    }

    fn lines(&self) -> String {
        let most = |spellings: &BTreeMap<String, usize>| {
            spellings
                .iter()
                .max_by_key(|(name, count)| (**count, name.starts_with("Microsoft.")))
                .map(|(name, _)| name.clone())
        };
        self.0.values().filter_map(most).map(|name| name + "\n").collect()
    }
}

pub(super) fn files(folder: &Path) -> Result<Vec<(&'static str, String)>> {
    let roles = json(folder, "built_in_roles.json.gz")?;
    let roles = roles.as_array().context("built_in_roles.json is no list")?;
    let routes = json(folder, "rest_route_operations_2025.json.gz")?;
    let (mut actions, mut data) = (Spellings::default(), Spellings::default());
    for operations in routes.as_object().into_iter().flat_map(|methods| methods.values()) {
        for (name, facts) in
            operations.as_object().into_iter().flatten().flat_map(|(_, named)| named.as_object()).flatten()
        {
            let of_data = facts["isDataAction"].as_bool().unwrap_or(false);
            if of_data { data.note(name) } else { actions.note(name) }
        }
    }
    let mut by_name = BTreeMap::new();
    for role in roles {
        for permission in role["permissions"].as_array().into_iter().flatten() {
            texts(&permission["actions"])
                .chain(texts(&permission["notActions"]))
                .for_each(|name| actions.note(name));
            texts(&permission["dataActions"])
                .chain(texts(&permission["notDataActions"]))
                .for_each(|name| data.note(name));
        }
        let name = role["roleName"].as_str().context("a role without a name")?;
        by_name.insert(name, role);
    }
    let text = by_name.into_iter().map(|(name, role)| printed(name, role)).collect();
    Ok(vec![("actions.txt", actions.lines()), ("data-actions.txt", data.lines()), ("roles.txt", text)])
}

fn printed(name: &str, role: &Value) -> String {
    let mut text = format!("role {} {name}\n", role["name"].as_str().unwrap_or("-"));
    for (index, permission) in role["permissions"].as_array().into_iter().flatten().enumerate() {
        if index > 0 {
            text.push_str(" and\n");
        }
        for (key, word) in LISTS {
            let mut names: Vec<&str> = texts(&permission[key]).collect();
            names.sort_unstable_by_key(|name| name.to_ascii_lowercase());
            names.dedup();
            text.extend(names.iter().map(|name| format!(" {word} {name}\n")));
        }
        if let Some(condition) = permission["condition"].as_str() {
            let words: Vec<&str> = condition.split_whitespace().collect();
            text.push_str(&format!(" condition {}\n", words.join(" ")));
        }
    }
    text
}
