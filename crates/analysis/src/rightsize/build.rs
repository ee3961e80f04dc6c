//! Collects permissions: from rows, from pins and from inverses, each located, conditioned, widened and held to what
//! was granted.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::evaluate::PolicySet;

use super::condition::{Conds, PASSED_TO, Stable, of_request, stable};
use super::grants::{Grant, Grants, HeldPlace, NotGrantedBecause};
use super::locate::{Kind, Located, Locator};
use super::minimise::{Atom, Draft, Section, statements};
use super::options::{Destructive, Inference, NotGranted, Options, Unlisted};
use super::outcome::{InferredCondition, Note, NoteKind, PairSuggestion, Widening, WideningReason};
use super::scope::Scope;
use super::width::{Widened, alone, widen};
use crate::usage::{Outcome, Resource, UsageRow};

mod extra;

pub(super) struct Builder<'a> {
    catalog: &'a Catalog,
    options: &'a Options,
    grants: Option<Grants<'a>>,
    locator: Locator,
    atoms: Vec<Atom>,
    used: BTreeSet<String>,
    /// Action → the scopes it was used on, for inverses.
    reached: BTreeMap<String, BTreeSet<Scope>>,
    stable: BTreeMap<String, Vec<Stable>>,
    widenings: BTreeMap<WideningKey, WideningSum>,
    inferred: BTreeMap<(String, Vec<String>), InferredCondition>,
    built: Built,
}

/// What a builder made.
#[derive(Default)]
pub(super) struct Built {
    pub(super) drafts: Vec<Draft>,
    pub(super) widenings: Vec<Widening>,
    pub(super) inferred: Vec<InferredCondition>,
    pub(super) not_granted: BTreeSet<String>,
    pub(super) pairs: Vec<PairSuggestion>,
    pub(super) dropped: Vec<String>,
    pub(super) notes: Vec<Note>,
}

type WideningKey = (String, WideningReason, Option<String>);

#[derive(Default)]
struct WideningSum {
    actions: BTreeSet<String>,
    from: BTreeSet<String>,
    distinct: u64,
    events: u64,
}

/// What makes permissions alike enough to be widened together.
type GroupKey = (Conds, Grant);

