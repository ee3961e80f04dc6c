//! What the checks of this room have in common: actions of some use, on everything that there is.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use leastwise_catalog::Action;

use super::admin_access;
use crate::check::holder::{Allowed, Power, Said, Use};
use crate::check::{Hits, Holder, Severity};

/// The most actions that a message names.
pub(super) const NAMED: usize = 4;

/// Reports, for each statement, the actions of `wanted` that the holder can really do everywhere; `fits` can leave some
/// out. Statements that give everything, or everything of a service, are told by checks of their own.
pub(super) fn everywhere(
    holder: &Holder<'_>,
    hits: &mut Hits<'_>,
    wanted: &[Use],
    fits: fn(&Action<'_>) -> bool,
    what: &str,
    fix: &str,
) {
    for allowed in &holder.allows {
        if !wanted.iter().any(|of| allowed.uses.contains(*of))
            || is_usual(allowed, hits.severity())
            || admin_access::is_told(holder, allowed)
        {
            continue;
        }
        let mut powers: Vec<Power<'_>> = Vec::new();
        let mut seen: HashSet<usize, RandomState> = HashSet::default();
        for of in wanted {
            let fits = |action: &Action<'_>| fits(action) && !has_all_of_service(allowed, action);
            powers.extend(holder.powers(allowed, *of, fits).into_iter().filter(|power| {
                wanted.len() == 1 || seen.insert(std::ptr::from_ref(power.action.facts).addr())
            }));
        }
        if powers.is_empty() {
            continue;
        }
        let names: Vec<String> = powers.iter().take(NAMED).map(|power| power.action.full_name()).collect();
        let said = Said::new(format!("{what}: {}", told(&names, powers.len()))).fix(fix);
        report(hits, allowed, &names, &powers, said);
    }
}

/// What AWS made for its services to run workloads (to write their logs) is nothing worth a line for each role.
fn is_usual(allowed: &Allowed<'_>, severity: Severity) -> bool {
    severity <= Severity::Low && allowed.document.contains(":iam::aws:policy/service-role/")
}

/// Adds what weakens the finding and what nearly stopped it, and reports it at the pattern that reaches the first.
pub(super) fn report(
    hits: &mut Hits<'_>,
    allowed: &Allowed<'_>,
    names: &[String],
    powers: &[Power<'_>],
    mut said: Said,
) {
    if powers.iter().all(|power| power.minor) {
        said.severity = Some(lower(said.severity.unwrap_or(hits.severity())));
    }
    let only = &powers[0].only;
    if !only.is_empty() && powers.iter().all(|power| !power.only.is_empty()) {
        said.severity = Some(lower(said.severity.unwrap_or(hits.severity())));
        said = said.evidence(format!("only when {}", only.join(" and ")));
    }
    let mut almost: Vec<&String> = powers.iter().flat_map(|power| &power.almost).collect();
    almost.sort();
    almost.dedup();
    for text in almost.into_iter().take(3) {
        said = said.evidence(format!("almost stopped: {text}"));
    }
    let patterns = allowed.statement.action.patterns();
    let word = names.first().and_then(|name| patterns.iter().find(|pattern| pattern.matches(name)));
    hits.at_statement(allowed, word.map(|pattern| pattern.as_str()), said);
}

/// Whether the statement has every action of the action's service, on everything.
fn has_all_of_service(allowed: &Allowed<'_>, action: &Action<'_>) -> bool {
    allowed.services.iter().any(|service| **service == *action.service.prefix)
}

/// `` `a`, `b` and 3 more ``
pub(in crate::check) fn listed(names: &[String]) -> String {
    told(names, names.len())
}

/// The same of more names than are given.
pub(super) fn told(names: &[String], of: usize) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match of.saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
        Severity::Info => Severity::Info,
    }
}
