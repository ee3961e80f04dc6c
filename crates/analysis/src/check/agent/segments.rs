//! `AGENT_CROSSES_SEGMENTS`: an agent of one environment that reaches into another.

use leastwise_policy::aws::ResourceBlock;

use super::{Agent, role, statement};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Severity};

/// Tags that say to which environment it belongs.
const KEYS: &[&str] = &["leastwise:segment", "segment", "environment", "env", "stage"];

/// Environments with the words that name them.
const SEGMENTS: [(&str, &[&str]); 5] = [
    ("production", &["production", "prod", "prd", "live"]),
    ("staging", &["staging", "stage", "stg", "preprod", "uat"]),
    ("test", &["test", "testing", "qa"]),
    ("development", &["development", "dev"]),
    ("sandbox", &["sandbox", "playground"]),
];

pub(super) static CHECK: Check = own(
    Class::Agent,
    Severity::High,
    "AGENT_CROSSES_SEGMENTS",
    "Agent that reaches into another environment",
    "The agent belongs to one environment, by its tag or its name, and its policies name resources of another: an agent \
     of development that can write to production makes the line between them worthless. Give each environment an agent \
     of its own.",
    &["https://docs.aws.amazon.com/wellarchitected/latest/framework/sec01-bp01.html"],
)
.mitre(&["T1021.007"])
.bad(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        "\"Tags\": [{\"Key\": \"environment\", \"Value\": \"dev\"}]",
        statement!("\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::shop-prod-releases/*\"")
    ),
))
.good(Example::file(
    "account.json",
    role!(
        "deploy-agent",
        "\"Tags\": [{\"Key\": \"environment\", \"Value\": \"dev\"}]",
        statement!("\"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::shop-dev-releases/*\"")
    ),
))
.of_agent(rule);

fn rule(agent: &Agent<'_>, hits: &mut Hits<'_>) {
    let by_tag = agent.tag(KEYS).and_then(|(_, value)| segment(value));
    let Some(own) = by_tag.or_else(|| segment(&agent.principal.name)) else { return };
    for allowed in &agent.holder.allows {
        let Some(ResourceBlock::Resource(patterns)) = &allowed.statement.resource else { continue };
        for pattern in patterns {
            let name = pattern.as_str().splitn(6, ':').nth(5).unwrap_or_default();
            let Some(other) = segment(name).filter(|other| *other != own) else { continue };
            let said =
                agent.say(format!("an agent of {own} reaches `{}`, which is of {other}", pattern.as_str()));
            hits.at_statement(
                allowed,
                Some(pattern.as_str()),
                said.fix("give each environment an agent of its own"),
            );
        }
    }
}

/// The environment that a word of the text names; none when there is none, or several.
fn segment(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let named = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let mut found = SEGMENTS.iter().filter(|(_, names)| named(names)).map(|(name, _)| *name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
