//! `OIDC_SUBJECT_MISSING`, `OIDC_SUBJECT_TOO_WIDE`, `OIDC_WITHOUT_AUDIENCE`: whom a token of an OpenID Connect provider
//! must belong to. The providers are rows of `data/trust/oidc.txt`.

use leastwise_policy::aws::{Comparison, DocumentKind, Effect, PrincipalBlock, PrincipalSet};

use crate::check::own::own;
use crate::check::{Check, Class, ConditionView, Example, Facts, Report, Severity, StatementView, Subject};
use crate::oidc::{Provider, opened, provider};
use crate::source::{Node, has_hole};

const REFERENCES: &[&str] = &[
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif",
];

const GOOD: Example = Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:example/shop:ref:refs/heads/main"
      }
    }
  }
}"#,
);

pub(super) static SUBJECT_MISSING: Check = own(
    Class::Trust,
    Severity::Critical,
    "OIDC_SUBJECT_MISSING",
    "Token of anybody at the provider",
    "The role takes any token that the provider gives out. Of a provider that everybody can use (GitHub, GitLab, \
     Terraform Cloud, Google …) that means anybody in the world who signs up there; of one's own (an EKS \
     cluster) every workload in it. Of Amazon Cognito it is every identity pool of the account, and whoever any of them \
     gives a token to: AWS STS refuses pools of other accounts where the audience is not asked for, and IAM takes no such \
     trust policy any more. Test the claim that says whose token it is.",
    REFERENCES,
)
.mitre(&["T1199", "T1078.004"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}
  }
}"#,
))
.good(GOOD)
.found(missing);

pub(super) static SUBJECT_TOO_WIDE: Check = own(
    Class::Trust,
    Severity::High,
    "OIDC_SUBJECT_TOO_WIDE",
    "Subject that others can have too",
    "The subject has a wildcard where others can choose: the organisation (then anybody who registers one that fits gets \
     in), the repository or project (then all of the organisation), the branch or event (then every branch, and with \
     GitHub every pull request workflow). How bad it is follows from the part that is left open.",
    REFERENCES,
)
.mitre(&["T1199", "T1078.004"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
      "StringLike": {"token.actions.githubusercontent.com:sub": "repo:example*/*"}
    }
  }
}"#,
))
.good(GOOD)
.found(too_wide);

pub(super) static AUDIENCE: Check = own(
    Class::Trust,
    Severity::Low,
    "OIDC_WITHOUT_AUDIENCE",
    "Token for any audience of the provider",
    "The role does not ask for whom the token was made, so a token for any of the audiences that the provider has in IAM \
     will do; of the providers that AWS has built in (Google, Amazon, Facebook) a token for any application. Whoever gets \
     to see a token that a workload made for another use of the provider can use it for the role.",
    &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif",
    ],
)
.mitre(&["T1550.001"])
.bad(Example::policy(
    DocumentKind::Trust,
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"gitlab.com:sub": "project_path:example/shop:ref_type:branch:ref:main"}
    }
  }
}"#,
))
.good(GOOD)
.found(audience);

/// A provider that a statement trusts: its name in condition keys, what is known of it, and where it stands.
struct Trusted<'a> {
    name: &'a str,
    provider: Provider,
    node: &'a Node,
}

fn trusted<'a>(statement: &StatementView<'a>) -> Vec<Trusted<'a>> {
    let texts = statement.principal_texts().into_iter();
    let federated = texts.filter(|(kind, _, text)| *kind == "Federated" && !has_hole(text));
    let of = federated.filter_map(|(_, node, text)| {
        let name = match text.split_once(":oidc-provider/") {
            Some((_, name)) => name,
            None if text.starts_with("arn:") => return None,
            None => text,
        };
        Some(Trusted { name, provider: provider(name)?, node })
    });
    of.collect()
}

/// The condition key of a claim; a few providers put whose a token is into a key of AWS's own.
fn key(trusted: &Trusted<'_>, claim: &str) -> String {
    match claim.contains(':') {
        true => claim.to_owned(),
        false => format!("{}:{claim}", trusted.name),
    }
}

