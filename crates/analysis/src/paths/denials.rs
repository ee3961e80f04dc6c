//! What denies somebody something, and how it takes that away itself: the policy, the membership in a group, the tag. How it
//! puts on the tag that is asked for is no different.
//!
//! A document that does nothing but deny is taken away first, since nothing is lost with it; of those that allow as well,
//! each is tried. A removal that is itself denied is none: it is asked of the principal as it is by then.

use leastwise_policy::aws::{Effect, Named, Policy};

use super::Certainty;
use super::attempt::{About, Attempt};
use super::model::{Form, Model};
use super::rows::{Kind, Takes};
use super::search::Search;
use super::target::Standing;
use crate::granted::{GrantedGroup, GrantedPrincipal};

/// What somebody has got rid of, and what it has in place of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Names of documents, in order.
    pub(super) without: Vec<String>,
    /// Keys of tags.
    pub(super) untagged: Vec<String>,
    /// Tags that it has put on itself, each with its value.
    pub(super) tagged: Vec<(String, String)>,
    /// Policies of which another version is the default one, each with the number of that among the others.
    pub(super) instead: Vec<(String, usize)>,
}

/// Something that denies, and that its principal could take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Barrier {
    pub(super) takes: Takes,
    /// The policy or the tag.
    pub(super) denying: String,
    /// The ARN of the group that brings it.
    group: Option<String>,
    /// The documents that are gone with it.
    documents: Vec<String>,
    /// Whether nothing else is lost.
    pure: bool,
    /// The version that comes in place of it.
    version: Option<usize>,
    /// The value of the tag that is put on.
    value: Option<String>,
}

impl Barrier {
    /// The default version of a policy, in place of which comes another.
    pub(super) fn of_version(takes: Takes, policy: &str, number: usize) -> Barrier {
        Barrier {
            takes,
            denying: policy.to_owned(),
            group: None,
            documents: vec![policy.to_owned()],
            pure: false,
            version: Some(number),
            value: None,
        }
    }

    /// A tag, to be taken off, or put on with this value.
    pub(super) fn of_tag(key: String, value: Option<String>) -> Barrier {
        Barrier {
            takes: if value.is_some() { Takes::NewTag } else { Takes::Tag },
            denying: key,
            group: None,
            documents: Vec::new(),
            pure: false,
            version: None,
            value,
        }
    }

    /// Takes it away.
    pub(super) fn apply(&self, changed: &mut Changed) {
        changed.without.extend(self.documents.iter().cloned());
        changed.without.sort();
        changed.without.dedup();
        if matches!(self.takes, Takes::Tag | Takes::NewTag) {
            // The last word on a tag counts.
            changed.tagged.retain(|(key, _)| !key.eq_ignore_ascii_case(&self.denying));
            changed.untagged.retain(|key| !key.eq_ignore_ascii_case(&self.denying));
            match &self.value {
                Some(value) => changed.tagged.push((self.denying.clone(), value.clone())),
                None => changed.untagged.push(self.denying.clone()),
            }
        }
        changed.tagged.sort();
        changed.untagged.sort();
        changed.instead.extend(self.version.map(|number| (self.denying.clone(), number)));
        changed.instead.sort();
    }
}

/// Forms without something that are looked at for each principal.
const MOST: usize = 16;

fn denies(document: &Named<Policy>) -> bool {
    document.policy.statements.iter().any(|statement| statement.effect == Effect::Deny)
}

fn is_pure(document: &Named<Policy>) -> bool {
    document.policy.statements.iter().all(|statement| statement.effect == Effect::Deny)
}

impl<'a> Model<'a> {
    /// What a node has got rid of.
    pub(super) fn changed(&self, form: Form<'a>) -> Option<&Changed> {
        match form {
            Form::Stripped { number, .. } => self.changes.get(number),
            _ => None,
        }
    }

