//! `GCP_UNKNOWN_ROLE`: predefined role that Google Cloud does not have.

use leastwise_catalog::gcp::Gcp;

use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};
use crate::source::has_hole;

pub(super) static CHECK: Check = Check {
    code: "GCP_UNKNOWN_ROLE",
    title: "Predefined role that Google Cloud does not have",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "The binding names a predefined role that we do not know. Google refuses a policy with a role that does not exist; if the role is newer than our catalogue, update leastwise.",
    bad: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/storage.objectReader
    members:
      - group:readers@example.com
"#,
    ),
    good: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/storage.objectViewer
    members:
      - group:readers@example.com
"#,
    ),
    references: &["https://docs.cloud.google.com/iam/docs/roles-permissions"],
    rule: Rule::Gcp(rule),
};

const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];

fn rule(project: &Project, finds: &mut Finds<'_>) {
    let gcp = Gcp::embedded();
    for grant in &project.grants {
        let Some((node, role)) = grant.role() else { continue };
        if role.starts_with("roles/") && !has_hole(role) && !BASIC.contains(&role) && gcp.role(role).is_none()
        {
            finds.at(&grant.thing, node, format!("there is no predefined role `{role}`"));
        }
    }
}
