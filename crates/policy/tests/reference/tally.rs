//! What came out, counted: a test that only ever meets easy questions shows nothing.

use std::collections::BTreeMap;
use std::fmt;

use super::agree::Outcome;
use super::case::{Answer, Case, statements};
use super::completion::documents;
use super::condition;
use super::grants::Given;
use super::judge::{Grants, SILENT, Say, Says};
use super::know::Know;
use super::sketch_condition;
use super::words::Sort;
use super::world::World;

/// The outcomes of some cases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    cases: u64,
    answers: BTreeMap<&'static str, u64>,
    /// Cases in which the answer is another without the layer.
    deciding: BTreeMap<&'static str, u64>,
    /// How often each operator held and did not.
    operators: BTreeMap<String, (u64, u64)>,
    /// *Depends* although all completions tried are alike.
    imprecise: u64,
    /// Sure where the reference is not.
    sharper: u64,
    /// The cases that disagree.
    pub(crate) wrong: Vec<u64>,
}

impl Tally {
    pub(crate) fn count(&mut self, index: u64, case: &Case, outcome: &Outcome) {
        self.cases += 1;
        *self.answers.entry(outcome.answer.as_str()).or_default() += 1;
        for layer in deciding(&outcome.says) {
            *self.deciding.entry(layer).or_default() += 1;
        }
        if outcome.answer == Answer::Depends {
            let denials = [Answer::ExplicitDeny, Answer::ImplicitDeny];
            let denied = denials.iter().any(|answer| outcome.completions.contains(answer));
            let both = denied && outcome.completions.contains(&Answer::Allowed);
            self.imprecise += u64::from(outcome.found == Answer::Depends && !both);
            self.sharper += u64::from(outcome.found != Answer::Depends);
        }
        if outcome.complaint.is_some() {
            self.wrong.push(index);
        }
        self.count_operators(case);
    }

    fn count_operators(&mut self, case: &Case) {
        let world = World::of(case);
        for document in documents(case) {
            for statement in statements(document) {
                for (operator, key, values) in condition::tests(statement) {
                    let held = self.operators.entry(operator.to_owned()).or_default();
                    match condition::test(operator, key, values, true, &world) {
                        Know::Yes => held.0 += 1,
                        Know::No => held.1 += 1,
                        Know::Perhaps => {}
                    }
                }
            }
        }
    }

    pub(crate) fn add(mut self, other: Tally) -> Tally {
        self.cases += other.cases;
        self.imprecise += other.imprecise;
        self.sharper += other.sharper;
        self.wrong.extend(other.wrong);
        other.answers.into_iter().for_each(|(key, count)| *self.answers.entry(key).or_default() += count);
        other.deciding.into_iter().for_each(|(key, count)| *self.deciding.entry(key).or_default() += count);
        for (key, (held, failed)) in other.operators {
            let sum = self.operators.entry(key).or_default();
            *sum = (sum.0 + held, sum.1 + failed);
        }
        self
    }

    /// Whether every outcome, layer and operator has its share; of fewer cases than CI asks nothing is expected.
    pub(crate) fn check_mix(&self, expected: u64) {
        if self.cases < expected {
            return;
        }
        for answer in Answer::ALL {
            let share = 100 * self.answers.get(answer.as_str()).unwrap_or(&0) / self.cases;
            assert!(share >= 10, "only {share} % of the answers are {}", answer.as_str());
        }
        for layer in LAYERS {
            let share = 100 * self.deciding.get(layer).unwrap_or(&0) / self.cases;
            assert!(share >= 2, "only {share} % of the answers hang on {layer}");
        }
        for layer in RARE_LAYERS {
            let share = 1_000 * self.deciding.get(layer).unwrap_or(&0) / self.cases;
            assert!(share >= 5, "only {share} of 1,000 answers hang on {layer}");
        }
        for operator in operators() {
            let (held, failed) = self.operators.get(&operator).copied().unwrap_or_default();
            let least = if operator.contains(':') || operator.ends_with("IfExists") { 10 } else { 100 };
            assert!(
                held >= least && failed >= least,
                "{operator} held {held} times and failed {failed} times"
            );
        }
    }
}

/// What only some services have.
const RARE_LAYERS: [&str; 2] = ["grants", "public access"];

const LAYERS: [&str; 7] = ["identity", "boundary", "session", "scp", "rcp", "endpoint", "resource"];

/// Every operator, as it is, with `IfExists`, and with the set operators.
fn operators() -> Vec<String> {
    let sorts = [Sort::Text, Sort::Number, Sort::Moment, Sort::Truth, Sort::Address, Sort::Arn, Sort::Binary];
    let mut all = vec!["Null".to_owned()];
    for base in sorts.iter().flat_map(|sort| sketch_condition::operators(*sort)) {
        let alone = ["", "IfExists"].map(|end| format!("{base}{end}"));
        all.extend(alone.clone());
        all.extend(["ForAllValues:", "ForAnyValue:"].map(|set| format!("{set}{base}")));
    }
    all
}

/// One of the layers.
type Layer = fn(&mut Says) -> &mut Say;

/// The layers without which the answer would be another.
fn deciding(says: &Says) -> Vec<&'static str> {
    let answer = says.answer();
    let none = Grants { deny: Know::No, direct: Know::No, entity: Know::No, account: Know::No };
    let mut all = Vec::new();
    let layers: [(&'static str, Layer); 7] = [
        ("identity", |says| &mut says.identity),
        ("boundary", |says| &mut says.boundary),
        ("session", |says| &mut says.session),
        ("scp", |says| &mut says.service_control),
        ("rcp", |says| &mut says.resource_control),
        ("endpoint", |says| &mut says.endpoint),
        ("public access", |says| &mut says.public_access),
    ];
    for (name, layer) in layers {
        let mut without = says.clone();
        *layer(&mut without) = SILENT;
        if without.answer() != answer {
            all.push(name);
        }
    }
    if (Says { key: Given::NOTHING, ..says.clone() }).answer() != answer {
        all.push("grants");
    }
    if (Says { resource: none, ..says.clone() }).answer() != answer {
        all.push("resource");
    }
    all
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "answers of {} cases: {:?}", self.cases, self.answers)?;
        writeln!(f, "decided by: {:?}", self.deciding)?;
        writeln!(f, "depends, though all completions tried are alike: {}", self.imprecise)?;
        writeln!(f, "sure, where the reference is not: {}", self.sharper)?;
        let rare = operators()
            .into_iter()
            .map(|name| (self.operators.get(&name).copied().unwrap_or_default(), name));
        let mut rare: Vec<_> = rare.map(|((held, failed), name)| (held.min(failed), name)).collect();
        rare.sort_unstable();
        writeln!(f, "operators that held or failed least often: {:?}", &rare[..8])
    }
}
