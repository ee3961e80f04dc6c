//! `K8S_WILDCARD`: wildcard for verbs, resources or groups.

use super::cluster::{Cluster, has};
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_WILDCARD",
    title: "Wildcard for verbs, resources or groups",
    class: Class::Dangerous,
    severity: Severity::Medium,
    mitre: &[],
    about: "A wildcard also allows what comes later: new verbs such as `escalate`, new subresources such as `pods/exec`, custom resources that nobody thought of. List what is used.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: ["apps"]
    resources: ["*"]
    verbs: ["get", "delete"]
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
    verbs: ["get", "delete"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege"],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for role in &cluster.roles {
        // What allows everything has a check of its own.
        for rule in role.rules().filter(|rule| !rule.is_everything()) {
            let lists = [("verbs", rule.verbs), ("resources", rule.resources), ("apiGroups", rule.groups)];
            let wild: Vec<&str> =
                lists.iter().filter(|(_, list)| has(list, "*")).map(|(key, _)| *key).collect();
            let Some(first) = wild.first() else { continue };
            let only_reads =
                rule.verbs.iter().all(|verb| matches!(verb.text(), Some("get" | "list" | "watch")));
            let severity = if only_reads { Severity::Low } else { role.severity(Severity::High) };
            let at = rule.node.get(first).unwrap_or(rule.node);
            let message = format!("{} has `*` for {}", role.thing.name, wild.join(" and "));
            finds.at(&role.thing, at, message).severity(severity).fix("list what is used");
        }
    }
}
