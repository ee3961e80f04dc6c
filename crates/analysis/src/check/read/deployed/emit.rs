//! From what is deployed to documents, a listing, and what runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use leastwise_policy::aws::DocumentKind;
use serde_json::{Value as Json, json};

use super::either::{Texts, either, leave_out_denials, numbered, sparing};
use super::{Deployed, Entity, Gift, Given, Hangs, Kind, NAMED, Written};
use crate::check::read::Gathered;
use crate::check::read::gathered::Wanted;
use crate::check::read::iam::as_document;
use crate::check::{Document, Home};
use crate::granted::{Origin, Problem};
use crate::paths::Workload;
use crate::source::{Entry, Node, Value, first_hole, shown};

/// A listing of one file.
#[derive(Default)]
pub(super) struct Page {
    users: Vec<Json>,
    roles: Vec<Json>,
    groups: Vec<Json>,
    policies: Vec<Json>,
}

impl Page {
    /// A managed policy.
    pub(super) fn policy(&mut self, name: &str, arn: &str, document: Json) {
        // Without an id: which versions there are besides, the files do not say.
        self.policies.push(json!({
            "PolicyName": name, "Arn": arn,
            "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document}],
        }));
    }
}

impl Deployed {
    /// Hands everything over.
    pub(super) fn finish(mut self, gathered: &mut Gathered) {
        self.hand_out(gathered);
        let bounds = self.entities.iter().flat_map(|one| one.boundary.iter().chain(&one.boundaries));
        let boundaries: BTreeSet<String> = bounds.cloned().collect();
        let attached: BTreeSet<String> =
            self.entities.iter().flat_map(|entity| entity.attached.iter().cloned()).collect();
        self.entities.iter_mut().for_each(leave_out_denials);
        let mut pages: BTreeMap<Arc<str>, Page> = BTreeMap::new();
        let mut texts = Texts::new();
        for policy in std::mem::take(&mut self.managed) {
            let only_boundary = boundaries.contains(&policy.arn) && !attached.contains(&policy.arn);
            let kind = if only_boundary { DocumentKind::Boundary } else { DocumentKind::Identity };
            self.attach_alternatives(&policy);
            for (index, written) in policy.documents.into_iter().enumerate() {
                let file = written.file.clone();
                let arn = numbered(&policy.arn, index);
                let Some(text) = document(gathered, written, &arn, kind, "") else { continue };
                texts.entry(policy.arn.clone()).or_default().push((arn.clone(), text.clone()));
                pages.entry(file).or_default().policy(&policy.name, &arn, text);
            }
        }
        self.spare(&texts, gathered, &mut pages);
        self.join_boundaries(&texts, &mut pages);
        for loose in std::mem::take(&mut self.loose) {
            document(gathered, loose.written, &loose.name, loose.kind, loose.on);
        }
        let named = |entity: &Entity| ((entity.kind, entity.name.clone()), entity.arn(&self.account));
        let arns: HashMap<(Kind, String), String> = self.entities.iter().map(named).collect();
        for entity in std::mem::take(&mut self.entities) {
            self.entity_page(gathered, entity, &mut pages);
        }
        self.workloads(&arns, gathered);
        for (file, page) in pages {
            let listing = json!({
                "UserDetailList": page.users, "RoleDetailList": page.roles,
                "GroupDetailList": page.groups, "Policies": page.policies,
            });
            gathered.listings.push((file.to_string(), listing.to_string()));
        }
    }

    /// Who is only named where a policy is attached or a group is joined is a principal all the same: declared elsewhere,
    /// or made by hand. Of what else it has, nothing is known.
    fn name_the_undeclared(&mut self) {
        let named: Vec<(Kind, String, Home)> = self
            .given
            .iter()
            .filter(|Given { holder, .. }| !holder.is_empty())
            .filter_map(|Given { kind, holder, gift, .. }| match gift {
                Gift::Attached(_, home) | Gift::Boundary(_, home) => {
                    Some((*kind, holder.clone(), home.clone()))
                }
                Gift::Group(_) => Some((*kind, holder.clone(), self.joined.get(holder)?.clone())),
                Gift::Inline(..) => None,
            })
            .collect();
        for (kind, holder, home) in named {
            if !self.by_name.contains_key(&(kind, holder.clone())) {
                self.entity(kind, holder, String::new(), home).is_declared = false;
            }
        }
    }

