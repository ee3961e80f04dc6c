//! Whatever stands in a binding on another platform than AWS: it is refused with its place, or what comes out is read
//! by who must read it. Nothing panics, and nothing from an intent leaves the value that it stands in.

#[path = "support/hostile.rs"]
mod support;

use std::str::FromStr as _;

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use leastwise_generate::intent::Intent;
use leastwise_generate::lower::{cedar, github, kubernetes};
use leastwise_generate::render::{
    KubernetesFormat, Names, cedar_text, kubernetes_value, render_github, render_kubernetes,
};
use proptest::prelude::*;
use saphyr::{LoadableYamlNode, Yaml};
use serde_json::Value;

/// Half a binding and half of what quoting rules get wrong.
fn binding() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "shop", "/", "pods", "apps", "deployments", "web", "cluster", "nodes", "*", ":", "log", "secrets",
            "example.com", "widgets", "https://", "http://", "api.example.com", "GET ", "POST,PUT ", "{id}", ":8443",
            "acme", "issues", "contents", "members", ".", "..", "/metrics",
        ])
        .prop_map(str::to_owned),
        1 => support::hostile(),
    ];
    prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

fn intent(key: &str, verb: &str, name: &str, binding: &str) -> Option<Intent> {
    let quoted = |text: &str| serde_json::to_string(text).expect("json");
    let text = format!(
        "roles:\n  {}:\n    permissions: [{{{}: it}}]\n    owner: {}\nresources:\n  it: {{{key}: {}}}\n",
        quoted(name),
        quoted(verb),
        quoted(name),
        quoted(binding)
    );
    Intent::from_yaml("roles.yaml", &text).ok()
}

/// The texts of a YAML document, keys included.
fn texts(node: &Yaml<'_>, found: &mut Vec<String>) {
    if let Some(text) = node.as_str() {
        found.push(text.to_owned());
    }
    for item in node.as_sequence().into_iter().flatten() {
        texts(item, found);
    }
    for (key, value) in node.as_mapping().into_iter().flatten() {
        texts(key, found);
        texts(value, found);
    }
}

fn texts_of(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        Value::Object(entries) => entries.iter().for_each(|(key, item)| {
            found.push(key.clone());
            texts_of(item, found);
        }),
        _ => {}
    }
}

proptest! {
    #[test]
    fn kubernetes_refuses_it_or_reads_it_back(
        binding in binding(),
        verb in prop::sample::select(vec!["read", "list", "write", "admin", "logs", "create", "x"]),
        name in prop_oneof![Just("Agent".to_owned()), support::hostile()],
    ) {
        let Some(intent) = intent("kubernetes", verb, &name, &binding) else { return Ok(()) };
        match kubernetes::compile(&intent, None) {
            Err(error) => prop_assert!(error.faults.iter().all(|fault| fault.place.line > 0), "{error}"),
            Ok(roles) => {
                let list = kubernetes_value(&roles[0]);
                let file = |format| render_kubernetes(&mut Names::default(), &roles[0], format).text;
                let (mut wanted, mut read) = (Vec::new(), Vec::new());
                texts_of(&list["items"], &mut wanted);
                for document in file(KubernetesFormat::Yaml).split("\n---\n") {
                    texts(&Yaml::load_from_str(document).expect("yaml")[0], &mut read);
                }
                prop_assert_eq!(read, wanted);
                prop_assert!(hcl::from_str::<hcl::Body>(&file(KubernetesFormat::Terraform)).is_ok());
            }
        }
    }

    #[test]
    fn cedar_refuses_it_or_accepts_what_comes_out(
        key in prop::sample::select(vec!["mcp", "http"]),
        binding in binding(),
        verb in prop::sample::select(vec!["read", "write", "admin", "call", "post", "x"]),
        name in prop_oneof![Just("Agent".to_owned()), support::hostile()],
    ) {
        let Some(intent) = intent(key, verb, &name, &binding) else { return Ok(()) };
        match cedar::compile(&intent, None) {
            Err(error) => prop_assert!(error.faults.iter().all(|fault| fault.place.line > 0), "{error}"),
            Ok(roles) => {
                let text = cedar_text(&roles[0]);
                let policies = PolicySet::from_str(&text).expect("cedar");
                prop_assert_eq!(policies.policies().count(), 1);
                let (schema, _) = Schema::from_cedarschema_str(cedar::SCHEMA).expect("the schema");
                let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
                prop_assert!(result.validation_passed(), "{text}");
            }
        }
    }

    #[test]
    fn github_refuses_it_or_names_files_that_stay_in_their_folder(
        binding in binding(),
        verb in prop::sample::select(vec!["read", "write", "admin", "x"]),
        name in prop_oneof![Just("Agent".to_owned()), support::hostile()],
    ) {
        let Some(intent) = intent("github", verb, &name, &binding) else { return Ok(()) };
        match github::compile(&intent, None) {
            Err(error) => prop_assert!(error.faults.iter().all(|fault| fault.place.line > 0), "{error}"),
            Ok(roles) => {
                for file in render_github(&mut Names::default(), &roles[0]) {
                    prop_assert!(!file.name.contains(['/', '\\']) && !file.name.starts_with('.'), "{}", file.name);
                    prop_assert!(serde_json::from_str::<Value>(&file.text).is_ok());
                }
            }
        }
    }
}
