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

/// What Kubernetes itself binds to these groups.
const BUILT_IN: [&str; 4] = [
    "system:public-info-viewer",
    "system:discovery",
    "system:basic-user",
    "system:service-account-issuer-discovery",
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for binding in &cluster.bindings {
        let role = binding.role().map(|(_, name)| name).unwrap_or_default();
        for subject in binding.subjects().filter(|subject| GROUPS.contains(&subject.name)) {
            if BUILT_IN.contains(&role) {
                continue;
            }
            let message =
                format!("role `{role}` is bound to `{}`: nobody needs to log in for it", subject.name);
            finds
                .at(&binding.thing, subject.node, message)
                .fix("bind a service account or a group of people");
        }
    }
}
