//! How much of a row a set of policies reaches when the log does not pin the resource down: for comparing two sets.

use leastwise_policy::aws::evaluate::{PolicySet, ResourceRef, Verdict};
use leastwise_policy::aws::{ResourceBlock, ResourcePattern};

use super::Grants;
use super::allow::{scope_covers, touches};
use crate::replay;
use crate::rightsize::scope::{Scope, meet};
use crate::usage::UsageRow;

/// What a set of policies reaches of a row whose resource the log does not pin down.
#[derive(Debug)]
pub struct Reached {
    parts: Vec<Scope>,
}

impl Reached {
    /// The parts of the row's resource that the `Allow` statements of `set` are about, conditions permitting.
    pub fn by(set: &PolicySet, row: &UsageRow) -> Reached {
        let grants = Grants::new(set, &row.principal);
        let context = replay::context(row);
        let own = row.resource.as_str();
        let mut parts = Vec::new();
        for allow in grants.allows.iter().filter(|allow| allow.statement.action.applies_to(&row.action)) {
            let conditions = grants.ask(&allow.anywhere, &row.action, ResourceRef::Exact("*"), &context);
            if matches!(conditions, Verdict::ImplicitDeny | Verdict::ExplicitDeny) {
                continue;
            }
            match &allow.statement.resource {
                Some(ResourceBlock::Resource(texts)) => {
                    let touching =
                        texts.iter().map(ResourcePattern::as_str).filter(|text| touches(text, own));
                    parts.extend(
                        touching
                            .map(|text| Scope::Resource(meet(own, text).unwrap_or_else(|| text.to_owned()))),
                    );
                }
                Some(ResourceBlock::NotResource(texts)) => {
                    parts.push(Scope::NotResource(
                        texts.iter().map(|text| text.as_str().to_owned()).collect(),
                    ));
                }
                None => {}
            }
        }
        Reached { parts }
    }

    /// Whether it reaches anything.
    pub fn any(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Whether `other` reaches all of it.
    pub fn within(&self, other: &Reached) -> bool {
        self.parts.iter().all(|part| other.parts.iter().any(|outer| scope_covers(outer, part)))
    }
}
