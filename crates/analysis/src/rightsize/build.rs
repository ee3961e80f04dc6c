//! Collects permissions: from rows, from pins and from inverses, each located, conditioned, widened and held to what
//! was granted.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::PolicySet;

use super::condition::{Conds, Stable};
use super::grants::{Grant, Grants, HeldPlace, NotGrantedBecause};
use super::locate::{Kind, Located, Locator};
use super::minimise::{Atom, Draft, Section, statements};
use super::options::{NotGranted, Options};
use super::outcome::{InferredCondition, Note, NoteKind, PairSuggestion, Widening, WideningReason};
use super::scope::Scope;
use super::width::Widened;
use crate::usage::UsageRow;
use contradicted::Calls;

mod contradicted;
mod extra;
mod listing;
mod rows;
mod unknown;

pub(super) struct Builder<'a> {
    catalog: &'a Catalog,
    options: &'a Options,
    grants: Option<Grants<'a>>,
    locator: Locator,
    atoms: Vec<Atom>,
    used: BTreeSet<String>,
    /// Action → where it is allowed and under which conditions.
    reached: BTreeMap<String, BTreeSet<(Scope, Conds)>>,
    stable: BTreeMap<String, Vec<Stable>>,
    /// Action → the calls that the log shows otherwise than they are granted.
    contradicted: BTreeMap<String, Calls>,
    /// Actions that are kept wherever they were granted.
    as_granted: BTreeSet<String>,
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
            contradicted: BTreeMap::new(),
            as_granted: BTreeSet::new(),
            widenings: BTreeMap::new(),
            inferred: BTreeMap::new(),
            built: Built::default(),
        }
    }

    /// The actions that were used although nothing granted allows them.
    pub(super) fn not_granted(&self) -> &BTreeSet<String> {
        &self.built.not_granted
    }

    pub(super) fn note(&mut self, kind: NoteKind, place: &str, text: &str) {
        self.built.notes.push(Note { kind, place: place.to_owned(), text: text.to_owned() });
    }

    /// What the place rests on; nothing, with a note, when nothing granted allows it and it is not to be added.
    fn grant(&mut self, action: &str, place: &Located, row: Option<&UsageRow>) -> Option<Grant> {
        let Some(grants) = &self.grants else { return Some(Grant::Free) };
        let because = match grants.of(action, place, row) {
            Ok(grant) => {
                if let Some(row) = row
                    && grants.contradicts(place, row)
                {
                    self.contradict(action, place, row);
                }
                return Some(grant);
            }
            Err(because) => because,
        };
        let add = row.is_some() && self.options.not_granted == NotGranted::Add;
        if let Some(row) = row
            && grants.somewhere(action)
        {
            self.contradict(action, place, row);
            return add.then_some(Grant::Free);
        }
        let reason = match because {
            NotGrantedBecause::NoStatement => {
                "no granted policy allows it: something else may, such as a resource policy, or the grant may have changed since"
            }
            NotGrantedBecause::Denied => "a granted policy denies it, so the grant may have changed since",
            NotGrantedBecause::Boundary => {
                "the permissions boundary does not allow it, so the grant may have changed since"
            }
        };
        let what = if add { "added" } else { "not added" };
        let kind = if row.is_some() { NoteKind::NotGrantedYetUsed } else { NoteKind::Pin };
        self.note(kind, action, &format!("on `{}`: {reason}; {what}", place.seen));
        if row.is_some() {
            self.built.not_granted.insert(action.to_owned());
        }
        add.then_some(Grant::Free)
    }

    /// What the place rests on that a call may have needed; nothing when nothing granted allows it, as then it was not.
    fn grant_perhaps(&self, action: &str, place: &Located, row: &UsageRow) -> Option<Grant> {
        self.grants.as_ref().map_or(Some(Grant::Free), |grants| grants.of(action, place, Some(row)).ok())
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
            if section == Section::Pinned
                && let Some(key) = all.clash(conds)
            {
                let text = format!("pinned for values of `{key}` for which it is not granted; not added");
                self.note(NoteKind::Pin, name, &text);
                continue;
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
            if matches!(section, Section::Perhaps | Section::PerhapsDestructive) {
                let reason = Some(WideningReason::Perhaps);
                self.list_widening(name, &Widened { reason, ..widened.clone() }, events);
            }
            self.list_widening(name, &widened, events);
            let kind = match widened.members.first().map(|member| &member.kind) {
                Some(Kind::Type(kind)) => Some(kind.clone()),
                _ => None,
            };
            self.reached.entry(name.to_owned()).or_default().insert((widened.scope.clone(), all.clone()));
            self.atoms.push(Atom {
                section,
                conds: all,
                action: name.to_owned(),
                scope: widened.scope,
                kind,
            });
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
