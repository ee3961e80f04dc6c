//! Kubernetes: roles and their bindings on both sides.
//!
//! Rules are products of groups, resources, verbs and names, so whether one allows what others do not is decided by
//! trying what they name, and something that they do not name where all is allowed:
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>. Files in which a name stands twice are of several
//! clusters; each folder is then one.

mod gained;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::gained::{Given, best, gained};
use super::super::Widened;
use super::{Renamed, renamed, told};
use crate::check::{Binding, Cluster, Role, RuleView, ServiceAccount, SubjectView, Thing};
use crate::source::{Node, Value};

/// Labels by which a role becomes part of another.
const AGGREGATES: &str = "rbac.authorization.k8s.io/aggregate-to-";
/// The annotation that lets pods act as a role of AWS.
const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";

pub(super) fn compare(old: &Cluster, new: &Cluster, widened: &mut Widened) {
    if new.is_empty() {
        return;
    }
    let everything = everything();
    let files = renamed(things(old), things(new));
    for (folder, now) in worlds(old, new) {
        let before = folder.map(|folder| now.was_in(&files).unwrap_or(folder));
        let before = World::of(old, before.as_deref());
        widened.compared += now.roles.len() + now.bindings.len();
        let sides = Sides { before: &before, now: &now, everything: &everything };
        now.roles.iter().for_each(|role| sides.role(role, widened));
        now.bindings.iter().for_each(|binding| sides.binding(binding, widened));
        now.accounts.iter().for_each(|account| sides.account(account, widened));
    }
}

/// What belongs to one cluster.
struct World<'a> {
    roles: Vec<&'a Role>,
    bindings: Vec<&'a Binding>,
    accounts: Vec<&'a ServiceAccount>,
    by_key: HashMap<Key<'a>, &'a Role>,
    /// Roles that are bound here.
    bound: HashSet<*const Role>,
    /// Bindings by the name of the role.
    by_role: HashMap<&'a str, Vec<&'a Binding>>,
}

/// Whether it is a `ClusterRole`, its namespace if it is not, and its name.
type Key<'a> = (bool, Option<&'a str>, &'a str);

fn key_of(role: &Role) -> Key<'_> {
    (role.is_cluster, role.namespace.as_deref().filter(|_| !role.is_cluster), &role.name)
}

impl<'a> World<'a> {
    /// What stands in a folder, or all.
    fn of(cluster: &'a Cluster, within: Option<&str>) -> World<'a> {
        let is_in = |thing: &Thing| within.is_none_or(|within| folder(thing) == within);
        let mut world = World {
            roles: cluster.roles.iter().filter(|role| is_in(&role.thing)).collect(),
            bindings: cluster.bindings.iter().filter(|binding| is_in(&binding.thing)).collect(),
            accounts: cluster.accounts.iter().filter(|account| is_in(&account.thing)).collect(),
            by_key: HashMap::new(),
            bound: HashSet::new(),
            by_role: HashMap::new(),
        };
        for role in &world.roles {
            world.by_key.entry(key_of(role)).or_insert(role);
        }
        for binding in &world.bindings {
            if let Some((_, name)) = binding.role() {
                world.by_role.entry(name).or_default().push(binding);
            }
        }
        world.bound = world
            .bindings
            .iter()
            .filter_map(|binding| world.role_of(binding))
            .map(std::ptr::from_ref)
            .collect();
        world
    }

    /// The folder in which all of it stood before its files were moved, if they were.
    fn was_in(&self, renamed: &Renamed) -> Option<String> {
        let roles = self.roles.iter().map(|role| &role.thing);
        let bindings = self.bindings.iter().map(|binding| &binding.thing);
        let accounts = self.accounts.iter().map(|account| &account.thing);
        let things = roles.chain(bindings).chain(accounts);
        let folders: Option<BTreeSet<&str>> =
            things.map(|thing| renamed.get(&*thing.file).map(|file| super::folder(file))).collect();
        let folders = folders?;
        let [only] = folders.into_iter().collect::<Vec<_>>()[..] else { return None };
        Some(only.to_owned())
    }

    /// The role that a binding names.
    fn role_of(&self, binding: &Binding) -> Option<&'a Role> {
        let (_, name) = binding.role()?;
        let is_cluster = binding.binds_cluster_role();
        let namespace = binding.namespace.as_deref().filter(|_| !is_cluster);
        self.by_key.get(&(is_cluster, namespace, name)).copied()
    }