/// The conditions that test a claim of the provider for certain values.
fn tests<'v, 'a>(
    statement: &'v StatementView<'a>,
    trusted: &Trusted<'_>,
    claim: &str,
) -> impl Iterator<Item = &'v ConditionView<'a>> {
    let key = key(trusted, claim);
    statement.conditions.iter().filter(move |condition| {
        let positive = condition.operator.is_some_and(|operator| {
            let base = operator.base;
            let texts = matches!(
                base,
                Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike
            );
            texts && !operator.if_exists
        });
        positive && condition.key.key.eq_ignore_ascii_case(&key) && !is_its_own(condition)
    })
}

/// Conditions by which the document denies all tokens but those whose claim has certain values: each alone in its
/// statement, which is about everybody.
fn demands<'v, 'a>(
    subject: &'v Subject<'a>,
    trusted: &Trusted<'_>,
    claim: &str,
) -> impl Iterator<Item = &'v ConditionView<'a>> {
    let key = key(trusted, claim);
    let denies = subject.understood().filter(|(_, statement)| {
        let is_of_all =
            matches!(&statement.principal, Some(PrincipalBlock::Principal(who)) if is_everybody(who));
        let is_about = statement.action.applies_to("sts:AssumeRoleWithWebIdentity");
        statement.effect == Effect::Deny && is_of_all && is_about
    });
    let alone = denies.filter_map(|(view, _)| match &view.conditions[..] {
        [one] => Some(one),
        _ => None,
    });
    alone.filter(move |condition| {
        let negative = condition.operator.is_some_and(|operator| {
            use Comparison::{StringNotEquals, StringNotEqualsIgnoreCase, StringNotLike};
            let base = operator.base;
            matches!(base, StringNotEquals | StringNotEqualsIgnoreCase | StringNotLike)
                && operator.set.is_none()
        });
        negative && condition.key.key.eq_ignore_ascii_case(&key) && !is_its_own(condition)
    })
}

fn is_everybody(who: &PrincipalSet) -> bool {
    match who {
        PrincipalSet::Everyone => true,
        PrincipalSet::ByKind(kinds) => kinds.iter().any(|(_, names)| names.iter().any(|name| name == "*")),
    }
}

/// Whether a claim is compared with itself, which every token meets.
fn is_its_own(condition: &ConditionView<'_>) -> bool {
    let variable =
        |text: &str| text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).map(str::to_owned);
    let key = &condition.key.key;
    condition.texts().any(|(_, text)| variable(text).is_some_and(|name| name.eq_ignore_ascii_case(key)))
}

fn allowing<'s, 'a>(subject: &'s Subject<'a>) -> impl Iterator<Item = &'s StatementView<'a>> {
    subject.statements.iter().filter(|statement| statement.allows())
}

fn missing(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for statement in allowing(subject) {
        for trusted in trusted(statement) {
            let claim = trusted.provider.claim;
            let is_asked = |claim| {
                tests(statement, &trusted, claim).next().is_some()
                    || demands(subject, &trusted, claim).next().is_some()
            };
            if trusted.provider.claims().any(is_asked) {
                continue;
            }
            let (message, severity) = match trusted.provider.shared {
                true if trusted.provider.of_account => (
                    format!("every pool of the account at `{}` gets in, with its guests", trusted.name),
                    Severity::Critical,
                ),
                true => (format!("anybody who can use `{}` gets in", trusted.name), Severity::Critical),
                false => (format!("every token of `{}` gets in", trusted.name), Severity::Medium),
            };
            report
                .at(trusted.node, message)
                .severity(severity)
                .fix(format!("test `{}` for whose token it is", key(&trusted, claim)));
        }
    }
}

