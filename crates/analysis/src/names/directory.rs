//! What is called how: the ARNs of a snapshot by account, kind and name.
//!
//! In an account the names of all roles are unique, as are those of users, of groups and of instance profiles, whatever
//! their path and case: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_policy::arn::Arn;
use leastwise_policy::time::Timestamp;

use crate::granted::Snapshot;

/// The ARNs of a snapshot by what a call names them.
#[derive(Debug, Clone, Default)]
pub struct Directory(BTreeMap<Key, Vec<Entry>>);

/// Partition, account, kind, and the name in lower case.
pub(super) type Key = (String, String, String, String);

/// Something that has a name.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The ARN, with the path.
    pub(super) arn: String,
    /// When it was made, where that is listed.
    pub(super) created: Option<Timestamp>,
    /// Of an instance profile: ARNs of the roles that it is listed to hold.
    pub(super) roles: BTreeSet<String>,
}

/// An ARN of IAM, taken apart.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) key: Key,
    /// Whether it says a path.
    pub(super) has_path: bool,
}

impl Name {
    /// Nothing for what is no ARN of something in IAM that has a name.
    pub(super) fn parse(text: &str) -> Option<Name> {
        let arn = Arn::parse(text).filter(|arn| arn.service() == "iam" && arn.region().is_empty())?;
        let (kind, rest) = arn.resource().split_once('/')?;
        let name = rest.rsplit_once('/').map_or(rest, |(_, name)| name);
        let texts = [arn.partition(), arn.account(), kind, name];
        if texts.iter().any(|text| text.is_empty()) || rest.contains(['*', '?', '$']) {
            return None;
        }
        let [partition, account, kind, _] = texts.map(str::to_owned);
        let key = (partition, account, kind, name.to_ascii_lowercase());
        Some(Name { key, has_path: rest.contains('/') })
    }

    pub(super) fn partition(&self) -> &str {
        &self.key.0
    }

    pub(super) fn account(&self) -> &str {
        &self.key.1
    }

    pub(super) fn kind(&self) -> &str {
        &self.key.2
    }

    /// Whether both are of one kind and account and called the same, whatever their paths.
    pub(super) fn is_like(&self, other: &Name) -> bool {
        self.key == other.key
    }
}

impl Directory {
    /// What a snapshot lists; nothing when AWS said that there is more.
    pub fn of(snapshot: &Snapshot) -> Option<Directory> {
        if snapshot.is_truncated() {
            return None;
        }
        let mut directory = Directory::default();
        for principal in snapshot.principals() {
            directory.add(&principal.arn, principal.created, &BTreeSet::new());
            for profile in principal.instance_profiles.iter().flatten() {
                directory.add(&profile.arn, profile.created, &profile.roles);
            }
        }
        for group in snapshot.groups() {
            directory.add(&group.arn, group.created, &BTreeSet::new());
        }
        for policy in snapshot.managed_policies() {
            directory.add(policy, None, &BTreeSet::new());
        }
        Some(directory)
    }

    fn add(&mut self, arn: &str, created: Option<Timestamp>, roles: &BTreeSet<String>) {
        let Some(name) = Name::parse(arn) else { return };
        let entries = self.0.entry(name.key).or_default();
        match entries.iter_mut().find(|entry| entry.arn == arn) {
            Some(entry) => {
                // What is listed twice with two dates was made anew in between.
                entry.created = entry.created.max(created);
                entry.roles.extend(roles.iter().cloned());
            }
            None => entries.push(Entry { arn: arn.to_owned(), created, roles: roles.clone() }),
        }
    }

    /// Everything that is called so.
    pub(super) fn all(&self, name: &Name) -> &[Entry] {
        self.0.get(&name.key).map_or(&[], Vec::as_slice)
    }

    /// The one thing that is called like what has this ARN, whatever its path.
    pub(super) fn only(&self, arn: &str) -> Option<&Entry> {
        match self.all(&Name::parse(arn)?) {
            [only] => Some(only),
            _ => None,
        }
    }
}
