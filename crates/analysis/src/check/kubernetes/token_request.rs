//! `K8S_TOKEN_REQUEST`: tokens of every service account.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_TOKEN_REQUEST",
    title: "Tokens of every service account",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1528"],
    about: "Whoever makes a token of a service account is that service account. `create` on a subresource can be limited by `resourceNames`, since the account is named in the request.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["serviceaccounts/token"]
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
    resources: ["serviceaccounts/token"]
    verbs: ["create"]
    resourceNames: ["worker"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[("", "serviceaccounts/token", &["create"])];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "makes tokens of every service account",
        "name the service accounts in `resourceNames`",
        finds,
    );
}
