//! `AGENT_CHANGES_ITSELF`: an agent that can widen its own permissions, or who may use it.

use leastwise_policy::aws::evaluate::{Context, PrincipalRef, Request, ResourceRef, Verdict, evaluate};

use super::{Agent, role, statement};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};
use crate::granted::PrincipalKind;

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::Critical,
    "AGENT_CHANGES_ITSELF",
    "Agent that can change its own permissions",
    "Whatever the agent's policies say now, it can write them anew: it may change its own inline policies, attach others, \
     make another version of one that it holds the valid one, take away its boundary, or change who may assume it. The \
     evaluator was asked about the agent's own name and its own policies.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/access_controlling.html"],
)
.mitre(&["T1098.003", "T1548.005"])
.bad(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"iam:PutRolePolicy\", \"Resource\": \"arn:aws:iam::111122223333:role/*\"")
    ),
))
.good(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        statement!("\"Effect\": \"Allow\", \"Action\": \"iam:PutRolePolicy\", \"Resource\": \"arn:aws:iam::111122223333:role/shop/*\"")
    ),
))
.of_agent(rule);

/// What changes a role or who may use it; a policy that is attached to it is changed by the last two.
const ROLE: [&str; 5] = [
    "iam:PutRolePolicy",
    "iam:AttachRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
];
const USER: [&str; 5] = [
    "iam:PutUserPolicy",
    "iam:AttachUserPolicy",
    "iam:AddUserToGroup",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
];
const POLICY: [&str; 2] = ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let principal = agent.principal;
    let actions = match principal.kind {
        PrincipalKind::Role => ROLE,
        PrincipalKind::User => USER,
    };
    let mut can: Vec<String> = Vec::new();
    for action in actions {
        // Taking away a boundary that is not there changes nothing.
        if action.ends_with("Boundary") && principal.boundary.is_none() {
            continue;
        }
        can.extend(may(agent, action, &principal.arn));
    }
    let customers = principal.attached.iter().filter(|arn| !arn.contains("::aws:policy/"));
    for policy in customers.chain(&principal.boundary) {
        for action in POLICY {
            can.extend(may(agent, action, policy));
        }
    }
    if !can.is_empty() {
        let mut said = agent.say("an agent can change its own permissions, or who may use it");
        for text in can {
            said = said.evidence(text);
        }
        hits.at_principal(said.fix("deny these actions on itself and on the policies that it holds"));
    }
}

fn may(agent: &Agent<'_>, action: &str, resource: &str) -> Option<String> {
    let context = Context::new();
    let request = Request {
        principal: PrincipalRef::new(&agent.principal.arn),
        action,
        resource: ResourceRef::Exact(resource),
        context: &context,
    };
    let answer = evaluate(agent.holder.set(), &request);
    match answer.verdict {
        Verdict::Allowed => Some(format!("may {action} on {resource}")),
        Verdict::Depends => {
            Some(format!("may {action} on {resource}, depending on {}", answer.missing_keys.join(", ")))
        }
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => None,
    }
}
