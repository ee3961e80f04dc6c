//! `K8S_SYSTEM_MASTERS`: bound to system:masters.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_SYSTEM_MASTERS",
    title: "Bound to system:masters",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1098.006"],
    about: "Members of `system:masters` pass every check of authorization, and no change of roles or bindings takes that away. Nobody needs a binding for it; a binding shows that somebody is put into the group on purpose.",
    bad: Example::file(
        "binding.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: grant
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: Group
    name: system:masters
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
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege"],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for binding in &cluster.bindings {
        // Kubernetes itself makes this one.
        if binding.thing.root.path(&["metadata", "labels", "kubernetes.io/bootstrapping"]).is_some() {
            continue;
        }
        for subject in binding.subjects().filter(|subject| subject.name == "system:masters") {
            let message = "`system:masters` passes every check, whatever is bound to it";
            finds
                .at(&binding.thing, subject.node, message)
                .fix("bind a group of your own, and put people there");
        }
    }
}
