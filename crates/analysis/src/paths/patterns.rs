//! On what a node may do something, by what its policies name: where its boundary, a service control policy or a denial of
//! everything else names less, on what both name.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::ActionBlock::{Action, NotAction};
use leastwise_policy::aws::{Effect, Named, Policy, ResourceBlock, Statement};
use leastwise_policy::glob::Glob;
use xxhash_rust::xxh3::Xxh3;

use super::model::Model;

/// Pairs of what two layers name that are compared; of more, what the policies of the node itself name stands.
const MOST_PAIRS: usize = 1024;

/// The parts of an ARN.
const PARTS: usize = 6;

/// What is denied to a node whoever calls and however, by node and action.
pub(super) type Refused = RefCell<HashMap<(usize, usize), Rc<[ArnPattern]>>>;

/// What was found in common, by what the two layers name.
pub(super) type Met = RefCell<HashMap<u64, Rc<[String]>>>;

impl<'a> Model<'a> {
    /// Resources of the statements of a node that allow an action, as they are spelled, and before them what these and each
    /// layer above have in common. Everything that is allowed is among them.
    pub(super) fn patterns(&self, node: usize, action: usize) -> Vec<Cow<'_, str>> {
        let (held, layers) = self.documents_of(node);
        let node = &self.nodes[node];
        let own = match node.granted.filter(|_| !node.form.has_everything()) {
            Some(_) => self.named_by(held.iter().copied(), action),
            None => vec![Cow::Borrowed("*")],
        };
        let denials = held.into_iter().chain(layers.iter().copied().flatten());
        let spared = denials.flat_map(|document| spared(&document.policy, &self.actions[action]));
        let above = layers.iter().map(|layer| self.named_by(*layer, action)).chain(spared);
        above.fold(own, |own, layer| self.common(own, layer))
    }

    /// What a node has itself, and the layers above.
    pub(super) fn documents_of(&self, node: usize) -> (Vec<&Named<Policy>>, Vec<&[Named<Policy>]>) {
        let node = &self.nodes[node];
        let held = node.granted.map(|granted| self.held(granted, node.form)).unwrap_or_default();
        let bounded = node.granted.and_then(|granted| self.boundary(granted, node.form));
        let is_under = !node.form.is_outside() && !self.management.contains(node.account.as_str());
        let levels = self.world.service_control.get(&node.account).filter(|_| is_under);
        let levels = levels.into_iter().flat_map(|path| &path.levels).map(|level| level.policies.as_slice());
        (held, bounded.into_iter().chain(levels).collect())
    }

    /// Whether some statement denies the action on this, whoever calls and however: asked of many before all the rest.
    pub(super) fn is_refused(&self, node: usize, action: usize, arn: &str) -> bool {
        let known = self.refused.borrow().get(&(node, action)).cloned();
        let patterns = known.unwrap_or_else(|| {
            let (held, layers) = self.documents_of(node);
            let documents = held.into_iter().chain(layers.into_iter().flatten());
            let statements = documents.flat_map(|document| &document.policy.statements);
            let denying = statements.filter(|one| denies(one) && applies(one, &self.actions[action]));
            let patterns = denying.filter_map(|statement| match &statement.resource {
                Some(ResourceBlock::Resource(of)) => Some(of),
                _ => None,
            });
            let patterns = patterns.flatten().map(|one| one.as_str()).filter(|one| !has_variable(one));
            let patterns: Rc<[ArnPattern]> = patterns.map(ArnPattern::new).collect();
            self.refused.borrow_mut().insert((node, action), Rc::clone(&patterns));
            patterns
        });
        patterns.iter().any(|pattern| pattern.matches(arn))
    }

    /// What both match: first what neither names as it is, then what one of them does.
    fn common<'p>(&self, own: Vec<Cow<'p, str>>, layer: Vec<Cow<'p, str>>) -> Vec<Cow<'p, str>> {
        if layer.iter().any(|one| one == "*") {
            return own;
        }
        if own.iter().any(|one| one == "*") || layer.is_empty() {
            return layer;
        }
        if own.len() * layer.len() > MOST_PAIRS {
            return own;
        }
        let mut key = Xxh3::new();
        for text in own.iter().chain([&Cow::Borrowed("")]).chain(&layer) {
            key.update(text.as_bytes());
            key.update(&[0]);
        }
        let key = key.digest();
        let known = self.met.borrow().get(&key).cloned();
        let met = known.unwrap_or_else(|| {
            let met: Rc<[String]> = met(&own, &layer).into();
            self.met.borrow_mut().insert(key, Rc::clone(&met));
            met
        });
        met.iter().cloned().map(Cow::Owned).collect()
    }

    /// What the statements name that allow an action; `*` alone where that is among it.
    fn named_by<'d>(
        &self,
        documents: impl IntoIterator<Item = &'d Named<Policy>>,
        action: usize,
    ) -> Vec<Cow<'d, str>> {
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
                    Some(ResourceBlock::Resource(of)) => {
                        patterns.extend(of.iter().map(|one| completed(one.as_str())))
                    }
                    _ => patterns.push(Cow::Borrowed("*")),
                }
            }
        }
        if patterns.iter().any(|one| one == "*") {
            return vec![Cow::Borrowed("*")];
        }
        patterns.sort_unstable();
        patterns.dedup();
        patterns
    }
}

