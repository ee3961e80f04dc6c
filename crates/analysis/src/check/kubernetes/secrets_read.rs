//! `K8S_SECRETS_READ`: secrets of every name.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_SECRETS_READ",
    title: "Secrets of every name",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1552.007"],
    about: "Whoever reads secrets can be whoever they belong to: tokens, passwords and keys of every workload. `list` and `watch` return the contents as `get` does. Name the secrets that are needed, or mount them.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["secrets"]
    verbs: ["get", "list"]
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
    resources: ["secrets"]
    verbs: ["get"]
    resourceNames: ["worker-token"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[("", "secrets", &["get", "list", "watch"])];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "reads every secret",
        "name the secrets in `resourceNames`, and leave out `list` and `watch`",
        finds,
    );
}
