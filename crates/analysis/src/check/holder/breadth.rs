//! Whether a statement's resources are all that there are for an action, or some.
//!
//! A pattern is all there are when it covers a whole resource type of the action, in whatever account and region it
//! names: `arn:aws:s3:::*/*` is every object, `arn:aws:dynamodb:eu-west-1:111122223333:table/*` every table.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use leastwise_catalog::{Action, ResourceType};
use leastwise_policy::aws::ResourceBlock;
use leastwise_policy::glob::Glob;

use crate::check::formats::Formats;

/// A statement's resources, looked at once for all of its actions.
pub(super) struct Breadth<'a> {
    formats: &'a Formats<'a>,
    all: bool,
    /// Service and resource part of patterns that may cover a type.
    patterns: Vec<(&'a str, Glob)>,
    /// Whether they cover a type, by the address of the type's facts.
    known: HashMap<usize, bool, RandomState>,
}

impl<'a> Breadth<'a> {
    pub(super) fn of(resource: Option<&'a ResourceBlock>, formats: &'a Formats<'a>) -> Breadth<'a> {
        let mut breadth = Breadth { formats, all: false, patterns: Vec::new(), known: HashMap::default() };
        match resource {
            // A statement without resources is none that identity policies can have; and all but some, by name, is as
            // good as all.
            None => breadth.all = true,
            Some(ResourceBlock::NotResource(patterns)) => {
                // All but everything is nothing.
                breadth.all = !patterns.iter().any(|pattern| pattern.as_str() == "*");
            }
            Some(ResourceBlock::Resource(patterns)) => {
                for pattern in patterns {
                    breadth.add(pattern.as_str());
                }
            }
        }
        breadth
    }

    fn add(&mut self, pattern: &'a str) {
        if pattern.bytes().all(|byte| byte == b'*') {
            self.all |= !pattern.is_empty();
            return;
        }
        if !pattern.contains('*') {
            return;
        }
        let mut parts = pattern.splitn(6, ':');
        match (parts.nth(2), parts.nth(2)) {
            (Some(service), Some(resource)) => self.patterns.push((service, Glob::new(resource))),
            // Such as `arn:aws:s3:*`: what is missing counts as `*`.
            (Some(service), None) if pattern.ends_with('*') => {
                self.patterns.push((if service.is_empty() { "*" } else { service }, Glob::new("*")));
            }
            _ => {}
        }
    }

    /// Whether the statement's resources are all that there are for the action.
    pub(super) fn is_everything(&mut self, action: Action<'_>) -> bool {
        if self.all || self.patterns.is_empty() {
            return self.all;
        }
        let any_required = action.facts.resources.iter().any(|of| of.required);
        let types = action.facts.resources.iter().filter(|of| of.required || !any_required);
        let mut types = types.filter_map(|of| action.service.resource_type(&of.resource_type));
        types.any(|of| self.covers(&action.service.prefix, of))
    }

    fn covers(&mut self, prefix: &str, of: &ResourceType) -> bool {
        let address = std::ptr::from_ref(of).addr();
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let covered = self.formats.all_covered(prefix, &of.name, &self.patterns);
        self.known.insert(address, covered);
        covered
    }
}

/// Whether the resources are all that there are for the action.
pub(super) fn is_everything(
    resource: Option<&ResourceBlock>,
    action: Action<'_>,
    formats: &Formats<'_>,
) -> bool {
    Breadth::of(resource, formats).is_everything(action)
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::*;

    #[test]
    fn a_pattern_over_a_whole_type_is_everything() {
        let check = |pattern: &str, action: &str| {
            let block = ResourceBlock::Resource(vec![leastwise_policy::aws::ResourcePattern::new(pattern)]);
            let catalog = Catalog::embedded();
            is_everything(Some(&block), catalog.action(action).expect("an action"), &Formats::new(catalog))
        };
        for pattern in ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:*"] {
            assert!(check(pattern, "s3:GetObject"), "{pattern}");
        }
        for pattern in ["arn:aws:s3:::reports/*", "arn:aws:s3:::*/public/*", "arn:aws:dynamodb:*:*:table/*"] {
            assert!(!check(pattern, "s3:GetObject"), "{pattern}");
        }
        assert!(check("arn:aws:dynamodb:eu-west-1:111122223333:table/*", "dynamodb:Scan"));
        assert!(!check("arn:aws:dynamodb:eu-west-1:111122223333:table/dev-*", "dynamodb:Scan"));
        assert!(check("arn:aws:iam::111122223333:role/*", "iam:PassRole"));
        assert!(!check("arn:aws:ec2:*:*:subnet/*", "ec2:TerminateInstances"));
    }
}
