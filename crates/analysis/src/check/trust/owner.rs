//! What follows from the resource alone: whose it is. A condition that holds the caller against it lets in nobody but those
//! of one account or organisation, whichever of the two is the key and whichever the variable.

use leastwise_policy::aws::{Condition, Conditions, Policy, Statement, Version};

/// The keys that are the same in every request about a resource, with those of the caller that are held against them, and
/// a value that stands for the resource's.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resource-properties>
const OF_RESOURCE: [(&str, &str, &str); 2] = [
    ("aws:ResourceAccount", "aws:PrincipalAccount", "000000000000"),
    ("aws:ResourceOrgID", "aws:PrincipalOrgID", "o-0000000000"),
];

/// The same policy, told whose the resource is.
pub(super) fn told(policy: Policy) -> Policy {
    // Before 2012-10-17 a variable is a text like any other.
    if policy.version != Version::V2012_10_17 {
        return policy;
    }
    let statements = policy.statements.into_iter().map(|statement| {
        let conditions: Conditions = statement.condition.iter().cloned().map(known).collect();
        Statement { condition: conditions, ..statement }
    });
    Policy { statements: statements.collect(), ..policy }
}

fn known(condition: Condition) -> Condition {
    for (of_resource, of_caller, value) in OF_RESOURCE {
        let turned = condition.key.eq_ignore_ascii_case(of_resource)
            && condition.values.iter().all(|value| is_variable(value, of_caller));
        if turned {
            return Condition::new(condition.operator, of_caller, [value]);
        }
    }
    let values: Vec<String> = condition.values.iter().map(|value| replaced(value)).collect();
    Condition::new(condition.operator, condition.key, values)
}

/// Whether it is the value of `key` and nothing else.
fn is_variable(text: &str, key: &str) -> bool {
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| inner.trim().eq_ignore_ascii_case(key))
}

fn replaced(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut left = text;
    while let Some(start) = left.find("${") {
        let (before, variable) = left.split_at(start);
        let Some(end) = variable.find('}') else { break };
        let (variable, rest) = variable.split_at(end + 1);
        let known = OF_RESOURCE.iter().find(|(key, ..)| is_variable(variable, key));
        whole.push_str(before);
        whole.push_str(known.map_or(variable, |(_, _, value)| value));
        left = rest;
    }
    whole + left
}
