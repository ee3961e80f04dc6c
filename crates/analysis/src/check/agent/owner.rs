//! `AGENT_WITHOUT_OWNER`: nobody answers for the agent.

use super::{Agent, role};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

/// Tags that say who answers for it.
const KEYS: &[&str] = &[
    "leastwise:owner",
    "owner",
    "owners",
    "team",
    "contact",
    "owned-by",
    "ownedby",
    "responsible",
    "maintainer",
];

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::Medium,
    "AGENT_WITHOUT_OWNER",
    "Agent without an owner",
    "Nothing says who answers for the agent: whom to ask whether a permission is needed, whom to call when it misbehaves, \
     who confirms it at the next review. Tag it with an owner.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"],
)
.bad(Example::file("account.json", role!("deploy-agent")))
.good(Example::file(
    "account.json",
    role!("deploy-agent", "\"Tags\": [{\"Key\": \"owner\", \"Value\": \"platform@example.com\"}]"),
))
.of_agent(rule);

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    if agent.tag(KEYS).is_none_or(|(_, value)| value.trim().is_empty()) {
        hits.at_principal(agent.say("nothing says who answers for the agent").fix("tag it: `owner = …`"));
    }
}
