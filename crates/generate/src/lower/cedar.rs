//! Intent → Cedar: policies over tools of MCP servers and routes of HTTP APIs, for a gateway that decides on each call.
//!
//! <https://docs.cedarpolicy.com/policies/syntax-policy.html>. Cedar leaves out a policy that errs, a `forbid` too, so
//! that none may: what may be missing is asked for with `has`, and a `forbid` applies unless it is known not to. Every
//! restriction of a role stands in each of its permits, so that an agent's other roles are not touched.

mod bind;
mod grant;

use leastwise_policy::time::Timestamp;

use super::Note;
use super::unsaid::Says;
use crate::intent::{Fault, Intent, IntentError, Limit, Place, Role, Trust};

pub use bind::{Bound, METHODS, Path, Route};
pub use grant::{Kind, Reason};

/// The schema of everything that is decided on: the contract between policies and gateway.
pub const SCHEMA: &str = include_str!("cedar/leastwise.cedarschema");

/// A role as policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The role's name.
    pub role: String,
    /// Its policies, in the order of the intent, prohibitions last.
    pub policies: Vec<CedarPolicy>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why each action is allowed or not, in the order of the intent.
    pub reasons: Vec<Reason>,
    /// What must be known before use.
    pub warnings: Vec<Note>,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CedarPolicy {
    /// Unique within the intent.
    pub id: String,
    /// Whether it forbids.
    pub forbids: bool,
    /// The actions.
    pub actions: Vec<&'static str>,
    /// On what.
    pub on: Bound,
    /// What must hold for a permit; what lifts a prohibition.
    pub clauses: Vec<Clause>,
    /// The line of the intent.
    pub because: String,
}

/// Something that is asked of the caller and the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// One of these holds the role.
    Holder(Vec<Holder>),
    /// From one of these networks.
    Network(Vec<String>),
    /// With (or, when false, without) multi-factor authentication.
    Mfa(bool),
    /// Later than.
    After(Timestamp),
    /// Earlier than.
    Before(Timestamp),
    /// Within so many seconds of the session's start.
    Session(u32),
    /// After a human said yes.
    Approved,
}

/// Who an agent must be shown to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Whom an OpenID Connect provider vouches for.
    Token {
        /// The provider without `https://`.
        issuer: String,
        /// Whom the token must be for, where that was said.
        audience: Option<String>,
        /// The subject; `*` is any text.
        subject: String,
    },
    /// A workload by its SPIFFE id.
    Spiffe(String),
}

const SAYS: Says = Says {
    platform: "cedar",
    never: true,
    approval: true,
    boundary: false,
    session: true,
    expires: true,
    limit: |limit| matches!(limit, Limit::Network(_) | Limit::Mfa(_) | Limit::Time { .. }),
};

/// Compiles every role of an intent, in one environment.
///
/// # Errors
/// Everything in the intent that is neither a tool nor a route, or cannot be said.
pub fn compile(intent: &Intent, environment: Option<&str>) -> Result<Vec<Compiled>, IntentError> {
    let mut faults = Vec::new();
    let roles: Vec<Compiled> =
        intent.roles.iter().filter_map(|role| compile_role(intent, role, environment, &mut faults)).collect();
    IntentError::unless(roles, faults)
}

