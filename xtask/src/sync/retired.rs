//! Keeps what AWS has ceased to list: a service that has ended, or an action that lost its name.
//!
//! Logs of last month still hold its calls, policies still name it, and AWS takes such policies as before. A catalogue
//! that forgot it would map those calls to nothing and call those policies wrong. So what the committed files have and
//! the packages do not stays as it was; the provenance page lists it. Whoever wants it forgotten deletes its lines.

use std::collections::BTreeMap;

use super::merge::{Notes, by_name};
use crate::facts::{ActionFacts, Service};

/// Adds what only `before` has, without its operations: which there are is what botocore says.
pub(super) fn keep(services: &mut BTreeMap<String, Service>, before: Vec<Service>, notes: &mut Notes) {
    for mut old in before {
        old.actions.iter_mut().for_each(|action| action.apis.clear());
        let Some(service) = services.get_mut(&*old.prefix) else {
            notes.retired.extend(old.actions.iter().map(|action| format!("{}:{}", old.prefix, action.name)));
            let service = Service { apis: Vec::new(), operations: Vec::new(), ..old };
            services.insert(service.prefix.to_string(), service);
            continue;
        };
        let gone = |action: &&ActionFacts| {
            !service.actions.iter().any(|known| known.name.eq_ignore_ascii_case(&action.name))
        };
        let gone: Vec<ActionFacts> = old.actions.iter().filter(gone).cloned().collect();
        for action in gone {
            notes.retired.push(format!("{}:{}", old.prefix, action.name));
            keep_action(service, &old, action);
        }
    }
    notes.retired.sort();
}

/// Adds an action with what it names: resource types and condition keys that nothing else has any more.
fn keep_action(service: &mut Service, old: &Service, action: ActionFacts) {
    for kind in old.resource_types.iter().filter(|kind| action.resource(&kind.name).is_some()) {
        if service.resource_type(&kind.name).is_none() {
            service.resource_types.push(kind.clone());
        }
    }
    let named = |key: &str| {
        action
            .keys
            .iter()
            .chain(action.resources.iter().flat_map(|kind| &*kind.keys))
            .any(|name| **name == *key)
    };
    for key in old.condition_keys.iter().filter(|key| named(&key.name)) {
        if service.condition_key(&key.name).is_none() {
            service.condition_keys.push(key.clone());
        }
    }
    service.actions.push(action);
    service.resource_types.sort_by(|a, b| by_name(&a.name, &b.name));
    service.condition_keys.sort_by(|a, b| by_name(&a.name, &b.name));
    service.actions.sort_by(|a, b| by_name(&a.name, &b.name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    fn service(text: &str) -> Service {
        text::parse(text).unwrap()
    }

    #[test]
    fn what_the_packages_no_longer_have_stays_with_what_it_names() {
        let new = service(
            "service x X\nkey x:new String\nresource new arn:x:new\naction GetNew R\n on new* x:new\n",
        );
        let old = service(
            "service x X\nkey x:old String\nkey x:unused String\nresource new arn:x:was\nresource old arn:x:old\n\
             resource unused arn:x:unused\naction getnew W\naction GetOld R\n api x\n on new*\n on old* x:old\n",
        );
        let ended =
            service("service ended E\napi ended e e\naction Go W\n api ended\noperation ended Run nothing\n");
        let mut services = BTreeMap::from([("x".to_owned(), new)]);
        let mut notes = Notes::default();
        keep(&mut services, vec![old, ended], &mut notes);
        assert_eq!(
            text::print(&services["x"]),
            "service x X\nkey x:new String\nkey x:old String\nresource new arn:x:new\nresource old arn:x:old\n\
             action GetNew R\n on new* x:new\naction GetOld R\n on new*\n on old* x:old\n"
        );
        assert_eq!(text::print(&services["ended"]), "service ended E\naction Go W\n");
        assert_eq!(notes.retired, ["ended:Go", "x:GetOld"]);
    }
}
