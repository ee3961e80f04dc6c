//! On what a node may do something, by what its policies name: where its boundary, a service control policy or a denial of
//! everything else names less, on what both name.

use std::borrow::Cow;

use leastwise_policy::aws::ActionBlock::{Action, NotAction};
use leastwise_policy::aws::{Effect, Named, Policy, ResourceBlock, Statement};
use leastwise_policy::glob::Glob;

use super::model::Model;

/// Pairs of what two layers name that are compared; of more, what the policies of the node itself name stands.
const MOST_PAIRS: usize = 1024;

/// The parts of an ARN.
const PARTS: usize = 6;

impl<'a> Model<'a> {
    /// Resources of the statements of a node that allow an action, as they are spelled, and before them what these and each
    /// layer above have in common. Everything that is allowed is among them.
    pub(super) fn patterns(&self, node: usize, action: usize) -> Vec<Cow<'_, str>> {
        let node = &self.nodes[node];
        let held = node.granted.filter(|_| !node.form.has_everything());
        let held = held.map(|granted| self.held(granted, node.form));
        let own = held.as_ref().map_or_else(|| vec!["*"], |held| self.named_by(held.iter().copied(), action));
        let own = own.into_iter().map(Cow::Borrowed).collect();
        let bounded = node.granted.and_then(|granted| self.boundary(granted, node.form));
        let levels = self.world.service_control.get(&node.account).filter(|_| !node.form.is_outside());
        let levels = levels.into_iter().flat_map(|path| &path.levels).map(|level| level.policies.as_slice());
        let above: Vec<&[Named<Policy>]> = bounded.into_iter().chain(levels).collect();
        let allowed = above.iter().fold(own, |own, layer| common(own, &self.named_by(*layer, action)));
        let documents = held.iter().flatten().copied().chain(above.into_iter().flatten());
        documents
            .flat_map(|document| spared(&document.policy, &self.actions[action]))
            .fold(allowed, |own, layer| common(own, &layer))
    }

    /// What the statements name that allow an action; `*` alone where that is among it.
    fn named_by<'d>(
        &self,
        documents: impl IntoIterator<Item = &'d Named<Policy>>,
        action: usize,
    ) -> Vec<&'d str> {
        let name = &self.actions[action];
        let mut patterns = Vec::new();
        for document in documents {
            if !self.documents.get(document.name.as_str()).is_some_and(|bits| bits.has(action)) {
                continue;
            }
            for (index, statement) in document.policy.statements.iter().enumerate() {
                let allows = statement.effect == Effect::Allow && !self.is_removed(&document.name, index);
                if !allows || !applies(statement, name) {
                    continue;
                }
                match &statement.resource {
                    Some(ResourceBlock::Resource(of)) => patterns.extend(of.iter().map(|one| one.as_str())),
                    _ => patterns.push("*"),
                }
            }
        }
        if patterns.contains(&"*") {
            return vec!["*"];
        }
        patterns.sort_unstable();
        patterns.dedup();
        patterns
    }
}

/// What each statement spares that denies the action on everything else, whoever calls and however.
fn spared<'p>(policy: &'p Policy, action: &str) -> impl Iterator<Item = Vec<&'p str>> {
    policy.statements.iter().filter_map(move |statement| match &statement.resource {
        Some(ResourceBlock::NotResource(of))
            if statement.effect == Effect::Deny
                && statement.condition.is_empty()
                && applies(statement, action) =>
        {
            Some(of.iter().map(|one| one.as_str()).collect())
        }
        _ => None,
    })
}

fn applies(statement: &Statement, action: &str) -> bool {
    match &statement.action {
        Action(patterns) => patterns.iter().any(|pattern| pattern.matches(action)),
        NotAction(patterns) => !patterns.iter().any(|pattern| pattern.matches(action)),
    }
}

