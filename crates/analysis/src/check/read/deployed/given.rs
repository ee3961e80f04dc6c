//! What is given to somebody who is named, and who that is.
//!
//! Several can be called the same: of several of which one will be there, or in several accounts. What names one of them by
//! what it is called is for each of them, as far as it allows; what it takes away, it takes from those that it is surely for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use leastwise_policy::aws::DocumentKind;

use super::{Deployed, Entity, Gift, Given, Hangs, Kind, Managed, NAMED};
use crate::check::Home;
use crate::check::read::Gathered;
use crate::source::shown;

/// One whom something is given to, and whether it surely is whenever that one is there.
struct Receiver {
    index: usize,
    is_sure: bool,
}

impl Deployed {
    /// Gives what names its holder to that holder; what names nobody of the set is a document of its own.
    pub(super) fn hand_out(&mut self, gathered: &mut Gathered) {
        self.name_the_undeclared();
        let mut joined_sometimes = BTreeSet::new();
        for given in std::mem::take(&mut self.given) {
            let receivers = self.receivers(&given);
            let Given { kind, holder, gift, surely_on, .. } = given;
            if let (Gift::Inline(name, written), true) = (&gift, receivers.is_empty()) {
                let name = format!("{}/{holder}#{name}", kind.arn_part());
                self.document(name, DocumentKind::Identity, "", written.clone());
            }
            let gift = self.found(gift);
            if let Gift::Group(group) = &gift {
                for Receiver { index, is_sure } in receivers {
                    self.joins(index, group, (&surely_on, is_sure), &mut joined_sometimes);
                }
                continue;
            }
            let Some((last, others)) = receivers.split_last() else { continue };
            for other in others {
                self.entities[other.index].receive(gift.clone(), other.is_sure);
            }
            self.entities[last.index].receive(gift, last.is_sure);
        }
        self.note_sometimes();
        for index in joined_sometimes {
            self.entities[index].spare_members();
        }
        // A user in a group that is declared elsewhere gets what nobody here knows.
        let known: BTreeSet<String> =
            self.entities.iter().filter(|one| one.kind == Kind::Group).map(|one| one.name.clone()).collect();
        for entity in &mut self.entities {
            let (here, elsewhere) =
                std::mem::take(&mut entity.groups).into_iter().partition(|group| known.contains(group));
            entity.groups = here;
            let elsewhere: Vec<String> = elsewhere;
            for group in elsewhere {
                let what = format!("what the group `{}` gives", shown(&group));
                gathered.elsewhere(&entity.home, &entity.arn(&self.account), &what);
            }
        }
    }

