//! `AGENT_LONG_LIVED_KEYS`: an agent that is an IAM user.

use super::{Agent, role};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Said, Severity};
use crate::granted::PrincipalKind;

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::High,
    "AGENT_LONG_LIVED_KEYS",
    "Agent with keys that never end",
    "The agent is an IAM user: its access keys work until somebody deletes them, from anywhere, and lie wherever the agent \
     runs. Let it assume a role instead: from its workload (instance, function, pod), through OpenID Connect (GitHub, \
     GitLab, Kubernetes), or with IAM Roles Anywhere.",
    &["https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles"],
)
.mitre(&["T1552.001", "T1078.004"])
.bad(Example::file(
    "account.json",
    r#"{
  "UserDetailList": [
    {"UserName": "deploy-agent", "Arn": "arn:aws:iam::111122223333:user/deploy-agent"}
  ]
}"#,
))
.good(Example::file("account.json", role!("deploy-agent")))
.of_agent(rule);

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    if agent.principal.kind == PrincipalKind::User {
        let said = agent
            .say("an agent is an IAM user, whose access keys never end")
            .fix("let it assume a role: from its workload, through OpenID Connect or IAM Roles Anywhere");
        let declared = hits
            .access_keys()
            .map(|home| format!("an access key is declared at {}:{}", home.file, home.at.line));
        let said = declared.collect::<Vec<_>>().into_iter().fold(said, Said::evidence);
        hits.at_principal(said);
    }
}
