//! Somebody else's boundary: whoever may take it away, or write another version of the policy that it is, and can become that
//! principal, has what that is without it.

use leastwise_policy::glob;

use super::attempt::Attempt;
use super::model::Form;
use super::rows::{Kind, Row};
use super::search::Search;
use super::target::Standing;

/// The rows by which somebody loses its boundary, with those who could go by them and on what.
type Freers = Vec<(usize, Vec<(usize, Vec<String>)>)>;

impl Search<'_> {
    /// Adds whoever would be something else if somebody took its boundary away.
    pub(super) fn free_others(&mut self, standing: &mut Standing) {
        let bounded = |plain: &usize| self.model.principals[*plain].boundary.is_some();
        let bounded: Vec<usize> = (0..self.model.principals.len()).filter(bounded).collect();
        if bounded.is_empty() {
            return;
        }
        let freers = self.freers();
        for plain in bounded {
            if !self.is_protected(plain) && !self.is_there(plain) && self.may_be_freed(plain, &freers) {
                self.variant(standing, plain, Form::Free);
            }
        }
    }

    fn freers(&self) -> Freers {
        let rows = self.model.table.rows.iter().enumerate().filter(|(_, said)| said.kind == Kind::Frees);
        let of_row = |(row, said): (usize, &Row)| {
            let nodes = 0..self.model.principals.len();
            let could = nodes.filter(|node| !self.is_there(*node) && self.could(*node, row));
            let on = |node: usize| {
                self.model.patterns(node, said.needs[0].action).into_iter().map(str::to_owned).collect()
            };
            (row, could.map(|node| (node, on(node))).collect::<Vec<(usize, Vec<String>)>>())
        };
        rows.map(of_row).filter(|(_, nodes)| !nodes.is_empty()).collect()
    }

    /// Whether somebody else could take its boundary away.
    fn may_be_freed(&self, plain: usize, freers: &Freers) -> bool {
        let granted = self.model.principals[plain];
        freers.iter().any(|(row, nodes)| {
            let said = &self.model.table.rows[*row];
            let on = self.on(said.needs[0].on[0], granted);
            let names =
                |pattern: &String| pattern.contains("${") || on.iter().any(|arn| glob::matches(pattern, arn));
            let account = &self.model.nodes[plain].account;
            let is_other = |node: usize| node != plain && self.model.nodes[node].account == *account;
            let mut others = nodes.iter().filter(|(node, _)| is_other(*node));
            said.of.includes(granted)
                && !on.is_empty()
                && others.any(|(_, patterns)| patterns.iter().any(names))
        })
    }

    /// Looks who takes the boundary of a principal away and becomes it.
    pub(super) fn free_it(&mut self, free: usize) {
        let plain = self.plain(free);
        for (row, from) in self.freers_of(plain) {
            let (source, target) = (&self.model.nodes[from], &self.model.nodes[plain]);
            let elsewhere = source.account != target.account || source.arn == target.arn;
            if elsewhere || !self.could_improve(from, free, self.model.at_best(from, row)) {
                continue;
            }
            if let Some(becomes) = self.any_becoming(from, plain)
                && let Some(frees) = self.model.attempt(&self.kept, from, row, Some(plain), None)
            {
                self.relax(from, free, vec![frees, becomes]);
            }
        }
    }

    fn freers_of(&mut self, plain: usize) -> Vec<(usize, usize)> {
        let granted = self.model.principals[plain];
        let mut found = Vec::new();
        for (row, said) in self.model.table.rows.iter().enumerate() {
            if said.kind != Kind::Frees || !said.of.includes(granted) || self.is_protected(plain) {
                continue;
            }
            for arn in self.on(said.needs[0].on[0], granted) {
                found.extend(self.looked_up(row, &arn).into_iter().map(|from| (row, from)));
            }
        }
        found
    }

    /// Somebody whom the loss of its boundary makes powerful, and whom this node cannot become.
    pub(super) fn frees_other(&mut self, from: usize) -> Option<(usize, Attempt)> {
        for row in 0..self.model.table.rows.len() {
            let said = &self.model.table.rows[row];
            if said.kind != Kind::Frees || !self.could(from, row) {
                continue;
            }
            for free in 0..self.model.nodes.len() {
                if !matches!(self.model.nodes[free].form, Form::Free) || !self.is_settled(free) {
                    continue;
                }
                let plain = self.plain(free);
                let (source, other) = (&self.model.nodes[from], &self.model.nodes[plain]);
                let is_other = other.arn != source.arn && other.account == source.account;
                let fits = said.of.includes(self.model.principals[plain]) && !self.is_protected(plain);
                if is_other
                    && fits
                    && !self.is_there(plain)
                    && let Some(attempt) = self.model.attempt(&self.kept, from, row, Some(plain), None)
                {
                    return Some((free, attempt));
                }
            }
        }
        None
    }
}
