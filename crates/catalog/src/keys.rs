//! What callers need of the KMS keys with which resources are encrypted.

use std::collections::BTreeSet;

use crate::Catalog;

/// `data/aws/keys.txt`.
const TABLE: &str = include_str!("../data/aws/keys.txt");

impl Catalog {
    /// The actions on the key of an encrypted resource that whoever calls `action` (`sqs:SendMessage`, or `sqs:*` for
    /// all of a service) needs, sorted. Nothing when none is known.
    pub fn key_actions(action: &str) -> BTreeSet<&'static str> {
        let matches = |name: &str| match action.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == action,
        };
        rows().filter(|(name, _)| matches(name)).flat_map(|(_, keys)| keys.split(' ')).collect()
    }

    /// The services of whose encrypted resources it is known what they need of their keys.
    pub fn services_with_keys() -> BTreeSet<&'static str> {
        rows().filter_map(|(name, _)| name.split_once(':')).map(|(service, _)| service).collect()
    }
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_the_table_is_one_of_the_catalogue() {
        let catalog = Catalog::embedded();
        for (action, keys) in rows() {
            for name in keys.split(' ').chain([action]) {
                let known = catalog.action(name).map(|known| known.full_name());
                assert_eq!(known.as_deref(), Some(name), "keys.txt names `{name}`");
            }
        }
    }

    #[test]
    fn an_action_needs_what_its_row_says_and_a_whole_service_what_any_row_says() {
        let of = |action| Catalog::key_actions(action).into_iter().collect::<Vec<_>>();
        assert_eq!(of("sqs:ReceiveMessage"), ["kms:Decrypt"]);
        assert_eq!(of("sqs:*"), ["kms:Decrypt", "kms:GenerateDataKey"]);
        assert!(of("sqs:DeleteMessage").is_empty());
    }
}
