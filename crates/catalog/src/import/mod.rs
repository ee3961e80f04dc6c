//! AWS's own service reference over the embedded facts, so that a user can be newer than the program.
//!
//! AWS publishes one JSON file a service; its format is described in
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html>. What a file says
//! of its service is added to what the catalogue knows: new actions, types and keys come in, known ones are
//! replaced, and what the file does not mention stays (AWS also keeps what it has taken out of the documentation).
//! The reference does not say which types a call always has, nor which actions depend on others: these stay as
//! they were known. An access level is never made milder.

mod error;
mod place;
mod reference;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

pub use error::{ImportError, ImportProblem};

use crate::catalog::Catalog;
use crate::facts::{ActionFacts, Needs, Service, Visibility};
use crate::marks::Marks;
use crate::pattern::by_name;
use crate::read_only::{Calls, Table, add_calls, joined};
use place::Place;
use reference::Reference;

pub(crate) const DESTRUCTIVE: &str = include_str!("../../data/aws/destructive.txt");
pub(crate) const VISIBILITY: &str = include_str!("../../data/aws/visibility.txt");
pub(crate) const READ_ONLY: &str = include_str!("../../data/aws/read-only.txt");

impl Catalog {
    /// This catalogue with files of AWS's service reference over it, each given with the name that messages call
    /// it by. Either all files are taken or none is: `self` never changes.
    ///
    /// # Errors
    /// The first place where a file is not what the format says.
    pub fn import(&self, files: Vec<(String, Vec<u8>)>) -> Result<Catalog, ImportError> {
        let marks = Marks::parse(DESTRUCTIVE, VISIBILITY).expect("a test reads both tables");
        let read_only = Table::parse(READ_ONLY).expect("a test reads the table");
        let mut imported = self.copy();
        let mut digest = Sha256::new();
        digest.update(&self.version().digest);
        let mut prefixes = BTreeSet::new();
        for (name, bytes) in &files {
            let json = serde_json::from_slice(bytes).map_err(|error| ImportError::not_json(name, &error))?;
            let place = Place::root(name, &json);
            let reference = reference::read(&place)?;
            if !prefixes.insert(reference.prefix.clone()) {
                return Err(place.error(ImportProblem::ServiceTwice(reference.prefix)));
            }
            let known = self.service(&reference.prefix);
            let mut service = merge(known, reference, &marks);
            mark_read_only(&mut service, known, &read_only);
            imported.put(service);
            digest.update((bytes.len() as u64).to_le_bytes());
            digest.update(bytes);
        }
        let hex = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        imported.imported(hex, files.into_iter().map(|(name, _)| name));
        Ok(imported)
    }
}

/// What was known of the service with what the reference says over it.
fn merge(known: Option<&Service>, reference: Reference, marks: &Marks) -> Service {
    let prefix = reference.prefix;
    let mut service = known.cloned().unwrap_or_else(|| Service::new(&prefix, &prefix));
    replace(&mut service.condition_keys, reference.condition_keys, |key| &key.name);
    replace(&mut service.resource_types, reference.resource_types, |kind| &kind.name);
    let mut actions = reference.actions;
    for action in &mut actions {
        keep_what_the_reference_does_not_say(action, service.action(&action.name));
    }
    replace(&mut service.actions, actions, |action| &action.name);
    for operation in reference.operations {
        let same = |known: &crate::Operation| known.api == operation.api && known.name == operation.name;
        service.operations.retain(|known| !same(known));
        service.operations.push(operation);
    }
    service.operations.sort_by(|a, b| a.api.cmp(&b.api).then_with(|| by_name(&a.name, &b.name)));
    for api in reference.apis {
        if service.apis.iter().all(|known| known.name != api.name) {
            service.apis.push(api);
        }
    }
    mark(&mut service, marks);
    service
}

/// Puts `new` over `known`, by name, and sorts.
fn replace<T>(known: &mut Vec<T>, new: Vec<T>, name: impl Fn(&T) -> &str) {
    known.retain(|old| new.iter().all(|item| !name(item).eq_ignore_ascii_case(name(old))));
    known.extend(new);
    known.sort_by(|a, b| by_name(name(a), name(b)));
}

fn keep_what_the_reference_does_not_say(action: &mut ActionFacts, known: Option<&ActionFacts>) {
    let Some(known) = known else { return };
    action.levels = action.levels.stricter(known.levels);
    action.dependent.clone_from(&known.dependent);
    action.visibility = known.visibility;
    for api in &known.apis {
        if !action.apis.contains(api) {
            action.apis.push(api.clone());
        }
    }
    action.apis.sort();
    action.operations |= known.operations;
    for resource in &mut action.resources {
        if let Some(known) = known.resource(&resource.resource_type) {
            resource.required = known.required;
            resource.keys = known.keys.clone();
        }
    }
}

fn mark(service: &mut Service, marks: &Marks) {
    let mut named = BTreeSet::new();
    for operation in &service.operations {
        if let Needs::Actions(names) | Needs::Maybe(names) = &operation.needs {
            named.extend(names.iter().cloned());
        }
    }
    for action in &mut service.actions {
        let full = format!("{}:{}", service.prefix, action.name);
        action.operations |= !action.apis.is_empty() || named.contains(&*full);
        let seen = action.operations || action.visibility != Visibility::NotLogged;
        marks.mark(&service.prefix, action, seen);
    }
}

/// Marks the actions by the calls of their own service; what was known of calls to other services, and by rules, stays.
fn mark_read_only(service: &mut Service, known: Option<&Service>, table: &Table) {
    let mut calls = Calls::new();
    add_calls(service, &mut calls);
    let levels: BTreeMap<String, _> =
        service.actions.iter().map(|action| (action.name.to_ascii_lowercase(), action.levels)).collect();
    table.mark(service, &calls, |_, name| levels.get(&name.to_ascii_lowercase()).copied());
    let prefix = service.prefix.clone();
    for action in &mut service.actions {
        let Some(known) = known.and_then(|known| known.action(&action.name)) else { continue };
        let has_calls = calls.contains_key(&format!("{prefix}:{}", action.name).to_ascii_lowercase());
        action.read_only =
            if has_calls { joined(action.read_only, known.read_only) } else { known.read_only };
    }
}
