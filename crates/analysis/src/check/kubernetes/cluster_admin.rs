//! `K8S_CLUSTER_ADMIN`: binding to cluster-admin.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_CLUSTER_ADMIN",
    title: "Binding to cluster-admin",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1098.006"],
    about: "`cluster-admin` allows everything in the cluster. A workload that holds it is one bug away from the cluster's end; people should hold it only in emergencies, by a group that is watched.",
    bad: Example::file(
        "binding.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: grant
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: ServiceAccount
    name: worker
    namespace: jobs
"#,
    ),
    good: Example::file(
        "binding.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: grant
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - kind: ServiceAccount
    name: worker
    namespace: jobs
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege"],
    rule: Rule::Kubernetes(rule),
};

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for binding in &cluster.bindings {
        let Some((node, name)) = binding.role() else { continue };
        if name != "cluster-admin" || !binding.binds_cluster_role() {
            continue;
        }
        let whom: Vec<String> = binding.subjects().map(|subject| subject.to_string()).collect();
        // Nobody has it.
        if binding.is_for_nobody() {
            continue;
        }
        let within = match (&binding.namespace, binding.is_cluster) {
            (_, true) => "in the whole cluster".to_owned(),
            (Some(namespace), _) => format!("in namespace `{namespace}`"),
            (None, _) => "in its namespace".to_owned(),
        };
        let severity = if binding.is_cluster { Severity::Critical } else { Severity::High };
        finds
            .at(&binding.thing, node, format!("{} is admin of everything {within}", whom.join(", ")))
            .severity(severity)
            .fix("bind a role with what is used");
    }
}
