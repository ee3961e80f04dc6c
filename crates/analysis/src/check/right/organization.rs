//! Policies of an organisation: service control policies and resource control policies.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>. Service control
//! policies take the whole language since September 2025: wildcards anywhere in the name of an action, `NotResource`,
//! conditions and `NotAction` in an `Allow`. What Access Analyzer's page still says against that is not reported.

use leastwise_policy::aws::Comparison::{Bool, Null};
use leastwise_policy::aws::DocumentKind::{ResourceControl, ServiceControl};

use super::notes::Notes;
use crate::check::row::{allows, denies, error, warning};
use crate::check::{Check, Example, Facts, Severity, StatementView, Subject};
use crate::source::{Node, Value, has_hole};

const GOOD_SCP: Example =
    Example::policy(ServiceControl, denies!(r#""Action": "iam:*Login*", "Resource": "*""#));
const GOOD_RCP: Example = Example::policy(
    ResourceControl,
    denies!(
        r#""Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
       "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}"#
    ),
);
const GOOD_DEPUTY: Example = Example::policy(
    ResourceControl,
    denies!(
        r#""Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"},
       "Null": {"aws:SourceAccount": "false"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#
    ),
);

/// A resource control policy of one statement that denies.
macro_rules! rcp {
    ($text:literal) => {
        Example::policy(ResourceControl, denies!($text))
    };
}

pub(super) static CHECKS: &[Check] = &[
    error(
        "SCP_SYNTAX_ERROR_ACTION_WILDCARD",
        "A wildcard in the service of an action",
        "An action of a service control policy begins with the prefix of a service, written out. Wildcards may stand \
         anywhere in the name behind it, and `*` alone stands for all actions.",
    )
    .bad(Example::policy(ServiceControl, denies!(r#""Action": "ia*:DeleteRole", "Resource": "*""#)))
    .good(GOOD_SCP)
    .noted(),
    error(
        "SCP_SYNTAX_ERROR_PRINCIPAL",
        "A principal in a service control policy",
        "A service control policy is about all users and roles of the accounts: it takes no `Principal`. A condition on \
         `aws:PrincipalArn` says whom it is about.",
    )
    .bad(Example::policy(ServiceControl, denies!(r#""Principal": "*", "Action": "iam:*Login*", "Resource": "*""#)))
    .good(GOOD_SCP)
    .noted(),
    error(
        "RCP_SYNTAX_ERROR_PRINCIPAL",
        "A principal in a resource control policy",
        "A resource control policy is about everybody: its `Principal` is `\"*\"`, and it takes no `NotPrincipal`. \
         Conditions say whom it is about.",
    )
    .bad(rcp!(r#""Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*""#))
    .good(GOOD_RCP)
    .noted(),
    error(
        "RCP_SYNTAX_ERROR_ALLOW",
        "An Allow in a resource control policy",
        "An `Allow` of a resource control policy can only be about everybody and everything, without a condition, as in \
         the policy that AWS itself attaches.",
    )
    .bad(Example::policy(
        ResourceControl,
        allows!(r#""Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*""#),
    ))
    .good(GOOD_RCP)
    .noted(),
    error(
        "RCP_SYNTAX_ERROR_NOTACTION",
        "NotAction in a resource control policy",
        "A resource control policy takes no `NotAction`: the actions must be named.",
    )
    .bad(rcp!(r#""Principal": "*", "NotAction": "s3:GetObject", "Resource": "*""#))
    .good(GOOD_RCP)
    .noted(),
    error(
        "RCP_SYNTAX_ERROR_ACTION",
        "A service without resource control policies",
        "Resource control policies apply to some services only, and each action must name its service. For others the \
         statement says nothing.",
    )
    .bad(rcp!(r#""Principal": "*", "Action": "ec2:*", "Resource": "*""#))
    .good(GOOD_RCP)
    .noted(),
    warning(
        "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY",
        "A resource control policy that also stops AWS services",
        "The statement denies whoever does not have a certain key of a principal. AWS services that act for you do not \
         have it: the statement stops them unless it leaves them out.",
    )
    .severity(Severity::Medium)
    .bad(rcp!(
        r#""Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#
    ))
    .good(GOOD_RCP)
    .noted(),
    warning(
        "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY",
        "A resource control policy on services that also stops everybody else",
        "The statement denies whoever does not come from a certain source. Only requests of AWS services have a source: \
         the statement stops users and roles too unless it is limited to services.",
    )
    .severity(Severity::Medium)
    .bad(rcp!(
        r#""Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Null": {"aws:SourceAccount": "false"}}"#
    ))
    .good(GOOD_DEPUTY)
    .noted(),
    warning(
        "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
        "A resource control policy that stops services without a source",
        "Not every AWS service says on whose behalf it calls. The statement stops those that do not unless it asks \
         whether there is a source, with `Null` on `aws:SourceAccount` or `aws:SourceArn`.",
    )
    .severity(Severity::Medium)
    .bad(rcp!(
        r#""Principal": "*", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#
    ))
    .good(GOOD_DEPUTY)
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    let kind = subject.document.kind;
    for statement in &subject.statements {
        if kind == ServiceControl {
            service_control(statement, notes);
        } else if kind == ResourceControl {
            elements(statement, notes);
            actions(statement, facts, notes);
            conditions(statement, notes);
        }
    }
}

fn service_control<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    for entry in [statement.principal, statement.not_principal].into_iter().flatten() {
        notes
            .place(
                "SCP_SYNTAX_ERROR_PRINCIPAL",
                entry.at,
                &entry.value,
                format!("a service control policy takes no `{}`", entry.key),
            )
            .fix("write a condition on `aws:PrincipalArn`");
    }
    for used in &statement.actions {
        let Some((prefix, name)) = used.parts().filter(|_| !used.has_hole()) else { continue };
        if prefix.contains(['*', '?']) && !(prefix == "*" && name == "*") {
            let message = format!("the service of `{}` has a wildcard", used.text);
            notes.at("SCP_SYNTAX_ERROR_ACTION_WILDCARD", used.node, message);
        }
    }
}

/// Whether it is `*`, or may turn out to be.
fn is_everything(node: &Node) -> bool {
    let open = |node: &Node| match &node.value {
        Value::Text(text) => text == "*" || has_hole(text),
        Value::Unknown(_) => true,
        _ => false,
    };
    matches!(node.one_or_many(), [one] if open(one))
}

fn elements<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    let everybody = |node: &Node| match &node.value {
        Value::Text(text) => text == "*" || has_hole(text),
        Value::Map(kinds) => matches!(&kinds[..], [kind] if kind.key == "AWS" && is_everything(&kind.value)),
        Value::Unknown(_) => true,
        _ => false,
    };
    if let Some(entry) = statement.principal.filter(|entry| !everybody(&entry.value)) {
        notes
            .at(
                "RCP_SYNTAX_ERROR_PRINCIPAL",
                &entry.value,
                "the principal of a resource control policy is `\"*\"`",
            )
            .fix("write conditions such as `aws:PrincipalArn`");
    }
    if let Some(entry) = statement.not_principal {
        let message = "a resource control policy takes no `NotPrincipal`";
        notes.place("RCP_SYNTAX_ERROR_PRINCIPAL", entry.at, &entry.value, message);
    }
    if let Some(entry) = statement.not_action {
        let message = "a resource control policy takes no `NotAction`";
        notes.place("RCP_SYNTAX_ERROR_NOTACTION", entry.at, &entry.value, message).fix("write `Action`");
    }
    let whole =
        statement.condition.is_none() && statement.resource.is_some_and(|entry| is_everything(&entry.value));
    if statement.allows() && !whole {
        let message = "a resource control policy allows only everything to everybody, without a condition";
        notes
            .at("RCP_SYNTAX_ERROR_ALLOW", statement.node, message)
            .fix("write a `Deny` of what is not meant");
    }
}

fn actions<'a>(statement: &StatementView<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for used in statement.actions.iter().filter(|used| statement.not_action.is_none() && !used.has_hole()) {
        let service = used.parts().and_then(|(prefix, _)| facts.catalog.service(prefix));
        let open = matches!(used.text, "*" | "*:*");
        if open && !statement.denies() || service.is_some_and(|service| service.resource_control) {
            continue;
        }
        let message = match used.parts() {
            Some((prefix, _)) if !open => format!("resource control policies do not apply to `{prefix}`"),
            _ => "an action of a resource control policy names its service".to_owned(),
        };
        notes.at("RCP_SYNTAX_ERROR_ACTION", used.node, message);
    }
}

fn conditions<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    if !statement.denies() {
        return;
    }
    let has_bool = |wanted: &str| {
        statement.conditions.iter().any(|view| {
            view.operator.is_some_and(|operator| operator.base == Bool)
                && view.key.key.eq_ignore_ascii_case("aws:PrincipalIsAWSService")
                && view.key.value.one_or_many().iter().any(|node| match &node.value {
                    Value::Bool(truth) => truth.to_string() == wanted,
                    Value::Text(text) => text.eq_ignore_ascii_case(wanted),
                    _ => true,
                })
        })
    };
    let has_null = statement.conditions.iter().any(|view| {
        let key = view.key.key.to_ascii_lowercase();
        view.operator.is_some_and(|operator| operator.base == Null) && key.starts_with("aws:source")
    });
    for view in &statement.conditions {
        // Only such a condition holds for a request without the key.
        let open = view.operator.is_some_and(|operator| {
            operator.base != Null && (operator.base.is_negated() || operator.if_exists)
        });
        let (name, at, node) = (&view.key.key, view.key.at, &view.key.value);
        let lower = name.to_ascii_lowercase();
        let of_principal = matches!(
            &*lower,
            "aws:principalorgid" | "aws:principalorgpaths" | "aws:principalaccount" | "aws:principalarn"
        );
        let of_source = matches!(
            &*lower,
            "aws:sourceorgid" | "aws:sourceorgpaths" | "aws:sourceaccount" | "aws:sourcearn"
        );
        if open && of_principal && !has_bool("false") {
            let message = format!("AWS services do not have `{name}`, so they are denied too");
            notes
                .place("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", at, node, message)
                .fix("add `\"BoolIfExists\": {\"aws:PrincipalIsAWSService\": \"false\"}`");
        }
        if open && of_source && !has_bool("true") {
            let message = format!("users and roles do not have `{name}`, so they are denied too");
            notes
                .place("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", at, node, message)
                .fix("add `\"Bool\": {\"aws:PrincipalIsAWSService\": \"true\"}`");
        }
        if open && of_source && !has_null {
            let message = format!("some AWS services call without `{name}`, and are denied");
            notes
                .place("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", at, node, message)
                .fix("add `\"Null\": {\"aws:SourceAccount\": \"false\"}`");
        }
    }
}
