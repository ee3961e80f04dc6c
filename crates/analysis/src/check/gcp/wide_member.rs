//! `GCP_WIDE_MEMBER`: given to a whole domain.

use super::project::Project;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "GCP_WIDE_MEMBER",
    title: "Given to a whole domain",
    class: Class::Trust,
    severity: Severity::Medium,
    mitre: &["T1078.004"],
    about: "`domain:` is every account of the organisation, contractors and service mailboxes included; a pool of workload identities without a subject is every workload of the provider. Name a group or the one workload.",
    bad: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/run.developer
    members:
      - domain:example.com
"#,
    ),
    good: Example::file(
        "policy.yaml",
        r#"bindings:
  - role: roles/run.developer
    members:
      - group:deployers@example.com
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
            let whole_pool = member.starts_with("principalSet://") && member.ends_with("/*");
            let who = match member.split_once(':') {
                Some(("domain", domain)) => format!("every account of `{domain}`"),
                _ if whole_pool => "every identity of the pool".to_owned(),
                _ => continue,
            };
            let severity = if whole_pool { Severity::High } else { Severity::Medium };
            finds
                .at(&grant.thing, node, format!("{who} is given {named}"))
                .severity(severity)
                .fix("name a group, or the one subject of the pool");
        }
    }
}
