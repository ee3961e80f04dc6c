//! The replay of a right-sizing, told to people.

use leastwise_analysis::replay::{Replay, Replayed, replay};
use leastwise_analysis::rightsize::Rightsized;
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::time::Timestamp;

use super::one::Case;
use crate::report;
use crate::report::{HoldoutSummary, ProofSummary};

/// The new policies with the boundary that stays: what will be in force.
pub fn in_force(rightsized: &Rightsized, policies: Option<&PolicySet>) -> PolicySet {
    PolicySet {
        identity: rightsized.documents.clone(),
        boundary: policies.and_then(|policies| policies.boundary.clone()),
    }
}

/// What a replay says.
pub fn summary(replay: &Replay) -> ProofSummary {
    ProofSummary {
        holds: replay.holds(),
        replayed: replay.events,
        allowed: replay.allowed,
        denied: replay.denied_events(),
        undecided: replay.undecided_events() + replay.not_granted_events(),
        newly_denied: replay.denied.iter().map(told).collect(),
        not_decided: replay.undecided.iter().chain(&replay.not_granted).map(told).collect(),
    }
}

/// Replays the part that was held out.
pub fn hold_out(case: &Case<'_>, rightsized: &Rightsized, split: Timestamp) -> HoldoutSummary {
    let replay = replay(case.newer, &in_force(rightsized, case.policies), case.policies);
    let denied = replay.denied_events();
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
    let rate = (replay.events > 0).then(|| denied as f64 / replay.events as f64);
    HoldoutSummary {
        from: split.to_string(),
        replayed: replay.events,
        denied,
        undecided: replay.undecided_events() + replay.not_granted_events(),
        false_deny_rate: rate,
        newly_denied: replay.denied.iter().map(told).collect(),
    }
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
