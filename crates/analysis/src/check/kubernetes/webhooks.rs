//! `K8S_WEBHOOKS`: admission webhooks can be changed.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_WEBHOOKS",
    title: "Admission webhooks can be changed",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1546"],
    about: "A webhook sees every object that it asks for, secrets included, and a mutating one changes it. Whoever changes the configuration can read and take over whatever is deployed.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["admissionregistration.k8s.io"]
    resources: ["mutatingwebhookconfigurations"]
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
  - apiGroups: ["admissionregistration.k8s.io"]
    resources: ["mutatingwebhookconfigurations"]
    verbs: ["patch"]
    resourceNames: ["injector"]
"#,
    ),
    references: &[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks",
    ],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", &["create", "update", "patch"]),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", &["create", "update", "patch"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(
        cluster,
        REACHES,
        "sees or changes whatever is admitted",
        "name the configuration in `resourceNames` and leave out `create`",
        finds,
    );
}