    fn named(&self, kind: Kind, name: &str) -> &[usize] {
        self.by_name.get(&(kind, name.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    fn receivers(&self, given: &Given) -> Vec<Receiver> {
        let named = self.named(given.kind, &given.holder);
        let is_sure = |index: &usize| given.hangs_on.is_subset(&self.entities[*index].hangs_on);
        if let [only] = named {
            return vec![Receiver { index: *only, is_sure: is_sure(only) }];
        }
        let declared_as = |index: &usize| &*self.entities[*index].declared_as;
        // What is made for each of some things names the one that is made for the same.
        let (_, key) = key(&given.declared_as);
        let bases: BTreeSet<&str> = named.iter().map(|index| self::key(declared_as(index)).0).collect();
        let mut same = named.iter().filter(|index| self::key(declared_as(index)).1 == key);
        if let (true, Some(only), None, false) = (bases.len() == 1, same.next(), same.next(), key.is_empty())
        {
            return vec![Receiver { index: *only, is_sure: is_sure(only) }];
        }
        let can = |index: &&usize| !excludes(&given.surely_on, &self.entities[**index].hangs_on);
        let receiver = |index: &usize| {
            let is_there = given.provider == self.entities[*index].provider;
            Receiver { index: *index, is_sure: is_there && is_sure(index) }
        };
        named.iter().filter(can).map(receiver).collect()
    }

    /// Puts somebody into a group, or into each that is called so.
    fn joins(
        &mut self,
        index: usize,
        group: &str,
        (surely_on, is_sure): (&Hangs, bool),
        joined_sometimes: &mut BTreeSet<usize>,
    ) {
        let groups = self.named(Kind::Group, group).to_vec();
        if groups.is_empty() {
            let entity = &mut self.entities[index];
            if !entity.groups.iter().any(|known| known == group) {
                entity.groups.push(group.to_owned());
            }
            return;
        }
        for &group in &groups {
            let (of_group, of_user) = (&self.entities[group], &self.entities[index]);
            if groups.len() > 1
                && (excludes(surely_on, &of_group.hangs_on)
                    || excludes(&of_user.hangs_on, &of_group.hangs_on))
            {
                continue;
            }
            let name = of_group.name.clone();
            if of_user.groups.contains(&name) {
                continue;
            }
            let is_there = groups.len() == 1 || of_group.provider == of_user.provider;
            if !is_sure || !is_there || !of_group.may_hang_on.is_subset(&of_user.hangs_on) {
                joined_sometimes.insert(group);
            }
            self.entities[index].groups.push(name);
        }
    }

    /// Who is only named where a policy is attached or a group is joined is a principal all the same: declared elsewhere,
    /// or made by hand. Of what else it has, nothing is known.
    fn name_the_undeclared(&mut self) {
        let mut named: BTreeMap<(Kind, String), (Home, Hangs)> = BTreeMap::new();
        for Given { kind, holder, gift, surely_on, .. } in &self.given {
            let home = match gift {
                Gift::Attached(_, home) | Gift::Boundary(_, home) => Some(home),
                Gift::Group(_) => self.joined.get(holder),
                Gift::Inline(..) => None,
            };
            let key = (*kind, holder.clone());
            let Some(home) = home.filter(|_| !holder.is_empty() && !self.by_name.contains_key(&key)) else {
                continue;
            };
            let known = named.entry(key).or_insert_with(|| (home.clone(), surely_on.clone()));
            known.1 = &known.1 & surely_on;
        }
        for ((kind, holder), (home, surely_on)) in named {
            let entity = self.entity(kind, holder, String::new(), home);
            entity.is_declared = false;
            // Whatever it gets, it gets no sooner.
            entity.hangs_on = surely_on;
        }
    }

    /// The same with the ARN of a policy that is named.
    fn found(&self, gift: Gift) -> Gift {
        let arn = |arn: String| {
            let Some(named) = arn.strip_prefix(NAMED) else { return arn };
            let name = named.rsplit_once('/').map_or(named, |(_, name)| name);
            let declared = self.managed.iter().find(|policy| policy.name == name);
            declared.map_or_else(
                || format!("arn:aws:iam::{}:policy{named}", self.account),
                |policy| policy.arn.clone(),
            )
        };
        match gift {
            Gift::Attached(policy, home) => Gift::Attached(arn(policy), home),
            Gift::Boundary(policies, home) => Gift::Boundary(policies.into_iter().map(arn).collect(), home),
            other => other,
        }
    }

    /// Whoever has a policy that is there only sometimes has it only then.
    fn note_sometimes(&mut self) {
        let hanging = self.managed.iter().filter(|policy| !policy.hangs_on.is_empty());
        let hanging: HashMap<&str, &Hangs> =
            hanging.map(|policy| (policy.arn.as_str(), &policy.hangs_on)).collect();
        if hanging.is_empty() {
            return;
        }
        for entity in &mut self.entities {
            let is_sometimes =
                |arn: &str| hanging.get(arn).is_some_and(|hangs_on| !hangs_on.is_subset(&entity.hangs_on));
            let more = entity.attached.iter().filter(|arn| is_sometimes(arn)).cloned();
            let more: Vec<String> = more.filter(|arn| !entity.sometimes.contains(arn)).collect();
            entity.boundary = entity.boundary.take().filter(|arn| !is_sometimes(arn));
            entity.sometimes.extend(more);
        }
    }

    /// Of policies with one ARN each may be the one.
    pub(super) fn join_policies(&mut self) {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut joined: Vec<Managed> = Vec::new();
        for policy in std::mem::take(&mut self.managed) {
            let Some(index) = known.get(&policy.arn) else {
                known.insert(policy.arn.clone(), joined.len());
                joined.push(policy);
                continue;
            };
            let first = &mut joined[*index];
            first.documents.extend(policy.documents);
            for written in &mut first.documents {
                written.denials = Some(Rc::from([]));
            }
        }
        self.managed = joined;
    }
}

impl Entity {
    fn receive(&mut self, gift: Gift, is_sure: bool) {
        match gift {
            Gift::Inline(name, mut written) => {
                if !is_sure {
                    written.denials = Some(Rc::from([]));
                }
                self.inline.push((name, written));
            }
            Gift::Attached(arn, home) => self.get(arn, home, is_sure),
            // A boundary that is there only sometimes is none.
            Gift::Boundary(arns, home) if is_sure => {
                self.places.extend(arns.iter().map(|arn| (arn.clone(), home.clone())));
                self.boundary = arns.first().cloned();
                self.boundaries = arns;
            }
            Gift::Boundary(..) | Gift::Group(_) => {}
        }
    }

    /// Has a managed policy, if not already; surely if it is said so anywhere.
    fn get(&mut self, arn: String, home: Home, is_sure: bool) {
        if self.attached.contains(&arn) {
            self.sometimes.retain(|known| !is_sure || *known != arn);
            return;
        }
        if !is_sure {
            self.sometimes.push(arn.clone());
        }
        self.places.push((arn.clone(), home));
        self.attached.push(arn);
    }

    /// What a group denies takes nothing away when somebody is in it only sometimes; nor from those who always are, since they
    /// have the same documents.
    fn spare_members(&mut self) {
        for (_, written) in &mut self.inline {
            written.denials = Some(Rc::from([]));
        }
        self.sometimes.clone_from(&self.attached);
    }
}

/// What stands before an index or key, and that.
fn key(address: &str) -> (&str, &str) {
    let begin = address.ends_with(']').then(|| address.rfind('[')).flatten();
    address.split_at(begin.unwrap_or(address.len()))
}

/// Whether both are never there together.
fn excludes(one: &Hangs, other: &Hangs) -> bool {
    one.iter().any(|condition| match condition.strip_prefix("not ") {
        Some(condition) => other.contains(condition),
        None => other.contains(&format!("not {condition}")),
    })
}