    /// The same with the ARN of a policy that is named.
    fn found(&self, gift: Gift) -> Gift {
        let arn = |arn: String| {
            let Some(named) = arn.strip_prefix(NAMED) else { return arn };
            let name = named.rsplit_once('/').map_or(named, |(_, name)| name);
            let declared = self.managed.iter().find(|policy| policy.name == name);
            declared.map_or_else(
                || format!("arn:aws:iam::{}:policy{named}", self.account),
                |policy| policy.arn.clone(),
            )
        };
        match gift {
            Gift::Attached(policy, home) => Gift::Attached(arn(policy), home),
            Gift::Boundary(policies, home) => Gift::Boundary(policies.into_iter().map(arn).collect(), home),
            other => other,
        }
    }

    /// Gives what names its holder to that holder; what names nobody of the set is a document of its own.
    fn hand_out(&mut self, gathered: &mut Gathered) {
        self.name_the_undeclared();
        let groups = self.entities.iter().filter(|one| one.kind == Kind::Group && !one.hangs_on.is_empty());
        let groups: HashMap<String, Hangs> =
            groups.map(|group| (group.name.clone(), group.hangs_on.clone())).collect();
        let mut joined_sometimes = BTreeSet::new();
        for Given { kind, holder, gift, hangs_on } in std::mem::take(&mut self.given) {
            let gift = self.found(gift);
            let entity = self.by_name.get(&(kind, holder.clone())).map(|index| &mut self.entities[*index]);
            match (entity, gift) {
                (Some(entity), Gift::Inline(name, mut written)) => {
                    if !hangs_on.is_subset(&entity.hangs_on) {
                        written.denials = Some(Rc::from([]));
                    }
                    entity.inline.push((name, written));
                }
                (Some(entity), Gift::Attached(arn, home)) => entity.get(arn, home, &hangs_on),
                // A boundary that is there only sometimes is none.
                (Some(entity), Gift::Boundary(..)) if !hangs_on.is_subset(&entity.hangs_on) => {}
                (Some(entity), Gift::Boundary(arns, home)) => {
                    entity.places.extend(arns.iter().map(|arn| (arn.clone(), home.clone())));
                    entity.boundary = arns.first().cloned();
                    entity.boundaries = arns;
                }
                (Some(entity), Gift::Group(group)) if !entity.groups.contains(&group) => {
                    let is_sure = |hangs_on: &Hangs| hangs_on.is_subset(&entity.hangs_on);
                    if !is_sure(&hangs_on) || !groups.get(&group).is_none_or(is_sure) {
                        joined_sometimes.insert(group.clone());
                    }
                    entity.groups.push(group)
                }
                (None, Gift::Inline(name, written)) => {
                    let name = format!("{}/{holder}#{name}", kind.arn_part());
                    self.document(name, DocumentKind::Identity, "", written);
                }
                _ => {}
            }
        }
        self.note_sometimes();
        joined_sometimes.iter().for_each(|group| self.spare_members(group));
        // A user in a group that is declared elsewhere gets what nobody here knows.
        let known: BTreeSet<String> =
            self.entities.iter().filter(|one| one.kind == Kind::Group).map(|one| one.name.clone()).collect();
        for entity in &mut self.entities {
            let (here, elsewhere) =
                std::mem::take(&mut entity.groups).into_iter().partition(|group| known.contains(group));
            entity.groups = here;
            let elsewhere: Vec<String> = elsewhere;
            for group in elsewhere {
                let what = format!("what the group `{}` gives", shown(&group));
                gathered.elsewhere(&entity.home, &entity.arn(&self.account), &what);
            }
        }
    }

    /// What a group denies takes nothing away when somebody is in it only sometimes; nor from those who always are, since they
    /// have the same documents.
    fn spare_members(&mut self, group: &str) {
        let index = self.by_name.get(&(Kind::Group, group.to_owned())).copied();
        let Some(group) = index.map(|index| &mut self.entities[index]) else { return };
        for (_, written) in &mut group.inline {
            written.denials = Some(Rc::from([]));
        }
        group.sometimes.clone_from(&group.attached);
    }

    /// Whoever has a policy that is there only sometimes has it only then.
    fn note_sometimes(&mut self) {
        let hanging = self.managed.iter().filter(|policy| !policy.hangs_on.is_empty());
        let hanging: HashMap<&str, &Hangs> =
            hanging.map(|policy| (policy.arn.as_str(), &policy.hangs_on)).collect();
        if hanging.is_empty() {
            return;
        }
        for entity in &mut self.entities {
            let is_sometimes =
                |arn: &str| hanging.get(arn).is_some_and(|hangs_on| !hangs_on.is_subset(&entity.hangs_on));
            let more = entity.attached.iter().filter(|arn| is_sometimes(arn)).cloned();
            let more: Vec<String> = more.filter(|arn| !entity.sometimes.contains(arn)).collect();
            entity.boundary = entity.boundary.take().filter(|arn| !is_sometimes(arn));
            entity.sometimes.extend(more);
        }
    }

