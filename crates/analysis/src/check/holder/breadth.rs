//! Whether a statement's resources are all that there are for an action, or some.
//!
//! A pattern is all there are when it covers a whole resource type of the action, in whatever account and region it
//! names: `arn:aws:s3:::*/*` is every object, `arn:aws:dynamodb:eu-west-1:111122223333:table/*` every table.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use leastwise_catalog::{Action, Name};
use leastwise_policy::aws::{ResourceBlock, ResourcePattern};
use leastwise_policy::glob::Glob;

use crate::check::formats::{Formats, Parts, Pattern};

/// A statement's resources, looked at once for all of its actions.
pub(super) struct Breadth<'a> {
    formats: &'a Formats<'a>,
    all: bool,
    /// What the statement leaves out.
    left_out: &'a [ResourcePattern],
    /// Service and resource part of patterns that may cover a type.
    patterns: Vec<(&'a str, Glob)>,
    /// Whether they cover a type, by the address of its name: actions of a service share names.
    known: HashMap<usize, bool, RandomState>,
}

impl<'a> Breadth<'a> {
    pub(super) fn of(resource: Option<&'a ResourceBlock>, formats: &'a Formats<'a>) -> Breadth<'a> {
        let (patterns, known) = (Vec::new(), HashMap::default());
        let mut breadth = Breadth { formats, all: false, left_out: &[], patterns, known };
        match resource {
            // A statement without resources is none that identity policies can have; and all but some, by name, is as
            // good as all.
            None => breadth.all = true,
            Some(ResourceBlock::NotResource(patterns)) => {
                breadth.all = true;
                breadth.left_out = patterns;
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
        if is_wild(pattern) {
            self.all = true;
            return;
        }
        if !pattern.contains('*') {
            return;
        }
        let mut parts = pattern.splitn(6, ':');
        match (parts.nth(2), parts.nth(2)) {
            (Some(service), Some(resource)) => self.patterns.push((service, named(resource))),
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
            return self.all
                && !(self.left_out.iter().any(|one| one.as_str().contains('*')) && self.leaves_none(action));
        }
        let any_required = action.facts.resources.iter().any(|of| of.required);
        let mut types = action.facts.resources.iter().filter(|of| of.required || !any_required);
        types.any(|of| self.covers(action, &of.resource_type))
    }

    /// Whether all that the action can be asked on is left out.
    fn leaves_none(&self, action: Action<'_>) -> bool {
        covers_everything(self.left_out, action, None, self.formats)
    }

    fn covers(&mut self, action: Action<'_>, name: &Name) -> bool {
        let address = name.as_ptr().addr();
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let covered = self.formats.all_covered(action, name, &self.patterns);
        self.known.insert(address, covered);
        covered
    }
}

/// Whether the text is a pattern for any text that is not empty.
fn is_wild(text: &str) -> bool {
    text.contains('*') && text.bytes().all(|byte| matches!(byte, b'*' | b'?'))
}

/// The pattern of a resource part. Nothing has an empty name, so that `?` beside `*` leaves nothing out: `secret:?*`.
fn named(resource: &str) -> Glob {
    if !resource.contains("?*") && !resource.contains("*?") {
        return Glob::new(resource);
    }
    let mut text = resource.to_owned();
    while text.contains("?*") || text.contains("*?") {
        text = text.replace("?*", "*").replace("*?", "*");
    }
    Glob::new(&text)
}

/// Whether a `Deny` on these resources leaves nothing of the action to somebody of the account: a pattern for one region,
/// or for another account, does not. Where the account is not known, a pattern with one is not sure to be for it.
pub(super) fn is_nothing_left(
    resources: &ResourceBlock,
    action: Action<'_>,
    account: Option<&str>,
    formats: &Formats<'_>,
) -> bool {
    match resources {
        ResourceBlock::Resource(patterns) => covers_everything(patterns, action, account, formats),
        ResourceBlock::NotResource(spared) => spares_nothing(spared, action, formats),
    }
}

/// Whether a `Deny` on all but these resources spares nothing of what the action is asked on.
fn spares_nothing(spared: &[ResourcePattern], action: Action<'_>, formats: &Formats<'_>) -> bool {
    let is_spared = |name: &str| {
        spared.iter().any(|pattern| match Parts::of(pattern.as_str()) {
            Some(parts) if !pattern.as_str().contains("${") => {
                formats.can_be(&action, name, &parts, &Pattern::new(parts.resource))
            }
            _ => true,
        })
    };
    of_each_call(action, |name| !is_spared(name))
}

fn covers_everything(
    patterns: &[ResourcePattern],
    action: Action<'_>,
    account: Option<&str>,
    formats: &Formats<'_>,
) -> bool {
    if patterns.iter().any(|pattern| is_stars(pattern.as_str())) {
        return true;
    }
    let mut wide: Vec<(&str, Glob)> = Vec::new();
    for pattern in patterns {
        let Some(parts) = Parts::of(pattern.as_str()) else {
            // Such as `arn:aws:s3:*`: what is missing counts as `*`.
            let mut parts = pattern.as_str().splitn(4, ':').skip(2);
            if let (Some(service), Some("*")) = (parts.next(), parts.next()) {
                wide.push((service, Glob::new("*")));
            }
            continue;
        };
        let is_own = is_stars(parts.account) || parts.account.is_empty() || Some(parts.account) == account;
        if is_own && (is_stars(parts.region) || parts.region.is_empty()) {
            wide.push((parts.service, Glob::new(parts.resource)));
        }
    }
    if wide.is_empty() {
        return false;
    }
    of_each_call(action, |name| formats.all_covered(action, name, &wide))
}

/// Whether each call of the action is on a type that is denied as a whole: on all types that it must have; where it may
/// have one or another, no type may be left.
fn of_each_call(action: Action<'_>, is_denied: impl Fn(&str) -> bool) -> bool {
    let on = &action.facts.resources;
    let mut required = on.iter().filter(|of| of.required).peekable();
    match required.peek() {
        Some(_) => required.any(|of| is_denied(&of.resource_type)),
        None => !on.is_empty() && on.iter().all(|of| is_denied(&of.resource_type)),
    }
}

fn is_stars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b'*')
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
        assert!(check("arn:aws:secretsmanager:*:*:secret:?*", "secretsmanager:GetSecretValue"));
        assert!(check("?*", "secretsmanager:GetSecretValue"));
    }

