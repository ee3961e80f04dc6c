//! What the logs could show of a principal's account, and so what it means that an action was not seen: see
//! [`Recorded`]. What they could not show is *unknown*, never *unused*.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use leastwise_catalog::{Action, Catalog, ReadOnly, Visibility, home_region};
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Effect, ResourceBlock, Statement};

use super::outcome::{Status, Unseen};
use crate::usage::{Missing, Outcome, Recorded, Resource, Shown, UsageRow};

/// What the logs could show at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The partition of the account.
    pub partition: String,
    /// Management events that the logs lack.
    pub missing: Option<Missing>,
    /// What they show to be recorded.
    pub shown: Shown,
    /// The buckets, tables, functions, … that data events of the account were on, by their ARNs.
    pub touched: Arc<BTreeSet<String>>,
}

/// On what the data events of each account were: a trail can be set to record those of some resources alone.
#[derive(Debug, Clone, Default)]
pub struct Touched(BTreeMap<String, Arc<BTreeSet<String>>>);

impl Coverage {
    /// What the logs hold of the account of a principal.
    pub fn of(principal: &str, recorded: &Recorded, touched: &Touched) -> Coverage {
        let account = account(principal);
        Coverage {
            partition: principal.split(':').nth(1).unwrap_or_default().to_owned(),
            missing: recorded.missing(account),
            shown: recorded.shown(account),
            touched: touched.0.get(account).cloned().unwrap_or_default(),
        }
    }
}

impl Touched {
    /// By the rows of all principals.
    pub fn of<'a>(
        rows: impl IntoIterator<Item = &'a UsageRow>,
        recorded: &Recorded,
        catalog: &Catalog,
    ) -> Touched {
        let mut touched = Touched::default();
        let mut known: HashMap<(&str, &str), bool> = HashMap::new();
        for row in rows.into_iter().filter(|row| row.outcome != Outcome::Unknown) {
            let account = account(&row.principal);
            // A management event can need what data events do, so such rows alone say nothing.
            let is_data = known.entry((account, &row.action)).or_insert_with(|| {
                let action = catalog.action(&row.action);
                action.is_some_and(|action| action.visibility == Visibility::Data)
                    && recorded.shows_data(account, &row.action)
            });
            let (true, Resource::Exact(arn) | Resource::Pattern(arn) | Resource::Folded { pattern: arn, .. }) =
                (*is_data, &row.resource)
            else {
                continue;
            };
            let holder = holder(arn);
            if is_plain(holder) && !touched.0.get(account).is_some_and(|known| known.contains(holder)) {
                let own = touched.0.entry(account.to_owned()).or_default();
                Arc::make_mut(own).insert(holder.to_owned());
            }
        }
        touched
    }
}

fn account(principal: &str) -> &str {
    principal.split(':').nth(4).unwrap_or_default()
}

/// The bucket of an object, the table of an index, the function of an alias: what a selector of data events names.
fn holder(arn: &str) -> &str {
    let Some((colon, _)) = arn.match_indices(':').nth(4) else { return arn };
    let (head, resource) = arn.split_at(colon + 1);
    // The ARNs of buckets have neither a Region nor an account, nor a word for what they are.
    let parts = usize::from(!head.ends_with(":::"));
    let end = resource.match_indices(['/', ':']).nth(parts).map_or(resource.len(), |(end, _)| end);
    &arn[..head.len() + end]
}

fn is_plain(arn: &str) -> bool {
    !arn.contains(['*', '?', '$'])
}

