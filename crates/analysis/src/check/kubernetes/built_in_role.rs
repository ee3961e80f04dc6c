//! `K8S_BUILT_IN_ROLE`: binding to a role of Kubernetes' own that reaches further than its name says.

use super::cluster::Cluster;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_BUILT_IN_ROLE",
    title: "Binding to a powerful role of Kubernetes' own",
    class: Class::Dangerous,
    severity: Severity::High,
    mitre: &["T1098.006"],
    about: "Kubernetes brings roles of its own: `admin` gives roles to others, `edit` reads secrets and runs pods as any service account, and those of its controllers are for the controllers alone. Bound in the whole cluster they hold in every namespace, `kube-system` included. In one namespace, `admin` and `edit` are what they are for, and are told as less bad.",
    bad: Example::file(
        "binding.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: grant
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: edit
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
    references: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles",
    ],
    rule: Rule::Kubernetes(rule),
};

/// The role, how bad it is in the whole cluster and in a namespace, and what it does.
const ROLES: [(&str, Severity, Severity, &str); 8] = [
    (
        "admin",
        Severity::High,
        Severity::Medium,
        "reads and changes almost everything and gives roles to others",
    ),
    ("edit", Severity::High, Severity::Low, "reads secrets and runs pods as any service account"),
    (
        CONTROLLERS[0],
        Severity::Critical,
        Severity::High,
        "gives cluster roles permissions that it does not have",
    ),
    (
        CONTROLLERS[1],
        Severity::Critical,
        Severity::High,
        "reads secrets and makes tokens of service accounts",
    ),
    (CONTROLLERS[2], Severity::High, Severity::Medium, "deletes everything that there is"),
    (CONTROLLERS[3], Severity::High, Severity::Medium, "deletes everything that there is"),
    (CONTROLLERS[4], Severity::High, Severity::Medium, "runs pods in every namespace"),
    (CONTROLLERS[5], Severity::High, Severity::Medium, "runs pods in every namespace"),
];

const CONTROLLERS: [&str; 6] = [
    "system:controller:clusterrole-aggregation-controller",
    "system:kube-controller-manager",
    "system:controller:generic-garbage-collector",
    "system:controller:namespace-controller",
    "system:controller:daemon-set-controller",
    "system:controller:job-controller",
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    for binding in &cluster.bindings {
        let Some((node, name)) = binding.role().filter(|_| binding.binds_cluster_role()) else { continue };
        let Some((_, everywhere, within, does)) = ROLES.iter().find(|(role, ..)| *role == name) else {
            continue;
        };
        // What the files say of a role by that name is judged by its rules.
        let is_declared = cluster.roles.iter().any(|role| role.is_cluster && role.name == name);
        // The controllers' own accounts are Kubernetes' business.
        let is_own =
            |namespace: Option<&str>| name.starts_with("system:") && namespace == Some("kube-system");
        let others: Vec<String> = binding
            .subjects()
            .filter(|subject| !is_own(subject.namespace) && subject.name != "system:kube-controller-manager")
            .map(|subject| subject.to_string())
            .collect();
        if is_declared || others.is_empty() {
            continue;
        }
        let (severity, place) = match (&binding.namespace, binding.is_cluster) {
            (_, true) => (*everywhere, "in every namespace".to_owned()),
            (Some(namespace), _) => (*within, format!("in namespace `{namespace}`")),
            (None, _) => (*within, "in its namespace".to_owned()),
        };
        finds
            .at(&binding.thing, node, format!("by `{name}`, {} {does} {place}", others.join(", ")))
            .severity(severity)
            .fix("bind a role with what is used");
    }
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use crate::check::{Facts, SourceFile, read, run};

    fn found(kind: &str, role: &str, namespace: &str) -> Vec<String> {
        let text = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: b, namespace: x}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '{role}'}}\nsubjects: [{{kind: ServiceAccount, name: agent, namespace: {namespace}}}]\n"
        );
        let estate = read(&[SourceFile::named("b.yaml", text)]);
        let findings = run(&estate, &Facts::new(Catalog::embedded()));
        let ours = findings.iter().filter(|finding| finding.code == super::CHECK.code);
        ours.map(|finding| finding.severity.to_string()).collect()
    }

    #[test]
    fn roles_of_kubernetes_are_known_by_name() {
        assert_eq!(found("ClusterRoleBinding", "admin", "ai"), ["high"]);
        assert_eq!(found("ClusterRoleBinding", "edit", "ai"), ["high"]);
        assert_eq!(found("RoleBinding", "admin", "ai"), ["medium"]);
        assert_eq!(found("RoleBinding", "edit", "ai"), ["low"]);
        let controller = "system:controller:clusterrole-aggregation-controller";
        assert_eq!(found("ClusterRoleBinding", controller, "ai"), ["critical"]);
        assert_eq!(found("ClusterRoleBinding", controller, "kube-system"), [""; 0]);
        assert_eq!(found("ClusterRoleBinding", "view", "ai"), [""; 0]);
    }
}
