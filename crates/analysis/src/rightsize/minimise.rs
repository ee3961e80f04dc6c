//! From single permissions to few statements, adding nothing.
//!
//! 1. What another permission of the same action covers goes.
//! 2. Permissions are put together either by action (same resources) or by resource (same actions), whichever is
//!    shorter. Both say exactly what the single permissions say: no action meets a resource that it did not have.
//! 3. Action wildcards only on demand, and only where they cover nothing else under the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Catalog;
use leastwise_policy::aws::{ActionBlock, ActionPattern, Effect, ResourceBlock, ResourcePattern, Statement};

use super::condition::Conds;
use super::scope::{Scope, covers, has_wildcards};

/// One permission: an action on one scope under conditions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Atom {
    pub(super) section: Section,
    pub(super) conds: Conds,
    pub(super) action: String,
    pub(super) scope: Scope,
    /// The resource type, for the statement's name.
    pub(super) kind: Option<String>,
}

/// Permissions that stand in statements of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    /// What was used.
    Used,
    /// Used, and cannot be limited to resources.
    NoResourceLevel,
    /// `iam:PassRole`.
    PassRole,
    /// Destructive actions that were used.
    Destructive,
    /// Destructive, and cannot be limited to resources.
    DestructiveNoResourceLevel,
    /// Kept because the user said so.
    Pinned,
    /// Kept because calls may have needed it.
    Perhaps,
    /// Destructive, and kept because calls may have needed it.
    PerhapsDestructive,
    /// Kept as granted because the logs cannot tell.
    Unseen,
    /// Destructive, and kept as granted because the logs cannot tell.
    UnseenDestructive,
}

/// A statement to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) section: Section,
    pub(super) conds: Conds,
    pub(super) actions: BTreeSet<String>,
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) kinds: BTreeSet<String>,
}

impl Section {
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Section::Used | Section::PassRole => "",
            Section::NoResourceLevel => "NoResource",
            Section::Destructive => "Destructive",
            Section::DestructiveNoResourceLevel => "NoResourceDestructive",
            Section::Pinned => "Pinned",
            Section::Perhaps => "Perhaps",
            Section::PerhapsDestructive => "PerhapsDestructive",
            Section::Unseen => "Unseen",
            Section::UnseenDestructive => "UnseenDestructive",
        }
    }
}

/// The statements for these permissions, in the order of section, service and action.
pub(super) fn statements(atoms: Vec<Atom>) -> Vec<Draft> {
    let atoms = without_covered(atoms);
    let mut groups: BTreeMap<(Section, Conds), Vec<Atom>> = BTreeMap::new();
    for atom in atoms {
        groups.entry((atom.section, atom.conds.clone())).or_default().push(atom);
    }
    let mut drafts = Vec::new();
    for ((section, conds), atoms) in groups {
        let by_action = merged(section, &conds, &atoms, Axis::Action);
        let by_scope = merged(section, &conds, &atoms, Axis::Scope);
        drafts.extend(if length(&by_scope) < length(&by_action) { by_scope } else { by_action });
    }
    drafts.sort_by(|a, b| {
        (a.section, &a.actions, &a.scopes, &a.conds).cmp(&(b.section, &b.actions, &b.scopes, &b.conds))
    });
    drafts
}

/// Leaves out each permission that another one of the same action grants anyway.
fn without_covered(mut atoms: Vec<Atom>) -> Vec<Atom> {
    atoms.sort();
    atoms.dedup_by(|a, b| {
        (a.section, &a.conds, &a.action, &a.scope) == (b.section, &b.conds, &b.action, &b.scope)
    });
    let mut by_action: BTreeMap<String, Vec<Atom>> = BTreeMap::new();
    for atom in atoms {
        by_action.entry(atom.action.clone()).or_default().push(atom);
    }
    let mut kept = Vec::new();
    for atoms in by_action.into_values() {
        let wide: Vec<&Atom> = atoms.iter().filter(|atom| is_wide(atom)).collect();
        let unique: BTreeMap<(&Conds, &Scope), &Atom> =
            atoms.iter().rev().map(|atom| ((&atom.conds, &atom.scope), atom)).collect();
        for atom in unique.into_values() {
            let by_wide = wide.iter().any(|other| grants_more(other, atom));
            let by_unconditional = !atom.conds.is_empty()
                && atoms.iter().any(|other| other.conds.is_empty() && other.scope == atom.scope);
            if !by_wide && !by_unconditional {
                kept.push(atom.clone());
            }
        }
    }
    kept
}

fn is_wide(atom: &Atom) -> bool {
    match &atom.scope {
        Scope::Resource(text) => has_wildcards(text),
        Scope::NotResource(_) => false,
    }
}

fn grants_more(outer: &Atom, inner: &Atom) -> bool {
    let (Scope::Resource(wide), Scope::Resource(narrow)) = (&outer.scope, &inner.scope) else { return false };
    let weaker = outer.conds.is_empty() || outer.conds == inner.conds;
    let same = (&outer.conds, &outer.scope) == (&inner.conds, &inner.scope);
    weaker
        && !same
        && covers(wide, narrow)
        && !(covers(narrow, wide) && outer.conds == inner.conds && wide > narrow)
}

#[derive(Clone, Copy)]
enum Axis {
    Action,
    Scope,
}

