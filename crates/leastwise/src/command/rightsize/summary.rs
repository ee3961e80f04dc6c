//! What a right-sizing comes to, for people, on stderr.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_analysis::rightsize::{Dormant, Rightsized, Status, Widening, WideningReason};
use leastwise_policy::aws::{Effect, Statement};

use crate::output::{counted, plain, thousands};
use crate::report::{GROWING, HoldoutSummary, ProofSummary, Replaces, Replayed};

/// So many widenings, notes and denials are shown; the report has all of them.
const SHOWN: usize = 8;

/// The lines for one principal.
pub fn lines(
    principal: &str,
    rightsized: &Rightsized,
    proof: &ProofSummary,
    holdout: Option<&HoldoutSummary>,
) -> Vec<String> {
    let mut lines = vec![plain(principal)];
    lines.push(format!("  {}", cut(rightsized)));
    lines.push(format!("  {}", statuses(rightsized)));
    lines.extend(unknown(rightsized));
    if let Some(dormant) = rightsized.dormant {
        lines.push(format!("  {}", why_dormant(dormant)));
    }
    lines.push(format!("  {}", documents(rightsized)));
    lines.push(format!("  {}", replay(proof)));
    if !proof.as_asked() {
        lines.extend(some(&proof.newly_denied, "newly denied", replayed));
    }
    lines.extend(proof.within.as_ref().map(|within| plain(&format!("  {}", within.words()))));
    lines.extend(contradicted(rightsized));
    lines.extend(some(&proof.not_decided, "not decided", replayed));
    lines.extend(some(&proof.not_granted_either, "not granted before either", replayed));
    lines.extend(some(&proof.unmapped, "not known, so nothing is kept for it", |call| {
        format!("{} ({})", call.action, counted(call.count, "event", "events"))
    }));
    if let Some(holdout) = holdout {
        lines.push(format!("  {}", held_out(holdout)));
        if holdout.vain().is_none() {
            lines.extend(some(&holdout.newly_denied, "would have been denied", replayed));
        }
    }
    let (perhaps, widened): (Vec<&Widening>, Vec<&Widening>) = rightsized
        .widenings
        .iter()
        .filter(|one| one.reason != WideningReason::Unseen)
        .partition(|one| one.reason == WideningReason::Perhaps);
    lines.extend(some(&perhaps, "calls may have needed it, kept", |kept| {
        let events = counted(kept.events, "event", "events");
        format!("{} on {} ({events})", kept.actions.join(", "), kept.to)
    }));
    lines.extend(some(&widened, "widened", |widening| {
        let actions = match widening.actions.as_slice() {
            [only] => only.clone(),
            several => format!("{} and {} more", several[0], several.len() - 1),
        };
        let from = counted(widening.from_count, "resource", "resources");
        format!("{actions} on {from} → {} ({})", widening.to, widening.reason.as_str())
    }));
    lines.extend(some(&rightsized.conditions_inferred, "condition", |condition| {
        let actions = counted(condition.actions.len() as u64, "action", "actions");
        let events = counted(condition.observations, "event", "events");
        format!("{} = {} on {actions} (as in {events})", condition.key, condition.values.join(", "))
    }));
    lines.extend(some(&rightsized.dropped, "destructive, left out", String::clone));
    lines.extend(some(&rightsized.notes, "note", |note| match note.place.is_empty() {
        true => note.text.clone(),
        false => format!("{}: {}", note.place, note.text),
    }));
    lines
}

fn cut(rightsized: &Rightsized) -> String {
    let cut = &rightsized.cut;
    let kept = counted(cut.kept_actions as u64, "action", "actions");
    match (cut.granted_actions, cut.share_removed()) {
        (Some(granted), Some(share)) => {
            let granted = counted(granted as u64, "action", "actions");
            format!("granted {granted} → kept {kept} ({} less)", crate::report::percent(share))
        }
        (Some(_), None) => format!("granted nothing → kept {kept}"),
        (None, _) => format!("kept {kept}; --granted would tell what was cut"),
    }
}

