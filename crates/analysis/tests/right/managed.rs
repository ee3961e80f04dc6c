//! The policies that AWS maintains itself.

use std::collections::BTreeMap;
use std::time::Instant;

use leastwise_analysis::check::{Class, Document, Finding, named};
use leastwise_policy::aws::DocumentKind;
use serde_json::Value;

use crate::support::{document, findings, shared_data, unpacked};

/// Name and text of each managed policy.
fn policies() -> Option<Vec<(String, String)>> {
    let file = shared_data("aws-managed-policies/aws_managed_policies.json.gz")?;
    let all: Value = serde_json::from_slice(&unpacked(&file)).expect("JSON");
    let rows = all.as_object().expect("an object").iter();
    Some(rows.map(|(name, row)| (name.clone(), row["Document"].to_string())).collect())
}

fn documents() -> Option<Vec<Document>> {
    let kind = DocumentKind::Identity;
    Some(policies()?.iter().map(|(name, text)| document(name, kind, text)).collect())
}

#[test]
#[ignore = "prints what is found, for the review"]
fn show() {
    let Some(documents) = documents() else { return };
    let found = findings(documents);
    let wanted = std::env::var("CODE").unwrap_or_default();
    let mut counts: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for finding in &found {
        *counts.entry((finding.class, finding.code)).or_default() += 1;
        if finding.code == wanted {
            println!("{} {} {}", finding.file, finding.pointer, finding.message);
        }
    }
    for ((class, code), count) in counts {
        println!("{count:6} {} {code}", class.as_str());
    }
    let _: Option<&Finding> = found.first();
    assert!(named("INVALID_ACTION").is_some());
}

#[test]
#[ignore = "measures"]
fn speed() {
    let Some(policies) = policies() else { return };
    let rounds = 5;
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let start = Instant::now();
        let kind = DocumentKind::Identity;
        let documents = policies.iter().map(|(name, text)| document(name, kind, text)).collect();
        let found = findings(documents);
        best = best.min(start.elapsed().as_secs_f64());
        assert!(!found.is_empty());
    }
    println!("{} policies, {:.0} policies/s", policies.len(), policies.len() as f64 / best);
}
