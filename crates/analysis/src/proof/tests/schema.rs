//! `docs/proof.schema.json` says what a proof is.

use super::*;

const TEXT: &str = include_str!("../../../../../docs/proof.schema.json");

/// The keywords of JSON Schema 2020-12 that the schema uses; another one fails the test.
fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    for (keyword, rule) in schema.as_object().unwrap() {
        let fine = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "examples" => true,
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().strip_prefix('#').unwrap()).unwrap();
                return check(root, target, value, place);
            }
            "type" => {
                let names = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                names.iter().any(|name| is(value, name.as_str().unwrap()))
            }
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_i64().is_none_or(|number| number >= rule.as_i64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
            "anyOf" => rule.as_array().unwrap().iter().any(|rule| check(root, rule, value, place).is_ok()),
            "required" => {
                let has =
                    |key: &Value| value.as_object().is_none_or(|all| all.contains_key(key.as_str().unwrap()));
                rule.as_array().unwrap().iter().all(has)
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(root, rule, item, &format!("{place}[]"))?;
                }
                true
            }
            "properties" => {
                for (key, rule) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        check(root, rule, value, &format!("{place}/{key}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = |key: &str| schema.get("properties").is_some_and(|all| all.get(key).is_some());
                for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
                    match rule {
                        Value::Bool(false) => return Err(format!("{place}/{key} is not in the schema")),
                        rule => check(root, rule, value, &format!("{place}/{key}"))?,
                    }
                }
                true
            }
            other => panic!("the test does not know `{other}`"),
        };
        if !fine {
            return Err(format!("{place}: {value} is against {keyword} {rule}"));
        }
    }
    Ok(())
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type `{other}`"),
    }
}

/// The patterns of the schema: so many hexadecimal digits, or a point in time.
fn matches(pattern: &str, text: &str) -> bool {
    if pattern.contains('Z') {
        return Timestamp::parse(text).is_some_and(|time| time.to_string() == text);
    }
    let length = pattern.strip_prefix("^[0-9a-f]{").unwrap().strip_suffix("}$").unwrap();
    text.len() == length.parse::<usize>().unwrap()
        && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Every object of the schema names its members, all but the signature are required, and no other is allowed.
fn strict(schema: &Value, place: &str) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{place}");
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        let named: BTreeSet<&str> =
            properties.keys().map(String::as_str).filter(|key| *key != "signature").collect();
        let optional = if place.ends_with("/status") { BTreeSet::from(["why"]) } else { BTreeSet::new() };
        assert_eq!(required, &named - &optional, "{place}");
    }
    match schema {
        Value::Object(members) => {
            for (key, value) in members.iter().filter(|(key, _)| *key != "examples") {
                strict(value, &format!("{place}/{key}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strict(item, place)),
        _ => {}
    }
}

#[test]
fn proofs_are_as_the_schema_says() {
    let schema: Value = serde_json::from_str(TEXT).unwrap();
    strict(&schema, "");
    let mut case = Case::new();
    let prefix: Vec<UsageRow> =
        (0..30).map(|n| row("s3:GetObject", object(&format!("in/{n}")), Outcome::Used, 40)).collect();
    case.rows.extend(prefix);
    case.options.width = Width::Prefix;
    let plain = case.proof();
    assert!(!plain.widenings.is_empty() && !plain.conditions_inferred.is_empty(), "{plain:#?}");
    case.options.destructive = Destructive::Drop;
    case.granted.boundary = Some(vec![Named::new("B", Policy::new(vec![Statement::allow(["*"], ["*"])]))]);
    let mut later = row("s3:GetObject", object("c"), Outcome::Used, 3);
    (later.first, later.last) = (at("2026-10-25"), at("2026-10-26"));
    case.newer = Some((at("2026-10-21"), vec![later]));
    let mut full = case.proof();
    sign(&mut full, &SigningKey::from_bytes(&[7; 32]));
    assert!(!full.replay.denied.is_empty() && !full.dropped.is_empty());
    let shared = Proof { inputs: None, ..plain.clone() };
    let rightsized = case.rightsized();
    case.granted.identity[0].policy = Policy::new(vec![Statement::deny(["s3:GetObject"], ["*"])]);
    let wider = case.proof_of(&rightsized);
    assert!(wider.within.as_ref().is_some_and(|within| within.request.is_some()));
    for proof in [plain, full, shared, wider] {
        check(&schema, &schema, &proof.value(), "").unwrap();
    }
}

#[test]
fn the_schema_is_of_this_version() {
    let schema: Value = serde_json::from_str(TEXT).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
