//! Whether literals can all be true of one request: each key of the context for itself, the resource for itself.
//!
//! The answers are remembered: the search asks the same again and again.

use super::keys::{Domain, Known, Slot, Solved, Values, Wanted};
use super::language::Pattern;
use super::model::{Literal, Model};
use super::principals::Someone;
use super::spelling::Spelled;
use super::walk::{Budget, Found, find};
use super::{KeyFacts, ValueKind, Vocabulary};
use std::collections::HashMap;

use foldhash::fast::RandomState;

/// What a request can be, for one principal.
pub(super) struct Theory<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) someone: &'a Someone,
    keys: Vec<(KeyFacts, Domain)>,
    resources: HashMap<Vec<Literal>, Possible, RandomState>,
    values: HashMap<Vec<Wanted>, Possible, RandomState>,
}

/// Whether something can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Possible {
    Yes,
    No,
    /// The budget is spent.
    GaveUp,
}

/// The ARNs that resources have; an action that has no resource is about `*`.
const ARN: &str = "arn:?*:?*:*:*:?*";
pub(super) const NO_RESOURCE: &str = "*";

impl<'a> Theory<'a> {
    pub(super) fn new(vocabulary: &dyn Vocabulary, model: &'a Model<'a>, someone: &'a Someone) -> Theory<'a> {
        let facts = |key: &super::model::Key| {
            let unknown = KeyFacts { kind: ValueKind::Text, several: key.as_set };
            (vocabulary.key(&key.name).unwrap_or(unknown), someone.domain(&key.name))
        };
        let keys = model.keys.iter().map(facts).collect();
        Theory { model, someone, keys, resources: HashMap::default(), values: HashMap::default() }
    }

    /// Whether all of `literals`, which is sorted, can be true as far as they have to do with `of`.
    pub(super) fn allows(&mut self, literals: &[Literal], of: Literal, budget: &mut Budget) -> Possible {
        match of {
            Literal::Resource { .. } => self.allows_resource(literals, budget),
            Literal::Test { test, .. } => {
                self.allows_values(literals, self.model.tests[test as usize].key, budget)
            }
        }
    }

    fn allows_resource(&mut self, literals: &[Literal], budget: &mut Budget) -> Possible {
        let id: Vec<Literal> =
            literals.iter().copied().filter(|literal| matches!(literal, Literal::Resource { .. })).collect();
        if let Some(known) = self.resources.get(&id) {
            return *known;
        }
        let answer = match self.resource(&id, &[], None, budget) {
            Found::Text(_) => Possible::Yes,
            Found::Nothing => Possible::No,
            Found::GaveUp => Possible::GaveUp,
        };
        if answer != Possible::GaveUp {
            self.resources.insert(id, answer);
        }
        answer
    }

    fn allows_values(&mut self, literals: &[Literal], key: u32, budget: &mut Budget) -> Possible {
        let id = self.wanted(literals, key);
        if let Some(known) = self.values.get(&id) {
            return *known;
        }
        let answer = match self.value(key, &id, None, budget) {
            Solved::Values(_) => Possible::Yes,
            Solved::Nothing => Possible::No,
            Solved::GaveUp => Possible::GaveUp,
        };
        if answer != Possible::GaveUp {
            self.values.insert(id, answer);
        }
        answer
    }

    /// What `literals` want of `key`.
    pub(super) fn wanted(&self, literals: &[Literal], key: u32) -> Vec<Wanted> {
        let of_key = |literal: &Literal| match literal {
            Literal::Test { test, wanted } if self.model.tests[*test as usize].key == key => {
                Some((*test, *wanted))
            }
            _ => None,
        };
        literals.iter().filter_map(of_key).collect()
    }

    /// Values of `key` that do.
    pub(super) fn value(
        &self,
        key: u32,
        wanted: &[Wanted],
        known: Option<Known<'_>>,
        budget: &mut Budget,
    ) -> Solved {
        let (facts, domain) = &self.keys[key as usize];
        match known {
            Some(known) => {
                Slot { model: self.model, facts: *facts, domain, known: Some(known) }.solve(wanted, budget)
            }
            None => Slot { model: self.model, facts: *facts, domain, known: None }.solve(wanted, budget),
        }
    }

    pub(super) fn kind(&self, key: u32) -> ValueKind {
        self.keys[key as usize].0.kind
    }

    /// Whether the principal leaves `key` open.
    pub(super) fn domain(&self, key: u32) -> &Domain {
        &self.keys[key as usize].1
    }

    /// A resource that does; one like `shapes` when there is one.
    pub(super) fn resource(
        &self,
        literals: &[Literal],
        shapes: &[Pattern],
        known: Option<Known<'_>>,
        budget: &mut Budget,
    ) -> Found {
        let facts = known.map(|known| known.facts());
        let set = |number: u32| &self.model.sets[number as usize].patterns;
        let spelled = |number: &u32| &self.model.patterns[*number as usize];
        let mut unwanted: Vec<&Spelled> = Vec::new();
        for literal in literals {
            if let Literal::Resource { set: number, wanted: false } = literal {
                unwanted.extend(set(*number).iter().map(spelled));
            }
        }
        let mut wanted: Vec<Vec<Pattern>> = Vec::new();
        for literal in literals {
            if let Literal::Resource { set: number, wanted: true } = literal {
                let open = set(*number).iter().map(spelled);
                let open =
                    open.filter(|pattern| !unwanted.iter().any(|other| pattern.is_under(other, budget)));
                let group: Vec<Pattern> = open.filter_map(|pattern| pattern.wanted(facts.as_ref())).collect();
                if group.is_empty() {
                    return Found::Nothing;
                }
                wanted.push(group);
            }
        }
        let without: Vec<Pattern> =
            unwanted.iter().filter_map(|pattern| pattern.unwanted(facts.as_ref())).collect();
        let without: Vec<&Pattern> = without.iter().collect();
        let arn = Pattern::shape(ARN);
        for shape in shapes.iter().chain([&arn]) {
            let mut groups: Vec<Vec<&Pattern>> = wanted.iter().map(|group| group.iter().collect()).collect();
            groups.push(vec![shape]);
            match find(&groups, &without, budget) {
                Found::Nothing => {}
                found => return found,
            }
        }
        let fits = wanted.iter().all(|group| group.iter().any(|pattern| pattern.matches(NO_RESOURCE)))
            && !without.iter().any(|pattern| pattern.matches(NO_RESOURCE));
        if fits { Found::Text(NO_RESOURCE.to_owned()) } else { Found::Nothing }
    }

    /// The keys that policy variables name and tests do not look at.
    pub(super) fn free_variables(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let model = self.model;
        model
            .variables
            .iter()
            .map(String::as_str)
            .filter(|name| !model.keys.iter().any(|key| key.name == *name))
    }

    /// Every key of the model with its number.
    pub(super) fn numbers(&self) -> std::ops::Range<u32> {
        0..self.model.keys.len() as u32
    }

    /// Whether a test that the literals speak of, on this key, has policy variables.
    pub(super) fn is_variable(&self, wanted: &[Wanted]) -> bool {
        wanted.iter().any(|(test, _)| self.model.tests[*test as usize].is_variable)
    }
}

impl Values {
    pub(super) fn into_list(self) -> Vec<String> {
        match self {
            Values::Absent => Vec::new(),
            Values::These(values) => values,
        }
    }
}
