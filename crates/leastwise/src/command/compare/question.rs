//! Questions about one policy, put as comparisons with a policy that allows all that is in order.

use leastwise_policy::aws::compare::Kind;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Policy, PrincipalBlock, PrincipalSet, ResourceBlock, ResourcePattern,
    Statement,
};

use crate::error::{Error, Result};

/// A policy that allows everything but `access`: `ACTIONS[:RESOURCES]`, each separated by commas.
pub fn all_but(access: &str, kind: Kind) -> Result<Policy> {
    let (actions, resources) = match access.find(":arn:") {
        Some(at) => (&access[..at], Some(&access[at + 1..])),
        None => (access, None),
    };
    let actions: Vec<&str> = actions.split(',').map(str::trim).collect();
    if let Some(wrong) = actions.iter().find(|action| **action != "*" && !is_action(action)) {
        return Err(Error::usage(format!("`{wrong}` is not an action"))
            .hint("write ACTIONS[:RESOURCES], such as `s3:GetObject,s3:Put*:arn:aws:s3:::payroll/*`"));
    }
    let mut other_actions = Statement::allow(["*"], ["*"]);
    other_actions.action = ActionBlock::NotAction(actions.into_iter().map(ActionPattern::new).collect());
    let mut statements = vec![other_actions];
    if let Some(resources) = resources {
        let resources: Vec<&str> = resources.split(',').map(str::trim).collect();
        if let Some(wrong) = resources.iter().find(|resource| !resource.starts_with("arn:")) {
            return Err(
                Error::usage(format!("`{wrong}` is not an ARN")).hint("separate several ARNs by commas")
            );
        }
        let mut other_resources = Statement::allow(["*"], ["*"]);
        let resources = resources.into_iter().map(ResourcePattern::new).collect();
        other_resources.resource = Some(ResourceBlock::NotResource(resources));
        statements.push(other_resources);
    }
    if matches!(kind, Kind::Resource | Kind::Trust | Kind::ResourceControl) {
        for statement in &mut statements {
            statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        }
    }
    Ok(Policy::new(statements))
}

fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty() && !name.is_empty() && !name.contains(':') && !text.contains(char::is_whitespace)
    })
}
