//! Managed policies that are attached and of which no listing holds the document: AWS's own the catalogue has, as of its
//! date.

use std::collections::BTreeSet;

use leastwise_catalog::{managed_policies_date, managed_policy};
use serde_json::{Value, json};

/// What the listings attach and do not hold.
#[derive(Debug, Default)]
pub struct Missing {
    /// The policies of AWS that the catalogue knows, as a page of an account's listing: its name, and its text.
    pub page: Option<(String, String)>,
    /// Their ARNs.
    pub known: BTreeSet<String>,
    /// The ARNs of the others.
    pub unknown: BTreeSet<String>,
}

/// What these listings attach and do not hold.
pub fn missing(listings: &[(String, String)]) -> Missing {
    let (mut attached, mut listed) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in listings {
        // What is no listing has been told by now.
        let Ok(listing) = serde_json::from_str::<Value>(text) else { continue };
        walk(&listing, &mut attached, &mut listed);
    }
    let mut unknown = BTreeSet::new();
    let mut known = Vec::new();
    for arn in attached.difference(&listed) {
        match managed_policy(arn) {
            Some(policy) => known.push((arn, policy)),
            None => drop(unknown.insert(arn.clone())),
        }
    }
    let arns = known.iter().map(|(arn, _)| (*arn).clone()).collect();
    let policies: Vec<Value> = known
        .into_iter()
        .map(|(arn, policy)| {
            let document: Value = serde_json::from_str(&policy.document).unwrap_or_default();
            json!({
                "PolicyName": policy.name,
                "Arn": arn,
                "DefaultVersionId": policy.version,
                "PolicyVersionList": [
                    {"VersionId": policy.version, "IsDefaultVersion": true, "Document": document}
                ],
            })
        })
        .collect();
    let name = format!("managed policies of AWS as of {}", managed_policies_date());
    // It is no page of the account's own, so it is none behind which there is nothing more.
    let page = json!({"Policies": policies, "IsTruncated": true});
    let page = (!policies.is_empty()).then(|| (name, page.to_string()));
    Missing { page, known: arns, unknown }
}

/// The ARNs of policies that are attached, or boundaries, and of those that are listed.
fn walk(listing: &Value, attached: &mut BTreeSet<String>, listed: &mut BTreeSet<String>) {
    let pages = listing.as_array().map_or(std::slice::from_ref(listing), Vec::as_slice);
    for page in pages {
        let entities = ["UserDetailList", "GroupDetailList", "RoleDetailList"];
        for entity in entities.iter().flat_map(|list| items(&page[*list])) {
            let policies = items(&entity["AttachedManagedPolicies"]);
            attached.extend(policies.filter_map(|one| Some(one["PolicyArn"].as_str()?.to_owned())));
            let boundary = entity["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
            attached.extend(boundary.map(str::to_owned));
        }
        listed.extend(items(&page["Policies"]).filter_map(|one| Some(one["Arn"].as_str()?.to_owned())));
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
