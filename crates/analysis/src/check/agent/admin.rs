//! `AGENT_ADMIN`: an agent that can do everything.

use super::{Agent, role, statement};
use crate::check::dangerous::admin_powers;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::Critical,
    "AGENT_ADMIN",
    "Agent that can do everything",
    "An agent with an administrator's permissions can delete production, its backups and the record of it in one run, \
     by a mistake of its own or by an instruction that somebody slipped into what it reads. Give it what it used \
     (`leastwise rightsize`), or what it is for (`leastwise generate`), under a boundary.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"],
)
.mitre(&["T1078.004", "T1485"])
.bad(Example::file(
    "account.json",
    role!("deploy-agent", statement!("\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"")),
))
.good(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::releases/*\"")
    ),
))
.of_agent(rule);

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let by = agent.holder.allows.iter().find(|allowed| admin_powers(agent.holder, allowed).is_some());
    if let Some(allowed) = by {
        let said = agent
            .say("an agent can do everything in the account")
            .evidence(format!("by `{}`", allowed.document))
            .fix("`leastwise rightsize` works out from the audit log what it uses");
        hits.at_principal(said);
    }
}
