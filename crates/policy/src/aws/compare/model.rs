//! Two policies taken apart: statements as resource sets and tests, each of which has one number however often it
//! stands there. What is equal in form is equal in number, so unchanged statements cost nothing.

use super::Kind;
use super::actions::Numbers;
use super::language::Pattern;
use crate::aws::evaluate::{Context, Facts, Federated, PrincipalRef};
use crate::aws::template::{Reading, Resolved, Template, Wildcards};
use crate::aws::{
    ActionBlock, Comparison, Condition, Effect, Operator, Policy, ResourceBlock, SetOperator, Statement,
    Version,
};
use crate::glob::Token;
use std::collections::HashMap;
use std::hash::Hash;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
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

/// What a pattern is held against, and what it takes a variable without a value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Reach {
    /// Wildcards may run on beyond colons.
    pub(super) widest: bool,
    /// A variable without a value makes it match.
    pub(super) valueless: bool,
}

/// A pattern of a `Resource` element, as the evaluator reads it where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Spelled {
    /// What it surely matches, and what it may match when its wildcards run on beyond colons.
    ///
    /// An ARN that is in the second and not in the first is left out of every comparison: only a resource with the
    /// middle of another ARN in its name is one, and nobody knows what AWS does with it.
    Fixed {
        parts: Pattern,
        widest: Pattern,
    },
    Variable {
        text: String,
        reach: Reach,
    },
}

/// A set of resources: those that one of the patterns matches.
#[derive(Debug)]
pub(super) struct ResourceSet {
    /// Numbers in [`Model::patterns`], sorted.
    pub(super) patterns: Vec<u32>,
}

