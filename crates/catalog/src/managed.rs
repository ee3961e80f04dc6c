//! AWS's own managed policies: what `arn:aws:iam::aws:policy/ReadOnlyAccess` says, as of the catalogue's date.
//!
//! AWS changes them without notice, so an account's own listing is better where there is one. They come from
//! `data/managed/policies.txt`, packed into the program and unpacked when first asked for.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::folded::inflated;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/managed-policies.bin"));
const PACKAGES: &str = include_str!("../data/managed/packages.txt");

/// A managed policy of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// `/`, `/service-role/`, `/job-function/` or `/aws-service-role/`.
    pub path: Box<str>,
    /// The name: `ReadOnlyAccess`.
    pub name: Box<str>,
    /// The default version: `v118`.
    pub version: Box<str>,
    /// The document, as JSON.
    pub document: Box<str>,
}

fn all() -> &'static HashMap<String, ManagedPolicy> {
    static ALL: OnceLock<HashMap<String, ManagedPolicy>> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = inflated(PACKED);
        text.lines().filter_map(line).map(|policy| (policy.name.to_string(), policy)).collect()
    })
}

fn line(line: &str) -> Option<ManagedPolicy> {
    if line.starts_with('#') {
        return None;
    }
    let mut words = line.splitn(4, ' ');
    let (path, name, version, document) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(ManagedPolicy {
        path: path.into(),
        name: name.into(),
        version: version.into(),
        document: document.into(),
    })
}

/// The managed policy of AWS that this ARN names, in any partition; none for other ARNs and for policies that the
/// catalogue does not know.
pub fn managed_policy(arn: &str) -> Option<&'static ManagedPolicy> {
    let mut parts = arn.splitn(6, ':');
    let (head, service, account, resource) = (parts.next()?, parts.nth(1)?, parts.nth(1)?, parts.next()?);
    let name = resource.strip_prefix("policy")?;
    let found = all().get(name.rsplit('/').next()?)?;
    let same = head == "arn" && service == "iam" && account == "aws";
    (same && name == format!("{}{}", found.path, found.name)).then_some(found)
}

/// Every managed policy of AWS that the catalogue knows, in no order.
pub fn managed_policies() -> impl Iterator<Item = &'static ManagedPolicy> {
    all().values()
}

/// The day of the newest change that is known: `2026-09-30`.
pub fn managed_policies_date() -> &'static str {
    let line = PACKAGES.lines().find(|line| !line.starts_with('#'));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_by_its_arn_in_any_partition() {
        let admin = managed_policy("arn:aws:iam::aws:policy/AdministratorAccess").expect("it is there");
        assert!(admin.document.contains("\"*\""));
        assert_eq!(managed_policy("arn:aws-us-gov:iam::aws:policy/AdministratorAccess"), Some(admin));
        assert!(managed_policy("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess").is_some());
        assert_eq!(managed_policy("arn:aws:iam::aws:policy/ViewOnlyAccess"), None);
        assert_eq!(managed_policy("arn:aws:iam::111122223333:policy/AdministratorAccess"), None);
        assert!(managed_policies().count() > 1_500);
        assert_eq!(managed_policies_date().len(), 10);
    }

    #[test]
    fn every_document_can_be_read() {
        for policy in managed_policies() {
            let read = leastwise_policy::aws::Policy::parse(&policy.document);
            assert!(read.is_ok(), "{}: {read:?}", policy.name);
        }
    }
}
