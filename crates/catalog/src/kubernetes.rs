//! What Kubernetes offers: groups, resources, subresources, scopes, verbs; what levels and words mean there, and what
//! a permission is worth beyond what it says.
//!
//! The facts are text below `data/kubernetes`, with their sources in `PROVENANCE.md`.

use std::sync::OnceLock;

const RESOURCES: &str = include_str!("../data/kubernetes/resources.txt");
const WORDS: &str = include_str!("../data/kubernetes/words.txt");
const RISKS: &str = include_str!("../data/kubernetes/risks.txt");

/// What the core group, whose name is empty, is called where a name is needed.
pub const CORE: &str = "core";
/// The verbs of requests, which every custom resource knows.
pub const VERBS: [&str; 8] =
    ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A resource (`pods`) or a subresource (`pods/log`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The API group, [`CORE`] for the one without a name.
    pub group: &'static str,
    /// As rules name it: `pods`, `pods/log`.
    pub name: &'static str,
    /// Whether it lies in namespaces.
    pub namespaced: bool,
    /// What one of them is called, in lower case: `configmap`.
    pub singular: &'static str,
    /// The verbs that requests for it can have.
    pub verbs: Vec<&'static str>,
}

/// What a word comes to on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The subresource, if it is about one.
    pub below: Option<&'static str>,
    /// The verbs.
    pub verbs: Vec<&'static str>,
}

/// The facts, ready to be asked.
#[derive(Debug)]
pub struct Kubernetes {
    resources: Vec<Resource>,
    rows: Vec<Row>,
    risks: Vec<Risk>,
}

#[derive(Debug)]
enum Row {
    Level { level: &'static str, one: bool, verbs: Vec<&'static str> },
    Contents { group: &'static str, resource: &'static str },
    Word { word: &'static str, group: &'static str, resource: &'static str, means: Word },
    Verb { verb: &'static str, group: &'static str, resource: &'static str },
}

#[derive(Debug)]
struct Risk {
    group: &'static str,
    resource: &'static str,
    verbs: Vec<&'static str>,
    text: &'static str,
}

impl Kubernetes {
    /// The facts that are part of the program.
    ///
    /// # Panics
    /// Never: a test parses what is embedded.
    pub fn embedded() -> &'static Kubernetes {
        static FACTS: OnceLock<Kubernetes> = OnceLock::new();
        FACTS.get_or_init(|| {
            let facts = Kubernetes {
                resources: rows(RESOURCES, resource),
                rows: rows(WORDS, row),
                risks: rows(RISKS, risk),
            };
            let lines = [RESOURCES, WORDS, RISKS].into_iter().flat_map(facts_of).count();
            let read = facts.resources.len() + facts.rows.len() + facts.risks.len();
            assert_eq!(read, lines, "the embedded tables parse, which a test shows");
            facts
        })
    }

    /// All resources and subresources, by group and name.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// A resource or subresource of a group.
    pub fn resource(&self, group: &str, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.group == group && resource.name == name)
    }

    /// Whether Kubernetes itself serves the group.
    pub fn knows_group(&self, group: &str) -> bool {
        self.resources.iter().any(|resource| resource.group == group)
    }

    /// The resources that are called so, or one of which is (`Deployment`), in a group or in any; core first.
    pub fn called(&self, group: Option<&str>, name: &str) -> Vec<&Resource> {
        let name = name.to_ascii_lowercase();
        let is = |resource: &&Resource| {
            (resource.name == name || resource.singular == name)
                && group.is_none_or(|group| resource.group == group)
        };
        let mut found: Vec<&Resource> = self.resources.iter().filter(is).collect();
        found.sort_by_key(|resource| resource.group != CORE);
        found
    }

    /// The verbs of a level, on all objects or on one.
    pub fn level(&self, name: &str, on_one: bool) -> Option<&[&'static str]> {
        self.rows.iter().find_map(|row| match row {
            Row::Level { level, one, verbs } if *level == name && *one == on_one => Some(verbs.as_slice()),
            _ => None,
        })
    }

    /// Whether to get the object is to get its contents.
    pub fn is_contents(&self, of: &str, name: &str) -> bool {
        self.rows
            .iter()
            .any(|row| matches!(row, Row::Contents { group, resource } if *group == of && *resource == name))
    }

    /// What a word comes to on a resource.
    pub fn word(&self, said: &str, of: &str, name: &str) -> Option<&Word> {
        self.words(of, name).find_map(|(word, means)| (word == said).then_some(means))
    }

    /// The words that mean something on a resource.
    pub fn words(&self, of: &str, name: &str) -> impl Iterator<Item = (&'static str, &Word)> {
        self.rows.iter().filter_map(move |row| match row {
            Row::Word { word, group, resource, means } => {
                let own = *group == of && *resource == name;
                let below = means.below.map(|below| format!("{name}/{below}"));
                let any = *group == "*" && below.is_some_and(|below| self.resource(of, &below).is_some());
                (own || any).then_some((*word, means))
            }
            _ => None,
        })
    }

