//! From pages of a listing to principals with their policies: managed policies are looked up by ARN, groups by
//! name in the same account, across all pages.

use std::collections::BTreeMap;

use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{ActionBlock, DocumentKind, Effect, Named, Policy, ResourceBlock, Statement};
use leastwise_policy::time::Timestamp;
use serde_json::Value;

use super::document::{self, Document};
use super::listing::{self, Entity, ManagedPolicy, Page, Tag};
use super::problem::{Origin, Place, Problem};
use super::versions::Versions;
use super::{Finding, GrantedGroup, GrantedPrincipal, InstanceProfile, PrincipalKind, Snapshot};

/// Managed policies by ARN.
type Managed = BTreeMap<String, Listed>;

/// A managed policy, if it can be read, and what speaks against deciding by it.
struct Listed {
    policy: Option<Policy>,
    problems: Vec<Problem>,
}

/// The policies of a user, a role or a group.
#[derive(Clone, Default)]
struct Held {
    policies: Vec<Named<Policy>>,
    /// Of a group: its ARN, and when it was made.
    arn: String,
    created: Option<Timestamp>,
    /// Whether all of them could be read.
    complete: bool,
    problems: Vec<Problem>,
}

pub(super) fn snapshot(pages: Vec<Page>) -> Snapshot {
    let mut findings = Vec::new();
    let truncated = is_truncated(&pages);
    if truncated {
        let reason = "AWS says that there is more, and no file holds it";
        findings.push(finding(&pages[0].place, "IsTruncated", reason));
    }
    let mut resolver = Resolver { findings, ..Resolver::default() };
    resolver.managed_policies(&pages);
    resolver.groups(&pages);
    let versions = Versions::of(&pages);
    for Page { place, listing } in pages {
        for (number, user) in listing.user_detail_list {
            let place = place.under("UserDetailList").under(number);
            resolver.principal(&place, user, PrincipalKind::User);
        }
        for (number, role) in listing.role_detail_list {
            let place = place.under("RoleDetailList").under(number);
            resolver.principal(&place, role, PrincipalKind::Role);
        }
    }
    let Resolver { groups, findings, origins, principals, managed } = resolver;
    let arns = managed.keys().cloned().collect();
    let all = managed.into_iter().filter(|(_, listed)| listed.policy.as_ref().is_some_and(allows_all));
    let allowing_all = all.map(|(arn, _)| arn).collect();
    let mut groups: Vec<GrantedGroup> = groups
        .into_iter()
        .map(|((_, name), held)| GrantedGroup {
            arn: held.arn,
            name,
            created: held.created,
            policies: held.policies,
        })
        .collect();
    groups.sort_by(|one, other| one.arn.cmp(&other.arn));
    Snapshot { principals, groups, findings, origins, allowing_all, managed: arns, versions, truncated }
}

/// Whether there is an account of which every page says that there is more. AWS's own policies are of no account.
fn is_truncated(pages: &[Page]) -> bool {
    let mut whole: BTreeMap<String, bool> = BTreeMap::new();
    for Page { listing, .. } in pages {
        let entities = [&listing.user_detail_list, &listing.role_detail_list, &listing.group_detail_list];
        let arns = entities.into_iter().flatten().map(|(_, entity)| &entity.arn);
        let mut accounts =
            arns.chain(listing.policies.iter().map(|(_, policy)| &policy.arn)).map(|arn| account(arn));
        // A page is of one account.
        if let Some(account) = accounts.find(|account| account != "aws") {
            *whole.entry(account).or_default() |= listing.is_truncated != Some(true);
        }
    }
    match whole.is_empty() {
        true => !pages.is_empty() && pages.iter().all(|page| page.listing.is_truncated == Some(true)),
        false => whole.values().any(|whole| !whole),
    }
}

/// Whether the policy allows everything, and denies nothing.
fn allows_all(policy: &Policy) -> bool {
    let is_all = |pattern: &str| matches!(pattern, "*" | "*:*");
    let allows = |statement: &Statement| {
        let mut resources = statement.resource.iter().flat_map(|block| block.patterns());
        statement.condition.is_empty()
            && matches!(&statement.action, ActionBlock::Action(patterns) if patterns.iter().any(|one| is_all(one.as_str())))
            && matches!(statement.resource, Some(ResourceBlock::Resource(_)))
            && resources.any(|one| one.as_str() == "*")
    };
    policy.statements.iter().all(|one| one.effect == Effect::Allow) && policy.statements.iter().any(allows)
}

