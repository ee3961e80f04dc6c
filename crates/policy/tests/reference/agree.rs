//! What it means that the evaluator and the reference agree.
//!
//! **Depends** means: the question leaves something open, and some completion of it is allowed and another is not.
//! Whether that is so cannot be computed for every policy, so there are two measures of it. The reference's own answer
//! is Kleene's: it is never wrong, but says *depends* for `k = a AND k = b` too, where no completion makes it true. The
//! completions that are tried are real, but not all there are. So:
//!
//! 1. Where the reference is sure, the evaluator must say the same.
//! 2. Where the reference says *depends*, the evaluator may say so, or know better; then no completion may say otherwise:
//!    of an *allowed* each must be allowed, of an *explicit deny* explicitly denied, of an *implicit deny* denied.
//!
//! From 2 follows: when one completion is allowed and another is not, only *depends* will do. An evaluator that says
//! *depends* although all completions tried are alike is not wrong, but not precise either; such cases are counted.
//! Where a denial is certain but not of which kind, because a `Deny` hangs on a missing key and no layer allows, the
//! answer is *implicit deny*.

use std::collections::BTreeSet;

use leastwise_policy::aws::evaluate::{Evaluation, Verdict};

use super::case::{Answer, Case};
use super::completion;
use super::dice::Dice;
use super::judge::{Says, hear};
use super::world::{Seen, World};

/// How a case came out.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) says: Says,
    pub(crate) answer: Answer,
    pub(crate) found: Answer,
    /// The answers of the completions tried, where the reference says *depends*.
    pub(crate) completions: BTreeSet<Answer>,
    /// What is wrong, in words that stay the same while the case is shrunk.
    pub(crate) complaint: Option<String>,
}

/// Asks both, and compares.
pub(crate) fn compare(case: &Case) -> Outcome {
    let world = World::of(case);
    let says = hear(case, &world);
    let answer = says.answer();
    let mut outcome = Outcome { says, answer, found: answer, completions: BTreeSet::new(), complaint: None };
    let evaluation = match case.ask() {
        Ok(evaluation) => evaluation,
        Err(reason) => {
            outcome.complaint = Some(format!("the evaluator refuses a document: {reason}"));
            return outcome;
        }
    };
    outcome.found = evaluation.verdict.into();
    if answer == Answer::Depends {
        outcome.completions = completion::answers(case, &world, &mut Dice::of(1, 1));
    }
    outcome.complaint =
        of_answer(answer, outcome.found, &outcome.completions).or_else(|| of_reasons(&evaluation, &world));
    outcome
}

fn of_answer(answer: Answer, found: Answer, completions: &BTreeSet<Answer>) -> Option<String> {
    let right = match (answer, found) {
        (Answer::Depends, Answer::Depends) => true,
        (Answer::Depends, Answer::ImplicitDeny) => !completions.contains(&Answer::Allowed),
        (Answer::Depends, sure) => completions.iter().all(|&met| met == sure),
        (answer, found) => answer == found,
    };
    (!right).then(|| format!("the reference says {}, the evaluator {}", answer.as_str(), found.as_str()))
}

/// The reasons must fit: who denies is named, and what is missing is really missing.
fn of_reasons(evaluation: &Evaluation, world: &World) -> Option<String> {
    // The name of a session would be told by `aws:userid`.
    let known = |key: &String| key != "aws:userid" && world.see(key) != Seen::Unknown;
    if evaluation.missing_keys.iter().any(known) {
        return Some("a key that is known is called missing".to_owned());
    }
    let named = match evaluation.verdict {
        Verdict::ExplicitDeny => !evaluation.by.is_empty(),
        Verdict::ImplicitDeny => evaluation.silent.is_some() && evaluation.by.is_empty(),
        Verdict::Allowed | Verdict::Depends => evaluation.silent.is_none(),
    };
    (!named).then(|| format!("the reasons do not fit {}", evaluation.verdict.as_str()))
}

/// The sentence a failing case ends with.
pub(crate) fn verdict_of(case: &Case) -> Option<String> {
    compare(case).complaint
}
