//! Who could go a way to a target at all, by what policies name.

use super::ask::Answer;
use super::attempt;
use super::index::Index;
use super::rows::{Kind, Need, Of, On, Row};
use super::search::Search;
use crate::granted::GrantedPrincipal;
use std::collections::HashSet;
use std::rc::Rc;

impl Search<'_> {
    /// Who could go the way to the principal at all, each with the workload that runs as it.
    pub(super) fn candidates(&mut self, row: usize, node: usize) -> Vec<(Option<String>, usize)> {
        let said = &self.model.table.rows[row];
        let granted = self.model.principals[node];
        if granted.service_linked {
            return Vec::new();
        }
        if said.assumes_role {
            return self.assuming(row, node).into_iter().map(|from| (None, from)).collect();
        }
        if let Some(service) = &said.trusts
            && self.trusted(node, service).is_none()
        {
            return Vec::new();
        }
        let about = said.needs.iter().find(|need| need.is_about_target());
        if let Some(need) = about.filter(|_| said.work().is_none()) {
            let arns = match (need.on.first(), said.lets_in) {
                (Some(on @ On::Account), _) => self.on(*on, granted),
                (Some(On::Provider), Some(letting)) => {
                    let entries = self.model.entries(granted, letting);
                    entries.into_iter().map(|(provider, _)| provider).collect()
                }
                _ => vec![granted.arn.clone()],
            };
            let found = arns.iter().flat_map(|arn| self.looked_up(row, arn)).map(|from| (None, from));
            return found.collect();
        }
        let works = self.model.works(row, &granted.arn);
        let decides = said.work().is_some_and(|work| said.is_about(work));
        let is_listed = self.model.is_listed(row, granted.account());
        if !decides && is_listed && works.is_empty() {
            return Vec::new();
        }
        if !is_listed || !decides {
            let account = if said.named { "" } else { granted.account() };
            let settled = std::mem::take(&mut self.settled);
            let over = |node: usize| settled.get(node).copied().unwrap_or_default();
            let found = self.index(row).of_account(account, over);
            self.settled = settled;
            return found.into_iter().map(|from| (works.first().cloned(), from)).collect();
        }
        let mut found = Vec::new();
        for arn in works {
            found.extend(self.looked_up(row, &arn).into_iter().map(|from| (Some(arn.clone()), from)));
        }
        found
    }

    pub(super) fn looked_up(&mut self, row: usize, arn: &str) -> Vec<usize> {
        let settled = std::mem::take(&mut self.settled);
        let over = |node: usize| settled.get(node).copied().unwrap_or_default();
        let found = self.index(row).of(arn, over);
        self.settled = settled;
        found
    }

    /// Who could assume the role: those whom its trust policy names, and of accounts that it names those who have the
    /// permission.
    pub(super) fn assuming(&mut self, row: usize, node: usize) -> Vec<usize> {
        let named = self.named[node].clone();
        let mut found = self.model.named_one_by_one(&named);
        if named.everybody || !named.accounts.is_empty() {
            let arn = self.model.nodes[node].arn.clone();
            let looked_up = self.looked_up(row, &arn);
            let of_account =
                |from: &usize| named.everybody || named.accounts.contains(&self.model.nodes[*from].account);
            found.extend(looked_up.into_iter().filter(of_account));
        }
        if named.everybody {
            // Within the account nothing but the trust policy need allow it.
            let account = &self.model.nodes[node].account;
            let own = self.model.nodes.iter().enumerate();
            let own = own.filter(|(from, one)| {
                one.acts && one.granted.is_some() && one.account == *account && !self.is_settled(*from)
            });
            found.extend(own.map(|(from, _)| from));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn is_finished(&self, row: usize, node: usize) -> bool {
        self.indexes[row].as_ref().is_some_and(|index| index.is_done(node))
    }

    /// The index of a row, made when it is first needed.
    pub(super) fn index(&mut self, row: usize) -> &mut Index {
        if self.indexes[row].is_none() {
            self.indexes[row] = Some(self.indexed(row));
        }
        self.indexes[row].get_or_insert_default()
    }

    pub(super) fn indexed(&self, row: usize) -> Index {
        let said = &self.model.table.rows[row];
        let mut index = Index::default();
        let about = |need: &&Need| match said.work() {
            Some(work) => need.on.contains(&On::Var(work)),
            None => need.is_about_target(),
        };
        let deciding = said.needs.iter().find(about);
        let accounts = self.model.accounts.iter().copied();
        let listed: HashSet<&str> = accounts.filter(|account| self.model.is_listed(row, account)).collect();
        for (number, node) in self.model.nodes.iter().enumerate() {
            if !node.acts || node.granted.is_none() || self.is_there(number) || !self.could(number, row) {
                continue;
            }
            // Who can become nobody by a permission of its own is of use where a trust policy names it, see `raisers`.
            if said.kind == Kind::Raises && !self.is_mobile(number) {
                continue;
            }
            let account = if said.named { "" } else { node.account.as_str() };
            let is_listed = listed.contains(node.account.as_str());
            match (deciding, said.work()) {
                (Some(need), None) => index.add(number, self.model.patterns(number, need.action)),
                (None, _) => index.add_to_account(number, account),
                (Some(need), Some(_)) => {
                    // What is listed of the account of whom it would become decides.
                    if said.named || is_listed {
                        index.add(number, self.model.patterns(number, need.action));
                    }
                    if said.named || !is_listed {
                        index.add_to_account(number, account);
                    }
                }
            }
        }
        index
    }

    /// Who could raise the principal, by which row.
    pub(super) fn raisers(&mut self, node: usize) -> Vec<(usize, usize)> {
        let granted = self.model.principals[node];
        let table = self.model.table;
        let mut found = Vec::new();
        let mut named = self.model.named_one_by_one(&self.named[node]);
        if self.named[node].everybody {
            let all = self.model.nodes.iter().enumerate();
            named.extend(all.filter(|(_, one)| one.acts && one.granted.is_some()).map(|(from, _)| from));
        }
        named.retain(|from| self.model.nodes[*from].account == granted.account());
        for (row, said) in table.rows.iter().enumerate() {
            if said.kind != Kind::Raises
                || !said.of.includes(granted)
                || said.of != Of::PermissionSet && self.is_protected(node)
            {
                continue;
            }
            found.extend(named.iter().filter(|from| self.could(**from, row)).map(|from| (row, *from)));
            for arn in self.on(said.needs[0].on[0], granted) {
                let own = granted.account();
                let looked_up = self.looked_up(row, &arn);
                let here = |from: &usize| said.named || self.model.nodes[*from].account == own;
                let own = looked_up.into_iter().filter(here);
                found.extend(own.map(|from| (row, from)));
            }
        }
        found
    }

    /// Whether the node has some `Allow` for each permission of some way to become somebody.
    fn is_mobile(&self, node: usize) -> bool {
        let rows = self.model.table.rows.iter().enumerate();
        rows.filter(|(_, said)| said.kind == Kind::Becomes).any(|(row, _)| self.could(node, row))
    }

    pub(super) fn trusted(&mut self, role: usize, service: &str) -> Option<Answer> {
        if !self.named[role].has_service(service) {
            return None;
        }
        let model = &self.model;
        let role_of = model.principals[role];
        let ask = || match model.plainly_trusts(role_of, service) {
            true => Some(Answer::sure()),
            false => Some(model.trusts(role_of, service)?.0),
        };
        self.trusts.entry((role, service.to_owned())).or_insert_with(ask).clone()
    }

    /// Whether the node has some `Allow` for each permission of the row.
    pub(super) fn could(&self, node: usize, row: usize) -> bool {
        let bits = &self.model.nodes[node].bits;
        self.model.table.rows[row].needs.iter().all(|need| bits.has(need.action))
    }

    /// What a permission is on that raises a principal.
    pub(super) fn on(&self, on: On, principal: &GrantedPrincipal) -> Vec<String> {
        match on {
            On::Policy => attempt::own_policies(principal),
            On::Unlisted => self.model.unlisted_policies(principal),
            On::Group => self.model.groups_of(principal),
            On::Account => vec![attempt::place_of(principal)],
            On::Boundary => attempt::own_boundary(principal).map(str::to_owned).into_iter().collect(),
            On::UnlistedBoundary => {
                self.model.unlisted_boundary(principal).map(str::to_owned).into_iter().collect()
            }
            _ => vec![principal.arn.clone()],
        }
    }

    /// The rows by which a node might become somebody.
    pub(super) fn becoming_rows(&mut self, node: usize) -> Rc<[usize]> {
        if let Some(known) = self.becoming.get(&node) {
            return Rc::clone(known);
        }
        let rows = self.model.table.rows.iter().enumerate();
        // Who is named by a trust policy needs no permission of its own.
        let might = |row: usize, said: &Row| said.assumes_role || self.could(node, row);
        let rows = rows.filter(|(row, said)| said.kind == Kind::Becomes && might(*row, said));
        let rows: Rc<[usize]> = rows.map(|(row, _)| row).collect();
        self.becoming.insert(node, Rc::clone(&rows));
        rows
    }

    /// Whether the trust policy of a role names a node, by itself, its account or everybody.
    pub(super) fn is_named(&self, node: usize, role: usize) -> bool {
        let (named, said) = (&self.named[role], &self.model.nodes[node]);
        let own_name = said.arn.rsplit('/').next().unwrap_or_default();
        let by_name =
            |arn: &String| *arn == said.arn || arn.contains(":assumed-role/") && arn.contains(own_name);
        let of_account =
            || named.accounts.contains(&said.account) && self.assumes.is_some_and(|on| said.bits.has(on));
        named.everybody || named.principals.iter().any(by_name) || of_account()
    }
}
