//! The head of a report: the sentences that a reviewer reads first, and what identifies the run.

use std::collections::BTreeSet;

use leastwise_analysis::proof::Within;
use leastwise_analysis::rightsize::{Dormant, WideningReason};

use super::page::{Cell, Line, Mood, grouped, plural};
use super::view::{HoldoutSummary, ProofSummary, Report, Skipped};

/// What is said of action wildcards that were needed to fit a policy in.
pub(crate) const GROWING: &str = "its action wildcards stand for what is kept alone by this catalogue, and they grow when AWS adds actions";

/// The sentences that matter most: what went, and whether it is safe.
pub(super) fn headline(report: &Report) -> Vec<Line> {
    let kept = grouped(report.cut.kept_actions as u64);
    let cut = match (report.cut.granted_actions, report.cut.share_removed()) {
        (Some(granted), Some(share)) => {
            format!("Granted {} actions → kept {kept} ({} fewer)", grouped(granted as u64), percent(share))
        }
        _ => {
            let actions = plural(report.cut.kept_actions as u64, "action", "actions");
            format!("Kept {actions}; what was granted before is not known")
        }
    };
    let mut lines = vec![Line { mood: Mood::Plain, text: cut }];
    if let Some(dormant) = report.dormant {
        lines.push(Line { mood: Mood::Bad, text: dormancy(dormant).to_owned() });
    }
    lines.extend(report.proof.as_ref().map(proof_line));
    lines.extend(contradicted(report));
    lines.extend(report.proof.as_ref().and_then(|proof| proof.within.as_ref()).map(within_line));
    lines.extend(report.holdout.as_ref().map(holdout_line));
    if !report.fit.fits {
        let way_out = report.fit.way_out.as_deref().unwrap_or("a wider --width makes it shorter");
        lines.push(Line { mood: Mood::Bad, text: format!("The policy does not fit AWS's quota: {way_out}") });
    }
    if report.fit.action_wildcards {
        lines.push(Line { mood: Mood::Plain, text: format!("To fit: {GROWING}") });
    }
    lines.extend(missing_lines(&report.skipped));
    lines
}

/// That something was not read, or is not all there is.
pub(super) fn missing_lines(skipped: &[Skipped]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = |text| lines.push(Line { mood: Mood::Bad, text });
    if skipped.iter().any(|one| one.incomplete) {
        line(
            "Incomplete evidence: there is, or may be, more than was read; see the table of that name"
                .to_owned(),
        );
    }
    let unread = skipped.iter().filter(|one| !one.incomplete).count();
    if unread > 0 {
        let inputs = plural(unread as u64, "input was", "inputs were");
        line(format!("{inputs} skipped or read in part: see the table Skipped"));
    }
    lines
}

fn dormancy(dormant: Dormant) -> &'static str {
    match dormant {
        Dormant::NoUsage => "Dormant: no call at all in the window. Disable it first, remove it later",
        Dormant::OnlyDenied => "Dormant: every call in the window was denied",
        Dormant::OnlyUnknown => {
            "Dormant, perhaps: every call in the window was throttled, broke off, or does not show what it needed"
        }
        Dormant::OneSided => {
            "Dormant, perhaps: no authorised call in the window, and the logs hold only some kinds of events of its account"
        }
    }
}

fn proof_line(proof: &ProofSummary) -> Line {
    let (replayed, denied) = (grouped(proof.replayed), grouped(proof.denied));
    let rest = neither(proof.undecided, proof.not_granted);
    if proof.holds {
        let text = format!(
            "The proof holds: of {replayed} authorised events, the new policy allows {}{rest}",
            grouped(proof.allowed)
        );
        return Line { mood: Mood::Good, text };
    }
    let (how, which) = match proof.as_asked() {
        true => (", as asked", ", all of destructive actions that were left out"),
        false => ("", ""),
    };
    let text = format!(
        "The proof does not hold{how}: of {replayed} authorised events, {denied} would be denied{which}{rest}"
    );
    Line { mood: Mood::Bad, text }
}

