//! Who may use a role or a resource: trust policies and resource policies.

mod cross_account;
mod external;
mod oidc;
mod ours;
mod public;
mod saml_audience;
mod whole_account;

use leastwise_policy::aws::compare::Witness;
use leastwise_policy::aws::{Effect, Policy, Statement};

use super::{Check, Subject};
pub use ours::Own;

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[
    &cross_account::WITHOUT_EXTERNAL_ID,
    &external::CHECK,
    &oidc::AUDIENCE,
    &oidc::SUBJECT_MISSING,
    &oidc::SUBJECT_TOO_WIDE,
    &public::PUBLIC_ACCESS,
    &public::TRUST_ANYONE,
    &saml_audience::CHECK,
    &whole_account::CHECK,
];

/// The statement with all that its document denies.
fn among_denies(subject: &Subject<'_>, statement: Statement) -> Policy {
    let denies = subject.document.policy.statements.iter().filter(|one| one.effect == Effect::Deny);
    let statements = std::iter::once(statement).chain(denies.cloned()).collect();
    Policy { version: subject.document.policy.version, statements, ..Policy::default() }
}

/// The request in words.
fn told(witness: &Witness) -> String {
    let mut text =
        format!("for example {} may do {} on {}", witness.principal, witness.action, witness.resource);
    for (number, (key, values)) in witness.context.iter().enumerate() {
        text.push_str(if number == 0 { " with " } else { ", " });
        text.push_str(&format!("{key} = {}", values.join(" and ")));
    }
    text
}

#[cfg(test)]
mod tests;
