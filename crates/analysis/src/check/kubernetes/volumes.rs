//! `K8S_VOLUMES`: volumes of any kind.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_VOLUMES",
    title: "Volumes of any kind",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &["T1611"],
    about: "A persistent volume can be a folder of a node, and a pod that mounts it reads and writes there. Claims are enough for workloads; volumes are made by provisioners.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["persistentvolumes"]
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
    resources: ["persistentvolumeclaims"]
    verbs: ["create"]
"#,
    ),
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation",
    ],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[("", "persistentvolumes", &["create", "update", "patch"])];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(cluster, REACHES, "mounts folders of nodes", "grant `persistentvolumeclaims` instead", finds);
}