/// What each statement spares that denies the action on everything else, or on everything, whoever calls and however.
fn spared<'p>(policy: &'p Policy, action: &str) -> impl Iterator<Item = Vec<Cow<'p, str>>> {
    policy.statements.iter().filter(|statement| denies(statement)).filter_map(move |statement| {
        match &statement.resource {
            Some(ResourceBlock::NotResource(of)) if applies(statement, action) => {
                Some(of.iter().map(|one| completed(one.as_str())).collect())
            }
            Some(ResourceBlock::Resource(of))
                if of.iter().any(|one| one.as_str() == "*") && applies(statement, action) =>
            {
                Some(Vec::new())
            }
            _ => None,
        }
    })
}

/// Whether the statement denies, whoever calls and however.
fn denies(statement: &Statement) -> bool {
    statement.effect == Effect::Deny && statement.condition.is_empty() && statement.principal.is_none()
}

/// The pattern with the parts that an incomplete ARN leaves out, which count as `*`
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
fn completed(pattern: &str) -> Cow<'_, str> {
    let colons = pattern.bytes().filter(|byte| *byte == b':').count();
    if !pattern.starts_with("arn:") || colons >= PARTS - 1 {
        return Cow::Borrowed(pattern);
    }
    Cow::Owned(format!("{pattern}{}", ":*".repeat(PARTS - 1 - colons)))
}

fn applies(statement: &Statement, action: &str) -> bool {
    match &statement.action {
        Action(patterns) => patterns.iter().any(|pattern| pattern.matches(action)),
        NotAction(patterns) => !patterns.iter().any(|pattern| pattern.matches(action)),
    }
}

/// A pattern by its parts; what is not shaped like an ARN has one.
struct Parts<'t> {
    text: &'t str,
    parts: Vec<(&'t str, Glob)>,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Parts<'t> {
        let number = if text.starts_with("arn:") { PARTS } else { 1 };
        Parts { text, parts: text.splitn(number, ':').map(|part| (part, Glob::new(part))).collect() }
    }

    fn subsumes(&self, other: &Parts<'_>) -> bool {
        let mut parts = self.parts.iter().zip(&other.parts);
        self.parts.len() == other.parts.len() && parts.all(|((_, one), (_, other))| one.subsumes(other))
    }

    fn overlaps(&self, other: &Parts<'_>) -> bool {
        self.parts.iter().zip(&other.parts).all(|((_, one), (_, other))| one.overlaps(other))
    }

    /// Patterns for what both match, each by both, and one that has all of it.
    fn meet(&self, other: &Parts<'_>) -> Vec<String> {
        let mut met = vec![String::new()];
        for (one, other) in self.parts.iter().zip(&other.parts) {
            let part = meet_part(one, other);
            let longer =
                |before: &String| part.iter().map(|part| format!("{before}:{part}")).collect::<Vec<_>>();
            met = met.iter().flat_map(longer).take(MOST_MET).collect();
        }
        met.iter().map(|text| text[1..].to_owned()).collect()
    }
}

/// Ways of being in two patterns that are told apart.
const MOST_MET: usize = 4;

