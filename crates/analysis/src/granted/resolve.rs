//! From pages of a listing to principals with their policies: managed policies are looked up by ARN, groups by
//! name in the same account, across all pages.

use std::collections::BTreeMap;

use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{DocumentKind, Named, Policy};

use super::listing::{Entity, ManagedPolicy, Page, Tag};
use super::{Finding, GrantedPrincipal, PrincipalKind, Snapshot, document};

type Managed = BTreeMap<String, Option<Policy>>;

/// A group's policies; `None` stands for one that could not be read.
type Groups = BTreeMap<(String, String), Vec<Option<Named<Policy>>>>;

pub(super) fn snapshot(pages: Vec<Page>) -> Snapshot {
    let mut findings = Vec::new();
    let truncated = pages.iter().all(|page| page.listing.is_truncated == Some(true)) && !pages.is_empty();
    if truncated {
        findings.push(finding(
            &pages[0].file,
            "IsTruncated",
            "AWS says that there is more, and no file holds it",
        ));
    }
    let managed = managed_policies(&pages, &mut findings);
    let groups = groups(&pages, &managed, &mut findings);
    let mut resolver = Resolver { managed, groups, findings, principals: BTreeMap::new() };
    for Page { file, listing } in pages {
        for user in listing.user_detail_list.unwrap_or_default() {
            resolver.principal(&file, user, PrincipalKind::User);
        }
        for role in listing.role_detail_list.unwrap_or_default() {
            resolver.principal(&file, role, PrincipalKind::Role);
        }
    }
    Snapshot { principals: resolver.principals, findings: resolver.findings, truncated }
}

struct Resolver {
    managed: Managed,
    groups: Groups,
    findings: Vec<Finding>,
    principals: BTreeMap<String, GrantedPrincipal>,
}

impl Resolver {
    fn principal(&mut self, file: &str, entity: Entity, kind: PrincipalKind) {
        let account = account(&entity.arn);
        let mut complete = true;
        let mut identity = Vec::new();
        for policy in own_policies(file, &entity, &self.managed, &mut self.findings) {
            complete &= policy.is_some();
            identity.extend(policy);
        }
        let group_names = entity.group_list.clone().unwrap_or_default();
        for group in &group_names {
            let Some(policies) = self.groups.get(&(account.clone(), group.clone())) else {
                self.findings.push(finding(
                    file,
                    &entity.arn,
                    &format!("group `{group}` is not in the snapshot"),
                ));
                complete = false;
                continue;
            };
            complete &= policies.iter().all(Option::is_some);
            identity.extend(policies.iter().flatten().cloned());
        }
        let (boundary_arn, boundary) = self.boundary(file, &entity, &mut complete);
        let trust = self.trust(file, &entity);
        let path = entity.path.clone().unwrap_or_else(|| "/".to_owned());
        let principal = GrantedPrincipal {
            service_linked: path.starts_with("/aws-service-role/"),
            name: entity.name.clone().unwrap_or_else(|| last_part(&entity.arn)),
            kind,
            path,
            tags: tags(entity.tags),
            attached: attached_arns(entity.attached_managed_policies.iter().flatten()),
            inline: entity.inline.iter().flatten().map(|policy| policy.policy_name.clone()).collect(),
            groups: group_names,
            policies: PolicySet { identity, boundary, ..PolicySet::default() },
            boundary: boundary_arn,
            trust,
            complete,
            arn: entity.arn.clone(),
        };
        if let Some(earlier) = self.principals.insert(entity.arn.clone(), principal) {
            let same = earlier.policies.identity == self.principals[&entity.arn].policies.identity;
            let reason = if same {
                "listed twice"
            } else {
                "listed twice with different policies; the later one counts"
            };
            self.findings.push(finding(file, &entity.arn, reason));
        }
    }

    fn boundary(
        &mut self,
        file: &str,
        entity: &Entity,
        complete: &mut bool,
    ) -> (Option<String>, Option<Vec<Named<Policy>>>) {
        let arn = entity
            .permissions_boundary
            .as_ref()
            .and_then(|boundary| boundary.permissions_boundary_arn.clone());
        let Some(arn) = arn else { return (None, None) };
        match self.managed.get(&arn) {
            Some(Some(policy)) => {
                let named = Named::new(arn.clone(), policy.clone());
                (Some(arn), Some(vec![named]))
            }
            _ => {
                let reason = format!("boundary `{arn}` cannot be read, so what it takes away is not known");
                self.findings.push(finding(file, &entity.arn, &reason));
                *complete = false;
                (Some(arn), None)
            }
        }
    }

