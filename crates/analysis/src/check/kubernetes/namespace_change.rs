//! `K8S_NAMESPACE_CHANGE`: labels of namespaces can be changed.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_NAMESPACE_CHANGE",
    title: "Labels of namespaces can be changed",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1562"],
    about: "Labels of a namespace decide which pod security standard is enforced there and which network policies apply. Whoever patches namespaces can switch both off.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["namespaces"]
    verbs: ["patch"]
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
    resources: ["namespaces"]
    verbs: ["get", "list"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#namespace-modification"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[("", "namespaces", &["update", "patch"])];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "switches off what labels of namespaces enforce",
        "leave namespaces to what deploys, or name them in `resourceNames`",
        finds,
    );
}
