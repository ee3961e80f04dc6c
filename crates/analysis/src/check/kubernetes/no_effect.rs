//! `K8S_NO_EFFECT`: rule that does not do what it says.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_NO_EFFECT",
    title: "Rule that does not do what it says",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "`create` and `deletecollection` cannot be limited by `resourceNames`, since the name is not in the request: such a rule does not allow them at all. Rules on URLs have an effect only in a ClusterRole.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["configmaps"]
    verbs: ["create", "update"]
    resourceNames: ["state"]
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
    resources: ["configmaps"]
    verbs: ["create"]
  - apiGroups: [""]
    resources: ["configmaps"]
    verbs: ["update"]
    resourceNames: ["state"]
"#,
    ),
    references: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources"],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for role in &cluster.roles {
        for rule in role.rules() {
            // A subresource is asked for by the name of what it belongs to.
            let top = rule.resources.iter().any(|one| one.text().is_some_and(|text| !text.contains('/')));
            let unnamed =
                |verb: &&crate::source::Node| matches!(verb.text(), Some("create" | "deletecollection"));
            if let Some(verb) = rule.verbs.iter().find(unnamed).filter(|_| !rule.names.is_empty() && top) {
                let verb_text = verb.text().unwrap_or_default();
                let message =
                    format!("`{verb_text}` with `resourceNames` allows nothing: the request has no name");
                finds
                    .at(&role.thing, verb, message)
                    .fix("put it into a rule of its own without `resourceNames`");
            }
            if let Some(url) = rule.urls.first().filter(|_| !role.is_cluster) {
                finds
                    .at(&role.thing, url, "URLs have no namespace: in a Role they have no effect")
                    .fix("put the rule into a ClusterRole");
            }
        }
    }
}