    fn trust(&mut self, file: &str, entity: &Entity) -> Option<Policy> {
        let text = entity.assume_role_policy_document.as_ref()?;
        match document::read(text, DocumentKind::Trust) {
            Ok(policy) => Some(policy),
            Err(reason) => {
                self.findings.push(finding(file, &entity.arn, &format!("trust policy: {reason}")));
                None
            }
        }
    }
}

/// Attached and inline policies of a user, a role or a group; `None` for each that cannot be read.
fn own_policies(
    file: &str,
    entity: &Entity,
    managed: &Managed,
    findings: &mut Vec<Finding>,
) -> Vec<Option<Named<Policy>>> {
    let mut policies = Vec::new();
    for arn in attached_arns(entity.attached_managed_policies.iter().flatten()) {
        let policy = managed.get(&arn).cloned().flatten();
        if policy.is_none() && !managed.contains_key(&arn) {
            let reason = format!("attached policy `{arn}` is not in the snapshot");
            findings.push(finding(file, &entity.arn, &reason));
        }
        policies.push(policy.map(|policy| Named::new(arn, policy)));
    }
    for inline in entity.inline.iter().flatten() {
        let name = format!("{}#{}", entity.arn, inline.policy_name);
        match document::read(&inline.policy_document, DocumentKind::Identity) {
            Ok(policy) => policies.push(Some(Named::new(name, policy))),
            Err(reason) => {
                findings.push(finding(file, &name, &format!("{reason}; what it grants is not known")));
                policies.push(None);
            }
        }
    }
    policies
}

fn groups(pages: &[Page], managed: &Managed, findings: &mut Vec<Finding>) -> Groups {
    let mut groups = Groups::new();
    for Page { file, listing } in pages {
        for group in listing.group_detail_list.iter().flatten() {
            let name = group.name.clone().unwrap_or_else(|| last_part(&group.arn));
            let policies = own_policies(file, group, managed, findings);
            groups.insert((account(&group.arn), name), policies);
        }
    }
    groups
}

fn managed_policies(pages: &[Page], findings: &mut Vec<Finding>) -> Managed {
    let mut managed = Managed::new();
    for Page { file, listing } in pages {
        for policy in listing.policies.iter().flatten() {
            let read = default_document(policy);
            if let Err(reason) = &read {
                findings.push(finding(file, &policy.arn, &format!("{reason}; what it grants is not known")));
            }
            let read = read.ok();
            let earlier = managed.insert(policy.arn.clone(), read.clone());
            if earlier.is_some_and(|earlier| earlier != read) {
                findings.push(finding(
                    file,
                    &policy.arn,
                    "listed twice with different documents; the later counts",
                ));
            }
        }
    }
    managed
}

fn default_document(policy: &ManagedPolicy) -> Result<Policy, String> {
    let versions = policy.policy_version_list.as_deref().unwrap_or_default();
    let by_mark = versions.iter().find(|version| version.is_default_version == Some(true));
    let by_id = || {
        let wanted = policy.default_version_id.as_deref()?;
        versions.iter().find(|version| version.version_id.as_deref() == Some(wanted))
    };
    let document = by_mark.or_else(by_id).and_then(|version| version.document.as_ref());
    let document = document.ok_or("the document of the default version is missing")?;
    document::read(document, DocumentKind::Identity)
}

fn attached_arns<'a>(attached: impl Iterator<Item = &'a super::listing::Attached>) -> Vec<String> {
    let mut arns: Vec<String> = Vec::new();
    for policy in attached {
        if !arns.contains(&policy.policy_arn) {
            arns.push(policy.policy_arn.clone());
        }
    }
    arns
}

fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default())).collect()
}

fn account(arn: &str) -> String {
    arn.split(':').nth(4).unwrap_or_default().to_owned()
}

fn last_part(arn: &str) -> String {
    arn.rsplit(['/', ':']).next().unwrap_or_default().to_owned()
}

fn finding(file: &str, place: &str, reason: &str) -> Finding {
    Finding { file: file.to_owned(), place: place.to_owned(), reason: reason.to_owned() }
}
