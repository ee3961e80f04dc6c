//! Reasons → rules: as few as say exactly what the reasons allow, by namespace.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::kubernetes::CORE;

use super::bind::Bound;
use super::grant::Reason;

/// A rule as a role holds it: every verb on every resource of the group, on every name or on all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Of objects.
    Objects {
        /// The API group; empty for core.
        group: String,
        /// The resources.
        resources: Vec<String>,
        /// The names; all objects when there are none.
        names: Vec<String>,
        /// The verbs.
        verbs: Vec<String>,
    },
    /// Of paths of the API server.
    Paths {
        /// The paths.
        paths: Vec<String>,
        /// The verbs.
        verbs: Vec<String>,
    },
}

type Verbs = BTreeSet<String>;
/// A group, a resource and the name of an object.
type Key = (String, String, Option<String>);

/// The rules by namespace, those of the cluster first.
pub(super) fn of(reasons: &[Reason]) -> BTreeMap<Option<String>, Vec<Rule>> {
    let mut objects: BTreeMap<Option<String>, BTreeMap<Key, Verbs>> = BTreeMap::new();
    let mut paths: BTreeMap<Verbs, BTreeSet<String>> = BTreeMap::new();
    for reason in reasons {
        let (group, name) = match &reason.bound {
            Bound::Path(path) => {
                paths.entry(reason.verbs.iter().cloned().collect()).or_default().insert(path.clone());
                continue;
            }
            Bound::All { .. } => ("*".to_owned(), None),
            Bound::Objects { group, name, .. } => {
                (if group == CORE { String::new() } else { group.clone() }, name.clone())
            }
        };
        let here = objects.entry(reason.bound.namespace().map(str::to_owned)).or_default();
        for resource in &reason.resources {
            let key = (group.clone(), resource.clone(), name.clone());
            here.entry(key).or_default().extend(reason.verbs.iter().cloned());
        }
    }
    let mut rules: BTreeMap<Option<String>, Vec<Rule>> =
        objects.into_iter().map(|(namespace, pairs)| (namespace, merged(pairs))).collect();
    for (verbs, paths) in paths {
        let rule = Rule::Paths { paths: paths.into_iter().collect(), verbs: verbs.into_iter().collect() };
        rules.entry(None).or_default().push(rule);
    }
    rules
}

/// Rules that say exactly the pairs: names of one resource that are treated alike, then resources that are.
fn merged(mut pairs: BTreeMap<Key, Verbs>) -> Vec<Rule> {
    // What is allowed on all objects need not be said of one.
    let whole: BTreeMap<(String, String), Verbs> = pairs
        .iter()
        .filter(|((_, _, name), _)| name.is_none())
        .map(|((group, resource, _), verbs)| ((group.clone(), resource.clone()), verbs.clone()))
        .collect();
    for ((group, resource, name), verbs) in &mut pairs {
        if let Some(all) = whole.get(&(group.clone(), resource.clone())).filter(|_| name.is_some()) {
            verbs.retain(|verb| !all.contains(verb) && !all.contains("*"));
        }
    }
    let mut names: BTreeMap<(String, String, Verbs), BTreeSet<String>> = BTreeMap::new();
    let mut groups: BTreeMap<(String, BTreeSet<String>, Verbs), BTreeSet<String>> = BTreeMap::new();
    for ((group, resource, name), verbs) in pairs.into_iter().filter(|(_, verbs)| !verbs.is_empty()) {
        match name {
            Some(name) => {
                names.entry((group, resource, verbs)).or_default().insert(name);
            }
            None => {
                groups.entry((group, BTreeSet::new(), verbs)).or_default().insert(resource);
            }
        }
    }
    for ((group, resource, verbs), names) in names {
        groups.entry((group, names, verbs)).or_default().insert(resource);
    }
    groups
        .into_iter()
        .map(|((group, names, verbs), resources)| Rule::Objects {
            group,
            resources: resources.into_iter().collect(),
            names: names.into_iter().collect(),
            verbs: verbs.into_iter().collect(),
        })
        .collect()
}
