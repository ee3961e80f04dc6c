//! AWS's managed policies with themselves.

use crate::support::{compared, shared_data};
use leastwise_policy::aws::Policy;
use leastwise_policy::aws::compare::{Kind, Relation};
use serde_json::Value;
use std::io::Read;

pub(crate) fn managed() -> Option<Vec<(String, Policy)>> {
    let path = shared_data("aws-managed-policies/aws_managed_policies.json.gz")?;
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the policies");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let all = all.as_object().expect("an object");
    let read = |(name, value): (&String, &Value)| {
        let document = value.get("Document").unwrap_or(value).to_string();
        (name.clone(), Policy::parse(&document).unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    Some(all.iter().map(read).collect())
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
