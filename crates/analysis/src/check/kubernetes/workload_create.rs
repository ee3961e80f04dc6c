//! `K8S_WORKLOAD_CREATE`: workloads can be made.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_WORKLOAD_CREATE",
    title: "Workloads can be made",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1610"],
    about: "Whoever makes or changes pods, or what makes pods, can use every secret, config map, volume and service account of the namespace, and without an admission policy the node too. Keep it to namespaces in which nothing runs that is more powerful.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["apps"]
    resources: ["deployments"]
    verbs: ["create", "patch"]
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["apps"]
    resources: ["deployments"]
    verbs: ["get", "list", "watch"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("", "pods", &["create", "update", "patch"]),
    ("apps", "deployments", &["create", "update", "patch"]),
    ("apps", "daemonsets", &["create", "update", "patch"]),
    ("apps", "statefulsets", &["create", "update", "patch"]),
    ("apps", "replicasets", &["create", "update", "patch"]),
    ("batch", "jobs", &["create", "update", "patch"]),
    ("batch", "cronjobs", &["create", "update", "patch"]),
    ("", "replicationcontrollers", &["create", "update", "patch"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "runs pods of its own",
        "bind it in a namespace of its own, and enforce the pod security standard `restricted` there",
        finds,
    );
}
