//! Gives the operations of the SDK services to the prefixes that authorise them.
//!
//! An operation is authorised by the action of its name, or else by what the map of 2022 says; what neither
//! knows is `unknown`, which the rules may settle.

use std::collections::{BTreeMap, BTreeSet};

use super::botocore::Sdk;
use super::merge::Notes;
use super::operation_map::OperationMap;
use crate::facts::{Api, Name, Needs, Operation, Service};

/// Event source label in lower case → prefixes, from the `source` lines of the rules.
pub(super) fn sources(rules: &str) -> BTreeMap<String, Vec<String>> {
    let mut sources = BTreeMap::new();
    for line in rules.lines() {
        let mut words = line.split_whitespace().take_while(|word| !word.starts_with('#'));
        if let (Some("source"), Some(label)) = (words.next(), words.next()) {
            sources.insert(label.to_lowercase(), words.map(str::to_owned).collect());
        }
    }
    sources
}

/// Gives the operations of an SDK service to the prefix that authorises them.
pub(super) fn place(
    services: &mut BTreeMap<String, Service>,
    sdk: Sdk,
    map: &OperationMap,
    sources: &BTreeMap<String, Vec<String>>,
    notes: &mut Notes,
) {
    let prefixes = prefixes(services, &sdk, sources);
    let Some(home) = prefixes.first().cloned() else {
        notes.homeless.push((sdk.name, sdk.operations.len()));
        return;
    };
    let api = Api {
        name: sdk.name.as_str().into(),
        endpoint: sdk.endpoint.as_str().into(),
        signing: sdk.signing.as_str().into(),
    };
    for name in &sdk.operations {
        let same = prefixes.iter().find_map(|prefix| {
            let at =
                services[prefix].actions.iter().position(|action| action.name.eq_ignore_ascii_case(name))?;
            Some((prefix, at))
        });
        let (kind, needs) = match same {
            Some((prefix, at)) if *prefix == home => {
                if let Some(service) = services.get_mut(prefix) {
                    service.actions[at].apis.push(api.name.clone());
                }
                *notes.operations.entry("the action of the same name").or_default() += 1;
                continue;
            }
            Some((prefix, at)) => {
                let full = format!("{prefix}:{}", services[prefix].actions[at].name);
                ("the action of the same name of another prefix", Needs::Actions(vec![full.into()]))
            }
            None => mapped(services, &sdk.id, name, map),
        };
        *notes.operations.entry(kind).or_default() += 1;
        if let Some(service) = services.get_mut(&home) {
            service.operations.push(Operation { api: api.name.clone(), name: name.as_str().into(), needs });
        }
    }
    if let Some(service) = services.get_mut(&home) {
        service.apis.push(api);
    }
}

/// The prefixes that may authorise an SDK service's operations, the likeliest first: the one that requests are
/// signed for, then those of its event source.
fn prefixes(
    services: &BTreeMap<String, Service>,
    sdk: &Sdk,
    sources: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let of_label = |label: &str| -> Vec<String> {
        let own = || vec![label.to_owned()];
        sources.get(&label.to_lowercase()).cloned().unwrap_or_else(own)
    };
    let mut found: Vec<String> = Vec::new();
    for prefix in [vec![sdk.signing.clone()], of_label(&sdk.endpoint)].concat() {
        if services.contains_key(&prefix) && !found.contains(&prefix) {
            found.push(prefix);
        }
    }
    if found.is_empty() {
        found = of_label(&sdk.signing).into_iter().filter(|prefix| services.contains_key(prefix)).collect();
    }
    found
}

/// What the map of 2022 says, as far as the actions still exist. Several actions are not a union to be granted:
/// the request chooses, so they are only possible ones.
fn mapped(
    services: &BTreeMap<String, Service>,
    id: &str,
    operation: &str,
    map: &OperationMap,
) -> (&'static str, Needs) {
    let method = format!("{}.{operation}", id.replace(' ', "")).to_lowercase();
    if map.nothing.contains(&method) {
        return ("no permission", Needs::Nothing);
    }
    let existing = |full: &String| -> Option<Name> {
        let (prefix, action) = full.split_once(':')?;
        let service = services.get(&prefix.to_lowercase())?;
        let action = service.actions.iter().find(|known| known.name.eq_ignore_ascii_case(action))?;
        Some(format!("{}:{}", service.prefix, action.name).into())
    };
    let actions: BTreeSet<Name> =
        map.actions.get(&method).into_iter().flatten().filter_map(existing).collect();
    let actions: Vec<Name> = actions.into_iter().collect();
    match actions.len() {
        0 => ("unknown", Needs::Unknown),
        1 => ("one action, by the map of 2022", Needs::Actions(actions)),
        _ => ("one of several actions, by the map of 2022", Needs::Maybe(actions)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::ActionFacts;
    use crate::level::Levels;

    #[test]
    fn the_sources_are_those_of_the_rules() {
        let sources =
            sources("# label prefixes\nsource Email ses # by mail\nignore x Y\nsource es es opensearch\n");
        assert_eq!(sources["email"], ["ses"]);
        assert_eq!(sources["es"], ["es", "opensearch"]);
        assert_eq!(sources.len(), 2);
    }

    #[test]
    fn several_actions_of_the_map_are_possible_ones_and_those_that_are_gone_are_dropped() {
        let action = |name: &str| ActionFacts::new(name, Levels::NONE);
        let service = Service { actions: vec![action("GetA"), action("GetB")], ..Service::new("x", "X") };
        let services = BTreeMap::from([("x".to_owned(), service)]);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let map = OperationMap {
            actions: BTreeMap::from([
                ("svcx.one".to_owned(), names(&["X:geta", "x:Gone"])),
                ("svcx.two".to_owned(), names(&["x:GetA", "x:GetB"])),
            ]),
            nothing: BTreeSet::from(["svcx.free".to_owned()]),
        };
        let needs = |operation: &str| mapped(&services, "Svc X", operation, &map).1;
        assert_eq!(needs("One"), Needs::Actions(vec!["x:GetA".into()]));
        assert_eq!(needs("Two"), Needs::Maybe(vec!["x:GetA".into(), "x:GetB".into()]));
        assert_eq!(needs("Free"), Needs::Nothing);
        assert_eq!(needs("Other"), Needs::Unknown);
    }
}
