//! Permissions that the log does not show: what the user pins, and the inverses of what was used. Both are held to
//! what was granted.

use std::collections::BTreeSet;

use leastwise_catalog::Action;

use super::super::condition::Conds;
use super::super::keep::Pin;
use super::super::minimise::Section;
use super::super::options::{Destructive, Pairs};
use super::super::outcome::{NoteKind, PairSuggestion, WideningReason};
use super::super::pair;
use super::super::scope::Scope;
use super::super::width::alone;
use super::Builder;
use crate::usage::Resource;

impl Builder<'_> {
    /// Keeps what the user pinned, as far as it was granted.
    pub(in super::super) fn add_pins(&mut self) {
        for pin in &self.options.keep {
            let actions = self.catalog.expand(&pin.action);
            if actions.is_empty() {
                let near = self.catalog.suggest(&pin.action);
                let hint = near.first().map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                self.note(NoteKind::Pin, &pin.action, &format!("the catalogue has no such action{hint}"));
            }
            let single = actions.len() == 1;
            for action in &actions {
                self.add_pin(pin, action, single);
            }
        }
    }

    fn add_pin(&mut self, pin: &Pin, action: &Action<'_>, single: bool) {
        let name = action.full_name();
        if self.grants.as_ref().is_some_and(|grants| !grants.names(&name)) {
            if single {
                self.note(NoteKind::Pin, &name, "pinned, but nothing granted allows it; not added");
            }
            return;
        }
        let conds = Conds::of(&pin.conditions);
        let any = ["*".to_owned()];
        let resources = if pin.resources.is_empty() { &any[..] } else { &pin.resources };
        let mut fits = false;
        for resource in resources {
            let pattern =
                if resource == "*" { Resource::Unknown } else { Resource::Pattern(resource.clone()) };
            let mut place = self.locator.locate(action, &pattern);
            if place.reason == Some(WideningReason::TypeMismatch) {
                continue;
            }
            fits = true;
            place.reason = place.reason.map(|_| WideningReason::Pinned);
            let Some(grant) = self.grant(&name, &place, None) else { continue };
            self.add_held(&name, Section::Pinned, &conds, &grant, alone(place), 0);
        }
        if !fits && single {
            self.note(
                NoteKind::Pin,
                &name,
                "the pinned resources are of no type that the action supports; not kept",
            );
        }
    }

    /// Lists the inverses of what was used, and grants them when the user wants that.
    pub(in super::super) fn add_pairs(&mut self) {
        let catalog = self.catalog;
        for used in self.used.clone() {
            let Some(action) = catalog.action(&used).filter(|_| self.reached.contains_key(&used)) else {
                continue;
            };
            let Some(inverse) = pair::inverse(&action, &self.used, catalog) else { continue };
            let name = inverse.full_name();
            if self.grants.as_ref().is_some_and(|grants| !grants.names(&name)) {
                continue;
            }
            let wanted = self.options.pairs == Pairs::Keep
                && !(inverse.destructive && self.options.destructive == Destructive::Drop);
            let kept = wanted && self.add_inverse(&inverse, &name, &used);
            let destructive = inverse.destructive;
            self.built.pairs.push(PairSuggestion { used, inverse: name, destructive, kept });
        }
    }

    fn add_inverse(&mut self, inverse: &Action<'_>, name: &str, used: &str) -> bool {
        let before = self.atoms.len();
        let scopes: BTreeSet<Scope> =
            self.reached.get(used).into_iter().flatten().map(|(scope, _)| scope.clone()).collect();
        for scope in scopes {
            let Scope::Resource(text) = scope else { continue };
            let pattern = if text == "*" { Resource::Unknown } else { Resource::Pattern(text) };
            let mut place = self.locator.locate(inverse, &pattern);
            if place.reason == Some(WideningReason::TypeMismatch) {
                continue;
            }
            place.reason = place.reason.map(|_| WideningReason::Pinned);
            let Some(grant) = self.grant(name, &place, None) else { continue };
            let section = match self.section(inverse, name) {
                Section::Used | Section::NoResourceLevel => Section::Pinned,
                section => section,
            };
            self.add_held(name, section, &Conds::default(), &grant, alone(place), 0);
        }
        self.atoms.len() > before
    }
}
