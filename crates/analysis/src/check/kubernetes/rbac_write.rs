//! `K8S_RBAC_WRITE`: roles and bindings can be changed.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_RBAC_WRITE",
    title: "Roles and bindings can be changed",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1098.006"],
    about: "Whoever writes bindings can hand every permission of its own to anybody, and keep it when its own is taken away. With `cluster-admin` rights anywhere in reach it is a way there.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["rbac.authorization.k8s.io"]
    resources: ["rolebindings"]
    verbs: ["create"]
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["rbac.authorization.k8s.io"]
    resources: ["rolebindings"]
    verbs: ["get", "list", "watch"]
"#,
    ),
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
    ],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("rbac.authorization.k8s.io", "clusterrolebindings", &["create", "update", "patch"]),
    ("rbac.authorization.k8s.io", "rolebindings", &["create", "update", "patch"]),
    ("rbac.authorization.k8s.io", "clusterroles", &["create", "update", "patch"]),
    ("rbac.authorization.k8s.io", "roles", &["create", "update", "patch"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "hands on what it has",
        "leave changes of roles and bindings to what deploys",
        finds,
    );
}
