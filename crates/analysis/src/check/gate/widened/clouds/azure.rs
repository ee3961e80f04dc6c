//! Azure: role definitions, and who is assigned which role on which scope.
//!
//! A role allows the operations that a part of it names and does not take away again
//! (<https://learn.microsoft.com/en-us/azure/role-based-access-control/role-definitions>); tried are all that are known,
//! and for each pattern something that nobody has named yet. What holds on a scope holds on all below it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use leastwise_catalog::azure::{Azure, Plane};
use leastwise_policy::glob;

use super::super::Widened;
use super::{Renamed, condition, covers, first_of, is_open, nearby, refers_to, renamed, said, told};
use crate::check::azure_properties as properties;
use crate::check::{Assignment, Definition, Directory, Thing};
use crate::source::Node;

/// Ends of operations that matter most, most first.
const WORST: [&str; 5] = [
    "microsoft.authorization/roleassignments/write",
    "microsoft.authorization/roledefinitions/write",
    "/action",
    "/delete",
    "/write",
];

pub(super) fn compare(old: &Directory, new: &Directory, widened: &mut Widened) {
    let files = renamed(things(old), things(new));
    let (before, now) = (State::of(old, &Renamed::new()), State::of(new, &files));
    widened.compared += new.roles.len() + new.assignments.len();
    for role in new.roles.iter().filter(|role| !role.is_built_in) {
        definition(role, &before, &now, widened);
    }
    for given in &now.given {
        assignment(given, &before, &now, widened);
    }
}

fn things(directory: &Directory) -> impl Iterator<Item = &Thing> {
    let roles = directory.roles.iter().map(|role| &role.thing);
    roles.chain(directory.assignments.iter().map(|assignment| &assignment.thing))
}

struct Given<'a> {
    assignment: &'a Assignment,
    principal: String,
    role: String,
    scope: String,
    condition: String,
}

struct State<'a> {
    roles: &'a [Definition],
    given: Vec<Given<'a>>,
    /// Roles of the files by what assignments call them, as far as was asked.
    named: RefCell<HashMap<String, Option<&'a Definition>>>,
}

/// A part of a role: operations of one plane, and what is taken away of them, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    plane: Plane,
    allowed: Vec<String>,
    without: Vec<String>,
}

impl<'a> State<'a> {
    fn of(directory: &'a Directory, renamed: &Renamed) -> State<'a> {
        let given = directory.assignments.iter().map(|assignment| {
            let root = properties(&assignment.thing.root);
            let text =
                |keys: &[&str]| keys.iter().find_map(|key| root.get(key).and_then(said)).unwrap_or_default();
            let scope = text(&["scope", "Scope"]).to_ascii_lowercase();
            let scope = match scope.is_empty() || is_open(&scope) {
                true => format!("{scope} in {}", nearby(&assignment.thing, renamed)),
                false => scope,
            };
            Given {
                assignment,
                principal: text(&["principalId", "PrincipalId", "ObjectId", "principal_id", "principalName"]),
                role: text(&[
                    "roleDefinitionName",
                    "RoleDefinitionName",
                    "role_definition_name",
                    "roleDefinitionId",
                    "RoleDefinitionId",
                    "role_definition_id",
                ]),
                scope,
                condition: condition(root, &["condition", "Condition"]),
            }
        });
        State { roles: &directory.roles, given: given.collect(), named: RefCell::default() }
    }

    /// The role of the files that an assignment names.
    fn definition(&self, role: &str) -> Option<&'a Definition> {
        if let Some(known) = self.named.borrow().get(role) {
            return *known;
        }
        let last = role.rsplit('/').next().unwrap_or(role);
        let found = self.roles.iter().find(|one| {
            refers_to(role, &one.thing) || names(one).iter().any(|name| name.eq_ignore_ascii_case(last))
        });
        self.named.borrow_mut().insert(role.to_owned(), found);
        found
    }

