//! Conditions: those inferred from the log, and those of granted statements that are kept.
//!
//! A condition is inferred only when every observation agrees. `kms:ViaService`, `iam:PassedToService` and
//! `ec2:CreateAction` are part of what the call is, so they are taken whenever all calls of an action on a
//! resource have them. `aws:RequestedRegion` and `aws:SourceVpce` are taken per service, when enough events over
//! enough days never show another value, which what another service than the called one asks for does not show at all: the
//! region only where the resource does not already say it, and never for
//! services that answer in one region whatever the caller's
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html>).

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::{Catalog, Service};
use leastwise_policy::aws::{Comparison, Condition, Conditions, Operator};
use leastwise_policy::time::Timestamp;

use super::options::{Inference, Thresholds};
use crate::usage::UsageRow;

/// Keys that are part of what the call is.
const REQUEST_KEYS: [&str; 3] = ["kms:ViaService", "iam:PassedToService", "ec2:CreateAction"];
/// The one of them that is never left off.
pub(super) const PASSED_TO: &str = "iam:PassedToService";
/// Keys that are worth a condition once they proved stable.
const STABLE_KEYS: [&str; 2] = [REGION, "aws:SourceVpce"];
const REGION: &str = "aws:RequestedRegion";

/// Services that answer in one region whatever the caller's, and of which no ARN in the catalogue tells it.
const GLOBAL: [&str; 24] = [
    "a4b",
    "account",
    "artifact",
    "aws-marketplace",
    "aws-portal",
    "billing",
    "budgets",
    "ce",
    "chatbot",
    "cur",
    "devicefarm",
    "health",
    "importexport",
    "invoicing",
    "organizations",
    "pricing",
    "q",
    "route53",
    "route53domains",
    "support",
    "tag",
    "tax",
    "trustedadvisor",
    "wellarchitected",
];
/// Regional services whose ARNs have no region.
const REGIONAL_WITHOUT_REGION: [&str; 3] = ["s3", "swf", "apigateway"];
/// Actions of regional services that may be answered elsewhere.
const GLOBAL_ACTIONS: [&str; 2] = ["s3:ListAllMyBuckets", "s3:GetAccountPublicAccessBlock"];

/// Conditions of a statement in a form that compares: operator and key → the key's spelling and its values.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Conds(BTreeMap<(Operator, String), (String, BTreeSet<String>)>);

impl Conds {
    /// The conditions of a statement.
    pub(super) fn of(conditions: &Conditions) -> Conds {
        let mut conds = Conds::default();
        conds.and_all(conditions);
        conds
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|(key, _)| key.as_str())
    }

    /// Adds one that must hold too. A second one on the same operator and key keeps the values of both.
    pub(super) fn and(&mut self, operator: Operator, key: &str, values: impl IntoIterator<Item = String>) {
        let values: BTreeSet<String> = values.into_iter().collect();
        let slot = (operator, key.to_ascii_lowercase());
        let held = match self.0.get(&slot) {
            // "Neither of these, nor of those" is one list; "one of these, and one of those" is what both have.
            Some((_, earlier)) if operator.base.is_negated() => earlier.union(&values).cloned().collect(),
            Some((_, earlier)) => {
                let both: BTreeSet<String> = earlier.intersection(&values).cloned().collect();
                // Two sets that share no value would allow nothing; what was there first stands.
                if both.is_empty() { earlier.clone() } else { both }
            }
            None => values,
        };
        self.0.insert(slot, (key.to_owned(), held));
    }

    /// Adds all of another set.
    pub(super) fn and_others(&mut self, other: &Conds) {
        for ((operator, _), (key, values)) in &other.0 {
            self.and(*operator, key, values.iter().cloned());
        }
    }

    /// The key of a condition that both have, on values none of which they share: together they allow nothing.
    pub(super) fn clash(&self, other: &Conds) -> Option<&str> {
        self.0.iter().find_map(|(slot, (key, values))| {
            let (_, others) = other.0.get(slot).filter(|_| !slot.0.base.is_negated())?;
            values.is_disjoint(others).then_some(key.as_str())
        })
    }

    /// Keys with their values, for a report.
    pub(super) fn listed(&self) -> impl Iterator<Item = (String, Vec<String>)> + '_ {
        self.0.values().map(|(key, values)| (key.clone(), values.iter().cloned().collect()))
    }

    fn has(&self, operator: Operator, key: &str) -> bool {
        self.0.contains_key(&(operator, key.to_ascii_lowercase()))
    }

    /// The key of a condition that a call did not meet, among those that the log tells of calls: it had another value, or
    /// none.
    pub(super) fn unmet_by(&self, row: &UsageRow) -> Option<&'static str> {
        REQUEST_KEYS.into_iter().chain(STABLE_KEYS).find(|key| {
            let Some((_, values)) = self.0.get(&(equals(), key.to_ascii_lowercase())) else { return false };
            let seen = row.context.get(key).unwrap_or_default();
            seen.is_empty() || !seen.iter().all(|value| values.contains(&literal(value)))
        })
    }

    /// Adds the conditions of a granted statement as they are.
    pub(super) fn and_all(&mut self, conditions: &Conditions) {
        for condition in conditions {
            self.and(condition.operator, &condition.key, condition.values.iter().cloned());
        }
    }

    pub(super) fn build(&self) -> Conditions {
        self.0
            .iter()
            .map(|((operator, _), (key, values))| {
                Condition::new(*operator, key.as_str(), values.iter().cloned())
            })
            .collect()
    }
}

