//! What must be known of a compiled role, and what it may need besides.

use std::collections::BTreeSet;

use leastwise_catalog::Catalog;
use leastwise_catalog::levels::Source;
use leastwise_policy::aws::quota::{MANAGED_PER_ROLE, Quota};
use leastwise_policy::aws::{Effect, Named, Policy};

use super::grant::Reason;
use super::{MadeBoundary, Note};
use crate::intent::{Place, Role};

/// An action that may be needed too and is not granted: whoever knows the workload decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The line of the intent that may need it.
    pub place: Place,
    /// The action that may be needed.
    pub action: String,
    /// When.
    pub why: String,
}

pub(super) fn warnings(role: &Role, reasons: &[Reason]) -> Vec<Note> {
    let mut notes = Vec::new();
    for reason in reasons.iter().filter(|reason| reason.effect == Effect::Allow) {
        if reason.source == Source::Admin {
            notes.push(Note {
                place: reason.place.clone(),
                text: format!(
                    "admin: `{}` allows everything that {} knows or will know there, permissions and deletion included",
                    reason.action,
                    reason.bound.service()
                ),
            });
        }
    }
    if let Some(session) = role.session.as_ref().filter(|session| session.value < 3_600) {
        notes.push(Note {
            place: session.place.clone(),
            text: "AWS takes no maximum below 1h for a role: whoever assumes it must ask for the shorter session".to_owned(),
        });
    }
    if !role.approval.is_empty() {
        notes.push(Note {
            place: role.name.place.clone(),
            text: "what needs approval is allowed only in a session with the tag `leastwise-approved` = `true`; \
                   let nobody but the one who asks the human set that tag"
                .to_owned(),
        });
    }
    notes
}

/// What does not fit where AWS keeps it.
pub(super) fn sizes(
    role: &Role,
    identity: &[Named<Policy>],
    trust: Option<&Policy>,
    boundary: Option<&MadeBoundary>,
) -> Vec<Note> {
    let mut texts = Vec::new();
    if identity.len() > MANAGED_PER_ROLE {
        texts.push(format!(
            "{} policies are needed, and a role takes {MANAGED_PER_ROLE} unless AWS raised its quota: split the role",
            identity.len()
        ));
    }
    let over = |quota: Quota, policy: &Policy| !quota.holds(std::slice::from_ref(policy));
    if trust.is_some_and(|policy| over(Quota::TrustPolicy, policy)) {
        let most = Quota::TrustPolicy.characters();
        texts.push(format!("the trust policy is longer than {most} characters: fewer may hold one role"));
    }
    if let Some(MadeBoundary::Made(boundary)) = boundary
        && over(Quota::ManagedPolicy, &boundary.policy)
    {
        let most = Quota::ManagedPolicy.characters();
        texts.push(format!(
            "the boundary is longer than {most} characters, and there can be only one: split the role"
        ));
    }
    texts.into_iter().map(|text| Note { place: role.name.place.clone(), text }).collect()
}

/// Dependent actions of the reference, of those that are not granted.
pub(super) fn offers(reasons: &[Reason], catalog: &Catalog) -> Vec<Offer> {
    let granted: BTreeSet<&str> = reasons.iter().map(|reason| &*reason.action).collect();
    let mut offers: Vec<Offer> = Vec::new();
    for reason in reasons.iter().filter(|reason| reason.effect == Effect::Allow) {
        let Some(action) = catalog.action(&reason.action) else { continue };
        for dependent in action.dependent.iter().filter(|name| !granted.contains(&***name)) {
            if offers.iter().any(|offer| offer.action == **dependent) {
                continue;
            }
            offers.push(Offer {
                place: reason.place.clone(),
                action: dependent.to_string(),
                why: format!("`{}` may need it, by AWS's reference", reason.action),
            });
        }
    }
    offers
}
