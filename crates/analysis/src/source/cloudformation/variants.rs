//! The ways in which conditions can come out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Template;
use crate::source::{Entry, Node, Value};

/// The most conditions that are tried the other way round for one resource.
const MOST_CONDITIONS: usize = 64;
/// The most ways that are tried for one statement.
const MOST_WAYS: usize = 128;
/// So many conditions are tried the other way round at once, of so many as there may be; of more, two.
const ALL_OF: usize = 5;

impl Template<'_> {
    /// What a value can come to, the likeliest first. Each is different.
    pub fn variants(&self, node: &Node) -> Vec<Node> {
        let mut found: Vec<Node> = Vec::new();
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut left = VecDeque::from([BTreeSet::new()]);
        while let Some(flipped) = left.pop_front() {
            let (resolved, asked) = self.with_flipped(node, &flipped);
            if let Some(resolved) = resolved
                && !found.iter().any(|earlier| earlier.value == resolved.value)
            {
                found.push(resolved);
            }
            // A condition that only this way round asks for is tried with it; those that all ways ask for, alone.
            for condition in asked {
                if known.contains(&condition) {
                    continue;
                }
                if known.len() >= MOST_CONDITIONS {
                    self.is_cut.set(true);
                    break;
                }
                known.insert(condition.clone());
                left.push_back(flipped.iter().cloned().chain([condition]).collect());
            }
        }
        found
    }

    /// Whether there are more ways in which conditions can come out than were tried.
    pub fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// What a value comes to with these conditions the other way round, and the conditions that it hangs on.
    fn with_flipped(&self, node: &Node, flipped: &BTreeSet<String>) -> (Option<Node>, BTreeSet<String>) {
        let asked_before = self.asked.take();
        let flipped_before = self.flipped.replace(flipped.clone());
        let resolved = self.resolve(node);
        self.flipped.replace(flipped_before);
        (resolved, self.asked.replace(asked_before))
    }

    /// The statements of a policy, with each that there can be. A denial is one of them when it is sure to be there.
    pub(super) fn statements(&self, entry: &Entry) -> Option<Node> {
        if entry.key != "Statement" || self.is_plain.get() {
            return None;
        }
        let of_policy = |node: &Node| {
            node.get("Effect").is_some() || node.entries().iter().any(|one| one.key == "Fn::If")
        };
        let items = entry.value.one_or_many();
        if !items.iter().any(of_policy) {
            return None;
        }
        let mut statements = Vec::new();
        for item in items {
            let ways = self.ways(item);
            let is_sure = ways.len() == 1;
            for (number, statement) in ways.into_iter().flatten().enumerate() {
                for statement in statement.one_or_many() {
                    let denies = statement.get("Effect").and_then(Node::text) == Some("Deny");
                    let is_known = statements.iter().any(|known: &Node| known.value == statement.value);
                    if !is_known && (is_sure || !denies) {
                        statements.push(match is_sure {
                            true => statement.clone(),
                            false => statement.alternative(item.at, number > 0),
                        });
                    }
                }
            }
        }
        if let (Value::Map(_), [_]) = (&entry.value.value, &statements[..]) {
            return statements.pop();
        }
        Some(Node::new(entry.value.at, Value::List(statements)))
    }

    /// What a value really comes to in each of the ways that are tried, of a policy that statement of several which is there.
    pub fn realities(&self, node: &Node) -> Vec<Node> {
        let (is_cut, steps) = (self.is_cut.get(), self.steps.get());
        self.is_plain.set(true);
        let ways = self.ways(node);
        self.is_plain.set(false);
        // What is not tried here is not left out anywhere else.
        self.is_cut.set(is_cut);
        self.steps.set(steps);
        ways.into_iter().flatten().collect()
    }

    /// What a value can come to when all conditions are tried in all ways that there are, each once; nothing is one of
    /// them.
    fn ways(&self, node: &Node) -> Vec<Option<Node>> {
        let mut found: Vec<Option<Node>> = Vec::new();
        let mut all: BTreeSet<String> = BTreeSet::new();
        let mut tried: BTreeSet<BTreeSet<String>> = BTreeSet::from([BTreeSet::new()]);
        let mut left = VecDeque::from([BTreeSet::new()]);
        while let Some(flipped) = left.pop_front() {
            let (resolved, asked) = self.with_flipped(node, &flipped);
            let same = |earlier: &Option<Node>| {
                earlier.as_ref().map(|node| &node.value) == resolved.as_ref().map(|node| &node.value)
            };
            if self.can_be(&asked, &flipped) && !found.iter().any(same) {
                found.push(resolved);
            }
            all.extend(asked.iter().cloned());
            if all.len() > ALL_OF && flipped.len() >= 2 {
                continue;
            }
            for condition in asked.iter().filter(|condition| !flipped.contains(*condition)) {
                let next: BTreeSet<String> = flipped.iter().chain([condition]).cloned().collect();
                if tried.len() >= MOST_WAYS {
                    self.is_cut.set(true);
                    break;
                }
                if tried.insert(next.clone()) {
                    left.push_back(next);
                }
            }
        }
        found
    }

    /// Whether these conditions can come out so together: a parameter has one value at a time.
    fn can_be(&self, asked: &BTreeSet<String>, flipped: &BTreeSet<String>) -> bool {
        let mut is: BTreeMap<&str, &str> = BTreeMap::new();
        let mut is_not: BTreeSet<(&str, &str)> = BTreeSet::new();
        for name in asked {
            let holds = self.by_default(name) != flipped.contains(name);
            let Some((parameter, value, equal)) = self.compared(name) else { continue };
            if equal == holds {
                if is.insert(parameter, value).is_some_and(|other| other != value) {
                    return false;
                }
            } else {
                is_not.insert((parameter, value));
            }
        }
        !is.iter().any(|(parameter, value)| is_not.contains(&(*parameter, *value)))
    }

    /// The parameter and the value that a condition compares, and whether it asks for their being equal.
    fn compared(&self, name: &str) -> Option<(&str, &str, bool)> {
        let mut condition = self.root.get("Conditions")?.get(name)?;
        let mut equal = true;
        while let Some(inner) = condition.get("Fn::Not") {
            condition = inner.items().first()?;
            equal = !equal;
        }
        let [one, other] = condition.get("Fn::Equals")?.items() else { return None };
        let parameter = |node: &'_ Node| node.get("Ref").and_then(Node::text).map(str::to_owned);
        let (of, value) = if parameter(one).is_some() { (one, other) } else { (other, one) };
        Some((of.get("Ref")?.text()?, value.text()?, equal))
    }
}
