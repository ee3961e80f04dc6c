//! Policies taken apart: statements as resource sets and tests, each of which has one number however often it
//! stands there. What is equal in form is equal in number, so unchanged statements cost nothing.

use super::Kind;
use super::actions::Numbers;
use super::spelling::{Reach, Spelled};
use super::test::Test;
use crate::aws::template::{Reading, Template, Wildcards};
use crate::aws::{ActionBlock, Condition, Effect, Operator, Policy, ResourceBlock, Statement, Version};
use std::collections::HashMap;
use std::hash::Hash;

/// Which of the two, or what limits both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
    Limit,
}

/// Something that a request fulfils or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Literal {
    /// Its resource is in the set, or is not.
    Resource { set: u32, wanted: bool },
    /// Its context passes the test, or does not.
    Test { test: u32, wanted: bool },
}

/// A statement that can apply.
#[derive(Debug)]
pub(super) struct Rule<'a> {
    pub(super) side: Side,
    pub(super) statement: &'a Statement,
    pub(super) effect: Effect,
    /// All of these make it apply. Sorted.
    pub(super) literals: Vec<Literal>,
}

/// A set of resources: those that one of the patterns matches.
#[derive(Debug)]
pub(super) struct ResourceSet {
    /// Numbers in [`Model::patterns`], sorted.
    pub(super) patterns: Vec<u32>,
}

/// A key of the context.
#[derive(Debug)]
pub(super) struct Key {
    /// In lower case.
    pub(super) name: String,
    /// As the first policy spells it.
    pub(super) spelled: String,
    /// Whether some test looks at it with `ForAllValues` or `ForAnyValue`.
    pub(super) as_set: bool,
}

/// Everything that two policies say, in numbers.
#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    pub(super) rules: Vec<Rule<'a>>,
    pub(super) patterns: Vec<Spelled>,
    pub(super) sets: Vec<ResourceSet>,
    pub(super) tests: Vec<Test>,
    pub(super) keys: Vec<Key>,
    /// The keys that policy variables name, in lower case.
    pub(super) variables: Vec<String>,
}

#[derive(Default)]
struct Interned {
    patterns: HashMap<Spelled, u32>,
    sets: HashMap<Vec<u32>, u32>,
    tests: HashMap<(u32, Operator, Vec<String>, Option<Version>), u32>,
    keys: HashMap<String, u32>,
}

impl<'a> Model<'a> {
    pub(super) fn new(kind: Kind, sides: &[(Side, &[&'a Policy])]) -> Model<'a> {
        let mut model = Model::default();
        let mut interned = Interned::default();
        for (side, policies) in sides {
            for policy in *policies {
                for statement in &policy.statements {
                    model.add(kind, *side, statement, policy.version, &mut interned);
                }
            }
        }
        model.variables.sort_unstable();
        model.variables.dedup();
        model
    }

    pub(super) fn actions(&self) -> Vec<&'a ActionBlock> {
        self.rules.iter().map(|rule| &rule.statement.action).collect()
    }

    /// The rules of one side and effect among `numbers`.
    pub(super) fn select(&self, numbers: &Numbers, side: Side, effect: Effect) -> Vec<usize> {
        let wanted = |number: &usize| {
            let rule = &self.rules[*number];
            rule.side == side && rule.effect == effect && numbers.contains(*number)
        };
        (0..self.rules.len()).filter(wanted).collect()
    }

    fn add(
        &mut self,
        kind: Kind,
        side: Side,
        statement: &'a Statement,
        version: Version,
        known: &mut Interned,
    ) {
        let mut literals = Vec::new();
        match &statement.resource {
            Some(block) => literals.push(self.resource(block, statement.effect, version, known)),
            None if kind.is_on_resource() => {}
            // A statement about nothing never applies.
            None => return,
        }
        for condition in &statement.condition {
            literals.push(Literal::Test { test: self.test(condition, version, known), wanted: true });
        }
        literals.sort_unstable();
        literals.dedup();
        self.rules.push(Rule { side, statement, effect: statement.effect, literals });
    }

    fn resource(
        &mut self,
        block: &ResourceBlock,
        effect: Effect,
        version: Version,
        known: &mut Interned,
    ) -> Literal {
        let wanted = matches!(block, ResourceBlock::Resource(_));
        // As `Question::concerns` has it.
        let reach = match (effect, wanted) {
            (Effect::Allow, true) | (Effect::Deny, false) => Reach { widest: false, valueless: false },
            (Effect::Deny, true) => Reach { widest: true, valueless: false },
            (Effect::Allow, false) => Reach { widest: true, valueless: true },
        };
        let mut patterns: Vec<u32> = Vec::new();
        for pattern in block.patterns() {
            let spelled = self.spelled(pattern.as_str(), version, reach);
            patterns.push(number(&mut known.patterns, &mut self.patterns, spelled.clone(), || spelled));
        }
        patterns.sort_unstable();
        patterns.dedup();
        let set = number(&mut known.sets, &mut self.sets, patterns.clone(), || ResourceSet { patterns });
        Literal::Resource { set, wanted }
    }

    fn spelled(&mut self, text: &str, version: Version, reach: Reach) -> Spelled {
        match Template::read(text, version, Wildcards::Meant) {
            Reading::Constant(tokens) => Spelled::fixed(tokens, reach),
            Reading::Variable(template) => {
                self.variables.extend(template.keys().map(str::to_owned));
                Spelled::Variable { text: text.to_owned(), reach }
            }
        }
    }

    fn test(&mut self, condition: &Condition, version: Version, known: &mut Interned) -> u32 {
        let key = self.key(condition, known);
        let mut values = condition.values.clone();
        values.sort_unstable();
        values.dedup();
        let spells_variable = values.iter().any(|value| value.contains("${"));
        let id = (key, condition.operator, values.clone(), spells_variable.then_some(version));
        let wildcards = condition.operator.base.wildcards();
        let mut is_variable = false;
        for value in values.iter().filter(|_| condition.operator.base.takes_variables()) {
            if let Reading::Variable(template) = Template::read(value, version, wildcards) {
                is_variable = true;
                self.variables.extend(template.keys().map(str::to_owned));
            }
        }
        let operator = condition.operator;
        number(&mut known.tests, &mut self.tests, id, || Test { key, operator, values, version, is_variable })
    }

    fn key(&mut self, condition: &Condition, known: &mut Interned) -> u32 {
        let name = condition.key.to_ascii_lowercase();
        let spelled = condition.key.clone();
        let key =
            number(&mut known.keys, &mut self.keys, name.clone(), || Key { name, spelled, as_set: false });
        self.keys[key as usize].as_set |= condition.operator.set.is_some();
        key
    }
}

/// The number of `id`, which is that of `make()` in `list` when it is new.
fn number<I: Hash + Eq, T>(
    known: &mut HashMap<I, u32>,
    list: &mut Vec<T>,
    id: I,
    make: impl FnOnce() -> T,
) -> u32 {
    *known.entry(id).or_insert_with(|| {
        list.push(make());
        list.len() as u32 - 1
    })
}
