//! The committed service files: they read, print and refer to what is there.

#[expect(dead_code, unreachable_pub, reason = "the library's own types, of which reading needs a part")]
#[path = "../src/facts.rs"]
mod facts;
#[expect(dead_code, unreachable_pub, reason = "the library's own types, of which reading needs a part")]
#[path = "../src/level.rs"]
mod level;
#[expect(unreachable_pub, reason = "shared with the build script")]
#[path = "../build/text.rs"]
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use facts::{Needs, Service};
use leastwise_catalog::ArnFormat;

fn services() -> Vec<(String, String, Service)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/aws/services");
    let mut services = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        let content = std::fs::read_to_string(&path).expect("the file can be read");
        let service = text::parse(&content).unwrap_or_else(|reason| panic!("{name}: {reason}"));
        services.push((name, content, service));
    }
    services.sort_by(|a, b| a.0.cmp(&b.0));
    services
}

#[track_caller]
fn sorted<'a>(what: &str, names: impl Iterator<Item = &'a str>) {
    let names: Vec<String> = names.map(str::to_lowercase).collect();
    let mut expected = names.clone();
    expected.sort();
    expected.dedup();
    assert_eq!(names, expected, "{what}");
}

#[test]
fn printing_what_was_read_changes_nothing() {
    for (name, content, service) in services() {
        assert_eq!(text::print(&service), content, "{name}");
        assert_eq!(*service.prefix, *name);
    }
}

#[test]
fn every_file_is_sorted_and_names_each_thing_once() {
    for (name, _, service) in services() {
        sorted(&name, service.actions.iter().map(|action| &*action.name));
        sorted(&name, service.resource_types.iter().map(|kind| &*kind.name));
        sorted(&name, service.condition_keys.iter().map(|key| &*key.name));
        let operations: Vec<String> = service
            .operations
            .iter()
            .map(|operation| format!("{} {}", operation.api, operation.name))
            .collect();
        sorted(&name, operations.iter().map(String::as_str));
        for action in &service.actions {
            sorted(&name, action.keys.iter().map(|key| &**key));
            sorted(&name, action.resources.iter().map(|resource| &*resource.resource_type));
        }
    }
}

#[test]
fn every_action_that_another_names_exists() {
    let services = services();
    let known: BTreeSet<String> = services
        .iter()
        .flat_map(|(_, _, service)| {
            service.actions.iter().map(|action| format!("{}:{}", service.prefix, action.name))
        })
        .collect();
    for (name, _, service) in &services {
        let dependent = service.actions.iter().flat_map(|action| &action.dependent);
        let needed = service.operations.iter().flat_map(|operation| match &operation.needs {
            Needs::Actions(names) | Needs::Maybe(names) => names.as_slice(),
            Needs::Nothing | Needs::Unknown => &[],
        });
        for action in dependent.chain(needed) {
            assert!(known.contains(&**action), "{name}: {action}");
        }
    }
}

#[test]
fn every_resource_type_that_an_action_names_exists() {
    for (name, _, service) in services() {
        for action in &service.actions {
            for resource in &action.resources {
                let known = service.resource_types.iter().any(|kind| kind.name == resource.resource_type);
                assert!(known, "{name}: {} on {}", action.name, resource.resource_type);
            }
        }
    }
}

#[test]
fn every_arn_format_has_six_parts_and_matches_what_it_makes() {
    for (name, _, service) in services() {
        for format in service.resource_types.iter().flat_map(|kind| &kind.arn) {
            let parsed = ArnFormat::parse(format);
            let arn =
                parsed.fill(|variable| Some(if variable == "Partition" { "aws".into() } else { "x".into() }));
            assert!(arn.starts_with("arn:aws:") && arn.split(':').count() >= 6, "{name}: {format}");
            assert!(!arn.contains("${"), "{name}: {format}");
            assert!(parsed.matches(&arn), "{name}: {format} does not match {arn}");
        }
    }
}

#[test]
fn the_counts_are_those_of_the_provenance_page() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/aws/PROVENANCE.md");
    let page = std::fs::read_to_string(page).unwrap();
    let services = services();
    let count = |of: fn(&Service) -> usize| services.iter().map(|(_, _, service)| of(service)).sum::<usize>();
    assert!(page.contains(&format!("| services | {} |", services.len())));
    assert!(page.contains(&format!("| actions | {} |", count(|service| service.actions.len()))));
    assert!(
        page.contains(&format!("| resource types | {} |", count(|service| service.resource_types.len())))
    );
    assert!(
        page.contains(&format!("| condition keys | {} |", count(|service| service.condition_keys.len())))
    );
}
