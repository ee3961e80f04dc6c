//! `K8S_NODES_PROXY`: the kubelet behind the API server.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_NODES_PROXY",
    title: "The kubelet behind the API server",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1609"],
    about: "Through `nodes/proxy` the kubelet runs commands in every pod of the node, past admission control and the audit log; `get` is enough, since the kubelet takes WebSockets. Monitoring needs `nodes/metrics` and `nodes/stats`.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["nodes/proxy"]
    verbs: ["get"]
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
    resources: ["nodes/metrics"]
    verbs: ["get"]
"#,
    ),
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes",
    ],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[("", "nodes/proxy", &["get", "create", "update", "patch", "delete"])];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "reaches the kubelet of every node",
        "use `nodes/metrics`, `nodes/stats` or `nodes/log` instead",
        finds,
    );
}
