//! `K8S_UNKNOWN`: resource or verb that Kubernetes does not have.

use leastwise_catalog::kubernetes::{CORE, Kubernetes, VERBS};

use super::cluster::{Cluster, RuleView};
use crate::check::{Check, Class, Example, Finds, Rule, Severity};
use crate::source::Node;

pub(super) static CHECK: Check = Check {
    code: "K8S_UNKNOWN",
    title: "Resource or verb that Kubernetes does not have",
    class: Class::Error,
    severity: Severity::Medium,
    mitre: &[],
    about: "The rule names a resource that its group does not have, or a verb that the resource does not know, so it allows nothing: something that is needed may be missing. Groups that Kubernetes itself does not serve are not judged.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["deployments"]
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
  - apiGroups: ["apps"]
    resources: ["deployments"]
    verbs: ["get"]
"#,
    ),
    references: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources"],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    let facts = Kubernetes::embedded();
    for role in &cluster.roles {
        for rule in role.rules() {
            let Some(groups) = groups(&rule, facts) else { continue };
            for resource in rule.resources {
                let Some(name) = resource.text().filter(|name| !name.contains('*')) else { continue };
                let found = groups
                    .iter()
                    .any(|group| facts.resource(group, name).is_some() || facts.is_only_special(group, name));
                if found || is_old(name) {
                    continue;
                }
                let message = format!("the group `{}` has no resource `{name}`", groups.join("`, `"));
                let added = finds.at(&role.thing, resource, message);
                if let Some(other) = facts.called(None, name).first() {
                    added.fix(format!("`{}` is in the group `{}`", other.name, other.group));
                }
            }
            for verb in rule.verbs {
                let Some(text) = verb.text().filter(|text| *text != "*" && !VERBS.contains(text)) else {
                    continue;
                };
                let special = groups.iter().any(|group| {
                    let names = rule.resources.iter().filter_map(Node::text);
                    names.into_iter().any(|name| name.contains('*') || facts.is_special(text, group, name))
                });
                if !special {
                    let message = format!("no request for these resources has the verb `{text}`");
                    finds.at(&role.thing, verb, message).fix(format!("one of {}", VERBS.join(", ")));
                }
            }
        }
    }
}

/// The groups of a rule, when Kubernetes serves all of them.
fn groups(rule: &RuleView<'_>, facts: &Kubernetes) -> Option<Vec<String>> {
    let mut groups = Vec::new();
    for group in rule.groups {
        let group = match group.text()? {
            "" => CORE,
            group => group,
        };
        if !facts.knows_group(group) {
            return None;
        }
        groups.push(group.to_owned());
    }
    (!groups.is_empty()).then_some(groups)
}

/// What older releases had, what the kubelet asks about, and what admission asks about of whoever owns an object.
fn is_old(name: &str) -> bool {
    name.ends_with("/finalizers")
        || matches!(
            name,
            "nodes/metrics"
                | "nodes/stats"
                | "nodes/log"
                | "nodes/spec"
                | "nodes/healthz"
                | "nodes/pods"
                | "nodes/configz"
                | "nodes/checkpoint"
                | "podsecuritypolicies"
                | "endpoints/restricted"
                | "externalmetrics"
        )
}
