//! Operations on resources → custom roles and their assignments, as few as say exactly them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use leastwise_catalog::azure::{Azure, Plane};
use leastwise_policy::aws::Effect;

use super::super::cloud::{Operation, Reason, Wanted, described, titled};
use super::conditions::{guard, text, times};
use crate::intent::{Fault, Role};

/// A custom role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    /// Its name, unique in a tenant.
    pub name: String,
    /// Operations of the control plane, sorted.
    pub actions: Vec<String>,
    /// Operations of the data planes, sorted; never a wildcard.
    pub data_actions: Vec<String>,
    /// The resource groups in which it can be assigned: Azure recommends nothing narrower.
    pub assignable_scopes: Vec<String>,
}

/// What an assignment grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grants {
    /// A custom role, by its number.
    Custom(usize),
    /// A built-in role: name and id.
    BuiltIn(String, String),
}

/// A role assigned on a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The role.
    pub grants: Grants,
    /// The id of the resource.
    pub scope: String,
    /// When it counts.
    pub condition: Option<String>,
}

/// Roles, assignments, and why.
#[derive(Default)]
pub(super) struct Granted {
    pub(super) roles: Vec<CustomRole>,
    pub(super) assignments: Vec<Assignment>,
    pub(super) reasons: Vec<Reason>,
    /// The resource groups, in the order of the intent.
    pub(super) groups: Vec<String>,
}

/// Where something is granted, and the tests of its condition.
type Spot = (String, Vec<String>);

/// What is granted on a spot, with the words and names that say so.
#[derive(Default)]
struct Here<'w> {
    operations: BTreeSet<&'w str>,
    wants: Vec<(&'w str, &'w str)>,
}