/// A condition, whatever the statement.
#[derive(Debug)]
pub(super) struct Test {
    /// A number in [`Model::keys`].
    pub(super) key: u32,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
    pub(super) version: Version,
    /// Whether some value has a policy variable that means something here.
    pub(super) is_variable: bool,
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
    pub(super) fn new(kind: Kind, old: &[&'a Policy], new: &[&'a Policy]) -> Model<'a> {
        let mut model = Model::default();
        let mut interned = Interned::default();
        for (side, policies) in [(Side::Old, old), (Side::New, new)] {
            for policy in policies {
                for statement in &policy.statements {
                    model.add(kind, side, statement, policy.version, &mut interned);
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
            Reading::Constant(tokens) => {
                Spelled::Fixed { parts: Pattern::arn(tokens.clone()), widest: reach.pattern(tokens) }
            }
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

impl Spelled {
    /// What a resource must match that is to match this. Variables may be whatever they can be; with `facts` they are
    /// known.
    pub(super) fn wanted(&self, facts: Option<&Facts<'_>>) -> Option<Pattern> {
        let (text, reach) = match self {
            Spelled::Fixed { parts, .. } => return Some(parts.clone()),
            Spelled::Variable { text, reach } => (text, *reach),
        };
        match resolve(text, Version::V2012_10_17, Wildcards::Meant, facts) {
            Resolved::Tokens(tokens) => Some(Pattern::arn(tokens.to_vec())),
            Resolved::Missing => reach.valueless.then(Pattern::anything),
            Resolved::Unknown(..) if reach.valueless => Some(Pattern::anything()),
            // A value may have colons in it, so the parts cannot be told apart.
            Resolved::Unknown(tokens) => Some(Pattern::arn_at_its_widest(tokens.to_vec())),
        }
    }

    /// What a resource must not match that is not to match this; only what it surely matches, when variables are not
    /// known.
    pub(super) fn unwanted(&self, facts: Option<&Facts<'_>>) -> Option<Pattern> {
        let (text, reach) = match self {
            Spelled::Fixed { widest, .. } => return Some(widest.clone()),
            Spelled::Variable { text, reach } => (text, *reach),
        };
        match resolve(text, Version::V2012_10_17, Wildcards::Meant, facts) {
            Resolved::Tokens(tokens) => Some(reach.pattern(tokens.to_vec())),
            Resolved::Missing => reach.valueless.then(Pattern::anything),
            Resolved::Unknown(..) => None,
        }
    }

    /// Whether everything this matches is matched by `other` because it is the same text.
    pub(super) fn is_under(&self, other: &Spelled) -> bool {
        match (self, other) {
            (Spelled::Variable { text: a, reach: own }, Spelled::Variable { text: b, reach: its }) => {
                a == b && (its.widest || !own.widest) && (its.valueless || !own.valueless)
            }
            (Spelled::Fixed { parts, .. }, Spelled::Fixed { widest, .. }) => parts == widest,
            _ => false,
        }
    }
}

impl Reach {
    fn pattern(self, tokens: Vec<Token>) -> Pattern {
        if self.widest { Pattern::arn_at_its_widest(tokens) } else { Pattern::arn(tokens) }
    }
}

impl Test {
    /// Whether the values are compared as texts or ARNs.
    pub(super) fn is_text(&self) -> bool {
        use Comparison as C;
        matches!(
            self.operator.base,
            C::StringEquals
                | C::StringNotEquals
                | C::StringEqualsIgnoreCase
                | C::StringNotEqualsIgnoreCase
                | C::StringLike
                | C::StringNotLike
                | C::ArnEquals
                | C::ArnNotEquals
                | C::ArnLike
                | C::ArnNotLike
        )
    }

    /// Of a test of texts: what one of the values may match (`sure`: surely matches); with `facts`, does match then.
    pub(super) fn patterns(&self, sure: bool, facts: Option<&Facts<'_>>) -> Vec<Pattern> {
        let base = self.operator.base;
        let pattern = |value: &String| {
            let (tokens, known) = match resolve(value, self.version, base.wildcards(), facts) {
                Resolved::Tokens(tokens) => (tokens.to_vec(), true),
                Resolved::Missing => return None,
                Resolved::Unknown(tokens) => (tokens.to_vec(), false),
            };
            match base {
                _ if sure && !known => None,
                C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike if known => {
                    Some(Pattern::arn(tokens))
                }
                C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike => {
                    Some(Pattern::arn_at_its_widest(tokens))
                }
                C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => Some(Pattern::folded(tokens)),
                _ => Some(Pattern::whole(tokens)),
            }
        };
        use Comparison as C;
        self.values.iter().filter_map(pattern).collect()
    }

    /// What the test says of a request that has no such key, or (`empty`) has it with an empty value, when that can be
    /// told by the operator alone.
    pub(super) fn without_key(&self) -> bool {
        let operator = self.operator;
        match operator.set {
            _ if operator.base == Comparison::Null => self.asks_for_null(true),
            _ if operator.if_exists => true,
            Some(SetOperator::ForAllValues) => true,
            Some(SetOperator::ForAnyValue) => false,
            None => operator.base.is_negated(),
        }
    }

    /// Of `Null`: whether it holds when the key is null as said.
    pub(super) fn asks_for_null(&self, null: bool) -> bool {
        let wanted = if null { "true" } else { "false" };
        self.values.iter().any(|value| value.eq_ignore_ascii_case(wanted))
    }
}

/// `text` with the values that `facts` give; without them all variables are unknown.
fn resolve(text: &str, version: Version, wildcards: Wildcards, facts: Option<&Facts<'_>>) -> Resolved {
    let template = match Template::read(text, version, wildcards) {
        Reading::Constant(tokens) => return Resolved::Tokens(tokens.into()),
        Reading::Variable(template) => template,
    };
    match facts {
        Some(facts) => template.resolve(facts),
        None => template.resolve(&Facts::new(&Context::new(), PrincipalRef::new(""), Federated::No)),
    }
}

impl Comparison {
    fn wildcards(self) -> Wildcards {
        use Comparison as C;
        match self {
            C::StringLike
            | C::StringNotLike
            | C::ArnEquals
            | C::ArnNotEquals
            | C::ArnLike
            | C::ArnNotLike => Wildcards::Meant,
            _ => Wildcards::Literal,
        }
    }

    /// "You can use policy variables" with operators of texts and ARNs, and with `Bool`.
    fn takes_variables(self) -> bool {
        use Comparison as C;
        let is_other = matches!(
            self,
            C::NumericEquals
                | C::NumericNotEquals
                | C::NumericLessThan
                | C::NumericLessThanEquals
                | C::NumericGreaterThan
                | C::NumericGreaterThanEquals
                | C::DateEquals
                | C::DateNotEquals
                | C::DateLessThan
                | C::DateLessThanEquals
                | C::DateGreaterThan
                | C::DateGreaterThanEquals
                | C::BinaryEquals
                | C::IpAddress
                | C::NotIpAddress
                | C::Null
        );
        !is_other
    }
}
