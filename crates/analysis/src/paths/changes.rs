//! Where the search begins: who is at the target, what each node can make of itself, whom trust policies name that no
//! snapshot lists.

use super::Certainty;
use super::attempt::Attempt;
use super::model::Form;
use super::rows::{Kind, Of};
use super::search::{Key, Search, slot};
use super::target::Standing;
use crate::granted::PrincipalKind;
use std::cmp::Reverse;

impl<'a> Search<'a> {
    /// Finds the targets, and whatever somebody can make of itself.
    pub(super) fn begin(&mut self, standing: &mut Standing, admin: bool, fresh: &[(String, usize)]) {
        let principals = self.model.principals.len();
        for (_, node) in fresh.iter().filter(|_| admin) {
            self.stand(standing, *node);
        }
        for node in 0..principals {
            self.stand(standing, node);
        }
        self.revert(standing);
        self.free_others(standing);
        if admin {
            for plain in 0..principals {
                let provisioned = Of::PermissionSet.includes(self.model.principals[plain]);
                if self.is_protected(plain) && !(provisioned && self.provisions()) {
                    continue;
                }
                let raised = self.raise(plain, false);
                self.stand(standing, raised);
            }
        }
        let mut next = 0;
        while next < self.model.nodes.len() {
            // What comes of it stands further back, and is looked at in its turn.
            if self.model.nodes[next].acts && !self.is_there(next) {
                self.changes(standing, next, fresh);
            }
            next += 1;
        }
        self.strangers();
    }

    /// AWS keeps those roles, and nobody else may change them.
    pub(super) fn is_protected(&self, plain: usize) -> bool {
        let granted = self.model.principals[plain];
        granted.service_linked || granted.path.starts_with("/aws-reserved/")
    }

    /// Whether anybody could change permission sets.
    fn provisions(&self) -> bool {
        let rows = self.model.table.rows.iter().enumerate();
        let mut rows = rows.filter(|(_, said)| said.of == Of::PermissionSet && said.kind == Kind::Raises);
        rows.any(|(row, _)| (0..self.model.principals.len()).any(|node| self.could(node, row)))
    }

    pub(super) fn stand(&mut self, standing: &mut Standing, node: usize) {
        let answer = standing.of(&self.model, node);
        if let Some(answer) = &answer {
            let key = Key { certainty: answer.certainty, hops: 0 };
            *slot(&mut self.best, node) = Some(key);
            self.heap.push(Reverse((key, node)));
        }
        *slot(&mut self.standing, node) = answer;
    }

    pub(super) fn raise(&mut self, plain: usize, acts: bool) -> usize {
        if let Some(known) = self.raised[plain] {
            if acts {
                self.model.let_act(known);
            }
            return known;
        }
        let granted = self.model.principals[plain];
        let raised = self.model.add(Some(granted), Form::Raised, granted.arn.clone(), acts);
        self.raised[plain] = Some(raised);
        raised
    }

    /// What the node can make of itself, or make anew.
    pub(super) fn changes(&mut self, standing: &mut Standing, node: usize, fresh: &[(String, usize)]) {
        let Some(granted) = self.model.nodes[node].granted else { return };
        let plain = self.plain(node);
        if !self.is_protected(plain) {
            self.strip(standing, node);
        }
        let mut raises = false;
        for row in 0..self.model.table.rows.len() {
            let said = &self.model.table.rows[row];
            let kind = said.kind;
            if matches!(kind, Kind::Becomes | Kind::Enters | Kind::Strips | Kind::Holds)
                || !self.could(node, row)
            {
                continue;
            }
            if kind == Kind::Makes {
                let account = &self.model.nodes[node].account;
                let made = fresh.iter().find(|(of, _)| of == account).map(|(_, made)| *made);
                if let Some(made) = made
                    && let Some(attempt) = self.model.attempt(&self.kept, node, row, None, None)
                {
                    self.add_local(made, node, attempt);
                }
                continue;
            }
            if !said.of.includes(granted) || said.of != Of::PermissionSet && self.is_protected(plain) {
                continue;
            }
            match (kind, self.model.nodes[node].form) {
                (Kind::Raises, form) if form.may_change() && !form.has_everything() => {
                    if let Some(attempt) = self.model.attempt(&self.kept, node, row, Some(plain), None)
                        && let Some(to) = self.with_everything(standing, node, plain)
                    {
                        raises |= attempt.answer.certainty == Certainty::Sure;
                        self.add_local(to, node, attempt);
                    }
                }
                (Kind::Frees, form) if form.may_change() && !form.is_free() && granted.boundary.is_some() => {
                    if let Some(attempt) = self.model.attempt(&self.kept, node, row, Some(plain), None)
                        && let Some(to) = self.without_boundary(standing, node, plain)
                    {
                        self.add_local(to, node, attempt);
                    }
                }
                (Kind::Joins, Form::Plain) => self.joins(standing, node, row),
                // The rows for it come last: who has everything needs no more.
                (Kind::Gains, Form::Plain) if !raises => {
                    if let Some(attempt) = self.model.attempt(&self.kept, node, row, Some(plain), None) {
                        let to = self.variant(standing, plain, Form::Keeper);
                        self.add_local(to, node, attempt);
                    }
                }
                _ => {}
            }
        }
    }