pub(super) fn grant(role: &Role, allowed: &[Wanted<'static>], faults: &mut Vec<Fault>) -> Granted {
    let times = times(role);
    let mut granted = Granted::default();
    let mut order: Vec<Spot> = Vec::new();
    let mut here: BTreeMap<Spot, Here<'_>> = BTreeMap::new();
    for want in allowed {
        granted.group(want);
        if !want.admin.is_empty() {
            match spot(want, &Operation { name: String::new(), on: want.resource.kind, by: None }, &times) {
                Ok((scope, _)) => granted.built_in(want, &scope),
                Err(fault) => faults.push(fault),
            }
        }
        for operation in &want.operations {
            let spot = match spot(want, operation, &times) {
                Ok(spot) => spot,
                Err(fault) => {
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                    continue;
                }
            };
            granted.reasons.push(reason(want, &operation.name, &spot));
            if !order.contains(&spot) {
                order.push(spot.clone());
            }
            let here = here.entry(spot).or_default();
            here.operations.insert(&operation.name);
            let said = (want.verb.as_str(), want.name.as_str());
            if !here.wants.contains(&said) {
                here.wants.push(said);
            }
        }
    }
    for spot in order {
        if let Some(here) = here.get(&spot) {
            granted.custom(&role.name.value, spot, here);
        }
    }
    granted
}

impl CustomRole {
    /// Takes a name that no other role has.
    pub(super) fn make_unique(&mut self, taken: &mut HashSet<String>) {
        let base = self.name.clone();
        let mut next = 2;
        while !taken.insert(self.name.to_ascii_lowercase()) {
            self.name = format!("{base} {next}");
            next += 1;
        }
    }
}

impl Granted {
    fn group(&mut self, want: &Wanted<'_>) {
        let group = want.resource.service.kinds.first().and_then(|group| want.resource.name_as(group));
        let group = group.filter(|group| !self.groups.contains(group));
        self.groups.extend(group);
    }

    fn built_in(&mut self, want: &Wanted<'_>, scope: &str) {
        for role in want.admin.iter().filter_map(|name| Azure::embedded().role(name)) {
            self.reasons.push(reason(want, &role.name, &(scope.to_owned(), Vec::new())));
            let grants = Grants::BuiltIn(role.name.clone(), role.id.clone());
            self.assignments.push(Assignment { grants, scope: scope.to_owned(), condition: None });
        }
    }

    /// Assigns a custom role: one that there is when it has the same operations.
    fn custom(&mut self, role: &str, (scope, tests): Spot, here: &Here<'_>) {
        let of = |plane| -> Vec<String> {
            let all = here.operations.iter().filter_map(|name| Azure::embedded().meant(name));
            all.filter(|(_, of)| *of == plane).map(|(name, _)| name.to_owned()).collect()
        };
        let (actions, data_actions) = (of(Plane::Control), of(Plane::Data));
        let same = |known: &CustomRole| known.actions == actions && known.data_actions == data_actions;
        let index = self.roles.iter().position(same).unwrap_or_else(|| {
            let name = titled(role, &here.wants, 120);
            self.roles.push(CustomRole { name, actions, data_actions, assignable_scopes: Vec::new() });
            self.roles.len() - 1
        });
        let group: Vec<&str> = scope.splitn(6, '/').take(5).collect();
        let group = group.join("/");
        let scopes = &mut self.roles[index].assignable_scopes;
        if !scopes.contains(&group) {
            scopes.push(group);
        }
        let operations: Vec<&str> = here.operations.iter().copied().collect();
        let condition = guard(&operations, &tests);
        self.assignments.push(Assignment { grants: Grants::Custom(index), scope, condition });
    }
}

fn reason(want: &Wanted<'_>, operation: &str, (scope, tests): &Spot) -> Reason {
    let at = match tests.is_empty() {
        true => scope.clone(),
        false => format!("{scope} when {}", tests.join(" and ")),
    };
    Reason {
        effect: Effect::Allow,
        operation: operation.to_owned(),
        at,
        verb: want.verb.clone(),
        name: want.name.clone(),
        place: want.place.clone(),
        how: want.how,
    }
}

/// Where an operation is granted: on the resource, or on what it lies in with a condition on its name.
fn spot(want: &Wanted<'static>, operation: &Operation<'static>, times: &[String]) -> Result<Spot, Fault> {
    let resource = &want.resource;
    let on = operation.on;
    let mut tests = Vec::new();
    let mut at = on;
    if on.policy.is_none() {
        let name = on
            .attribute
            .as_ref()
            .and_then(|attribute| Some((attribute, attribute.name.fill(&resource.values)?)));
        let above = resource.service.above(on);
        let (Some((attribute, name)), Some(above)) = (name, above) else {
            let message = format!("roles are not assigned on {}", described(resource));
            return Err(Fault::new(&want.place, message).help("bind what it lies in"));
        };
        if name.contains(['\'', '\\']) || name.chars().any(char::is_control) {
            let message = format!("`{name}` cannot be said in a condition of Azure");
            return Err(Fault::new(&want.place, message).help("end the name before the quote or backslash"));
        }
        let operator = if resource.prefix { "StringStartsWith" } else { "StringEquals" };
        // A beginning of nothing is everything in the container.
        if !(resource.prefix && name.is_empty()) {
            tests.push(format!("@Resource[{}] {operator} {}", attribute.of, text(&name)));
        }
        at = above;
    } else if resource.prefix {
        let message =
            format!("Azure assigns no role on {} by the beginning of its name", described(resource));
        return Err(Fault::new(&want.place, message).help("bind each by its whole id"));
    }
    if !times.is_empty() {
        let data = Azure::embedded().meant(&operation.name).is_some_and(|(_, plane)| plane == Plane::Data);
        if at.policy != Some(true) || !data {
            let what = if operation.name.is_empty() { &want.verb } else { &operation.name };
            let message = format!(
                "Azure has no condition on the time for `{what}`, and without it more would be allowed"
            );
            return Err(Fault::new(&want.place, message).help(
                "only reading and writing blobs and queues can be limited in time; leave out `conditions` and `expires`, or use privileged identity management",
            ));
        }
        tests.extend_from_slice(times);
    }
    match resource.name_as(at) {
        Some(scope) => Ok((scope, tests)),
        None => Err(Fault::new(&want.place, format!("`{}` is no id of a resource", want.name))),
    }
}
