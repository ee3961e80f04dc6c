//! Who may hold a role: an AWS service, an account, whom an OpenID Connect provider vouches for, a service account of
//! Kubernetes, a SPIFFE id.

use super::read::Faults;
use super::yaml::{Key, Node, Value};
use super::{Fault, Said, Trust};

/// The keys of one trust written as a mapping, each set with the key that names it first.
pub(super) const FORMS: &[&[&str]] = &[
    &["service"],
    &["account", "external_id"],
    &["github", "branch", "environment", "tag", "subject"],
    &["kubernetes", "namespace", "service_account"],
    &["service_account", "namespace"],
    &["oidc", "audience", "subject", "account"],
    &["spiffe", "trust_anchor"],
];

/// GitHub's provider, as IAM knows it:
/// <https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services>
pub(super) const GITHUB: &str = "token.actions.githubusercontent.com";
/// Whom a token for AWS is meant for.
pub(crate) const AUDIENCE: &str = "sts.amazonaws.com";

pub(super) fn read(node: &Node, faults: &mut Faults) -> Vec<Said<Trust>> {
    let mut trusts = Vec::new();
    for item in faults.some(node) {
        let trust = match &item.value {
            Value::Map(entries) => mapping(item, entries, faults),
            _ => faults.text("trust", item).and_then(|text| match plain(&text.value) {
                Ok(trust) => Some(trust),
                Err(help) => {
                    let message = format!("`{}` is nobody who can hold a role", text.value);
                    faults.note(Fault::new(&text.place, message).help(help));
                    None
                }
            }),
        };
        trusts.extend(trust.map(|trust| Said::new(trust, item.place.clone())));
    }
    trusts
}

/// Who a single text stands for.
pub(super) fn plain(text: &str) -> Result<Trust, &'static str> {
    if let Some((namespace, name)) =
        text.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
    {
        return Ok(Trust::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() });
    }
    let account = |principal: &str| Trust::Account { principal: principal.to_owned(), external_id: None };
    if text.starts_with("spiffe://") {
        return spiffe(text, None);
    }
    if is_account(text) || (text.starts_with("arn:") && text.contains(":iam::")) {
        return Ok(account(text));
    }
    let label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-');
    match !text.is_empty() && text.bytes().all(label) {
        true => Ok(Trust::Service(text.to_owned())),
        false => Err("write a service such as `lambda.amazonaws.com`, an account id, or a mapping such as \
                      `{github: owner/repository, branch: main}`"),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn spiffe(id: &str, trust_anchor: Option<String>) -> Result<Trust, &'static str> {
    let path = id.strip_prefix("spiffe://").and_then(|rest| rest.split_once('/'));
    match path {
        Some((domain, path)) if !domain.is_empty() && !path.is_empty() && !id.contains('*') => {
            Ok(Trust::Spiffe { id: id.to_owned(), trust_anchor })
        }
        _ => Err("a spiffe id is `spiffe://trust-domain/path`, without wildcards"),
    }
}

fn mapping(node: &Node, entries: &[(Key, Node)], faults: &mut Faults) -> Option<Trust> {
    let form = FORMS.iter().find(|form| entries.iter().any(|(key, _)| key.name == form[0]));
    let Some(form) = form else {
        let kinds: Vec<&str> = FORMS.iter().map(|form| form[0]).collect();
        let fault = Fault::new(&node.place, "it is not said who may hold the role");
        faults.note(fault.help(format!("say one of: {}", kinds.join(", "))));
        return None;
    };
    for (key, _) in entries.iter().filter(|(key, _)| !form.contains(&key.name.as_str())) {
        faults.unknown(key, form);
    }
    let mut get = |name: &str| {
        let (_, value) = entries.iter().find(|(key, _)| key.name == name)?;
        faults.text(name, value).map(|text| text.value)
    };
    let first = get(form[0])?;
    let made = match form[0] {
        "service" => Ok(Trust::Service(first)),
        "account" => Ok(Trust::Account { principal: first, external_id: get("external_id") }),
        "spiffe" => spiffe(&first, get("trust_anchor")),
        "service_account" => match get("namespace") {
            Some(namespace) => Ok(Trust::ServiceAccount { namespace, name: first }),
            None => Err("say `namespace` too"),
        },
        "kubernetes" => kubernetes(&first, get("namespace"), get("service_account")),
        "oidc" => oidc(&first, get("audience"), get("subject"), get("account")),
        _ => github(&first, [get("branch"), get("environment"), get("tag"), get("subject")]),
    };
    match made {
        Ok(trust) => Some(trust),
        Err(help) => {
            faults.note(Fault::new(&node.place, format!("`{}` is not complete", form[0])).help(help));
            None
        }
    }
}

/// A repository of GitHub Actions, narrowed to one branch, environment or tag; without one, any of its workflows.
pub(crate) fn github(repository: &str, narrow: [Option<String>; 4]) -> Result<Trust, &'static str> {
    let two = repository.split_once('/').is_some_and(|(owner, name)| {
        !owner.is_empty() && !name.is_empty() && !name.contains('/') && !owner.contains('*')
    });
    if !two {
        return Err("a repository is `owner/name`");
    }
    let [branch, environment, tag, subject] = narrow;
    let subject = match (branch, environment, tag, subject) {
        (Some(branch), None, None, None) => format!("repo:{repository}:ref:refs/heads/{branch}"),
        (None, Some(name), None, None) => format!("repo:{repository}:environment:{name}"),
        (None, None, Some(tag), None) => format!("repo:{repository}:ref:refs/tags/{tag}"),
        (None, None, None, Some(subject)) => subject,
        (None, None, None, None) => format!("repo:{repository}:*"),
        _ => return Err("say one of branch, environment, tag and subject"),
    };
    let subjects = vec![subject];
    Ok(Trust::Oidc { provider: GITHUB.to_owned(), account: None, audience: AUDIENCE.to_owned(), subjects })
}

/// A service account of a cluster whose provider IAM knows.
fn kubernetes(
    issuer: &str,
    namespace: Option<String>,
    service_account: Option<String>,
) -> Result<Trust, &'static str> {
    let (Some(namespace), Some(name)) = (namespace, service_account) else {
        return Err("say `namespace` and `service_account` too");
    };
    let subjects = vec![format!("system:serviceaccount:{namespace}:{name}")];
    let provider = bare(issuer);
    Ok(Trust::Oidc { provider, account: None, audience: AUDIENCE.to_owned(), subjects })
}

fn oidc(
    provider: &str,
    audience: Option<String>,
    subject: Option<String>,
    account: Option<String>,
) -> Result<Trust, &'static str> {
    let subject = subject.filter(|subject| !subject.chars().all(|c| c == '*'));
    let Some(subject) = subject else {
        return Err("say `subject` too: without one, everybody whom the provider knows could hold the role");
    };
    let audience = audience.unwrap_or_else(|| AUDIENCE.to_owned());
    Ok(Trust::Oidc { provider: bare(provider), account, audience, subjects: vec![subject] })
}

fn bare(provider: &str) -> String {
    provider.trim_start_matches("https://").trim_end_matches('/').to_owned()
}