/// Permissions grouped so that those with the same other side share a statement.
fn merged(section: Section, conds: &Conds, atoms: &[Atom], axis: Axis) -> Vec<Draft> {
    let mut sides: BTreeMap<Side, BTreeSet<Side>> = BTreeMap::new();
    for atom in atoms {
        let (own, other) = match axis {
            Axis::Action => (Side::Action(atom.action.clone()), Side::Scope(atom.scope.clone())),
            Axis::Scope => (Side::Scope(atom.scope.clone()), Side::Action(atom.action.clone())),
        };
        // A statement has either `Resource` or `NotResource`, and of the latter one.
        sides.entry(own).or_default().insert(other);
    }
    let mut groups: BTreeMap<BTreeSet<Side>, BTreeSet<Side>> = BTreeMap::new();
    for (own, others) in sides {
        for others in apart(others) {
            groups.entry(others).or_default().insert(own.clone());
        }
    }
    let kinds: BTreeMap<(&str, &Scope), &Option<String>> =
        atoms.iter().map(|atom| ((atom.action.as_str(), &atom.scope), &atom.kind)).collect();
    let mut drafts = Vec::new();
    for (others, owns) in groups {
        for owns in apart(owns) {
            let mut draft = Draft {
                section,
                conds: conds.clone(),
                actions: BTreeSet::new(),
                scopes: BTreeSet::new(),
                kinds: BTreeSet::new(),
            };
            for side in owns.iter().chain(&others) {
                match side {
                    Side::Action(action) => draft.actions.insert(action.clone()),
                    Side::Scope(scope) => draft.scopes.insert(scope.clone()),
                };
            }
            let pairs = draft
                .actions
                .iter()
                .flat_map(|action| draft.scopes.iter().map(move |scope| (action.as_str(), scope)));
            draft.kinds = pairs.filter_map(|pair| kinds.get(&pair).copied().cloned().flatten()).collect();
            drafts.push(draft);
        }
    }
    drafts
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Action(String),
    Scope(Scope),
}

/// The set, with each `NotResource` in a set of its own.
fn apart(sides: BTreeSet<Side>) -> Vec<BTreeSet<Side>> {
    let (alone, together): (BTreeSet<Side>, BTreeSet<Side>) =
        sides.into_iter().partition(|side| matches!(side, Side::Scope(Scope::NotResource(_))));
    let mut sets: Vec<BTreeSet<Side>> = alone.into_iter().map(|side| BTreeSet::from([side])).collect();
    if !together.is_empty() {
        sets.push(together);
    }
    sets
}

/// Roughly how long the statements will be.
fn length(drafts: &[Draft]) -> usize {
    const FRAME: usize = 70;
    let texts = |draft: &Draft| {
        let actions: usize = draft.actions.iter().map(|action| action.len() + 3).sum();
        let scopes: usize = draft
            .scopes
            .iter()
            .map(|scope| if let Scope::Resource(text) = scope { text.len() + 3 } else { 80 })
            .sum();
        actions + scopes + FRAME
    };
    drafts.iter().map(texts).sum()
}

impl Draft {
    /// The statement as IAM reads it.
    pub(super) fn statement(&self, sid: String) -> Statement {
        let resource = match self.scopes.first() {
            Some(scope @ Scope::NotResource(_)) => scope.block(),
            _ => ResourceBlock::Resource(
                self.scopes
                    .iter()
                    .filter_map(
                        |scope| if let Scope::Resource(text) = scope { Some(text.as_str()) } else { None },
                    )
                    .map(ResourcePattern::new)
                    .collect(),
            ),
        };
        Statement {
            sid: Some(sid),
            effect: Effect::Allow,
            principal: None,
            action: ActionBlock::Action(
                self.actions.iter().map(|action| ActionPattern::new(action.as_str())).collect(),
            ),
            resource: Some(resource),
            condition: self.conds.build(),
        }
    }

    /// Replaces actions by wildcards that cover these actions and, under the catalogue, no other.
    pub(super) fn with_wildcards(&mut self, catalog: &Catalog) {
        let mut left = self.actions.clone();
        let mut shorter = BTreeSet::new();
        while let Some(action) = left.first().cloned() {
            let best = stems(&action).find_map(|stem| {
                let covered: BTreeSet<String> =
                    catalog.expand(&stem).iter().map(leastwise_catalog::Action::full_name).collect();
                (covered.len() > 1 && covered.iter().all(|name| self.actions.contains(name)))
                    .then_some((stem, covered))
            });
            match best {
                Some((stem, covered)) => {
                    left.retain(|action| !covered.contains(action));
                    shorter.insert(stem);
                }
                None => {
                    left.remove(&action);
                    shorter.insert(action);
                }
            }
        }
        self.actions = shorter;
    }
}

/// `s3:*`, `s3:Get*`, `s3:GetObject*`: the widest first, cut where a word begins.
fn stems(action: &str) -> impl Iterator<Item = String> + '_ {
    let start = action.find(':').map_or(0, |colon| colon + 1);
    let cuts = action
        .char_indices()
        .filter(move |(at, letter)| *at >= start && (*at == start || letter.is_ascii_uppercase()));
    cuts.map(|(at, _)| format!("{}*", &action[..at]))
}