fn compile_role(
    intent: &Intent,
    role: &Role,
    environment: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Option<Compiled> {
    let before = faults.len();
    SAYS.refuse(role, faults);
    let binder = grant::binder(intent, environment);
    let mut reasons = grant::all(&binder, &role.permissions, Kind::Allowed, faults);
    reasons.extend(grant::all(&binder, &role.approval, Kind::Approval, faults));
    reasons.extend(grant::all(&binder, &role.never, Kind::Never, faults));
    let mut warnings = grant::warnings(&reasons);
    let clauses = clauses(role, &mut warnings, faults);
    if faults.len() > before {
        return None;
    }
    Some(Compiled {
        role: role.name.value.clone(),
        policies: policies(role, &reasons, &clauses),
        owner: role.owner.as_ref().map(|owner| owner.value.clone()),
        reasons,
        warnings,
    })
}

/// A permit for each line that allows; a prohibition for each that forbids, now or until somebody approves.
fn policies(role: &Role, reasons: &[Reason], clauses: &[Clause]) -> Vec<CedarPolicy> {
    let (mut permits, mut forbids) = (Vec::new(), Vec::new());
    let policy = |id: String, forbids: bool, reason: &Reason, clauses: Vec<Clause>| CedarPolicy {
        id,
        forbids,
        actions: reason.actions.clone(),
        on: reason.bound.clone(),
        clauses,
        because: format!("{} {}: {}", reason.place, reason.verb, reason.name),
    };
    let name = &role.name.value;
    for reason in reasons {
        if reason.kind != Kind::Never {
            let mut clauses = clauses.to_vec();
            clauses.extend((reason.kind == Kind::Approval).then_some(Clause::Approved));
            permits.push(policy(format!("{name}-{}", permits.len() + 1), false, reason, clauses));
        }
        if reason.kind != Kind::Allowed {
            let (word, lifted) = match reason.kind {
                Kind::Approval => ("unapproved", vec![Clause::Approved]),
                _ => ("never", Vec::new()),
            };
            let id = format!("{name}-{word}-{}", forbids.len() + 1);
            forbids.push(policy(id, true, reason, lifted));
        }
    }
    permits.extend(forbids);
    permits
}

/// What the role asks of whoever uses it, and when.
fn clauses(role: &Role, warnings: &mut Vec<Note>, faults: &mut Vec<Fault>) -> Vec<Clause> {
    let holders = holders(role, warnings, faults);
    let mut clauses: Vec<Clause> =
        (!holders.is_empty()).then_some(Clause::Holder(holders)).into_iter().collect();
    for limit in &role.conditions {
        match &limit.value {
            Limit::Network(networks) => clauses.push(Clause::Network(networks.clone())),
            Limit::Mfa(needed) => clauses.push(Clause::Mfa(*needed)),
            Limit::Time { after, before } => {
                clauses.extend(after.map(Clause::After));
                clauses.extend(before.map(Clause::Before));
            }
            // Refused above.
            Limit::Region(_) | Limit::Vpc(_) | Limit::VpcEndpoint(_) | Limit::Tags(_) => {}
        }
    }
    clauses.extend(role.session.as_ref().map(|session| Clause::Session(session.value)));
    clauses.extend(role.expires.as_ref().map(|end| Clause::Before(end.value)));
    clauses
}

/// Who holds the role, of those whom a gateway can tell.
fn holders(role: &Role, warnings: &mut Vec<Note>, faults: &mut Vec<Fault>) -> Vec<Holder> {
    let (mut holders, mut others): (Vec<Holder>, Vec<&Place>) = (Vec::new(), Vec::new());
    for trust in &role.trust {
        match &trust.value {
            Trust::Spiffe { id, .. } => holders.push(Holder::Spiffe(id.clone())),
            Trust::Oidc { provider, audience, subjects, .. } => {
                if subjects.iter().any(|subject| subject.contains('?')) {
                    let fault = Fault::new(&trust.place, "cedar has no wildcard for a single character");
                    faults.push(fault.help("write `*`, or each subject"));
                }
                // Whom a token for AWS is for says nothing at a gateway, which asks for its own.
                let audience = (audience != crate::intent::AUDIENCE).then(|| audience.clone());
                holders.extend(subjects.iter().map(|subject| Holder::Token {
                    issuer: provider.clone(),
                    audience: audience.clone(),
                    subject: subject.clone(),
                }));
            }
            Trust::ServiceAccount { .. } => {
                let fault =
                    Fault::new(&trust.place, "it is not said of which cluster the service account is");
                faults.push(
                    fault.help("write `trust: {kubernetes: ISSUER, namespace: …, service_account: …}`"),
                );
            }
            Trust::Service(_) | Trust::Account { .. } => others.push(&trust.place),
        }
    }
    for place in others {
        match holders.is_empty() {
            true => faults.push(
                Fault::new(place, "a gateway does not know services and accounts of AWS")
                    .help("say who the agent is by `oidc`, `github`, `kubernetes` or `spiffe`, or leave trust out"),
            ),
            false => warnings.push(Note {
                place: place.clone(),
                text: "a gateway does not know services and accounts of AWS: this one does not hold the role there"
                    .to_owned(),
            }),
        }
    }
    holders
}
