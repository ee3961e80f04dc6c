//! Whoever changes a proof, a policy or a log is found out, and told where.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Field → what a forger writes there, and the check that finds it out although the digest was made anew. Nothing
/// stands for what only the signature guards.
fn forgeries() -> Vec<(&'static str, Value, Option<&'static str>)> {
    let zeros = "0".repeat(64);
    vec![
        ("schema", json!("leastwise/proof/2"), Some("format")),
        ("leastwise", json!("9.9.9"), None),
        ("evaluator", json!("0"), Some("evaluator")),
        (
            "catalog",
            json!({"date": "2026-01-01", "digest": zeros, "imported": [], "read_with": []}),
            Some("catalogue"),
        ),
        ("principal", json!("arn:aws:iam::111122223333:role/other"), Some("usage")),
        ("window", json!({"from": "2026-10-05T00:00:00Z", "to": null, "seen": null}), Some("window")),
        (
            "settings",
            json!({"width": "any", "destructive": "keep", "conditions": "none", "fold_at": 7}),
            None,
        ),
        ("inputs", json!([]), Some("inputs")),
        ("inputs_digest", json!(zeros), Some("inputs")),
        ("usage_digest", json!(zeros), Some("usage")),
        ("policy", json!([]), Some("documents")),
        (
            "granted",
            json!({"identity": [{"name": "B", "sha256": zeros, "text": "{}"}], "boundary": null}),
            Some("granted"),
        ),
        (
            "names",
            json!([{"named": "arn:aws:iam::111122223333:role/a", "by": "path",
            "is": "arn:aws:iam::111122223333:role/x/a", "both": false}]),
            Some("names"),
        ),
        ("counts", Value::Null, Some("counts")),
        ("replay", Value::Null, Some("replay")),
        ("holds", json!(false), Some("holds")),
        ("cut", Value::Null, Some("cut")),
        (
            "within",
            json!({"answer": "unknown", "compared": "identity-policies", "why": "", "request": null}),
            Some("within"),
        ),
        (
            "widenings",
            json!([{"actions": ["s3:GetObject"], "to": "*", "reason": "any", "resource_type": null,
            "from_count": 1, "from": [], "events": 1}]),
            None,
        ),
        (
            "conditions_inferred",
            json!([{"key": "aws:SourceVpce", "values": [], "actions": [], "observations": 1, "days": 1}]),
            None,
        ),
        ("dropped", json!(["s3:DeleteObject"]), Some("dropped")),
        (
            "holdout",
            json!({"from": "2026-10-05T00:00:00Z", "policy": [], "usage_digest": zeros,
            "result": {"events": 0, "allowed": 0, "as_granted": 0, "denied": [], "undecided": [], "not_granted": []}}),
            Some("holdout"),
        ),
        ("problems", json!([]), None),
    ]
}

/// The fields of a whole section, each changed alone.
fn within(section: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for (key, value) in section.as_object().unwrap() {
        let mut changed = section.clone();
        changed[key] = match value {
            Value::Number(number) => json!(number.as_u64().unwrap() + 1),
            Value::Array(items) if !items.is_empty() => json!([]),
            _ => continue,
        };
        all.push(changed);
    }
    assert!(!all.is_empty());
    all
}

/// What the proof says with a field changed.
fn forge(proof: &Proof, field: &str, value: &Value) -> Value {
    let mut forged = proof.value();
    assert_ne!(forged[field], *value, "{field}");
    forged[field] = value.clone();
    forged
}

fn made_anew(mut forged: Value) -> Value {
    let digest = serde_json::from_value::<Proof>(forged.clone()).unwrap().digest_now();
    forged["digest"] = json!(digest);
    forged
}

