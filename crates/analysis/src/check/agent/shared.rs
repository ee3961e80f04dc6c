//! `AGENT_SHARED_ROLE`: one role for several agents, or for agents and people.

use std::collections::BTreeSet;

use leastwise_policy::aws::{Effect, PrincipalBlock, PrincipalKind as Kind, PrincipalSet};

use super::{Agent, role};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::Medium,
    "AGENT_SHARED_ROLE",
    "Role that several share",
    "The role of the agent can be assumed by several workloads, or by people too. Then nobody can say from the log who did \
     what, the permissions are the sum of what all of them need, and none of them can be stopped alone. Give each agent \
     a role of its own.",
    &["https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_unique.html"],
)
.mitre(&["T1078.004"])
.bad(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        "\"AssumeRolePolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": [\"arn:aws:iam::111122223333:role/planner\", \"arn:aws:iam::111122223333:user/alice\"]}, \"Action\": \"sts:AssumeRole\"}]}"
    ),
))
.good(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        "\"AssumeRolePolicyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"lambda.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}"
    ),
))
.of_agent(rule);

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let Some(trust) = &agent.principal.trust else { return };
    let mut who: BTreeSet<String> = BTreeSet::new();
    let mut people: BTreeSet<String> = BTreeSet::new();
    for statement in trust.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let Some(PrincipalBlock::Principal(PrincipalSet::ByKind(kinds))) = &statement.principal else {
            continue;
        };
        for (kind, texts) in kinds {
            for text in texts {
                who.insert(text.clone());
                if is_of_people(*kind, text) {
                    people.insert(text.clone());
                }
            }
        }
    }
    if who.len() < 2 && people.is_empty() {
        return;
    }
    let listed = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut said = match people.is_empty() {
        true => agent.say(format!("an agent's role is shared by {} others", who.len())),
        false => agent.say("an agent's role can be assumed by people too"),
    };
    said = said.evidence(format!("it can be assumed by {}", listed(&who)));
    if !people.is_empty() {
        said = said.evidence(format!("people: {}", listed(&people)));
    }
    hits.at_principal(said.fix("give each its own role"));
}

/// Whether people come by way of it: users, directories, or everybody whom the account lets.
fn is_of_people(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Aws => {
            let whole_account = text.ends_with(":root") || text.bytes().all(|byte| byte.is_ascii_digit());
            whole_account || text.contains(":user/") || text.contains("AWSReservedSSO_")
        }
        Kind::Federated => text.contains(":saml-provider/"),
        Kind::Service | Kind::CanonicalUser => false,
    }
}
