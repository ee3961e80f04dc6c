//! `GCP_SET_IAM_POLICY`: policies can be changed.

use super::powers;
use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_SET_IAM_POLICY",
    title: "Policies can be changed",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1098.003"],
    about: "Whoever sets the policy of a project, folder, organization or service account can give any role to anybody, to itself first. Permissions of single resources (`storage.buckets.setIamPolicy`) open those.",
    bad: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - resourcemanager.projects.setIamPolicy
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - resourcemanager.projects.getIamPolicy
"#,
    ),
    references: &["https://docs.cloud.google.com/iam/docs/granting-changing-revoking-access"],
    rule: Rule::Gcp(rule),
};

/// Each of these will do.
const PERMISSIONS: &[&str] = &[
    "resourcemanager.projects.setIamPolicy",
    "resourcemanager.folders.setIamPolicy",
    "resourcemanager.organizations.setIamPolicy",
    "iam.serviceAccounts.setIamPolicy",
    "iam.roles.update",
    "storage.buckets.setIamPolicy",
    "storage.managedFolders.setIamPolicy",
    "storage.objects.setIamPolicy",
    "bigquery.datasets.setIamPolicy",
    "bigquery.tables.setIamPolicy",
    "spanner.databases.setIamPolicy",
    "secretmanager.secrets.setIamPolicy",
    "cloudkms.cryptoKeys.setIamPolicy",
    "cloudkms.keyRings.setIamPolicy",
    "pubsub.topics.setIamPolicy",
    "pubsub.subscriptions.setIamPolicy",
    "run.services.setIamPolicy",
    "run.jobs.setIamPolicy",
    "cloudfunctions.functions.setIamPolicy",
    "compute.instances.setIamPolicy",
    "compute.disks.setIamPolicy",
    "compute.images.setIamPolicy",
    "compute.snapshots.setIamPolicy",
    "iap.tunnelInstances.setIamPolicy",
    "iap.web.setIamPolicy",
    "resourcemanager.tagKeys.setIamPolicy",
    "resourcemanager.tagValues.setIamPolicy",
    "privilegedaccessmanager.entitlements.create",
    "privilegedaccessmanager.entitlements.setIamPolicy",
    // Who says who somebody outside is: https://docs.cloud.google.com/iam/docs/workload-identity-federation
    "iam.googleapis.com/workloadIdentityPoolProviders.create",
    "iam.googleapis.com/workloadIdentityPoolProviders.update",
    "iam.googleapis.com/workforcePoolProviders.create",
    "iam.googleapis.com/workforcePoolProviders.update",
    "artifactregistry.repositories.setIamPolicy",
    "iam.denypolicies.update",
    "iam.denypolicies.delete",
];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    powers(project, PERMISSIONS, "changes who may do what", "leave policies to what deploys", finds);
}
