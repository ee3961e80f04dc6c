//! Completions of a question that does not say everything: what the missing keys, and the session's name, might be.
//!
//! Each missing key that the policies mention is tried absent and with values taken from the policies: what a pattern
//! matches, the neighbours of a number, date or range, parts of the resource's name, and one that nobody mentions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::{Answer, Case, statements, texts};
use super::condition;
use super::dice::Dice;
use super::judge::judge;
use super::text::variables;
use super::value::{moment, number};
use super::world::{Caller, Seen, World};

/// How many completions are tried at most.
const TRIES: usize = 24;

/// The answers of the completions tried: all that were met before both an allow and a denial were.
pub(crate) fn answers(case: &Case, world: &World, dice: &mut Dice) -> BTreeSet<Answer> {
    let candidates = candidates(case, world);
    let sessions = sessions(case, world);
    let mut met = BTreeSet::new();
    for attempt in 0..TRIES {
        let mut keys = BTreeMap::new();
        for (key, values) in &candidates {
            let value = match attempt {
                0 => Vec::new(),
                _ => values[dice.below(values.len())].clone(),
            };
            keys.insert(key.clone(), value);
        }
        let session = &sessions[dice.below(sessions.len())];
        met.insert(judge(case, &world.completed(&keys, session)));
        let denied = met.contains(&Answer::ExplicitDeny) || met.contains(&Answer::ImplicitDeny);
        if met.contains(&Answer::Allowed) && denied {
            break;
        }
    }
    met
}

/// Every document of the case.
pub(crate) fn documents(case: &Case) -> Vec<&Value> {
    let layers = ["identity", "boundary", "session", "resource_policies", "endpoint"];
    let mut all: Vec<&Value> = layers.iter().filter_map(|layer| case.documents(layer)).flatten().collect();
    all.extend(["scp", "rcp"].iter().filter_map(|path| case.levels(path)).flatten().flatten());
    all
}

/// The unknown keys that the policies mention, each with what it might be; nothing stands for absent.
pub(crate) fn candidates(case: &Case, world: &World) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut all: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    let parts: Vec<&str> = case.resource().split([':', '/', '-']).filter(|part| !part.is_empty()).collect();
    for document in documents(case) {
        for statement in statements(document) {
            for (operator, key, values) in condition::tests(statement) {
                let found = all.entry(key.to_ascii_lowercase()).or_default();
                let values: Vec<String> = texts(values).iter().flat_map(|value| witnesses(value)).collect();
                if condition::take_apart(operator).set.is_some() && values.len() > 1 {
                    found.push(values.clone());
                }
                found.extend(values.into_iter().map(|value| vec![value]));
            }
            for name in variables(&Value::Object(statement.clone()).to_string()) {
                let found = all.entry(name).or_default();
                found.extend(parts.iter().map(|part| vec![(*part).to_owned()]));
                let given = case.keys().flat_map(|(_, values)| values);
                found.extend(given.filter(|value| !value.is_empty()).map(|value| vec![value]));
            }
        }
    }
    for grant in case.documents("grants").unwrap_or_default() {
        for (key, values) in super::grants::asked(grant) {
            let found = all.entry(key.to_ascii_lowercase()).or_default();
            found.extend(values.iter().map(|value| vec![value.clone()]));
            found.push(values);
        }
    }
    let canonical = case.0.to_string();
    let ids = canonical.split("\"CanonicalUser\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    for id in ids {
        all.entry("leastwise:canonicaluser".to_owned()).or_default().push(vec![id.to_owned()]);
    }
    all.retain(|key, _| world.see(key) == Seen::Unknown);
    for values in all.values_mut() {
        values.push(Vec::new());
        values.push(vec!["nobody-mentions-this".to_owned()]);
    }
    all
}

/// What might be the value when the policy says this.
fn witnesses(value: &str) -> Vec<String> {
    let plain = value.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$");
    let mut all = vec![plain, value.replace('*', "").replace('?', "x"), value.replace(['*', '?'], "x")];
    if let Some(size) = number(value) {
        let whole = size / 1_000_000;
        all.extend([whole - 1, whole + 1].map(|near| near.to_string()));
    } else if moment(value).is_some() {
        all.extend(["1900-01-01T00:00:00Z", "2100-01-01T00:00:00Z"].map(str::to_owned));
    } else if let Some((base, _)) = value.split_once('/') {
        all.push(base.to_owned());
    } else if let "true" | "false" = value {
        all.extend(["true", "false"].map(str::to_owned));
    }
    all
}

/// What the session might be called, when that is not known.
fn sessions(case: &Case, world: &World) -> Vec<String> {
    let mut all = vec!["nobody-mentions-this".to_owned()];
    if let Caller::Role { session: None, .. } | Caller::Federated { session: None, .. } = world.caller {
        let text = case.0.to_string();
        let named = text
            .split([':', '"'])
            .filter(|part| part.starts_with("assumed-role/") || part.starts_with("federated-user/"));
        all.extend(named.filter_map(|name| name.rsplit('/').next()).map(str::to_owned));
    }
    all
}
