//! `K8S_EVERYBODY`: bound to everybody in the cluster.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_EVERYBODY",
    title: "Bound to everybody in the cluster",
    class: Class::Trust,
    severity: Severity::High,
    mitre: &["T1078.001"],
    about: "`system:authenticated` is everybody who has any credentials, every pod's service account included, and with some providers every account of the provider; `system:serviceaccounts` is every pod. Name who needs it.",
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
    name: system:authenticated
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

const GROUPS: [&str; 2] = ["system:authenticated", "system:serviceaccounts"];

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
            let who = match subject.name {
                "system:serviceaccounts" => "every pod",
                _ => "everybody with any credentials",
            };
            let message = format!("role `{role}` is bound to `{}`: {who} has it", subject.name);
            finds.at(&binding.thing, subject.node, message).fix("bind the service account that needs it");
        }
    }
}
