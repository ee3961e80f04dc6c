//! Which key the grants are on.

use leastwise_policy::aws::{IssuedGrants, Named, Policy, ResourceBlock};

/// Those on this key.
pub fn on<'g>(grants: &'g [IssuedGrants], key: &'g str) -> impl Iterator<Item = &'g Named<Policy>> {
    let is_on = move |grant: &&Named<Policy>| {
        let blocks = grant.policy.statements.iter().filter_map(|statement| statement.resource.as_ref());
        blocks.into_iter().any(|block| match block {
            ResourceBlock::Resource(patterns) => patterns.iter().any(|pattern| pattern.as_str() == key),
            ResourceBlock::NotResource(_) => false,
        })
    };
    grants.iter().flat_map(|issued| &issued.grants).filter(is_on)
}
