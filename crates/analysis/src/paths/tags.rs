//! Tags of whoever calls: those by which it is denied something, and those that it is asked for and could put on itself.

use leastwise_policy::aws::{Comparison, Condition, Effect, Named, Policy, Statement};

use super::denials::Barrier;
use super::model::Model;
use crate::granted::GrantedPrincipal;

const KEY: &str = "aws:principaltag/";

/// A value that nobody asks for, where any is as good as another.
const ANY: &str = "example";

/// Tags that are tried for each principal.
const MOST: usize = 8;

impl<'a> Model<'a> {
    /// Tags of the principal that a `Deny` looks at.
    pub(super) fn tags_that_deny(
        &self,
        node: usize,
        granted: &GrantedPrincipal,
        held: &[&Named<Policy>],
    ) -> Vec<Barrier> {
        if granted.tags.is_empty() && self.tagged(node).is_empty() {
            return Vec::new();
        }
        let denying = self.deciding(node, granted, held).filter(|statement| statement.effect == Effect::Deny);
        let mut keys: Vec<String> = Vec::new();
        for condition in denying.flat_map(|statement| statement.condition.iter()) {
            let Some(key) = key_of(condition) else { continue };
            keys.extend(self.tag_of(node, granted, key).map(|(key, _)| key.to_owned()));
        }
        keys.sort();
        keys.dedup();
        keys.into_iter().map(|key| Barrier::of_tag(key, None)).collect()
    }

    /// Tags that a statement about the principal asks for and that it does not have: an `Allow` or the exception of a `Deny`
    /// that decides on its calls, or a trust policy.
    pub(super) fn tags_that_help(
        &self,
        node: usize,
        granted: &GrantedPrincipal,
        held: &[&Named<Policy>],
    ) -> Vec<Barrier> {
        let trusts = self.principals.iter().filter_map(|role| role.trust.as_ref());
        let trusting = trusts.flat_map(|trust| &trust.statements);
        let mut wanted: Vec<(String, String)> = Vec::new();
        for statement in self.deciding(node, granted, held).chain(trusting) {
            for condition in statement.condition.iter() {
                let Some(key) = key_of(condition) else { continue };
                let known = self.tag_of(node, granted, key);
                let key = known.map_or(key, |(key, _)| key);
                let missing = |value: &String| known.is_none_or(|(_, has)| has != value);
                let values = helpful(statement.effect, condition).into_iter().filter(missing);
                wanted.extend(values.map(|value| (key.to_owned(), value)));
            }
        }
        wanted.sort();
        wanted.dedup();
        wanted.truncate(MOST);
        wanted.into_iter().map(|(key, value)| Barrier::of_tag(key, Some(value))).collect()
    }

    /// The statements that decide on the calls of a node, whatever they are about.
    fn deciding<'h>(
        &'h self,
        node: usize,
        granted: &'a GrantedPrincipal,
        held: &'h [&'h Named<Policy>],
    ) -> impl Iterator<Item = &'h Statement> {
        let boundary = self.boundary(granted, self.nodes[node].form).into_iter().flatten();
        let levels = self.world.service_control.get(&self.nodes[node].account).into_iter();
        let above = levels.flat_map(|path| &path.levels).flat_map(|level| &level.policies);
        held.iter().copied().chain(boundary).chain(above).flat_map(|one| &one.policy.statements)
    }

    /// What the node has put on itself.
    fn tagged(&self, node: usize) -> &[(String, String)] {
        self.changed(self.nodes[node].form).map_or(&[], |changed| changed.tagged.as_slice())
    }

    /// The tag of a node by this key, if it has it by now.
    fn tag_of<'t>(
        &'t self,
        node: usize,
        granted: &'t GrantedPrincipal,
        key: &str,
    ) -> Option<(&'t str, &'t str)> {
        let changed = self.changed(self.nodes[node].form);
        let is_off = |tag: &str| {
            changed.is_some_and(|changed| changed.untagged.iter().any(|off| off.eq_ignore_ascii_case(tag)))
        };
        let own = granted.tags.iter().filter(|(tag, _)| !is_off(tag));
        let own = own.map(|(tag, value)| (tag.as_str(), value.as_str()));
        let put_on = self.tagged(node).iter().map(|(tag, value)| (tag.as_str(), value.as_str()));
        put_on.chain(own).find(|(tag, _)| tag.eq_ignore_ascii_case(key))
    }
}

/// The key of the tag that is asked of whoever calls.
fn key_of(condition: &Condition) -> Option<&str> {
    let (prefix, key) = condition.key.split_at_checked(KEY.len())?;
    prefix.eq_ignore_ascii_case(KEY).then_some(key)
}

/// A text that a pattern matches.
fn matching(pattern: &str) -> String {
    match pattern.replace('*', "").replace('?', "x") {
        text if text.is_empty() => ANY.to_owned(),
        text => text,
    }
}

/// The values of a tag by which an `Allow` may apply that does not, or a `Deny` may not apply that does.
fn helpful(effect: Effect, condition: &Condition) -> Vec<String> {
    let base = condition.operator.base;
    let denies = effect == Effect::Deny;
    // What a negated operator excepts is what its opposite asks for.
    let (asks, base) = match base.turned() {
        Some(base) => (denies, base),
        None => (!denies, base),
    };
    match base {
        // Of what must be there, or must not be missing, any value is one.
        Comparison::Null => {
            let missing = condition.values.iter().any(|value| value == "true");
            if missing == denies { vec![ANY.to_owned()] } else { Vec::new() }
        }
        _ if !asks => vec![ANY.to_owned()],
        Comparison::StringLike | Comparison::ArnLike | Comparison::ArnEquals => {
            texts(condition).map(|value| matching(value)).collect()
        }
        // Of numbers and times the bound itself is on its right side.
        Comparison::StringEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::NumericEquals
        | Comparison::NumericLessThanEquals
        | Comparison::NumericGreaterThanEquals
        | Comparison::DateEquals
        | Comparison::DateLessThanEquals
        | Comparison::DateGreaterThanEquals
        | Comparison::Bool => texts(condition).cloned().collect(),
        _ => Vec::new(),
    }
}

/// The values without policy variables.
fn texts(condition: &Condition) -> impl Iterator<Item = &String> {
    condition.values.iter().filter(|value| !value.contains("${"))
}
