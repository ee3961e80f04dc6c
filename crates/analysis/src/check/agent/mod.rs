//! What an agent should not hold: checks on principals that are [marked](super::Marks) as agents.
//!
//! An agent acts by itself, quickly, and on instructions that others can slip in. So what would be a blemish on a role
//! that people take on is a danger here.

mod admin;
mod boundary;
mod changes_itself;
mod dates;
mod destroys;
mod long_lived_keys;
mod owner;
mod segments;
mod shared;

use super::{Check, Holder, Mark, Said};
use crate::granted::GrantedPrincipal;
use leastwise_policy::time::Timestamp;

/// A principal that counts as an agent.
#[derive(Debug)]
pub struct Agent<'a> {
    /// What it is granted.
    pub holder: &'a Holder<'a>,
    /// The principal.
    pub principal: &'a GrantedPrincipal,
    /// Why it counts as one.
    pub mark: Mark,
    /// The time by which dates are judged, when it is known.
    pub now: Option<Timestamp>,
}

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[
    &admin::CHECK,
    &boundary::CHECK,
    &changes_itself::CHECK,
    &destroys::AUDIT,
    &destroys::BACKUPS,
    &destroys::UNGUARDED,
    &dates::EXPIRED,
    &dates::NO_EXPIRY,
    &long_lived_keys::CHECK,
    &owner::CHECK,
    &segments::CHECK,
    &shared::CHECK,
];

impl Agent<'_> {
    /// Something about the agent, with the reason why it counts as one.
    pub(super) fn say(&self, message: impl Into<String>) -> Said {
        Said::new(message).evidence(format!("it counts as an agent: {}", self.mark.words()))
    }

    /// The value of the first tag with one of these keys, in any case.
    pub(super) fn tag(&self, keys: &[&str]) -> Option<(&str, &str)> {
        let is_one = |key: &str| keys.iter().any(|wanted| key.eq_ignore_ascii_case(wanted));
        let tags = self.principal.tags.iter();
        tags.map(|(key, value)| (key.as_str(), value.as_str())).find(|(key, _)| is_one(key))
    }
}

/// A role in a snapshot, for examples.
macro_rules! role {
    ($name:literal $(, $rest:expr)*) => {
        concat!(
            "{\n  \"RoleDetailList\": [\n    {\n      \"RoleName\": \"", $name,
            "\",\n      \"Arn\": \"arn:aws:iam::111122223333:role/", $name, "\"",
            $(",\n      ", $rest,)*
            "\n    }\n  ]\n}"
        )
    };
}

/// An inline policy of one statement, as a member of a role.
macro_rules! statement {
    ($statement:literal) => {
        concat!(
            "\"RolePolicyList\": [\n        {\n          \"PolicyName\": \"work\",\n          \"PolicyDocument\": {\n",
            "            \"Version\": \"2012-10-17\",\n            \"Statement\": {", $statement,
            "}\n          }\n        }\n      ]"
        )
    };
}

pub(super) use {role, statement};