/// What both match: first what neither names as it is, then what one of them does.
fn met(own: &[Cow<'_, str>], layer: &[Cow<'_, str>]) -> Vec<String> {
    let (mut met, mut named) = (Vec::new(), Vec::new());
    let layer: Vec<Parts<'_>> = layer.iter().map(|of| Parts::of(of)).collect();
    for one in own {
        let one = Parts::of(one);
        for other in &layer {
            if one.subsumes(other) {
                named.push(other.text.to_owned());
            } else if other.subsumes(&one) {
                named.push(one.text.to_owned());
            } else if has_variable(one.text) || has_variable(other.text) {
                named.extend([one.text.to_owned(), other.text.to_owned()]);
            } else if one.parts.len() != other.parts.len() {
                // Which of the one are among the other is left to whoever asks.
                named.push(one.text.to_owned());
            } else if one.overlaps(other) {
                met.extend(one.meet(other));
                named.push(one.text.to_owned());
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

/// Patterns for texts that both match: what stands between the wildcards of the one before that of the other, or behind it.
fn meet_part((one, of_one): &(&str, Glob), (other, of_other): &(&str, Glob)) -> Vec<String> {
    if of_one.subsumes(of_other) {
        return vec![(*other).to_owned()];
    }
    if of_other.subsumes(of_one) {
        return vec![(*one).to_owned()];
    }
    let pieces = |text: &'_ str| text.split('*').map(str::to_owned).collect::<Vec<String>>();
    let (ones, others) = (pieces(one), pieces(other));
    let longer =
        |one: &String, other: &String| if one.len() < other.len() { other.clone() } else { one.clone() };
    let begin = longer(&ones[0], &others[0]);
    let end = longer(&ones[ones.len() - 1], &others[others.len() - 1]);
    let inner = |of: &[String]| of.get(1..of.len() - 1).unwrap_or_default().to_vec();
    let within = |first: Vec<String>, second: Vec<String>| {
        let all = [begin.clone()].into_iter().chain(first).chain(second).chain([end.clone()]);
        all.collect::<Vec<String>>().join("*")
    };
    let ways = [
        within(inner(&ones), inner(&others)),
        within(inner(&others), inner(&ones)),
        format!("{begin}*{end}"),
    ];
    let mut met: Vec<String> = Vec::new();
    for way in ways {
        let glob = Glob::new(&way);
        if of_one.subsumes(&glob) && of_other.subsumes(&glob) && !met.contains(&way) {
            met.push(way);
        }
    }
    if met.is_empty() { vec![(*one).to_owned()] } else { met }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_layers_have_in_common() {
        let function = "arn:aws:lambda:*:111122223333:function:";
        let case = |own: &[&str], layer: &[&str], expected: &[&str]| {
            let of = |texts: &[&str]| -> Vec<Cow<'static, str>> {
                texts.iter().map(|one| Cow::Owned(completed(one).into_owned())).collect()
            };
            assert_eq!(met(&of(own), &of(layer)), expected, "{layer:?}");
        };
        let (all, team, end) =
            (&format!("{function}*"), &format!("{function}team-*"), &format!("{function}*-x"));
        case(&[all], &[team], &[team]);
        case(&[team], &[all, end], &[&format!("{function}team-*-x"), team]);
        case(&[all], &["arn:aws:lambda:*:*:function:team-*"], &[team, all]);
        case(&["arn:aws:lambda"], &[team], &[team]);
        let eu = "arn:aws:lambda:eu-*";
        let narrow = "arn:aws:lambda:eu-*:111122223333:function:team-*";
        case(&[eu], &[team], &[narrow, "arn:aws:lambda:eu-*:*:*"]);
        case(&["arn:aws:iam::*:role/a-*"], &["arn:aws:s3:::*"], &[]);
        case(&[team], &[&format!("{function}ops-*")], &[]);
        let middle = format!("{function}*-prod-*");
        case(&[team], &[&middle], &[&format!("{function}team-*-prod-*"), team]);
        let own = "arn:aws:iam::*:user/${aws:username}";
        case(&[own], &["arn:aws:iam::*:user/*"], &[own]);
        case(&[own], &["arn:aws:iam::*:user/team/*"], &[own, "arn:aws:iam::*:user/team/*"]);
    }
}