#[derive(Default)]
struct Resolver {
    managed: Managed,
    groups: BTreeMap<(String, String), Held>,
    findings: Vec<Finding>,
    origins: BTreeMap<String, Origin>,
    principals: BTreeMap<String, GrantedPrincipal>,
}

impl Resolver {
    fn principal(&mut self, place: &Place, entity: Entity, kind: PrincipalKind) {
        let quota = match kind {
            PrincipalKind::User => Quota::InlineUser,
            PrincipalKind::Role => Quota::InlineRole,
        };
        let mut held = self.own_policies(place, &entity, kind.list(), quota);
        let group_names = entity.group_list.clone().unwrap_or_default();
        for group in &group_names {
            self.join(place, &entity, group, &mut held);
        }
        // AWS changes its own policies, and a snapshot of another account may be of another day.
        let contradicted = |one: &Problem| one.is_contradiction() && account(&one.subject) != "aws";
        let identity_complete = held.complete && !held.problems.iter().any(contradicted);
        let (boundary_arn, boundary) = self.boundary(place, &entity, &mut held);
        let trust = self.trust(place, &entity, &mut held);
        let path = entity.path.clone().unwrap_or_else(|| "/".to_owned());
        let mut principal = GrantedPrincipal {
            service_linked: path.starts_with("/aws-service-role/"),
            name: entity.name.clone().unwrap_or_else(|| last_part(&entity.arn)),
            kind,
            path,
            unique_id: entity.unique_id,
            tags: tags(entity.tags),
            attached: attached_arns(entity.attached_managed_policies.iter().flatten()),
            inline: entity.inline.iter().flatten().map(|policy| policy.policy_name.clone()).collect(),
            groups: group_names,
            policies: PolicySet { identity: held.policies, boundary, ..PolicySet::default() },
            boundary: boundary_arn,
            instance_profiles: entity
                .instance_profile_list
                .map(|list| list.into_iter().map(|profile| instance_profile(profile, &entity.arn)).collect()),
            created: time(entity.create_date.as_ref()),
            trust: None,
            complete: held.complete,
            identity_complete,
            problems: held.problems,
            arn: entity.arn,
        };
        if let Some(Document { policy, origin, .. }) = trust {
            self.origins.insert(principal.trust_name(), origin);
            principal.trust = Some(policy);
        }
        self.add(place, principal);
    }

    /// Keeps the principal; one that is listed twice counts as it was listed last.
    fn add(&mut self, place: &Place, mut principal: GrantedPrincipal) {
        let arn = principal.arn.clone();
        if let Some(earlier) = self.principals.get(&arn) {
            principal.problems.extend(earlier.problems.iter().cloned());
            // Nobody can tell which of both is in force, and one may deny what the other does not.
            principal.identity_complete &=
                earlier.identity_complete && earlier.policies == principal.policies;
            let same = earlier.policies == principal.policies && earlier.trust == principal.trust;
            let reason = if same {
                "listed twice"
            } else {
                principal.problems.push(place.problem(&arn, format!("{} policies", Problem::TWICE)));
                "listed twice with different policies; the later one counts"
            };
            self.findings.push(finding(place, &arn, reason));
        }
        self.principals.insert(arn, principal);
    }

    /// Adds what membership in `group` gives.
    fn join(&mut self, place: &Place, entity: &Entity, group: &str, held: &mut Held) {
        match self.groups.get(&(account(&entity.arn), group.to_owned())) {
            Some(gives) => {
                held.complete &= gives.complete;
                held.policies.extend(gives.policies.iter().cloned());
                held.problems.extend(gives.problems.iter().cloned());
            }
            None => {
                let reason = format!("group `{group}` is not in the snapshot");
                self.findings.push(finding(place, &entity.arn, &reason));
                held.problems.push(place.under("GroupList").problem(&entity.arn, reason));
                held.complete = false;
            }
        }
    }

