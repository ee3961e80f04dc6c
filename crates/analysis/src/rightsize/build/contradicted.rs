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

/// Such calls of one action.
#[derive(Default)]
pub(super) struct Contradicted {
    /// What the log names.
    seen: BTreeSet<String>,
    events: u64,
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
            let granted = self.grants.as_ref().map(|grants| grants.as_granted(&name));
            for (conds, scope) in granted.unwrap_or_default() {
                self.list_contradicted(&name, &scope, &calls);
                self.atoms.push(Atom { section, conds, action: name.clone(), scope, kind: None });
            }
        }
    }

    fn list_contradicted(&mut self, name: &str, scope: &Scope, calls: &Contradicted) {
        let key = (scope.in_words(), WideningReason::GrantedOtherwise, None);
        let sum = self.widenings.entry(key).or_default();
        if !sum.actions.insert(name.to_owned()) {
            return;
        }
        sum.events += calls.events;
        for seen in &calls.seen {
            sum.distinct += u64::from(sum.from.insert(seen.clone()));
        }
    }
}