fn too_wide(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for statement in allowing(subject) {
        for trusted in trusted(statement) {
            let claim = trusted.provider.claim;
            let mut conditions: Vec<_> = tests(statement, &trusted, claim).collect();
            if conditions.is_empty() {
                conditions.extend(demands(subject, &trusted, claim));
            }
            for condition in conditions {
                let like = [Comparison::StringLike, Comparison::StringNotLike];
                if condition.operator.is_none_or(|operator| !like.contains(&operator.base)) {
                    continue;
                }
                for (node, text) in condition.texts() {
                    if let Some((severity, what)) = width(text, trusted.provider) {
                        report
                            .at(node, format!("`{text}` fits {what}"))
                            .severity(severity)
                            .fix("write the whole subject, or leave open only its last part");
                    }
                }
            }
        }
    }
}

fn audience(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for statement in allowing(subject) {
        for trusted in trusted(statement) {
            // The audience of these is the claim that the other checks look at.
            let told = ["aud", "app_id"].contains(&trusted.provider.claim);
            let asks = ["aud", "oaud"].iter().any(|claim| tests(statement, &trusted, claim).next().is_some());
            if !told && !asks {
                let any = match trusted.node.text().is_some_and(|text| text.contains(":oidc-provider/")) {
                    true => "every audience that it has in IAM",
                    false => "any application",
                };
                report
                    .at(trusted.node, format!("takes tokens of `{}` for {any}", trusted.name))
                    .fix(format!("test `{}:aud` for the audience that the token is asked for", trusted.name));
            }
        }
    }
}

