//! The principals that AWS services have when they assume a role.

use crate::Catalog;

/// `data/aws/principals.txt`.
const TABLE: &str = include_str!("../data/aws/principals.txt");

impl Catalog {
    /// The service principal of what people call `service`: `ecs` → `ecs-tasks.amazonaws.com`. Nothing when the
    /// service is not known to assume roles.
    pub fn service_principal(service: &str) -> Option<&'static str> {
        rows().find(|(name, _)| *name == service).map(|(_, principal)| principal)
    }

    /// The names and the principals of all services that are known to assume roles.
    pub fn service_principals() -> impl Iterator<Item = (&'static str, &'static str)> {
        rows()
    }
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}
