//! Passing roles to services, and creating the roles of services: `iam:PassRole` and `iam:CreateServiceLinkedRole` on
//! more than was meant.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>

use leastwise_catalog::Action;
use leastwise_policy::aws::{Effect, ResourceBlock, Statement};
use leastwise_policy::glob;

use super::key_actions::is_never_met;
use super::notes::Notes;
use crate::check::row::{allows, security, warning};
use crate::check::{Check, Example, Facts, Severity, StatementView, Subject};
use crate::source::has_hole;

const GOOD_PASS: Example = Example::identity(allows!(
    r#""Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app",
     "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#
));
const GOOD_LINKED: Example = Example::identity(allows!(
    r#""Action": "iam:CreateServiceLinkedRole",
     "Resource": "arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS""#
));

const fn pass(code: &'static str, title: &'static str, about: &'static str, bad: &'static str) -> Check {
    security(code, title, about)
        .severity(Severity::High)
        .mitre(&["T1098.003", "T1548.005"])
        .bad(Example::identity(bad))
        .good(GOOD_PASS)
        .noted()
}

const fn linked(code: &'static str, title: &'static str, about: &'static str, bad: &'static str) -> Check {
    warning(code, title, about).bad(Example::identity(bad)).good(GOOD_LINKED).noted()
}