/// What both match: first what neither names as it is, then what one of them does.
fn common<'p>(own: Vec<Cow<'p, str>>, layer: &[&'p str]) -> Vec<Cow<'p, str>> {
    if layer.contains(&"*") || own.len() * layer.len() > MOST_PAIRS {
        return own;
    }
    if own.iter().any(|one| one == "*") {
        return layer.iter().copied().map(Cow::Borrowed).collect();
    }
    let (mut met, mut named) = (Vec::new(), Vec::new());
    let layer: Vec<(&str, Glob)> = layer.iter().map(|of| (*of, Glob::new(of))).collect();
    for one in own {
        let glob = Glob::new(&one);
        for (other, of) in &layer {
            if glob.subsumes(of) {
                named.push(Cow::Borrowed(*other));
            } else if of.subsumes(&glob) {
                named.push(one.clone());
            } else if has_variable(&one) || has_variable(other) {
                named.extend([one.clone(), Cow::Borrowed(*other)]);
            } else if glob.overlaps(of) {
                met.extend(meet(&one, other).map(Cow::Owned));
                // Should a wildcard stand for more than was thought.
                named.push(one.clone());
            }
        }
    }
    for list in [&mut met, &mut named] {
        list.sort_unstable();
        list.dedup();
    }
    named.retain(|one| !met.contains(one));
    met.extend(named);
    met
}

fn has_variable(pattern: &str) -> bool {
    pattern.contains("${")
}

/// A pattern for ARNs that both match, part by part.
fn meet(one: &str, other: &str) -> Option<String> {
    let (one, other) = (parts(one)?, parts(other)?);
    let met: Option<Vec<String>> = one.iter().zip(&other).map(|(one, other)| meet_part(one, other)).collect();
    Some(met?.join(":"))
}

/// The parts of the ARN; a pattern that ends early goes on with whatever.
fn parts(pattern: &str) -> Option<Vec<&str>> {
    let mut parts: Vec<&str> = pattern.splitn(PARTS, ':').collect();
    if parts.len() < PARTS {
        parts.last().filter(|last| last.ends_with('*'))?;
        parts.resize(PARTS, "*");
    }
    Some(parts)
}

fn meet_part(one: &str, other: &str) -> Option<String> {
    let (of_one, of_other) = (Glob::new(one), Glob::new(other));
    if of_one.subsumes(&of_other) {
        return Some(other.to_owned());
    }
    if of_other.subsumes(&of_one) {
        return Some(one.to_owned());
    }
    let wild = ['*', '?'];
    let head = |text: &'_ str| text.find(wild).map_or(text.len(), |at| at);
    let tail = |text: &'_ str| text.rfind(wild).map_or(0, |at| at + 1);
    let begins = [&one[..head(one)], &other[..head(other)]];
    let ends = [&one[tail(one)..], &other[tail(other)..]];
    let longer = |of: [&str; 2]| if of[0].len() < of[1].len() { of[1].to_owned() } else { of[0].to_owned() };
    of_one.overlaps(&of_other).then(|| format!("{}*{}", longer(begins), longer(ends)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_layers_have_in_common() {
        let function = "arn:aws:lambda:*:111122223333:function:";
        let case = |own: &[&str], layer: &[&str], expected: &[&str]| {
            let own = own.iter().copied().map(|one| Cow::Owned(one.to_owned())).collect();
            assert_eq!(common(own, layer), expected, "{layer:?}");
        };
        let (all, team, end) =
            (&format!("{function}*"), &format!("{function}team-*"), &format!("{function}*-x"));
        case(&["*"], &[team], &[team]);
        case(&[team], &["*"], &[team]);
        case(&[all], &[team], &[team]);
        case(&[team], &[all, end], &[&format!("{function}team-*-x"), team]);
        case(&[all], &["arn:aws:lambda:*:*:function:team-*"], &[team, all]);
        case(&["arn:aws:lambda:*"], &[team], &[team]);
        case(
            &["arn:aws:lambda:eu-*"],
            &[team],
            &["arn:aws:lambda:eu-*:111122223333:function:team-*", "arn:aws:lambda:eu-*"],
        );
        case(&["arn:aws:iam::*:role/a-*"], &["arn:aws:s3:::*"], &[]);
        // The region might be whatever, up to the name.
        case(&[team], &[&format!("{function}ops-*")], &[team]);
        let own = "arn:aws:iam::*:user/${aws:username}";
        case(&[own], &["arn:aws:iam::*:user/*"], &[own]);
        case(&[own], &["arn:aws:iam::*:user/team/*"], &[own, "arn:aws:iam::*:user/team/*"]);
    }
}
