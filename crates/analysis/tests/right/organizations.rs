//! Policies of organisations and guardrails that AWS publishes as examples.

use std::path::{Path, PathBuf};

use leastwise_analysis::check::{Class, Document, Finding};
use leastwise_analysis::source::Node;
use leastwise_policy::aws::DocumentKind;
use leastwise_policy::glob;

use serde_json::{Value, json};

use crate::support::{findings, shared_data};

/// The JSON files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text without its placeholders.
fn filled(text: &str) -> String {
    PLACEHOLDERS.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// What a guardrail's own words say, as a service control policy.
fn guardrail(text: &str) -> Option<String> {
    let row: Value = serde_json::from_str(text).expect("JSON");
    row["Identifier"].as_str().filter(|name| name.starts_with("SCP-"))?;
    let condition =
        row["Condition"].as_array().and_then(|all| all.first()).cloned().unwrap_or_else(|| json!({}));
    let mut statement = json!({"Effect": "Deny", "Action": row["IAM Actions"], "Resource": row["Resource"]});
    if condition != json!({}) {
        statement["Condition"] = condition;
    }
    Some(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

/// The documents below these folders, by what they are for.
fn documents() -> Option<Vec<Document>> {
    use DocumentKind::{Identity, Resource, ResourceControl, ServiceControl};
    let mut documents = Vec::new();
    for (folder, kind) in [
        ("scp-examples", ServiceControl),
        ("rcp-examples", ResourceControl),
        ("permissions-guardrails", Identity),
    ] {
        let folder = shared_data(&format!("iac/{folder}"))?;
        for file in files(&folder) {
            let name = file.strip_prefix(&folder).expect("below it").display().to_string();
            let text = std::fs::read_to_string(&file).expect("a text");
            let text = if name.contains("SCP-") { guardrail(&text).unwrap_or(text) } else { text };
            let Ok(root) = Node::json(&filled(&text)) else { continue };
            if root.get("Statement").is_none() {
                continue;
            }
            let kind = if name.contains("SCP-") { ServiceControl } else { kind };
            documents.push(Document::new(name.as_str().into(), name.clone(), kind, root));
        }
    }
    let more = std::fs::read_to_string(shared_data("policy-cases/guardrail_examples.json")?).expect("a text");
    let more: Vec<Value> = serde_json::from_str(&more).expect("a list");
    for row in &more {
        let path = row["path"].as_str().unwrap_or_default();
        let kind = match path {
            _ if path.ends_with("_policy.json") => Resource,
            _ if path.contains("resource_control") || path.contains("rcp") => ResourceControl,
            _ if path.contains("service_control") || path.contains("scp") || path.contains("SCP") => {
                ServiceControl
            }
            _ if row["policy"].to_string().contains("\"Principal\"") => Resource,
            _ => Identity,
        };
        let name = format!("{}/{path}", row["repo"].as_str().unwrap_or_default());
        let root = Node::json(&filled(&row["policy"].to_string())).expect("JSON");
        documents.push(Document::new(name.as_str().into(), name, kind, root));
    }
    Some(documents)
}

/// What stands in the examples for what whoever uses them fills in.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("<my-corporate-cidr>", "203.0.113.0/24"),
    ("<my-vpc>", "vpc-1a2b3c4d"),
    ("<my-vpc-in-this-region>", "vpc-1a2b3c4d"),
    ("<my-vpc-region>", "eu-west-1"),
    ("<my-vpc-region-2>", "eu-west-2"),
    ("<region>", "eu-west-1"),
    ("{example-region-1}", "eu-west-1"),
    ("{example-region-2}", "eu-west-2"),
    ("<service-account-id>", "111122223333"),
    ("<third-party-resource>", "arn:aws:s3:::third-party"),
    ("<third-party-resource-arn>", "arn:aws:s3:::third-party"),
    ("<action>", "s3:GetObject"),
    ("<OIDC_provider_name_1>", "login.example.com"),
    ("<OIDC_provider_name_2>", "login.example.org"),
    ("[MAX_SIGNATURE_AGE_IN_MILLISECONDS]", "600000"),
];

/// Errors that stay: the code, a pattern of the file, one of the message, and why it is one.
const REAL: &[(&str, &str, &str, &str)] = &[
    (
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
        "*Shared-Issuers.json",
        "*",
        "a list to choose from: all of it is too long for one policy",
    ),
    ("MISSING_RESOURCE", "*Shared-Issuers.json", "*", "the last statement has none"),
    ("RCP_SYNTAX_ERROR_ALLOW", "*Shared-Issuers.json", "*", "the last statement allows under a condition"),
    (
        "INVALID_CONDITION_KEY_FORMAT",
        "*Shared-Issuers.json",
        "*`accounts.google.com`*",
        "the claim is missing",
    ),
    (
        "INVALID_ARN_RESOURCE",
        "*",
        "*`stack/?STACK_NAME?`",
        "the ARN of a stack has an id behind its name, so nothing is denied",
    ),
    ("INVALID_ARN_RESOURCE", "*Lambda-URL-Config.json", "*`function/?`", "it is function:"),
    (
        "INVALID_ACTION",
        "*Marketplace-product-subscription.json",
        "*PrivateMarketplace*",
        "no such actions: they are aws-marketplace:*PrivateMarketplace* of another name",
    ),
    (
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        "*Bedrock-CRIS.json",
        "*`bedrock:InferenceProfileArn`",
        "the service reference does not list the key with bedrock:CreateModelInvocationJob",
    ),
];

#[test]
fn errors_in_published_guardrails_are_real() {
    let Some(documents) = documents() else { return };
    assert!(documents.len() > 190, "{}", documents.len());
    let found = findings(documents);
    let is = |finding: &Finding, row: &(&str, &str, &str, &str)| {
        finding.code == row.0 && glob::matches(row.1, &finding.file) && glob::matches(row.2, &finding.message)
    };
    let errors: Vec<&Finding> = found.iter().filter(|finding| finding.class == Class::Error).collect();
    let new: Vec<String> = errors
        .iter()
        .filter(|finding| !REAL.iter().any(|row| is(finding, row)))
        .map(|finding| format!("{} {} {} {}", finding.code, finding.file, finding.pointer, finding.message))
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n"));
    let idle: Vec<_> = REAL.iter().filter(|row| !errors.iter().any(|finding| is(finding, row))).collect();
    assert!(idle.is_empty(), "rows that nothing matches: {idle:#?}");
}
