//! Trust policies of roles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>,
//! <https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html>

use leastwise_policy::aws::DocumentKind;
use leastwise_policy::glob;

use super::notes::Notes;
use crate::check::row::{allows, error, suggestion};
use crate::check::{Check, Example, Facts, StatementView, Subject};
use crate::source::{Node, has_hole};

/// A trust policy of one statement.
macro_rules! trust {
    ($text:literal) => {
        Example::policy(DocumentKind::Trust, allows!($text))
    };
}
pub(super) use trust;

const GOOD: Example =
    trust!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole""#);
const GOOD_SAML: Example = trust!(
    r#""Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/people"},
     "Action": "sts:AssumeRoleWithSAML", "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#
);

pub(super) static CHECKS: &[Check] = &[
    error(
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL",
        "NotPrincipal in a trust policy",
        "A trust policy says who may assume the role: it takes no `NotPrincipal`. AWS refuses the document.",
    )
    .bad(trust!(
        r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole""#
    ))
    .good(GOOD)
    .noted(),
    error(
        "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        "Anybody in a trust policy",
        "`\"Principal\": \"*\"` is not supported in a trust policy. Name who may assume the role.",
    )
    .severity(crate::check::Severity::High)
    .mitre(&["T1078.004"])
    .bad(trust!(r#""Principal": "*", "Action": "sts:AssumeRole""#))
    .good(GOOD)
    .noted(),
    error(
        "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE",
        "A resource in a trust policy",
        "A trust policy is about the role that it hangs on: it takes no `Resource`. AWS refuses the document.",
    )
    .bad(trust!(
        r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/deployer"}, "Action": "sts:AssumeRole", "Resource": "*""#
    ))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
        "Not an identity provider",
        "An identity provider is named by its ARN in the account (`saml-provider/`, `oidc-provider/`), or by its domain \
         when it is one that AWS knows by itself. AWS refuses anything else.",
    )
    .bad(trust!(r#""Principal": {"Federated": "people"}, "Action": "sts:AssumeRoleWithSAML""#))
    .good(GOOD_SAML)
    .noted(),
    error(
        "MISMATCHED_ACTION_FOR_PRINCIPAL",
        "An action that such principals do not use",
        "Whoever comes by SAML uses `sts:AssumeRoleWithSAML`, by OpenID Connect `sts:AssumeRoleWithWebIdentity`, everybody \
         else `sts:AssumeRole`. The statement pairs an action with principals that cannot use it.",
    )
    .bad(trust!(
        r#""Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/people"},
     "Action": "sts:AssumeRoleWithWebIdentity""#
    ))
    .good(GOOD_SAML)
    .noted(),
    error(
        "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
        "Roles Anywhere without all of its actions",
        "IAM Roles Anywhere assumes a role with `sts:AssumeRole`, `sts:SetSourceIdentity` and `sts:TagSession`. When one \
         is missing, it cannot.",
    )
    .bad(trust!(r#""Principal": {"Service": "rolesanywhere.amazonaws.com"}, "Action": "sts:AssumeRole""#))
    .good(trust!(
        r#""Principal": {"Service": "rolesanywhere.amazonaws.com"},
     "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
     "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/a1"}}"#
    ))
    .noted(),
    suggestion(
        "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",
        "A session beside its role",
        "The statement names a role and one of its sessions. The role stands for all of its sessions.",
    )
    .bad(trust!(
        r#""Principal": {"AWS": ["arn:aws:iam::111122223333:role/deployer",
       "arn:aws:sts::111122223333:assumed-role/deployer/nightly"]}, "Action": "sts:AssumeRole""#
    ))
    .good(GOOD)
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    if subject.document.kind != DocumentKind::Trust {
        return;
    }
    for statement in &subject.statements {
        elements(statement, notes);
        federated(statement, notes);
        if statement.allows() {
            actions(statement, notes);
            sessions(statement, notes);
        }
    }
    anywhere(subject, notes);
}

fn elements<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    if let Some(entry) = statement.not_principal {
        let code = "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL";
        notes.place(code, entry.at, &entry.value, "a trust policy takes no `NotPrincipal`");
    }
    if let Some(entry) = statement.principal.filter(|entry| entry.value.text() == Some("*")) {
        let code = "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL";
        notes.at(code, &entry.value, "a trust policy must name who may assume the role");
    }
    for entry in [statement.resource, statement.not_resource].into_iter().flatten() {
        let code = "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE";
        notes.place(code, entry.at, &entry.value, format!("a trust policy takes no `{}`", entry.key));
    }
}

