//! The tables name what exists, and names find what they mean.

use super::*;
use crate::azure::Azure;
use crate::gcp::Gcp;

/// Rows that name what does not exist.
fn wrong(places: &Places, exists: impl Fn(&str) -> bool, role: impl Fn(&str) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in &places.services {
        for means in service.means.iter().chain(&service.never).chain(&service.lists) {
            let unknown = means.operations.iter().filter(|name| !exists(name));
            wrong.extend(unknown.map(|name| format!("{}: no operation `{name}`", service.name)));
            if service.kind(&means.on).is_none() {
                wrong.push(format!("{}: no kind `{}`", service.name, means.on));
            }
        }
        for kind in &service.kinds {
            let unknown = kind.admin.iter().filter(|name| !role(name));
            wrong.extend(unknown.map(|name| format!("{}: no role `{name}`", service.name)));
            if kind.policy.is_some() && kind.terraform.is_none() && !service.hosts.is_empty() {
                wrong.push(format!("{}: no terraform for `{}`", service.name, kind.name));
            }
        }
        for said in service.notes.iter().chain(&service.refusals) {
            if service.kind(&said.kind).is_none() {
                wrong.push(format!("{}: no kind `{}`", service.name, said.kind));
            }
        }
    }
    wrong
}

#[test]
fn every_table_of_google_cloud_parses_and_names_what_exists() {
    let gcp = Gcp::embedded();
    let wrong = wrong(Places::gcp(), |name| gcp.has(name), |name| gcp.role(name).is_some());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_table_of_azure_parses_and_names_what_exists_without_wildcards() {
    let azure = Azure::embedded();
    let exists = |name: &str| !name.contains('*') && azure.meant(name).is_some();
    let wrong = wrong(Places::azure(), exists, |name| azure.role(name).is_some());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_short_name_is_found_when_it_is_of_one_service_only() {
    let places = Places::gcp();
    let found = places.find("projects/shop/topics/orders").unwrap();
    assert_eq!((found.service.name.as_str(), found.kind.name.as_str()), ("pubsub", "topic"));
    assert!(matches!(places.find("projects/shop/instances/main"), Err(Lost::Ambiguous(_))));
    let found = places.find("//cloudsql.googleapis.com/projects/shop/instances/main").unwrap();
    assert_eq!(found.service.name, "cloudsql");
    assert!(matches!(places.find("projects/*/topics/orders"), Err(Lost::Wildcard)));
}

#[test]
fn a_beginning_of_a_name_is_a_prefix() {
    let places = Places::gcp();
    let found = places.find("gs://orders/2026/*").unwrap();
    assert_eq!(
        (found.kind.name.as_str(), found.prefix, found.values["object"].as_str()),
        ("object", true, "2026/")
    );
    let found = places.find("gs://orders/*").unwrap();
    assert_eq!((found.kind.name.as_str(), found.values["object"].as_str()), ("object", ""));
}
