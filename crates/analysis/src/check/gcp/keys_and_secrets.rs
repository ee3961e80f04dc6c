//! `GCP_KEYS_AND_SECRETS`: secrets and keys of the whole project.

use leastwise_catalog::gcp::Gcp;

use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_KEYS_AND_SECRETS",
    title: "Secrets and keys of the whole project",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1555.006"],
    about: "A role that reads secrets or decrypts is given on a project, so it reaches every secret and key in it, those of other teams and of tomorrow included. Grant it on the secret or key.",
    bad: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/secretmanager.secretAccessor
    members:
      - serviceAccount:worker@shop.iam.gserviceaccount.com
"#,
    ),
    good: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/secretmanager.viewer
    members:
      - serviceAccount:worker@shop.iam.gserviceaccount.com
"#,
    ),
    references: &["https://docs.cloud.google.com/secret-manager/docs/access-control"],
    rule: Rule::Gcp(rule),
};

const PERMISSIONS: [&str; 2] = ["secretmanager.versions.access", "cloudkms.cryptoKeyVersions.useToDecrypt"];

/// Roles that have a check of their own.
const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    for grant in project.grants.iter().filter(|grant| grant.is_wide() && !grant.is_conditional()) {
        let Some((node, name)) = grant.role().filter(|(_, name)| !BASIC.contains(name)) else { continue };
        let Some(role) = Gcp::embedded().role(name) else { continue };
        let has = |permission: &&str| {
            role.permissions.binary_search_by(|known| known.as_str().cmp(permission)).is_ok()
        };
        if let Some(permission) = PERMISSIONS.iter().find(|permission| has(permission)) {
            let message = format!("{} is given `{name}` on everything below: `{permission}`", grant.whom());
            finds.at(&grant.thing, node, message).fix("grant it on the secret or key");
        }
    }
}
