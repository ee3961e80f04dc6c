//! Kubernetes: what roles let do that leads further than it says, and to whom they are given.
//!
//! The reasons are those of <https://kubernetes.io/docs/concepts/security/rbac-good-practices/>; what each permission is
//! worth beyond what it says is a row of the catalogue's `data/kubernetes/risks.txt`.

mod admin;
mod anonymous;
mod built_in_role;
mod cluster;
mod cluster_admin;
mod csr_approval;
mod default_account;
mod escalate;
mod everybody;
mod impersonate;
mod namespace_change;
mod no_effect;
mod nodes_proxy;
mod pod_exec;
mod rbac_write;
mod secrets_read;
mod system_masters;
mod token_request;
mod unknown;
mod volumes;
mod webhooks;
mod wildcard;
mod workload_create;

use leastwise_catalog::kubernetes::{CORE, Kubernetes};

pub use cluster::{Binding, Cluster, Role, RuleView, ServiceAccount, SubjectView};

use self::cluster::Reach;
pub(in crate::check) use self::cluster::has;
use super::{Check, Finds};

/// The checks of this room, by code.
pub(super) static CHECKS: &[&Check] = &[
    &admin::CHECK,
    &anonymous::CHECK,
    &built_in_role::CHECK,
    &cluster_admin::CHECK,
    &csr_approval::CHECK,
    &default_account::CHECK,
    &escalate::CHECK,
    &everybody::CHECK,
    &impersonate::CHECK,
    &namespace_change::CHECK,
    &no_effect::CHECK,
    &nodes_proxy::CHECK,
    &pod_exec::CHECK,
    &rbac_write::CHECK,
    &secrets_read::CHECK,
    &system_masters::CHECK,
    &token_request::CHECK,
    &unknown::CHECK,
    &volumes::CHECK,
    &webhooks::CHECK,
    &wildcard::CHECK,
    &workload_create::CHECK,
];

/// Roles with a rule that reaches one of these permissions, each rule once.
fn reaches(cluster: &Cluster, table: &[Reach], says: &str, fix: &str, finds: &mut Finds<'_>) {
    for role in &cluster.roles {
        // What allows everything has a check of its own.
        for rule in role.rules().filter(|rule| !rule.is_everything()) {
            let mut reached = table.iter().filter_map(|reach| Some((reach, rule.reaches(*reach)?)));
            let Some(((group, resource, verbs), node)) = reached.next() else { continue };
            let severity = finds.severity();
            let added = finds.at(&role.thing, node, format!("{} {says}", role.thing.name));
            let group = if group.is_empty() { CORE } else { group };
            let why = verbs.iter().find_map(|verb| Kubernetes::embedded().risk(group, resource, verb));
            let added = why
                .into_iter()
                .fold(added.severity(role.severity(severity)).fix(fix), |added, why| added.evidence(why));
            cluster.holders(role).into_iter().fold(added, |added, holder| added.evidence(holder));
        }
    }
}
