//! What a rule allows that others do not.

use std::collections::BTreeSet;

use leastwise_catalog::kubernetes::{CORE, Kubernetes, VERBS};

use crate::check::RuleView;
use crate::check::kubernetes::has;
use crate::source::Node;

/// What stands for something that nobody has named: the first that is not named.
const OTHER_GROUPS: [&str; 3] = ["example.com", "example.org", "example.net"];
const OTHER_RESOURCES: [&str; 3] = ["things", "widgets", "gadgets"];
const OTHER_VERBS: [&str; 3] = ["use", "own", "hold"];

/// A rule and where it holds: in a namespace, or everywhere.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) rule: RuleView<'a>,
    pub(super) namespace: Option<&'a str>,
}

/// Something that can be asked for.
pub(super) struct Request {
    verb: String,
    what: String,
    /// Why it matters, if it does more than it says.
    pub(super) risk: Option<&'static str>,
}

/// The one that matters most.
pub(super) fn best(requests: impl Iterator<Item = Request>) -> Option<Request> {
    let mut best: Option<Request> = None;
    for request in requests {
        if request.risk.is_some() {
            return Some(request);
        }
        best = best.or(Some(request));
    }
    best
}

/// Something that the rule allows and none of the others does, what matters most first.
pub(super) fn gained(new: &Given<'_>, old: &[Given<'_>]) -> Option<Request> {
    let same = |one: &&Given<'_>| {
        holds_where(one, new.namespace) && one.rule.node.to_json() == new.rule.node.to_json()
    };
    if old.iter().find(same).is_some() {
        return None;
    }
    best(of_objects(new, old)).or_else(|| of_urls(new, old))
}

fn holds_where(given: &Given<'_>, namespace: Option<&str>) -> bool {
    given.namespace.is_none() || given.namespace == namespace
}

fn texts(list: &[Node]) -> impl Iterator<Item = &str> {
    list.iter().filter_map(Node::text)
}

fn of_objects<'r>(new: &'r Given<'_>, old: &'r [Given<'_>]) -> impl Iterator<Item = Request> + 'r {
    let name = texts(new.rule.names).map(Some).collect::<Vec<_>>();
    let names = if name.is_empty() { vec![None] } else { name };
    objects(new, old).into_iter().flat_map(move |(group, resource)| {
        let verbs = verbs(new, old, &group, &resource);
        let names = names.clone();
        verbs.into_iter().flat_map(move |verb| {
            let (group, resource) = (group.clone(), resource.clone());
            names.clone().into_iter().filter_map(move |name| {
                let is_old = old.iter().any(|one| {
                    holds_where(one, new.namespace) && allows(one, &group, &resource, &verb, name)
                });
                (!is_old).then(|| Request::on(&verb, &group, &resource, name))
            })
        })
    })
}

fn allows(given: &Given<'_>, group: &str, resource: &str, verb: &str, name: Option<&str>) -> bool {
    let rule = &given.rule;
    let named = rule.names.is_empty() || name.is_some_and(|name| has(rule.names, name));
    named
        && (has(rule.verbs, "*") || has(rule.verbs, verb))
        && (has(rule.groups, "*") || has(rule.groups, group))
        && is_of(rule.resources, resource)
}

/// Whether rules for these resources are about this one: `*`, itself, or `*/scale` for any `scale`.
fn is_of(resources: &[Node], resource: &str) -> bool {
    let below = resource.split_once('/').map(|(_, below)| format!("*/{below}"));
    texts(resources).any(|text| text == "*" || text == resource || Some(text) == below.as_deref())
}

/// The kinds of objects that the rule is about: those that are named, those that are known, and one that is neither.
fn objects(new: &Given<'_>, old: &[Given<'_>]) -> BTreeSet<(String, String)> {
    let facts = Kubernetes::embedded();
    let rule = &new.rule;
    let mut found = BTreeSet::new();
    let every: Vec<&RuleView<'_>> = old.iter().map(|given| &given.rule).chain([rule]).collect();
    let named: BTreeSet<&str> =
        every.iter().flat_map(|rule| texts(rule.groups)).filter(|group| *group != "*").collect();
    let groups: Vec<&str> = named.iter().copied().chain(unnamed(OTHER_GROUPS, &named)).collect();
    let named: BTreeSet<&str> =
        every.iter().flat_map(|rule| texts(rule.resources)).filter(|resource| *resource != "*").collect();
    let other = unnamed(OTHER_RESOURCES, &named).unwrap_or(OTHER_RESOURCES[0]);
    // `*/scale` is also about the `scale` of something that nobody has named.
    let resources: BTreeSet<String> =
        named.iter().map(|resource| resource.replace('*', other)).chain([other.to_owned()]).collect();
    for group in groups.iter().filter(|group| has(rule.groups, group) || has(rule.groups, "*")) {
        for resource in resources.iter().filter(|resource| is_of(rule.resources, resource)) {
            found.insert(((*group).to_owned(), resource.clone()));
        }
    }
    let has_pattern = has(rule.groups, "*") || texts(rule.resources).any(|resource| resource.contains('*'));
    for known in facts.resources().iter().filter(|_| has_pattern) {
        let group = if known.group == CORE { "" } else { known.group };
        if (has(rule.groups, "*") || has(rule.groups, group)) && is_of(rule.resources, known.name) {
            found.insert((group.to_owned(), known.name.to_owned()));
        }
    }
    // In a namespace, what lies in none cannot be reached.
    let is_reached = |(group, resource): &(String, String)| {
        let group = if group.is_empty() { CORE } else { group };
        let plain = resource.split('/').next().unwrap_or_default();
        new.namespace.is_none() || facts.resource(group, plain).is_none_or(|known| known.namespaced)
    };
    found.retain(is_reached);
    found
}

