//! Pairs of policies with what AWS's `CheckNoNewAccess` answered.

use crate::common::shared_data;
use crate::support::compared;
use leastwise_policy::aws::Policy;
use leastwise_policy::aws::compare::{Answer, Kind};
use serde_json::Value;

/// Where our answer is another, and why.
const EXCEPTIONS: &[(usize, &str)] = &[(
    103,
    "`{\"Federated\": \"*\"}` is not in IAM's grammar of principals, and the evaluator lets an Allow to whomever it does \
     not understand allow nobody; AWS's answer takes it for every provider",
)];

#[test]
fn the_labels_of_aws_are_right_or_listed_with_the_reason() {
    let Some(path) = shared_data("policy-cases/no_new_access_pairs.json") else { return };
    let text = std::fs::read_to_string(path).expect("the pairs");
    let pairs: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut wrong = Vec::new();
    for (number, pair) in pairs.iter().enumerate() {
        let kind = match pair["file"].as_str().expect("a file") {
            file if file.contains("role-trust") => Kind::Trust,
            file if file.starts_with("resource") => Kind::Resource,
            _ => Kind::Identity,
        };
        // The published pairs leave the account to the reader.
        let read = |name: &str| {
            let text = pair[name].to_string().replace("<ACCOUNT ID>", "111111111111");
            Policy::parse_kind(&text, kind.document()).unwrap_or_else(|error| panic!("{number}: {error}"))
        };
        let found = compared(kind, &read("reference"), &read("candidate"));
        let expected = pair["expected"].as_str().expect("a label");
        let answer = match &found.gained {
            Answer::None => "PASS",
            Answer::Some(_) => "FAIL",
            Answer::Unknown(_) => "UNKNOWN",
        };
        let listed = EXCEPTIONS.iter().any(|(exception, _)| *exception == number);
        if (answer == expected) == listed {
            wrong.push(format!("{number} {} {expected} {:?}", pair["file"], found.gained));
        }
    }
    assert_eq!(pairs.len(), 104);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