    fn boundary(
        &mut self,
        place: &Place,
        entity: &Entity,
        held: &mut Held,
    ) -> (Option<String>, Option<Vec<Named<Policy>>>) {
        let arn = entity
            .permissions_boundary
            .as_ref()
            .and_then(|boundary| boundary.permissions_boundary_arn.clone());
        let Some(arn) = arn else { return (None, None) };
        let listed = self.managed.get(&arn);
        held.problems.extend(listed.iter().flat_map(|listed| listed.problems.iter().cloned()));
        match listed {
            Some(Listed { policy: Some(policy), .. }) => {
                let named = Named::new(arn.clone(), policy.clone());
                (Some(arn), Some(vec![named]))
            }
            _ => {
                let reason = format!("boundary `{arn}` cannot be read, so what it takes away is not known");
                self.findings.push(finding(place, &entity.arn, &reason));
                held.problems.push(place.under("PermissionsBoundary").problem(&entity.arn, reason));
                held.complete = false;
                (Some(arn), None)
            }
        }
    }

    fn trust(&mut self, place: &Place, entity: &Entity, held: &mut Held) -> Option<Document> {
        let place = place.under("AssumeRolePolicyDocument");
        let text = entity.assume_role_policy_document.as_ref()?;
        match document::read(text, DocumentKind::Trust, &place) {
            Ok(document) => {
                let over =
                    over(LONGEST_TRUST, document.length).map(|reason| format!("trust policy: {reason}"));
                held.problems.extend(over.map(|reason| place.problem(&entity.arn, reason)));
                Some(document)
            }
            Err(reason) => {
                let reason = format!("trust policy: {reason}");
                self.findings.push(finding(&place, &entity.arn, &reason));
                held.problems.push(place.problem(&entity.arn, reason));
                None
            }
        }
    }

    /// Attached and inline policies of a user, a role or a group.
    fn own_policies(&mut self, place: &Place, entity: &Entity, list: &str, quota: Quota) -> Held {
        let mut held = Held { complete: true, ..Held::default() };
        for arn in attached_arns(entity.attached_managed_policies.iter().flatten()) {
            match self.managed.get(&arn) {
                Some(listed) => {
                    held.complete &= listed.policy.is_some();
                    held.problems.extend(listed.problems.iter().cloned());
                    held.policies.extend(listed.policy.iter().map(|one| Named::new(&*arn, one.clone())));
                }
                None => {
                    let reason = format!("attached policy `{arn}` is not in the snapshot");
                    self.findings.push(finding(place, &entity.arn, &reason));
                    let attached = place.under("AttachedManagedPolicies");
                    held.problems.push(attached.problem(&entity.arn, reason));
                    held.complete = false;
                }
            }
        }
        let mut length = 0;
        for (number, inline) in entity.inline.iter().flatten().enumerate() {
            let place = place.under(list).under(number).under("PolicyDocument");
            let name = format!("{}#{}", entity.arn, inline.policy_name);
            match document::read(&inline.policy_document, DocumentKind::Identity, &place) {
                Ok(Document { policy, length: more, origin }) => {
                    length += more;
                    self.origins.insert(name.clone(), origin);
                    held.policies.push(Named::new(name, policy));
                }
                Err(reason) => {
                    let shown = format!("{reason}; what it grants is not known");
                    self.findings.push(finding(&place, &name, &shown));
                    held.problems.push(place.problem(&name, reason));
                    held.complete = false;
                }
            }
        }
        held.problems.extend(
            over(quota.characters(), length).map(|reason| place.under(list).problem(&entity.arn, reason)),
        );
        held
    }

    fn groups(&mut self, pages: &[Page]) {
        for Page { place, listing } in pages {
            for (number, group) in &listing.group_detail_list {
                let place = place.under("GroupDetailList").under(number);
                let name = group.name.clone().unwrap_or_else(|| last_part(&group.arn));
                let mut held = self.own_policies(&place, group, "GroupPolicyList", Quota::InlineGroup);
                held.arn.clone_from(&group.arn);
                held.created = time(group.create_date.as_ref());
                let key = (account(&group.arn), name);
                if let Some(earlier) = self.groups.get(&key) {
                    held.problems.extend(earlier.problems.iter().cloned());
                    if earlier.policies != held.policies {
                        let reason = "listed twice with different policies; the later one counts";
                        self.findings.push(finding(&place, &group.arn, reason));
                        held.problems.push(place.problem(&group.arn, format!("{} policies", Problem::TWICE)));
                    }
                }
                self.groups.insert(key, held);
            }
        }
    }

