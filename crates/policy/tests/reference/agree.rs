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
//! The reasons must fit as well: what each layer is said to say, and the statements that are named (`reasons.rs`).
//!
//! Where a denial is certain but not of which kind, because a `Deny` hangs on a missing key and no layer allows, the
//! answer is *implicit deny*.

use std::collections::BTreeSet;

use super::case::{Answer, Case};
use super::completion;
use super::dice::Dice;
use super::judge::{Says, hear};
use super::reasons;
use super::world::World;

/// How a case came out.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) says: Says,
    pub(crate) answer: Answer,
    pub(crate) found: Answer,
    /// The answers of the completions tried: where the reference says *depends*, and now and then where it is sure.
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
    let (evaluation, compiled) = match case.ask() {
        Ok(answers) => answers,
        Err(reason) => {
            outcome.complaint = Some(format!("the evaluator refuses a document: {reason}"));
            return outcome;
        }
    };
    outcome.found = evaluation.verdict.into();
    if compiled != evaluation.verdict {
        outcome.complaint = Some(format!("the policies compiled say {}", compiled.as_str()));
        return outcome;
    }
    // The reference must be right about itself too: where it is sure, all completions are alike.
    let dice = &mut Dice::of(case.resource().len() as u64, 1);
    if answer == Answer::Depends || !case.complete() && dice.chance(8) {
        outcome.completions = completion::answers(case, &world, dice);
    }
    if !is_borne_out(answer, &outcome.completions) {
        outcome.complaint = Some("the reference is sure of what some completion contradicts".to_owned());
        return outcome;
    }
    let wrong_reasons = || reasons::complaint(case, &world, &outcome.says, &evaluation).map(str::to_owned);
    outcome.complaint = of_answer(answer, outcome.found, &outcome.completions).or_else(wrong_reasons);
    outcome
}

/// Whether no completion contradicts what the reference is sure of.
fn is_borne_out(answer: Answer, completions: &BTreeSet<Answer>) -> bool {
    match answer {
        Answer::Depends => true,
        Answer::ImplicitDeny => !completions.contains(&Answer::Allowed),
        sure => completions.iter().all(|&met| met == sure),
    }
}

fn of_answer(answer: Answer, found: Answer, completions: &BTreeSet<Answer>) -> Option<String> {
    let right = match (answer, found) {
        (Answer::Depends, found) => is_borne_out(found, completions),
        (answer, found) => answer == found,
    };
    (!right).then(|| format!("the reference says {}, the evaluator {}", answer.as_str(), found.as_str()))
}

/// The sentence a failing case ends with.
pub(crate) fn verdict_of(case: &Case) -> Option<String> {
    compare(case).complaint
}
