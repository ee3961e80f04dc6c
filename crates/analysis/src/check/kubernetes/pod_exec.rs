//! `K8S_POD_EXEC`: commands in running containers.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_POD_EXEC",
    title: "Commands in running containers",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1609"],
    about: "Commands in a container have its service account and its secrets. `get` is enough for `exec` over a WebSocket. Ephemeral containers and attaching do the same.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["pods/exec"]
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
  - apiGroups: [""]
    resources: ["pods/log"]
    verbs: ["get"]
"#,
    ),
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks",
    ],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("", "pods/exec", &["create", "get"]),
    ("", "pods/attach", &["create", "get"]),
    ("", "pods/ephemeralcontainers", &["patch", "update"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "runs commands in every container",
        "leave it out; for debugging, hand it out for a while and in one namespace",
        finds,
    );
}
