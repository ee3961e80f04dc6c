//! `GCP_GUARDRAILS`: guardrails can be taken down.

use super::powers;
use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_GUARDRAILS",
    title: "Guardrails can be taken down",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1562.008"],
    about: "Organisation policies, service perimeters, log sinks and exclusions are what limits everybody and what shows afterwards what happened. Whoever changes them can switch both off.",
    bad: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - logging.sinks.delete
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - logging.sinks.list
"#,
    ),
    references: &["https://docs.cloud.google.com/logging/docs/access-control"],
    rule: Rule::Gcp(rule),
};

/// Each of these will do.
const PERMISSIONS: &[&str] = &[
    "orgpolicy.policy.set",
    "orgpolicy.policies.update",
    "orgpolicy.policies.delete",
    "logging.sinks.delete",
    "logging.sinks.update",
    "logging.exclusions.create",
    "logging.exclusions.update",
    "logging.logs.delete",
    "logging.buckets.delete",
    "logging.buckets.update",
    "logging.settings.update",
    "logging.cmekSettings.update",
    "accesscontextmanager.policies.delete",
    "accesscontextmanager.accessLevels.update",
    "accesscontextmanager.servicePerimeters.update",
    "accesscontextmanager.servicePerimeters.delete",
    "iam.principalaccessboundarypolicies.update",
    "iam.principalaccessboundarypolicies.delete",
    "securitycenter.muteconfigs.create",
];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    powers(
        project,
        PERMISSIONS,
        "takes guardrails or logs down",
        "leave them to the people who answer for them",
        finds,
    );
}