    /// What a role allows; nothing when nobody here knows.
    fn parts(&self, role: &str) -> Option<Vec<Part>> {
        if let Some(found) = self.definition(role) {
            return Some(parts(found));
        }
        let last = role.rsplit('/').next().unwrap_or(role);
        let known = Azure::embedded().role(last)?;
        let lower = |all: &[String]| all.iter().map(|one| one.to_ascii_lowercase()).collect();
        let parts = known.permissions.iter().flat_map(|part| {
            [
                Part {
                    plane: Plane::Control,
                    allowed: lower(&part.actions),
                    without: lower(&part.not_actions),
                },
                Part {
                    plane: Plane::Data,
                    allowed: lower(&part.data_actions),
                    without: lower(&part.not_data_actions),
                },
            ]
        });
        Some(parts.collect())
    }
}

/// What a role is called: its name, and the end of its id.
fn names(role: &Definition) -> Vec<String> {
    let (root, inner) = (&role.thing.root, properties(&role.thing.root));
    let keys = ["roleName", "Name", "name", "Id", "id"];
    let all = keys.iter().flat_map(|key| [inner.get(key), root.get(key)]).flatten().filter_map(said);
    all.map(|name| name.rsplit('/').next().unwrap_or(&name).to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

fn parts(role: &Definition) -> Vec<Part> {
    let lower = |nodes: &[Node]| -> Vec<String> {
        nodes.iter().filter_map(said).map(|one| one.to_ascii_lowercase()).collect()
    };
    let parts = role.parts();
    let parts = parts.iter().flat_map(|part| {
        [
            Part { plane: Plane::Control, allowed: lower(part.actions), without: lower(part.not_actions) },
            Part {
                plane: Plane::Data,
                allowed: lower(part.data_actions),
                without: lower(part.not_data_actions),
            },
        ]
    });
    parts.collect()
}

fn allows(parts: &[Part], plane: Plane, operation: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| glob::matches(pattern, operation));
    parts.iter().any(|part| part.plane == plane && any(&part.allowed) && !any(&part.without))
}

/// What is allowed now and was not, what matters most first.
fn gained(old: &[Part], new: &[Part]) -> Vec<(Plane, String)> {
    if new.iter().all(|part| part.allowed.is_empty() || old.contains(part)) {
        return Vec::new();
    }
    let mut found: BTreeSet<(usize, Plane, String)> = BTreeSet::new();
    let rank = |name: &str| WORST.iter().position(|end| name.ends_with(end)).unwrap_or(WORST.len());
    let mut consider = |plane: Plane, name: &str| {
        let lower = name.to_ascii_lowercase();
        if allows(new, plane, &lower) && !allows(old, plane, &lower) {
            found.insert((rank(&lower), plane, name.to_owned()));
        }
    };
    for plane in [Plane::Control, Plane::Data] {
        if !new.iter().any(|part| part.plane == plane && !part.allowed.is_empty()) {
            continue;
        }
        Azure::embedded().operations(plane).for_each(|name| consider(plane, name));
        // What no catalogue has, and what takes nothing away any more.
        let named = new.iter().chain(old).filter(|part| part.plane == plane);
        for pattern in named.flat_map(|part| part.allowed.iter().chain(&part.without)) {
            consider(plane, &pattern.replace('*', "x"));
        }
    }
    found.into_iter().map(|(_, plane, name)| (plane, name)).collect()
}

/// A role that allows more than it did, or that is new and assigned to nobody here.
fn definition(role: &Definition, before: &State<'_>, now: &State<'_>, widened: &mut Widened) {
    let own = names(role);
    let same = |one: &&Definition| {
        one.thing.name == role.thing.name || names(one).iter().any(|name| own.contains(name))
    };
    let old =
        before.roles.iter().find(same).or_else(|| before.roles.iter().find(|one| parts(one) == parts(role)));
    let holds = |given: &&Given<'_>| now.definition(&given.role).is_some_and(|one| std::ptr::eq(one, role));
    if old.is_none() && now.given.iter().any(|given| holds(&given)) {
        return;
    }
    let new = parts(role);
    let gained = gained(&old.map(parts).unwrap_or_default(), &new);
    let Some((plane, worst)) = gained.first() else { return };
    let names: Vec<&str> = gained.iter().map(|(_, name)| name.as_str()).collect();
    let what = first_of(&names);
    let message = match (old, is_open(worst)) {
        (_, true) => {
            format!("allows {what}, which is not known before it is deployed, so whether it is new is not")
        }
        (None, false) => format!("is new, and allows {what}"),
        (Some(_), false) => format!("allows {what}, which it did not before"),
    };
    let evidence = now.given.iter().filter(holds).take(3);
    let evidence = evidence.map(|given| format!("`{worst}` on {} by `{}`", where_is(given), given.principal));
    let node = pattern(role, *plane, worst).unwrap_or(&role.thing.root);
    widened.findings.push(told(&role.thing, node, message, evidence.collect()));
}

/// The pattern of a role that allows an operation.
fn pattern<'a>(role: &'a Definition, plane: Plane, operation: &str) -> Option<&'a Node> {
    let operation = operation.to_ascii_lowercase();
    let matches =
        |node: &&Node| said(node).is_some_and(|text| glob::matches(&text.to_ascii_lowercase(), &operation));
    role.parts().into_iter().find_map(|part| match plane {
        Plane::Control => part.actions.iter().find(matches),
        Plane::Data => part.data_actions.iter().find(matches),
    })
}

