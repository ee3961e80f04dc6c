//! From a row's resource to what a statement may name for the action: the catalogue says which resource types an
//! action supports, and a statement that pairs it with another type would allow nothing.

use std::collections::HashMap;

use leastwise_catalog::{Action, Name, ResourceType};
use leastwise_policy::glob;

use super::outcome::WideningReason;
use super::scope::{Scope, escape};
use crate::usage::Resource;

/// Where an action was used, as a statement can say it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Located {
    pub(super) scope: Scope,
    /// The resource as the log has it: for `Exact` unescaped.
    pub(super) seen: String,
    pub(super) kind: Kind,
    /// Why the scope covers more than one resource, if it does.
    pub(super) reason: Option<WideningReason>,
    /// How many distinct resources were folded into it.
    pub(super) distinct: u64,
}

/// What kind of resource it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// The action cannot be limited to resources.
    NoResourceLevel,
    /// This type of the action's service.
    Type(String),
    /// It fits no ARN format of the service.
    Unlisted,
    /// The log does not tell, or tells something that cannot be.
    Anything,
}

/// Locates resources, remembering the types of those already seen.
#[derive(Default)]
pub(super) struct Locator {
    types: HashMap<(String, String), Vec<Name>>,
}

impl Locator {
    pub(super) fn locate(&mut self, action: &Action<'_>, resource: &Resource) -> Located {
        if !action.has_resource_level() {
            let seen = resource.as_str().to_owned();
            return Located {
                scope: Scope::any(),
                seen,
                kind: Kind::NoResourceLevel,
                reason: None,
                distinct: 1,
            };
        }
        let (text, reason, distinct) = match resource {
            Resource::Exact(arn) if arn != "*" => (escape(arn), None, 1),
            Resource::Exact(_) => ("*".to_owned(), Some(WideningReason::LogUnknown), 1),
            Resource::Pattern(pattern) => (pattern.clone(), Some(WideningReason::LogPattern), 1),
            Resource::Folded { pattern, distinct } => {
                (pattern.clone(), Some(WideningReason::LogFolded), *distinct)
            }
            Resource::Unknown => ("*".to_owned(), Some(WideningReason::LogUnknown), 1),
        };
        let seen = resource.as_str().to_owned();
        if text == "*" {
            let reason = Some(reason.unwrap_or(WideningReason::LogUnknown));
            return Located { scope: Scope::any(), seen, kind: Kind::Anything, reason, distinct };
        }
        let kind = match (resource, self.kind(action, &seen)) {
            (Resource::Folded { pattern, .. }, kind @ (None | Some(Kind::Unlisted))) => {
                kind_of_fold(action, pattern).or(kind)
            }
            (_, kind) => kind,
        };
        match kind {
            Some(kind) => Located { scope: Scope::Resource(text), seen, kind, reason, distinct },
            None => {
                let reason = Some(WideningReason::TypeMismatch);
                Located { scope: Scope::any(), seen, kind: Kind::Anything, reason, distinct }
            }
        }
    }

    /// The kind of `arn` for the action; nothing when it is of a type that the action does not support.
    fn kind(&mut self, action: &Action<'_>, arn: &str) -> Option<Kind> {
        let service = action.service;
        let key = (service.prefix.to_string(), arn.to_owned());
        let types = self
            .types
            .entry(key)
            .or_insert_with(|| service.types_of(arn).into_iter().map(|kind| kind.name.clone()).collect());
        if types.is_empty() {
            return Some(Kind::Unlisted);
        }
        let mut resources = action.resources.iter().map(|resource| &resource.resource_type);
        let supported = resources.clone().find(|name| types.contains(name)).or_else(|| {
            let listed = |name: &Name| service.resource_types.iter().find(|kind| kind.name == *name);
            resources.find(|name| {
                let qualified = |of: &Name| {
                    listed(of).zip(listed(name)).is_some_and(|(of, plain)| is_qualified(of, plain))
                };
                types.iter().any(qualified)
            })
        });
        supported.map(|name| Kind::Type(name.to_string()))
    }
}

/// Whether one type is the other with a qualifier behind it: an alias or a version of a function, which the service
/// reference does not list for the actions that take it (Lambda Developer Guide, "Fine-tuning the Resources and Conditions
/// sections of policies").
fn is_qualified(kind: &ResourceType, plain: &ResourceType) -> bool {
    kind.formats().any(|format| {
        plain.formats().any(|plain| {
            let rest = format.as_str().strip_prefix(plain.as_str()).and_then(|rest| rest.strip_prefix(":${"));
            rest.is_some_and(|rest| rest.find('}') == Some(rest.len() - 1))
        })
    })
}

/// The kind of what was folded so far that it reads like another type: objects of too many buckets (`arn:aws:s3:::*`)
/// look like a bucket. It is the first type of the action that has resources which the pattern holds.
fn kind_of_fold(action: &Action<'_>, pattern: &str) -> Option<Kind> {
    let fields: Vec<&str> = pattern.splitn(6, ':').collect();
    let field = |at: usize| fields.get(at).filter(|text| !text.is_empty()).map(|text| (*text).to_owned());
    let types = &action.service.resource_types;
    let mut kinds =
        action.resources.iter().filter_map(|one| types.iter().find(|kind| kind.name == one.resource_type));
    let kind = kinds.find(|kind| {
        kind.formats().any(|format| {
            let arn = format.fill(|variable| match variable {
                "Partition" => field(1),
                "Region" => field(3),
                "Account" => field(4),
                _ => Some("x".to_owned()),
            });
            glob::matches(pattern, &arn)
        })
    })?;
    Some(Kind::Type(kind.name.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leastwise_catalog::Catalog;

    fn check(action: &str, pattern: &str, expected: Option<&str>) {
        let action = Catalog::embedded().action(action).expect("an action");
        let folded = Resource::Folded { pattern: pattern.to_owned(), distinct: 1_001 };
        let located = Locator::default().locate(&action, &folded);
        let kind = expected.map_or(Kind::Anything, |kind| Kind::Type(kind.to_owned()));
        let scope = expected.map_or(Scope::any(), |_| Scope::Resource(pattern.to_owned()));
        assert_eq!((located.kind, located.scope), (kind, scope), "{pattern}");
    }

    #[test]
    fn an_alias_of_a_function_is_a_function() {
        let action = Catalog::embedded().action("lambda:InvokeFunction").expect("an action");
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:billing:PROD";
        let located = Locator::default().locate(&action, &Resource::Exact(arn.to_owned()));
        assert_eq!((located.scope, located.reason), (Scope::Resource(arn.to_owned()), None));
    }

    #[test]
    fn what_is_folded_beyond_its_name_stays_of_its_type() {
        check("s3:GetObject", "arn:aws:s3:::*", Some("object"));
        check("s3:GetObject", "arn:aws:s3:::b/*", Some("object"));
        check("s3:ListBucket", "arn:aws:s3:::*", Some("bucket"));
        check("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:*", Some("accesspointobject"));
        check("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:*", Some("table"));
        check("s3:GetObject", "arn:aws:s3:::b", None);
    }
}