fn statuses(rightsized: &Rightsized) -> String {
    let count = |word: &str| {
        let of = rightsized.classification.iter().filter(|action| action.status.as_str() == word);
        format!("{word} {}", thousands(of.count() as u64))
    };
    let words = [
        Status::Used.as_str(),
        Status::Unused.as_str(),
        "unknown",
        Status::Denied.as_str(),
        Status::NotGrantedYetUsed.as_str(),
    ];
    words.map(count).join(" · ")
}

/// What became of granted actions of which the logs cannot tell, when there are any: of those that were left out, how
/// many are of services that the principal uses, as these are the likeliest to be missed.
fn unknown(rightsized: &Rightsized) -> Vec<String> {
    let kept = actions_kept(rightsized, WideningReason::Unseen);
    let service =
        |action: &'_ str| action.split_once(':').map_or(String::new(), |(prefix, _)| prefix.to_owned());
    let of = |wanted: fn(&Status) -> bool| {
        rightsized.classification.iter().filter(move |one| wanted(&one.status)).map(|one| one.action.as_str())
    };
    let used: BTreeSet<String> = of(|status| matches!(status, Status::Used)).map(service).collect();
    let statements = rightsized.documents.iter().flat_map(|document| &document.policy.statements);
    let allows: Vec<&Statement> = statements.filter(|one| one.effect == Effect::Allow).collect();
    // What is pinned is not left out either.
    let is_left_out = |action: &&str| !allows.iter().any(|allow| allow.action.applies_to(action));
    let left_out: Vec<&str> = of(|status| matches!(status, Status::Unknown(_))).filter(is_left_out).collect();
    let mut near: BTreeMap<String, u64> = BTreeMap::new();
    for service in left_out.iter().map(|action| service(action)).filter(|service| used.contains(service)) {
        *near.entry(service).or_default() += 1;
    }
    let mut lines = Vec::new();
    if !kept.is_empty() {
        let actions = counted(kept.len() as u64, "action", "actions");
        lines.push(format!("  the logs cannot tell, kept as granted: {actions}"));
    }
    if !left_out.is_empty() && rightsized.cut.granted_actions.is_some() {
        let actions = counted(left_out.len() as u64, "action", "actions");
        let mut named: Vec<String> = near
            .iter()
            .take(SHOWN)
            .map(|(service, count)| format!("{service} {}", thousands(*count)))
            .collect();
        if near.len() > SHOWN {
            named.push("…".to_owned());
        }
        let near = match near.values().sum::<u64>() {
            0 => String::new(),
            some => format!(", {} of services in use ({})", thousands(some), named.join(", ")),
        };
        lines.push(format!(
            "  the logs cannot tell, left out: {actions}{near}; keep what is needed (--keep FILE, --unknown called|keep)"
        ));
    }
    lines
}

/// The actions that are kept as granted for this reason.
fn actions_kept(rightsized: &Rightsized, reason: WideningReason) -> BTreeSet<&str> {
    let kept = rightsized.widenings.iter().filter(|one| one.reason == reason);
    kept.flat_map(|one| &one.actions).map(String::as_str).collect()
}

fn why_dormant(dormant: Dormant) -> &'static str {
    match dormant {
        Dormant::NoUsage => "dormant: no call in this window; disable it, then remove it",
        Dormant::OnlyDenied => "dormant: every call in this window was denied",
        Dormant::OnlyUnknown => {
            "dormant: every call in this window was throttled, broke off, or does not show what it needed"
        }
        Dormant::OneSided => {
            "dormant, perhaps: no authorised call in this window, and these logs hold only some kinds of events of its account"
        }
    }
}

/// What to take away, in one line.
pub fn replaces(replaces: &Replaces) -> Option<String> {
    /// So many names of a kind are shown; the report has all of them.
    const NAMES: usize = 3;
    let words = replaces.words(NAMES);
    (!words.is_empty())
        .then(|| plain(&format!("  nothing is cut before the old ones go: {}", words.join("; "))))
}

/// That common prefixes would do with fewer documents.
pub fn fewer(rightsized: &Rightsized, fewer: usize) -> String {
    format!(
        "  help: --width prefix makes {} instead of {}: it takes what many resources have in common",
        counted(fewer as u64, "document", "documents"),
        thousands(rightsized.documents.len() as u64)
    )
}

