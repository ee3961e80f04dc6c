//! `AGENT_WITHOUT_BOUNDARY`: nothing holds when the agent's policies grow.

use super::{Agent, role, statement};
use crate::check::holder::Use;
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::Medium,
    "AGENT_WITHOUT_BOUNDARY",
    "Agent without a permissions boundary",
    "Policies of agents grow: somebody attaches one to make a task work and forgets it. A permissions boundary is the \
     line that none of them crosses, whoever attaches them, and the agent cannot move it. It is asked for of agents that \
     can change something.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"],
)
.mitre(&["T1098.003"])
.bad(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::releases/*\"")
    ),
))
.good(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::releases/*\""),
        "\"PermissionsBoundary\": {\"PermissionsBoundaryArn\": \"arn:aws:iam::111122223333:policy/agents\"}"
    ),
))
.of_agent(rule);

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let changes = [Use::Write, Use::Permissions, Use::Destructive];
    let mut actions = agent.holder.allows.iter().flat_map(|allowed| &allowed.actions);
    let can_change = actions.any(|one| changes.iter().any(|of| one.uses.contains(*of)));
    if agent.principal.boundary.is_none() && can_change {
        let said = agent
            .say("an agent that can change things has no permissions boundary")
            .fix("attach one: `leastwise generate` writes it beside the policy");
        hits.at_principal(said);
    }
}