fn verbs(new: &Given<'_>, old: &[Given<'_>], group: &str, resource: &str) -> Vec<String> {
    if !has(new.rule.verbs, "*") {
        return texts(new.rule.verbs).map(str::to_owned).collect();
    }
    let facts = Kubernetes::embedded();
    let group = if group.is_empty() { CORE } else { group };
    let known = facts.resource(group, resource).map(|known| known.verbs.clone());
    let named = old.iter().flat_map(|given| texts(given.rule.verbs)).filter(|verb| *verb != "*");
    let all: BTreeSet<&str> = known.unwrap_or_else(|| VERBS.to_vec()).into_iter().chain(named).collect();
    // A verb of somebody's own, which only `*` allows.
    let own = unnamed(OTHER_VERBS, &all);
    all.iter().copied().chain(own).map(str::to_owned).collect()
}

fn unnamed(others: [&'static str; 3], named: &BTreeSet<&str>) -> Option<&'static str> {
    others.into_iter().find(|other| !named.contains(other))
}

/// Paths of the API server beside its objects; they hold everywhere or not at all.
fn of_urls(new: &Given<'_>, old: &[Given<'_>]) -> Option<Request> {
    if new.namespace.is_some() {
        return None;
    }
    let named: BTreeSet<&str> = old
        .iter()
        .flat_map(|one| texts(one.rule.verbs))
        .chain(["get", "post"])
        .filter(|verb| *verb != "*")
        .collect();
    let verbs: Vec<&str> = match has(new.rule.verbs, "*") {
        true => named.iter().copied().chain(unnamed(OTHER_VERBS, &named)).collect(),
        false => texts(new.rule.verbs).collect(),
    };
    for url in texts(new.rule.urls) {
        let mut example = match url.strip_suffix('*') {
            Some("") => "/any".to_owned(),
            Some(begin) => format!("{begin}any"),
            None => url.to_owned(),
        };
        // Something that nobody has named.
        while url.ends_with('*') && old.iter().any(|one| has(one.rule.urls, &example)) {
            example.push('x');
        }
        for verb in &verbs {
            let covers = |one: &Given<'_>| {
                let is_it = |pattern: &str| match pattern.strip_suffix('*') {
                    Some(begin) => example.starts_with(begin),
                    None => pattern == example,
                };
                one.namespace.is_none()
                    && (has(one.rule.verbs, "*") || has(one.rule.verbs, verb))
                    && texts(one.rule.urls).any(is_it)
            };
            if !old.iter().any(covers) {
                return Some(Request { verb: (*verb).to_owned(), what: format!("`{example}`"), risk: None });
            }
        }
    }
    None
}

impl Request {
    fn on(verb: &str, group: &str, resource: &str, name: Option<&str>) -> Request {
        let in_group = if group.is_empty() { String::new() } else { format!(".{group}") };
        let named = name.map(|name| format!(" `{name}`")).unwrap_or_default();
        let core = if group.is_empty() { CORE } else { group };
        let risk = Kubernetes::embedded().risk(core, resource, verb).filter(|_| name.is_none());
        Request { verb: verb.to_owned(), what: format!("`{resource}{in_group}`{named}"), risk }
    }

    /// For people: `get` on `pods` in the whole cluster.
    pub(super) fn shown(&self, namespace: Option<&str>) -> String {
        let place = match namespace {
            None => "in the whole cluster".to_owned(),
            Some("") => "in its namespace".to_owned(),
            Some(namespace) => format!("in the namespace `{namespace}`"),
        };
        format!("`{}` on {} {place}", self.verb, self.what)
    }
}
