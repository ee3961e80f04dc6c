//! `K8S_IMPERSONATE`: impersonation of anybody.

use super::cluster::{Cluster, Reach};
use super::reaches;
use crate::check::{Check, Class, Example, Finds, Rule, Severity};

pub(super) static CHECK: Check = Check {
    code: "K8S_IMPERSONATE",
    title: "Impersonation of anybody",
    class: Class::Dangerous,
    severity: Severity::Critical,
    mitre: &["T1078.004"],
    about: "Whoever impersonates has all that the other has. Without `resourceNames` that is everybody, `system:masters` included; and with that group among the `resourceNames` it is everything too.",
    bad: Example::file(
        "role.yaml",
        r#"apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: worker
rules:
  - apiGroups: [""]
    resources: ["users", "groups"]
    verbs: ["impersonate"]
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
    resources: ["users"]
    verbs: ["impersonate"]
    resourceNames: ["reports"]
"#,
    ),
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb"],
    rule: Rule::Kubernetes(rule),
};

const REACHES: &[Reach] = &[
    ("", "users", &["impersonate"]),
    ("", "groups", &["impersonate"]),
    ("", "serviceaccounts", &["impersonate"]),
];

fn rule(cluster: &Cluster, finds: &mut Finds<'_>) {
    reaches(cluster, REACHES, "can be anybody", "name whom it may impersonate in `resourceNames`", finds);
    for role in &cluster.roles {
        for rule in role.rules() {
            let Some(node) = rule.reaches_named(("", "groups", &["impersonate"]), MASTERS) else { continue };
            let message =
                format!("{} can be of the group `{MASTERS}`, which may do everything", role.thing.name);
            let severity = role.severity(finds.severity());
            let added = finds.at(&role.thing, node, message).severity(severity).fix("leave that group out");
            cluster.holders(role).into_iter().fold(added, |added, holder| added.evidence(holder));
        }
    }
}

/// The group that no role limits. <https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege>
const MASTERS: &str = "system:masters";

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::CHECK;
    use crate::check::{Facts, SourceFile, read, run};

    #[test]
    fn impersonating_the_masters_by_name_is_as_good_as_impersonating_anybody() {
        let found = |name: &str| {
            let text = CHECK.good.text.replace("users", "groups").replace("reports", name);
            let found = run(&read(&[SourceFile::named("role.yaml", text)]), &Facts::new(Catalog::embedded()));
            found.iter().any(|one| one.code == CHECK.code)
        };
        assert!(found("system:masters") && !found("reports"));
    }
}
