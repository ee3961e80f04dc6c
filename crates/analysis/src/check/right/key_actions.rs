//! Condition keys against the actions of their statement.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use std::collections::BTreeSet;

use leastwise_catalog::Action;
use leastwise_policy::aws::Comparison::Null;
use leastwise_policy::aws::{Condition, Operator, SetOperator};

use super::known::fits;
use super::notes::Notes;
use crate::check::row::{allows, denies, error, security, suggestion};
use crate::check::{ActionUse, Check, ConditionView, Example, Facts, Severity, StatementView, Subject};
use crate::source::has_hole;

const TAGGED: Example = Example::identity(allows!(
    r#""Action": "sqs:DeleteQueue", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/team": "payments"}}"#
));
const DENIED: Example = Example::identity(denies!(
    r#""Action": "sqs:DeleteQueue", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/team": "payments"}}"#
));

pub(super) static CHECKS: &[Check] = &[
    error(
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        "An action whose requests do not have the key",
        "Requests for this action never have the condition key. With an `Allow` the action is not allowed, with a `Deny` \
         it is not denied; a negated operator always holds. Actions with wildcards are not judged.",
    )
    .bad(Example::identity(allows!(
        r#""Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*",
     "Condition": {"StringLike": {"s3:prefix": "home/*"}}"#
    )))
    .good(Example::identity(allows!(
        r#""Action": "s3:ListBucket", "Resource": "arn:aws:s3:::reports",
     "Condition": {"StringLike": {"s3:prefix": "home/*"}}"#
    )))
    .noted(),
    error(
        "MISSING_ACTION_FOR_CONDITION_KEY",
        "A condition key without the one action that has it",
        "Only one action has this condition key, and the statement does not name it: the condition never has a value.",
    )
    .bad(Example::identity(allows!(
        r#""Action": ["ec2:RunInstances", "ec2:DescribeInstances"], "Resource": "*",
     "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#
    )))
    .good(Example::identity(allows!(
        r#""Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app",
     "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#
    )))
    .noted(),
    security(
        "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "A Deny by tags that an action does not know",
        "Requests for some actions of the statement never have the tag key, so the `Deny` does not deny them, whatever \
         the tags are.",
    )
    .bad(Example::identity(denies!(
        r#""Action": ["sqs:DeleteQueue", "s3:DeleteBucketWebsite"], "Resource": "*",
     "Condition": {"StringEquals": {"aws:RequestTag/team": "payments"}}"#
    )))
    .good(DENIED)
    .noted(),
    security(
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "A Deny by tags of all other actions",
        "A `Deny` with `NotAction` is about all other actions, and requests for many of them never have the tag key: \
         they are not denied.",
    )
    .bad(Example::identity(denies!(
        r#""NotAction": "sqs:DeleteQueue", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/team": "payments"}}"#
    )))
    .good(DENIED)
    .noted(),
    suggestion(
        "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "An Allow by tags that an action does not know",
        "Requests for some actions of the statement never have the tag key, so the `Allow` does not allow them, whatever \
         the tags are.",
    )
    .severity(Severity::Low)
    .bad(Example::identity(allows!(
        r#""Action": ["sqs:DeleteQueue", "s3:DeleteBucketWebsite"], "Resource": "*",
     "Condition": {"StringEquals": {"aws:RequestTag/team": "payments"}}"#
    )))
    .good(TAGGED)
    .noted(),
    suggestion(
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        "An Allow by tags of all other actions",
        "An `Allow` with `NotAction` is about all other actions, and requests for many of them never have the tag key: \
         they are not allowed.",
    )
    .severity(Severity::Low)
    .bad(Example::identity(allows!(
        r#""NotAction": "sqs:DeleteQueue", "Resource": "*",
     "Condition": {"StringEquals": {"aws:ResourceTag/team": "payments"}}"#
    )))
    .good(TAGGED)
    .noted(),
];

