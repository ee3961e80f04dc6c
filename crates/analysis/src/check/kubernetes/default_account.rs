//! `K8S_DEFAULT_ACCOUNT`: bound to the default service account.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_DEFAULT_ACCOUNT",
    title: "Bound to the default service account",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1078.001"],
    about: "Every pod that names no service account runs as `default` of its namespace. What is bound to it is held by all of them, those of tomorrow included.",
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
  - kind: ServiceAccount
    name: default
    namespace: jobs
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
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#minimize-distribution-of-privileged-tokens",
    ],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for binding in &cluster.bindings {
        let role = binding.role().map(|(_, name)| name).unwrap_or_default();
        let defaults = binding.subjects().filter(|one| one.kind == "ServiceAccount" && one.name == "default");
        for subject in defaults {
            let message = format!("every pod without a service account of its own holds role `{role}`");
            finds
                .at(&binding.thing, subject.node, message)
                .fix("make a service account for the pod that needs it");
        }
    }
}
