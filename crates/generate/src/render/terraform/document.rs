//! Says a policy in the blocks of `data "aws_iam_policy_document"`.
//!
//! That data source reads `&{…}` as `${…}` in resources and condition values of version 2012-10-17, leaves empty
//! lists out, refuses the same `sid` twice, and keeps one condition per operator and key. What it would change is
//! not said with it:
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>.

use std::collections::HashSet;

use leastwise_policy::aws::{ActionBlock, Condition, Effect, Policy, ResourceBlock, Statement, Version};

use super::hcl::{Expr, Item};

/// The body of the data block, or why it cannot say the policy.
pub(super) fn body(policy: &Policy) -> Result<Vec<Item>, &'static str> {
    let mut items = Vec::new();
    if let Some(id) = &policy.id {
        items.push(Item::Attribute("policy_id", Expr::text(id)));
    }
    items.push(Item::Attribute("version", Expr::text(policy.version.as_str())));
    let mut sids = HashSet::new();
    for statement in &policy.statements {
        if statement.sid.as_ref().is_some_and(|sid| !sids.insert(sid)) {
            return Err("aws_iam_policy_document refuses the same sid twice");
        }
        items.push(Item::Blank);
        items.push(Item::Block("statement".to_owned(), statement_body(statement, policy.version)?));
    }
    Ok(items)
}

fn statement_body(statement: &Statement, version: Version) -> Result<Vec<Item>, &'static str> {
    if statement.principal.is_some() {
        return Err("the document names principals, as no identity policy does");
    }
    let mut items = Vec::new();
    if let Some(sid) = &statement.sid {
        items.push(Item::Attribute("sid", Expr::text(sid)));
    }
    let effect = match statement.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    items.push(Item::Attribute("effect", Expr::text(effect)));
    let (name, actions) = match &statement.action {
        ActionBlock::Action(actions) => ("actions", actions),
        ActionBlock::NotAction(actions) => ("not_actions", actions),
    };
    items.push(Item::Attribute(name, filled(actions.iter().map(|a| a.as_str().to_owned()).collect())?));
    if let Some(block) = &statement.resource {
        let (name, resources) = match block {
            ResourceBlock::Resource(resources) => ("resources", resources),
            ResourceBlock::NotResource(resources) => ("not_resources", resources),
        };
        let resources: Result<Vec<_>, _> = resources.iter().map(|r| variables(r.as_str(), version)).collect();
        items.push(Item::Attribute(name, filled(resources?)?));
    }
    let mut tests = HashSet::new();
    for condition in statement.condition.iter() {
        if !tests.insert((condition.operator.to_string(), condition.key.clone())) {
            return Err("aws_iam_policy_document keeps one condition per operator and key");
        }
        items.push(Item::Blank);
        items.push(Item::Block("condition".to_owned(), condition_body(condition, version)?));
    }
    Ok(items)
}

fn condition_body(condition: &Condition, version: Version) -> Result<Vec<Item>, &'static str> {
    let values: Result<Vec<_>, _> = condition.values.iter().map(|v| variables(v, version)).collect();
    Ok(vec![
        Item::Attribute("test", Expr::text(condition.operator.to_string())),
        Item::Attribute("variable", Expr::text(&condition.key)),
        Item::Attribute("values", filled(values?)?),
    ])
}

/// A list that the data source does not leave out.
fn filled(texts: Vec<String>) -> Result<Expr, &'static str> {
    if texts.is_empty() {
        return Err("aws_iam_policy_document leaves empty lists out");
    }
    Ok(Expr::texts(texts))
}

/// The text with policy variables as the data source takes them: `&{aws:username}`.
///
/// In version 2008-10-17 `${` is plain text and `&{` is refused, so there it stays for HCL to escape.
fn variables(text: &str, version: Version) -> Result<String, &'static str> {
    if text.contains("&{") {
        return Err("aws_iam_policy_document would read `&{` as a policy variable");
    }
    Ok(match version {
        Version::V2012_10_17 => text.replace("${", "&{"),
        Version::V2008_10_17 => text.to_owned(),
    })
}
