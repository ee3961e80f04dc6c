//! `leastwise what-can`: what a principal's policies come to, action by action, told once for all actions that have
//! the same to say.

mod show;

use std::collections::HashMap;

use leastwise_analysis::granted::reach::{Reach, reach};
use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::evaluate::PrincipalRef;

use super::simulate::context;
use super::simulate::request::{Ask, Owner, Who};
use super::simulate::world::World;
use crate::catalog::covered;
use crate::cli::simulate::Output;
use crate::cli::what_can::WhatCanArgs;
use crate::error::{Error, Result};
use crate::output;

/// Works it out and prints it.
pub fn run(args: &WhatCanArgs, catalog: &Catalog) -> Result<()> {
    if args.layers.resource_policy.is_some() {
        return Err(Error::usage("what-can asks no resource policy")
            .hint("`leastwise simulate` and `leastwise who-can` do"));
    }
    if !args.layers.grants.is_empty() || !args.layers.public_access_block.is_empty() {
        return Err(Error::usage("what-can asks neither grants nor public access blocks")
            .hint("`leastwise simulate` and `leastwise who-can` do"));
    }
    let actions = actions(args, catalog)?;
    let world = World::read(&args.layers, catalog)?;
    let who = world.who(&args.principal, None)?;
    if who.granted.is_none() {
        return Err(Error::input(format!("`{}` has no policies of its own", args.principal))
            .hint("give the ARN of a role, a user or a role's session"));
    }
    let can = Can::work_out(&world, who, args, &actions)?;
    let text = match args.output {
        Output::Text => can.text(),
        Output::Json => format!("{:#}\n", can.json(&world)),
    };
    output::result(text.as_bytes())
}

/// The actions to look at.
fn actions<'c>(args: &WhatCanArgs, catalog: &'c Catalog) -> Result<Vec<Action<'c>>> {
    let mut actions = Vec::new();
    let all = ["*".to_owned()];
    let patterns = if args.action.is_empty() { &all[..] } else { &args.action };
    for pattern in patterns {
        let found = covered(catalog, pattern)
            .map_err(|hint| Error::input(format!("unknown action `{pattern}`")).hint(hint))?;
        actions.extend(found);
    }
    let mut seen = std::collections::HashSet::new();
    actions.retain(|action| (action.destructive || !args.destructive) && seen.insert(action.full_name()));
    Ok(actions)
}

/// What somebody can do.
struct Can<'a> {
    who: Who<'a>,
    /// Actions with the same reach, in the order of their first action.
    groups: Vec<(Reach, Vec<Action<'a>>)>,
}

impl<'a> Can<'a> {
    fn work_out(
        world: &World<'_>,
        who: Who<'a>,
        args: &WhatCanArgs,
        actions: &[Action<'a>],
    ) -> Result<Can<'a>> {
        let ask = Ask {
            context: context(&args.context)?,
            complete: args.context.complete_context,
            ..Ask::default()
        };
        // Of resources of the principal's own account, unless somebody says whose.
        let owner = match &args.layers.resource_account {
            Some(account) => Owner::Account(account.clone()),
            None => Owner::Nobody,
        };
        let set = world.set(&who, &owner, None, false)?;
        let (context, _) = world.context(&who, &owner, &ask);
        let principal = PrincipalRef { arn: &who.arn, session: who.session.as_deref() };
        let mut groups: Vec<(Reach, Vec<Action<'a>>)> = Vec::new();
        let mut places: HashMap<Reach, usize> = HashMap::new();
        for action in actions {
            let Some(reach) = reach(set.set(), principal, *action, &context) else { continue };
            let place = *places.entry(reach).or_insert_with_key(|reach| {
                groups.push((reach.clone(), Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push(*action);
        }
        Ok(Can { who, groups })
    }
}
