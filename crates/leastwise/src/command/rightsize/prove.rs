//! The proof of a right-sizing: made, signed, and told to people.

use leastwise_analysis::names::Taken;
use leastwise_analysis::proof::{Listing, Making, Problem, Proof, Settings, Trial, sign};
use leastwise_analysis::replay::Replayed;
use leastwise_analysis::rightsize::{Options, Rightsized};
use leastwise_analysis::usage::{FOLD_AT, Outcome};
use leastwise_policy::aws::{Named, Policy};
use leastwise_policy::time::Timestamp;

use super::Evidence;
use super::one::Case;
use super::setup::Setup;
use crate::report;
use crate::report::{HoldoutSummary, ProofSummary};

/// What was made, for the proof to speak of.
pub struct Made<'a> {
    /// The new policy.
    pub rightsized: &'a Rightsized,
    /// What was taken from the snapshot of names.
    pub names: &'a [Taken],
    /// The policy made without the part that is held out.
    pub trial: Option<&'a [Named<Policy>]>,
}

/// Replays, writes down what came out, and signs it when there is a key.
pub fn proof(
    setup: &Setup<'_>,
    evidence: &Evidence<'_>,
    case: &Case<'_>,
    made: &Made<'_>,
    options: &Options,
) -> Proof {
    let collected = evidence.collected;
    let time = |seconds: Option<i64>| seconds.map(Timestamp::from_seconds);
    let at = collected.parts.as_ref().map(|parts| parts.at);
    let trial = case.holdout.zip(at).zip(made.trial);
    let mut proof = Proof::make(Making {
        principal: case.principal,
        asked: (time(setup.window.since), time(setup.window.until)),
        settings: Settings::new(options, FOLD_AT),
        catalog: setup.catalog,
        terms: &setup.terms,
        tally: &collected.usage.tally,
        listing: if setup.args.all { Listing::Shared } else { Listing::Within },
        unmapped: &evidence.unmapped,
        rows: case.rows,
        holdout: trial.map(|((parts, from), policy)| Trial { from, policy, newer: parts.newer }),
        rightsized: made.rightsized,
        granted: case.policies,
        names: made.names,
        problems: problems(evidence, case),
    });
    if let Some(key) = &setup.sign_key {
        sign(&mut proof, key);
    }
    proof
}

/// What of the logs could not be read, and what of what is granted.
fn problems(evidence: &Evidence<'_>, case: &Case<'_>) -> Vec<Problem> {
    let problem = |skipped: report::Skipped| Problem { place: skipped.place, reason: skipped.reason };
    let mut problems: Vec<Problem> =
        super::skipped(evidence.collected, Some(case.principal)).into_iter().map(problem).collect();
    let granted = case.found.iter().flat_map(|found| &found.problems);
    problems.extend(granted.map(|problem| Problem {
        place: format!("{} {}", problem.file, problem.pointer),
        reason: format!("{}: {}", problem.subject, problem.reason),
    }));
    problems
}

/// What the replay says.
pub fn summary(proof: &Proof) -> ProofSummary {
    let replay = &proof.replay;
    let left_out =
        |row: &&Replayed| proof.dropped.iter().any(|action| action.eq_ignore_ascii_case(&row.action));
    ProofSummary {
        holds: proof.holds,
        within: proof.within.clone(),
        replayed: replay.events,
        allowed: replay.allowed,
        denied: replay.denied_events(),
        left_out: replay.denied.iter().filter(left_out).map(|row| row.count).sum(),
        undecided: replay.undecided_events(),
        not_granted: replay.not_granted_events(),
        newly_denied: replay.denied.iter().map(told).collect(),
        not_decided: replay.undecided.iter().map(told).collect(),
        not_granted_either: replay.not_granted.iter().map(told).collect(),
        unmapped: unmapped(proof),
    }
}

/// The principal's authorised calls of which nobody knows what they need: the replay cannot ask about them.
fn unmapped(proof: &Proof) -> Vec<report::Replayed> {
    let calls = proof.counts.unmapped.iter();
    let authorised = calls.filter(|call| matches!(call.outcome, Outcome::Used | Outcome::Failed));
    let told = authorised.map(|call| report::Replayed {
        action: call.event.clone(),
        resource: String::new(),
        count: call.count,
        reason: "the catalogue does not know the call".to_owned(),
        example: call.example.clone(),
    });
    told.collect()
}

/// What the replay of the part that was held out says.
pub fn held_out(proof: &Proof) -> Option<HoldoutSummary> {
    let held = proof.holdout.as_ref()?;
    let replay = &held.result;
    let denied = replay.denied_events();
    // The part that is held out is among all that was replayed.
    let learned = proof.replay.events.saturating_sub(replay.events);
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    let rate = (replay.events > 0 && learned > 0).then(|| denied as f64 / replay.events as f64);
    Some(HoldoutSummary {
        from: held.from.to_string(),
        learned,
        replayed: replay.events,
        denied,
        undecided: replay.undecided_events(),
        not_granted: replay.not_granted_events(),
        false_deny_rate: rate,
        newly_denied: replay.denied.iter().map(told).collect(),
    })
}

fn told(replayed: &Replayed) -> report::Replayed {
    let keys = replayed.missing_keys.join(", ");
    report::Replayed {
        action: replayed.action.clone(),
        resource: replayed.resource.clone(),
        count: replayed.count,
        reason: match keys.is_empty() {
            true => replayed.reason.clone(),
            false => format!("{}: {keys}", replayed.reason),
        },
        example: replayed.example.clone(),
    }
}
