//! The search: from the targets backwards, the surest and then the shortest first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

use super::ask::Answer;
use super::attempt::{Attempt, Solutions};
use super::index::Index;
use super::model::{Form, Model, Removed};
use super::outside::{Federated, Strangers};
use super::rows::{Kind, Of};
use super::target::{self, Standing};
use super::trust::Named;
use super::versions::Reverted;
use super::{Certainty, Options, Target, World};
use leastwise_catalog::Catalog;

/// How good the best path of a node is: less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) certainty: Certainty,
    pub(super) hops: usize,
}

/// The first step of the best path of a node.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) to: usize,
    /// One way, or one that raises and one that becomes.
    pub(super) parts: Vec<Attempt>,
}

/// What was found out.
pub(super) struct Search<'a> {
    pub(super) model: Model<'a>,
    /// By node: how good its best path is, if it has one or is a target.
    pub(super) best: Vec<Option<Key>>,
    /// By node: the first step; none for a target.
    pub(super) edges: Vec<Option<Edge>>,
    /// By node: how it is a target.
    pub(super) standing: Vec<Option<Answer>>,
    pub(super) kept: Solutions,
    pub(super) settled: Vec<bool>,
    pub(super) heap: BinaryHeap<Reverse<(Key, usize)>>,
    /// By node: who becomes it by changing what itself has, or by a trust policy that names it alone.
    pub(super) local: HashMap<usize, Vec<(usize, Vec<Attempt>)>>,
    pub(super) raised: Vec<Option<usize>>,
    pub(super) named: Vec<Named>,
    /// The number of `sts:AssumeRole`.
    pub(super) assumes: Option<usize>,
    pub(super) indexes: Vec<Option<Index>>,
    /// By node: the rows by which it might become somebody.
    pub(super) becoming: HashMap<usize, Rc<[usize]>>,
    pub(super) trusts: HashMap<(usize, String), Option<Answer>>,
    /// By role: the identity providers that it trusts.
    pub(super) providers: HashMap<usize, Vec<Federated>>,
    pub(super) strangers: Strangers,
    /// Nodes that are alike have the same number; none where it matters who calls.
    pub(super) alike: HashMap<usize, Option<u64>>,
    /// Who may not free whom by which row, by that number.
    pub(super) refused: HashSet<(u64, usize, usize)>,
    /// Principals with other versions of their policies.
    pub(super) reverted: Vec<Reverted>,
}

