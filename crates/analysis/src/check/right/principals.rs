//! Whom a statement is about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use leastwise_policy::aws::DocumentKind;

use super::notes::Notes;
use crate::check::row::{allows, error, security, warning};
use crate::check::{Check, Example, Facts, Severity, StatementView, Subject};
use crate::source::{Entry, Value, has_hole};

/// A bucket policy of one statement with this principal.
macro_rules! bucket {
    ($principal:literal) => {
        Example::resource(
            "AWS::S3::Bucket",
            allows!(concat!(
                $principal,
                r#", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
            )),
        )
    };
}

const GOOD: Example = bucket!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/reader"}"#);

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_PRINCIPAL_FORMAT",
        "Not a principal",
        "`Principal` is `\"*\"` or an object such as `{\"AWS\": \"111122223333\"}`, with a text or a list of texts for \
         each kind. AWS refuses anything else.",
    )
    .bad(bucket!(r#""Principal": "111122223333""#))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_PRINCIPAL_KEY",
        "No such kind of principal",
        "Principals are of the kinds `AWS`, `Service`, `Federated` and `CanonicalUser`, written exactly so. AWS refuses \
         the document.",
    )
    .bad(bucket!(r#""Principal": {"Role": "arn:aws:iam::111122223333:role/reader"}"#))
    .good(GOOD)
    .noted(),
    error(
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "A wildcard in a principal",
        "A principal is named in full: only `{\"AWS\": \"*\"}`, anybody, may be a wildcard. A condition on \
         `aws:PrincipalArn` takes patterns.",
    )
    .bad(bucket!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/app-*"}"#))
    .good(GOOD)
    .noted(),
    error(
        "FEDERATED_PRINCIPAL_NOT_SUPPORTED",
        "An identity provider in a policy on a resource",
        "Identity providers can be named only in the trust policy of a role. Whoever comes by one has a role, and that \
         is whom other policies name.",
    )
    .bad(bucket!(r#""Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/people"}"#))
    .good(GOOD)
    .noted(),
    security(
        "ALLOW_WITH_NOT_PRINCIPAL",
        "Allowed to everybody but some",
        "An `Allow` with `NotPrincipal` allows everybody who is not named, those without an account among them.",
    )
    .severity(Severity::High)
    .mitre(&["T1530"])
    .bad(bucket!(r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/reader"}"#))
    .good(GOOD)
    .noted(),
    warning(
        "INVALID_ROLE_REFERENCE",
        "The id of a role as principal",
        "The principal is the unique id of a role. AWS writes it in the place of an ARN when the role was deleted: a new \
         role of that name is not meant.",
    )
    .bad(bucket!(r#""Principal": {"AWS": "AROAIOSFODNN7EXAMPLE"}"#))
    .good(GOOD)
    .noted(),
    warning(
        "INVALID_USER_REFERENCE",
        "The id of a user as principal",
        "The principal is the unique id of a user. AWS writes it in the place of an ARN when the user was deleted: a new \
         user of that name is not meant.",
    )
    .bad(bucket!(r#""Principal": {"AWS": "AIDAIOSFODNN7EXAMPLE"}"#))
    .good(GOOD)
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        for entry in [statement.principal, statement.not_principal].into_iter().flatten() {
            form(entry, notes);
        }
        values(subject, statement, notes);
        if let Some(entry) = statement.not_principal.filter(|_| statement.allows()) {
            notes
                .place(
                    "ALLOW_WITH_NOT_PRINCIPAL",
                    entry.at,
                    &entry.value,
                    "everybody is allowed who is not named here",
                )
                .fix("name with `Principal` who is allowed");
        }
    }
}

fn form<'a>(entry: &'a Entry, notes: &mut Notes<'a>) {
    let name = &entry.key;
    match &entry.value.value {
        Value::Unknown(_) => {}
        Value::Text(text) if text == "*" || has_hole(text) => {}
        Value::Map(kinds) => {
            for kind in kinds {
                let known = matches!(&*kind.key, "AWS" | "Service" | "Federated" | "CanonicalUser");
                if !known && !has_hole(&kind.key) {
                    let message = format!("there are no principals of the kind `{}`", kind.key);
                    let added = notes.place("INVALID_PRINCIPAL_KEY", kind.at, &kind.value, message);
                    added.fix("one of `AWS`, `Service`, `Federated`, `CanonicalUser`");
                }
                let odd =
                    |node: &&crate::source::Node| !matches!(node.value, Value::Text(_) | Value::Unknown(_));
                if let Some(odd) = kind.value.one_or_many().iter().find(odd) {
                    let message = format!("a principal is a text, not {}", odd.describe());
                    notes.at("INVALID_PRINCIPAL_FORMAT", odd, message);
                }
            }
        }
        Value::Text(text) => {
            let message = format!("`{name}` is `\"*\"` or an object, not `\"{text}\"`");
            notes
                .at("INVALID_PRINCIPAL_FORMAT", &entry.value, message)
                .fix(format!("write `{{\"AWS\": \"{text}\"}}`"));
        }
        _ => {
            let message = format!("`{name}` is `\"*\"` or an object, not {}", entry.value.describe());
            notes.at("INVALID_PRINCIPAL_FORMAT", &entry.value, message);
        }
    }
}

fn values<'a>(subject: &Subject<'a>, statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    for (kind, node, text) in statement.principal_texts() {
        if has_hole(text) || kind == "*" {
            continue;
        }
        if text.contains(['*', '?']) && !(kind == "AWS" && text == "*") && !text.contains("${") {
            let message = format!("the principal `{text}` has a wildcard");
            let added = notes.at("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", node, message);
            added.fix("name it in full, or compare `aws:PrincipalArn` in a condition");
        }
        match kind {
            "Federated" if subject.document.kind == DocumentKind::Resource => {
                let message = format!("a policy on a resource cannot name the identity provider `{text}`");
                notes.at("FEDERATED_PRINCIPAL_NOT_SUPPORTED", node, message);
            }
            "AWS" if text.starts_with("AROA") => {
                notes
                    .at("INVALID_ROLE_REFERENCE", node, format!("`{text}` is the id of a role"))
                    .fix("write its ARN");
            }
            "AWS" if text.starts_with("AIDA") => {
                notes
                    .at("INVALID_USER_REFERENCE", node, format!("`{text}` is the id of a user"))
                    .fix("write its ARN");
            }
            "Service" if !super::idents::is_service(text, true) => {
                let message = format!("`{text}` is not the principal of a service");
                notes
                    .at("INVALID_SERVICE_PRINCIPAL_FORMAT", node, message)
                    .fix("write it as in `ec2.amazonaws.com`");
            }
            _ => {}
        }
    }
}
