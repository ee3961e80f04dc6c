//! `AGENT_WITHOUT_EXPIRY`, `AGENT_EXPIRED`: until when an agent is needed.

use leastwise_policy::time::Timestamp;

use super::{Agent, role};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

/// Tags that say until when.
const KEYS: &[&str] = &[
    "leastwise:expires",
    "expires",
    "expiry",
    "expiration",
    "expiration-date",
    "expires-on",
    "expires-at",
    "valid-until",
    "delete-after",
];

const REFERENCES: &[&str] = &["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"];

pub(super) static NO_EXPIRY: Check = own(
    Class::Agent,
    Severity::Low,
    "AGENT_WITHOUT_EXPIRY",
    "Agent without an end",
    "Nothing says until when the agent is needed, so it will be there when nobody remembers what for. Give it a tag with a \
     date, such as `expires = 2027-03-31`, and renew it when it is still needed.",
    REFERENCES,
)
.bad(Example::file("account.json", role!("deploy-agent")))
.good(Example::file(
    "account.json",
    role!("deploy-agent", "\"Tags\": [{\"Key\": \"expires\", \"Value\": \"2099-12-31\"}]"),
))
.of_agent(no_expiry);

pub(super) static EXPIRED: Check = own(
    Class::Agent,
    Severity::High,
    "AGENT_EXPIRED",
    "Agent past its end",
    "The agent's own tag says that it was needed until a day that has passed, and it still holds its permissions. Renew \
     the date if it is needed, take the role away if not. A date that cannot be read counts as passed.",
    REFERENCES,
)
.bad(Example::file(
    "account.json",
    role!("deploy-agent", "\"Tags\": [{\"Key\": \"expires\", \"Value\": \"2020-01-31\"}]"),
))
.good(Example::file(
    "account.json",
    role!("deploy-agent", "\"Tags\": [{\"Key\": \"expires\", \"Value\": \"2099-12-31\"}]"),
))
.of_agent(expired);

fn no_expiry(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    if agent.tag(KEYS).is_none() {
        hits.at_principal(
            agent.say("nothing says until when the agent is needed").fix("tag it: `expires = DATE`"),
        );
    }
}

fn expired(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let Some((key, value)) = agent.tag(KEYS) else { return };
    let end = read(value);
    let passed = match (end, agent.now) {
        (Some(end), Some(now)) => end < now,
        (Some(_), None) => false,
        (None, _) => true,
    };
    if passed {
        let message = match end {
            Some(_) => format!("the agent's end has passed: `{key}` is `{value}`"),
            None => format!("the agent's end cannot be read: `{key}` is `{value}`"),
        };
        hits.at_principal(
            agent.say(message).fix("renew it with a date such as `2027-03-31`, or remove the agent"),
        );
    }
}

/// A date, which lasts until it is over, or a point in time.
fn read(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    let is_date = value.len() == 10;
    let text = if is_date { format!("{value}T23:59:59Z") } else { value.to_owned() };
    Timestamp::parse(&text)
}