    /// The rules of a role, with those that it takes from others by their labels.
    fn rules(&self, role: &'a Role) -> Vec<RuleView<'a>> {
        let mut rules: Vec<RuleView<'a>> = role.rules().collect();
        let selectors = role.thing.root.path(&["aggregationRule", "clusterRoleSelectors"]);
        for selector in selectors.map(Node::items).unwrap_or_default() {
            let wanted = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
            let fits = |other: &&&Role| {
                let label = |key: &str| other.thing.root.path(&["metadata", "labels"])?.get(key)?.text();
                !wanted.is_empty()
                    && wanted.iter().all(|entry| label(&entry.key) == entry.value.text())
                    && !std::ptr::eq(**other, role)
            };
            rules.extend(self.roles.iter().filter(fits).flat_map(|other| other.rules()));
        }
        rules
    }
}

fn things(cluster: &Cluster) -> impl Iterator<Item = &Thing> {
    let roles = cluster.roles.iter().map(|role| &role.thing);
    let things = roles.chain(cluster.bindings.iter().map(|binding| &binding.thing));
    things.chain(cluster.accounts.iter().map(|account| &account.thing))
}

fn folder(thing: &Thing) -> &str {
    super::folder(&thing.file)
}

/// The clusters of the new state: one, or one for each folder when a name stands twice on either side.
fn worlds<'a>(old: &Cluster, new: &'a Cluster) -> Vec<(Option<String>, World<'a>)> {
    let twice = |cluster: &Cluster| {
        let mut seen = BTreeSet::new();
        let roles = cluster.roles.iter().map(|role| (role.is_cluster, &role.namespace, role.name.as_str()));
        let names = cluster.bindings.iter().map(|binding| {
            let name = binding.thing.root.path(&["metadata", "name"]).and_then(Node::text);
            (binding.is_cluster, &binding.namespace, name.unwrap_or(&binding.thing.pointer))
        });
        let mut bound = BTreeSet::new();
        !roles.into_iter().all(|key| seen.insert(key)) || !names.into_iter().all(|key| bound.insert(key))
    };
    if !twice(old) && !twice(new) {
        return vec![(None, World::of(new, None))];
    }
    let folders: BTreeSet<&str> = things(new).map(folder).collect();
    folders.into_iter().map(|folder| (Some(folder.to_owned()), World::of(new, Some(folder)))).collect()
}

struct Sides<'s, 'a> {
    before: &'s World<'a>,
    now: &'s World<'a>,
    /// The rule that allows everything.
    everything: &'a Node,
}

