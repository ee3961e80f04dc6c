//! `AGENT_DESTROYS_UNGUARDED`, `AGENT_DELETES_BACKUPS`, `AGENT_STOPS_AUDIT`: what an agent must not be able to do alone.

use super::{Agent, role, statement};
use crate::check::dangerous::listed;
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

const GOOD: Example = Example::file(
    "account.json",
    role!(
        "cleanup-agent",
        statement!(
            "\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::scratch/*\""
        )
    ),
);

pub(super) static UNGUARDED: Check = own(
    Class::Agent,
    Severity::High,
    "AGENT_DESTROYS_UNGUARDED",
    "Agent that can destroy anything, unguarded",
    "The agent can remove for good what its instructions happen to name, on any resource, and nothing asks first: no \
     condition on who or from where, no limit to resources of its own. Name the resources that it made itself, or let \
     the gateway ask somebody before each such call.",
    &["https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html"],
)
.mitre(&["T1485"])
.bad(Example::file(
    "account.json",
    role!(
        "cleanup-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": [\"rds:DeleteDBInstance\", \"s3:DeleteBucket\"], \"Resource\": \"*\"")
    ),
))
.good(GOOD)
.of_agent(unguarded);

pub(super) static BACKUPS: Check = own(
    Class::Agent,
    Severity::High,
    "AGENT_DELETES_BACKUPS",
    "Agent that can delete backups",
    "Backups are for the day on which the agent, or whoever took it over, deletes what it should not. On that day it must \
     not be able to delete them too. Keep that with a role that no agent holds.",
    &["https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html"],
)
.mitre(&["T1490"])
.bad(Example::file(
    "account.json",
    role!(
        "cleanup-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"backup:DeleteRecoveryPoint\", \"Resource\": \"*\"")
    ),
))
.good(GOOD)
.of_agent(backups);

pub(super) static AUDIT: Check = own(
    Class::Agent,
    Severity::Critical,
    "AGENT_STOPS_AUDIT",
    "Agent that can stop the audit log",
    "What an agent did is known from the audit log alone. An agent that can stop the trail, delete the log group or \
     shorten how long it is kept can act unseen.",
    &["https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"],
)
.mitre(&["T1562.008"])
.bad(Example::file(
    "account.json",
    role!(
        "cleanup-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"cloudtrail:StopLogging\", \"Resource\": \"arn:aws:cloudtrail:eu-west-1:111122223333:trail/main\"")
    ),
))
.good(GOOD)
.of_agent(audit);

fn unguarded(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let holder = agent.holder;
    let powers = holder.allows.iter().flat_map(|allowed| holder.powers(allowed, Use::Destructive, |_| true));
    let mut names: Vec<String> =
        powers.filter(|power| power.only.is_empty()).map(|power| power.action.full_name()).collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        let said = agent
            .say(format!("an agent can destroy any resource: {}", listed(&names)))
            .fix("name the resources, or have each such call approved");
        hits.at_principal(said);
    }
}

fn backups(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    somewhere(agent, hits, Use::Backups, "an agent can delete backups, or what keeps them");
}

fn audit(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    somewhere(agent, hits, Use::Audit, "an agent can stop, delete or thin out the audit log");
}

fn somewhere(agent: &Agent<'_>, hits: &mut Hits<'_>, of: Use, message: &str) {
    let holder = agent.holder;
    let powers = holder.allows.iter().flat_map(|allowed| holder.powers_anywhere(allowed, of));
    let mut names: Vec<String> = powers.map(|power| power.action.full_name()).collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        let said =
            agent.say(format!("{message}: {}", listed(&names))).fix("take these actions out, or deny them");
        hits.at_principal(said);
    }
}
