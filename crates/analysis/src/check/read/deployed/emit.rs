//! From what is deployed to documents, a listing, and what runs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use leastwise_policy::aws::DocumentKind;
use serde_json::{Value as Json, json};

use super::either::{Texts, either, leave_out_denials, numbered, sparing};
use super::{Deployed, Entity, Kind, Written};
use crate::check::read::Gathered;
use crate::check::read::gathered::Wanted;
use crate::check::read::iam::as_document;
use crate::check::{Document, Home};
use crate::granted::{Origin, Problem};
use crate::paths::Workload;
use crate::source::{Entry, Node, Value, first_hole, unmarked};

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
        self.join_policies();
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
        let mut arns: HashMap<(Kind, String), String> = HashMap::new();
        for entity in &self.entities {
            for name in [&entity.name, unmarked(&entity.name)] {
                arns.entry((entity.kind, name.to_owned())).or_insert_with(|| entity.arn(&self.account));
            }
        }
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
        // Users are in groups by the names of these.
        let name = if entity.kind == Kind::Group { &entity.name } else { unmarked(&entity.name) };
        let mut listed = json!({
            "Arn": arn, "Path": entity.path, name_key: name, list: inline,
            "AttachedManagedPolicies": attached, "Tags": tags,
        });
        if entity.kind == Kind::User {
            listed["GroupList"] = json!(entity.groups);
        }
        if let Some(boundary) = &entity.boundary {
            listed["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": boundary});
        }
        let has = |role: &str| role == entity.name || role == unmarked(&entity.name);
        let profiles = self.profiles.iter().filter(|(_, role)| entity.kind == Kind::Role && has(role));
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
        gathered.principals.insert(unmarked(&arn).to_owned());
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