/// Keys that requests have though the service reference does not say so:
/// <https://docs.aws.amazon.com/marketplace/latest/buyerguide/buyer-iam-users-groups-policies.html>.
const UNLISTED: &[&str] = &["aws-marketplace:productid"];

/// Keys that one action alone has, in the words of the catalogue.
const ONE_ACTION: &[(&str, &str, &str)] = &[
    ("iam:passedtoservice", "iam", "PassRole"),
    ("iam:associatedresourcearn", "iam", "PassRole"),
    ("iam:awsservicename", "iam", "CreateServiceLinkedRole"),
    ("ec2:createaction", "ec2", "CreateTags"),
];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        for view in &statement.conditions {
            let Some(operator) = view.operator else { continue };
            let lower = view.key.key.to_ascii_lowercase();
            if has_hole(&lower) || !is_asked(operator) {
                continue;
            }
            if lower.starts_with("aws:resourcetag/")
                || lower.starts_with("aws:requesttag/")
                || lower == "aws:tagkeys"
            {
                tags(statement, view, &lower, notes);
            } else if !lower.starts_with("aws:") && statement.not_action.is_none() {
                service(statement, view, &lower, notes);
            }
        }
    }
}

/// Whether a request without the key does not meet the condition, or meets it by accident: `IfExists`, `ForAllValues`
/// and `Null` say what is meant then.
fn is_asked(operator: Operator) -> bool {
    !operator.if_exists && operator.set != Some(SetOperator::ForAllValues) && operator.base != Null
}

/// Whether no request for the action meets the condition, since none says which tags are sent.
pub(in crate::check) fn is_never_met(condition: &Condition, action: &Action<'_>) -> bool {
    let (key, operator) = (&condition.key, condition.operator);
    let is_sent = key.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("aws:RequestTag/"))
        || key.eq_ignore_ascii_case("aws:TagKeys");
    // Sessions are tagged with the request that makes them.
    let never =
        is_sent && is_asked(operator) && !operator.base.is_negated() && *action.service.prefix != *"sts";
    never && !has(action, &key.to_ascii_lowercase())
}

/// Whether requests for the action can have the key, in lower case.
fn has(action: &Action<'_>, lower: &str) -> bool {
    let on = |key: &leastwise_catalog::Name| fits(key, lower);
    let facts = action.facts;
    facts.keys.iter().any(on)
        || facts.resources.iter().any(|resource| {
            let kind = || action.service.resource_type(&resource.resource_type);
            resource.keys.iter().any(on) || kind().is_some_and(|kind| kind.keys.iter().any(on))
        })
}

/// Actions that are asked for together with the one that makes a session, so their requests have all of its keys.
const WITH_SESSION: &[&str] = &["TagSession", "SetSourceIdentity", "SetContext"];

/// The actions that are named without wildcards and are known.
fn named<'s, 'a>(
    statement: &'s StatementView<'a>,
) -> impl Iterator<Item = (&'s ActionUse<'a>, &'s Action<'a>)> {
    let exact = statement.actions.iter().filter(|used| !used.is_pattern());
    exact.filter_map(|used| Some((used, used.found.as_slice().first()?))).filter(|(_, action)| {
        *action.service.prefix != *"sts" || !WITH_SESSION.contains(&&*action.facts.name)
    })
}