    fn entity_page(&self, gathered: &mut Gathered, entity: Entity, pages: &mut BTreeMap<Arc<str>, Page>) {
        let arn = entity.arn(&self.account);
        for policy in entity.attached.iter().chain(&entity.boundary) {
            let wanted = Wanted {
                policy: policy.clone(),
                holder: arn.clone(),
                is_boundary: entity.boundary.as_ref() == Some(policy),
                home: entity.place(policy).clone(),
            };
            gathered.wanted.push(wanted);
        }
        let mut inline = Vec::new();
        let mut names = BTreeSet::new();
        for (name, written) in entity.inline {
            let mut unique = name.clone();
            let mut number = 1;
            while !names.insert(unique.clone()) {
                unique = numbered(&name, number);
                number += 1;
            }
            let full = format!("{arn}#{unique}");
            match document(gathered, written, &full, DocumentKind::Identity, "") {
                Some(text) => inline.push(json!({"PolicyName": unique, "PolicyDocument": text})),
                None => gathered.doubt(&arn, &entity.home, "an inline policy cannot be read"),
            }
        }
        let mut trust = Json::Null;
        for (index, written) in entity.trust.into_iter().enumerate() {
            let name = numbered(&format!("{arn} (trust policy)"), index);
            let text = document(gathered, written, &name, DocumentKind::Trust, "").unwrap_or_default();
            trust = if trust.is_null() { text } else { either(trust, text) };
        }
        let attached: Vec<Json> = entity
            .attached
            .iter()
            .map(|arn| json!({"PolicyArn": arn, "PolicyName": arn.rsplit('/').next().unwrap_or(arn)}))
            .collect();
        let tags: Vec<Json> =
            entity.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let list = match entity.kind {
            Kind::Role => "RolePolicyList",
            Kind::User => "UserPolicyList",
            Kind::Group => "GroupPolicyList",
        };
        let name_key = match entity.kind {
            Kind::Role => "RoleName",
            Kind::User => "UserName",
            Kind::Group => "GroupName",
        };
        let mut listed = json!({
            "Arn": arn, "Path": entity.path, name_key: entity.name, list: inline,
            "AttachedManagedPolicies": attached, "Tags": tags,
        });
        if entity.kind == Kind::User {
            listed["GroupList"] = json!(entity.groups);
        }
        if let Some(boundary) = &entity.boundary {
            listed["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": boundary});
        }
        let profiles =
            self.profiles.iter().filter(|(_, role)| entity.kind == Kind::Role && **role == entity.name);
        let mut profiles: Vec<String> = profiles.map(|(name, _)| self.profile_arn(name)).collect();
        if !profiles.is_empty() {
            // A role that has none here may have one elsewhere.
            profiles.sort();
            let listed_ones = profiles.iter().map(|arn| json!({"Arn": arn})).collect::<Vec<_>>();
            listed["InstanceProfileList"] = json!(listed_ones);
        }
        if entity.kind == Kind::Role && !trust.is_null() {
            listed["AssumeRolePolicyDocument"] = trust;
        }
        let page = pages.entry(entity.home.file.clone()).or_default();
        match entity.kind {
            Kind::Role => page.roles.push(listed),
            Kind::User => page.users.push(listed),
            Kind::Group => page.groups.push(listed),
        }
        gathered.principals.insert(arn.clone());
        let places = entity.places.into_iter().map(|(policy, home)| ((arn.clone(), policy), home));
        gathered.estate.attached.extend(places);
        if !entity.is_declared {
            gathered.estate.undeclared.insert(arn.clone());
        }
        gathered.estate.homes.insert(arn, entity.home);
    }

    fn profile_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:instance-profile/{name}", self.account)
    }

    fn workloads(&self, arns: &HashMap<(Kind, String), String>, gathered: &mut Gathered) {
        for running in &self.running {
            let role = if running.role.contains(":role/") {
                running.role.clone()
            } else {
                // A name is that of a role or of an instance profile.
                let name = super::last(&running.role);
                let name = self.profiles.get(&name).unwrap_or(&name).clone();
                let Some(arn) = arns.get(&(Kind::Role, name)) else { continue };
                arn.clone()
            };
            let (arn, service) = (running.arn.clone(), running.service.to_owned());
            gathered.estate.workloads.push(Workload { arn, service, role });
        }
        for (user, home) in &self.keys {
            if let Some(arn) = arns.get(&(Kind::User, user.clone())) {
                gathered.estate.access_keys.push((arn.clone(), home.clone()));
            }
        }
    }
}

