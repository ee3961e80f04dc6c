//! Permissions from the rows of usage: each action's rows by place, condition and grant, and widened together.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Action;

use super::Builder;
use crate::rightsize::condition::{Conds, PASSED_TO, of_request, stable};
use crate::rightsize::grants::Grant;
use crate::rightsize::locate::{Kind, Located};
use crate::rightsize::minimise::Section;
use crate::rightsize::options::{Destructive, Inference, Unlisted};
use crate::rightsize::outcome::{NoteKind, WideningReason};
use crate::rightsize::scope::{Scope, escape};
use crate::rightsize::width::{alone, widen};
use crate::usage::{Resource, UsageRow};

/// What makes permissions alike enough to be widened together.
type GroupKey = (Conds, Grant);

impl Builder<'_> {
    /// Grants what the authorised rows show.
    pub(in crate::rightsize) fn add_rows(&mut self, rows: &[&UsageRow]) {
        let authorised = || rows.iter().copied().filter(|row| row.authorised());
        if self.options.conditions == Inference::Stable {
            self.stable = stable(authorised(), self.catalog, self.options.thresholds);
        }
        let mut by_action: BTreeMap<String, Vec<&UsageRow>> = BTreeMap::new();
        for row in authorised() {
            let name = self
                .catalog
                .action(&row.action)
                .map_or_else(|| row.action.clone(), |action| action.full_name());
            by_action.entry(name).or_default().push(row);
        }
        self.used = by_action.keys().cloned().collect();
        for (name, rows) in by_action {
            match self.catalog.action(&name) {
                Some(action) => self.add_action(&action, &name, &rows, Because::Used),
                None => self.add_unlisted(&name, &rows),
            }
        }
    }

    /// Rows of an action that the catalogue does not know.
    fn add_unlisted(&mut self, name: &str, rows: &[&UsageRow]) {
        let near = self.catalog.suggest(name);
        let hint = near.first().map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let kept = self.options.unlisted == Unlisted::Keep;
        let what = if kept {
            "granted as the log names it"
        } else {
            "left out: import a newer catalogue to have it"
        };
        self.note(
            NoteKind::UnlistedAction,
            name,
            &format!("the catalogue does not know the action; {what}{hint}"),
        );
        if !kept {
            return;
        }
        for row in rows {
            let (scope, reason) = match &row.resource {
                Resource::Exact(arn) => (Scope::Resource(escape(arn)), None),
                other => (Scope::Resource(other.as_str().to_owned()), Some(WideningReason::LogPattern)),
            };
            let seen = row.resource.as_str().to_owned();
            let place = Located { scope, seen, kind: Kind::Unlisted, reason, distinct: 1 };
            let Some(grant) = self.grant(name, &place, Some(row)) else { continue };
            self.add_held(name, Section::Used, &Conds::default(), &grant, alone(place), row.count);
        }
    }

    /// Adds an action where these rows were on, as far as it was granted.
    pub(super) fn add_action(
        &mut self,
        action: &Action<'_>,
        name: &str,
        rows: &[&UsageRow],
        because: Because,
    ) {
        if self.dropped(action, name) {
            return;
        }
        let mut places: BTreeMap<Located, Vec<&UsageRow>> = BTreeMap::new();
        for row in rows {
            let place = self.locator.locate(action, &row.resource);
            if place.kind == Kind::Unlisted {
                self.note(
                    NoteKind::UnlistedResource,
                    &place.seen,
                    "fits no ARN format of its service in the catalogue",
                );
            }
            places.entry(place).or_default().push(row);
        }
        let mut groups: BTreeMap<GroupKey, Vec<(Located, u64)>> = BTreeMap::new();
        for (place, rows) in places {
            let mut grants: Vec<Grant> = Vec::new();
            let mut granted_rows = Vec::new();
            for row in rows {
                let grant = match because {
                    Because::Used => self.grant(name, &place, Some(row)),
                    Because::Perhaps => self.grant_perhaps(name, &place, row),
                };
                if let Some(grant) = grant {
                    grants.push(grant);
                    granted_rows.push(row);
                }
            }
            let Some(grant) = joined(grants) else { continue };
            let conds = of_request(&granted_rows, self.options.conditions);
            let events = granted_rows.iter().map(|row| row.count).sum();
            self.infer(&conds, name, &granted_rows);
            groups.entry((conds, grant)).or_default().push((place, events));
        }
        let section = match because {
            Because::Used => self.section(action, name),
            Because::Perhaps if action.destructive && self.options.destructive == Destructive::Separate => {
                Section::PerhapsDestructive
            }
            Because::Perhaps => Section::Perhaps,
        };
        for ((conds, grant), places) in groups {
            if section == Section::PassRole && conds.is_empty() {
                let text = format!("no call shows {PASSED_TO}, so the role may be passed to any service");
                self.note(NoteKind::PassRoleWithoutService, name, &text);
            }
            let events: BTreeMap<Located, u64> = places.iter().cloned().collect();
            let places = places.into_iter().map(|(place, _)| place).collect();
            for widened in
                widen(action.service, places, self.options.width, self.options.thresholds.prefix_at_least)
            {
                let events = widened.members.iter().filter_map(|member| events.get(member)).sum();
                self.add_held(name, section, &conds, &grant, widened, events);
            }
        }
    }

    /// Whether the action is left out because it is destructive and the user wants none.
    pub(super) fn dropped(&mut self, action: &Action<'_>, name: &str) -> bool {
        let dropped = action.destructive && self.options.destructive == Destructive::Drop;
        if dropped {
            self.built.dropped.push(name.to_owned());
        }
        dropped
    }

    pub(super) fn section(&self, action: &Action<'_>, name: &str) -> Section {
        let destructive = action.destructive && self.options.destructive == Destructive::Separate;
        match (name, destructive, action.has_resource_level()) {
            ("iam:PassRole", ..) => Section::PassRole,
            (_, true, true) => Section::Destructive,
            (_, true, false) => Section::DestructiveNoResourceLevel,
            (_, false, true) => Section::Used,
            (_, false, false) => Section::NoResourceLevel,
        }
    }
}

/// Why something is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Because {
    /// Calls used it.
    Used,
    /// Calls may have needed it.
    Perhaps,
}

/// What rows of one place rest on together: plain statements if one of them does, else all the statements.
fn joined(grants: Vec<Grant>) -> Option<Grant> {
    let mut held = BTreeSet::new();
    let mut joined = None;
    for grant in grants {
        match grant {
            Grant::Free => return Some(Grant::Free),
            Grant::Plain => joined = Some(Grant::Plain),
            Grant::Held(statements) => held.extend(statements),
        }
    }
    joined.or_else(|| (!held.is_empty()).then(|| Grant::Held(held.into_iter().collect())))
}
