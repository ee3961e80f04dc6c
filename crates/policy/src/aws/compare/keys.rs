//! What a key of the context can be, when some tests on it must pass and others must not.
//!
//! A key is absent, has one empty value, or has values that are not empty. In the last case each test says that all
//! values are such, or that one is. So one value is looked for that is as all must be for each that must be there;
//! a key that has but one value has to be everything at once.

use super::language::Pattern;
use super::model::Model;
use super::test::Test;
use super::values::candidates;
use super::walk::{Budget, Found, find};
use super::{KeyFacts, ValueKind};
use crate::aws::evaluate::{
    Context, Facts, Federated, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use crate::aws::{Comparison, Condition, Named, Operator, Policy, SetOperator, Statement};

/// A number of a test with what it must come to.
pub(super) type Wanted = (u32, bool);

/// What is known of a key beforehand.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Domain {
    Free,
    Absent,
    Is(String),
    /// A text that is like this, and not like those.
    Like(Pattern, Vec<Pattern>),
}

/// The values of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    Absent,
    These(Vec<String>),
}

/// What a search for values came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Solved {
    Values(Values),
    Nothing,
    GaveUp,
}

/// A context that is chosen already, against which policy variables are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) context: &'a Context,
    pub(super) principal: PrincipalRef<'a>,
    pub(super) federated: Federated<'a>,
}

impl<'a> Known<'a> {
    pub(super) fn facts(&self) -> Facts<'a> {
        Facts::new(self.context, self.principal, self.federated)
    }
}

/// One key with all that is to be known for choosing its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) facts: KeyFacts,
    pub(super) domain: &'a Domain,
    pub(super) known: Option<Known<'a>>,
}

/// That all values match a test's values, that none does, or that one does or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Demand {
    test: u32,
    of_all: bool,
    matching: bool,
}

