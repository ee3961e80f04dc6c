//! Checks what a proof says came out: the replay, the cut and the holdout are done again.

use leastwise_policy::aws::evaluate::PolicySet;

use super::Proof;
use super::checks::{self, same};
use super::make::{held_out, own, replay_named};
use super::verify::{Checks, Verification, counted};
use super::within::Sides;
use crate::replay::Replay;
use crate::rightsize::cut_of;
use crate::usage::UsageRow;

/// Adds the checks of what came out.
pub(super) fn add(
    checks: &mut Checks,
    proof: &Proof,
    with: &Verification<'_>,
    sets: Option<(PolicySet, Option<PolicySet>)>,
) {
    let Some((set, granted)) = sets else {
        for name in ["replay", "holds", "cut", "within", "dropped", "holdout"] {
            checks.add(name, Err("not worked out: the documents are not those of the proof".to_owned()), "");
        }
        return;
    };
    let granted = granted.as_ref();
    let rows = own(with.rows, &proof.principal);
    let replay = replay_named(&rows, &proof.names, &set, granted);
    let words =
        format!("{} replayed, {} allowed", counted(replay.events, "authorised event"), replay.allowed);
    checks.add("replay", same(&proof.replay, &replay), words);
    holds(checks, proof, &replay, excused(proof, with, &rows, &set));
    let cut = cut_of(granted, &set.identity, with.catalog);
    checks.add("cut", same(&proof.cut, &cut), format!("{} kept", counted(cut.kept_actions, "action")));
    within(checks, proof, with, (&set, granted), &replay);
    let dropped = dropped(proof, &rows);
    checks.add(
        "dropped",
        dropped,
        format!("{} left out as asked", counted(proof.dropped.len(), "destructive action")),
    );
    let (holdout, words) = holdout(proof, with, granted);
    checks.add("holdout", holdout, words);
}

/// How many events the new policy denies and only the proof excuses, by what it says was granted before.
///
/// INVARIANT: what only the proof says was granted excuses nothing, unless whoever must have signed it says so.
fn excused(proof: &Proof, with: &Verification<'_>, rows: &[&UsageRow], set: &PolicySet) -> u64 {
    if with.granted.is_some() || with.public_key.is_some() {
        return 0;
    }
    replay_named(rows, &proof.names, set, None).denied_events()
}

fn holds(checks: &mut Checks, proof: &Proof, replay: &Replay, excused: u64) {
    let found = replay.holds() && proof.dropped.is_empty();
    if proof.holds != found {
        let differs = format!("the proof says {}, and the replay says {found}", proof.holds);
        checks.add("holds", Err(differs), "");
    } else if !replay.holds() {
        let denied = counted(replay.denied_events(), "authorised event");
        checks.admit("holds", format!("the policy denies {denied}"));
    } else if found && excused > 0 {
        let events = counted(excused, "authorised event");
        let only = format!(
            "the policy denies {events}, which only what the proof says of the grant excuses; give what was granted \
             (`--granted`), or the key that must have signed it (`--public-key`)"
        );
        checks.add("holds", Err(only), "");
    } else if found {
        checks.add("holds", Ok(()), undecided(replay));
    } else {
        checks.admit("holds", format!("left out although used: {}", proof.dropped.join(", ")));
    }
}

/// Whether the new policy allows nothing that was not granted.
///
/// INVARIANT: what only the proof says was granted proves nothing; then it is told as not checked.
fn within(
    checks: &mut Checks,
    proof: &Proof,
    with: &Verification<'_>,
    (new, granted): (&PolicySet, Option<&PolicySet>),
    replay: &Replay,
) {
    let compared = |granted| {
        let (principal, widenings) = (proof.principal.as_str(), proof.widenings.as_slice());
        Sides { principal, new: &new.identity, granted, widenings, replay }.compare(with.terms)
    };
    let found = granted.map(compared);
    if let Err(differs) = same(&proof.within, &found) {
        return checks.add("within", Err(differs), "");
    }
    match (found, with.granted) {
        (None, _) => checks.skip("within", "not checked: what was granted before is not known"),
        (Some(found), _) if !found.holds() => checks.admit("within", found.words()),
        (Some(found), Some(_)) => checks.add("within", Ok(()), found.words()),
        (Some(found), None) => {
            let words = found.words();
            let not =
                format!("not checked without what was granted; going by what the proof says of it, {words}");
            checks.skip("within", not);
        }
    }
}

fn undecided(replay: &Replay) -> String {
    let mut words = "the policy denies no event that was authorised and granted".to_owned();
    for (count, what) in [
        (replay.undecided_events(), "could not be decided"),
        (replay.not_granted_events(), "authorised by something else than the granted policies"),
    ] {
        if count > 0 {
            words.push_str(&format!("; {} {what}", counted(count, "event")));
        }
    }
    words
}

fn dropped(proof: &Proof, rows: &[&UsageRow]) -> Result<(), String> {
    let used =
        |action: &str| rows.iter().any(|row| row.authorised() && row.action.eq_ignore_ascii_case(action));
    match proof.dropped.iter().find(|action| !used(action)) {
        Some(action) => Err(format!("`{action}` was not used, and so it was not left out either")),
        None => Ok(()),
    }
}

fn holdout(
    proof: &Proof,
    with: &Verification<'_>,
    granted: Option<&PolicySet>,
) -> (Result<(), String>, String) {
    let wrong = |what: String| (Err(what), String::new());
    let (claimed, newer) = match (&proof.holdout, with.newer) {
        (Some(claimed), Some(newer)) => (claimed, own(newer, &proof.principal)),
        (None, None) => return (Ok(()), "nothing was held out".to_owned()),
        (None, Some(_)) => return wrong("the proof holds out no newer part, and one was given".to_owned()),
        (Some(claimed), None) => {
            return wrong(format!("the part from {} on was held out; read it apart", claimed.from));
        }
    };
    let from = claimed.from;
    if newer.iter().any(|row| row.first < from) {
        return wrong(format!("the logs were not divided at {from}, where the newer part begins"));
    }
    let policy = match checks::texts("holdout", &claimed.policy) {
        Ok(policy) => policy,
        Err(what) => return wrong(what),
    };
    let found = held_out(from, &policy, &newer, granted, &proof.names);
    let denied = found.result.denied_events();
    let events = counted(found.result.events, "event");
    let words = format!("{denied} of {events} since {from} denied by the policy of the time before");
    (same(claimed, &found), words)
}
