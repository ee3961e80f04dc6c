//! `GCP_BASIC_ROLE`: basic role.

use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_BASIC_ROLE",
    title: "Basic role",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1078.004"],
    about: "Owner, editor and viewer hold thousands of permissions on every service of the project, those of next year included; an editor can act as most service accounts and read what they read. Google says not to use them where anything real runs. Grant predefined or custom roles.",
    bad: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/editor
    members:
      - serviceAccount:worker@shop.iam.gserviceaccount.com
"#,
    ),
    good: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/storage.objectViewer
    members:
      - serviceAccount:worker@shop.iam.gserviceaccount.com
"#,
    ),
    references: &["https://docs.cloud.google.com/iam/docs/roles-overview#basic"],
    rule: Rule::Gcp(rule),
};

fn rule(project: &Project, finds: &mut Finds<'_>) {
    for grant in &project.grants {
        let Some((node, role)) = grant.role() else { continue };
        let severity = match role {
            "roles/owner" => Severity::Critical,
            "roles/editor" => Severity::High,
            "roles/viewer" => Severity::Low,
            _ => continue,
        };
        finds
            .at(&grant.thing, node, format!("{} is given the basic role `{role}`", grant.whom()))
            .severity(severity)
            .fix("grant the predefined roles that are used, or a custom role");
    }
}
