//! Managed policies of AWS that are attached and of which the files do not hold the document: the catalogue has them, as
//! of its date.

use std::collections::BTreeSet;

use leastwise_catalog::{managed_policies_date, managed_policy};
use serde_json::{Value, json};

/// A page of an account's listing with the policies of AWS that these listings attach and do not hold, as far as the
/// catalogue knows them: its name, and its text. None when nothing is missing that it knows.
pub(super) fn page(listings: &[(String, String)]) -> Option<(String, String)> {
    let (mut attached, mut listed) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in listings {
        // What is no listing has been told by now.
        let Ok(listing) = serde_json::from_str::<Value>(text) else { continue };
        walk(&listing, &mut attached, &mut listed);
    }
    let known = attached.difference(&listed).filter_map(|arn| Some((arn, managed_policy(arn)?)));
    let policies: Vec<Value> = known
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
    (!policies.is_empty()).then(|| (name, json!({"Policies": policies}).to_string()))
}

/// The ARNs of policies that are attached, or boundaries, and of those that are listed.
fn walk(listing: &Value, attached: &mut BTreeSet<String>, listed: &mut BTreeSet<String>) {
    let items = |list: &Value| list.as_array().cloned().unwrap_or_default();
    for page in listing.as_array().map_or_else(|| vec![listing.clone()], Clone::clone) {
        for list in ["UserDetailList", "GroupDetailList", "RoleDetailList"] {
            for entity in items(&page[list]) {
                let policies = items(&entity["AttachedManagedPolicies"]);
                attached
                    .extend(policies.iter().filter_map(|one| Some(one["PolicyArn"].as_str()?.to_owned())));
                let boundary = entity["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
                attached.extend(boundary.map(str::to_owned));
            }
        }
        listed
            .extend(items(&page["Policies"]).iter().filter_map(|one| Some(one["Arn"].as_str()?.to_owned())));
    }
}
