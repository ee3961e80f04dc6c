//! Who may use a role or a resource: trust policies and resource policies.

mod cross_account;
mod deputy;
mod external;
mod guests;
mod oidc;
mod ours;
mod owner;
mod public;
mod saml_audience;
mod whole_account;
mod worst;

use leastwise_policy::aws::compare::{FIXING, Witness, demanding, is_fixing};
use leastwise_policy::aws::{Comparison, Condition, Effect, Policy, Statement};

use super::{Check, Subject};
use crate::source::has_hole;
pub use ours::Own;

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[
    &cross_account::WITHOUT_EXTERNAL_ID,
    &deputy::RESOURCE,
    &deputy::ROLE,
    &external::CHECK,
    &guests::CHECK,
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

/// Whether only somebody in particular meets the condition; what is not known before it is deployed is taken for that.
fn is_held(condition: &Condition) -> bool {
    let is_known = |value: &&String| !starts_with_hole(value);
    let known: Vec<String> = condition.values.iter().filter(is_known).cloned().collect();
    let key = condition.key.to_ascii_lowercase();
    match known.is_empty() {
        true => {
            FIXING.contains(&key.as_str())
                && is_positive(condition)
                && demanding(condition.operator) == condition.operator
        }
        false => is_fixing(&Condition::new(condition.operator, &condition.key, known)),
    }
}

/// Whether the values of a condition are those that are let in.
fn is_positive(condition: &Condition) -> bool {
    use Comparison as C;
    matches!(
        condition.operator.base,
        C::StringEquals
            | C::StringEqualsIgnoreCase
            | C::StringLike
            | C::ArnEquals
            | C::ArnLike
            | C::IpAddress
    )
}

/// Whether what is not known stands before any wildcard.
fn starts_with_hole(value: &str) -> bool {
    has_hole(value.split(['*', '?']).next().unwrap_or_default())
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
