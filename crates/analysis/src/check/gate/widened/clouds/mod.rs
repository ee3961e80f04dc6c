//! What is new in Kubernetes, Google Cloud and Azure: who is given what where, on both sides, as it is written.
//!
//! Roles are taken apart into what they allow, with the catalogues for predefined roles and patterns. A role that somebody
//! is given in the same files is compared for whoever is given it; one that was there before also for itself, since
//! others may hold it. What is in no file and no catalogue is told, and nothing is taken to be the same that is not
//! written the same.

mod azure;
mod gcp;
mod kubernetes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::Widened;
use super::told::{FIX, NEW};
use crate::check::{Estate, Finding, Thing};
use crate::source::{Node, Value, shown};

/// Compares the states.
pub(super) fn compare(old: &Estate, new: &Estate, widened: &mut Widened) {
    kubernetes::compare(&old.kubernetes, &new.kubernetes, widened);
    gcp::compare(&old.gcp, &new.gcp, widened);
    azure::compare(&old.azure, &new.azure, widened);
}

/// A finding at a value of a thing.
fn told(thing: &Thing, node: &Node, message: String, evidence: Vec<String>) -> Finding {
    let pointer = thing.root.pointer_of(node).unwrap_or_default();
    Finding {
        file: thing.file.clone(),
        at: node.at,
        code: NEW.code,
        pointer: format!("{}{pointer}", thing.pointer),
        subject: thing.name.clone(),
        message: shown(&message),
        severity: NEW.severity,
        class: NEW.class,
        evidence: evidence.iter().map(|one| shown(one)).collect(),
        fix: Some(FIX.to_owned()),
    }
}

/// A value as a text; what is not known is what it hangs on, which is the same thing wherever it stands.
fn said(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(shown(text)),
        Value::Unknown(what) => Some(format!("${{{what}}}")),
        Value::Number(number) => Some(number.clone()),
        _ => None,
    }
}

/// Whether a part of it is not known before it is deployed.
fn is_open(text: &str) -> bool {
    text.contains("${")
}

/// Files by their new name with the one that they had before, when that is gone: all that stands in them is the same.
type Renamed = BTreeMap<String, String>;

fn renamed<'t>(old: impl Iterator<Item = &'t Thing>, new: impl Iterator<Item = &'t Thing>) -> Renamed {
    let (mut old, new) = (by_file(old), by_file(new));
    old.retain(|file, _| !new.contains_key(file));
    let mut renamed = Renamed::new();
    for (file, things) in new {
        let before = old.iter().find(|(_, before)| **before == things).map(|(before, _)| *before);
        let Some(before) = before.filter(|_| !things.is_empty()) else { continue };
        old.remove(before);
        renamed.insert(file.to_owned(), before.to_owned());
    }
    renamed
}

/// What stands in each file.
fn by_file<'t>(things: impl Iterator<Item = &'t Thing>) -> BTreeMap<&'t str, Vec<String>> {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for thing in things {
        let text = format!("{} {}", thing.pointer, thing.root.to_json());
        files.entry(&thing.file).or_default().push(text);
    }
    files
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Where something is that is not named in full: the folder and the module in which it stands, or stood before its file
/// was moved.
fn nearby(thing: &Thing, renamed: &Renamed) -> String {
    let folder = folder(renamed.get(&*thing.file).map_or(&*thing.file, String::as_str));
    let address = thing.name.split('`').nth(1).unwrap_or_default();
    let module = address.rfind("module.").map_or("", |begin| {
        let end = address[begin + 7..].find('.').map_or(address.len(), |at| begin + 7 + at);
        &address[..end]
    });
    format!("{folder} {module}")
}

/// Whether a reference of Terraform (`${google_project_iam_custom_role.x.id}`) leads to the resource of this thing.
fn refers_to(reference: &str, thing: &Thing) -> bool {
    let Some(inner) = reference.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return false;
    };
    let Some((resource, _)) = inner.rsplit_once('.') else { return false };
    let address = thing.name.split('`').nth(1).unwrap_or_default();
    let plain = |text: &str| text.split('[').next().unwrap_or_default().to_owned();
    let (resource, address) = (plain(resource), plain(address));
    address == resource || address.ends_with(&format!(".{resource}"))
}

/// A condition, as it is written; nothing without one.
fn condition(root: &Node, keys: &[&str]) -> String {
    let found = keys.iter().find_map(|key| root.get(key)).filter(|node| node.value != Value::Null);
    let Some(found) = found else { return String::new() };
    let expression = found.one_or_many().first().and_then(|one| one.get("expression")).and_then(said);
    expression.or_else(|| said(found)).unwrap_or_else(|| match found.items() {
        [] if matches!(found.value, Value::List(_)) => String::new(),
        _ => shown(&found.to_json()),
    })
}

/// Whether what held under one condition covers what holds under another.
fn covers(before: &str, now: &str) -> bool {
    before.is_empty() || before == now
}

/// The first, with how many more there are.
fn first_of(all: &[&str]) -> String {
    match all {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first, more @ ..] => format!("`{first}` and {} more", more.len()),
    }
}