impl Entity {
    /// Has a managed policy, if not already; surely if it is said so anywhere.
    fn get(&mut self, arn: String, home: Home, hangs_on: &Hangs) {
        let is_sure = hangs_on.is_subset(&self.hangs_on);
        if self.attached.contains(&arn) {
            self.sometimes.retain(|known| !is_sure || *known != arn);
            return;
        }
        if !is_sure {
            self.sometimes.push(arn.clone());
        }
        self.places.push((arn.clone(), home));
        self.attached.push(arn);
    }
}

/// Adds a document; gives back its text as far as it can be understood, for the listing.
fn document(
    gathered: &mut Gathered,
    written: Written,
    name: &str,
    kind: DocumentKind,
    on: &str,
) -> Option<Json> {
    let Written { file, pointer, root, denials, longest } = written;
    let place = root.at;
    let root = match &root.value {
        Value::Unknown(what) => {
            gathered.unresolved(&file, place, name, what);
            return None;
        }
        Value::Map(_) => root,
        Value::Text(text) if crate::source::has_hole(text) && !text.trim_start().starts_with('{') => {
            gathered.unresolved(&file, place, name, text);
            return None;
        }
        Value::Text(text) => match as_document(&root) {
            Ok(root) => root,
            // A value that is put into it may be any text.
            Err(_) if crate::source::has_hole(text) => {
                gathered.unresolved(&file, place, name, first_hole(text).unwrap_or_default());
                return None;
            }
            Err(reason) => {
                gathered.unreadable(&file, place, pointer, format!("{name}: {reason}"));
                return None;
            }
        },
        _ => {
            let reason = format!("{name}: a policy document is an object, and this is {}", root.describe());
            gathered.unreadable(&file, place, pointer, reason);
            return None;
        }
    };
    unresolved(gathered, &file, name, &root, 0);
    let root = if on.starts_with("AWS::ECR::") { about_itself(root) } else { root };
    let mut document = Document::new(file.clone(), name, kind, root).under(pointer).at_most(longest);
    if !on.is_empty() {
        document = document.on(on);
    }
    let text = match document.is_as_written() {
        true => document.root.to_json(),
        false => document.policy.to_json(),
    };
    if !document.is_whole() {
        let holder = name.split(['#', ' ']).next().unwrap_or(name);
        let home = Home { file, at: place, pointer: document.pointer.clone() };
        gathered.doubt(holder, &home, Problem::STATEMENT);
    }
    gathered.origins.push((
        name.to_owned(),
        Origin {
            file: document.file.to_string(),
            pointer: document.pointer.clone(),
            encoded: false,
            single: matches!(document.root.get("Statement"), Some(Node { value: Value::Map(_), .. })),
        },
    ));
    gathered.document(document);
    let listed = serde_json::from_str(&text).ok()?;
    Some(match denials {
        Some(sure) => sparing(listed, &sure),
        None => listed,
    })
}

/// A policy of a repository need not say that it is about the repository:
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html>.
fn about_itself(mut root: Node) -> Node {
    let Value::Map(entries) = &mut root.value else { return root };
    for entry in entries.iter_mut().filter(|entry| entry.key == "Statement") {
        match &mut entry.value.value {
            Value::List(items) => items.iter_mut().for_each(say_resource),
            _ => say_resource(&mut entry.value),
        }
    }
    root
}

fn say_resource(statement: &mut Node) {
    let at = statement.at;
    let says = statement.get("Resource").is_some() || statement.get("NotResource").is_some();
    if let Value::Map(elements) = &mut statement.value
        && !says
    {
        let value = Node::new(at, Value::Text("*".to_owned()));
        elements.push(Entry { key: "Resource".to_owned(), at, value });
    }
}

/// Says which parts of a document are not known.
fn unresolved(gathered: &mut Gathered, file: &Arc<str>, name: &str, node: &Node, depth: usize) {
    match &node.value {
        Value::Unknown(what) => gathered.unresolved(file, node.at, name, what),
        Value::List(items) if depth < 8 => {
            items.iter().for_each(|item| unresolved(gathered, file, name, item, depth + 1));
        }
        Value::Map(entries) if depth < 8 => {
            entries.iter().for_each(|entry| unresolved(gathered, file, name, &entry.value, depth + 1));
        }
        _ => {}
    }
}

impl Gathered {
    /// Says that what a principal or policy grants is not all known.
    fn doubt(&mut self, subject: &str, home: &Home, reason: &str) {
        self.doubts.push(Problem {
            file: home.file.to_string(),
            pointer: home.pointer.clone(),
            subject: subject.to_owned(),
            reason: reason.to_owned(),
        });
    }
}
