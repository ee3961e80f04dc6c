//! Questions about one policy, put as comparisons with a policy that allows all that is in order.

use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::compare::Kind;
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Policy, PrincipalBlock, PrincipalSet, ResourceBlock, ResourcePattern,
    Statement,
};

use crate::catalog::{covered, supported};
use crate::error::{Error, Result};

/// A policy that allows everything but `access`: `ACTIONS[:RESOURCES]`, each separated by commas. What is no action, or
/// never on such a resource, nobody could be granted: with a mistyped name every policy would pass.
pub fn all_but(access: &str, kind: Kind, catalog: &Catalog) -> Result<Policy> {
    let (actions, resources) = match access.find(":arn:") {
        Some(at) => (&access[..at], Some(&access[at + 1..])),
        None => (access, None),
    };
    let actions: Vec<&str> = actions.split(',').map(str::trim).collect();
    let mut found = Vec::new();
    for action in &actions {
        if *action != "*" && !is_action(action) {
            return Err(Error::usage(format!("`{action}` is not an action"))
                .hint("write ACTIONS[:RESOURCES], such as `s3:GetObject,s3:Put*:arn:aws:s3:::payroll/*`"));
        }
        found.push(covered(catalog, action).map_err(|hint| {
            let what = if action.contains(['*', '?']) { "no action is" } else { "unknown action" };
            Error::usage(format!("{what} `{action}`")).hint(hint)
        })?);
    }
    let mut other_actions = Statement::allow(["*"], ["*"]);
    let patterns = actions.iter().map(|action| ActionPattern::new(*action)).collect();
    other_actions.action = ActionBlock::NotAction(patterns);
    let mut statements = vec![other_actions];
    if let Some(resources) = resources {
        let resources: Vec<&str> = resources.split(',').map(str::trim).collect();
        check_pairs(catalog, &actions, &found, &resources)?;
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

/// Each action must be about one of the resources, and each resource one that an action is about.
fn check_pairs(
    catalog: &Catalog,
    actions: &[&str],
    found: &[Vec<Action<'_>>],
    resources: &[&str],
) -> Result<()> {
    let is_arn = |resource: &&str| resource.starts_with("arn:") && resource.splitn(6, ':').count() == 6;
    if let Some(wrong) = resources.iter().find(|resource| !is_arn(resource)) {
        return Err(Error::usage(format!("`{wrong}` is not an ARN")).hint("separate several ARNs by commas"));
    }
    for (action, found) in actions.iter().zip(found) {
        if !resources.iter().any(|resource| catalog.any_could_support(found, resource)) {
            return Err(Error::usage(format!(
                "`{action}` is never on `{}`, so no policy could grant it there",
                resources.join("`, `")
            ))
            .hint(format!("it is on {}", supported(found))));
        }
    }
    for resource in resources {
        if !found.iter().any(|found| catalog.any_could_support(found, resource)) {
            return Err(Error::usage(format!(
                "`{resource}` is nothing that `{}` could be on, so no policy could grant that",
                actions.join("`, `")
            ))
            .hint(format!("that is on {}", supported(&found.concat()))));
        }
    }
    Ok(())
}

fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty() && !name.is_empty() && !name.contains(':') && !text.contains(char::is_whitespace)
    })
}
