//! Statements of old documents in the spelling of the new ones.
//!
//! `${…}` is a variable in version 2012-10-17 only, and plain text in 2008-10-17, so what is taken over has its
//! dollar signs escaped as `${$}`:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>.

use std::borrow::Cow;

use leastwise_policy::aws::{Condition, Conditions, ResourceBlock, ResourcePattern, Statement, Version};

/// The statement of a document of `version` as it means the same in version 2012-10-17.
pub(super) fn in_current_version(version: Version, statement: &Statement) -> Cow<'_, Statement> {
    if version == Version::V2012_10_17 || !has_dollars(statement) {
        return Cow::Borrowed(statement);
    }
    let resources = |patterns: &[ResourcePattern]| -> Vec<ResourcePattern> {
        patterns.iter().map(|one| ResourcePattern::new(escaped(one.as_str()))).collect()
    };
    let resource = statement.resource.as_ref().map(|block| match block {
        ResourceBlock::Resource(patterns) => ResourceBlock::Resource(resources(patterns)),
        ResourceBlock::NotResource(patterns) => ResourceBlock::NotResource(resources(patterns)),
    });
    let condition: Conditions = statement
        .condition
        .iter()
        .map(|one| {
            Condition::new(one.operator, one.key.as_str(), one.values.iter().map(|value| escaped(value)))
        })
        .collect();
    Cow::Owned(Statement { resource, condition, ..statement.clone() })
}

fn has_dollars(statement: &Statement) -> bool {
    let in_resource =
        statement.resource.iter().flat_map(|block| block.patterns()).any(|one| one.as_str().contains("${"));
    in_resource || statement.condition.iter().any(|one| one.values.iter().any(|value| value.contains("${")))
}

fn escaped(text: &str) -> String {
    text.replace("${", "${$}{")
}
