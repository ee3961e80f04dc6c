//! One granted statement: which resources it is about, with policy variables at their widest and at their narrowest.

use std::borrow::Cow;

use leastwise_policy::arn::ArnPattern;
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Conditions, Named, Policy, ResourceBlock, ResourcePattern, Statement, Version};

use crate::rightsize::scope::{Scope, covers, pattern};
use crate::rightsize::spelling::in_current_version;

/// An `Allow` statement of the granted set.
pub(super) struct Allow<'a> {
    pub(super) document: &'a str,
    /// As it means the same in the version of the new documents.
    pub(super) statement: Cow<'a, Statement>,
    /// The statement without its conditions: asks about the resource alone.
    pub(super) bare: PolicySet,
    /// The statement on `*`: asks about the conditions alone.
    pub(super) anywhere: PolicySet,
}

impl<'a> Allow<'a> {
    pub(super) fn new(document: &'a str, statement: &'a Statement, version: Version) -> Allow<'a> {
        let statement = in_current_version(version, statement);
        let alone =
            |statement: Statement| PolicySet::of_identity(vec![Named::new("", Policy::new(vec![statement]))]);
        let bare = Statement { condition: Conditions::new(), ..(*statement).clone() };
        let any = ResourceBlock::Resource(vec![ResourcePattern::new("*")]);
        let anywhere = Statement { resource: Some(any), ..(*statement).clone() };
        Allow { document, statement, bare: alone(bare), anywhere: alone(anywhere) }
    }

    /// Whether the statement's resources cover all of `scope`.
    pub(super) fn covers(&self, scope: &Scope) -> bool {
        match (&self.statement.resource, scope) {
            (Some(ResourceBlock::Resource(patterns)), Scope::Resource(text)) => {
                patterns.iter().any(|pattern| covers(pattern.as_str(), text))
            }
            (Some(ResourceBlock::NotResource(patterns)), Scope::Resource(text)) => {
                !patterns.iter().any(|pattern| touches(pattern.as_str(), text))
            }
            (Some(ResourceBlock::Resource(patterns)), Scope::NotResource(_)) => {
                patterns.iter().any(|pattern| pattern.as_str() == "*")
            }
            (Some(ResourceBlock::NotResource(patterns)), Scope::NotResource(texts)) => {
                patterns.iter().map(ResourcePattern::as_str).eq(texts.iter().map(String::as_str))
            }
            _ => false,
        }
    }

    pub(super) fn touches(&self, scope: &Scope) -> bool {
        let Scope::Resource(text) = scope else { return false };
        match &self.statement.resource {
            Some(ResourceBlock::Resource(patterns)) => patterns.iter().any(|own| touches(own.as_str(), text)),
            Some(ResourceBlock::NotResource(_)) => true,
            None => false,
        }
    }
}

pub(super) fn scope_covers(outer: &Scope, inner: &Scope) -> bool {
    match (outer, inner) {
        (Scope::Resource(outer), Scope::Resource(inner)) => covers(outer, inner),
        _ => outer == inner,
    }
}

/// Whether some ARN is matched by both; variables may be anything.
pub(super) fn touches(a: &str, b: &str) -> bool {
    match (open(a), open(b)) {
        (Some(a), Some(b)) => a.overlaps(&b),
        _ => true,
    }
}

/// The pattern with its variables open: at its widest.
pub(super) fn open(text: &str) -> Option<ArnPattern> {
    if let Some(pattern) = pattern(text) {
        return Some(pattern);
    }
    let mut opened = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let end = rest[start..].find('}')? + start;
        let name = &rest[start + 2..end];
        opened.push_str(&rest[..start]);
        opened.push_str(if matches!(name, "*" | "?" | "$") { &rest[start..=end] } else { "*" });
        rest = &rest[end + 1..];
    }
    opened.push_str(rest);
    pattern(&opened)
}