/// Somebody who is assigned a role, and was not.
fn assignment(given: &Given<'_>, before: &State<'_>, now: &State<'_>, widened: &mut Widened) {
    let held: Vec<&Given<'_>> = before
        .given
        .iter()
        .filter(|one| {
            one.principal == given.principal
                && holds_on(&one.scope, &given.scope)
                && covers(&one.condition, &given.condition)
        })
        .collect();
    // What a role of one's own allows beyond what it did is told of the role.
    let is_same = |one: &&Given<'_>| {
        one.role == given.role
            && (now.definition(&given.role).is_none() || before.definition(&one.role).is_some())
    };
    if held.iter().any(is_same) {
        return;
    }
    let thing = &given.assignment.thing;
    let node = given.assignment.role().map_or(&thing.root, |(node, _)| node);
    let Some(new) = now.parts(&given.role) else {
        let message = format!(
            "assigns the role `{}` to `{}` on {}, and what that allows is not known here, so what is new is not",
            given.role,
            given.principal,
            where_is(given)
        );
        widened.findings.push(told(thing, node, message, Vec::new()));
        return;
    };
    let old: Vec<Part> = held.iter().filter_map(|one| before.parts(&one.role)).flatten().collect();
    let gained = gained(&old, &new);
    let Some((_, worst)) = gained.first() else { return };
    let names: Vec<&str> = gained.iter().map(|(_, name)| name.as_str()).collect();
    let message = format!(
        "lets `{}` do {} on {}, which was not allowed before",
        given.principal,
        first_of(&names),
        where_is(given)
    );
    let under = if given.condition.is_empty() { String::new() } else { format!(" if `{}`", given.condition) };
    let evidence = format!(
        "`{worst}` on {} by `{}`, by the role `{}`{under}",
        where_is(given),
        given.principal,
        given.role
    );
    widened.findings.push(told(thing, node, message, vec![evidence]));
}

/// Whether what holds on one scope holds on another.
fn holds_on(wide: &str, narrow: &str) -> bool {
    wide == "/"
        || narrow == wide
        || narrow.strip_prefix(wide.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

fn where_is(given: &Given<'_>) -> String {
    let scope = given.scope.split(" in ").next().unwrap_or_default();
    let written = given.assignment.scope().map_or(scope, |(_, written)| written);
    match written {
        "" => "its scope".to_owned(),
        written => format!("`{written}`"),
    }
}