fn service<'a>(statement: &StatementView<'a>, view: &ConditionView<'a>, lower: &str, notes: &mut Notes<'a>) {
    let (name, at, node) = (&view.key.key, view.key.at, &view.key.value);
    let prefix = lower.split(':').next().unwrap_or_default();
    if let Some((_, of, action)) = ONE_ACTION.iter().find(|row| row.0 == lower)
        && !statement.actions.iter().any(|used| used.covers(of, action))
        && statement.actions.iter().all(|used| !used.has_hole())
        && !statement.actions.is_empty()
    {
        let message =
            format!("only requests for `{of}:{action}` have `{name}`, and the statement does not name it");
        notes.place("MISSING_ACTION_FOR_CONDITION_KEY", at, node, message);
        return;
    }
    // Other services' requests can have a key of a service as well: `kms:ViaService` and the like are about that one.
    if UNLISTED.contains(&lower) || is_of_caller(lower) {
        return;
    }
    let foreign: Vec<&str> = named(statement)
        .filter(|(_, action)| {
            !(has(action, lower) || *action.service.prefix == *prefix && is_for_all(action, lower))
        })
        .map(|(used, _)| used.text)
        .collect();
    if !foreign.is_empty() {
        let message = format!("requests for {} do not have `{name}`", listed(&foreign));
        notes.place("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", at, node, message);
        return;
    }
    // Patterns are judged only when nothing that any of them covers has the key.
    let all = |used: &ActionUse<'a>| {
        let actions = used.found.as_slice();
        !actions.is_empty()
            && !matches!(used.text, "*" | "*:*")
            && actions.iter().all(|action| *action.service.prefix != *prefix && !has(action, lower))
    };
    if !statement.actions.is_empty() && statement.actions.iter().all(all) {
        let message = format!("no request that the statement is about has `{name}`");
        notes.place("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", at, node, message);
    }
}

/// Whether the key says something of the caller, whatever is called: claims of identity providers, what a session was
/// made with, and from where.
fn is_of_caller(lower: &str) -> bool {
    const CALLER: &[&str] = &[
        "ec2:roledelivery",
        "ec2:sourceinstancearn",
        "glue:credentialissuingservice",
        "glue:roleassumedby",
        "identitystore:userid",
        "lambda:sourcefunctionarn",
        "ssm:sourceinstancearn",
        "sts:sourceidentity",
    ];
    let prefix = lower.split(':').next().unwrap_or_default();
    prefix.contains(['.', '/']) || prefix == "saml" || CALLER.contains(&lower)
}

/// Whether the reference names the key with no action of the service, which means with all.
fn is_for_all(action: &Action<'_>, lower: &str) -> bool {
    let service = action.service;
    !service.actions.iter().any(|facts| has(&Action { service, facts }, lower))
}

fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
    match names.len() {
        0..=3 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - 3),
    }
}

fn tags<'a>(statement: &StatementView<'a>, view: &ConditionView<'a>, lower: &str, notes: &mut Notes<'a>) {
    let (name, at, node) = (&view.key.key, view.key.at, &view.key.value);
    // What a `Deny` says by a negated operator, it says of requests without the key too.
    if statement.denies() && view.operator.is_some_and(|operator| operator.base.is_negated()) {
        return;
    }
    if statement.not_action.is_some() {
        let (code, does) = match statement.denies() {
            true => ("DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "denied"),
            false => ("ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "allowed"),
        };
        let message = format!("actions whose requests do not have `{name}` are not {does}");
        notes.place(code, at, node, message).fix("list the actions with `Action`");
        return;
    }
    if statement.allows() && view.operator.is_some_and(|operator| operator.base.is_negated()) {
        return;
    }
    let foreign: Vec<(&str, &str)> = named(statement)
        .filter(|(_, action)| !has(action, lower))
        .map(|(used, action)| (used.text, &*action.service.prefix))
        .collect();
    if foreign.is_empty() {
        return;
    }
    let services: BTreeSet<&str> = foreign.iter().map(|(_, service)| *service).collect();
    let services: Vec<&str> = services.into_iter().collect();
    let names: Vec<&str> = foreign.iter().map(|(name, _)| *name).collect();
    let (code, does) = match statement.denies() {
        true => ("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "denied"),
        false => ("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", "allowed"),
    };
    let message = format!(
        "requests for {} do not have `{name}`, so they are not {does} (services: {})",
        listed(&names),
        services.join(", ")
    );
    notes.place(code, at, node, message).fix("put these actions into a statement without the condition");
}
