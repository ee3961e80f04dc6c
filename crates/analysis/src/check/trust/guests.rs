//! `COGNITO_GUESTS`: a role that guests of an identity pool of Amazon Cognito can take, and so anybody on the internet.

use leastwise_policy::aws::evaluate::Context;
use leastwise_policy::aws::{DocumentKind, Effect, PrincipalBlock, PrincipalKind, PrincipalSet, Statement};

use super::{is_held, is_positive};
use crate::check::dangerous::listed;
use crate::check::holder::{Use, holds, with_holder};
use crate::check::own::own;
use crate::check::{
    Check, Class, Document, Estate, Example, Facts, Finding, Holder, Report, Severity, Subject,
};

pub(super) static CHECK: Check = own(
    Class::Trust,
    Severity::Medium,
    "COGNITO_GUESTS",
    "Role that anybody on the internet can take as a guest",
    "An identity pool of Amazon Cognito that lets guests in gives a token to whoever asks for one, and the trust policy \
     takes the token of a guest (`cognito-identity.amazonaws.com:amr` is `unauthenticated`). The id of the pool is in \
     every app that uses it. So what the role may do, anybody may: how bad that is follows from its policies, as far as \
     they were read. Amazon Cognito limits what guests do to a list of services, but only in its enhanced flow; who asks \
     AWS STS without it is not limited. Where nothing asks for `amr`, guests get in as well if the pool lets them, which \
     is told as less. Whose pool it is, `cognito-identity.amazonaws.com:aud` says, which `OIDC_SUBJECT_MISSING` looks for.",
    &[
        "https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html",
    ],
)
.mitre(&["T1078.004"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:12345678-abcd-abcd-abcd-123456790ab"},
      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}
    }
  }
}"#,
))
.good(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "cognito-identity.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:12345678-abcd-abcd-abcd-123456790ab"},
      "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}
    }
  }
}"#,
))
.over_all(rule);

const PROVIDER: &str = "cognito-identity.amazonaws.com";
const AMR: &str = "cognito-identity.amazonaws.com:amr";
const SUB: &str = "cognito-identity.amazonaws.com:sub";
const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// What guests cannot call whatever the role allows, and what the console gives to each role of guests:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html#access-policies>.
const NOTHING: [&str; 3] = ["cognito-identity", "cognito-sync", "mobileanalytics"];

/// How bad it is that anybody can do something of this use, on everything there is or anywhere; the worst first.
const WORTH: [(Severity, bool, &[Use]); 4] = [
    (Severity::Critical, true, &[Use::Permissions, Use::Share, Use::Credentials]),
    (
        Severity::High,
        false,
        &[Use::Permissions, Use::Share, Use::Credentials, Use::Destructive, Use::Backups, Use::Audit],
    ),
    (Severity::High, true, &[Use::Data]),
    (Severity::Medium, false, &[Use::Data, Use::Write]),
];

fn rule(estate: &Estate, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let trusts = estate.documents.iter().filter(|one| one.kind == DocumentKind::Trust);
    for document in trusts.filter(|one| one.policy.statements.iter().any(trusts_pools)) {
        let subject = Subject::new(document, facts);
        for (view, statement) in subject.understood().filter(|(_, statement)| trusts_pools(statement)) {
            if !lets_guests_in(statement) || is_denied(document) {
                continue;
            }
            let asked = view.conditions.iter().find(|one| one.key.key.eq_ignore_ascii_case(AMR));
            let (severity, may) = worth(estate, facts, document);
            let principal = view.principal.map_or(view.node, |entry| &entry.value);
            let (node, message, severity) = match asked {
                Some(asked) => {
                    let message =
                        "anybody on the internet can take the role, as a guest of the identity pool";
                    (&asked.key.value, message, severity)
                }
                None => {
                    let message = "nothing asks whether the user has signed in, so guests get in as well if the \
                                   identity pool lets them";
                    (principal, message, lower(severity))
                }
            };
            let mut report = Report::new(&CHECK, document, findings);
            let added = report.at(node, message).severity(severity).evidence(may);
            added.fix(format!(
                "ask for `{AMR}` = `authenticated`, or give guests a role that may do nothing else"
            ));
        }
    }
}

/// Whether the statement lets in whom identity pools vouch for.
fn trusts_pools(statement: &Statement) -> bool {
    let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
        return false;
    };
    let mut federated = kinds.iter().filter(|(kind, _)| *kind == PrincipalKind::Federated);
    statement.effect == Effect::Allow
        && statement.action.applies_to(ACTION)
        && federated.any(|(_, names)| names.iter().any(|name| name == PROVIDER))
}

/// What is known of the call of a guest.
fn guest() -> Context {
    let mut context = Context::new();
    context.insert(AMR, "unauthenticated");
    context
}

/// Whether guests meet what the statement asks, whoever they are.
fn lets_guests_in(statement: &Statement) -> bool {
    let guest = guest();
    statement.condition.iter().all(|condition| {
        let is = |key: &str| condition.key.eq_ignore_ascii_case(key);
        if is(AMR) {
            return holds(condition, PROVIDER, &guest) != Some(false);
        }
        let is_somebody = is(SUB)
            && is_positive(condition)
            && !condition.values.iter().any(|value| value.contains(['*', '?']));
        !is_somebody && !is_held(condition)
    })
}

/// Whether the document denies it to all guests.
fn is_denied(document: &Document) -> bool {
    let guest = guest();
    document.policy.statements.iter().any(|statement| {
        let is_everybody = match &statement.principal {
            Some(PrincipalBlock::Principal(PrincipalSet::Everyone)) => true,
            Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) => {
                kinds.iter().any(|(_, names)| names.iter().any(|name| name == "*" || name == PROVIDER))
            }
            _ => false,
        };
        statement.effect == Effect::Deny
            && is_everybody
            && statement.action.applies_to(ACTION)
            && statement.condition.iter().all(|condition| holds(condition, PROVIDER, &guest) == Some(true))
    })
}

