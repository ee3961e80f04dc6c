//! Conditions of a role → condition keys of AWS.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use leastwise_catalog::Catalog;
use leastwise_policy::aws::{Comparison, Condition};

use super::Note;
use super::allow::condition;
use super::grant::Reason;
use crate::intent::{Limit, Said};

/// The conditions of every statement that allows.
pub(super) fn of(limits: &[Said<Limit>]) -> Vec<Condition> {
    limits.iter().flat_map(|limit| of_one(&limit.value)).collect()
}

fn of_one(limit: &Limit) -> Vec<Condition> {
    let equals =
        |key: &str, values: &[String]| vec![condition(Comparison::StringEquals, key, values.to_vec())];
    match limit {
        Limit::Region(regions) => equals("aws:RequestedRegion", regions),
        Limit::Vpc(vpcs) => equals("aws:SourceVpc", vpcs),
        Limit::VpcEndpoint(endpoints) => equals("aws:SourceVpce", endpoints),
        Limit::Network(networks) => vec![condition(Comparison::IpAddress, "aws:SourceIp", networks.clone())],
        Limit::Mfa(needed) => {
            vec![condition(Comparison::Bool, "aws:MultiFactorAuthPresent", vec![needed.to_string()])]
        }
        Limit::Time { after, before } => {
            let bound = |base, time: &Option<_>| {
                time.as_ref().map(|time: &leastwise_policy::time::Timestamp| {
                    condition(base, "aws:CurrentTime", vec![time.to_string()])
                })
            };
            let after = bound(Comparison::DateGreaterThan, after);
            after.into_iter().chain(bound(Comparison::DateLessThan, before)).collect()
        }
        Limit::Tags(tags) => tags
            .iter()
            .map(|(key, values)| {
                condition(Comparison::StringEquals, &format!("aws:ResourceTag/{key}"), values.clone())
            })
            .collect(),
    }
}

/// Conditions under which something that is allowed can never happen.
pub(super) fn warnings(limits: &[Said<Limit>], reasons: &[Reason], catalog: &Catalog) -> Vec<Note> {
    let mut notes = Vec::new();
    for limit in limits {
        let text = match &limit.value {
            Limit::Tags(_) => {
                let blind = actions(reasons, |reason| !knows_tags(reason, catalog));
                (!blind.is_empty()).then(|| {
                    format!("AWS does not tell the tags of the resource for {blind}, which the condition `tags` thus always refuses")
                })
            }
            Limit::Network(_) => Some(
                "`network` compares the address that AWS sees: a call through a VPC endpoint has none, and \
                 neither has what a service does on behalf of the role"
                    .to_owned(),
            ),
            Limit::Mfa(true) => Some(
                "`mfa` holds only for sessions that a person began with a second factor; a service or a \
                 workload never has one"
                    .to_owned(),
            ),
            _ => None,
        };
        notes.extend(text.map(|text| Note { place: limit.place.clone(), text }));
    }
    notes
}

fn actions(reasons: &[Reason], chosen: impl Fn(&Reason) -> bool) -> String {
    let mut names: Vec<&str> =
        reasons.iter().filter(|reason| chosen(reason)).map(|reason| &*reason.action).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Whether the reference lists the key of the resource's tags for the action.
fn knows_tags(reason: &Reason, catalog: &Catalog) -> bool {
    if reason.action.ends_with(":*") {
        return true;
    }
    let Some(action) = catalog.action(&reason.action) else { return true };
    let is_tag = |key: &str| key.starts_with("aws:ResourceTag/");
    let of_pair = action.resources.iter().any(|on| {
        let kind = action.service.resource_type(&on.resource_type);
        on.keys.iter().any(|key| is_tag(key))
            || kind.is_some_and(|kind| kind.keys.iter().any(|key| is_tag(key)))
    });
    of_pair || action.keys.iter().any(|key| is_tag(key))
}