/// Whom a pattern lets in beyond one subject, and how bad that is; none when it is one.
fn width(text: &str, provider: Provider) -> Option<(Severity, String)> {
    let open = text.find(['*', '?'])?;
    if has_hole(&text[..open]) {
        // What stands before the wildcard is not known, so neither is what it leaves open.
        return None;
    }
    let strangers = match provider.shared {
        true => (Severity::Critical, "subjects that anybody can have".to_owned()),
        false => (Severity::Medium, "subjects of everybody at the provider".to_owned()),
    };
    let Some(shape) = provider.shape else {
        return Some(strangers);
    };
    let parts: Vec<&str> = shape.split(['{', '}']).skip(1).step_by(2).collect();
    match opened(&text[..open], shape) {
        Some(0) => Some(strangers),
        Some(1) => {
            let what = format!("every {} of the {}", parts.get(1).unwrap_or(&"one"), parts.first()?);
            let severity = if provider.shared { Severity::Medium } else { Severity::Low };
            Some((severity, what))
        }
        Some(number) => {
            Some((Severity::Low, format!("every {} of the {}", parts.get(number)?, parts.get(1)?)))
        }
        None => Some((Severity::Low, "more than one subject, of a form that is not known".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::*;
    use crate::check::{SourceFile, read, run};

    #[test]
    fn a_subject_that_is_compared_with_itself_is_none() {
        let key = "token.actions.githubusercontent.com:sub";
        let found = |value: &str| {
            let text = GOOD.text.replace("repo:example/shop:ref:refs/heads/main", value);
            let found =
                run(&read(&[SourceFile::named("trust.json", text)]), &Facts::new(Catalog::embedded()));
            found.iter().any(|one| one.code == "OIDC_SUBJECT_MISSING" && one.severity == Severity::Critical)
        };
        assert!(found(&format!("${{{key}}}")));
        assert!(!found("repo:example/shop:ref:refs/heads/main"));
    }

    #[test]
    fn a_deny_of_all_other_subjects_asks_for_the_subject() {
        let found = |values: &str, more: &str| {
            let text = format!(
                r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Principal": {{"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}},
                  "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{"StringEquals": {{"gitlab.com:aud": "x"}}}}}},
                {{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
                  "Condition": {{"StringNotLike": {{"gitlab.com:sub": "{values}"}}{more}}}}}]}}"#
            );
            let found =
                run(&read(&[SourceFile::named("trust.json", text)]), &Facts::new(Catalog::embedded()));
            let codes = found.iter().filter(|one| one.severity == Severity::Critical).map(|one| one.code);
            codes.collect::<Vec<_>>()
        };
        assert_eq!(found("project_path:example/shop:*", ""), [""; 0]);
        assert_eq!(found("project_path:*", ""), ["OIDC_SUBJECT_TOO_WIDE"]);
        let more = r#", "Bool": {"aws:SecureTransport": "true"}"#;
        assert_eq!(found("project_path:example/shop:*", more), ["OIDC_SUBJECT_MISSING"]);
    }

    /// "It must be one of the OAuth 2.0 client IDs of your application", says AWS of Google's audience.
    #[test]
    fn the_application_is_enough_for_providers_whose_audience_is_one_application() {
        let found = |key: &str| {
            let text = format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"Federated": "accounts.google.com"}},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{"StringEquals": {{"accounts.google.com:{key}": "1"}}}}}}}}"#
            );
            let found =
                run(&read(&[SourceFile::named("trust.json", text)]), &Facts::new(Catalog::embedded()));
            found.iter().any(|one| one.code == "OIDC_SUBJECT_MISSING")
        };
        assert!(!found("sub") && !found("aud"));
        assert!(found("amr") && found("oaud"));
    }

    fn of(name: &str, text: &str) -> Option<Severity> {
        width(text, provider(name).expect("a provider")).map(|(severity, _)| severity)
    }

    #[test]
    fn what_a_subject_leaves_open_decides_how_bad_it_is() {
        let github = "token.actions.githubusercontent.com";
        assert_eq!(of(github, "repo:example/shop:ref:refs/heads/main"), None);
        assert_eq!(of(github, "repo:example/shop:ref:refs/heads/*"), Some(Severity::Low));
        assert_eq!(of(github, "repo:example/shop:*"), Some(Severity::Low));
        assert_eq!(of(github, "repo:example/*"), Some(Severity::Medium));
        assert_eq!(of(github, "repo:example/shop*"), Some(Severity::Medium));
        assert_eq!(of(github, "repo:example*"), Some(Severity::Critical));
        assert_eq!(of(github, "repo:*"), Some(Severity::Critical));
        assert_eq!(of(github, "re*"), Some(Severity::Critical));
        assert_eq!(of(github, "*"), Some(Severity::Critical));
        assert_eq!(of(github, "repository_owner_id:1*"), Some(Severity::Low));
        assert_eq!(
            of("gitlab.com", "project_path:example/*:ref_type:branch:ref:main"),
            Some(Severity::Medium)
        );
        assert_eq!(of("gitlab.com", "project_path:*"), Some(Severity::Critical));
        let terraform = "app.terraform.io";
        assert_eq!(of(terraform, "organization:example:project:*"), Some(Severity::Medium));
        assert_eq!(of(terraform, "organization:example:*"), Some(Severity::Medium));
        assert_eq!(of(terraform, "organization:example:*:run_phase:apply"), Some(Severity::Medium));
        assert_eq!(of(terraform, "organization:example*"), Some(Severity::Critical));
        assert_eq!(of(terraform, "organization:example:project:p:*"), Some(Severity::Low));
        assert_eq!(of(terraform, "organization:example:project:p*"), Some(Severity::Medium));
        assert_eq!(of("agent.buildkite.com", "organization:example:*"), Some(Severity::Medium));
        assert_eq!(of("gitlab.com", "project_path:example/shop:*"), Some(Severity::Low));
        assert_eq!(
            of(terraform, "organization:*:project:p:workspace:w:run_phase:apply"),
            Some(Severity::Critical)
        );
        assert_eq!(
            of(terraform, "organization:example:project:p:workspace:w:run_phase:*"),
            Some(Severity::Low)
        );
        let eks = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E";
        assert_eq!(of(eks, "system:serviceaccount:*:*"), Some(Severity::Medium));
        assert_eq!(of(eks, "system:serviceaccount:shop:*"), Some(Severity::Low));
        assert_eq!(of(eks, "system:serviceaccount:shop:cart"), None);
        let vercel = "oidc.vercel.com/example";
        assert_eq!(of(vercel, "owner:example:project:shop:environment:*"), Some(Severity::Low));
        assert_eq!(of("github.example.com/_services/token", "repo:example/*"), Some(Severity::Low));
    }
}
