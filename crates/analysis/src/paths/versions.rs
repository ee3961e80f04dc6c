//! Other versions of a policy: whoever may set its default version has what that version allows, and is free of what only
//! the default one denies. Where a snapshot lists all versions it is they that count, and nothing is taken for given.

use std::borrow::Cow;
use std::collections::BTreeMap;

use leastwise_policy::aws::Named;
use leastwise_policy::aws::{Effect, Policy};
use leastwise_policy::glob;

use super::attempt::{self, About, Attempt};
use super::denials::{Barrier, Changed};
use super::model::{Form, Model};
use super::rows::Takes;
use super::search::Search;
use super::target::Standing;
use crate::granted::GrantedPrincipal;

/// A principal as it would be with another version of one policy.
#[derive(Debug, Clone)]
pub(super) struct Reverted {
    node: usize,
    plain: usize,
    /// The ARN of the policy.
    policy: String,
    /// The row by which that is done.
    row: usize,
}

impl<'a> Model<'a> {
    /// The customer managed policies that a principal has and of which not all versions are listed.
    pub(super) fn unlisted_policies(&self, of: &GrantedPrincipal) -> Vec<String> {
        let mut policies = attempt::own_policies(of);
        policies.retain(|arn| self.world.snapshot.versions(arn).is_none());
        policies
    }

    /// The boundary of a principal, if it is a customer managed policy and not all versions of it are listed.
    pub(super) fn unlisted_boundary<'g>(&self, of: &'g GrantedPrincipal) -> Option<&'g str> {
        attempt::own_boundary(of).filter(|arn| self.world.snapshot.versions(arn).is_none())
    }

    /// The documents that a node has in place of default versions.
    pub(super) fn instead(&self, granted: &GrantedPrincipal, form: Form<'a>) -> Vec<&'a Named<Policy>> {
        let swapped = self.changed(form).map(|changed| changed.instead.as_slice()).unwrap_or_default();
        let is_held = |arn: &str| granted.policies.identity.iter().any(|one| one.name == arn);
        let held = swapped.iter().filter(|(arn, _)| is_held(arn));
        held.filter_map(|swapped| self.version(swapped)).collect()
    }

    /// The boundary that a node has in place of the default version of it.
    pub(super) fn other_boundary(
        &self,
        granted: &GrantedPrincipal,
        form: Form<'a>,
    ) -> Option<&'a Named<Policy>> {
        let arn = granted.boundary.as_ref()?;
        let swapped = &self.changed(form).filter(|_| !form.is_free())?.instead;
        self.version(swapped.iter().find(|(of, _)| of == arn)?)
    }

    /// What a node is bounded by.
    pub(super) fn boundary(
        &self,
        granted: &'a GrantedPrincipal,
        form: Form<'a>,
    ) -> Option<&'a [Named<Policy>]> {
        let granted_one = granted.policies.boundary.as_deref().filter(|_| !form.is_free())?;
        Some(self.other_boundary(granted, form).map_or(granted_one, std::slice::from_ref))
    }

    fn version(&self, (arn, number): &(String, usize)) -> Option<&'a Named<Policy>> {
        self.world.snapshot.versions(arn)?.get(*number)
    }

    /// Other versions of the policies of a node, of which one might give it something.
    pub(super) fn version_barriers(&self, node: usize, granted: &GrantedPrincipal) -> Vec<Barrier> {
        let changed = self.changed(self.nodes[node].form);
        let is_gone = |arn: &str| changed.is_some_and(|changed| changed.without.iter().any(|one| one == arn));
        let mut barriers = Vec::new();
        for document in &granted.policies.identity {
            let denies = document.policy.statements.iter().any(|one| one.effect == Effect::Deny);
            self.versions_of(granted, document, (Takes::Version, denies), &mut barriers);
        }
        let bounded = granted.policies.boundary.iter().flatten().filter(|_| !self.nodes[node].form.is_free());
        // The version of a policy that is attached as well is another in both places.
        let only = bounded.filter(|one| !granted.policies.identity.iter().any(|held| held.name == one.name));
        for document in only {
            // Whatever a boundary leaves must be allowed by it.
            self.versions_of(granted, document, (Takes::BoundaryVersion, false), &mut barriers);
        }
        barriers.retain(|barrier| !is_gone(&barrier.denying));
        barriers
    }

    /// Other versions of a policy, of those that allow nothing only where that may be of use.
    fn versions_of(
        &self,
        granted: &GrantedPrincipal,
        document: &Named<Policy>,
        (takes, even_without): (Takes, bool),
        barriers: &mut Vec<Barrier>,
    ) {
        let arn = document.name.as_str();
        if !attempt::is_own_policy(arn, granted) {
            return;
        }
        for (number, version) in self.world.snapshot.versions(arn).unwrap_or_default().iter().enumerate() {
            let allows = self.documents.get(version.name.as_str()).is_some_and(|bits| !bits.is_empty());
            if (allows || even_without) && version.policy != document.policy {
                barriers.push(Barrier::of_version(takes, arn, number));
            }
        }
    }
}

