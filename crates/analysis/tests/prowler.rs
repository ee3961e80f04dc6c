//! What prowler's unit tests say of conditions and policies, beside what the checks find. Where the two differ, the rule
//! of AWS that decides it stands with the case.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_analysis::check::{Facts, SourceFile, read, run};
use leastwise_catalog::Catalog;
use serde_json::{Value, json};

/// A case as a policy: whether prowler is content, and the codes by which a check would not be.
struct Case {
    what: &'static str,
    document: Value,
    content: bool,
    codes: &'static [&'static str],
    arguments: String,
}

const PUBLIC: &[&str] = &["PUBLIC_ACCESS", "TRUST_ANYONE"];
const NAMED: &[&str] =
    &["PUBLIC_ACCESS", "TRUST_ANYONE", "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", "INVALID_PRINCIPAL_FORMAT"];
const DEPUTY: &[&str] = &["PUBLIC_ACCESS", "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL"];

fn under(condition: &Value, action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}
    ]})
}

fn statement(given: &Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"});
    for (key, value) in given.as_object().expect("a statement") {
        statement[key] = value.clone();
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn case(one: &Value) -> Option<Case> {
    let result = &one["result"];
    let arguments = one["args"][0].as_array().expect("arguments");
    let yes = result.as_bool().unwrap_or_else(|| result.as_str().is_some_and(|text| !text.is_empty()));
    let object = "arn:aws:s3:::b/*";
    let topic = "arn:aws:sns:eu-west-1:123456789012:t";
    let deputy = one["args"][1]["check_cross_service_confused_deputy"] == json!(true);
    let (what, document, content, codes) = match one["fn"].as_str().expect("a function") {
        "is_condition_block_restrictive" => {
            ("condition", under(&arguments[0], "s3:GetObject", object), yes, PUBLIC)
        }
        "is_condition_block_restrictive_organization" => {
            ("organisation", under(&arguments[0], "s3:GetObject", object), yes, PUBLIC)
        }
        "is_condition_block_restrictive_sns_endpoint" => {
            ("endpoint", under(&arguments[0], "sns:Subscribe", topic), yes, PUBLIC)
        }
        "is_policy_public" => ("public", arguments[0].clone(), !yes, if deputy { DEPUTY } else { PUBLIC }),
        "has_public_principal" => ("principal", statement(&arguments[0]), !yes, NAMED),
        "has_restrictive_source_arn_condition" => ("source", statement(&arguments[0]), yes, PUBLIC),
        "check_admin_access" => ("admin", arguments[0].clone(), !yes, &["ADMIN_ACCESS"][..]),
        "check_full_service_access" => {
            ("service", arguments[1].clone(), !yes, &["ADMIN_ACCESS", "SERVICE_ADMIN"][..])
        }
        "check_privilege_escalation" => {
            ("escalation", arguments[0].clone(), !yes, &["ADMIN_ACCESS", "ESCALATION_POSSIBLE"][..])
        }
        // What is effective, private addresses, and a builder's source are no questions of ours.
        _ => return None,
    };
    let arguments = one["args"].to_string();
    Some(Case { what, document, content, codes, arguments })
}

/// Why AWS's rules decide a difference as the checks do.
fn reason(case: &Case) -> Option<&'static str> {
    let text = case.document.to_string().to_lowercase();
    let has = |word: &str| text.contains(word);
    Some(match case.what {
        "admin" | "service" if has("notaction") => {
            "`NotAction` leaves out some: ALLOW_NOT_ACTION, and what is left"
        }
        "admin" if has("prowler:resource") => {
            "the resource is no ARN, so AWS refuses the policy: INVALID_ARN_PREFIX"
        }
        "escalation" => "prowler does not look into `NotAction` and `*`, nor at AWS Batch",
        _ if has("calledvia") || has("kms:viaservice") => {
            "anybody can come by way of a service, with an account of their own"
        }
        _ if has("sns:endpoint") => {
            "where messages go is not who asks, and not among what AWS counts as fixed"
        }
        "condition" if has("resourceaccount") && !has("sourcearn") => {
            "whose the resource is says nothing of who asks"
        }
        "organisation" => "`StringEquals` takes `*` as a text, and no organisation has that name",
        "source" if has("aws:sourceaccount") => "the account fixes it as well as an ARN does",
        "source" => "an ARN with an account is somebody's, whatever else it leaves open",
        "principal" => "an empty principal names nobody, and AWS refuses it",
        _ if has("111222333444") => {
            "another account is not everybody: EXTERNAL_ACCESS, where it is known whose the policy is"
        }
        _ if has("aws:sourceip") => "addresses are a place; which of them are trusted is the user's to know",
        _ => return None,
    })
}

#[test]
fn prowler_agrees_or_the_difference_is_decided_by_a_rule() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/policy-cases");
    let Ok(text) = std::fs::read_to_string(format!("{folder}/prowler_policy_conditions.json")) else {
        eprintln!("skipped: ../shared/data is not here");
        return;
    };
    let all: Vec<Value> = serde_json::from_str(&text).expect("the cases are JSON");
    let facts = Facts::new(Catalog::embedded());
    let (mut agree, mut differ, mut unexplained) = (0, BTreeMap::new(), Vec::new());
    for case in all.iter().filter_map(case) {
        let estate = read(&[SourceFile::named("policy.json", case.document.to_string())]);
        let found: BTreeSet<&str> = run(&estate, &facts).iter().map(|finding| finding.code).collect();
        let content = !case.codes.iter().any(|code| found.contains(code));
        if content == case.content {
            agree += 1;
        } else if let Some(reason) = reason(&case) {
            *differ.entry(reason).or_insert(0) += 1;
        } else {
            unexplained.push(format!("{}: {} {found:?} {}", case.what, case.document, case.arguments));
        }
    }
    println!("{agree} agree");
    for (reason, count) in &differ {
        println!("{count:4} {reason}");
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(agree >= 150, "{agree}");
}
