//! The document as a whole: JSON, version, statements, and how long it may be.
//!
//! Quotas: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>.

use leastwise_policy::aws::DocumentKind;
use leastwise_policy::aws::quota::Quota;

use crate::check::row::{allows, denies, error, warning};
use crate::check::{Check, Example, Facts, Report, Subject};
use crate::source::{Entry, Node, Value, has_hole};

const GOOD: Example =
    Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#));

const OLD: &str = r#"{
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
  ]
}"#;

pub(super) static CHECKS: &[Check] = &[
    error(
        "JSON_SYNTAX_ERROR",
        "Not JSON",
        "The text is not JSON: a comma too many or too few, a quote that is not closed, a key that stands twice. \
         Nothing of it can be judged.",
    )
    .bad(Example::identity(r#"{"Version": "2012-10-17", "Statement": [,]}"#))
    .good(GOOD),
    error(
        "INVALID_VERSION",
        "No such version of the language",
        "`Version` is the version of the policy language, not of the document: `2012-10-17`, or `2008-10-17` for the \
         old one. AWS refuses anything else.",
    )
    .bad(Example::identity(
        r#"{
  "Version": "2026-11-21",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
  ]
}"#,
    ))
    .good(GOOD)
    .found(version),
    warning(
        "MISSING_VERSION",
        "No version of the language",
        "Without `Version` the document is read in the language of 2008, in which policy variables such as \
         `${aws:username}` are plain text.",
    )
    .bad(Example::identity(OLD))
    .good(GOOD)
    .found(no_version),
    error(
        "MISSING_STATEMENT",
        "No statement",
        "A document without a statement says nothing, and AWS refuses it.",
    )
    .bad(Example::identity(r#"{"Version": "2012-10-17"}"#))
    .good(GOOD)
    .found(no_statement),
    error(
        "POLICY_SIZE_EXCEEDS_SCP_QUOTA",
        "Service control policy too long",
        "A service control policy has more than 10,240 characters, white space not counted: the console takes it out. \
         When the policy comes by the API, as Terraform and CloudFormation send it, white space counts as well.",
    )
    .bad(Example::policy(DocumentKind::ServiceControl, LONG))
    .good(Example::policy(DocumentKind::ServiceControl, denies!(r#""Action": "s3:PutBucketPolicy", "Resource": "*""#)))
    .found(|subject, _, report| size(subject, report, DocumentKind::ServiceControl)),
    error(
        "POLICY_SIZE_EXCEEDS_RCP_QUOTA",
        "Resource control policy too long",
        "A resource control policy has more than 5,120 characters, white space not counted: the console takes it out. \
         When the policy comes by the API, as Terraform and CloudFormation send it, white space counts as well.",
    )
    .bad(Example::policy(DocumentKind::ResourceControl, LONG))
    .good(Example::policy(DocumentKind::ResourceControl, SHORT))
    .found(|subject, _, report| size(subject, report, DocumentKind::ResourceControl)),
    warning(
        "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA",
        "Identity policy too long",
        "A policy of an identity has more characters than a customer managed policy may have, white space not counted. \
         It must be split; a role may have ten managed policies by default.",
    )
    .bad(Example::identity(LONG))
    .good(GOOD)
    .found(|subject, _, report| size(subject, report, DocumentKind::Identity)),
    warning(
        "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA",
        "Resource policy too long",
        "A policy on a resource has more characters than the service takes. Judged where the quota of the resource's \
         type is known.",
    )
    .bad(Example::resource("AWS::S3::Bucket", LONG))
    .good(Example::resource("AWS::S3::Bucket", SHORT))
    .found(|subject, _, report| size(subject, report, DocumentKind::Resource)),
    warning(
        "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA",
        "Trust policy too long",
        "The trust policy of a role has more than 2,048 characters, white space not counted. The quota can be raised \
         to 4,096 characters.",
    )
    .bad(Example::policy(DocumentKind::Trust, LONG))
    .good(Example::policy(DocumentKind::Trust, SHORT_TRUST))
    .found(|subject, _, report| size(subject, report, DocumentKind::Trust)),
];

const SHORT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketPolicy", "Resource": "*"}
  ]
}"#;
const SHORT_TRUST: &str =
    allows!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole""#);

/// Sixteen times the text.
macro_rules! sixteen {
    ($text:expr) => {
        concat!(
            $text, $text, $text, $text, $text, $text, $text, $text, $text, $text, $text, $text, $text, $text,
            $text, $text
        )
    };
}
const LONG: &str = concat!(
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["#,
    sixteen!(sixteen!(sixteen!("\"arn:aws:s3:::reports/*\", "))),
    r#""arn:aws:s3:::reports/*"]}]}"#
);

fn version(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    let Some(node) = subject.version else { return };
    let Some(text) = node.text().filter(|text| !has_hole(text)) else { return };
    if !matches!(text, "2012-10-17" | "2008-10-17") {
        report.at(node, format!("the policy language has no version `{text}`")).fix("write `2012-10-17`");
    }
}

fn no_version(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.version.is_none() && matches!(subject.document.root.value, Value::Map(_)) {
        report
            .at(&subject.document.root, "the document has no `Version`")
            .fix("add `\"Version\": \"2012-10-17\"`");
    }
}

fn no_statement(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    let root = &subject.document.root;
    let is_empty = |node: &Node| matches!(&node.value, Value::List(items) if items.is_empty());
    if matches!(root.value, Value::Map(_)) && root.get("Statement").is_none_or(is_empty) {
        report.at(root, "the document has no statement");
    }
}

/// How many characters a document may have, and whether white space counts.
fn quota(subject: &Subject<'_>) -> Option<usize> {
    let characters = match subject.document.kind {
        DocumentKind::Identity | DocumentKind::Boundary => Quota::ManagedPolicy.characters(),
        DocumentKind::Session => Quota::SessionPolicy.characters(),
        DocumentKind::Trust => Quota::TrustPolicy.characters(),
        DocumentKind::ServiceControl => Quota::ServiceControlPolicy.characters(),
        DocumentKind::ResourceControl => Quota::ResourceControlPolicy.characters(),
        // S3, SNS and KMS quotas of policies; other types are not known.
        DocumentKind::Resource => match subject.document.resource_type.as_deref()? {
            "AWS::S3::Bucket" | "AWS::S3::AccessPoint" => 20 << 10,
            "AWS::KMS::Key" => 32 << 10,
            "AWS::SNS::Topic" => 30 << 10,
            "AWS::SecretsManager::Secret" | "AWS::Lambda::Function" => 20 << 10,
            // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
            "AWS::SQS::Queue" => 8 << 10,
            _ => return None,
        },
    };
    Some(characters)
}

fn size(subject: &Subject<'_>, report: &mut Report<'_>, kind: DocumentKind) {
    let own = match subject.document.kind {
        DocumentKind::Boundary | DocumentKind::Session => DocumentKind::Identity,
        own => own,
    };
    if own != kind {
        return;
    }
    let (Some(quota), root) = (quota(subject), &subject.document.root) else { return };
    if at_most(root, &|text| 2 * text.len()) <= quota || at_most(root, &escaped) <= quota {
        return;
    }
    let length = subject.document.longest.unwrap_or_else(|| length(root));
    if length > quota {
        let most = Quota::InlineRole.characters();
        let still = match kind {
            DocumentKind::Identity if length <= most => format!(", in a role's inline policies {most}"),
            _ => String::new(),
        };
        report
            .at(root, format!("the document has {length} characters, {quota} are allowed{still}"))
            .fix("split it, or join ARNs and actions that differ only in part");
    }
}

/// What [`length`] comes to at most, told at less cost, when a text has at most so many characters.
fn at_most(node: &Node, text: &impl Fn(&str) -> usize) -> usize {
    match &node.value {
        Value::Text(value) | Value::Unknown(value) => text(value) + 2,
        Value::List(items) => items.iter().map(|item| at_most(item, text) + 1).sum::<usize>() + 2,
        Value::Map(entries) => {
            let entry = |entry: &Entry| text(&entry.key) + at_most(&entry.value, text) + 4;
            entries.iter().map(entry).sum::<usize>() + 2
        }
        Value::Number(number) => number.len(),
        Value::Null | Value::Bool(_) => 5,
    }
}

/// At most so many characters does a text have when it is written.
fn escaped(text: &str) -> usize {
    // Each of these two bytes takes one more.
    let special = text.bytes().fold(0, |any, byte| any | u8::from(byte == b'"') | u8::from(byte == b'\\'));
    text.len() * (1 + usize::from(special))
}

/// Below this many characters no quota of a policy is.
pub(in crate::check) const LEAST_QUOTA: usize = 2_000;

/// Characters without the white space between values, as IAM counts.
pub(in crate::check) fn length(node: &Node) -> usize {
    let text = |text: &str| {
        // Nearly all texts have nothing that counts otherwise, which one look at each byte tells.
        let special = |byte: u8| !(b'!'..=b'~').contains(&byte) || matches!(byte, b'"' | b'\\');
        if text.bytes().fold(0, |any, byte| any | u8::from(special(byte))) == 0 {
            return text.len() + 2;
        }
        text.chars().filter(|character| !character.is_whitespace()).count()
            + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
            + 2
    };
    let commas = |many: usize| many.saturating_sub(1) + 2;
    match &node.value {
        Value::Null => 4,
        Value::Bool(truth) => 5 - usize::from(*truth),
        Value::Number(number) => number.len(),
        Value::Text(value) | Value::Unknown(value) => text(value),
        Value::List(items) => items.iter().map(length).sum::<usize>() + commas(items.len()),
        Value::Map(entries) => {
            entries.iter().map(|entry| text(&entry.key) + 1 + length(&entry.value)).sum::<usize>()
                + commas(entries.len())
        }
    }
}