impl Search<'_> {
    /// Reads the versions that somebody could set, and adds whoever would be something else by one of them.
    pub(super) fn revert(&mut self, standing: &mut Standing) {
        let Some(row) = self.reverting(Takes::Version) else { return };
        let action = self.model.table.rows[row].needs[0].action;
        if !self.may_be_set(action) {
            return;
        }
        self.model.read_versions();
        let mut setters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for node in 0..self.model.principals.len() {
            if !self.is_there(node) && self.could(node, row) {
                let patterns = self.model.patterns(node, action).into_iter().map(Cow::into_owned);
                setters.entry(self.model.nodes[node].account.clone()).or_default().extend(patterns);
            }
        }
        for plain in 0..self.model.principals.len() {
            let granted = self.model.principals[plain];
            let Some(patterns) = setters.get(granted.account()).filter(|_| !self.is_protected(plain)) else {
                continue;
            };
            for barrier in self.model.version_barriers(plain, granted) {
                let matches =
                    |pattern: &String| pattern.contains("${") || glob::matches(pattern, &barrier.denying);
                if !patterns.iter().any(matches) {
                    continue;
                }
                let mut changed = Changed::default();
                barrier.apply(&mut changed);
                if let Some(row) = self.reverting(barrier.takes)
                    && let Some(node) = self.stripped(standing, plain, changed, (false, false))
                {
                    self.reverted.push(Reverted { node, plain, policy: barrier.denying, row });
                }
            }
        }
    }

    /// Whether a policy of somebody who is not at the target, or of a group, allows it; or a boundary that has other versions,
    /// to whoever gives itself more.
    fn may_be_set(&self, action: usize) -> bool {
        let allows = |document: &Named<Policy>| {
            self.model.documents.get(document.name.as_str()).is_some_and(|bits| bits.has(action))
        };
        let mut groups = self.model.world.snapshot.groups().iter().flat_map(|group| &group.policies);
        let principals = self.model.principals.iter().enumerate().filter(|(node, _)| !self.is_there(*node));
        let mut held = principals.flat_map(|(_, principal)| &principal.policies.identity);
        if held.any(allows) || groups.any(allows) {
            return true;
        }
        let principals = self.model.principals.iter().enumerate().filter(|(node, _)| !self.is_there(*node));
        let mut bounds = principals.flat_map(|(_, principal)| principal.policies.boundary.iter().flatten());
        let versions = |document: &Named<Policy>| self.model.world.snapshot.versions(&document.name);
        bounds.any(|document| allows(document) && versions(document).is_some_and(|all| !all.is_empty()))
    }

    /// The row by which another version is set.
    fn reverting(&self, takes: Takes) -> Option<usize> {
        self.model.table.rows.iter().position(|row| row.takes == Some(takes))
    }

    /// Looks who gives a principal another version of a policy, and becomes it.
    pub(super) fn revert_it(&mut self, node: usize) {
        let of = self.reverted.iter().filter(|reverted| reverted.node == node);
        for Reverted { plain, policy, row, .. } in of.cloned().collect::<Vec<_>>() {
            for from in self.looked_up(row, &policy) {
                let (source, target) = (&self.model.nodes[from], &self.model.nodes[plain]);
                let elsewhere = source.account != target.account || source.arn == target.arn;
                if elsewhere || !self.could_improve(from, node, self.model.at_best(from, row)) {
                    continue;
                }
                if let Some(becomes) = self.any_becoming(from, plain)
                    && let Some(reverts) = self.reverts(from, row, plain, &policy)
                {
                    self.relax(from, node, vec![reverts, becomes]);
                }
            }
        }
    }

    /// Somebody whom another version makes powerful, and whom this node cannot become.
    pub(super) fn reverts_other(&self, from: usize) -> Option<(usize, Attempt)> {
        self.reverting(Takes::Version).filter(|row| self.could(from, *row))?;
        let arn = &self.model.nodes[from].arn;
        let others = self.reverted.iter().filter(|reverted| {
            let other = &self.model.nodes[reverted.plain];
            let is_other = other.arn != *arn && other.account == self.model.nodes[from].account;
            is_other && self.is_settled(reverted.node) && !self.is_there(reverted.plain)
        });
        let mut found =
            others.filter_map(|one| Some((one.node, self.reverts(from, one.row, one.plain, &one.policy)?)));
        found.next()
    }

    fn reverts(&self, from: usize, row: usize, plain: usize, policy: &str) -> Option<Attempt> {
        let about = About { target: Some(plain), denying: Some(policy), ..About::default() };
        self.model.attempt_about(&self.kept, from, row, about, None)
    }
}
