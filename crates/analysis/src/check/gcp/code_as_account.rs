//! `GCP_CODE_AS_ACCOUNT`: code that runs as a service account.

use super::powers;
use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_CODE_AS_ACCOUNT",
    title: "Code that runs as a service account",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1648"],
    about: "Whoever deploys functions, services, builds, jobs or machines, or changes their code or start-up script, runs code as the service account that they have; some services take the default account, which is often an editor. Together with `iam.serviceAccounts.actAs` any account will do.",
    bad: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - cloudfunctions.functions.update
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - cloudfunctions.functions.get
"#,
    ),
    references: &[
        "https://docs.cloud.google.com/iam/docs/best-practices-for-managing-service-account-keys",
        "https://docs.cloud.google.com/iam/docs/service-account-permissions",
    ],
    rule: Rule::Gcp(rule),
};

/// Each of these will do.
const PERMISSIONS: &[&str] = &[
    "cloudfunctions.functions.create",
    "cloudfunctions.functions.update",
    "cloudfunctions.functions.sourceCodeSet",
    "run.services.create",
    "run.services.update",
    "run.jobs.create",
    "run.jobs.update",
    "run.jobs.run",
    "run.workerpools.create",
    "run.workerpools.update",
    "cloudbuild.builds.create",
    "compute.instances.create",
    "compute.instances.setMetadata",
    "compute.instances.setServiceAccount",
    "compute.projects.setCommonInstanceMetadata",
    "cloudscheduler.jobs.create",
    "cloudscheduler.jobs.update",
    "cloudtasks.tasks.create",
    "composer.environments.create",
    "composer.environments.executeAirflowCommand",
    "composer.environments.update",
    "dataflow.jobs.create",
    "dataproc.clusters.create",
    "dataproc.jobs.create",
    "dataproc.batches.create",
    "dataproc.sessions.create",
    "dataproc.workflowTemplates.instantiateInline",
    "deploymentmanager.deployments.create",
    "deploymentmanager.deployments.update",
    "workflows.workflows.create",
    "workflows.workflows.update",
    "aiplatform.customJobs.create",
    "aiplatform.pipelineJobs.create",
    "aiplatform.reasoningEngines.create",
    "aiplatform.reasoningEngines.update",
    "notebooks.instances.create",
];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    powers(
        project,
        PERMISSIONS,
        "runs code as a service account",
        "keep it to what deploys, and give the deployed code a service account of its own",
        finds,
    );
}
