//! Calls that AWS allowed and that the log shows otherwise than they are granted. What allowed them cannot be told, and
//! the resource or the condition that leastwise takes them for may be wrong: so what was granted for the action is kept
//! word for word, and listed.

use std::collections::BTreeSet;

use super::Builder;
use crate::rightsize::locate::Located;
use crate::rightsize::minimise::{Atom, Section};
use crate::rightsize::outcome::WideningReason;
use crate::rightsize::scope::Scope;
use crate::usage::UsageRow;

/// The calls of one action that are why it is kept as granted.
#[derive(Default)]
pub(super) struct Calls {
    /// What the log names.
    pub(super) seen: BTreeSet<String>,
    pub(super) events: u64,
}

impl Calls {
    pub(super) fn add(&mut self, row: &UsageRow) {
        self.seen.insert(row.resource.as_str().to_owned());
        self.events += row.count;
    }
}

impl Builder<'_> {
    pub(super) fn contradict(&mut self, action: &str, place: &Located, row: &UsageRow) {
        let calls = self.contradicted.entry(action.to_owned()).or_default();
        calls.seen.insert(place.seen.clone());
        calls.events += row.count;
    }

    /// Keeps what was granted for the actions of such calls.
    pub(in crate::rightsize) fn add_contradicted(&mut self) {
        for (name, calls) in std::mem::take(&mut self.contradicted) {
            let section =
                self.catalog.action(&name).map_or(Section::Used, |action| self.section(&action, &name));
            self.keep_as_granted(&name, section, WideningReason::GrantedOtherwise, &calls);
        }
    }

    /// Keeps what is granted for the action word for word, and lists it with the calls that are the reason.
    pub(super) fn keep_as_granted(
        &mut self,
        name: &str,
        section: Section,
        reason: WideningReason,
        calls: &Calls,
    ) {
        let granted = self.grants.as_ref().map(|grants| grants.as_granted(name));
        self.as_granted.insert(name.to_owned());
        for (conds, scope) in granted.unwrap_or_default() {
            self.list_as_granted(name, &scope, reason, calls);
            self.atoms.push(Atom { section, conds, action: name.to_owned(), scope, kind: None });
        }
    }

    fn list_as_granted(&mut self, name: &str, scope: &Scope, reason: WideningReason, calls: &Calls) {
        let sum = self.widenings.entry((scope.in_words(), reason, None)).or_default();
        if !sum.actions.insert(name.to_owned()) {
            return;
        }
        sum.events += calls.events;
        for seen in &calls.seen {
            sum.distinct += u64::from(sum.from.insert(seen.clone()));
        }
    }
}
