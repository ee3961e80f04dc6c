//! Where an action acts, said relative to the ARN that an intent binds.

use std::sync::Arc;

/// Where an action acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// On the resource itself, or where the tables say for its type.
    Bound,
    /// On `*`.
    All,
    /// On what is put behind the ARN: `/*` for the objects of a bucket. Empty: the ARN as it stands.
    Behind(Arc<str>),
}

impl Place {
    /// Reads `*` or `@…`.
    pub(super) fn parse(text: &str) -> Option<Place> {
        match text.strip_prefix('@') {
            Some(suffix) => Some(Place::Behind(suffix.into())),
            None => (text == "*").then_some(Place::All),
        }
    }
}

/// `arn` with `suffix` behind it; a wildcard that already stands there is not doubled.
pub(super) fn behind(arn: &str, suffix: &str) -> String {
    let bare = match suffix.chars().next() {
        Some(separator) => arn.strip_suffix(&format!("{separator}*")).unwrap_or(arn),
        None => arn,
    };
    format!("{bare}{suffix}")
}
