//! `GCP_PUBLIC_MEMBER`: given to everybody.

use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_PUBLIC_MEMBER",
    title: "Given to everybody",
    class: Class::Trust,
    severity: Severity::High,
    mitre: &["T1530"],
    about: "`allUsers` is everybody on the internet, `allAuthenticatedUsers` everybody with any Google account, which anybody can make. Whatever the role allows is public.",
    bad: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/storage.objectViewer
    members:
      - allUsers
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
    references: &["https://docs.cloud.google.com/iam/docs/principals-overview"],
    rule: Rule::Gcp(rule),
};

fn rule(project: &Project, finds: &mut Finds<'_>) {
    for grant in &project.grants {
        let role = grant.role().map(|(_, role)| role).unwrap_or_default();
        let named =
            if role.is_empty() { "a role that is not known yet".to_owned() } else { format!("`{role}`") };
        for (node, member) in grant.members() {
            let who = match member {
                "allUsers" => "everybody on the internet",
                "allAuthenticatedUsers" => "everybody with any Google account",
                _ => continue,
            };
            // To view or call what is made for the public is often meant.
            let reads = ["Viewer", "viewer", "invoker", "Invoker"].iter().any(|word| role.ends_with(word));
            let severity = if reads { Severity::High } else { Severity::Critical };
            finds
                .at(&grant.thing, node, format!("{who} is given {named}"))
                .severity(severity)
                .fix("name the groups and service accounts that need it");
        }
    }
}
