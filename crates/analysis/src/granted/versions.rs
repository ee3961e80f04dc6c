//! The versions of managed policies that are not in force: whoever may set the default version brings one of them back.
//!
//! `GetAccountAuthorizationDetails` lists each version with its document
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html>); there are tools that keep only the default
//! version. So where nothing listed has several versions, it is not known whether the default version of a policy is the
//! only one. Documents are read when somebody asks for them: few do, and each policy may have five.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use leastwise_policy::aws::{DocumentKind, Named, Policy};
use serde_json::Value;

use super::Origin;
use super::document;
use super::listing::{ManagedPolicy, Page};
use super::problem::Place;

/// By the ARN of each policy of which all versions are listed.
#[derive(Debug, Clone, Default)]
pub(super) struct Versions(BTreeMap<String, Listed>);

/// The versions of a policy that are not in force.
#[derive(Debug, Clone)]
struct Listed {
    texts: Vec<(String, Place, Value)>,
    /// Each with where it stands; nothing when one of them cannot be read.
    read: OnceLock<Option<Read>>,
}

/// Documents, and where each of them stands.
type Read = (Vec<Named<Policy>>, Vec<Origin>);

impl Versions {
    pub(super) fn of(pages: &[Page]) -> Versions {
        let of_page = |page: &Page| page.listing.policies.iter().any(|(_, policy)| count(policy) > 1);
        let keeps_all = pages.iter().any(of_page);
        let mut versions = Versions::default();
        for Page { place, listing } in pages {
            for (number, policy) in &listing.policies {
                let place = place.under("Policies").under(number).under("PolicyVersionList");
                // Nobody sets the version of AWS's own.
                let ours = policy.arn.split(':').nth(4) != Some("aws");
                if let Some(listed) = listed(&place, policy, keeps_all).filter(|_| ours) {
                    versions.0.insert(policy.arn.clone(), listed);
                }
            }
        }
        versions
    }

    /// The versions of a policy that are not in force, by names of their own; nothing when it is not known which there are.
    pub(super) fn of_policy(&self, arn: &str) -> Option<&[Named<Policy>]> {
        Some(&self.0.get(arn)?.read(arn)?.0)
    }

    /// Where a version stands, by its name.
    pub(super) fn origin(&self, name: &str) -> Option<&Origin> {
        let (arn, _) = name.rsplit_once(" (")?;
        let (documents, origins) = self.0.get(arn)?.read(arn)?;
        origins.get(documents.iter().position(|document| document.name == name)?)
    }
}

impl Listed {
    fn read(&self, arn: &str) -> Option<&Read> {
        let one = |(id, place, text): &(String, Place, Value)| {
            let read = document::read(text, DocumentKind::Identity, place).ok()?;
            Some((Named::new(format!("{arn} ({id})"), read.policy), read.origin))
        };
        self.read.get_or_init(|| self.texts.iter().map(one).collect()).as_ref()
    }
}

fn count(policy: &ManagedPolicy) -> usize {
    policy.policy_version_list.as_ref().map_or(0, Vec::len)
}

fn listed(place: &Place, policy: &ManagedPolicy, keeps_all: bool) -> Option<Listed> {
    let default = policy.default_version_id.as_deref();
    let mut texts = Vec::new();
    for (number, version) in policy.policy_version_list.iter().flatten().enumerate() {
        let id = version.version_id.clone()?;
        if version.is_default_version.unwrap_or(default == Some(&*id)) {
            // Others may have been left out.
            if count(policy) == 1 && !keeps_all {
                return None;
            }
            continue;
        }
        texts.push((id, place.under(number).under("Document"), version.document.clone()?));
    }
    (count(policy) > 0).then(|| Listed { texts, read: OnceLock::new() })
}
