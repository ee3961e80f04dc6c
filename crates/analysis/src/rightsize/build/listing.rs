//! What a reviewer is told beside the policy: every inferred condition with what it rests on, every widening with
//! what it replaces.

use super::Builder;
use crate::rightsize::condition::Conds;
use crate::rightsize::locate::Kind;
use crate::rightsize::outcome::InferredCondition;
use crate::rightsize::scope::Scope;
use crate::rightsize::width::Widened;
use crate::usage::UsageRow;

impl Builder<'_> {
    pub(super) fn hold_stable(&mut self, name: &str, scope: &Scope, conds: &mut Conds) {
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
    pub(super) fn infer(&mut self, conds: &Conds, name: &str, rows: &[&UsageRow]) {
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

    pub(super) fn list_widening(&mut self, name: &str, widened: &Widened, events: u64) {
        let Some(reason) = widened.reason else { return };
        let to = widened.scope.in_words();
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
}
