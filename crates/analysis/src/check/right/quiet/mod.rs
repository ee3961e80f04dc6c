//! What nothing may be said of: policies as people write them, and what is not known before it is deployed.

mod policies;

use std::sync::LazyLock;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::DocumentKind;

use self::policies::QUIET;
use super::checks;
use crate::check::{Class, Document, Facts, Finding, Report, Rule, Subject};
use crate::source::{Node, Value, hole};

fn findings(kind: DocumentKind, resource_type: Option<&str>, root: Node) -> Vec<Finding> {
    static FACTS: LazyLock<Facts<'static>> = LazyLock::new(|| Facts::new(Catalog::embedded()));
    let mut document = Document::new("policy.json".into(), "policy", kind, root);
    document.resource_type = resource_type.map(str::to_owned);
    let mut findings = Vec::new();
    let subject = Subject::new(&document, &FACTS);
    for check in checks() {
        if let Rule::Document(rule) = check.rule {
            rule(&subject, &FACTS, &mut Report::new(check, &document, &mut findings));
        }
    }
    findings
}

#[test]
fn nothing_is_said_of_policies_that_are_right() {
    let mut wrong = Vec::new();
    for (kind, resource_type, statement) in QUIET {
        let root =
            Node::json(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#)).unwrap();
        for finding in findings(*kind, *resource_type, root) {
            wrong.push(format!("{} {} in {statement}", finding.code, finding.message));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every place of a value that is a text, as JSON pointers.
fn texts(node: &Node, pointer: &str, found: &mut Vec<String>) {
    match &node.value {
        Value::Text(_) => found.push(pointer.to_owned()),
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                texts(
                    &entry.value,
                    &format!("{pointer}/{}", entry.key.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        _ => {}
    }
}

fn put(node: &mut Node, pointer: &str, value: &Value) {
    let Some(rest) = pointer.strip_prefix('/') else {
        node.value = value.clone();
        return;
    };
    let (step, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let step = step.replace("~1", "/").replace("~0", "~");
    match &mut node.value {
        Value::List(items) => put(&mut items[step.parse::<usize>().unwrap()], rest, value),
        Value::Map(entries) => {
            let entry = entries.iter_mut().find(|entry| entry.key == step).unwrap();
            put(&mut entry.value, rest, value);
        }
        _ => panic!("{pointer}"),
    }
}

#[test]
fn what_is_not_known_is_never_malformed() {
    let unknown = [
        Value::Unknown("var.name".to_owned()),
        Value::Text(hole("var.name")),
        Value::Text(format!("arn:aws:s3:::{}", hole("var.name"))),
        Value::Text(format!("{}:x-{}", hole("var.a"), hole("var.b"))),
    ];
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (kind, resource_type, statement) in QUIET {
        let root =
            Node::json(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#)).unwrap();
        let mut places = Vec::new();
        texts(&root, "", &mut places);
        for (place, value) in places.iter().flat_map(|place| unknown.iter().map(move |value| (place, value)))
        {
            let mut changed = root.clone();
            put(&mut changed, place, value);
            tried += 1;
            // What hangs on a value that is no longer there, such as a principal beside an action, may be missed;
            // what stands there must not be called wrong.
            let found = findings(*kind, *resource_type, changed);
            for finding in found.iter().filter(|finding| finding.class == Class::Error) {
                wrong.push(format!(
                    "{} {} for {value:?} at {place} of {statement}",
                    finding.code, finding.message
                ));
            }
        }
    }
    assert!(tried > 800, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}: {}", wrong.len(), wrong[..wrong.len().min(25)].join("\n"));
}

proptest::proptest! {
    /// Whatever stands where a text stood, something or nothing is found, and nothing breaks.
    #[test]
    fn any_text_is_judged(
        which in 0_usize..1_000,
        place in 0_usize..1_000,
        text in proptest::prop_oneof!["\\PC{0,12}", "[a-z0-9:/*?${},.' -]{0,40}", "arn:[a-z*]{0,4}:[a-zA-Z0-9*?]{0,6}:.{0,12}"],
    ) {
        let all: Vec<_> = checks().flat_map(|check| [&check.bad, &check.good]).collect();
        let example = all[which % all.len()];
        let (Some(kind), Ok(mut root)) = (example.kind, Node::json(example.text)) else { return Ok(()) };
        let mut places = Vec::new();
        texts(&root, "", &mut places);
        if let Some(place) = places.get(place % places.len().max(1)) {
            put(&mut root, place, &Value::Text(text));
        }
        findings(kind, example.resource_type, root);
    }
}

#[test]
fn a_document_that_is_far_too_long_is_judged_all_the_same() {
    let actions: Vec<String> = (0..5_000).map(|index| format!("\"s3:Get*{index}\"")).collect();
    let resources: Vec<String> = (0..5_000).map(|index| format!("\"arn:aws:s3:::*{index}\"")).collect();
    let long = format!(
        r#"{{"Effect": "Allow", "Action": [{}], "Resource": [{}]}}"#,
        actions.join(","),
        resources.join(",")
    );
    let short = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"},"#;
    let statements = short.repeat(5_000);
    let root =
        Node::json(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}{long}]}}"#)).unwrap();
    let found = findings(DocumentKind::Identity, None, root);
    assert!(found.iter().any(|finding| finding.code == "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"));
}
