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
    about: "A role that reads secrets or decrypts is given on a project, so it reaches every secret and key in it, those of other teams and of tomorrow included. Grant it on the secret or key. A role of your own with such a permission, or one to make HMAC keys (which last, and read storage as the service account), is told where it is defined, since it can be granted anywhere.",
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

/// What a role of one's own has beside these.
const OF_CUSTOM_ROLES: [&str; 3] = [PERMISSIONS[0], PERMISSIONS[1], "storage.hmacKeys.create"];

/// Roles that have a check of their own.
const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    for role in &project.roles {
        for (node, permission) in role.permissions().filter(|(_, one)| OF_CUSTOM_ROLES.contains(one)) {
            let what = match permission {
                "storage.hmacKeys.create" => "makes keys for the storage of any service account",
                _ => "reads secrets or decrypts wherever it is given",
            };
            let message = format!("{} {what}: `{permission}`", role.thing.name);
            finds.at(&role.thing, node, message).fix("grant it on the secret or key, not on the project");
        }
    }
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