impl<'a> Builder<'a> {
    pub(super) fn new(
        principal: &'a str,
        granted: Option<&'a PolicySet>,
        catalog: &'a Catalog,
        options: &'a Options,
    ) -> Builder<'a> {
        Builder {
            catalog,
            options,
            grants: granted.map(|granted| Grants::new(granted, principal)),
            locator: Locator::default(),
            atoms: Vec::new(),
            used: BTreeSet::new(),
            reached: BTreeMap::new(),
            stable: BTreeMap::new(),
            widenings: BTreeMap::new(),
            inferred: BTreeMap::new(),
            built: Built::default(),
        }
    }

    pub(super) fn note(&mut self, kind: NoteKind, place: &str, text: &str) {
        self.built.notes.push(Note { kind, place: place.to_owned(), text: text.to_owned() });
    }

    /// Grants what the authorised rows show.
    pub(super) fn add_rows(&mut self, rows: &[&UsageRow]) {
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
                Some(action) => self.add_action(&action, &name, &rows),
                None => self.add_unlisted(&name, &rows),
            }
        }
        let throttled: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.outcome == Outcome::Unknown && !self.used.contains(&row.action))
            .map(|row| row.action.as_str())
            .collect();
        for action in throttled {
            self.note(
                NoteKind::Throttled,
                action,
                "every call was throttled or broke off: whether it would have been authorised is not known",
            );
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
                Resource::Exact(arn) => (Scope::Resource(super::scope::escape(arn)), None),
                other => (Scope::Resource(other.as_str().to_owned()), Some(WideningReason::LogPattern)),
            };
            let seen = row.resource.as_str().to_owned();
            let place = Located { scope, seen, kind: Kind::Unlisted, reason, distinct: 1 };
            let Some(grant) = self.grant(name, &place, Some(row)) else { continue };
            self.add_held(name, Section::Used, &Conds::default(), &grant, alone(place), row.count);
        }
    }

    fn add_action(&mut self, action: &Action<'_>, name: &str, rows: &[&UsageRow]) {
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
                if let Some(grant) = self.grant(name, &place, Some(row)) {
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
        let section = self.section(action, name);
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
    fn dropped(&mut self, action: &Action<'_>, name: &str) -> bool {
        let dropped = action.destructive && self.options.destructive == Destructive::Drop;
        if dropped {
            self.built.dropped.push(name.to_owned());
        }
        dropped
    }

    fn section(&self, action: &Action<'_>, name: &str) -> Section {
        let destructive = action.destructive && self.options.destructive == Destructive::Separate;
        match (name, destructive, action.has_resource_level()) {
            ("iam:PassRole", ..) => Section::PassRole,
            (_, true, true) => Section::Destructive,
            (_, true, false) => Section::DestructiveNoResourceLevel,
            (_, false, true) => Section::Used,
            (_, false, false) => Section::NoResourceLevel,
        }
    }

    /// What the place rests on; nothing, with a note, when nothing granted allows it and it is not to be added.
    fn grant(&mut self, action: &str, place: &Located, row: Option<&UsageRow>) -> Option<Grant> {
        let Some(grants) = &self.grants else { return Some(Grant::Free) };
        let because = match grants.of(action, place, row) {
            Ok(grant) => return Some(grant),
            Err(because) => because,
        };
        let reason = match because {
            NotGrantedBecause::NoStatement => {
                "no granted policy allows it: something else may, such as a resource policy"
            }
            NotGrantedBecause::Denied => "a granted policy denies it, so the grant may have changed since",
            NotGrantedBecause::Boundary => {
                "the permissions boundary does not allow it, so the grant may have changed since"
            }
        };
        let add = row.is_some() && self.options.not_granted == NotGranted::Add;
        let what = if add { "added" } else { "not added" };
        let kind = if row.is_some() { NoteKind::NotGrantedYetUsed } else { NoteKind::Pin };
        self.note(kind, action, &format!("on `{}`: {reason}; {what}", place.seen));
        if row.is_some() {
            self.built.not_granted.insert(action.to_owned());
        }
        add.then_some(Grant::Free)
    }

    /// Adds a widened place, held to what was granted, with its conditions.
    fn add_held(
        &mut self,
        name: &str,
        section: Section,
        conds: &Conds,
        grant: &Grant,
        widened: Widened,
        events: u64,
    ) {
        let asked = widened.scope.clone();
        let held = match &self.grants {
            Some(grants) => grants.hold(name, grant, widened),
            None => vec![HeldPlace { widened, statement: None, narrowed: false }],
        };
        for HeldPlace { widened, statement, narrowed } in held {
            let mut all = Conds::default();
            if let (Some(grants), Some(statement)) = (&self.grants, statement) {
                all.and_all(grants.conditions(statement));
                let text = format!("conditions of the statement that granted `{name}` are kept");
                let document = grants.document(statement).to_owned();
                self.note(NoteKind::ConditionKept, &document, &text);
            }
            all.and_others(conds);
            if narrowed && let Scope::Resource(asked) = &asked {
                let text =
                    format!("`{asked}` would reach beyond what was granted, so it was not widened that far");
                self.note(NoteKind::HeldToGranted, name, &text);
            }
            if section != Section::Pinned {
                self.hold_stable(name, &widened.scope, &mut all);
            }
            self.list_widening(name, &widened, events);
            let kind = match widened.members.first().map(|member| &member.kind) {
                Some(Kind::Type(kind)) => Some(kind.clone()),
                _ => None,
            };
            self.reached.entry(name.to_owned()).or_default().insert(widened.scope.clone());
            self.atoms.push(Atom {
                section,
                conds: all,
                action: name.to_owned(),
                scope: widened.scope,
                kind,
            });
        }
    }

    fn hold_stable(&mut self, name: &str, scope: &Scope, conds: &mut Conds) {
        let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
        for stable in self.stable.get(prefix).into_iter().flatten() {
            if !stable.suits(name, scope.names_region()) || !stable.add_to(conds) {
                continue;
            }
            let values = vec![stable.value.clone()];
            let entry = self.inferred.entry((stable.key.to_owned(), values.clone())).or_insert_with(|| {
                InferredCondition {
                    key: stable.key.to_owned(),
                    values,
                    actions: Vec::new(),
                    observations: 0,
                    days: stable.days,
                }
            });
            if !entry
                .actions
                .iter()
                .any(|action| action.starts_with(prefix) && action[prefix.len()..].starts_with(':'))
            {
                entry.observations += stable.observations;
            }
            entry.days = entry.days.max(stable.days);
            if !entry.actions.iter().any(|action| action == name) {
                entry.actions.push(name.to_owned());
            }
        }
    }

    /// Lists the conditions that the calls themselves say.
    fn infer(&mut self, conds: &Conds, name: &str, rows: &[&UsageRow]) {
        let first = rows.iter().map(|row| row.first).min();
        let last = rows.iter().map(|row| row.last).max();
        let days = first.zip(last).map_or(0, |(first, last)| (last.seconds() - first.seconds()) / 86_400);
        for (key, values) in conds.listed() {
            let entry = self.inferred.entry((key.clone(), values.clone())).or_insert_with(|| {
                InferredCondition { key, values, actions: Vec::new(), observations: 0, days: 0 }
            });
            entry.observations += rows.iter().map(|row| row.count).sum::<u64>();
            entry.days = entry.days.max(days);
            if !entry.actions.iter().any(|action| action == name) {
                entry.actions.push(name.to_owned());
            }
        }
    }

    fn list_widening(&mut self, name: &str, widened: &Widened, events: u64) {
        let Some(reason) = widened.reason else { return };
        let to = match &widened.scope {
            Scope::Resource(text) => text.clone(),
            Scope::NotResource(texts) => format!("everything but {}", texts.join(", ")),
        };
        let kind = widened.members.iter().find_map(|member| match &member.kind {
            Kind::Type(kind) => Some(kind.clone()),
            _ => None,
        });
        let sum = self.widenings.entry((to, reason, kind)).or_default();
        sum.actions.insert(name.to_owned());
        sum.events += events;
        for member in &widened.members {
            if sum.from.insert(member.seen.clone()) {
                sum.distinct += member.distinct;
            }
        }
    }

    pub(super) fn finish(mut self) -> Built {
        let widening = |((to, reason, resource_type), sum): (WideningKey, WideningSum)| Widening {
            actions: sum.actions.into_iter().collect(),
            to,
            reason,
            resource_type,
            from_count: sum.distinct,
            from: sum.from.into_iter().take(3).collect(),
            events: sum.events,
        };
        self.built.widenings = self.widenings.into_iter().map(widening).collect();
        self.built.widenings.sort();
        self.built.inferred = self.inferred.into_values().collect();
        self.built.pairs.sort();
        self.built.drafts = statements(self.atoms);
        self.built
    }
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
