//! Which key the grants are on.

use leastwise_policy::aws::{IssuedGrants, ResourceBlock};

/// Whether one of them is on this key.
pub fn are_on(grants: &[IssuedGrants], key: &str) -> bool {
    let statements =
        grants.iter().flat_map(|issued| &issued.grants).flat_map(|grant| &grant.policy.statements);
    statements.filter_map(|statement| statement.resource.as_ref()).any(|block| match block {
        ResourceBlock::Resource(patterns) => patterns.iter().any(|pattern| pattern.as_str() == key),
        ResourceBlock::NotResource(_) => false,
    })
}