/// How a principal gets to the role.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Saml,
    WebIdentity,
    Itself,
}

/// How an identity provider is reached; none when the text is none.
pub(super) fn provider(text: &str) -> Option<Way> {
    if glob::matches("arn:*:iam::*:saml-provider/?*", text) {
        return Some(Way::Saml);
    }
    let domain = |text: &str| {
        text.contains('.')
            && text.split('/').next().is_some_and(|host| {
                host.split('.').all(|label| {
                    !label.is_empty()
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                })
            })
    };
    let is_oidc = glob::matches("arn:*:iam::*:oidc-provider/?*", text) || domain(text);
    is_oidc.then_some(Way::WebIdentity)
}

fn federated<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    for (kind, node, text) in statement.principal_texts() {
        let judged = kind == "Federated" && !has_hole(text) && !text.contains(['*', '?', '$']);
        if judged && provider(text).is_none() {
            let code = "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY";
            notes
                .at(code, node, format!("`{text}` is not an identity provider"))
                .fix("write its ARN: `arn:aws:iam::111122223333:saml-provider/NAME`");
        }
    }
}

fn actions<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    let texts = statement.principal_texts();
    let way = |(kind, _, text): &(&str, &Node, &str)| match *kind {
        "Federated" if has_hole(text) || text.contains(['*', '$']) => None,
        "Federated" => provider(text),
        _ => Some(Way::Itself),
    };
    let ways: Option<Vec<Way>> = texts.iter().map(way).collect();
    let Some(ways) = ways.filter(|ways| !ways.is_empty() && statement.not_principal.is_none()) else {
        return;
    };
    for used in &statement.actions {
        let wanted = match &*used.text.to_ascii_lowercase() {
            "sts:assumerolewithsaml" => Way::Saml,
            "sts:assumerolewithwebidentity" => Way::WebIdentity,
            "sts:assumerole" => Way::Itself,
            _ => continue,
        };
        if !ways.contains(&wanted) {
            let names: Vec<&str> = texts.iter().take(3).map(|(_, _, text)| *text).collect();
            let message = format!("`{}` cannot be used by {}", used.text, names.join(", "));
            let right = match ways[0] {
                Way::Saml => "sts:AssumeRoleWithSAML",
                Way::WebIdentity => "sts:AssumeRoleWithWebIdentity",
                Way::Itself => "sts:AssumeRole",
            };
            notes.at("MISMATCHED_ACTION_FOR_PRINCIPAL", used.node, message).fix(format!("write `{right}`"));
        }
    }
}

fn sessions<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    let texts = statement.principal_texts();
    let session = |text: &str| {
        let (account, rest) = text.split_once("::")?.1.split_once(":assumed-role/")?;
        Some((account.to_owned(), rest.split('/').next()?.to_owned()))
    };
    for (_, node, text) in &texts {
        let Some((account, role)) = session(text) else { continue };
        let is_parent = |other: &str| {
            other
                .split_once("::")
                .and_then(|(_, rest)| rest.split_once(":role/"))
                .is_some_and(|(of, name)| of == account && name.rsplit('/').next() == Some(&*role))
        };
        if let Some((_, _, parent)) = texts.iter().find(|(_, _, other)| is_parent(other)) {
            let message = format!("`{parent}` stands for its session `{text}` too");
            notes.at("REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY", node, message).fix("leave the session out");
        }
    }
}

fn anywhere<'a>(subject: &Subject<'a>, notes: &mut Notes<'a>) {
    let is_it = |statement: &&StatementView<'_>| {
        let texts = statement.principal_texts();
        statement.allows() && texts.iter().any(|(_, _, text)| *text == "rolesanywhere.amazonaws.com")
    };
    let all: Vec<&StatementView<'_>> = subject.statements.iter().filter(is_it).collect();
    let Some(first) = all.first() else { return };
    let has = |name: &str| {
        all.iter().any(|statement| {
            statement.not_action.is_some()
                || statement.actions.iter().any(|used| used.has_hole() || used.covers("sts", name))
        })
    };
    let missing: Vec<&str> =
        ["AssumeRole", "SetSourceIdentity", "TagSession"].into_iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        let message = format!("IAM Roles Anywhere also needs sts:{}", missing.join(", sts:"));
        notes.at("MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY", first.node, message);
    }
}