pub(super) static CHECKS: &[Check] = &[
    pass(
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        "Passing any role",
        "`iam:PassRole` on a wildcard gives any role of the account to any service, also one that may do more than \
         whoever passes it. Name the roles, or the service with `iam:PassedToService`.",
        allows!(r#""Action": "iam:PassRole", "Resource": "*""#),
    ),
    pass(
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "Passing any role by a wildcard",
        "A wildcard in the actions covers `iam:PassRole`, and the resource is a wildcard too: any role of the account \
         can be given to any service.",
        allows!(r#""Action": "iam:P*", "Resource": "*""#),
    ),
    pass(
        "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "Passing any role by leaving it in",
        "`NotAction` does not leave `iam:PassRole` out, and the resource is a wildcard: any role of the account can be \
         given to any service.",
        allows!(r#""NotAction": "s3:*", "Resource": "*""#),
    ),
    pass(
        "PASS_ROLE_WITH_NOT_RESOURCE",
        "Passing all roles but some",
        "`iam:PassRole` with `NotResource` gives all roles of the account that are not named to any service.",
        allows!(r#""Action": "iam:PassRole", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
    ),
    pass(
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "Passing all roles but some by a wildcard",
        "A wildcard in the actions covers `iam:PassRole`, and `NotResource` leaves out some roles only.",
        allows!(r#""Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
    ),
    pass(
        "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        "Passing all roles but some by leaving it in",
        "`NotAction` does not leave `iam:PassRole` out, and `NotResource` leaves out some roles only.",
        allows!(r#""NotAction": "s3:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
    ),
    linked(
        "CREATE_SLR_WITH_STAR_IN_RESOURCE",
        "Creating any service's role",
        "`iam:CreateServiceLinkedRole` on a wildcard creates roles for services that nobody meant. Name the roles, or \
         the service with `iam:AWSServiceName`.",
        allows!(r#""Action": "iam:CreateServiceLinkedRole", "Resource": "*""#),
    ),
    linked(
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "Creating any service's role by a wildcard",
        "A wildcard in the actions covers `iam:CreateServiceLinkedRole`, and the resource is a wildcard too.",
        allows!(r#""Action": "iam:Create*", "Resource": "*""#),
    ),
    linked(
        "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
        "Creating any service's role by leaving it in",
        "`NotAction` does not leave `iam:CreateServiceLinkedRole` out, and the resource is a wildcard.",
        allows!(r#""NotAction": "s3:*", "Resource": "*""#),
    ),
    linked(
        "CREATE_SLR_WITH_NOT_RESOURCE",
        "Creating all services' roles but some",
        "`iam:CreateServiceLinkedRole` with `NotResource` creates the roles of all services that are not named.",
        allows!(
            r#""Action": "iam:CreateServiceLinkedRole", "NotResource": "arn:aws:iam::111122223333:role/admin""#
        ),
    ),
    linked(
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        "Creating all services' roles but some by a wildcard",
        "A wildcard in the actions covers `iam:CreateServiceLinkedRole`, and `NotResource` leaves out some roles only.",
        allows!(r#""Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
    ),
    linked(
        "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
        "Creating all services' roles but some by leaving it in",
        "`NotAction` does not leave `iam:CreateServiceLinkedRole` out, and `NotResource` leaves out some roles only.",
        allows!(r#""NotAction": "s3:*", "NotResource": "arn:aws:iam::111122223333:role/admin""#),
    ),
];

/// One of the two actions, with the codes of its six variants.
struct Power {
    action: &'static str,
    /// Conditions on these keys say for which service or resource.
    limits: &'static [&'static str],
    /// A resource that only a pattern for all of them covers.
    probe: &'static str,
    does: &'static str,
    /// Named, by a wildcard, by `NotAction`; on a wildcard and on `NotResource`.
    codes: [[&'static str; 2]; 3],
}

static POWERS: [Power; 2] = [
    Power {
        action: "PassRole",
        limits: &["iam:passedtoservice", "iam:associatedresourcearn"],
        probe: "role/q7/Zq-7",
        does: "any role can be passed to any service",
        codes: [
            ["PASS_ROLE_WITH_STAR_IN_RESOURCE", "PASS_ROLE_WITH_NOT_RESOURCE"],
            ["PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"],
            ["PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION", "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE"],
        ],
    },
    Power {
        action: "CreateServiceLinkedRole",
        limits: &["iam:awsservicename"],
        probe: "role/aws-service-role/zq7.amazonaws.com/AWSServiceRoleForZq7",
        does: "the role of any service can be created",
        codes: [
            ["CREATE_SLR_WITH_STAR_IN_RESOURCE", "CREATE_SLR_WITH_NOT_RESOURCE"],
            [
                "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
                "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
            ],
            [
                "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
                "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE",
            ],
        ],
    },
];

/// The action that a check of this family is about, with the condition keys that say for which service or resource.
pub(in crate::check) fn passing(code: &str) -> Option<(&'static str, &'static [&'static str])> {
    let mut powers = POWERS.iter();
    let power = powers.find(|power| power.codes.iter().flatten().any(|own| *own == code))?;
    Some((power.action, power.limits))
}

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    use leastwise_policy::aws::DocumentKind::{Boundary, Identity, Session};
    // An organisation's policies and boundaries allow by themselves nothing; boundaries are judged as AWS does.
    if !matches!(subject.document.kind, Identity | Boundary | Session) {
        return;
    }
    for statement in
        subject.statements.iter().filter(|statement| statement.allows() && statement.typed.is_some())
    {
        for power in &POWERS {
            one(subject, statement, power, facts, notes);
        }
    }
}

fn one<'a>(
    subject: &Subject<'a>,
    statement: &StatementView<'a>,
    power: &Power,
    facts: &Facts<'_>,
    notes: &mut Notes<'a>,
) {
    let covering = statement.actions.iter().filter(|used| used.covers("iam", power.action));
    let (how, node) = match statement.not_action {
        Some(entry) if covering.clone().next().is_none() && !statement.actions.is_empty() => {
            (2, &entry.value)
        }
        Some(_) => return,
        None => {
            // One that is named counts before one that is covered.
            let Some(used) = covering.min_by_key(|used| used.is_pattern()) else { return };
            (usize::from(used.is_pattern()), used.node)
        }
    };
    let limited = statement.conditions.iter().any(|view| {
        has_hole(&view.key.key) || power.limits.iter().any(|key| view.key.key.eq_ignore_ascii_case(key))
    });
    let action = facts.catalog.action(&format!("iam:{}", power.action));
    let never = |action: Action<'_>| {
        let typed = statement.typed.iter();
        typed.flat_map(|one| one.condition.iter()).any(|condition| is_never_met(condition, &action))
    };
    if limited || action.is_some_and(never) {
        return;
    }
    let wild = match (statement.resource, statement.not_resource) {
        (Some(_), _) => statement.resource_texts().any(|(_, text)| covers_all(text, power.probe)),
        (None, Some(_)) => false,
        (None, None) => return,
    };
    if (wild || statement.not_resource.is_some()) && !is_denied(subject, power) {
        let code = power.codes[how][usize::from(!wild)];
        notes.at(code, node, power.does).fix("name the roles, or the service in a condition");
    }
}

/// Whether the document itself denies the action for every role, whatever the circumstances.
fn is_denied(subject: &Subject<'_>, power: &Power) -> bool {
    let name = format!("iam:{}", power.action);
    let denies = |statement: &Statement| {
        let on_all = |block: &ResourceBlock| match block {
            ResourceBlock::Resource(patterns) => {
                patterns.iter().any(|pattern| covers_all(pattern.as_str(), power.probe))
            }
            // Nothing of IAM is spared.
            ResourceBlock::NotResource(spared) => spared.iter().all(|pattern| {
                let service = pattern.as_str().split(':').nth(2);
                service.is_some_and(|service| service != "iam" && !service.contains(['*', '?', '$']))
            }),
        };
        statement.effect == Effect::Deny
            && statement.condition.is_empty()
            && statement.action.applies_to(&name)
            && statement.resource.as_ref().is_some_and(on_all)
    };
    subject.document.policy.statements.iter().any(denies)
}

/// Whether a pattern stands for any role.
fn covers_all(text: &str, probe: &str) -> bool {
    if has_hole(text) || !text.contains('*') {
        return false;
    }
    text == "*" || text.splitn(6, ':').nth(5).is_some_and(|resource| glob::matches(resource, probe))
}