impl<'a> Sides<'_, 'a> {
    fn role(&self, role: &'a Role, widened: &mut Widened) {
        let before = self.role_before(role);
        let is_bound = self.now.bound.contains(&std::ptr::from_ref(role));
        if before.is_none() && is_bound {
            return;
        }
        let namespace = (!role.is_cluster).then(|| role.namespace.as_deref().unwrap_or_default());
        let old: Vec<Given<'_>> = before
            .map(|before| self.before.rules(before))
            .unwrap_or_default()
            .into_iter()
            .map(|rule| Given { rule, namespace })
            .collect();
        for rule in role.rules() {
            let Some(request) = gained(&Given { rule, namespace }, &old) else { continue };
            let message = match before {
                None => format!("is new, and allows {}", request.shown(namespace)),
                Some(_) => format!("allows {}, which it did not before", request.shown(namespace)),
            };
            let mut evidence = vec![request.shown(namespace)];
            evidence.extend(request.risk.map(str::to_owned));
            evidence.extend(holders(self.now, role));
            widened.findings.push(told(&role.thing, rule.node, message, evidence));
        }
        self.aggregated(role, before, widened);
    }

    /// What was this role: of the same name, or one with the same rules that is gone.
    fn role_before(&self, role: &Role) -> Option<&'a Role> {
        let named = self.before.by_key.get(&key_of(role)).copied();
        let rules = |one: &Role| one.thing.root.get("rules").map(Node::to_json);
        let moved = || {
            let own = rules(role);
            let same = |before: &&&Role| {
                before.is_cluster == role.is_cluster
                    && before.namespace == role.namespace
                    && !self.now.by_key.contains_key(&key_of(before))
                    && rules(before) == own
            };
            self.before.roles.iter().find(same).copied()
        };
        named.or_else(moved)
    }

    /// What a role takes from others, and what it becomes a part of.
    fn aggregated(&self, role: &Role, before: Option<&Role>, widened: &mut Widened) {
        let selects = |one: &Role| one.thing.root.get("aggregationRule").map(Node::to_json);
        if let Some(node) = role.thing.root.get("aggregationRule")
            && before.and_then(selects) != selects(role)
        {
            let message = "takes its rules from other roles by their labels, and what it takes from roles that are not \
                           among these files is not known";
            widened.findings.push(told(&role.thing, node, message.to_owned(), Vec::new()));
        }
        let labels = |one: &Role| one.thing.root.path(&["metadata", "labels"]).cloned();
        let before = before.and_then(labels);
        for label in labels(role).iter().flat_map(Node::entries) {
            let Some(into) = label.key.strip_prefix(AGGREGATES) else { continue };
            let known = before.as_ref().and_then(|labels| labels.get(&label.key)).and_then(Node::text);
            if label.value.text() == Some("true") && known != Some("true") {
                let message = format!(
                    "becomes a part of ClusterRole `{into}`, so that whoever holds that holds what it allows"
                );
                let node =
                    role.thing.root.path(&["metadata", "labels", &label.key]).unwrap_or(&role.thing.root);
                widened.findings.push(told(&role.thing, node, message, Vec::new()));
            }
        }
    }

    fn binding(&self, binding: &'a Binding, widened: &mut Widened) {
        let Some((node, name)) = binding.role() else { return };
        let role = self.now.role_of(binding);
        let scope = (!binding.is_cluster).then(|| binding.namespace.as_deref().unwrap_or_default());
        let rules: Option<Vec<RuleView<'a>>> = match role {
            Some(role) => Some(self.now.rules(role)),
            None if is_cluster_admin(binding) => Some(vec![rule(self.everything)]),
            None => None,
        };
        for subject in binding.subjects() {
            let had = self.before.by_role.get(name).into_iter().flatten().find(|before| {
                let same = before.binds_cluster_role() == binding.binds_cluster_role()
                    && (before.is_cluster || before.namespace == binding.namespace && !binding.is_cluster);
                same && before.subjects().any(|one| key(&one, before) == key(&subject, binding))
            });
            // What the role allows beyond what it did is told of the role.
            if had.is_some_and(|had| role.is_none() || self.before.role_of(had).is_some()) {
                continue;
            }
            let Some(rules) = &rules else {
                let message = format!(
                    "binds {subject} to `{name}`, whose rules are not among these files: what is new is not known"
                );
                widened.findings.push(told(&binding.thing, subject.node, message, Vec::new()));
                continue;
            };
            let old = self.held_before(&subject, binding);
            let gained =
                rules.iter().filter_map(|rule| gained(&Given { rule: *rule, namespace: scope }, &old));
            let Some(request) = best(gained) else { continue };
            let message = format!("lets {subject} {}, which was not allowed before", request.shown(scope));
            let mut evidence =
                vec![format!("{} by {subject}, who is bound to `{name}`", request.shown(scope))];
            evidence.extend(request.risk.map(str::to_owned));
            let at = if binding.thing.root.pointer_of(subject.node).is_some() { subject.node } else { node };
            widened.findings.push(told(&binding.thing, at, message, evidence));
        }
    }

    /// What a subject, and everybody like it, held before.
    fn held_before(&self, subject: &SubjectView<'_>, binding: &Binding) -> Vec<Given<'a>> {
        let keys = keys(subject, binding);
        let mut held = Vec::new();
        for before in &self.before.bindings {
            if !before.subjects().any(|one| keys.contains(&key(&one, before))) {
                continue;
            }
            let namespace = (!before.is_cluster).then(|| before.namespace.as_deref().unwrap_or_default());
            let rules = match self.before.role_of(before) {
                Some(role) => self.before.rules(role),
                None if is_cluster_admin(before) => vec![rule(self.everything)],
                None => Vec::new(),
            };
            held.extend(rules.into_iter().map(|rule| Given { rule, namespace }));
        }
        held
    }

    /// The role of AWS that pods may act as.
    fn account(&self, account: &ServiceAccount, widened: &mut Widened) {
        let Some(arn) = &account.role_arn else { return };
        let same =
            |before: &&&ServiceAccount| before.name == account.name && before.namespace == account.namespace;
        if self.before.accounts.iter().find(same).is_some_and(|before| before.role_arn.as_ref() == Some(arn))
        {
            return;
        }
        let node = account.thing.root.path(&["metadata", "annotations", ROLE_ARN]);
        let message = format!("lets its pods act as `{arn}`, which they could not before");
        widened.findings.push(told(&account.thing, node.unwrap_or(&account.thing.root), message, Vec::new()));
    }
}

