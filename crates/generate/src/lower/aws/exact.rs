//! Exactly these actions on exactly these resources: what a refusal named, no more.
//!
//! AWS itself said which action it looked for on which resource, so nothing is read into it: no further type that the
//! action may act on, no level, no place inside of the resource.

use std::sync::Arc;

use leastwise_catalog::levels::Source;
use leastwise_policy::aws::{Effect, Statement};

use super::{Bound, Compiled, Reason, allow, documents};
use crate::intent::Place;

/// An action on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exact {
    /// The action in the catalogue's spelling.
    pub action: String,
    /// The resource as a policy writes it; `*` for an action that knows none.
    pub resource: String,
    /// Where it was said.
    pub place: Place,
}

/// A role that may do these things and nothing else.
pub fn exact(role: &str, permissions: &[Exact]) -> Compiled {
    let reason = |exact: &Exact| Reason {
        effect: Effect::Allow,
        action: Arc::from(exact.action.as_str()),
        resources: vec![exact.resource.clone()],
        verb: exact.action.clone(),
        name: exact.resource.clone(),
        place: exact.place.clone(),
        source: Source::Action,
        bound: match exact.resource.as_str() {
            "*" => Bound::Service {
                prefix: exact.action.split(':').next().unwrap_or_default().to_owned(),
                kind: None,
            },
            arn => Bound::Arn(arn.to_owned()),
        },
    };
    let reasons: Vec<Reason> = permissions.iter().map(reason).collect();
    let statements = allow::statements(&reasons, &[]);
    let mut statements: Vec<Statement> = statements.into_iter().flat_map(allow::fitting).collect();
    allow::make_unique(&mut statements);
    Compiled {
        role: role.to_owned(),
        identity: documents(role, statements),
        trust: None,
        boundary: None,
        session: None,
        owner: None,
        reasons,
        warnings: Vec::new(),
        offers: Vec::new(),
    }
}
