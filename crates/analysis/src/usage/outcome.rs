//! How calls ended, as far as it says whether they were authorised.

use super::refusal::Refusals;
use super::row::Outcome;
use crate::audit_log::{Raw, unescape};
use leastwise_catalog::call::{ErrorClass, Rules};

/// How many error codes are kept: AWS has some hundreds.
const KEPT: usize = 1_000;

/// The classes of the error codes that were met.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    known: Vec<(Vec<u8>, ErrorClass)>,
}

impl Outcomes {
    fn class(&mut self, code: Raw<'_>, rules: &Rules) -> ErrorClass {
        if let Some((_, class)) = self.known.iter().find(|(known, _)| known == code) {
            return *class;
        }
        // A code that cannot be read says nothing about the permission.
        let class = unescape(code).map_or(ErrorClass::Unknown, |text| rules.outcome(&text));
        if self.known.len() < KEPT {
            self.known.push((code.to_vec(), class));
        }
        class
    }

    /// How the call ended. A message that speaks of a refusal is believed whatever the code: some services wrap
    /// one into an error of their own, such as for a role that may not be passed.
    pub(super) fn of(
        &mut self,
        (code, message): (Raw<'_>, Raw<'_>),
        rules: &Rules,
        refusals: &Refusals<'_>,
    ) -> Outcome {
        if code.is_empty() && message.is_empty() {
            return Outcome::Used;
        }
        let class = if code.is_empty() { ErrorClass::Authorised } else { self.class(code, rules) };
        match class {
            ErrorClass::Denied => Outcome::Denied,
            ErrorClass::Unknown => Outcome::Unknown,
            ErrorClass::Authorised if refusals.is_one(message) => Outcome::Denied,
            ErrorClass::Authorised => Outcome::Failed,
        }
    }
}