#[test]
fn every_field_of_a_proof_is_guarded() {
    let case = Case::new();
    let mut proof = case.proof();
    sign(&mut proof, &SigningKey::from_bytes(&[7; 32]));
    let mut guarded: BTreeSet<&str> = BTreeSet::from(["digest", "signature"]);
    for (field, value, finds) in forgeries() {
        guarded.insert(field);
        let values = if value.is_null() { within(&proof.value()[field]) } else { vec![value] };
        for value in values {
            let forged = forge(&proof, field, &value);
            let careless = case.verify(&forged.to_string());
            let clumsy = if field == "schema" { "format" } else { "digest" };
            assert!(failed(&careless).contains(&clumsy), "{field}: {careless:#?}");
            assert!(!careless.holds && !careless.genuine);
            let mut careful = made_anew(forged);
            let report = case.verify(&careful.to_string());
            let expected = if field == "schema" { "format" } else { "signature" };
            assert!(failed(&report).contains(&expected), "{field}: {report:#?}");
            careful.as_object_mut().unwrap().remove("signature");
            let report = case.verify(&careful.to_string());
            let totals = report.on_trust.iter().any(|what| what.starts_with("the totals"));
            assert_eq!(totals, careful["counts"]["saved"] != 0, "{report:#?}");
            match finds.filter(|_| !totals) {
                Some(name) => assert!(failed(&report).contains(&name), "{field}: {report:#?}"),
                None => {
                    assert_eq!(failed(&report), Vec::<&str>::new(), "{field}: only the signature guards it")
                }
            }
        }
    }
    let value = proof.value();
    let fields: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, guarded, "a new field needs a row above");
}

#[test]
fn the_digest_and_every_part_of_the_signature_are_guarded() {
    let case = Case::new();
    let mut proof = case.proof();
    sign(&mut proof, &SigningKey::from_bytes(&[7; 32]));
    let forged = forge(&proof, "digest", &json!("0".repeat(64)));
    assert_eq!(failed(&case.verify(&forged.to_string())), ["digest", "signature"]);
    for part in ["algorithm", "key_id", "public_key", "value"] {
        for to in ["0".repeat(64), "rsa".to_owned(), String::new(), "ff".repeat(64), "€".to_owned()] {
            let mut forged = proof.value();
            forged["signature"][part] = json!(to);
            assert_eq!(failed(&case.verify(&forged.to_string())), ["signature"], "{part} {to}");
        }
        let mut upper = proof.value();
        upper["signature"][part] = json!(upper["signature"][part].as_str().unwrap().to_uppercase());
        assert_eq!(failed(&case.verify(&upper.to_string())), ["signature"], "{part} in upper case");
    }
}

#[test]
fn what_a_proof_does_not_have_is_refused_at_any_depth() {
    let case = Case::new();
    let proof = case.proof();
    for pointer in [
        "",
        "/replay",
        "/within",
        "/cut",
        "/cut/destructive",
        "/counts",
        "/window/seen",
        "/inputs/0",
        "/settings",
    ] {
        let mut more = proof.value();
        let at = more.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        at.insert("more".to_owned(), json!(1));
        assert_eq!(failed(&case.verify(&more.to_string())), ["format"], "{pointer}");
        let mut less = proof.value();
        let at = less.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        let key = at.keys().find(|key| *key != "schema").unwrap().clone();
        at.remove(&key);
        assert_eq!(failed(&case.verify(&less.to_string())), ["format"], "{pointer}/{key}");
    }
    for text in ["", "{}", "[]", "null", "{\"schema\": 1}", &"[".repeat(100_000)] {
        assert_eq!(failed(&case.verify(text)), ["format"]);
    }
    let twice = proof.to_json().replacen("\"holds\": true", "\"holds\": true, \"holds\": true", 1);
    assert_eq!(failed(&case.verify(&twice)), ["format"]);
}

