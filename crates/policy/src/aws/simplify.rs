//! Shorter statements with the same meaning: a pattern that another of the same list contains is dropped.
//!
//! Nothing is widened here, and patterns with policy variables are only dropped when they stand twice.

use super::{ActionBlock, ResourceBlock, ResourcePattern, Statement};

impl ResourcePattern {
    /// Whether this pattern surely matches everything that `inner` matches, whatever the request.
    ///
    /// With policy variables only the same text and `*` are known to.
    pub fn subsumes(&self, inner: &ResourcePattern) -> bool {
        match (self.as_arn_pattern(), inner.as_arn_pattern()) {
            (Some(outer), Some(inner)) => outer.subsumes(inner),
            (Some(outer), None) => outer.is_any(),
            (None, _) => self.as_str() == inner.as_str(),
        }
    }
}

impl Statement {
    /// Drops every pattern of `Action`, `NotAction`, `Resource` and `NotResource` that another one beside it contains.
    /// The others keep their order. Meant for documents of version 2012-10-17.
    pub fn simplify(&mut self) {
        match &mut self.action {
            ActionBlock::Action(patterns) | ActionBlock::NotAction(patterns) => {
                drop_contained(patterns, |outer, inner| outer.subsumes(inner));
            }
        }
        if let Some(ResourceBlock::Resource(patterns) | ResourceBlock::NotResource(patterns)) =
            &mut self.resource
        {
            drop_contained(patterns, ResourcePattern::subsumes);
        }
    }
}

/// Keeps, of patterns that contain each other, the first.
fn drop_contained<T>(patterns: &mut Vec<T>, contains: impl Fn(&T, &T) -> bool) {
    let mut kept: Vec<T> = Vec::with_capacity(patterns.len());
    for pattern in patterns.drain(..) {
        if kept.iter().any(|other| contains(other, &pattern)) {
            continue;
        }
        kept.retain(|other| !contains(&pattern, other));
        kept.push(pattern);
    }
    *patterns = kept;
}