    /// The node of the same principal with everything.
    fn with_everything(&mut self, standing: &mut Standing, node: usize, plain: usize) -> Option<usize> {
        match self.model.nodes[node].form {
            Form::Free => Some(self.variant(standing, plain, Form::FreeRaised)),
            Form::Stripped { number, free, .. } => {
                let changed = self.model.changes[number].clone();
                self.stripped(standing, node, changed, (true, free))
            }
            _ => {
                let raised = self.raise(plain, true);
                if self.standing.len() <= raised {
                    self.stand(standing, raised);
                }
                Some(raised)
            }
        }
    }

    /// The node of the same principal without its boundary.
    fn without_boundary(&mut self, standing: &mut Standing, node: usize, plain: usize) -> Option<usize> {
        match self.model.nodes[node].form {
            Form::Raised => Some(self.variant(standing, plain, Form::FreeRaised)),
            Form::Stripped { number, everything, .. } => {
                let changed = self.model.changes[number].clone();
                self.stripped(standing, node, changed, (everything, true))
            }
            _ => Some(self.variant(standing, plain, Form::Free)),
        }
    }

    pub(super) fn joins(&mut self, standing: &mut Standing, node: usize, row: usize) {
        let granted = self.model.principals[node];
        for group in self.model.world.snapshot.groups() {
            let own = group.arn.split(':').nth(4) == Some(granted.account());
            if !own || group.policies.is_empty() || granted.groups.contains(&group.name) {
                continue;
            }
            if let Some(attempt) = self.model.attempt(&self.kept, node, row, Some(node), Some(&group.arn)) {
                let joined = self.model.add(Some(granted), Form::Joined(group), granted.arn.clone(), true);
                self.stand(standing, joined);
                self.add_local(joined, node, attempt);
            }
        }
    }

    /// The node of a principal in another form.
    pub(super) fn variant(&mut self, standing: &mut Standing, plain: usize, form: Form<'a>) -> usize {
        let granted = self.model.principals[plain];
        let same = |node: &usize| {
            std::mem::discriminant(&self.model.nodes[*node].form) == std::mem::discriminant(&form)
        };
        let known =
            self.model.acting.get(granted.arn.as_str()).and_then(|nodes| nodes.iter().copied().find(same));
        known.unwrap_or_else(|| {
            let node = self.model.add(Some(granted), form, granted.arn.clone(), true);
            self.stand(standing, node);
            node
        })
    }

    /// Whoever a trust policy names and no snapshot lists.
    pub(super) fn strangers(&mut self) {
        let Some(row) = self.model.table.number("sts-001") else { return };
        for role in 0..self.model.principals.len() {
            if self.model.principals[role].kind != PrincipalKind::Role {
                continue;
            }
            for arns in self.model.outside(&self.named[role], &self.model.principals[role].arn) {
                for arn in arns {
                    let node = self.model.outsider(&arn);
                    if let Some(mut attempt) = self.model.attempt(&self.kept, node, row, Some(role), None) {
                        if !super::trust::is_anybody(&arn) {
                            attempt.answer.certainty = attempt.answer.certainty.max(Certainty::Assumed);
                            attempt.assumes.push("its own account allows the call".to_owned());
                        }
                        self.add_local(role, node, attempt);
                        break;
                    }
                }
            }
        }
    }

    pub(super) fn add_local(&mut self, to: usize, from: usize, attempt: Attempt) {
        self.local.entry(to).or_default().push((from, vec![attempt]));
    }
}