    #[test]
    fn a_deny_leaves_nothing_only_when_it_is_for_every_region_and_the_own_account() {
        let check = |pattern: &str, action: &str, account: Option<&str>| {
            let block = ResourceBlock::Resource(vec![leastwise_policy::aws::ResourcePattern::new(pattern)]);
            let catalog = Catalog::embedded();
            let action = catalog.action(action).expect("an action");
            is_nothing_left(&block, action, account, &Formats::new(catalog))
        };
        let (own, delete) = (Some("111122223333"), "rds:DeleteDBInstance");
        for pattern in ["*", "arn:aws:rds:*:*:db:*", "arn:aws:rds:*:111122223333:db:*", "arn:aws:rds:*"] {
            assert!(check(pattern, delete, own), "{pattern}");
        }
        for pattern in [
            "arn:aws:rds:eu-west-1:111122223333:db:*",
            "arn:aws:rds:*:444455556666:db:*",
            "arn:aws:rds:*:*:cluster:*",
        ] {
            assert!(!check(pattern, delete, own), "{pattern}");
        }
        assert!(!check("arn:aws:rds:*:111122223333:db:*", delete, None));
        assert!(check("arn:aws:s3:::*", "s3:DeleteBucket", own));
        assert!(!check("arn:aws:ec2:*:*:instance/*", "ec2:CreateTags", own));
    }

    #[test]
    fn a_deny_on_all_but_some_leaves_nothing_of_what_is_asked_on_other_types() {
        let check = |spared: &[&str], action: &str| {
            let spared = spared.iter().map(|one| leastwise_policy::aws::ResourcePattern::new(*one));
            let block = ResourceBlock::NotResource(spared.collect());
            let catalog = Catalog::embedded();
            let action = catalog.action(action).expect("an action");
            is_nothing_left(&block, action, None, &Formats::new(catalog))
        };
        let bucket = ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"];
        assert!(check(&bucket, "iam:AttachRolePolicy") && check(&bucket, "rds:DeleteDBInstance"));
        assert!(!check(&bucket, "s3:GetObject") && !check(&bucket, "s3:DeleteBucket"));
        assert!(!check(&["*"], "iam:AttachRolePolicy") && !check(&["arn:aws:iam:*"], "iam:AttachRolePolicy"));
        assert!(!check(&["arn:aws:iam::*:role/dev-*"], "iam:AttachRolePolicy"));
        assert!(check(&["arn:aws:iam::*:role/dev-*"], "iam:CreatePolicyVersion"));
    }
}