impl<'a> Search<'a> {
    /// Looks for all paths, as if `removed` were not there.
    pub(super) fn run(
        world: &'a World<'a>,
        options: &Options,
        catalog: &Catalog,
        removed: Option<&'a Removed>,
    ) -> Search<'a> {
        let to = &options.to;
        let is_principal = matches!(to, Target::Arn(arn) if world.snapshot.principal(arn).is_some());
        let more = target::actions(to, catalog, is_principal);
        let mut model = Model::new(world, &more, removed);
        let fresh = fresh(&mut model);
        let mut standing = Standing::new(&model, to, &more, &fresh);
        let mut search = Search::new(model);
        search.meet(options.from.as_ref());
        search.begin(&mut standing, *to == Target::Admin, &fresh);
        search.settle();
        if *to == Target::Admin {
            search.for_others(&mut standing);
            search.settle();
        }
        search
    }

    pub(super) fn new(model: Model<'a>) -> Search<'a> {
        let rows = model.table.rows.len();
        let named = model.principals.iter().map(|principal| Named::by(principal)).collect();
        Search {
            raised: vec![None; model.principals.len()],
            indexes: (0..rows).map(|_| None).collect(),
            best: Vec::new(),
            edges: Vec::new(),
            standing: Vec::new(),
            kept: Solutions::default(),
            settled: Vec::new(),
            heap: BinaryHeap::new(),
            local: HashMap::new(),
            named,
            assumes: model.action("sts:AssumeRole"),
            becoming: HashMap::new(),
            trusts: HashMap::new(),
            providers: HashMap::new(),
            strangers: Strangers::new(),
            alike: HashMap::new(),
            refused: HashSet::new(),
            reverted: Vec::new(),
            model,
        }
    }

    /// Whether the node is surely a target.
    pub(super) fn is_there(&self, node: usize) -> bool {
        let standing = self.standing.get(node).and_then(Option::as_ref);
        standing.is_some_and(|answer| answer.certainty == Certainty::Sure)
    }

    /// The node of the principal as it is.
    pub(super) fn plain(&self, node: usize) -> usize {
        if node < self.model.principals.len() {
            return node;
        }
        let arn = self.model.nodes[node].arn.as_str();
        self.model.principals.binary_search_by(|known| known.arn.as_str().cmp(arn)).unwrap_or(node)
    }

    /// Takes node by node, the best first, and looks who gets there.
    pub(super) fn settle(&mut self) {
        while let Some(Reverse((key, node))) = self.heap.pop() {
            if self.is_settled(node) || *slot(&mut self.best, node) != Some(key) {
                continue;
            }
            *slot(&mut self.settled, node) = true;
            for (from, parts) in self.local.remove(&node).unwrap_or_default() {
                self.relax(from, node, parts);
            }
            match self.model.nodes[node].form {
                Form::Plain => {
                    self.become_it(node);
                    self.enter_it(node);
                }
                Form::Raised => self.raise_it(node),
                Form::Stripped { .. } => self.revert_it(node),
                Form::Free => self.free_it(node),
                _ => {}
            }
        }
    }

    pub(super) fn is_settled(&self, node: usize) -> bool {
        self.settled.get(node).copied().unwrap_or_default()
    }

    /// Whether a step to `to`, which is at best so sure, could be better than what `from` has.
    pub(super) fn could_improve(&self, from: usize, to: usize, at_best: Certainty) -> bool {
        let Some(at) = self.best.get(to).copied().flatten() else { return false };
        let least = Key { certainty: at.certainty.max(at_best), hops: at.hops + 1 };
        let best = self.best.get(from).copied().flatten();
        !self.is_settled(from) && best.is_none_or(|known| least < known)
    }

    /// Notes that `from` gets to `to`, when that is better than what it has.
    pub(super) fn relax(&mut self, from: usize, to: usize, parts: Vec<Attempt>) {
        let Some(at) = self.best.get(to).copied().flatten() else { return };
        let certainty = parts.iter().map(|part| part.answer.certainty).fold(at.certainty, Certainty::max);
        let key = Key { certainty, hops: at.hops + parts.len() };
        let best = slot(&mut self.best, from);
        if best.is_none_or(|known| key < known) {
            *best = Some(key);
            *slot(&mut self.edges, from) = Some(Edge { to, parts });
            self.heap.push(Reverse((key, from)));
        }
    }

    /// Looks who becomes the principal.
    pub(super) fn become_it(&mut self, node: usize) {
        let table = self.model.table;
        for (row, said) in table.rows.iter().enumerate() {
            if said.kind != Kind::Becomes || !said.of.includes(self.model.principals[node]) {
                continue;
            }
            for (work, from) in self.candidates(row, node) {
                let at_best = self.model.at_best(from, row);
                if !self.could_improve(from, node, at_best) {
                    // Later targets are no surer, though they may be nearer.
                    let at = self.best[node].map_or(Certainty::Sure, |key| key.certainty);
                    let least = Key { certainty: at.max(at_best), hops: 1 };
                    if self.best.get(from).copied().flatten().is_some_and(|known| known <= least) {
                        self.index(row).finish(from);
                    }
                    continue;
                }
                if self.is_finished(row, from) {
                    continue;
                }
                if let Some(attempt) = self.becoming(row, from, node, work.as_deref()) {
                    // A later target is no surer, nor is what the source does whichever the target is.
                    let listed = work.is_some();
                    let own = self.model.independent(&self.kept, from, row, listed);
                    let own = own.map_or(Certainty::Sure, |own| own.certainty());
                    let at = self.best[node].map_or(Certainty::Sure, |key| key.certainty);
                    let varies = said.profile && said.work().is_none();
                    let least = if varies { Certainty::Sure } else { Certainty::Assumed };
                    if attempt.answer.certainty <= own.max(at).max(least) {
                        self.index(row).finish(from);
                    }
                    self.relax(from, node, vec![attempt]);
                }
            }
        }
    }

    /// One way to become a principal, tried.
    pub(super) fn becoming(
        &mut self,
        row: usize,
        from: usize,
        node: usize,
        work: Option<&str>,
    ) -> Option<Attempt> {
        let said = &self.model.table.rows[row];
        let (source, target) = (&self.model.nodes[from], &self.model.nodes[node]);
        let crosses = said.assumes_role || said.named;
        if source.arn == target.arn || !crosses && source.account != target.account {
            return None;
        }
        if (said.trusting_self || matches!(said.of, Of::User | Of::Any)) && self.is_protected(node) {
            return None;
        }
        if !said.assumes_role && self.model.independent(&self.kept, from, row, work.is_some()).is_none() {
            self.index(row).finish(from);
            return None;
        }
        let trust = match &said.trusts {
            Some(service) => self.trusted(node, service)?,
            None => Answer::sure(),
        };
        let mut attempt = self.model.attempt(&self.kept, from, row, Some(node), work)?;
        attempt.answer.add(&trust);
        Some(attempt)
    }

    /// Looks who raises the principal and becomes it.
    pub(super) fn raise_it(&mut self, raised: usize) {
        let node = self.plain(raised);
        for (row, from) in self.raisers(node) {
            if !self.could_improve(from, raised, self.model.at_best(from, row))
                || self.model.nodes[from].arn == self.model.nodes[node].arn
            {
                continue;
            }
            if let Some(becomes) = self.any_becoming(from, node)
                && let Some(raises) = self.model.attempt(&self.kept, from, row, Some(node), None)
            {
                self.relax(from, raised, vec![raises, becomes]);
            }
        }
    }

    /// The surest way from one node to a principal, whatever that can do.
    pub(super) fn any_becoming(&mut self, from: usize, node: usize) -> Option<Attempt> {
        let mut best: Option<Attempt> = None;
        for row in self.becoming_rows(from).iter().copied() {
            let said = &self.model.table.rows[row];
            if !said.of.includes(self.model.principals[node])
                || said.assumes_role && !self.is_named(from, node)
            {
                continue;
            }
            let works: Vec<Option<String>> = match said.work() {
                Some(_) if self.model.is_listed(row, self.model.principals[node].account()) => {
                    let arn = &self.model.principals[node].arn;
                    self.model.works(row, arn).into_iter().map(Some).collect()
                }
                _ => vec![None],
            };
            for work in works {
                if let Some(attempt) = self.becoming(row, from, node, work.as_deref())
                    && best.as_ref().is_none_or(|best| attempt.answer.certainty < best.answer.certainty)
                {
                    best = Some(attempt);
                }
            }
        }
        best
    }
}

/// A node in each account for a principal that is made for the purpose.
fn fresh(model: &mut Model<'_>) -> Vec<(String, usize)> {
    let mut accounts: Vec<(String, String)> = Vec::new();
    for principal in &model.principals {
        let partition = principal.arn.split(':').nth(1).unwrap_or("aws");
        if accounts.last().is_none_or(|(account, _)| account != principal.account()) {
            accounts.push((principal.account().to_owned(), partition.to_owned()));
        }
    }
    accounts.sort();
    accounts.dedup();
    let add = |(account, partition): (String, String)| {
        let arn = format!("arn:{partition}:iam::{account}:role/example");
        let node = model.add(None, Form::New, arn, false);
        (account, node)
    };
    accounts.into_iter().map(add).collect()
}

/// The place of a node in a list that grows with the nodes.
pub(super) fn slot<T: Clone + Default>(list: &mut Vec<T>, node: usize) -> &mut T {
    if list.len() <= node {
        list.resize(node + 1, T::default());
    }
    &mut list[node]
}
