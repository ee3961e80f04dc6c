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
        if grant.is_of_no_account() {
            continue;
        }
        finds
            .at(&grant.thing, node, format!("{} is given the basic role `{role}`", grant.whom()))
            .severity(severity)
            .fix("grant the predefined roles that are used, or a custom role");
    }
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use crate::check::{Facts, SourceFile, read, run};

    #[test]
    fn what_the_deleted_are_given_and_what_every_bucket_begins_with_is_nothing() {
        let found = |role: &str, member: &str| {
            let text = format!("bindings:\n  - role: {role}\n    members: ['{member}']\n");
            let found =
                run(&read(&[SourceFile::named("policy.yaml", text)]), &Facts::new(Catalog::embedded()));
            found.iter().any(|one| ["GCP_BASIC_ROLE", "GCP_SET_IAM_POLICY"].contains(&one.code))
        };
        assert!(found("roles/owner", "user:a@example.com"));
        assert!(!found("roles/owner", "deleted:user:a@example.com?uid=1"));
        assert!(found("roles/storage.legacyBucketOwner", "user:a@example.com"));
        assert!(!found("roles/storage.legacyBucketOwner", "projectOwner:shop"));
    }
}
