//! Who may hold a role → who may act as its service account, by workload identity federation.
//!
//! - Federation: <https://cloud.google.com/iam/docs/workload-identity-federation>
//! - Principals: <https://cloud.google.com/iam/docs/principal-identifiers>
//! - GitHub: <https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines>
//! - Clusters of Google: <https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity>

use super::super::Note;
use super::super::cloud::Cloud;
use super::Account;
use super::conditions::text;
use crate::intent::{AUDIENCE, Said, Trust};

/// Who may act as a service account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Federation {
    /// Providers of the pool that is made for the role.
    pub providers: Vec<Provider>,
    /// Members that need no pool: `serviceAccount:shop.svc.id.goog[orders/processor]`.
    pub members: Vec<String>,
}

/// An OpenID Connect provider of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Its address, with `https://`.
    pub issuer: String,
    /// Whom tokens are for, unless it is the provider itself.
    pub audience: Option<String>,
    /// Claims that become attributes.
    pub mapping: Vec<(String, String)>,
    /// Which tokens are taken.
    pub condition: String,
    /// Who holds the role.
    pub holders: Vec<Holder>,
}

/// Whom of a pool a binding names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// One subject.
    Subject(String),
    /// Everybody with an attribute: name and value.
    Attribute(String, String),
}

impl Holder {
    /// The member of a binding; `pool` is `projects/…/workloadIdentityPools/…`.
    pub fn member(&self, pool: &str) -> String {
        match self {
            Holder::Subject(subject) => format!("principal://iam.googleapis.com/{pool}/subject/{subject}"),
            Holder::Attribute(name, value) => {
                format!("principalSet://iam.googleapis.com/{pool}/attribute.{name}/{value}")
            }
        }
    }
}

pub(super) fn federation(
    trusts: &[Said<Trust>],
    account: &Account,
    cloud: &Cloud,
    notes: &mut Vec<Note>,
) -> Federation {
    let mut federation = Federation::default();
    for trust in trusts {
        match &trust.value {
            Trust::Service(name) if name.ends_with(".googleapis.com") => {
                let text =
                    format!("let the workload run as `{}`: no binding is needed for that", account.email());
                notes.push(Note { place: trust.place.clone(), text });
            }
            Trust::Oidc { provider, audience, subjects, .. } => {
                if let Some(members) = of_cluster(provider, subjects) {
                    federation.members.extend(members);
                    continue;
                }
                match of_provider(provider, audience, subjects, federation.providers.len()) {
                    Some(made) => {
                        if made.holders.iter().any(|holder| matches!(holder, Holder::Attribute(..))) {
                            let text = "any branch, tag and pull request of the repository may hold the role; say `branch`, `tag` or `environment`";
                            notes.push(Note { place: trust.place.clone(), text: text.to_owned() });
                        }
                        federation.providers.push(made);
                    }
                    None => notes.push(cloud.untrusted(trust)),
                }
            }
            _ => notes.push(cloud.untrusted(trust)),
        }
    }
    federation
}

/// Service accounts of a cluster of Google, which its project's own pool knows.
fn of_cluster(provider: &str, subjects: &[String]) -> Option<Vec<String>> {
    let rest = provider.strip_prefix("container.googleapis.com/v1/projects/")?;
    let project = rest.split('/').next()?;
    let member = |subject: &String| {
        let (namespace, name) = subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
        let whole = !namespace.contains('*') && !name.contains('*');
        whole.then(|| format!("serviceAccount:{project}.svc.id.goog[{namespace}/{name}]"))
    };
    subjects.iter().map(member).collect()
}

fn of_provider(provider: &str, audience: &str, subjects: &[String], number: usize) -> Option<Provider> {
    let mut mapping = vec![("google.subject".to_owned(), "assertion.sub".to_owned())];
    let mut conditions = Vec::new();
    let mut holders = Vec::new();
    for subject in subjects {
        if !subject.contains(['*', '?']) {
            conditions.push(format!("assertion.sub == {}", text(subject)));
            holders.push(Holder::Subject(subject.clone()));
            continue;
        }
        // Of all that a wildcard can say, federation knows the repository as a whole.
        let repository = subject.strip_prefix("repo:")?.strip_suffix(":*")?;
        if repository.contains(['*', '?']) || !provider.ends_with("githubusercontent.com") {
            return None;
        }
        mapping.push(("attribute.repository".to_owned(), "assertion.repository".to_owned()));
        conditions.push(format!("assertion.repository == {}", text(repository)));
        holders.push(Holder::Attribute("repository".to_owned(), repository.to_owned()));
    }
    let base = if provider.ends_with("githubusercontent.com") { "github" } else { "oidc" };
    mapping.dedup();
    Some(Provider {
        id: if number == 0 { base.to_owned() } else { format!("{base}-{}", number + 1) },
        issuer: format!("https://{provider}"),
        audience: (audience != AUDIENCE).then(|| audience.to_owned()),
        mapping,
        condition: conditions.join(" || "),
        holders,
    })
}