    /// The documents of a principal in this form, apart from what all have in it.
    pub(super) fn held(&self, granted: &'a GrantedPrincipal, form: Form<'a>) -> Vec<&'a Named<Policy>> {
        let gone = self.changed(form);
        let is_there =
            |document: &&Named<Policy>| gone.is_none_or(|gone| !gone.without.contains(&document.name));
        let own = granted.policies.identity.iter().chain(form.more()).filter(is_there);
        own.chain(self.instead(granted, form)).collect()
    }

    /// What denies the node something that it could take away; first that with which nothing else is lost.
    pub(super) fn barriers(&self, node: usize) -> Vec<Barrier> {
        let Some(granted) = self.nodes[node].granted else { return Vec::new() };
        let held = self.held(granted, self.nodes[node].form);
        let groups = self.groups_with(granted, &held);
        let mut barriers = Vec::new();
        let default = |document: &&&Named<Policy>| {
            granted.policies.identity.iter().any(|one| one.name == document.name)
        };
        for document in held.iter().filter(default).filter(|document| denies(document)) {
            self.barriers_of(granted, document, &groups, &mut barriers);
        }
        for group in groups.iter().filter(|group| group.policies.iter().any(denies)) {
            let only_here = |document: &&Named<Policy>| {
                let elsewhere = groups.iter().filter(|other| other.arn != group.arn);
                let mut elsewhere = elsewhere.flat_map(|other| &other.policies);
                !granted.attached.contains(&document.name)
                    && !elsewhere.any(|other| other.name == document.name)
            };
            let gone: Vec<&Named<Policy>> = group.policies.iter().filter(only_here).collect();
            barriers.push(Barrier {
                takes: Takes::Group,
                denying: group.arn.clone(),
                group: Some(group.arn.clone()),
                pure: gone.iter().all(|document| is_pure(document)),
                documents: gone.into_iter().map(|document| document.name.clone()).collect(),
                version: None,
                value: None,
            });
        }
        barriers.extend(self.tags_that_deny(node, granted, &held));
        barriers.extend(self.tags_that_help(node, granted, &held));
        barriers.extend(self.version_barriers(node, granted));
        barriers.sort_by_key(|barrier| !barrier.pure);
        barriers.dedup();
        barriers
    }

    /// The groups of a user of which something is left.
    fn groups_with(&self, granted: &GrantedPrincipal, held: &[&Named<Policy>]) -> Vec<&'a GrantedGroup> {
        let names = granted.groups.iter().map(|name| (granted.account(), name.as_str()));
        let groups = names.filter_map(|key| self.groups.get(&key).copied());
        let is_left = |group: &&GrantedGroup| {
            group.policies.iter().any(|one| held.iter().any(|document| document.name == one.name))
        };
        groups.filter(is_left).collect()
    }

    fn barriers_of(
        &self,
        granted: &GrantedPrincipal,
        document: &Named<Policy>,
        groups: &[&GrantedGroup],
        barriers: &mut Vec<Barrier>,
    ) {
        let mut add = |takes: Takes, group: Option<&str>| {
            barriers.push(Barrier {
                takes,
                denying: document.name.clone(),
                group: group.map(str::to_owned),
                documents: vec![document.name.clone()],
                pure: is_pure(document),
                version: None,
                value: None,
            });
        };
        if document.name.strip_prefix(granted.arn.as_str()).is_some_and(|rest| rest.starts_with('#')) {
            return add(Takes::Inline, None);
        }
        let direct = granted.attached.contains(&document.name);
        let of: Vec<&str> = groups
            .iter()
            .filter(|group| group.policies.iter().any(|one| one.name == document.name))
            .map(|group| group.arn.as_str())
            .collect();
        if super::attempt::is_own_policy(&document.name, granted) {
            add(Takes::Managed, None);
            if self.world.snapshot.versions(&document.name).is_none() {
                add(Takes::Unlisted, None);
            }
        }
        match of.as_slice() {
            [] if direct => add(Takes::Attached, None),
            [one] if !direct && document.name.contains('#') => add(Takes::GroupInline, Some(one)),
            [one] if !direct => add(Takes::GroupAttached, Some(one)),
            _ => {}
        }
    }
}

impl<'a> Search<'a> {
    /// What the node becomes by taking away something that denies, and how.
    pub(super) fn strippings(&self, node: usize) -> Vec<(Changed, bool, Attempt)> {
        let (table, form) = (self.model.table, self.model.nodes[node].form);
        let Some(granted) = self.model.nodes[node].granted else { return Vec::new() };
        let rows = table.rows.iter().enumerate().filter(|(row, said)| {
            said.kind == Kind::Strips && said.of.includes(granted) && self.could(node, *row)
        });
        let rows: Vec<_> = rows.collect();
        let mut found: Vec<(Changed, bool, Attempt)> = Vec::new();
        if rows.is_empty() || !form.may_change() {
            return found;
        }
        let plain = self.plain(node);
        for barrier in self.model.barriers(node) {
            for (row, said) in rows.iter().filter(|(_, said)| said.takes == Some(barrier.takes)) {
                let about = About {
                    target: Some(plain),
                    group: barrier.group.as_deref(),
                    denying: Some(&barrier.denying),
                    tag: barrier.value.as_deref().map(|value| (barrier.denying.as_str(), value)),
                    ..About::default()
                };
                let Some(attempt) = self.model.attempt_about(&self.kept, node, *row, about, None) else {
                    continue;
                };
                let mut changed = self.model.changed(form).cloned().unwrap_or_default();
                barrier.apply(&mut changed);
                let last = barrier.pure && attempt.answer.certainty == Certainty::Sure;
                found.push((changed, said.rewrites, attempt));
                if last && !said.rewrites {
                    // Whatever else there is to take away can be taken away after it.
                    return found;
                }
            }
        }
        found
    }

    /// Adds the forms of a node without something that denies.
    pub(super) fn strip(&mut self, standing: &mut Standing, node: usize) {
        let form = self.model.nodes[node].form;
        for (changed, rewrites, attempt) in self.strippings(node) {
            let to =
                self.stripped(standing, node, changed, (form.has_everything() || rewrites, form.is_free()));
            if let Some(to) = to {
                self.add_local(to, node, attempt);
            }
        }
    }

    /// The node of a principal without something, with everything and without its boundary if that is said.
    pub(super) fn stripped(
        &mut self,
        standing: &mut Standing,
        node: usize,
        changed: Changed,
        (everything, free): (bool, bool),
    ) -> Option<usize> {
        let granted = self.model.nodes[node].granted?;
        let mut count = 0;
        for known in self.model.acting.get(granted.arn.as_str()).into_iter().flatten() {
            if let Form::Stripped { number, everything: all, free: unbound } = self.model.nodes[*known].form {
                count += 1;
                if (all, unbound) == (everything, free) && self.model.changes[number] == changed {
                    return Some(*known);
                }
            }
        }
        if count >= MOST {
            return None;
        }
        self.model.changes.push(changed);
        let form = Form::Stripped { number: self.model.changes.len() - 1, everything, free };
        let to = self.model.add(Some(granted), form, granted.arn.clone(), true);
        self.stand(standing, to);
        Some(to)
    }
}
