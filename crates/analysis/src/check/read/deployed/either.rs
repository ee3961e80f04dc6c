//! Documents of which one or another will be there, and policies that somebody has only sometimes: what allows counts
//! whichever it is, what limits counts when it is there in any case.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leastwise_catalog::managed_policy;
use serde_json::{Value as Json, json};

use super::emit::Page;
use super::{Deployed, Entity, Managed};
use crate::check::read::Gathered;
use crate::source::{Node, alternative};

/// The documents that each managed policy may have, by its ARN, each with its name.
pub(super) type Texts = BTreeMap<String, Vec<(String, Json)>>;

impl Deployed {
    /// Whoever has a policy has whichever of its documents will be there. A policy that is there only sometimes and does
    /// nothing but deny takes nothing away.
    pub(super) fn attach_alternatives(&mut self, policy: &Managed) {
        let only_denies = policy.documents.iter().all(|written| only_denies(&written.root));
        for entity in &mut self.entities {
            if !entity.attached.contains(&policy.arn) {
                continue;
            }
            if only_denies && entity.sometimes.contains(&policy.arn) {
                entity.attached.retain(|arn| *arn != policy.arn);
                continue;
            }
            let home = entity.place(&policy.arn).clone();
            for index in 1..policy.documents.len() {
                let arn = numbered(&policy.arn, index);
                entity.places.push((arn.clone(), home.clone()));
                entity.attached.push(arn);
            }
        }
    }

    /// Whoever has a policy only sometimes has one in place of it that denies nothing: what it allows counts when it is there,
    /// what it denies is not denied when it is not.
    pub(super) fn spare(
        &mut self,
        texts: &Texts,
        gathered: &mut Gathered,
        pages: &mut BTreeMap<Arc<str>, Page>,
    ) {
        let mut made = BTreeSet::new();
        for entity in &mut self.entities {
            for arn in std::mem::take(&mut entity.sometimes) {
                for (name, document) in documents(texts, &arn).into_iter().filter(|(_, one)| denies(one)) {
                    let home = entity.place(&name).clone();
                    let Some(held) = entity.attached.iter_mut().find(|held| **held == name) else { continue };
                    let copy = alternative(&name, SPARED);
                    held.clone_from(&copy);
                    entity.places.push((copy.clone(), home));
                    if made.insert(copy.clone()) {
                        let page = pages.entry(entity.home.file.clone()).or_default();
                        page.policy(arn.rsplit('/').next().unwrap_or(&arn), &copy, sparing(document, &[]));
                        gathered.stands_for(copy, &name);
                    }
                }
            }
        }
    }

    /// Whoever has one boundary or another, or one whose document may be one or another, is bound by no more than what all of
    /// them leave out.
    pub(super) fn join_boundaries(&mut self, texts: &Texts, pages: &mut BTreeMap<Arc<str>, Page>) {
        for (index, entity) in self.entities.iter_mut().enumerate() {
            let Some(first) = entity.boundary.clone() else { continue };
            let others = std::mem::take(&mut entity.boundaries);
            let others: Vec<String> = others.into_iter().filter(|arn| *arn != first).collect();
            let all = [&first].into_iter().chain(&others).map(|arn| (arn, documents(texts, arn)));
            let all: Vec<_> = all.collect();
            // What one of them takes away is not known, so nothing is that all of them do.
            if let Some((unknown, _)) = all.iter().find(|(_, documents)| documents.is_empty()) {
                entity.boundary = Some((*unknown).clone());
                continue;
            }
            let documents = all.into_iter().flat_map(|(_, all)| all).map(|(_, document)| document);
            // What only one of several policies denies is not denied.
            let spared = documents.map(|one| if others.is_empty() { one } else { sparing(one, &[]) });
            let spared: Vec<Json> = spared.collect();
            if spared.len() < 2 {
                continue;
            }
            let Some(joined) = spared.into_iter().reduce(either) else { continue };
            let arn = alternative(&first, FIRST_JOINED + index);
            let page = pages.entry(entity.home.file.clone()).or_default();
            page.policy(first.rsplit('/').next().unwrap_or(&first), &arn, joined);
            entity.boundary = Some(arn);
        }
    }
}

/// No policy has so many documents.
const FIRST_JOINED: usize = 100_000;
const SPARED: usize = FIRST_JOINED - 1;

/// The documents that a managed policy may have: those that are declared, or AWS's.
fn documents(texts: &Texts, arn: &str) -> Vec<(String, Json)> {
    if let Some(all) = texts.get(arn) {
        return all.clone();
    }
    let known = managed_policy(arn).and_then(|one| serde_json::from_str(&one.document).ok());
    known.map(|document| (arn.to_owned(), document)).into_iter().collect()
}

fn denies(document: &Json) -> bool {
    match document.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().any(|one| one["Effect"] == "Deny"),
        Some(statement) => statement["Effect"] == "Deny",
        None => false,
    }
}

/// The name of the document with this number, from 0, of several of which one will be there.
pub(super) fn numbered(name: &str, index: usize) -> String {
    if index == 0 { name.to_owned() } else { alternative(name, index + 1) }
}

/// A document in which only those of its statements deny that do so whichever document is there. The others keep their
/// number.
pub(super) fn sparing(mut document: Json, sure: &[String]) -> Json {
    let sure: Vec<Json> = sure.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let spare = |statement: &mut Json| {
        if statement["Effect"] == "Deny" && !sure.contains(statement) {
            let principal = statement.get("Principal").or(statement.get("NotPrincipal")).map(|_| json!("*"));
            *statement = json!({"Effect": "Deny", "Action": NOTHING, "Resource": "*"});
            if let Some(principal) = principal {
                *statement = json!({"Effect": "Deny", "Action": NOTHING, "Principal": principal});
            }
        }
    };
    match document.get_mut("Statement") {
        Some(Json::Array(statements)) => statements.iter_mut().for_each(spare),
        Some(statement) => spare(statement),
        None => {}
    }
    document
}

/// An action that no service has.
const NOTHING: &str = "leastwise:Nothing";

/// One trust policy with the statements of both: one of them will be there.
pub(super) fn either(mut one: Json, other: Json) -> Json {
    let list = |statements: Json| match statements {
        Json::Array(all) => all,
        Json::Null => Vec::new(),
        statement => vec![statement],
    };
    let others = list(other.get("Statement").cloned().unwrap_or_default());
    if let Some(statements) = one.get_mut("Statement") {
        let mut all = list(statements.take());
        all.extend(others.into_iter().filter(|statement| statement["Effect"] != "Deny"));
        *statements = Json::Array(all);
    }
    one
}

/// A policy of AWS's own that a principal has only sometimes and that does nothing but deny takes nothing away.
pub(super) fn leave_out_denials(entity: &mut Entity) {
    let Entity { attached, sometimes, .. } = entity;
    attached.retain(|arn| {
        let known = sometimes.contains(arn).then(|| managed_policy(arn)).flatten();
        let document = known.and_then(|policy| Node::json(&policy.document).ok());
        !document.is_some_and(|document| only_denies(&document))
    });
}

fn only_denies(document: &Node) -> bool {
    let statements = document.get("Statement").map(Node::one_or_many).unwrap_or_default();
    let denies = |one: &Node| one.get("Effect").and_then(Node::text) == Some("Deny");
    !statements.is_empty() && statements.iter().all(denies)
}
