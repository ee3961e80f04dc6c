//! Trust in providers of OpenID Connect.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>

use leastwise_policy::aws::{DocumentKind, SetOperator};

use super::known::{Lookup, key};
use super::notes::Notes;
use super::trust::{Way, provider, trust};
use crate::check::row::{allows, security, suggestion, warning};
use crate::check::{Check, Example, Facts, Severity, StatementView, Subject};
use crate::source::{Node, has_hole};

const GITHUB: &str = "token.actions.githubusercontent.com";

const GOOD_GITHUB: Example = trust!(
    r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
     "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
       "token.actions.githubusercontent.com:sub": "repo:example/shop:ref:refs/heads/main"}}"#
);
const GOOD: Example = trust!(
    r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com"},
     "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"StringEquals": {"login.example.com:aud": "shop", "login.example.com:sub": "deployer"}}"#
);

pub(super) static CHECKS: &[Check] = &[
    security(
        "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
        "A provider of OpenID Connect without a condition",
        "The role trusts an identity provider and asks nothing of its tokens: everybody who has an account there can \
         assume the role.",
    )
    .severity(Severity::High)
    .mitre(&["T1078.004"])
    .bad(trust!(
        r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com"},
     "Action": "sts:AssumeRoleWithWebIdentity""#
    ))
    .good(GOOD)
    .noted(),
    security(
        "MISSING_GITHUB_REPO_CONDITION_KEY",
        "GitHub without a repository",
        "The role trusts GitHub's workflows and does not say of which repository: a workflow of anybody's repository can \
         assume the role.",
    )
    .severity(Severity::High)
    .mitre(&["T1078.004", "T1195.002"])
    .bad(trust!(
        r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
     "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}"#
    ))
    .good(GOOD_GITHUB)
    .noted(),
    warning(
        "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
        "A pattern for GitHub's repositories or branches",
        "A wildcard in the subject of GitHub's tokens lets in other repositories, branches or pull requests than may be \
         meant. Name the repository and the branch or environment.",
    )
    .severity(Severity::Medium)
    .mitre(&["T1078.004"])
    .bad(trust!(
        r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
     "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/*"}}"#
    ))
    .good(GOOD_GITHUB)
    .noted(),
    security(
        "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE",
        "ForAnyValue on the audience",
        "The audience of a token is one value, for which `ForAnyValue` is not meant; where a provider gives several, one \
         of them is enough to be let in.",
    )
    .severity(Severity::Low)
    .bad(trust!(
        r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com"},
     "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"ForAnyValue:StringEquals": {"login.example.com:aud": "shop"}}"#
    ))
    .good(GOOD)
    .noted(),
    suggestion(
        "CONFIRM_AUDIENCE_CLAIM_TYPE",
        "ForAllValues on the audience",
        "The audience of a token is usually one value. `ForAllValues` also holds when there is none: use it only when \
         the provider gives several.",
    )
    .severity(Severity::Low)
    .bad(trust!(
        r#""Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com"},
     "Action": "sts:AssumeRoleWithWebIdentity",
     "Condition": {"ForAllValues:StringEquals": {"login.example.com:aud": "shop"}}"#
    ))
    .good(GOOD)
    .noted(),
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        audience(statement, facts, notes);
        if subject.document.kind == DocumentKind::Trust && statement.allows() {
            for (kind, node, text) in statement.principal_texts() {
                if kind == "Federated" && !has_hole(text) && provider(text) == Some(Way::WebIdentity) {
                    trusted(statement, node, text, notes);
                }
            }
        }
    }
}

fn trusted<'a>(statement: &StatementView<'a>, node: &'a Node, text: &str, notes: &mut Notes<'a>) {
    let host = text.split_once("oidc-provider/").map_or(text, |(_, host)| host).to_ascii_lowercase();
    // A key may be known only when it is deployed; then it may be the one that is wanted.
    if statement.conditions.iter().any(|view| has_hole(&view.key.key)) {
        return;
    }
    let claims: Vec<String> = statement
        .conditions
        .iter()
        .filter_map(|view| {
            let key = view.key.key.to_ascii_lowercase();
            Some(key.strip_prefix(&*host)?.strip_prefix(':')?.to_owned())
        })
        .collect();
    if host == GITHUB {
        let names = [
            "sub",
            "repository",
            "repository_id",
            "repository_owner_id",
            "job_workflow_ref",
            "enterprise_id",
        ];
        if !claims.iter().any(|claim| names.contains(&&**claim)) {
            notes
                .at(
                    "MISSING_GITHUB_REPO_CONDITION_KEY",
                    node,
                    "workflows of any repository on GitHub are trusted",
                )
                .fix(format!("add a condition on `{GITHUB}:sub` with the repository and the branch"));
        }
        wildcards(statement, notes);
    } else if claims.is_empty() {
        notes
            .at(
                "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
                node,
                format!("every token of `{host}` is trusted"),
            )
            .fix(format!("add conditions on `{host}:sub` and `{host}:aud`"));
    }
}

fn wildcards<'a>(statement: &StatementView<'a>, notes: &mut Notes<'a>) {
    let subject = format!("{GITHUB}:sub");
    for view in statement.conditions.iter().filter(|view| view.key.key.eq_ignore_ascii_case(&subject)) {
        let by_pattern = view.operator.is_some_and(|operator| operator.base.as_str().ends_with("Like"));
        for (node, text) in view.texts().filter(|(_, text)| by_pattern && text.contains(['*', '?'])) {
            let message = format!("`{text}` stands for several repositories, branches or events");
            notes.at("SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", node, message);
        }
    }
}

fn audience<'a>(statement: &StatementView<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for view in &statement.conditions {
        let name = &view.key.key;
        let is_audience = name.len() > 4 && name.to_ascii_lowercase().ends_with(":aud") && name.contains('.');
        let Some(set) = view.operator.and_then(|operator| operator.set).filter(|_| is_audience) else {
            continue;
        };
        let written = &view.operator_entry.key;
        let plain = written.split_once(':').map_or("", |(_, rest)| rest);
        if set == SetOperator::ForAnyValue {
            let message = format!("`{name}` is one value, for which `{written}` is not meant");
            notes
                .place("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", view.key.at, &view.key.value, message)
                .fix(format!("write `{plain}`"));
        } else if key(facts, name) == Lookup::Claim {
            let message = format!("`{written}` also holds when a token has no `{name}`");
            notes
                .place("CONFIRM_AUDIENCE_CLAIM_TYPE", view.key.at, &view.key.value, message)
                .fix(format!("write `{plain}` unless the provider gives several"));
        }
    }
}
