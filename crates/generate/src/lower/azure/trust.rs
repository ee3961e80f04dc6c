//! Who may hold a role → federated credentials of its managed identity.
//!
//! <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust-user-assigned-managed-identity>

use super::super::Note;
use super::super::cloud::Cloud;
use crate::intent::{AUDIENCE, Said, Trust};

/// Whom Entra takes tokens for, unless it is said otherwise.
const EXCHANGE: &str = "api://AzureADTokenExchange";

/// A federated credential: exactly one subject of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// The issuer, with `https://`.
    pub issuer: String,
    /// The subject, without wildcards.
    pub subject: String,
    /// Whom tokens are for.
    pub audience: String,
}

pub(super) fn credentials(trusts: &[Said<Trust>], cloud: &Cloud, notes: &mut Vec<Note>) -> Vec<Credential> {
    let mut credentials: Vec<Credential> = Vec::new();
    for trust in trusts {
        let Trust::Oidc { provider, audience, subjects, .. } = &trust.value else {
            notes.push(cloud.untrusted(trust));
            continue;
        };
        if subjects.iter().any(|subject| subject.contains(['*', '?'])) {
            let mut note = cloud.untrusted(trust);
            note.text
                .push_str(": a federated credential is for one subject, such as a branch or an environment");
            notes.push(note);
            continue;
        }
        for subject in subjects {
            let audience = if audience == AUDIENCE { EXCHANGE } else { audience };
            credentials.push(Credential {
                name: format!("subject-{}", credentials.len() + 1),
                issuer: format!("https://{provider}"),
                subject: subject.clone(),
                audience: audience.to_owned(),
            });
        }
    }
    credentials
}
