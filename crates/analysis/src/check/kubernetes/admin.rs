//! `K8S_ADMIN`: everything is allowed.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_ADMIN",
    title: "Everything is allowed",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1078.004"],
    about: "A rule with `*` for groups, resources and verbs allows everything, what is installed later included. That is `cluster-admin` by another name, or admin of a namespace.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["*"]
    resources: ["*"]
    verbs: ["*"]
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
    verbs: ["get"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege"],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for role in &cluster.roles {
        for rule in role.rules().filter(|rule| rule.is_everything() && rule.names.is_empty()) {
            let message = format!("{} allows every verb on every resource", role.thing.name);
            let added = finds.at(&role.thing, rule.node, message).severity(role.severity(Severity::Critical));
            let added = added.fix("list the groups, resources and verbs that are used");
            cluster.holders(role).into_iter().fold(added, |added, holder| added.evidence(holder));
        }
    }
}
