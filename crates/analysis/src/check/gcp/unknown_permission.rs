//! `GCP_UNKNOWN_PERMISSION`: permission that Google Cloud does not have.

use leastwise_catalog::gcp::Gcp;

use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};
use crate::source::has_hole;

pub(super) static CHECK: Check = Check {
    code: "GCP_UNKNOWN_PERMISSION",
    title: "Permission that Google Cloud does not have",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "The custom role lists a permission that is in no predefined role that we know, so Google probably refuses the role. Wildcards are not taken in custom roles.",
    bad: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - storage.objects.read
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"title: Worker
stage: GA
includedPermissions:
  - storage.objects.get
"#,
    ),
    references: &[
        "https://docs.cloud.google.com/iam/docs/permissions-reference",
        "https://docs.cloud.google.com/iam/docs/custom-roles-permissions-support",
    ],
    rule: Rule::Gcp(rule),
};

fn rule(project: &Project, finds: &mut Finds<'_>) {
    let gcp = Gcp::embedded();
    for role in &project.roles {
        for (node, permission) in role.permissions() {
            if has_hole(permission) || gcp.has(permission) {
                continue;
            }
            let message = match permission.contains('*') {
                true => format!("`{permission}`: custom roles take no wildcards"),
                false => format!("there is no permission `{permission}`"),
            };
            let added = finds.at(&role.thing, node, message);
            if let Some(near) = gcp.suggest(permission).first() {
                added.fix(format!("did you mean `{near}`?"));
            }
        }
    }
}