#[test]
fn every_change_of_a_row_is_found_out() {
    let case = Case::new();
    let text = case.proof().to_json();
    type Change = fn(&mut UsageRow);
    let changes: [(&str, Change); 9] = [
        ("action", |row| row.action.push('x')),
        ("resource", |row| row.resource = object("z")),
        ("kind of resource", |row| row.resource = Resource::Pattern(row.resource.as_str().to_owned())),
        ("outcome", |row| row.outcome = Outcome::Failed),
        ("context", |row| row.context = UsageContext::default()),
        ("count", |row| row.count += 1),
        ("first", |row| row.first = row.first.plus_days(1)),
        ("last", |row| row.last = row.last.plus_days(1)),
        ("example", |row| row.example.push('x')),
    ];
    for (what, change) in changes {
        let documents = case.documents();
        let mut other = Case::new();
        change(&mut other.rows[0]);
        let report = other.verify_with(&text, &documents, None);
        assert!(failed(&report).contains(&"usage"), "{what}: {report:#?}");
    }
    let (documents, mut fewer) = (case.documents(), Case::new());
    fewer.rows.remove(0);
    let report = fewer.verify_with(&text, &documents, None);
    assert!(["usage", "counts", "replay"].iter().all(|name| failed(&report).contains(name)), "{report:#?}");
}

#[test]
fn a_changed_missing_or_foreign_document_is_named() {
    let case = Case::new();
    let text = case.proof().to_json();
    let documents = case.documents();
    let report = case.verify_with(&text, &[], None);
    assert!(failed(&report).starts_with(&["documents"]), "{report:#?}");
    assert!(detail(&report, "documents").contains("is missing or was changed"));
    let mut changed = documents.clone();
    changed[0].1 = changed[0].1.replace("arn:aws:s3:::orders/a", "arn:aws:s3:::orders/*");
    assert_ne!(changed, documents);
    assert!(failed(&case.verify_with(&text, &changed, None)).contains(&"documents"));
    let mut foreign = documents.clone();
    let wide = Policy::new(vec![Statement::allow(["*"], ["*"])]);
    foreign.push(("iam/admin.json".to_owned(), wide.to_json()));
    let report = case.verify_with(&text, &foreign, None);
    assert!(detail(&report, "documents").contains("`iam/admin.json` is no document of this proof"));
    let mut broken = documents;
    broken.push(("iam/broken.json".to_owned(), "{".to_owned()));
    let report = case.verify_with(&text, &broken, None);
    assert!(detail(&report, "documents").contains("`iam/broken.json` is not a policy"));
}

/// Whoever attaches all documents that were given attaches it too, and it may allow everything.
#[test]
fn a_document_that_only_the_boundary_holds_is_told() {
    let mut case = Case::new();
    let wide = Policy::new(vec![Statement::allow(["*"], ["*"])]);
    case.granted.boundary = Some(vec![Named::new("boundary", wide.clone())]);
    let (text, mut documents) = (case.proof().to_json(), case.documents());
    assert!(!detail(&case.verify_with(&text, &documents, None), "documents").contains("boundary"));
    documents.push(("iam/more.json".to_owned(), wide.to_json()));
    let report = case.verify_with(&text, &documents, None);
    assert!(report.holds, "{report:#?}");
    assert!(detail(&report, "documents").contains("`iam/more.json` is of the boundary"), "{report:#?}");
}

