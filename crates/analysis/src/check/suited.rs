//! Which actions the resources of a statement suit: `s3:DeleteBucket` is on no object.

use leastwise_catalog::{Action, ResourceType};
use leastwise_policy::aws::ResourcePattern;

use super::formats::{Formats, Parts, Pattern};

/// The resources of a statement, read once for all of its actions.
pub(super) struct Suited<'a> {
    /// Whether they are all that there are.
    all: bool,
    /// The parts of each, its resource part, and whether that begins with a name and a slash.
    patterns: Vec<(Parts<'a>, Pattern<'a>, bool)>,
}

impl<'a> Suited<'a> {
    pub(super) fn of(resources: &'a [ResourcePattern]) -> Suited<'a> {
        let texts = resources.iter().map(|one| one.as_str());
        let patterns = texts.filter_map(Parts::of).map(|parts| {
            let known = parts.resource.split(['*', '?']).next().unwrap_or_default();
            (parts, Pattern::new(parts.resource), known.contains('/'))
        });
        Suited { all: resources.iter().any(|one| one.as_str() == "*"), patterns: patterns.collect() }
    }

    /// Whether the action can be on one of them.
    pub(super) fn by(&self, action: &Action<'_>, formats: &Formats<'_>) -> bool {
        let suits = |(parts, pattern, is_below): &(Parts<'_>, Pattern<'_>, bool)| {
            action.facts.resources.iter().any(|of| {
                let kind = || action.service.resource_type(&of.resource_type);
                formats.can_be(action, &of.resource_type, parts, pattern)
                    && (!is_below || kind().is_some_and(has_paths))
            })
        };
        self.all || self.patterns.iter().any(suits)
    }
}

/// Whether what is behind the account in an ARN of the type is more than a name: what lies below a bucket is no bucket.
fn has_paths(of: &ResourceType) -> bool {
    of.arn.iter().any(|format| {
        let name = Parts::of(format).and_then(|parts| parts.resource.strip_prefix("${"));
        name.and_then(|name| name.strip_suffix('}')).is_none_or(|name| name.contains('}'))
    })
}