    /// Whether the verb, which no request has, is asked for on the resource.
    pub fn is_special(&self, said: &str, of: &str, name: &str) -> bool {
        self.rows.iter().any(|row| {
            matches!(row, Row::Verb { verb, group, resource }
                if *verb == said && *group == of && is_called(resource, name))
        })
    }

    /// Whether anything is called so only to be impersonated: `users`.
    pub fn is_only_special(&self, of: &str, name: &str) -> bool {
        self.resource(of, name).is_none()
            && self.rows.iter().any(
                |row| matches!(row, Row::Verb { group, resource, .. } if *group == of && is_called(resource, name)),
            )
    }

    /// What a permission is worth beyond what it says.
    pub fn risk(&self, of: &str, name: &str, verb: &str) -> Option<&'static str> {
        self.risks
            .iter()
            .find(|risk| risk.group == of && risk.resource == name && risk.verbs.contains(&verb))
            .map(|risk| risk.text)
    }
}

/// Whether a resource of the table, which may end in `*`, is meant by this name.
fn is_called(resource: &str, name: &str) -> bool {
    match resource.strip_suffix('*') {
        Some(begin) => name.strip_prefix(begin).is_some_and(|rest| !rest.is_empty()),
        None => resource == name,
    }
}

fn facts_of(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn rows<T>(text: &'static str, read: fn(&'static str) -> Option<T>) -> Vec<T> {
    facts_of(text).filter_map(read).collect()
}

fn list(text: &'static str) -> Vec<&'static str> {
    text.split(',').collect()
}

fn resource(line: &'static str) -> Option<Resource> {
    let words: Vec<&str> = line.split(' ').collect();
    let [group, name, scope, singular, _, verbs] = words.as_slice() else { return None };
    Some(Resource { group, name, namespaced: *scope == "namespaced", singular, verbs: list(verbs) })
}

fn row(line: &'static str) -> Option<Row> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["level", level, scope, "=", verbs] => {
            Some(Row::Level { level, one: *scope == "one", verbs: list(verbs) })
        }
        ["contents", group, resource] => Some(Row::Contents { group, resource }),
        ["word", word, group, resource, "=", verbs] => {
            let (below, verbs) = match verbs.split_once(':') {
                Some((below, verbs)) => (Some(below), verbs),
                None => (None, *verbs),
            };
            Some(Row::Word { word, group, resource, means: Word { below, verbs: list(verbs) } })
        }
        ["verb", verb, group, resource] => Some(Row::Verb { verb, group, resource }),
        _ => None,
    }
}

fn risk(line: &'static str) -> Option<Risk> {
    let (facts, text) = line.strip_prefix("risk ")?.split_once("  ")?;
    let words: Vec<&str> = facts.split(' ').collect();
    let [group, resource, verbs] = words.as_slice() else { return None };
    Some(Risk { group, resource, verbs: list(verbs), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_what_exists() {
        let facts = Kubernetes::embedded();
        let special = |verb: &str, group: &str, name: &str| facts.is_special(verb, group, name);
        let knows = |group: &str, name: &str, verb: &str| {
            special(verb, group, name)
                || facts.resource(group, name).is_some_and(|found| found.verbs.contains(&verb))
        };
        for row in &facts.rows {
            let good = match row {
                Row::Level { verbs, .. } => verbs.iter().all(|verb| VERBS.contains(verb)),
                Row::Contents { group, resource } => facts.resource(group, resource).is_some(),
                Row::Word { group: "*", means, .. } => means.below.is_some(),
                Row::Word { group, resource, means, .. } => {
                    let name =
                        means.below.map_or((*resource).to_owned(), |below| format!("{resource}/{below}"));
                    means.verbs.iter().all(|verb| knows(group, &name, verb))
                }
                Row::Verb { group, .. } => facts.knows_group(group),
            };
            assert!(good, "{row:?}");
        }
        for risk in &facts.risks {
            for verb in &risk.verbs {
                assert!(knows(risk.group, risk.resource, verb), "{risk:?}");
            }
        }
    }

    #[test]
    fn a_kind_is_found_by_what_one_is_called() {
        let facts = Kubernetes::embedded();
        let names = |name| -> Vec<_> {
            facts.called(None, name).iter().map(|found| (found.group, found.name)).collect()
        };
        assert_eq!(names("Deployment"), [("apps", "deployments")]);
        assert_eq!(names("events"), [("core", "events"), ("events.k8s.io", "events")]);
    }

    #[test]
    fn what_one_is_called_is_unique_within_a_group() {
        let facts = Kubernetes::embedded();
        for resource in facts.resources().iter().filter(|resource| resource.singular != "-") {
            assert_eq!(facts.called(Some(resource.group), resource.singular).len(), 1, "{resource:?}");
        }
    }
}
