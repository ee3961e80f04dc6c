//! What a finding rests on, so that a later run can tell whether it got worse: who holds it, and what the statement, rule
//! or binding that it stands at says.
//!
//! Nothing of it hangs on lines, on numbers of list entries or on the catalogue: patterns stay as they were written.
//! Which way a change goes is told by two lists: what is in [`Grounds::may`] may only become less, what is in
//! [`Grounds::but`] only more.

use std::collections::{BTreeSet, HashMap};

use leastwise_policy::glob;

use super::{Class, Document, Estate, Finding, Role, Thing};
use crate::source::{Entry, Node, Value, shown};

/// What a finding rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// Who holds it, each perhaps with its boundary.
    pub held_by: Vec<String>,
    /// What is said that allows: `action s3:*`, `resource *`, `principal AWS *`.
    pub may: Vec<String>,
    /// What is said that limits: conditions, what a `NotAction` leaves out, what the document denies.
    pub but: Vec<String>,
}

/// Everything that findings of an estate can rest on.
#[derive(Debug)]
pub struct Grounding<'e> {
    estate: &'e Estate,
    documents: HashMap<(&'e str, String), Vec<&'e Document>>,
    holders: HashMap<&'e str, BTreeSet<String>>,
    things: HashMap<(&'e str, &'e str), Vec<&'e Thing>>,
    roles: HashMap<(&'e str, &'e str), &'e Role>,
}

/// What separates a holder from its boundary.
const WITHIN: &str = " within ";
/// What stands below a thing that is no policy document of AWS and allows something.
const ALLOWS: &[&str] = &[
    "verbs",
    "apiGroups",
    "resources",
    "nonResourceURLs",
    "subjects",
    "roleRef",
    "role",
    "member",
    "members",
    "includedPermissions",
    "permissions",
    "Permissions",
    "actions",
    "Actions",
    "dataActions",
    "DataActions",
    "data_actions",
    "assignableScopes",
    "AssignableScopes",
    "assignable_scopes",
    "scope",
    "Scope",
];
/// What limits it.
const LIMITS: &[&str] = &[
    "notActions",
    "NotActions",
    "not_actions",
    "notDataActions",
    "NotDataActions",
    "not_data_actions",
    "condition",
    "Condition",
];

impl Grounds {
    /// In which way it is worse than before, if it is.
    pub fn worse_than(&self, before: &Grounds) -> Option<String> {
        let is_held = |holder: &str| {
            let without = holder.split(WITHIN).next().unwrap_or(holder);
            before.held_by.iter().any(|known| known == holder || known == without)
        };
        if let Some(new) = self.held_by.iter().find(|holder| !is_held(holder)) {
            return Some(format!("{new} holds it too"));
        }
        if let Some(new) = self.may.iter().find(|new| !before.may.iter().any(|known| covers(known, new))) {
            return Some(format!("it stands at what says `{new}` now"));
        }
        let gone = before.but.iter().find(|limit| !self.but.contains(limit))?;
        Some(format!("`{gone}` limits it no longer"))
    }
}

/// Whether what is said was said already: the same kind of thing, by the same words or by a pattern over them.
fn covers(known: &str, new: &str) -> bool {
    let kind = |said: &str| said.split_once(' ').map(|(kind, rest)| (kind.to_owned(), rest.to_owned()));
    known == new
        || match (kind(known), kind(new)) {
            (Some((one, outer)), Some((other, inner))) if one == other => match one.as_str() {
                "action" => glob::subsumes(&outer.to_ascii_lowercase(), &inner.to_ascii_lowercase()),
                "resource" => glob::subsumes(&outer, &inner),
                _ => false,
            },
            _ => false,
        }
}

