//! AWS's managed policies with themselves.

use crate::common::shared_data;
use crate::support::compared;
use leastwise_policy::aws::Policy;
use leastwise_policy::aws::compare::{Kind, Relation};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;

/// The documents by name.
pub(crate) fn documents() -> Option<Vec<(String, Value)>> {
    let path = shared_data("aws-managed-policies/aws_managed_policies.json.gz")?;
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the policies");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    let all: BTreeMap<String, Value> = serde_json::from_str(&text).expect("JSON");
    Some(all.into_iter().map(|(name, value)| (name, value["Document"].clone())).collect())
}

fn managed() -> Option<Vec<(String, Policy)>> {
    let read = |(name, document): (String, Value)| {
        let policy = Policy::parse(&document.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, policy)
    };
    Some(documents()?.into_iter().map(read).collect())
}

#[test]
fn a_managed_policy_equals_itself_and_is_no_wider_without_an_allow() {
    let Some(all) = managed() else { return };
    assert_eq!(all.len(), 1_582);
    for (name, policy) in all.iter().step_by(7) {
        assert_eq!(compared(Kind::Identity, policy, policy).relation(), Relation::Equal, "{name}");
        let mut less = policy.clone();
        let removed = less.statements.remove(0);
        let relation = compared(Kind::Identity, policy, &less).relation();
        let expected: &[Relation] = match removed.effect {
            leastwise_policy::aws::Effect::Allow => &[Relation::Equal, Relation::Narrower],
            leastwise_policy::aws::Effect::Deny => &[Relation::Equal, Relation::Wider],
        };
        assert!(expected.contains(&relation), "{name}: {relation:?}");
    }
}