/// What the logs could show of the actions that somebody is granted.
pub(super) struct Evidence<'a> {
    coverage: &'a Coverage,
    /// The types of which there are data events, with what those say in `readOnly`.
    data: BTreeSet<(&'a str, bool)>,
    granted: Option<&'a PolicySet>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(coverage: &'a Coverage, granted: Option<&'a PolicySet>, catalog: &'a Catalog) -> Self {
        let of = |(action, read_only): &'a (String, bool)| {
            Some((catalog.action(action)?.facts.data_type()?, *read_only))
        };
        Evidence { coverage, data: coverage.shown.data.iter().filter_map(of).collect(), granted }
    }

    /// What it means that no call of an action was seen.
    pub(super) fn unseen(&self, action: &Action<'_>) -> Status {
        let why = match action.visibility {
            Visibility::Management => self.management(action),
            Visibility::Data => self.data(action),
            Visibility::NotLogged if action.operations => Some(Unseen::NotLogged),
            Visibility::NotLogged => Some(Unseen::NoOperation),
        };
        why.map_or(Status::Unused, Status::Unknown)
    }

    fn management(&self, action: &Action<'_>) -> Option<Unseen> {
        let one_sided = match (self.coverage.missing, action.read_only) {
            (None, _) | (Some(Missing::Reads), ReadOnly::No) | (Some(Missing::Writes), ReadOnly::Yes) => None,
            (Some(Missing::Reads), _) => Some(Unseen::ReadEventsNotLogged),
            (Some(Missing::Writes), _) => Some(Unseen::WriteEventsNotLogged),
            (Some(Missing::Management), _) => Some(Unseen::ManagementEventsNotLogged),
        };
        let shown = &self.coverage.shown;
        let prefix = &*action.service.prefix;
        let home = || home_region(prefix, &action.name, &self.coverage.partition);
        match one_sided {
            None if home().is_some_and(|home| !shown.regions.contains(home)) => {
                Some(Unseen::HomeRegionNotLogged)
            }
            None if prefix == "kms" && !shown.kms => Some(Unseen::KmsEventsNotLogged),
            why => why,
        }
    }

    /// A trail can be set to record the data events of some types, of these those that only read, or write, alone, and those
    /// of some resources.
    fn data(&self, action: &Action<'_>) -> Option<Unseen> {
        let of = action.data_type()?;
        let holds = |read_only: bool| self.data.contains(&(of, read_only));
        match (holds(true), holds(false), action.read_only) {
            (false, false, _) => Some(Unseen::DataEventsNotLogged),
            (false, true, ReadOnly::Yes | ReadOnly::Unsure) => Some(Unseen::DataReadsNotLogged),
            (true, false, ReadOnly::No | ReadOnly::Unsure) => Some(Unseen::DataWritesNotLogged),
            (false, true, ReadOnly::No) | (true, false, ReadOnly::Yes) | (true, true, _) => {
                self.is_granted_elsewhere(action).then_some(Unseen::DataEventsOfOthers)
            }
        }
    }

    /// Whether an action is granted on something that no data event was on: a resource by its name, or all that a pattern
    /// stands for. Where a statement can name no resource, nor does a selector.
    fn is_granted_elsewhere(&self, action: &Action<'_>) -> bool {
        let name = action.full_name();
        let statements = self.granted.into_iter().flat_map(|granted| &granted.identity);
        let mut allows = statements
            .flat_map(|document| &document.policy.statements)
            .filter(|statement| statement.effect == Effect::Allow && statement.action.applies_to(&name));
        action.has_resource_level() && allows.any(|statement| self.is_elsewhere(statement, action))
    }

    fn is_elsewhere(&self, statement: &Statement, action: &Action<'_>) -> bool {
        let Some(ResourceBlock::Resource(patterns)) = &statement.resource else { return true };
        let mut own =
            patterns.iter().map(|pattern| pattern.as_str()).filter(|pattern| can_be_of(pattern, action));
        own.any(|pattern| {
            let holder = holder(pattern);
            !is_plain(holder) || !self.coverage.touched.contains(holder)
        })
    }
}

/// Whether a resource of a statement can be one that the action is on, as far as the service in its ARN tells.
fn can_be_of(pattern: &str, action: &Action<'_>) -> bool {
    let service = |arn: &str| arn.split(':').nth(2).map(str::to_owned);
    let Some(own) = service(pattern).filter(|own| is_plain(own)) else { return true };
    let types = action.resources.iter().filter_map(|on| action.service.resource_type(&on.resource_type));
    types
        .flat_map(|kind| &kind.arn)
        .any(|format| service(format).is_none_or(|of| of == own || !is_plain(&of)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_resource_is_what_a_selector_names() {
        for (arn, expected) in [
            ("arn:aws:s3:::b/k/l", "arn:aws:s3:::b"),
            ("arn:aws:s3:::b", "arn:aws:s3:::b"),
            (
                "arn:aws:s3:eu-west-1:111122223333:accesspoint/p/object/k",
                "arn:aws:s3:eu-west-1:111122223333:accesspoint/p",
            ),
            (
                "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/i",
                "arn:aws:dynamodb:eu-west-1:111122223333:table/t",
            ),
            (
                "arn:aws:lambda:eu-west-1:111122223333:function:f:live",
                "arn:aws:lambda:eu-west-1:111122223333:function:f",
            ),
            ("arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q"),
            (
                "arn:aws:bedrock:eu-west-1::foundation-model/m",
                "arn:aws:bedrock:eu-west-1::foundation-model/m",
            ),
            ("arn:aws:s3:::*", "arn:aws:s3:::*"),
            ("*", "*"),
            ("", ""),
        ] {
            assert_eq!(holder(arn), expected);
        }
    }
}
