//! What the logs cannot tell: actions that they could not show, and calls that perhaps needed an action elsewhere than
//! where it was seen, or under other conditions. Kept as granted where the user wants that; else the latter is said, as the
//! former are listed.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Action;

use super::Builder;
use super::contradicted::Calls;
use super::rows::Because;
use crate::rightsize::minimise::Section;
use crate::rightsize::options::{Destructive, Unknown};
use crate::rightsize::outcome::{ActionStatus, NoteKind, Status, WideningReason};
use crate::rightsize::scope::{Scope, covers, has_wildcards};
use crate::usage::{Outcome, UsageRow};

/// Calls that may have needed an action where the new policy does not reach.
#[derive(Default)]
struct Perhaps<'r> {
    calls: Calls,
    rows: Vec<&'r UsageRow>,
    /// Those of them that nothing granted allows there, though elsewhere: the log may name something else than AWS judges by.
    otherwise: Calls,
    /// The conditions that some did not meet where the new policy does reach, with what the calls had instead.
    unmet: BTreeSet<String>,
}

/// An action of KMS, and the services by way of which it was asked for.
type Asked<'r> = (&'r str, &'r [String]);

/// What a service asked KMS for its caller. Where the logs hold KMS's own records of that, they say on which keys: what the
/// service's records say of it besides is no more.
fn asked_of_kms(row: &UsageRow) -> Option<Asked<'_>> {
    Some((row.action.as_str(), row.context.get("kms:ViaService")?))
        .filter(|(action, _)| action.starts_with("kms:"))
}

/// Whether the new policy allows what a call may have needed.
enum Reach {
    Reached,
    /// Not on this resource.
    Elsewhere,
    /// On this resource, but not under the condition that is told here.
    Otherwise(String),
}

impl Builder<'_> {
    /// Keeps what the logs cannot tell, or notes where it goes unseen.
    pub(in crate::rightsize) fn add_unknown(&mut self, rows: &[&UsageRow], statuses: &[ActionStatus]) {
        let mut perhaps: BTreeMap<String, Perhaps<'_>> = BTreeMap::new();
        let asked: BTreeSet<Asked<'_>> = rows
            .iter()
            .filter(|row| row.outcome != Outcome::Unknown)
            .filter_map(|row| asked_of_kms(row))
            .collect();
        for &row in rows.iter().filter(|row| row.outcome == Outcome::Unknown) {
            if asked_of_kms(row).is_some_and(|one| asked.contains(&one)) {
                continue;
            }
            let Some(action) = self.catalog.action(&row.action) else { continue };
            let name = action.full_name();
            let place = self.locator.locate(&action, &row.resource);
            let is_granted = self.grant_perhaps(&name, &place, row).is_some();
            // What nothing granted allows anywhere was not needed, or something else allows it.
            let is_possible =
                is_granted || self.grants.as_ref().is_some_and(|grants| grants.somewhere(&name));
            if !is_possible {
                continue;
            }
            let unmet = match self.reach(&action, &name, row) {
                Reach::Reached => continue,
                Reach::Elsewhere => None,
                Reach::Otherwise(unmet) => Some(unmet),
            };
            let known = perhaps.entry(name).or_default();
            known.unmet.extend(unmet);
            known.calls.add(row);
            match is_granted {
                true => known.rows.push(row),
                false => known.otherwise.add(row),
            }
        }
        match self.options.unknown {
            Unknown::Keep => {
                perhaps.retain(|action, _| self.used.contains(action));
                self.keep_unknown(
                    perhaps.into_iter().map(|(action, it)| (action, it.calls)).collect(),
                    statuses,
                );
            }
            Unknown::Called => self.keep_called(&perhaps),
            Unknown::Drop => {
                perhaps.iter().for_each(|(action, it)| self.note_perhaps(action, &it.calls, &it.unmet));
            }
        }
    }

    fn keep_called(&mut self, perhaps: &BTreeMap<String, Perhaps<'_>>) {
        let catalog = self.catalog;
        for (name, Perhaps { rows, otherwise, unmet, .. }) in perhaps {
            if let Some(action) = catalog.action(name).filter(|_| !rows.is_empty()) {
                self.add_action(&action, name, rows, Because::Perhaps);
            }
            if otherwise.events > 0 {
                self.note_perhaps(name, otherwise, unmet);
            }
        }
    }

    fn keep_unknown(&mut self, mut elsewhere: BTreeMap<String, Calls>, statuses: &[ActionStatus]) {
        let unseen = statuses.iter().filter(|status| matches!(status.status, Status::Unknown(_)));
        for status in unseen {
            elsewhere.entry(status.action.clone()).or_default();
        }
        let catalog = self.catalog;
        for (name, calls) in elsewhere {
            let Some(action) = catalog.action(&name) else { continue };
            let section = match (action.destructive, self.options.destructive) {
                (true, Destructive::Drop) => continue,
                (true, Destructive::Separate) => Section::UnseenDestructive,
                _ => Section::Unseen,
            };
            self.keep_as_granted(&name, section, WideningReason::Unseen, &calls);
        }
    }

    fn note_perhaps(&mut self, action: &str, calls: &Calls, unmet: &BTreeSet<String>) {
        let mut seen: Vec<String> = calls.seen.iter().take(3).map(|one| format!("`{one}`")).collect();
        if calls.seen.len() > seen.len() {
            seen.push(format!("{} more", calls.seen.len() - seen.len()));
        }
        let (seen, too) = (seen.join(", "), if self.used.contains(action) { " too" } else { "" });
        let way = match self.options.unknown {
            Unknown::Drop => " (--unknown called)",
            Unknown::Called | Unknown::Keep => ", as it is granted elsewhere (--keep FILE, --unknown keep)",
        };
        let unmet = match unmet.iter().cloned().collect::<Vec<_>>() {
            none if none.is_empty() => String::new(),
            some => format!(", some {}", some.join(" or ")),
        };
        let calls = match calls.events {
            1 => "one call".to_owned(),
            several => format!("{several} calls"),
        };
        let text = format!(
            "{calls} may have needed it on {seen}{too}{unmet}: throttled, broken off, or the log does not tell; not \
             added{way}"
        );
        self.note(NoteKind::Throttled, action, &text);
    }

    /// Whether the new policy reaches all that the row may have been on, under conditions that it met.
    fn reach(&mut self, action: &Action<'_>, name: &str, row: &UsageRow) -> Reach {
        if self.as_granted.contains(name) {
            return Reach::Reached;
        }
        let asked = self.locator.locate(action, &row.resource).scope;
        let Scope::Resource(text) = &asked else { return Reach::Elsewhere };
        let reaches = |scope: &Scope| match scope {
            Scope::Resource(wide) if has_wildcards(wide) => *scope == asked || covers(wide, text),
            _ => *scope == asked,
        };
        let mut reach = Reach::Elsewhere;
        let reached = self.reached.get(name).into_iter().flatten();
        for (_, conds) in reached.filter(|(scope, _)| reaches(scope)) {
            let Some(key) = conds.unmet_by(row) else { return Reach::Reached };
            reach = Reach::Otherwise(match row.context.get(key) {
                Some(values) => format!("with {key} `{}`", values.join(", ")),
                None => format!("without {key}"),
            });
        }
        reach
    }
}