/// That actions are kept because the log contradicts their grant, when there are any.
fn contradicted(report: &Report) -> Option<Line> {
    let kept = report.widenings.iter().filter(|one| one.reason == WideningReason::GrantedOtherwise);
    let actions: BTreeSet<&str> = kept.flat_map(|one| &one.actions).map(String::as_str).collect();
    let count = plural(actions.len() as u64, "action is", "actions are");
    let text = format!(
        "{count} kept as granted: AWS allowed calls that the log shows otherwise than they are granted"
    );
    (!actions.is_empty()).then_some(Line { mood: Mood::Bad, text })
}

fn within_line(within: &Within) -> Line {
    let mood = if within.holds() { Mood::Good } else { Mood::Bad };
    let words = within.headline();
    let (first, rest) = words.split_at(1);
    let why = within.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
    Line { mood, text: format!("{}{rest}{why}", first.to_uppercase()) }
}

/// What is neither allowed nor newly denied, when there is any.
fn neither(undecided: u64, not_granted: u64) -> String {
    let mut text = String::new();
    for (count, what) in [
        (undecided, "could not be decided from the log"),
        (not_granted, "are not allowed by the granted policy either"),
    ] {
        if count > 0 {
            text.push_str(&format!("; {} {what}", grouped(count)));
        }
    }
    text
}

fn holdout_line(holdout: &HoldoutSummary) -> Line {
    if let Some(why) = holdout.vain() {
        return Line { mood: Mood::Bad, text: format!("Holdout: {why}") };
    }
    let rate = holdout.false_deny_rate.unwrap_or_default();
    let text = format!(
        "Holdout: a policy made from the time before {} would have denied {} of {} authorised events since then \
         ({}){}. That policy was only for measuring; the new one is made from all of the window",
        holdout.from,
        grouped(holdout.denied),
        grouped(holdout.replayed),
        percent(rate),
        neither(holdout.undecided, holdout.not_granted)
    );
    Line { mood: if holdout.denied == 0 { Mood::Good } else { Mood::Bad }, text }
}

/// A share in per cent, never rounded to 0 or 100 when it is neither.
pub(crate) fn percent(share: f64) -> String {
    let percent = (share * 100.0).clamp(0.0, 100.0);
    match percent {
        p if p > 0.0 && p < 0.1 => format!("{:.2} %", p.max(0.01)),
        p if p > 99.9 && p < 100.0 => format!("{:.2} %", p.min(99.99)),
        p => {
            let text = format!("{p:.1}");
            format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

/// What identifies the run.
pub(super) fn facts(report: &Report) -> Vec<(String, Cell)> {
    let run = &report.run;
    let mut facts = Vec::new();
    if let (Some(from), Some(to)) = (&run.from, &run.to) {
        facts.push(("Window".to_owned(), Cell::text(format!("{from} to {to}"))));
    }
    let settings = [
        ("Width", &run.width),
        ("Destructive", &run.destructive),
        ("Unknown", &run.unknown),
        ("Conditions", &run.conditions),
    ];
    facts.extend(
        settings.into_iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| (n.to_owned(), Cell::text(v))),
    );
    let each: Vec<String> = report.fit.characters.iter().map(|n| grouped(*n as u64)).collect();
    if !each.is_empty() {
        let text = format!("{} of {} characters", each.join(" + "), grouped(report.fit.limit as u64));
        facts.push(("Size".to_owned(), Cell::text(text)));
    }
    let digest: String = run.catalog_digest.chars().take(12).collect();
    facts.push(("Catalogue".to_owned(), Cell::text(format!("{} {digest}", run.catalog_date))));
    facts.push((
        "leastwise".to_owned(),
        Cell::text(format!("{}, evaluator {}", run.leastwise, run.evaluator)),
    ));
    facts
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_that_is_neither_none_nor_all_never_reads_so() {
        let shown: Vec<String> = [0.0, 0.00001, 0.5, 0.99999, 1.0].into_iter().map(percent).collect();
        assert_eq!(shown, ["0 %", "0.01 %", "50 %", "99.99 %", "100 %"]);
    }
}