#[test]
fn the_window_and_the_time_of_the_logs_are_told() {
    let case = Case::new();
    let mut proof = case.proof();
    let logs = "events from 2026-10-01T08:00:00Z to 2026-10-20T08:00:00Z";
    let (since, until) = (at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z"));
    for (from, to, words) in [
        (None, None, ""),
        (Some(since), None, ", of those since 2026-10-01T00:00:00Z"),
        (None, Some(until), ", of those before 2026-11-01T00:00:00Z"),
        (Some(since), Some(until), ", of those since 2026-10-01T00:00:00Z and before 2026-11-01T00:00:00Z"),
    ] {
        (proof.window.from, proof.window.to) = (from, to);
        proof.digest = proof.digest_now();
        assert_eq!(detail(&case.verify(&proof.to_json()), "window"), format!("{logs}{words}"));
    }
}

#[test]
fn other_files_are_named() {
    let case = Case::new();
    let text = case.proof().to_json();
    let (documents, mut other) = (case.documents(), Case::new());
    other.tally.sources = BTreeSet::from([source("logs/1.json.gz", '1'), source("logs/9.json.gz", '9')]);
    let report = other.verify_with(&text, &documents, None);
    assert_eq!(failed(&report), ["inputs"]);
    assert!(detail(&report, "inputs").contains("`logs/2.json.gz` is missing"));
    assert!(detail(&report, "inputs").contains("`logs/9.json.gz` is no input"));
}

#[test]
fn a_list_of_inputs_that_several_proofs_share_is_held_to_its_digest() {
    let case = Case::new();
    let mut proof = case.proof();
    let listed = proof.inputs.take().unwrap();
    proof.digest = proof.digest_now();
    let (text, documents) = (proof.to_json(), case.documents());
    let file = inputs_file(&case.tally.sources);
    assert_eq!(read_inputs(&file, &proof.inputs_digest), Some(listed.clone()));
    assert_eq!(read_inputs(b"[]", &proof.inputs_digest), None);
    assert!(case.verify(&text).holds, "the digest alone tells that these are all: {:#?}", case.verify(&text));
    let mut fewer = Case::new();
    fewer.tally.sources.pop_last();
    let with = |inputs| Verification {
        documents: &documents,
        rows: &fewer.rows,
        newer: None,
        unmapped: &fewer.unmapped,
        tally: &fewer.tally,
        inputs,
        not_covered: &[],
        catalog: Catalog::embedded(),
        terms: &TERMS,
        granted: None,
        names: None,
        made: &[],
        public_key: None,
    };
    let report = verify(&text, &with(None));
    assert!(detail(&report, "inputs").contains("`inputs.json`"), "{report:#?}");
    let report = verify(&text, &with(Some(&listed)));
    assert!(detail(&report, "inputs").contains("`logs/2.json.gz` is missing"), "{report:#?}");
    let report = verify(&text, &with(Some(&listed[1..])));
    assert!(detail(&report, "inputs").contains("is not that of the inputs it lists"), "{report:#?}");
}

#[test]
fn what_was_granted_is_compared_when_it_is_at_hand() {
    let case = Case::new();
    let documents = case.documents();
    let text = case.proof().to_json();
    let with = |granted: Option<&PolicySet>, text: &str| {
        let with = Verification {
            documents: &documents,
            rows: &case.rows,
            newer: None,
            unmapped: &case.unmapped,
            tally: &case.tally,
            inputs: None,
            not_covered: &[],
            names: None,
            made: &[],
            catalog: Catalog::embedded(),
            terms: &TERMS,
            granted,
            public_key: None,
        };
        verify(text, &with)
    };
    assert!(with(None, &text).on_trust.contains(&"what was granted before"));
    let report = with(Some(&case.granted), &text);
    assert!(report.holds && !report.on_trust.contains(&"what was granted before"), "{report:#?}");
    let mut other = case.granted.clone();
    other.identity[0].policy.statements.pop();
    assert!(failed(&with(Some(&other), &text)).contains(&"granted"));
    let mut other = case.granted.clone();
    other.boundary = Some(Vec::new());
    assert!(failed(&with(Some(&other), &text)).contains(&"granted"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_byte_of_a_signed_proof_can_be_changed(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let case = Case::new();
        let mut proof = case.proof();
        sign(&mut proof, &SigningKey::from_bytes(&[7; 32]));
        let mut bytes = proof.to_json().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = to;
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        // White space between the tokens, and nothing else, may change.
        let same = Proof::parse(&text).is_ok_and(|changed| changed == proof);
        prop_assert_eq!(case.verify(&text).holds, same);
    }
}