/// How bad it is that anybody can take the role of this trust policy, and what it may do.
fn worth(estate: &Estate, facts: &Facts<'_>, document: &Document) -> (Severity, String) {
    let role =
        document.name.split_once(" (trust policy)").and_then(|(arn, _)| estate.snapshot.principal(arn));
    let Some(role) = role else {
        return (CHECK.severity, "what the role may do is not known from here".to_owned());
    };
    let (severity, may) = with_holder(estate, facts, role, worst);
    match role.complete {
        true => (severity, may),
        false => (severity.max(CHECK.severity), format!("{may}; not all that it is granted is known")),
    }
}

fn worst(holder: &Holder<'_>) -> (Severity, String) {
    for (severity, is_everywhere, uses) in WORTH {
        let mut names: Vec<String> = Vec::new();
        for allowed in &holder.allows {
            for of in uses {
                let powers = match is_everywhere {
                    true => holder.powers(allowed, *of, |_| true),
                    false => holder.powers_anywhere(allowed, *of),
                };
                let counting = powers.iter().filter(|one| !NOTHING.contains(&&*one.action.service.prefix));
                names.extend(counting.map(|power| power.action.full_name()));
            }
        }
        if !names.is_empty() {
            names.sort();
            names.dedup();
            let on = if is_everywhere { " on everything" } else { "" };
            return (severity, format!("the role may do {}{on}", listed(&names)));
        }
    }
    (Severity::Low, "the role changes nothing and reads no stored data".to_owned())
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        _ => Severity::Low,
    }
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::*;
    use crate::check::{SourceFile, read, run};

    const ASKS_GUEST: &str = r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}"#;

    fn found(text: &str) -> Vec<Finding> {
        let all = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
        all.into_iter().filter(|one| one.code == CHECK.code).collect()
    }

    fn trust(condition: &str, more: &str) -> String {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Federated": "cognito-identity.amazonaws.com"}},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {condition}}}{more}]}}"#
        )
    }

    #[test]
    fn what_asks_for_guests_or_nothing_is_told() {
        let of = |condition: &str, more: &str| {
            let found = found(&trust(condition, more));
            found.iter().map(|one| one.severity).collect::<Vec<_>>()
        };
        let pool = r#""StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"}"#;
        let amr = |operator: &str, value: &str| {
            format!(r#"{{{pool}, "{operator}": {{"cognito-identity.amazonaws.com:amr": {value}}}}}"#)
        };
        let any = "ForAnyValue:StringLike";
        for (condition, expected) in [
            (ASKS_GUEST.to_owned(), vec![Severity::Medium]),
            (amr("StringLike", r#""unauthenticated""#), vec![Severity::Medium]),
            (amr(any, r#"["authenticated", "unauthenticated"]"#), vec![Severity::Medium]),
            (amr(any, r#""*authenticated""#), vec![Severity::Medium]),
            (amr(any, r#""authenticated""#), vec![]),
            (amr(any, r#""graph.facebook.com""#), vec![]),
            (amr("ForAllValues:StringNotEquals", r#""unauthenticated""#), vec![]),
            (format!("{{{pool}}}"), vec![Severity::Low]),
            ("{}".to_owned(), vec![Severity::Low]),
            (
                r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1", "cognito-identity.amazonaws.com:sub": "eu-west-1:2"}}"#
                    .to_owned(),
                vec![],
            ),
        ] {
            assert_eq!(of(&condition, ""), expected, "{condition}");
        }
        let deny = r#", {"Effect": "Deny", "Principal": "*", "Action": "sts:*",
            "Condition": {"ForAnyValue:StringEquals": {"cognito-identity.amazonaws.com:amr": "unauthenticated"}}}"#;
        assert_eq!(of(&format!("{{{pool}}}"), deny), vec![]);
    }

    #[test]
    fn what_the_role_may_do_says_how_bad_it_is() {
        let of = |action: &str, resource: &str, more: &str| {
            let text = format!(
                r#"{{"RoleDetailList": [{{"RoleName": "guest", "Arn": "arn:aws:iam::111122223333:role/guest",
                    "AssumeRolePolicyDocument": {}, "RolePolicyList": [{{"PolicyName": "p", "PolicyDocument":
                    {{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {action}, "Resource": "{resource}"}}}}}}]{more}}}]}}"#,
                trust(ASKS_GUEST, "")
            );
            let found = found(&text);
            assert_eq!(found.len(), 1, "{found:#?}");
            found[0].severity
        };
        assert_eq!(of(r#""*""#, "*", ""), Severity::Critical);
        assert_eq!(of(r#""iam:PutRolePolicy""#, "*", ""), Severity::Critical);
        assert_eq!(of(r#""s3:GetObject""#, "*", ""), Severity::High);
        assert_eq!(
            of(r#""dynamodb:DeleteTable""#, "arn:aws:dynamodb:eu-west-1:111122223333:table/t", ""),
            Severity::High
        );
        assert_eq!(of(r#""s3:GetObject""#, "arn:aws:s3:::public/*", ""), Severity::Medium);
        // What the console gives, of which guests may use nothing or nothing that matters.
        assert_eq!(of(r#"["mobileanalytics:PutEvents", "cognito-sync:*"]"#, "*", ""), Severity::Low);
        let missing = r#", "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/x"}]"#;
        assert_eq!(of(r#""mobileanalytics:PutEvents""#, "*", missing), Severity::Medium);
    }
}