impl<'e> Grounding<'e> {
    /// Of everything that was read.
    pub fn of(estate: &'e Estate) -> Grounding<'e> {
        let mut documents: HashMap<(&str, String), Vec<&Document>> = HashMap::new();
        for document in &estate.documents {
            documents.entry((&*document.file, shown(&document.name))).or_default().push(document);
        }
        let mut holders: HashMap<&str, BTreeSet<String>> = HashMap::new();
        for principal in estate.snapshot.principals() {
            let set = &principal.policies;
            let boundary = set.boundary.iter().flatten().map(|named| named.name.as_str());
            let boundary: Vec<&str> = boundary.collect();
            let holder = match boundary.is_empty() {
                true => shown(&principal.arn),
                false => shown(&format!("{}{WITHIN}{}", principal.arn, boundary.join(", "))),
            };
            for named in &set.identity {
                holders.entry(&named.name).or_default().insert(holder.clone());
            }
        }
        let mut things: HashMap<(&str, &str), Vec<&Thing>> = HashMap::new();
        let cluster = &estate.kubernetes;
        let of_cluster = cluster.bindings.iter().map(|one| &one.thing);
        let of_gcp = estate.gcp.roles.iter().map(|one| &one.thing);
        let of_gcp = of_gcp.chain(estate.gcp.grants.iter().map(|one| &one.thing));
        let of_azure = estate.azure.roles.iter().map(|one| &one.thing);
        let of_azure = of_azure.chain(estate.azure.assignments.iter().map(|one| &one.thing));
        let of_roles = cluster.roles.iter().map(|one| &one.thing);
        for thing in of_roles.chain(of_cluster).chain(of_gcp).chain(of_azure) {
            things.entry((&*thing.file, &thing.name)).or_default().push(thing);
        }
        let roles = cluster.roles.iter().map(|role| ((&*role.thing.file, role.thing.name.as_str()), role));
        Grounding { estate, documents, holders, things, roles: roles.collect() }
    }

    /// What the finding rests on; nothing is known of one that is only about how something is written.
    pub fn grounds(&self, finding: &Finding) -> Grounds {
        let mut grounds = Grounds::default();
        match finding.class {
            Class::Error | Class::Warning | Class::Suggestion | Class::Unreadable => return grounds,
            _ => {}
        }
        let key = (&*finding.file, finding.subject.clone());
        for document in self.documents.get(&key).into_iter().flatten() {
            let Some(within) = finding.pointer.strip_prefix(&document.pointer) else { continue };
            grounds.held_by.extend(self.holders.get(document.name.as_str()).into_iter().flatten().cloned());
            of_document(document, within, &mut grounds);
        }
        for thing in self.things.get(&(&*finding.file, finding.subject.as_str())).into_iter().flatten() {
            let Some(within) = finding.pointer.strip_prefix(&thing.pointer) else { continue };
            of_thing(thing, within, &mut grounds);
        }
        if let Some(role) = self.roles.get(&(&*finding.file, finding.subject.as_str())) {
            grounds.held_by.extend(self.estate.kubernetes.holders(role));
        }
        for list in [&mut grounds.held_by, &mut grounds.may, &mut grounds.but] {
            list.sort();
            list.dedup();
        }
        grounds
    }
}

fn of_document(document: &Document, within: &str, grounds: &mut Grounds) {
    let Some(statements) = document.root.get("Statement") else { return };
    let list = statements.one_or_many();
    let step = within.strip_prefix("/Statement/").and_then(|rest| rest.split('/').next());
    let number = step.and_then(|step| step.parse::<usize>().ok()).filter(|_| !statements.items().is_empty());
    let about = number.and_then(|number| list.get(number));
    for statement in list {
        let denies = statement.get("Effect").and_then(Node::text) == Some("Deny");
        if denies {
            let mut denied = Grounds::default();
            of_statement(statement, &mut denied);
            let parts = [denied.may, denied.but].concat();
            grounds.but.push(format!("deny {}", parts.join(", ")));
        } else if about.is_none_or(|about| std::ptr::eq(about, statement)) {
            of_statement(statement, grounds);
        }
    }
}

fn of_statement(statement: &Node, grounds: &mut Grounds) {
    for entry in statement.entries() {
        let values = entry.value.one_or_many().iter();
        match entry.key.as_str() {
            "Action" => grounds.may.extend(values.map(|one| format!("action {}", word(one)))),
            "Resource" => grounds.may.extend(values.map(|one| format!("resource {}", word(one)))),
            "NotAction" | "NotResource" => {
                let kind = if entry.key == "NotAction" { "action" } else { "resource" };
                grounds.may.push(format!("{kind} *"));
                grounds.but.extend(values.map(|one| format!("not {kind} {}", word(one))));
            }
            "Principal" => leaves(&entry.value, "principal", &mut grounds.may),
            "NotPrincipal" => {
                grounds.may.push("principal *".to_owned());
                leaves(&entry.value, "not principal", &mut grounds.but);
            }
            "Condition" => grounds.but.extend(conditions(entry)),
            _ => {}
        }
    }
}

/// One line for each operator with a key, with its values: another value is another limit.
fn conditions(entry: &Entry) -> impl Iterator<Item = String> {
    entry.value.entries().iter().flat_map(|operator| {
        operator.value.entries().iter().map(|key| {
            let mut values: Vec<String> = key.value.one_or_many().iter().map(word).collect();
            values.sort();
            format!("when {} {}: {}", operator.key, key.key.to_ascii_lowercase(), values.join(", "))
        })
    })
}

fn of_thing(thing: &Thing, within: &str, grounds: &mut Grounds) {
    let mut steps = within.split('/').skip(1);
    let rule = match (steps.next(), steps.next()) {
        (Some("rules"), Some(number)) => thing.root.pointer(&format!("/rules/{number}")),
        _ => None,
    };
    let root = super::azure_properties(rule.unwrap_or(&thing.root));
    for entry in root.entries().iter().filter(|entry| entry.value.value != Value::Null) {
        if ALLOWS.contains(&entry.key.as_str()) {
            split(&entry.value, &entry.key, grounds);
        } else if LIMITS.contains(&entry.key.as_str()) {
            leaves(&entry.value, &entry.key, &mut grounds.but);
        } else if entry.key == "resourceNames" && !entry.value.items().is_empty() {
            grounds.but.push("by name".to_owned());
            leaves(&entry.value, &entry.key, &mut grounds.may);
        }
    }
}

/// The texts below a value, what limits apart.
fn split(node: &Node, path: &str, grounds: &mut Grounds) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| split(item, path, grounds)),
        Value::Map(entries) => {
            for entry in entries {
                match LIMITS.contains(&entry.key.as_str()) {
                    true => leaves(&entry.value, &entry.key, &mut grounds.but),
                    false => split(&entry.value, &format!("{path}.{}", entry.key), grounds),
                }
            }
        }
        _ => leaves(node, path, &mut grounds.may),
    }
}

fn leaves(node: &Node, path: &str, into: &mut Vec<String>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| leaves(item, path, into)),
        Value::Map(entries) => {
            entries.iter().for_each(|entry| leaves(&entry.value, &format!("{path} {}", entry.key), into));
        }
        Value::Null => {}
        _ => into.push(format!("{path} {}", word(node))),
    }
}

/// A value in a line.
fn word(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => shown(text),
        Value::Unknown(what) => format!("${{{what}}}"),
        _ => node.to_json(),
    }
}

#[cfg(test)]
mod tests;
