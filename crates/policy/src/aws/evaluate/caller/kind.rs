//! What kind of principal asks, by its ARN or name; and the forms in which policies name accounts, users and roles.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::aws::evaluate::PrincipalRef;
use crate::aws::evaluate::context::ANONYMOUS;

/// What kind of principal asks.
#[derive(Debug)]
pub(super) enum Kind<'a> {
    User {
        account: &'a str,
        federated: Option<String>,
    },
    Role {
        account: &'a str,
        role: &'a str,
        session: Option<Session<'a>>,
        service_linked: bool,
    },
    Root {
        account: &'a str,
        federated: Option<String>,
    },
    Service,
    /// An identity provider, as `AssumeRoleWithSAML` and `AssumeRoleWithWebIdentity` know it.
    Provider,
    /// Who has no credentials.
    Anonymous,
    NotUnderstood,
}

/// The session of a role: `arn:partition:sts::account:assumed-role/role/name`, in its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session<'a> {
    partition: &'a str,
    account: &'a str,
    role: &'a str,
    name: &'a str,
}

impl Session<'_> {
    pub(super) fn is(&self, text: &str) -> bool {
        let parts =
            ["arn:", self.partition, ":sts::", self.account, ":assumed-role/", self.role, "/", self.name];
        let mut rest = text;
        for part in parts {
            match rest.strip_prefix(part) {
                Some(left) => rest = left,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

/// The built-in identity providers for web identities.
const PROVIDERS: [&str; 4] =
    ["cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"];

impl<'a> Kind<'a> {
    /// What is no ARN.
    fn of_name(text: &str) -> Kind<'a> {
        let is_host = !text.contains([':', '/', '*', '?', ' ']);
        if text == ANONYMOUS {
            Kind::Anonymous
        } else if PROVIDERS.contains(&text) {
            Kind::Provider
        } else if is_host && (text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn")) {
            Kind::Service
        } else {
            Kind::NotUnderstood
        }
    }

    pub(super) fn of(principal: PrincipalRef<'a>) -> Kind<'a> {
        let text = principal.arn;
        if !text.starts_with("arn:") {
            return Kind::of_name(text);
        }
        let Some([partition, "iam", "", account, resource]) = crate::arn::parts(text) else {
            return Kind::NotUnderstood;
        };
        if partition.is_empty() || !is_account(account) || has_wildcard(text) {
            return Kind::NotUnderstood;
        }
        let federated = |name: &str| format!("arn:{partition}:sts::{account}:federated-user/{name}");
        match resource.split_once('/') {
            None if resource == "root" => {
                let federated = principal.session.map(federated);
                Kind::Root { account, federated }
            }
            Some(("user", _)) => {
                let federated = principal.session.map(federated);
                Kind::User { account, federated }
            }
            Some(("role", path)) => {
                // The path is no part of a session's ARN.
                let role = path.rsplit('/').next().unwrap_or(path);
                let session = principal.session.map(|name| Session { partition, account, role, name });
                let service_linked = path.starts_with("aws-service-role/");
                Kind::Role { account, role, session, service_linked }
            }
            Some(("oidc-provider" | "saml-provider", _)) => Kind::Provider,
            _ => Kind::NotUnderstood,
        }
    }
}

/// The account and the resource of an IAM or STS ARN without wildcards.
pub(super) fn iam_arn(text: &str) -> Option<(&str, &str)> {
    let [partition, "iam" | "sts", _, account, resource] = crate::arn::parts(text)? else { return None };
    let whole = !partition.is_empty() && !resource.is_empty() && is_account(account);
    (whole && !has_wildcard(text)).then_some((account, resource))
}

/// "The account ARN and the shortened account ID behave the same way." An ARN is of an account in its own partition.
pub(super) fn account_of<'t>(text: &'t str, partition: Option<&str>) -> Option<&'t str> {
    let account = match text.strip_suffix(":root") {
        Some(arn) => {
            let (of, account) = arn.strip_prefix("arn:")?.split_once(":iam::")?;
            partition.is_none_or(|own| own == of).then_some(account)?
        }
        None => text,
    };
    is_account(account).then_some(account)
}

pub(super) fn has_wildcard(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'*' | b'?'))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
