//! Whoever has no path of its own and yet makes somebody else powerful.

use super::Certainty;
use super::attempt::Attempt;
use super::model::Form;
use super::rows::{Kind, Of, On};
use super::search::Search;
use super::target::Standing;
use crate::granted::PrincipalKind;
use leastwise_policy::glob;
use std::collections::BTreeMap;

/// Users that are tried for each group.
const MOST_USERS: usize = 3;

/// Principals by the ARN that somebody would change to raise them, and whether it is its own, a policy's or a group's.
pub(super) type Held = BTreeMap<(u8, String), Vec<usize>>;

pub(super) fn kind(on: On) -> u8 {
    match on {
        On::Policy => 1,
        On::Group => 2,
        On::Account => 3,
        On::Unlisted => 4,
        On::Boundary => 5,
        On::UnlistedBoundary => 6,
        _ => 0,
    }
}

/// Principals that a pattern might name.
pub(super) fn matching<'h>(held: &'h Held, on: On, pattern: &'h str) -> impl Iterator<Item = usize> + 'h {
    let wild = [pattern.find(['*', '?']), pattern.find("${")].into_iter().flatten().min();
    let prefix = &pattern[..wild.unwrap_or(pattern.len())];
    let from = held.range((kind(on), prefix.to_owned())..);
    let near = from.take_while(move |((of, arn), _)| *of == kind(on) && arn.starts_with(prefix));
    let might = move |arn: &str| match wild {
        None => arn == pattern,
        Some(_) => pattern.contains("${") || glob::matches(pattern, arn),
    };
    near.filter(move |((_, arn), _)| might(arn)).flat_map(|(_, plains)| plains.iter().copied())
}

impl Search<'_> {
    /// Whoever has no path of its own and yet makes somebody else powerful.
    pub(super) fn for_others(&mut self, standing: &mut Standing) {
        let (held, freed) = (self.held(), self.freed());
        for from in 0..self.model.nodes.len() {
            let acts = self.model.nodes[from].acts && self.model.nodes[from].granted.is_some();
            if !acts || self.best.get(from).copied().flatten().is_some() {
                continue;
            }
            if let Some((to, mut attempt)) = self
                .raises_other(from, &held)
                .or_else(|| self.reverts_other(from))
                .or_else(|| self.frees_other(from, &freed))
                .or_else(|| self.adds_other(standing, from))
            {
                attempt.answer.certainty = Certainty::Another;
                self.relax(from, to, vec![attempt]);
            }
        }
    }

    fn raises_other(&mut self, from: usize, held: &Held) -> Option<(usize, Attempt)> {
        for row in 0..self.model.table.rows.len() {
            let said = &self.model.table.rows[row];
            if said.kind != Kind::Raises || !self.could(from, row) {
                continue;
            }
            let decides = said.needs[0].on[0];
            let patterns = self.model.patterns(from, said.needs[0].action);
            let others = patterns
                .into_iter()
                .flat_map(|pattern| matching(held, decides, &pattern).collect::<Vec<_>>());
            for plain in others {
                let other = self.model.principals[plain];
                let here = said.named || other.account() == self.model.nodes[from].account;
                let kept = said.of != Of::PermissionSet && self.is_protected(plain);
                let fits = said.of.includes(other) && here && !kept;
                let Some(raised) =
                    self.raised[plain].filter(|_| fits && other.arn != self.model.nodes[from].arn)
                else {
                    continue;
                };
                if self.is_settled(raised)
                    && !self.is_there(plain)
                    && !self.is_refused(from, row, plain)
                    && let Some(attempt) = self.model.attempt(&self.kept, from, row, Some(plain), None)
                {
                    return Some((raised, attempt));
                }
            }
        }
        None
    }

    /// Whether it is plain that a node may do nothing by which the row changes another.
    pub(super) fn is_refused(&self, from: usize, row: usize, plain: usize) -> bool {
        let need = &self.model.table.rows[row].needs[0];
        let on = self.on(need.on[0], self.model.principals[plain]);
        !on.is_empty() && on.iter().all(|arn| self.model.is_refused(from, need.action, arn))
    }

    /// Principals by what somebody would change to raise them.
    fn held(&self) -> Held {
        let mut held = Held::new();
        for (plain, principal) in self.model.principals.iter().enumerate() {
            for on in [On::Target, On::Policy, On::Unlisted, On::Group, On::Account] {
                for arn in self.on(on, principal) {
                    held.entry((kind(on), arn)).or_default().push(plain);
                }
            }
        }
        held
    }

    /// Somebody who adds another user to a group that makes it powerful.
    fn adds_other(&mut self, standing: &mut Standing, from: usize) -> Option<(usize, Attempt)> {
        let table = self.model.table;
        let row = table.rows.iter().position(|row| row.kind == Kind::Joins)?;
        if !self.could(from, row) {
            return None;
        }
        let account = self.model.nodes[from].account.clone();
        for group in self.model.world.snapshot.groups() {
            if group.arn.split(':').nth(4) != Some(account.as_str()) || group.policies.is_empty() {
                continue;
            }
            let users = (0..self.model.principals.len()).filter(|plain| {
                let user = self.model.principals[*plain];
                let other = user.kind == PrincipalKind::User && user.arn != self.model.nodes[from].arn;
                other && user.account() == account && !self.is_there(*plain)
            });
            for plain in users.take(MOST_USERS).collect::<Vec<_>>() {
                let Some(attempt) = self.model.attempt(&self.kept, from, row, Some(plain), Some(&group.arn))
                else {
                    break;
                };
                let user = self.model.principals[plain];
                let joined = self.model.add(Some(user), Form::Joined(group), user.arn.clone(), false);
                self.stand(standing, joined);
                if self.standing[joined].is_some() {
                    return Some((joined, attempt));
                }
            }
        }
        None
    }
}
