//! Documents that AWS wrote or accepted, and what others publish: each parses, and printing changes nothing.

#![expect(clippy::unwrap_used, reason = "shared data that cannot be read fails the test")]

mod common;

use common::shared_data;
use leastwise_policy::aws::{DocumentKind, Policy};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

#[test]
fn every_managed_policy_of_aws_parses_and_prints_back() {
    let Some(path) = shared_data("aws-managed-policies/aws_managed_policies.json.gz") else { return };
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let policies: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(policies.len(), 1_582);
    for (name, policy) in &policies {
        let document = &policy["Document"];
        let parsed = Policy::parse(&document.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        check_printing(name, &parsed, document);
    }
}

fn check_printing(name: &str, parsed: &Policy, document: &Value) {
    for printed in [parsed.to_json(), parsed.to_compact_json()] {
        assert_eq!(Policy::parse_kind(&printed, kind_of(document)).as_ref(), Ok(parsed), "{name}");
        let again: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(plain(&again), plain(document), "{name}");
    }
}

/// The document with every list of one as its element, every scalar as a string and every key in lower case (AWS's
/// own examples have `ForAnyValue:Stringlike`): what IAM sees.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(list) if list.len() == 1 => plain(&list[0]),
        Value::Array(list) => list.iter().map(plain).collect(),
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, value)| *key != "Version" && !is_empty(value));
            Value::Object(kept.map(|(key, value)| (key.to_lowercase(), plain(value))).collect())
        }
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn kind_of(document: &Value) -> DocumentKind {
    let statements =
        document["Statement"].as_array().cloned().unwrap_or_else(|| vec![document["Statement"].clone()]);
    let has = |keys: [&str; 2]| {
        statements.iter().any(|statement| keys.iter().any(|key| statement.get(key).is_some()))
    };
    match (has(["Principal", "NotPrincipal"]), has(["Resource", "NotResource"])) {
        (true, true) => DocumentKind::Resource,
        (true, false) => DocumentKind::Trust,
        (false, _) => DocumentKind::Identity,
    }
}

#[test]
fn documents_that_others_publish_parse_and_print_back_or_are_refused_for_a_known_reason() {
    let Some(root) = shared_data("iac") else { return };
    let mut documents = Vec::new();
    for folder in [
        root.clone(),
        root.join("../policy-cases"),
        root.join("../iam-snapshots"),
        root.join("../cloudtrail-generated/snapshot"),
    ] {
        collect(&folder, &mut documents);
    }
    assert_eq!(documents.len(), 801);
    let mut refused = BTreeMap::new();
    for (name, document) in documents {
        match Policy::parse_kind(&document.to_string(), kind_of(&document)) {
            Ok(parsed) => check_printing(&name, &parsed, &document),
            Err(error) => *refused.entry(reason(&error.reason)).or_default() += 1,
        }
    }
    assert_eq!(refused, BTreeMap::from(REFUSED));
}

/// Why documents are refused and how many. All are test cases of linters and placeholders in examples.
const REFUSED: [(&str, usize); 13] = [
    ("`Principal` as a bare ARN", 7),
    ("a bad Sid", 1),
    ("a bad date", 1),
    ("an action that is a placeholder", 1),
    ("a resource that is no ARN", 3),
    ("a Sid that stands twice", 1),
    ("an object for a text", 3),
    ("an unknown effect", 1),
    ("an unknown operator", 1),
    ("both `Action` and `NotAction`", 1),
    ("neither `Action` nor `NotAction`", 1),
    ("neither `Resource` nor `NotResource`", 6),
    ("no statement", 2),
];

fn reason(text: &str) -> &'static str {
    let known = [
        ("expected `\"*\"` or an object", REFUSED[0].0),
        ("may have only letters and digits", REFUSED[1].0),
        ("is not a date", REFUSED[2].0),
        ("must begin with a service", REFUSED[3].0),
        ("must be an ARN or `*`", REFUSED[4].0),
        ("stands twice", REFUSED[5].0),
        ("found an object", REFUSED[6].0),
        ("unknown effect", REFUSED[7].0),
        ("unknown condition operator", REFUSED[8].0),
        ("not both", REFUSED[9].0),
        ("neither `Action` nor `NotAction`", REFUSED[10].0),
        ("neither `Resource` nor `NotResource`", REFUSED[11].0),
        ("at least one statement", REFUSED[12].0),
    ];
    known.iter().find(|(part, _)| text.contains(part)).map_or("another reason", |(_, reason)| reason)
}

/// Every policy document in the JSON files below `folder`, also within other objects and within strings.
fn collect(folder: &Path, found: &mut Vec<(String, Value)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            if let Ok(value) = serde_json::from_str(&text) {
                search(&name, &value, found);
            }
        }
    }
}

fn search(name: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) if members.contains_key("Statement") => {
            found.push((name.to_owned(), value.clone()))
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| search(&format!("{name}/{key}"), value, found))
        }
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(index, value)| search(&format!("{name}/{index}"), value, found)),
        Value::String(text) if text.contains("\"Statement\"") => {
            if let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text) {
                search(name, &value, found);
            }
        }
        _ => {}
    }
}
