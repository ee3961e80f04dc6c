//! `K8S_ESCALATE`: escalation is no longer prevented.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_ESCALATE",
    title: "Escalation is no longer prevented",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1098.006"],
    about: "Kubernetes lets nobody hand out permissions that they do not have themselves, unless they have `escalate` or `bind` on roles. Whoever has one of these verbs can become admin of the cluster.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["rbac.authorization.k8s.io"]
    resources: ["clusterroles"]
    verbs: ["get", "bind"]
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
    resources: ["clusterroles"]
    verbs: ["get", "list"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("rbac.authorization.k8s.io", "clusterroles", &["escalate", "bind"]),
    ("rbac.authorization.k8s.io", "roles", &["escalate", "bind"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "gets around the check against escalation",
        "leave out `escalate` and `bind`, or name the roles that may be bound in `resourceNames`",
        finds,
    );
}
