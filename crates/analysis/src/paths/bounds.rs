//! Somebody else's boundary: whoever may take it away, or write another version of the policy that it is, and can become that
//! principal, has what that is without it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use leastwise_policy::glob;

use super::attempt::Attempt;
use super::model::Form;
use super::others::{Held, kind, matching};
use super::rows::{Kind, On, Row};
use super::search::Search;
use super::target::Standing;

/// Who could go by a row by which somebody loses its boundary, by account and by what its policies name.
struct Freers {
    row: usize,
    exact: Naming,
    /// Of patterns with wildcards or variables, by what they begin with.
    open: HashMap<(String, String), Naming>,
    /// The lengths of those beginnings.
    lengths: BTreeSet<usize>,
}

/// By account and pattern: nodes that have it, of many the first two, one of which is another than whoever is asked about.
type Naming = BTreeMap<(String, String), Vec<usize>>;

/// Those whom the loss of their boundary makes something, and as what.
#[derive(Default)]
pub(super) struct Freed {
    held: Held,
    free: HashMap<usize, usize>,
}

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

    fn freers(&self) -> Vec<Freers> {
        let rows = self.model.table.rows.iter().enumerate().filter(|(_, said)| said.kind == Kind::Frees);
        let of_row = |(row, said): (usize, &Row)| {
            let mut freers =
                Freers { row, exact: Naming::new(), open: HashMap::new(), lengths: BTreeSet::new() };
            let nodes = 0..self.model.principals.len();
            for node in nodes.filter(|node| !self.is_there(*node) && self.could(*node, row)) {
                for pattern in self.model.patterns(node, said.needs[0].action) {
                    let wild = [pattern.find(['*', '?']), pattern.find("${")].into_iter().flatten().min();
                    let account = self.model.nodes[node].account.clone();
                    let naming = match wild {
                        None => &mut freers.exact,
                        Some(length) => {
                            freers.lengths.insert(length);
                            freers.open.entry((account.clone(), pattern[..length].to_owned())).or_default()
                        }
                    };
                    let key = (account, pattern.into_owned());
                    let nodes = naming.entry(key).or_default();
                    if nodes.len() < 2 && !nodes.contains(&node) {
                        nodes.push(node);
                    }
                }
            }
            freers
        };
        rows.map(of_row).filter(|one| !one.exact.is_empty() || !one.open.is_empty()).collect()
    }

    /// Whether somebody else could take its boundary away.
    fn may_be_freed(&self, plain: usize, freers: &[Freers]) -> bool {
        let granted = self.model.principals[plain];
        let account = &self.model.nodes[plain].account;
        let is_other = |nodes: &Vec<usize>| nodes.iter().any(|node| *node != plain);
        freers.iter().any(|Freers { row, exact, open, lengths }| {
            let said = &self.model.table.rows[*row];
            if !said.of.includes(granted) {
                return false;
            }
            self.on(said.needs[0].on[0], granted).iter().any(|arn| {
                let of = |text: &str| (account.clone(), text.to_owned());
                let names = |pattern: &str| pattern.contains("${") || glob::matches(pattern, arn);
                let beginnings = lengths.iter().filter_map(|length| arn.get(..*length));
                let mut near = beginnings.filter_map(|begins| open.get(&of(begins))).flatten();
                exact.get(&of(arn)).is_some_and(is_other)
                    || near.any(|((_, pattern), nodes)| is_other(nodes) && names(pattern))
            })
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
            // That is asked first: becoming somebody is tried in many ways.
            if let Some(frees) = self.frees(from, row, plain)
                && let Some(becomes) = self.any_becoming(from, plain)
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

    /// Those whom the loss of their boundary makes something.
    pub(super) fn freed(&self) -> Freed {
        let mut freed = Freed::default();
        let is_free =
            |free: &usize| matches!(self.model.nodes[*free].form, Form::Free) && self.is_settled(*free);
        for free in (0..self.model.nodes.len()).filter(is_free) {
            let plain = self.plain(free);
            freed.free.insert(plain, free);
            for on in [On::Target, On::Boundary, On::UnlistedBoundary] {
                for arn in self.on(on, self.model.principals[plain]) {
                    freed.held.entry((kind(on), arn)).or_default().push(plain);
                }
            }
        }
        freed
    }

    /// Somebody whom the loss of its boundary makes powerful, and whom this node cannot become.
    pub(super) fn frees_other(&mut self, from: usize, freed: &Freed) -> Option<(usize, Attempt)> {
        for row in 0..self.model.table.rows.len() {
            let said = &self.model.table.rows[row];
            if said.kind != Kind::Frees || !self.could(from, row) {
                continue;
            }
            let patterns = self.model.patterns(from, said.needs[0].action);
            let decides = said.needs[0].on[0];
            let others = patterns.into_iter();
            let others =
                others.flat_map(|pattern| matching(&freed.held, decides, &pattern).collect::<Vec<_>>());
            for plain in others.collect::<Vec<_>>() {
                let (source, other) = (&self.model.nodes[from], &self.model.nodes[plain]);
                let is_other = other.arn != source.arn && other.account == source.account;
                let fits = said.of.includes(self.model.principals[plain]) && !self.is_protected(plain);
                if is_other
                    && fits
                    && !self.is_there(plain)
                    && let Some(attempt) = self.frees(from, row, plain)
                {
                    return Some((freed.free[&plain], attempt));
                }
            }
        }
        None
    }
}
