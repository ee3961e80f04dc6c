//! Google Cloud: custom roles, and who is given which role on what.
//!
//! A role is its permissions: <https://docs.cloud.google.com/iam/docs/roles-overview>. On a resource that is named the
//! same, whatever file says it; a policy that `gcloud` printed is that of one resource, which its file stands for.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use leastwise_catalog::gcp::Gcp;

use super::super::Widened;
use super::{Renamed, condition, covers, first_of, is_open, nearby, refers_to, renamed, said, told};
use crate::check::{CustomRole, Grant, Project, Thing};
use crate::source::{Node, Value, shown};

/// Attributes of a grant in Terraform that are not what it is on.
const NOT_WHERE: [&str; 8] = ["role", "member", "members", "condition", "etag", "id", "arn", "depends_on"];

/// Ends of permissions that matter most, most first.
const WORST: [&str; 9] = [
    ".setIamPolicy",
    ".getAccessToken",
    ".actAs",
    ".signBlob",
    ".signJwt",
    "serviceAccountKeys.create",
    ".delete",
    ".create",
    ".update",
];

pub(super) fn compare(old: &Project, new: &Project, widened: &mut Widened) {
    let files = renamed(things(old), things(new));
    let (before, now) = (State::of(old, &Renamed::new()), State::of(new, &files));
    widened.compared += new.roles.len() + new.grants.len();
    for role in &new.roles {
        custom(role, &before, &now, widened);
    }
    for given in &now.given {
        grant(given, &before, &now, widened);
    }
}

fn things(project: &Project) -> impl Iterator<Item = &Thing> {
    let roles = project.roles.iter().map(|role| &role.thing);
    roles.chain(project.grants.iter().map(|grant| &grant.thing))
}

/// One member of a grant.
struct Given<'a> {
    grant: &'a Grant,
    node: &'a Node,
    member: String,
    role: String,
    /// On what.
    place: String,
    condition: String,
}

struct State<'a> {
    roles: &'a [CustomRole],
    given: Vec<Given<'a>>,
    by_place: HashMap<String, Vec<usize>>,
    /// Custom roles by what grants call them, as far as was asked.
    named: RefCell<HashMap<String, Option<&'a CustomRole>>>,
}

/// Whether it is of a policy as the command line prints it.
fn is_printed(grant: &Grant) -> bool {
    grant.on.is_empty() && grant.thing.pointer.starts_with("/bindings")
}

impl<'a> State<'a> {
    fn of(project: &'a Project, renamed: &Renamed) -> State<'a> {
        let given = project.grants.iter().flat_map(|grant| {
            let place = place(grant, renamed);
            let root = &grant.thing.root;
            let role = root.get("role").and_then(said).unwrap_or_default();
            let condition = condition(root, &["condition"]);
            let members = root.get("members").or_else(|| root.get("member"));
            let members = members.map(Node::one_or_many).unwrap_or_default().iter();
            members.filter_map(move |node| {
                let (role, place, condition) = (role.clone(), place.clone(), condition.clone());
                Some(Given { grant, node, member: said(node)?, role, place, condition })
            })
        });
        let given: Vec<Given<'a>> = given.collect();
        let mut by_place: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, one) in given.iter().enumerate() {
            by_place.entry(one.place.clone()).or_default().push(index);
        }
        State { roles: &project.roles, given, by_place, named: RefCell::default() }
    }

    /// The custom role that a grant names.
    fn custom(&self, name: &str) -> Option<&'a CustomRole> {
        if let Some(known) = self.named.borrow().get(name) {
            return *known;
        }
        let last = |text: &str| text.rsplit("roles/").next().unwrap_or(text).to_owned();
        let is_it = |role: &&CustomRole| {
            let root = &role.thing.root;
            let written = root.get("role_id").or_else(|| root.get("name")).and_then(said);
            refers_to(name, &role.thing)
                || !name.starts_with("roles/") && written.is_some_and(|written| last(&written) == last(name))
        };
        let found = self.roles.iter().find(is_it);
        self.named.borrow_mut().insert(name.to_owned(), found);
        found
    }

    /// What a role allows; nothing when nobody here knows.
    fn permissions(&self, name: &str) -> Option<BTreeSet<String>> {
        match self.custom(name) {
            Some(role) => Some(permissions(role).into_iter().map(|(_, permission)| permission).collect()),
            None => Gcp::embedded().role(name).map(|role| role.permissions.iter().cloned().collect()),
        }
    }
}

/// On what a grant is.
fn place(grant: &Grant, renamed: &Renamed) -> String {
    if is_printed(grant) {
        let file = grant.thing.file.to_string();
        return renamed.get(&file).cloned().unwrap_or(file);
    }
    let named = grant.thing.root.entries().iter().filter(|entry| !NOT_WHERE.contains(&entry.key.as_str()));
    let mut named: Vec<String> = named
        .filter(|entry| entry.value.value != Value::Null)
        .map(|entry| {
            format!("{}={}", entry.key, said(&entry.value).unwrap_or_else(|| shown(&entry.value.to_json())))
        })
        .collect();
    named.sort();
    let place = format!("{} {}", grant.on, named.join(" "));
    // What is not named in full is what it is where it stands.
    match named.is_empty() || is_open(&place) {
        true => format!("{place} in {}", nearby(&grant.thing, renamed)),
        false => place,
    }
}

