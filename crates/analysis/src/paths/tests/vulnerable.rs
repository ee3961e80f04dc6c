//! A public account that was made to be vulnerable.

use std::collections::BTreeMap;

use super::super::{Certainty, Found};
use crate::granted::Snapshot;

fn vulnerable() -> Option<Found> {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/privesc/iam_vulnerable_account.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/data is not here");
        return None;
    };
    let snapshot = Snapshot::parse("iam_vulnerable_account.json", &text).unwrap();
    Some(super::found(&snapshot, &[]))
}

/// What is said of each principal, by its name and kind.
fn said(found: &Found) -> BTreeMap<String, String> {
    let name = |arn: &str| arn.rsplit(':').next().unwrap().to_owned();
    let admins = found.admins.iter().map(|admin| (name(&admin.principal), "admin".to_owned()));
    let paths = found.paths.iter().map(|path| {
        let ids: Vec<&str> = path.steps.iter().map(|step| step.ids[0].as_str()).collect();
        (name(&path.source), format!("{} {}", path.certainty.as_str(), ids.join(" ")))
    });
    admins.chain(paths).collect()
}

/// Those of the account that nothing can be found of, with the reason.
const NOTHING: [(&str, &str); 2] = [
    (
        "role/privesc-permissive-role-trust",
        "it has no permission; any principal of its account may assume it",
    ),
    ("user/privesc-AssumeRole-start-user", "it has no permission, and no trust policy names it"),
];

#[test]
fn whoever_is_exploitable_is_found_and_whoever_is_not_is_not() {
    let Some(found) = vulnerable() else { return };
    let said = said(&found);
    for (name, what) in &said {
        println!("{name}: {what}");
    }
    assert!(found.unreadable.is_empty());
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/privesc/iam_vulnerable_account.json");
    let text = std::fs::read_to_string(path).unwrap();
    let snapshot = Snapshot::parse("account", &text).unwrap();
    let mut missed = Vec::new();
    for principal in snapshot.principals() {
        let name = principal.arn.rsplit(':').next().unwrap();
        let exploitable = principal.name.starts_with("privesc") || principal.name.starts_with("fn");
        match said.get(name) {
            Some(what) => assert!(exploitable, "{name} is harmless: {what}"),
            None if exploitable => missed.push(name),
            None => {}
        }
    }
    assert_eq!(missed, NOTHING.map(|(name, _)| name));
}

#[test]
fn whoever_was_missed_by_others_has_a_way_of_its_own() {
    let Some(found) = vulnerable() else { return };
    for path in found.paths.iter().filter(|path| path.source.contains("/fn")) {
        assert!(path.certainty <= Certainty::Assumed, "{path:?}");
    }
    assert_eq!(found.paths.iter().filter(|path| path.source.contains("/fn")).count(), 8);
}