fn is_cluster_admin(binding: &Binding) -> bool {
    binding.binds_cluster_role() && binding.role().is_some_and(|(_, name)| name == "cluster-admin")
}

fn everything() -> Node {
    const RULE: &str =
        r#"{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "nonResourceURLs": ["*"]}"#;
    Node::json(RULE).unwrap_or(Node::new(crate::source::Place::START, Value::Null))
}

fn rule(node: &Node) -> RuleView<'_> {
    let list = |key: &str| node.get(key).map(Node::one_or_many).unwrap_or_default();
    RuleView {
        node,
        verbs: list("verbs"),
        groups: list("apiGroups"),
        resources: list("resources"),
        names: list("resourceNames"),
        urls: list("nonResourceURLs"),
    }
}

/// Who holds a role, in words.
fn holders(world: &World<'_>, role: &Role) -> Vec<String> {
    let bound = world
        .by_role
        .get(role.name.as_str())
        .into_iter()
        .flatten()
        .filter(|binding| world.role_of(binding).is_some_and(|one| std::ptr::eq(one, role)));
    let said = bound.flat_map(|binding| {
        binding.subjects().map(|subject| format!("{subject} holds it by {}", binding.thing.name))
    });
    said.take(3).collect()
}

/// Who it is: kind, namespace and name.
fn key(subject: &SubjectView<'_>, binding: &Binding) -> (String, String, String) {
    let namespace = match subject.kind {
        "ServiceAccount" => subject.namespace.or(binding.namespace.as_deref()).unwrap_or_default(),
        _ => "",
    };
    (subject.kind.to_owned(), namespace.to_owned(), subject.name.to_owned())
}

/// Who it is, and the groups that everybody like it is in.
fn keys(subject: &SubjectView<'_>, binding: &Binding) -> Vec<(String, String, String)> {
    let own = key(subject, binding);
    let group = |name: String| ("Group".to_owned(), String::new(), name);
    let mut keys = Vec::new();
    if own.0 == "ServiceAccount" {
        keys.push(group("system:serviceaccounts".to_owned()));
        keys.push(group(format!("system:serviceaccounts:{}", own.1)));
        keys.push(("User".to_owned(), String::new(), format!("system:serviceaccount:{}:{}", own.1, own.2)));
    }
    if own.2 != "system:anonymous" && own.2 != "system:unauthenticated" {
        keys.push(group("system:authenticated".to_owned()));
    }
    keys.push(own);
    keys
}
