//! Paths as a graph: who, and by what one becomes another.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_analysis::paths::{Certainty, Found};

/// Nodes and edges, in order.
#[derive(Debug, Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// Somebody.
#[derive(Debug)]
pub struct Node {
    /// The whole name.
    pub name: String,
    pub kind: Kind,
}

/// What somebody is in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Target,
    Source,
    Outside,
    /// What a principal becomes on the way.
    Through,
}

/// Nodes by their places.
#[derive(Debug)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub label: String,
    pub certainty: Certainty,
}

impl Graph {
    pub fn of(found: &Found) -> Graph {
        let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
        let mut edges: BTreeMap<(&str, &str), (BTreeSet<String>, Certainty)> = BTreeMap::new();
        for path in &found.paths {
            kinds.insert(&path.source, if path.outside.is_some() { Kind::Outside } else { Kind::Source });
            let mut ids: Vec<&str> = Vec::new();
            let mut certainty = Certainty::Sure;
            for step in &path.steps {
                ids.push(&step.ids[0]);
                certainty = certainty.max(step.certainty);
                if step.becomes == step.who {
                    // A part of a step that makes something of somebody else is told with the part that uses it.
                    continue;
                }
                kinds.entry(&step.who).or_insert(Kind::Through);
                kinds.entry(&step.becomes).or_insert(Kind::Through);
                ids.dedup();
                let edge = edges.entry((&step.who, &step.becomes)).or_insert((BTreeSet::new(), certainty));
                edge.0.insert(ids.join(" + "));
                ids.clear();
                certainty = Certainty::Sure;
            }
        }
        for path in &found.paths {
            kinds.insert(&path.target, Kind::Target);
        }
        let place = |name: &str| kinds.keys().position(|known| *known == name);
        let places: BTreeMap<&str, usize> =
            kinds.keys().filter_map(|name| Some((*name, place(name)?))).collect();
        let edges = edges.into_iter().filter_map(|((from, to), (labels, certainty))| {
            let label = labels.into_iter().collect::<Vec<_>>().join(", ");
            Some(Edge { from: *places.get(from)?, to: *places.get(to)?, label, certainty })
        });
        Graph {
            edges: edges.collect(),
            nodes: kinds.iter().map(|(name, kind)| Node { name: (*name).to_owned(), kind: *kind }).collect(),
        }
    }
}

/// The name without what all ARNs of IAM begin with: account and resource.
pub fn short(name: &str) -> String {
    let mut parts = name.splitn(6, ':');
    match (parts.next(), parts.nth(1), parts.nth(1), parts.next()) {
        (Some("arn"), Some("iam"), Some(account), Some(resource)) => format!("{account} {resource}"),
        _ => name.to_owned(),
    }
}