fn permissions(role: &CustomRole) -> Vec<(&Node, String)> {
    let root = &role.thing.root;
    let list = root.get("includedPermissions").or_else(|| root.get("permissions"));
    let nodes = list.map(Node::one_or_many).unwrap_or_default().iter();
    nodes.filter_map(|node| Some((node, said(node)?))).collect()
}

/// A custom role that allows more than it did, or that is new and given to nobody here.
fn custom(role: &CustomRole, before: &State<'_>, now: &State<'_>, widened: &mut Widened) {
    let root = &role.thing.root;
    let name = |one: &CustomRole| {
        let root = &one.thing.root;
        root.get("role_id").or_else(|| root.get("name")).or_else(|| root.get("title")).and_then(said)
    };
    let same = |one: &&CustomRole| {
        one.thing.name == role.thing.name || name(one).is_some() && name(one) == name(role)
    };
    let set = |one: &CustomRole| -> BTreeSet<String> {
        permissions(one).into_iter().map(|(_, permission)| permission).collect()
    };
    let own = set(role);
    let old = before.roles.iter().find(same).or_else(|| before.roles.iter().find(|one| set(one) == own));
    let is_given =
        now.given.iter().any(|given| now.custom(&given.role).is_some_and(|one| std::ptr::eq(one, role)));
    if old.is_none() && is_given {
        return;
    }
    let known = old.map(set).unwrap_or_default();
    let added: Vec<(&Node, String)> =
        permissions(role).into_iter().filter(|(_, permission)| !known.contains(permission)).collect();
    let Some(((node, _), worst)) = added.first().zip(worst(added.iter().map(|(_, one)| one.as_str()))) else {
        return;
    };
    let node = added.iter().find(|(_, one)| one == worst[0]).map_or(*node, |(node, _)| *node);
    let what = first_of(&worst);
    let message = match (old, is_open(worst[0])) {
        (_, true) => {
            format!("allows {what}, which is not known before it is deployed, so whether it is new is not")
        }
        (None, false) => format!("is new, and allows {what}"),
        (Some(_), false) => format!("allows {what}, which it did not before"),
    };
    let holders =
        now.given.iter().filter(|given| now.custom(&given.role).is_some_and(|one| std::ptr::eq(one, role)));
    let evidence =
        holders.take(3).map(|given| format!("`{}` on {} by `{}`", worst[0], where_is(given), given.member));
    let pointed = if root.pointer_of(node).is_some() { node } else { root };
    widened.findings.push(told(&role.thing, pointed, message, evidence.collect()));
}

/// Somebody who is given a role, and was not.
fn grant(given: &Given<'_>, before: &State<'_>, now: &State<'_>, widened: &mut Widened) {
    let everybody = |member: &str| {
        member == "allUsers" || member == "allAuthenticatedUsers" && given.member != "allUsers"
    };
    let same_place: Vec<&Given<'_>> = before
        .by_place
        .get(&given.place)
        .into_iter()
        .flatten()
        .map(|index| &before.given[*index])
        .filter(|one| {
            (one.member == given.member || everybody(&one.member)) && covers(&one.condition, &given.condition)
        })
        .collect();
    // What a role of one's own allows beyond what it did is told of the role.
    let is_same = |one: &&&Given<'_>| {
        one.role == given.role && (now.custom(&given.role).is_none() || before.custom(&one.role).is_some())
    };
    if same_place.iter().any(|one| is_same(&one)) {
        return;
    }
    let thing = &given.grant.thing;
    let Some(allowed) = now.permissions(&given.role) else {
        let message = format!(
            "gives `{}` the role `{}` on {}, and what that allows is not known here, so what is new is not",
            given.member,
            given.role,
            where_is(given)
        );
        widened.findings.push(told(thing, given.node, message, Vec::new()));
        return;
    };
    let held: BTreeSet<String> =
        same_place.iter().filter_map(|one| before.permissions(&one.role)).flatten().collect();
    let Some(worst) = worst(allowed.difference(&held).map(String::as_str)) else { return };
    let message = format!(
        "lets `{}` do {} on {}, which was not allowed before",
        given.member,
        first_of(&worst),
        where_is(given)
    );
    let under = if given.condition.is_empty() { String::new() } else { format!(" if `{}`", given.condition) };
    let evidence = format!(
        "`{}` on {} by `{}`, by the role `{}`{under}",
        worst[0],
        where_is(given),
        given.member,
        given.role
    );
    widened.findings.push(told(thing, given.node, message, vec![evidence]));
}

/// On what, in words.
fn where_is(given: &Given<'_>) -> String {
    if is_printed(given.grant) {
        return format!("what `{}` is the policy of", given.grant.thing.file);
    }
    let on = &given.grant.on;
    let named = given.place.split(" in ").next().unwrap_or_default();
    let named = named.strip_prefix(on.as_str()).unwrap_or(named).trim();
    match (on.as_str(), named) {
        ("", "") => "its resource".to_owned(),
        (on, "") => format!("the {on}"),
        (on, named) => format!("the {on} `{named}`"),
    }
}

/// All of them, what matters most first.
fn worst<'p>(permissions: impl Iterator<Item = &'p str>) -> Option<Vec<&'p str>> {
    let mut all: Vec<&str> = permissions.collect();
    let rank =
        |permission: &str| WORST.iter().position(|end| permission.ends_with(end)).unwrap_or(WORST.len());
    all.sort_by_key(|permission| (rank(permission), *permission));
    all.dedup();
    (!all.is_empty()).then_some(all)
}
