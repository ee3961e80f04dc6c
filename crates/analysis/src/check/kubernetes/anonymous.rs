//! `K8S_ANONYMOUS`: bound to whoever does not log in.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_ANONYMOUS",
    title: "Bound to whoever does not log in",
    class: Class::Trust,
    severity: Severity::Critical,
    mitre: &["T1078.001"],
    about: "Requests without credentials are `system:anonymous` in the group `system:unauthenticated`. Whatever is bound to them is open to everybody who reaches the API server.",
    bad: Example::file(
        "binding.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: grant
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - kind: Group
    name: system:unauthenticated
"#,
    ),
    good: Example::file(
        "binding.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: grant
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - kind: ServiceAccount
    name: worker
    namespace: jobs
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#hardening"],
    rule: Rule::Kubernetes(rule),
};

const GROUPS: [&str; 2] = ["system:anonymous", "system:unauthenticated"];

/// What Kubernetes itself binds to them, and the keys by which others check tokens, which are public.
const BUILT_IN: [&str; 2] = ["system:public-info-viewer", "system:service-account-issuer-discovery"];

/// What it bound to them before 1.14:
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles>.
const ONCE_BUILT_IN: [&str; 2] = ["system:discovery", "system:basic-user"];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for binding in &cluster.bindings {
        let role = binding.role().map(|(_, name)| name).unwrap_or_default();
        for subject in binding.subjects().filter(|subject| GROUPS.contains(&subject.name)) {
            if BUILT_IN.contains(&role) {
                continue;
            }
            let message =
                format!("role `{role}` is bound to `{}`: nobody needs to log in for it", subject.name);
            let severity = if ONCE_BUILT_IN.contains(&role) { Severity::Low } else { Severity::Critical };
            finds
                .at(&binding.thing, subject.node, message)
                .severity(severity)
                .fix("bind a service account or a group of people");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Facts, SourceFile, read, run};

    #[test]
    fn what_kubernetes_bound_to_strangers_once_is_less_bad_than_the_rest() {
        let found = |role: &str| {
            let text = format!(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: grant\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: {role}\nsubjects:\n  - kind: Group\n    name: system:unauthenticated\n"
            );
            let findings = run(
                &read(&[SourceFile::named("binding.yaml", text)]),
                &Facts::new(leastwise_catalog::Catalog::embedded()),
            );
            let mut own = findings.iter().filter(|one| one.code == "K8S_ANONYMOUS");
            own.next().map(|one| one.severity.to_string())
        };
        assert_eq!(found("view").as_deref(), Some("critical"));
        assert_eq!(found("system:discovery").as_deref(), Some("low"));
        assert_eq!(found("system:public-info-viewer"), None);
    }
}
