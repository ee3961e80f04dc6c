//! `GCP_IMPERSONATION`: acting as service accounts.

use super::powers;
use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_IMPERSONATION",
    title: "Acting as service accounts",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1078.004", "T1550.001"],
    about: "Whoever acts as a service account, makes tokens or keys for it or signs in its name has all that it has. On a project that is every service account of the project; grant it on the one account that is needed.",
    bad: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - iam.serviceAccounts.getAccessToken
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - iam.serviceAccounts.get
"#,
    ),
    references: &[
        "https://docs.cloud.google.com/iam/docs/service-account-permissions",
        "https://docs.cloud.google.com/iam/docs/best-practices-service-accounts",
    ],
    rule: Rule::Gcp(rule),
};

/// Each of these will do.
const PERMISSIONS: &[&str] = &[
    "iam.serviceAccounts.actAs",
    "iam.serviceAccounts.getAccessToken",
    "iam.serviceAccounts.getOpenIdToken",
    "iam.serviceAccounts.implicitDelegation",
    "iam.serviceAccounts.signBlob",
    "iam.serviceAccounts.signJwt",
    "iam.serviceAccountKeys.create",
    "iam.serviceAccountApiKeyBindings.create",
];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    powers(
        project,
        PERMISSIONS,
        "acts as every service account",
        "grant it on the service account that is needed, not on the project",
        finds,
    );
}