    fn managed_policies(&mut self, pages: &[Page]) {
        for Page { place, listing } in pages {
            for (number, policy) in &listing.policies {
                self.managed_policy(&place.under("Policies").under(number), policy);
            }
        }
    }

    fn managed_policy(&mut self, place: &Place, policy: &ManagedPolicy) {
        let arn = &policy.arn;
        let mut listed = Listed { policy: None, problems: Vec::new() };
        match default_document(place, policy) {
            Ok(Document { policy: read, length, origin }) => {
                // AWS's own are of its own making, and some are longer.
                let ours = account(arn) != "aws";
                let over = over(Quota::ManagedPolicy.characters(), length).filter(|_| ours);
                listed.problems.extend(over.map(|reason| place.problem(arn, reason)));
                listed.policy = Some(read);
                self.origins.insert(arn.clone(), origin);
            }
            Err(reason) => {
                let shown = format!("{reason}; what it grants is not known");
                self.findings.push(finding(place, arn, &shown));
                listed.problems.push(place.problem(arn, reason));
            }
        }
        if let Some(earlier) = self.managed.get(arn) {
            listed.problems.extend(earlier.problems.iter().cloned());
            if earlier.policy != listed.policy {
                let reason = "listed twice with different documents; the later counts";
                self.findings.push(finding(place, arn, reason));
                listed.problems.push(place.problem(arn, format!("{} documents", Problem::TWICE)));
            }
        }
        self.managed.insert(arn.clone(), listed);
    }
}

impl PrincipalKind {
    /// The list of its inline policies.
    fn list(self) -> &'static str {
        match self {
            PrincipalKind::User => "UserPolicyList",
            PrincipalKind::Role => "RolePolicyList",
        }
    }
}

/// Characters of a trust policy, when AWS raised the quota as far as it does.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LONGEST_TRUST: usize = 4_096;

/// What is the matter with this many characters, if anything.
fn over(most: usize, length: usize) -> Option<String> {
    (length > most).then(|| {
        let why = Problem::TOO_LONG;
        format!("{length} characters without white space, and AWS's quota is {most}: {why}")
    })
}

fn default_document(place: &Place, policy: &ManagedPolicy) -> Result<Document, String> {
    let versions = policy.policy_version_list.as_deref().unwrap_or_default();
    let marked = |one: &listing::PolicyVersion| one.is_default_version == Some(true);
    if versions.iter().filter(|one| marked(one)).count() > 1 {
        return Err("more than one version is said to be the default".to_owned());
    }
    let by_mark = versions.iter().position(marked);
    let by_id = || {
        let wanted = policy.default_version_id.as_deref()?;
        versions.iter().position(|version| version.version_id.as_deref() == Some(wanted))
    };
    let number = by_mark.or_else(by_id);
    let document = number.and_then(|number| Some((number, versions[number].document.as_ref()?)));
    let (number, document) = document.ok_or("the document of the default version is missing")?;
    let place = place.under("PolicyVersionList").under(number).under("Document");
    document::read(document, DocumentKind::Identity, &place)
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

fn instance_profile(listed: listing::InstanceProfile, holds: &str) -> InstanceProfile {
    let roles = listed.roles.as_ref().and_then(Value::as_array).into_iter().flatten();
    let roles = roles.filter_map(|role| role.get("Arn")?.as_str()).chain([holds]);
    InstanceProfile {
        created: time(listed.create_date.as_ref()),
        roles: roles.map(str::to_owned).collect(),
        arn: listed.arn,
    }
}

/// A time as AWS's tools write it: ISO 8601, or seconds since the epoch. What cannot be read is taken for late: nothing
/// is known to have been there before.
fn time(value: Option<&Value>) -> Option<Timestamp> {
    let read = match value? {
        Value::String(text) => Timestamp::parse(text),
        Value::Number(seconds) => Timestamp::parse(&seconds.to_string()),
        _ => None,
    };
    read.or_else(|| Timestamp::parse("9999-12-31T23:59:59Z"))
}

fn account(arn: &str) -> String {
    arn.split(':').nth(4).unwrap_or_default().to_owned()
}

fn last_part(arn: &str) -> String {
    arn.rsplit(['/', ':']).next().unwrap_or_default().to_owned()
}

fn finding(place: &Place, subject: &str, reason: &str) -> Finding {
    Finding { file: place.file.clone(), place: subject.to_owned(), reason: reason.to_owned() }
}
