//! Whether a statement's resources are all that there are for an action, or some.
//!
//! A pattern is all there are when it covers a whole resource type of the action, in whatever account and region it
//! names: `arn:aws:s3:::*/*` is every object, `arn:aws:dynamodb:eu-west-1:111122223333:table/*` every table.

use leastwise_catalog::Action;
use leastwise_policy::aws::ResourceBlock;
use leastwise_policy::glob;

/// Whether the statement's resources are all that there are for the action.
pub(super) fn is_everything(resource: Option<&ResourceBlock>, action: Action<'_>) -> bool {
    let patterns = match resource {
        // A policy without it is none that identity policies can have.
        None => return true,
        // All but some, by name, is as good as all.
        Some(ResourceBlock::NotResource(_)) => return true,
        Some(ResourceBlock::Resource(patterns)) => patterns,
    };
    patterns.iter().any(|pattern| covers_all(pattern.as_str(), action))
}

fn covers_all(pattern: &str, action: Action<'_>) -> bool {
    if pattern.bytes().all(|byte| byte == b'*') {
        return !pattern.is_empty();
    }
    if !pattern.contains('*') {
        return false;
    }
    let mut parts = pattern.splitn(6, ':');
    let (Some(service), Some(resource)) = (parts.nth(2), parts.nth(2)) else {
        // Such as `arn:aws:s3:*`: what is missing counts as `*`.
        return pattern.ends_with('*') && !pattern.contains('/');
    };
    let any_required = action.facts.resources.iter().any(|of| of.required);
    let types = action.facts.resources.iter().filter(|of| of.required || !any_required);
    let mut formats =
        types.filter_map(|of| action.service.resource_type(&of.resource_type)).flat_map(|of| &of.arn);
    formats.any(|format| {
        let mut parts = format.splitn(6, ':');
        let (Some(of), Some(name)) = (parts.nth(2), parts.nth(2)) else { return false };
        glob::matches(service, of) && glob::subsumes(resource, &opened(name))
    })
}

/// A format's resource part with a wildcard for each variable.
fn opened(format: &str) -> String {
    let mut parts = format.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('}').unwrap_or_default();
        text.push('*');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use super::*;

    #[test]
    fn a_pattern_over_a_whole_type_is_everything() {
        let check = |pattern: &str, action: &str| {
            covers_all(pattern, Catalog::embedded().action(action).expect("an action"))
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