impl Slot<'_> {
    /// Values with which every test comes to what is wanted.
    pub(super) fn solve(&self, wanted: &[Wanted], budget: &mut Budget) -> Solved {
        let mut gave_up = false;
        if *self.domain != Domain::Absent {
            match self.with_values(wanted, budget) {
                Solved::Nothing => {}
                Solved::GaveUp => gave_up = true,
                found => return found,
            }
        }
        let may_be_absent = matches!(self.domain, Domain::Free | Domain::Absent);
        if may_be_absent && wanted.iter().all(|(test, wanted)| self.test(*test).without_key() == *wanted) {
            return Solved::Values(Values::Absent);
        }
        let may_be_empty = *self.domain == Domain::Free && self.facts.kind == ValueKind::Text;
        let with_empty = |test: &u32| self.with_empty(self.test(*test));
        if may_be_empty && wanted.iter().all(|(test, wanted)| with_empty(test).may_be(*wanted)) {
            return Solved::Values(Values::These(vec![String::new()]));
        }
        if gave_up { Solved::GaveUp } else { Solved::Nothing }
    }

    fn test(&self, number: u32) -> &Test {
        &self.model.tests[number as usize]
    }

    fn with_empty(&self, test: &Test) -> Maybe {
        match test.operator.set {
            _ if test.operator.base == Comparison::Null => Maybe::from(test.asks_for_null(true)),
            Some(SetOperator::ForAllValues) => Maybe::from(true),
            _ => self.matches(test, "").negate_if(test.operator.base.is_negated()),
        }
    }

    fn with_values(&self, wanted: &[Wanted], budget: &mut Budget) -> Solved {
        let mut demands = Vec::with_capacity(wanted.len());
        for (number, wanted) in wanted {
            let test = self.test(*number);
            let (set, negated) = (test.operator.set, test.operator.base.is_negated());
            if test.operator.base == Comparison::Null {
                if test.asks_for_null(false) != *wanted {
                    return Solved::Nothing;
                }
                continue;
            }
            let of_all = match set {
                Some(SetOperator::ForAllValues) => true,
                Some(SetOperator::ForAnyValue) => false,
                None => negated,
            };
            demands.push(Demand { test: *number, of_all: of_all == *wanted, matching: negated != *wanted });
        }
        let several = self.facts.several && *self.domain == Domain::Free;
        if !several {
            return match self.value(&demands, budget) {
                Found::Text(value) => Solved::Values(Values::These(vec![value])),
                Found::Nothing => Solved::Nothing,
                Found::GaveUp => Solved::GaveUp,
            };
        }
        let (of_all, of_one): (Vec<Demand>, Vec<Demand>) = demands.iter().partition(|demand| demand.of_all);
        let rounds: Vec<Option<Demand>> = match of_one.is_empty() {
            true => vec![None],
            false => of_one.into_iter().map(Some).collect(),
        };
        let mut values = Vec::new();
        for one in rounds {
            let demands: Vec<Demand> = of_all.iter().copied().chain(one).collect();
            match self.value(&demands, budget) {
                Found::Text(value) if values.contains(&value) => {}
                Found::Text(value) => values.push(value),
                Found::Nothing => return Solved::Nothing,
                Found::GaveUp => return Solved::GaveUp,
            }
        }
        Solved::Values(Values::These(values))
    }

    /// One value, not empty, that is as demanded.
    fn value(&self, demands: &[Demand], budget: &mut Budget) -> Found {
        if let Domain::Is(value) = self.domain {
            return if self.fits(value, demands) { Found::Text(value.clone()) } else { Found::Nothing };
        }
        let tests: Vec<&Test> = demands.iter().map(|demand| self.test(demand.test)).collect();
        let all_text = tests.iter().all(|test| test.is_text());
        let is_typed =
            self.facts.kind == ValueKind::Bool || (tests.is_empty() && self.facts.kind != ValueKind::Text);
        if all_text && !is_typed {
            return self.text(demands, budget);
        }
        let candidates = candidates(&tests, self.facts.kind);
        let fitting = candidates.values.iter().find(|value| !value.is_empty() && self.fits(value, demands));
        if let Some(value) = fitting {
            return Found::Text(value.clone());
        }
        if candidates.complete || self.is_one_of_few(demands) {
            return Found::Nothing;
        }
        // Two ways of reading the value at once: what one of them alone rules out is ruled out.
        let texts: Vec<Demand> =
            demands.iter().copied().filter(|demand| self.test(demand.test).is_text()).collect();
        let found = self.text(&texts, budget);
        match found {
            Found::Text(value) if self.fits(&value, demands) => Found::Text(value),
            Found::Nothing => Found::Nothing,
            _ => Found::GaveUp,
        }
    }

    /// Whether a demand leaves only values that a test spells out, all of which are among the candidates.
    fn is_one_of_few(&self, demands: &[Demand]) -> bool {
        demands.iter().any(|demand| {
            let test = self.test(demand.test);
            let spelled =
                matches!(test.operator.base, Comparison::StringEquals | Comparison::StringNotEquals);
            demand.matching && spelled && !test.is_variable
        })
    }

    fn text(&self, demands: &[Demand], budget: &mut Budget) -> Found {
        let facts = self.known.map(|known| known.facts());
        let patterns = |demand: &Demand| self.test(demand.test).patterns(!demand.matching, facts.as_ref());
        let mut wanted: Vec<Vec<Pattern>> = vec![vec![Pattern::not_empty()]];
        let mut unwanted: Vec<Pattern> = Vec::new();
        if let Domain::Like(like, but) = self.domain {
            wanted.push(vec![like.clone()]);
            unwanted.extend_from_slice(but);
        }
        for demand in demands {
            match demand.matching {
                true => wanted.push(patterns(demand)),
                false => unwanted.extend(patterns(demand)),
            }
        }
        let groups: Vec<Vec<&Pattern>> = wanted.iter().map(|group| group.iter().collect()).collect();
        find(&groups, &unwanted.iter().collect::<Vec<_>>(), budget)
    }

    fn fits(&self, value: &str, demands: &[Demand]) -> bool {
        demands.iter().all(|demand| self.matches(self.test(demand.test), value).may_be(demand.matching))
    }

    /// Whether one of the test's values matches `value`.
    fn matches(&self, test: &Test, value: &str) -> Maybe {
        if test.is_text() {
            let facts = self.known.map(|known| known.facts());
            let one = |sure| test.patterns(sure, facts.as_ref()).iter().any(|pattern| pattern.matches(value));
            return if one(true) {
                Maybe::Yes
            } else if one(false) {
                Maybe::Unknown
            } else {
                Maybe::No
            };
        }
        self.ask(test, value).negate_if(test.operator.base.is_negated())
    }

    /// What the evaluator says of the test on this one value.
    fn ask(&self, test: &Test, value: &str) -> Maybe {
        let name = &self.model.keys[test.key as usize].name;
        let operator = Operator { set: None, base: test.operator.base, if_exists: false };
        let condition = Condition::new(operator, name, &test.values);
        let policy = Policy {
            version: test.version,
            id: None,
            statements: vec![Statement::allow(["*"], ["*"]).with_condition(condition)],
        };
        let set = PolicySet::of_identity(vec![Named::new("", policy)]);
        let mut context = self.known.map_or_else(Context::new, |known| known.context.clone());
        context.insert(name, value);
        let nobody = PrincipalRef::new("");
        let principal = self.known.map_or(nobody, |known| known.principal);
        let request =
            Request { principal, action: "x:X", resource: ResourceRef::Exact("*"), context: &context };
        match evaluate(&set, &request).verdict {
            Verdict::Allowed => Maybe::Yes,
            Verdict::Depends => Maybe::Unknown,
            Verdict::ExplicitDeny | Verdict::ImplicitDeny => Maybe::No,
        }
    }
}

/// What can be said of a match before the variables are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maybe {
    No,
    Unknown,
    Yes,
}

impl From<bool> for Maybe {
    fn from(value: bool) -> Maybe {
        if value { Maybe::Yes } else { Maybe::No }
    }
}

impl Maybe {
    fn may_be(self, wanted: bool) -> bool {
        self == Maybe::Unknown || (self == Maybe::Yes) == wanted
    }

    fn negate_if(self, negated: bool) -> Maybe {
        match (self, negated) {
            (Maybe::Yes, true) => Maybe::No,
            (Maybe::No, true) => Maybe::Yes,
            (kept, _) => kept,
        }
    }
}
