//! The cases of parliament's own tests: policies with what it finds in them.

use std::collections::BTreeSet;

use leastwise_analysis::check::{Class, Document, Estate, Facts, SourceFile, named, read, run};
use leastwise_analysis::source::Node;
use leastwise_catalog::{ArnFormat, Catalog};
use leastwise_policy::aws::DocumentKind;
use serde_json::Value;

use crate::support::shared_data;

/// What parliament calls it, and what it is here.
const SAME: &[(&str, &[&str])] = &[
    ("DUPLICATE_SID", &["UNIQUE_SIDS_REQUIRED"]),
    ("INVALID_ARN", &["INVALID_ARN_PREFIX", "DATA_TYPE_MISMATCH"]),
    ("INVALID_SID", &["UNSUPPORTED_SID"]),
    ("MALFORMED", &["MISSING_ACTION", "MISSING_STATEMENT", "UNSUPPORTED_ELEMENT_COMBINATION"]),
    ("MALFORMED_JSON", &["JSON_SYNTAX_ERROR"]),
    ("MISMATCHED_TYPE", &["TYPE_MISMATCH", "TYPE_MISMATCH_DATE", "INVALID_CONDITION_OPERATOR"]),
    ("MISMATCHED_TYPE_BUT_USABLE", &["TYPE_MISMATCH"]),
    ("NOTPRINCIPAL_WITH_ALLOW", &["ALLOW_WITH_NOT_PRINCIPAL"]),
    ("RESOURCE_MISMATCH", &["RESOURCE_NOT_SUPPORTED_BY_ACTION"]),
    ("SINGLE_VALUE_CONDITION_TOO_PERMISSIVE", &["FORALLVALUES_WITH_SINGLE_VALUED_KEY"]),
    ("UNKNOWN_ACTION", &["INVALID_ACTION"]),
    (
        "UNKNOWN_CONDITION_FOR_ACTION",
        &[
            "INVALID_CONDITION_KEY_FORMAT",
            "INVALID_SERVICE_CONDITION_KEY",
            "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        ],
    ),
    ("UNKNOWN_OPERATOR", &["INVALID_CONDITION_OPERATOR"]),
];

/// What parliament finds that is not about whether a document is right, but about what it lets do: other rooms.
const ELSEWHERE: &[&str] = &[
    "BAD_PATTERN_FOR_MFA",
    "CREDENTIALS_EXPOSURE",
    "NOTRESOURCE_WITH_ALLOW",
    "PERMISSIONS_MANAGEMENT_ACTIONS",
    "PRIVILEGE_ESCALATION",
    "RESOURCE_EFFECTIVELY_STAR",
    "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
    "RESOURCE_STAR",
    "SENSITIVE_ACCESS",
];

/// Cases in which parliament finds something and we do not, with the rule that decides it.
const LESS: &[(usize, &str, &str)] = &[
    (32, "MISMATCHED_TYPE_BUT_USABLE", "StringEquals compares an ARN that is written out as it should"),
    (36, "RESOURCE_MISMATCH", WILDCARD),
    (44, "RESOURCE_MISMATCH", WILDCARD),
    (77, "RESOURCE_MISMATCH", WILDCARD),
    (79, "RESOURCE_MISMATCH", COMMA),
    (79, "NOTPRINCIPAL_WITH_ALLOW", COMMA),
];

const WILDCARD: &str = "a wildcard is no claim that each action it covers is about the resource: some are";
const COMMA: &str =
    "AWS refuses a document with a comma before a closing bracket; nothing in it can be judged";

/// What we find and parliament does not, with the rule that decides it; the first number is the case, none for all.
const MORE: &[(Option<usize>, &str, &str)] = &[
    (
        None,
        "WILDCARD_WITHOUT_LIKE_OPERATOR",
        "StringEquals knows no wildcards: reference_policies_elements_condition_operators",
    ),
    (None, "EMPTY_SID_VALUE", "the page of the checks"),
    (
        Some(24),
        "INVALID_VARIABLE_FOR_OPERATOR",
        "variables are replaced in texts and ARNs only: reference_policies_variables",
    ),
    (Some(33), "REDUNDANT_STATEMENT", "the two statements are the same"),
    (Some(37), "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", "the page of the checks"),
    (Some(37), "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "the page of the checks"),
    (Some(42), "SHADOWED_STATEMENT", "an explicit deny overrides: reference_policies_evaluation-logic"),
    (
        Some(49),
        "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
        "only trust policies name identity providers: the page of the checks",
    ),
    (Some(79), "JSON_SYNTAX_ERROR", COMMA),
];

#[test]
fn parliament_agrees_or_the_difference_is_listed() {
    let Some(cases) = cases() else { return };
    let (mut agreed, mut wrong) = (0, Vec::new());
    let (mut less, mut more) = (BTreeSet::new(), BTreeSet::new());
    for (number, case) in cases.iter().enumerate() {
        let Some(text) = case["policy"].as_str() else { continue };
        let ours = codes(text);
        let ids = case["ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let theirs: BTreeSet<&str> = ids.filter(|id| !ELSEWHERE.contains(id)).collect();
        let same = |id: &str| SAME.iter().find(|row| row.0 == id).map_or(&[][..], |row| row.1);
        let mut differs = false;
        for id in &theirs {
            if same(id).iter().any(|code| ours.contains(code)) {
                continue;
            }
            differs = true;
            match LESS.iter().position(|row| (row.0, row.1) == (number, *id)) {
                Some(row) => drop(less.insert(row)),
                None => wrong.push(format!("{number}: parliament finds {id}, we {ours:?}")),
            }
        }
        for code in ours.iter().filter(|code| !theirs.iter().any(|id| same(id).contains(code))) {
            differs = true;
            match MORE.iter().position(|row| row.0.is_none_or(|case| case == number) && row.1 == *code) {
                Some(row) => drop(more.insert(row)),
                None => wrong.push(format!("{number}: we find {code}, parliament {theirs:?}")),
            }
        }
        agreed += usize::from(!differs);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((less.len(), more.len()), (LESS.len(), MORE.len()), "a row is no longer needed");
    println!("{agreed} cases without any difference");
}

/// `is_arn_match`: whether an ARN of a statement can be of a resource type.
#[test]
fn patterns_meet_formats_as_parliament_says() {
    // The part is missing in the ARN, which MISSING_ARN_ACCOUNT and MISSING_ARN_REGION say better.
    const EMPTY: [&str; 2] = ["arn:aws:iam:::role/my-role", "arn:aws:apigateway:::/restapis/a123456789/*"];
    let Some(cases) = cases() else { return };
    let mut wrong = Vec::new();
    let mut asked = 0;
    for case in cases.iter().filter(|case| case["fn"] == "is_arn_match") {
        let (format, arn) =
            (case["args"][1].as_str().expect("a format"), case["args"][2].as_str().expect("an ARN"));
        asked += 1;
        let ours = [format, arn].contains(&"*") || ArnFormat::parse(format).overlaps(arn);
        if Some(ours) != case["result"].as_bool() && !EMPTY.contains(&arn) {
            wrong.push(format!("{format} {arn}: {} here {ours}", case["result"]));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(asked, 21);
}

fn cases() -> Option<Vec<Value>> {
    let file = shared_data("policy-cases/parliament_lint.json")?;
    Some(serde_json::from_str(&std::fs::read_to_string(file).expect("the cases")).expect("a list"))
}

/// The codes of this room that are found in the text, as an identity policy or, with a principal, on a resource.
fn codes(text: &str) -> BTreeSet<&'static str> {
    let kind = match text.contains("Principal\"") {
        true => DocumentKind::Resource,
        false => DocumentKind::Identity,
    };
    let mut estate = Estate::default();
    match Node::json(text) {
        Ok(root) => estate.documents.push(Document::new("policy.json".into(), "policy", kind, root)),
        Err(_) => estate = read(&[SourceFile::named("policy.json", text)]),
    }
    let found = run(&estate, &Facts::new(Catalog::embedded()));
    let ours = |code: &&str| named(code).is_some_and(|check| check.class <= Class::Suggestion);
    found.iter().map(|finding| finding.code).filter(ours).collect()
}
