//! Which actions a node might be allowed at all: those that each layer has some `Allow` for. It is found out once for each
//! document, so that nobody is asked about what nothing allows.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use leastwise_policy::aws::{ActionPattern, Effect, Named, Policy, Statement};
use leastwise_policy::glob;

use super::model::{Form, Model};
use super::rows::Table;
use crate::granted::GrantedPrincipal;

/// A set of numbers of actions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn insert(&mut self, number: usize) {
        let word = number / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(super) fn add(&mut self, other: &Bits) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Leaves what is in the other too.
    fn keep(&mut self, other: &Bits) {
        for (number, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(number).copied().unwrap_or_default();
        }
    }

    fn without(&self, other: &Bits) -> Bits {
        let words = self.0.iter().enumerate();
        Bits(words.map(|(number, word)| word & !other.0.get(number).copied().unwrap_or_default()).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn all(count: usize) -> Bits {
        Bits(vec![u64::MAX; count.div_ceil(64)])
    }
}

impl<'a> Model<'a> {
    /// What the node may be allowed: the actions that each layer has some `Allow` for.
    pub(super) fn bits(
        &self,
        granted: Option<&'a GrantedPrincipal>,
        form: Form<'a>,
        account: &str,
    ) -> Rc<Bits> {
        let mut own = self.identity_bits(granted, form);
        let strict = !form.has_everything() && !self.management.contains(account);
        if let Some(granted) = granted.filter(|_| strict && !self.unnamed.is_empty()) {
            self.drop_unnamed(self.held(granted, form).into_iter(), &mut own);
        }
        let bounded = granted.and_then(|granted| self.boundary(granted, form));
        let is_under = !form.is_outside() && !self.management.contains(account);
        let levels = self.world.service_control.get(account).filter(|_| is_under);
        let levels = levels.into_iter().flat_map(|path| &path.levels).map(|level| level.policies.as_slice());
        let mut bits = own;
        for documents in bounded.into_iter().chain(levels) {
            Rc::make_mut(&mut bits).keep(&self.some_bits(documents.iter()));
        }
        bits
    }

    fn identity_bits(&self, granted: Option<&'a GrantedPrincipal>, form: Form<'a>) -> Rc<Bits> {
        let Some(granted) = granted.filter(|_| !form.has_everything()) else {
            return Rc::clone(&self.everything);
        };
        if let ([one], Form::Plain | Form::Free) = (granted.policies.identity.as_slice(), form) {
            return self.documents.get(one.name.as_str()).cloned().unwrap_or_default();
        }
        Rc::new(self.some_bits(self.held(granted, form).into_iter()))
    }

    /// The actions that one of the documents has an `Allow` for.
    fn some_bits<'d>(&self, documents: impl Iterator<Item = &'d Named<Policy>>) -> Bits {
        let mut bits = Bits::default();
        for document in documents {
            if let Some(of) = self.documents.get(document.name.as_str()) {
                bits.add(of);
            }
        }
        bits
    }

    /// Takes away what is allowed and not named.
    fn drop_unnamed<'d>(&self, documents: impl Iterator<Item = &'d Named<Policy>>, bits: &mut Rc<Bits>) {
        let (mut unnamed, mut named) = (Bits::default(), Bits::default());
        for document in documents {
            let Some(of) = self.documents.get(document.name.as_str()) else { continue };
            match self.unnamed.get(document.name.as_str()) {
                Some(out) => {
                    unnamed.add(out);
                    named.add(&of.without(out));
                }
                None => named.add(of),
            }
        }
        let out = unnamed.without(&named);
        if !out.is_empty() {
            let kept = bits.without(&out);
            *bits = Rc::new(kept);
        }
    }

    pub(super) fn read_documents(&mut self) {
        let world = self.world;
        let snapshot = world.snapshot;
        let of_principals = snapshot
            .principals()
            .flat_map(|one| one.policies.identity.iter().chain(one.policies.boundary.iter().flatten()));
        let of_groups = snapshot.groups().iter().flat_map(|group| &group.policies);
        let levels = world.service_control.values().flat_map(|path| &path.levels);
        let above = levels.flat_map(|level| &level.policies);
        let added = Form::Keeper.more();
        self.read(of_principals.chain(of_groups).chain(above).chain(added));
    }

    /// Reads the versions of managed policies that are not in force.
    pub(super) fn read_versions(&mut self) {
        let snapshot = self.world.snapshot;
        let held = snapshot
            .principals()
            .flat_map(|one| one.policies.identity.iter().chain(one.policies.boundary.iter().flatten()));
        let versions = held.filter_map(|document| snapshot.versions(&document.name)).flatten();
        let versions: Vec<&Named<Policy>> = versions.collect();
        self.sessions.hear(versions.iter().map(|version| &version.policy));
        // What was known of calls may be less by now.
        self.nodes.iter_mut().for_each(|node| drop(node.set.take()));
        self.read(versions.into_iter());
    }

    fn read(&mut self, documents: impl Iterator<Item = &'a Named<Policy>>) {
        let mut known: HashMap<String, Bits> = HashMap::new();
        let mut regions: BTreeSet<String> = self.regions.drain(..).collect();
        for document in documents {
            if self.documents.contains_key(document.name.as_str()) {
                continue;
            }
            let (mut bits, mut named) = (Bits::default(), Bits::default());
            for (index, statement) in document.policy.statements.iter().enumerate() {
                named_regions(statement, &mut regions);
                if statement.effect == Effect::Allow && !self.is_removed(&document.name, index) {
                    self.add_actions(statement, &mut known, (&mut bits, &mut named));
                }
            }
            let mut unnamed = bits.without(&named);
            unnamed.keep(&self.to_name);
            if !unnamed.is_empty() {
                self.unnamed.insert(&document.name, unnamed);
            }
            self.documents.insert(&document.name, Rc::new(bits));
            if let Some(doubts) = self.doubts_of(document) {
                self.doubts.insert(&document.name, Rc::new(doubts));
            }
        }
        self.regions = regions.into_iter().collect();
    }

    fn add_actions(
        &self,
        statement: &Statement,
        known: &mut HashMap<String, Bits>,
        (bits, named): (&mut Bits, &mut Bits),
    ) {
        use leastwise_policy::aws::ActionBlock::{Action, NotAction};
        match &statement.action {
            Action(patterns) => {
                for pattern in patterns {
                    let folded = pattern.as_str().to_ascii_lowercase();
                    if !folded.contains(['*', '?']) {
                        if let Some(number) = self.number(&folded) {
                            bits.insert(number);
                            named.insert(number);
                        }
                    } else {
                        let names =
                            folded.split(':').next().is_some_and(|service| !service.contains(['*', '?']));
                        let of = known.entry(folded).or_insert_with(|| self.matching(pattern));
                        bits.add(of);
                        if names {
                            named.add(of);
                        }
                    }
                }
            }
            NotAction(_) => {
                let all = self.actions.iter().enumerate();
                all.filter(|(_, action)| statement.action.applies_to(action))
                    .for_each(|(number, _)| bits.insert(number));
            }
        }
    }

    /// The number of the action with this name in lower case.
    fn number(&self, lower: &str) -> Option<usize> {
        let more = || self.actions[self.table.actions.len()..].iter();
        let of_more = || more().position(|action| action.eq_ignore_ascii_case(lower));
        self.table.action(lower).or_else(|| Some(self.table.actions.len() + of_more()?))
    }

    fn matching(&self, pattern: &ActionPattern) -> Bits {
        let mut bits = Bits::default();
        let all = self.actions.iter().enumerate();
        all.filter(|(_, action)| pattern.matches(action)).for_each(|(number, _)| bits.insert(number));
        bits
    }
}

/// Actions that nothing but rows with `named` need.
pub(super) fn to_name(table: &Table) -> Bits {
    let mut bits = Bits::default();
    for need in table.rows.iter().filter(|row| row.named).flat_map(|row| &row.needs) {
        bits.insert(need.action);
    }
    bits
}

fn named_regions(statement: &Statement, regions: &mut BTreeSet<String>) {
    for condition in
        statement.condition.iter().filter(|one| one.key.eq_ignore_ascii_case("aws:RequestedRegion"))
    {
        let plain =
            condition.values.iter().filter(|value| glob::matches("*-*-*", value) && !value.contains('*'));
        regions.extend(plain.cloned());
    }
}
