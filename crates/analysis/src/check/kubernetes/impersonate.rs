//! `K8S_IMPERSONATE`: impersonation of anybody.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_IMPERSONATE",
    title: "Impersonation of anybody",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1078.004"],
    about: "Whoever impersonates has all that the other has. Without `resourceNames` that is everybody, `system:masters` included.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["users", "groups"]
    verbs: ["impersonate"]
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["users"]
    verbs: ["impersonate"]
    resourceNames: ["reports"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("", "users", &["impersonate"]),
    ("", "groups", &["impersonate"]),
    ("", "serviceaccounts", &["impersonate"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(cluster, REACHES, "can be anybody", "name whom it may impersonate in `resourceNames`", finds);
}