fn documents(rightsized: &Rightsized) -> String {
    let fit = &rightsized.fit;
    let (count, limit) = (fit.characters.len(), thousands(fit.limit as u64));
    let mut characters: Vec<String> = fit.characters.iter().map(|n| thousands(*n as u64)).collect();
    if count > SHOWN {
        characters.truncate(SHOWN);
        characters.push("…".to_owned());
    }
    let documents = counted(count as u64, "document", "documents");
    let mut text = match count {
        0 => "nothing to allow: no document".to_owned(),
        _ => format!("{documents} of {} characters (limit {limit})", characters.join(" + ")),
    };
    if !fit.fits {
        let most = fit.max_documents;
        text.push_str(&match count > most {
            true => format!("; this does not fit, as at most {most} can be attached"),
            false => "; this does not fit".to_owned(),
        });
        if let Some(way_out) = &fit.way_out {
            text.push_str(&format!(": {way_out}"));
        }
    }
    if fit.action_wildcards {
        text.push_str("; ");
        text.push_str(GROWING);
    }
    text
}

fn replay(proof: &ProofSummary) -> String {
    let verdict = match (proof.holds, proof.as_asked()) {
        (true, _) => "the proof holds",
        (false, true) => {
            "the proof does not hold, as asked: only destructive actions that were left out are denied"
        }
        (false, false) => "THE PROOF DOES NOT HOLD",
    };
    format!(
        "{verdict}: replayed {}: {} allowed, {} denied, {} not decidable{}",
        counted(proof.replayed, "authorised event", "authorised events"),
        thousands(proof.allowed),
        thousands(proof.denied),
        thousands(proof.undecided),
        not_granted(proof.not_granted)
    )
}

/// Events that neither the new nor the granted policy allows, when there are any.
fn not_granted(events: u64) -> String {
    match events {
        0 => String::new(),
        some => format!(", {} not allowed by the granted policy either", thousands(some)),
    }
}

/// That actions are kept as they were granted because the log contradicts the grant, when there are any.
fn contradicted(rightsized: &Rightsized) -> Option<String> {
    let actions = actions_kept(rightsized, WideningReason::GrantedOtherwise);
    (!actions.is_empty()).then(|| {
        let actions = counted(actions.len() as u64, "action", "actions");
        format!("  {actions} kept as granted: AWS allowed calls that the log shows otherwise than they are granted")
    })
}

fn held_out(holdout: &HoldoutSummary) -> String {
    if let Some(why) = holdout.vain() {
        return format!("holdout: {why}");
    }
    let rate = holdout.false_deny_rate.unwrap_or_default();
    format!(
        "holdout: a policy made from the time before {} would have denied {} of {} since then \
         (false-deny rate {:.2} %, {} not decidable{}); the policy above is made from all of the window",
        holdout.from,
        thousands(holdout.denied),
        counted(holdout.replayed, "authorised event", "authorised events"),
        rate * 100.0,
        thousands(holdout.undecided),
        not_granted(holdout.not_granted)
    )
}

fn replayed(one: &Replayed) -> String {
    let events = counted(one.count, "event", "events");
    let reason = if one.reason.is_empty() { String::new() } else { format!(": {}", one.reason) };
    format!("{} on {} ({events}, such as {}){reason}", one.action, one.resource, one.example)
}

fn some<T>(items: &[T], what: &str, line: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> =
        items.iter().take(SHOWN).map(|item| format!("  {what}: {}", plain(&line(item)))).collect();
    if items.len() > SHOWN {
        lines.push(format!("  {what}: {} more; see --report", thousands((items.len() - SHOWN) as u64)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_analysis::rightsize::{Options, rightsize};
    use leastwise_catalog::Catalog;

    #[test]
    fn wildcards_that_were_needed_to_fit_are_said_to_grow() {
        let mut rightsized = rightsize(&[], None, Catalog::embedded(), &Options::default());
        rightsized.fit.characters = vec![6_000];
        assert_eq!(documents(&rightsized), "1 document of 6,000 characters (limit 6,144)");
        rightsized.fit.action_wildcards = true;
        assert!(
            documents(&rightsized).ends_with("they grow when AWS adds actions"),
            "{}",
            documents(&rightsized)
        );
    }
}