/// The conditions that every one of `rows` (of one action on one resource) agrees on by being the call it is.
pub(super) fn of_request(rows: &[&UsageRow], inference: Inference) -> Conds {
    let mut conds = Conds::default();
    for key in REQUEST_KEYS {
        if inference == Inference::None && key != PASSED_TO {
            continue;
        }
        let values: Option<Vec<&[String]>> =
            rows.iter().map(|row| row.context.get(key).filter(|values| !values.is_empty())).collect();
        if let Some(values) = values {
            conds.and(equals(), key, values.into_iter().flatten().map(|value| literal(value)));
        }
    }
    conds
}

/// A key that never changed in the calls of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stable {
    pub(super) key: &'static str,
    pub(super) value: String,
    pub(super) observations: u64,
    pub(super) days: i64,
}

impl Stable {
    /// Adds the condition unless the granted statement has one on the same key already.
    pub(super) fn add_to(&self, conds: &mut Conds) -> bool {
        if conds.has(equals(), self.key) {
            return false;
        }
        conds.and(equals(), self.key, [literal(&self.value)]);
        true
    }

    /// Whether the condition says something about the action that its resource does not say already.
    pub(super) fn suits(&self, action: &str, names_region: bool) -> bool {
        self.key != REGION
            || (!names_region && !GLOBAL_ACTIONS.iter().any(|global| global.eq_ignore_ascii_case(action)))
    }
}

/// The stable keys by IAM prefix.
pub(super) fn stable<'a>(
    rows: impl Iterator<Item = &'a UsageRow>,
    catalog: &Catalog,
    thresholds: Thresholds,
) -> BTreeMap<String, Vec<Stable>> {
    let mut seen: BTreeMap<(String, &'static str), Option<Observed<'a>>> = BTreeMap::new();
    for row in rows {
        let Some((prefix, _)) = row.action.split_once(':') else { continue };
        for key in STABLE_KEYS {
            let one = match row.context.get(key) {
                Some([value]) if key != REGION || !is_elsewhere(row, value) => Some(value.as_str()),
                _ => None,
            };
            let slot = seen
                .entry((prefix.to_owned(), key))
                .or_insert_with(|| one.map(|value| Observed::new(value, row)));
            *slot = slot.take().and_then(|observed| observed.with(one?, row));
        }
    }
    let mut stable: BTreeMap<String, Vec<Stable>> = BTreeMap::new();
    for ((prefix, key), observed) in seen {
        let Some(observed) = observed else { continue };
        let global = key == REGION && catalog.service(&prefix).is_none_or(is_global);
        let days = (observed.last.seconds() - observed.first.seconds()) / 86_400;
        if global || observed.count < thresholds.observations || days < thresholds.days {
            continue;
        }
        let value = observed.value.to_owned();
        stable.entry(prefix).or_default().push(Stable { key, value, observations: observed.count, days });
    }
    stable
}

/// Whether the resource is of another Region than this, or of any. Then AWS may have asked there, and the log, which has the
/// Region that was called, does not tell what `aws:RequestedRegion` was: the models behind a cross-Region inference profile of
/// Bedrock are asked for in each Region that may answer, and with `global.` profiles in an `unspecified` one
/// (bedrock/latest/userguide/global-cross-region-inference.md), replicas of KMS keys in theirs.
fn is_elsewhere(row: &UsageRow, region: &str) -> bool {
    let of = row.resource.as_str().split(':').nth(3);
    of.is_some_and(|of| !of.is_empty() && of != region)
}

struct Observed<'a> {
    value: &'a str,
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

impl<'a> Observed<'a> {
    fn new(value: &'a str, row: &UsageRow) -> Observed<'a> {
        Observed { value, count: 0, first: row.first, last: row.last }
    }

    fn with(mut self, value: &str, row: &UsageRow) -> Option<Observed<'a>> {
        self.count += row.count;
        self.first = self.first.min(row.first);
        self.last = self.last.max(row.last);
        (self.value == value).then_some(self)
    }
}

/// Whether the service answers in one region whatever the caller's; in doubt it does.
fn is_global(service: &Service) -> bool {
    let prefix = &*service.prefix;
    if GLOBAL.contains(&prefix) {
        return true;
    }
    let regional =
        service.resource_types.iter().flat_map(|kind| &kind.arn).any(|arn| arn.contains("${Region}"));
    let has_types = !service.resource_types.is_empty();
    has_types && !regional && !REGIONAL_WITHOUT_REGION.contains(&prefix)
}

fn equals() -> Operator {
    Operator::from(Comparison::StringEquals)
}

/// `value` in the spelling that is equal to it and nothing else: `${` begins a variable.
fn literal(value: &str) -> String {
    value.replace("${", "${$}{")
}
