//! `K8S_CSR_APPROVAL`: certificates for anybody.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_CSR_APPROVAL",
    title: "Certificates for anybody",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1649"],
    about: "Whoever approves certificate signing requests can make certificates for any user and group, `system:masters` included, when a request may be made as well. Nothing revokes them.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["certificates.k8s.io"]
    resources: ["certificatesigningrequests/approval"]
    verbs: ["update"]
"#,
    ),
    good: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["certificates.k8s.io"]
    resources: ["certificatesigningrequests"]
    verbs: ["get", "list"]
"#,
    ),
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#csrs-and-certificate-issuing",
    ],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("certificates.k8s.io", "certificatesigningrequests/approval", &["update", "patch"]),
    ("certificates.k8s.io", "signers", &["approve", "sign"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "approves certificates for anybody",
        "name the signer in `resourceNames`, and leave approval to people",
        finds,
    );
}
