//! The elements of a document and its statements: which there are, which must be there, and what they may hold.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use leastwise_policy::aws::DocumentKind;

use crate::check::row::{allows, error, statements};
use crate::check::{ActionUse, Check, Example, Facts, Report, Severity, StatementView, Subject};
use crate::source::{Entry, Node, Value, has_hole};

const GOOD: Example =
    Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#));

pub(super) static CHECKS: &[Check] = &[
    error(
        "DATA_TYPE_MISMATCH",
        "Not the type of value that the element takes",
        "An element holds a value of another JSON type than it takes: a number where a text must stand, a text where \
         an object must. AWS refuses the document.",
    )
    .bad(Example::identity(allows!(r#""Action": 7, "Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .found(types),
    error(
        "INVALID_POLICY_ELEMENT",
        "No such element",
        "The document or a statement has an element that the policy language does not have, often one that is \
         misspelled. Element names are case-sensitive. AWS refuses the document.",
    )
    .bad(Example::identity(allows!(r#""Actions": "s3:GetObject", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .found(unknown),
    error(
        "INVALID_EFFECT",
        "No such effect",
        "`Effect` is `Allow` or `Deny`, written exactly so. AWS refuses anything else.",
    )
    .bad(Example::identity(statements!(
        r#""Effect": "allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(GOOD)
    .found(effect),
    error(
        "MISSING_EFFECT",
        "No effect",
        "The statement does not say whether it allows or denies. AWS refuses the document.",
    )
    .bad(Example::identity(statements!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .found(|subject, _, report| missing(subject, report, &["Effect"], "add `\"Effect\": \"Allow\"` or `\"Deny\"`")),
    error(
        "MISSING_ACTION",
        "No action",
        "The statement names no action, so it says nothing, and AWS refuses the document.",
    )
    .bad(Example::identity(allows!(r#""Resource": "arn:aws:s3:::reports/*""#)))
    .good(GOOD)
    .found(|subject, _, report| {
        missing(subject, report, &["Action", "NotAction"], "add `Action` with what is allowed or denied");
    }),
    error(
        "MISSING_RESOURCE",
        "No resource",
        "The statement names no resource. Only the trust policy of a role needs none, since it is about the role; AWS \
         refuses other documents.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject""#)))
    .good(GOOD)
    .found(resource),
    error(
        "MISSING_PRINCIPAL",
        "No principal",
        "A statement of a policy on a resource, of a role's trust policy or of a resource control policy does not say \
         whom it is about. AWS refuses the document.",
    )
    .bad(Example::policy(DocumentKind::Trust, allows!(r#""Action": "sts:AssumeRole""#)))
    .good(Example::policy(
        DocumentKind::Trust,
        allows!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole""#),
    ))
    .found(principal),
    error(
        "UNSUPPORTED_ELEMENT_COMBINATION",
        "Elements that exclude each other",
        "A statement has an element and its negation: `Action` and `NotAction`, `Resource` and `NotResource`, or \
         `Principal` and `NotPrincipal`. AWS refuses the document.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:*", "NotAction": "s3:DeleteObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(GOOD)
    .found(combination),
    error(
        "UNSUPPORTED_PRINCIPAL",
        "A principal where none may stand",
        "A policy that hangs on a user, group or role is about whoever holds it: it takes no `Principal`. AWS refuses \
         the document.",
    )
    .bad(Example::identity(allows!(
        r#""Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(GOOD)
    .severity(Severity::Medium)
    .found(unsupported_principal),
];

/// What an element takes.
enum Takes {
    Text,
    Texts,
    Object,
}

const STATEMENT: &[(&str, Takes)] = &[
    ("Sid", Takes::Text),
    ("Effect", Takes::Text),
    ("Action", Takes::Texts),
    ("NotAction", Takes::Texts),
    ("Resource", Takes::Texts),
    ("NotResource", Takes::Texts),
    ("Condition", Takes::Object),
];

fn types(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    let root = &subject.document.root;
    for name in ["Version", "Id"] {
        wrong_type(root.entry(name), &Takes::Text, report);
    }
    for statement in &subject.statements {
        if !matches!(statement.node.value, Value::Map(_) | Value::Unknown(_)) {
            let what = statement.node.describe();
            report.at(statement.node, format!("a statement is an object, not {what}"));
            continue;
        }
        for (name, takes) in STATEMENT {
            wrong_type(statement.node.entry(name), takes, report);
        }
        for operator in statement.condition.iter().flat_map(|condition| condition.value.entries()) {
            wrong_type(Some(operator), &Takes::Object, report);
        }
    }
}

fn wrong_type(entry: Option<&Entry>, takes: &Takes, report: &mut Report<'_>) {
    let Some(entry) = entry else { return };
    let unknown = |node: &Node| matches!(node.value, Value::Unknown(_));
    let is_text = |node: &Node| node.text().is_some() || unknown(node);
    let (fine, wanted) = match takes {
        Takes::Text => (is_text(&entry.value), "a text"),
        Takes::Texts => (entry.value.one_or_many().iter().all(is_text), "a text or a list of texts"),
        Takes::Object => (matches!(entry.value.value, Value::Map(_)) || unknown(&entry.value), "an object"),
    };
    if !fine {
        let odd = entry.value.items().iter().find(|item| !is_text(item));
        let what = odd.unwrap_or(&entry.value).describe();
        let held = if odd.is_some() { "holds" } else { "is" };
        report.at(odd.unwrap_or(&entry.value), format!("`{}` takes {wanted}, and {held} {what}", entry.key));
    }
}

fn unknown(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    let top = ["Version", "Id", "Statement"];
    let own = STATEMENT.iter().map(|row| row.0).chain(["Principal", "NotPrincipal"]);
    let own: Vec<&str> = own.collect();
    let mut check = |node: &Node, names: &[&str]| {
        for entry in
            node.entries().iter().filter(|entry| !names.contains(&&*entry.key) && !has_hole(&entry.key))
        {
            let added =
                report.at_place(entry.at, &entry.value, format!("there is no element `{}`", entry.key));
            let near = |name: &&&str| {
                name.eq_ignore_ascii_case(&entry.key) || entry.key.strip_suffix('s') == Some(**name)
            };
            if let Some(name) = names.iter().find(near) {
                added.fix(format!("did you mean `{name}`?"));
            }
        }
    };
    check(&subject.document.root, &top);
    for statement in &subject.statements {
        check(statement.node, &own);
    }
}

fn effect(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for statement in subject.statements.iter().filter(|statement| statement.effect.is_none()) {
        let Some(node) = statement.node.get("Effect") else { continue };
        let Some(text) = node.text().filter(|text| !has_hole(text)) else { continue };
        let added = report.at(node, format!("the effect `{text}` is neither `Allow` nor `Deny`"));
        if let Some(name) = ["Allow", "Deny"].into_iter().find(|name| name.eq_ignore_ascii_case(text)) {
            added.fix(format!("write `{name}`"));
        }
    }
}

fn missing(subject: &Subject<'_>, report: &mut Report<'_>, names: &[&str], fix: &str) {
    for statement in objects(subject) {
        if names.iter().all(|name| statement.node.get(name).is_none()) {
            let names = names.join("` or `");
            report.at(statement.node, format!("the statement has no `{names}`")).fix(fix);
        }
    }
}

fn objects<'s, 'a>(subject: &'s Subject<'a>) -> impl Iterator<Item = &'s StatementView<'a>> {
    subject.statements.iter().filter(|statement| matches!(statement.node.value, Value::Map(_)))
}

fn resource(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind == DocumentKind::Trust {
        return;
    }
    // The policy of an ECR repository is about the repository: its statements have no resource.
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
    let is_ecr = |used: &ActionUse<'_>| {
        used.has_hole() || used.parts().is_none_or(|(prefix, _)| matches!(prefix, "ecr" | "ecr-public"))
    };
    let kind = subject.document.resource_type.as_deref();
    let of_repository = subject.document.kind == DocumentKind::Resource
        && (kind == Some("AWS::ECR::Repository")
            || kind.is_none() && objects(subject).flat_map(|statement| &statement.actions).all(is_ecr));
    if !of_repository {
        missing(
            subject,
            report,
            &["Resource", "NotResource"],
            "add `Resource` with the ARNs that it is about",
        );
    }
}

fn principal(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    use DocumentKind::{Resource, ResourceControl, Trust};
    if matches!(subject.document.kind, Resource | Trust | ResourceControl) {
        missing(subject, report, &["Principal", "NotPrincipal"], "add `Principal` with whom it is about");
    }
}

fn combination(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for statement in &subject.statements {
        let pairs = [
            (statement.action, statement.not_action),
            (statement.resource, statement.not_resource),
            (statement.principal, statement.not_principal),
        ];
        for (one, other) in pairs {
            let (Some(one), Some(other)) = (one, other) else { continue };
            let message = format!("`{}` and `{}` exclude each other", one.key, other.key);
            report.at_place(other.at, &other.value, message).fix("make two statements of it");
        }
    }
}

fn unsupported_principal(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    use DocumentKind::{Boundary, Identity, Session};
    if !matches!(subject.document.kind, Identity | Boundary | Session) {
        return;
    }
    for statement in &subject.statements {
        for entry in [statement.principal, statement.not_principal].into_iter().flatten() {
            report
                .at_place(entry.at, &entry.value, format!("an identity policy takes no `{}`", entry.key))
                .fix("leave it out, or put the policy on the resource");
        }
    }
}
