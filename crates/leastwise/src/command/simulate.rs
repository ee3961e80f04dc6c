//! `leastwise simulate`: what AWS would decide on one request or on many, and why.

mod batch;
pub mod documents;
pub mod json;
pub mod organization;
pub mod request;
mod sets;
pub mod text;
pub mod world;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::explain::{Explanation, asks_for, explain};
use leastwise_policy::aws::evaluate::{Layer, Verdict, evaluate};

use crate::cli::simulate::{ContextArgs, Output, SimulateArgs};
use crate::error::{Error, Result};
use crate::output;
use request::{Ask, Case, Given, Owner};
use world::World;

/// Reads what decides, then decides.
pub fn run(args: &SimulateArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    if let Some(requests) = &args.batch {
        if args.layers.resource_policy.is_some() {
            return Err(Error::usage("--resource-policy is that of one resource, and --batch is about many")
                .hint("give each line its `resource_policy`"));
        }
        if !args.layers.public_access_block.is_empty() {
            return Err(Error::usage(
                "--public-access-block is that of one bucket, and --batch is about many",
            )
            .hint("give each line its `public_access_block`"));
        }
        return batch::run(args, requests, &World::read(&args.layers, catalog)?, quiet);
    }
    let ask = ask(args)?;
    let world = World::read(&args.layers, catalog)?;
    let mut case = world.case(&ask)?;
    let explanation = explain(case.set.set(), &case.request());
    if_owned(&world, &ask, &mut case, &explanation);
    case.assumed.extend(made_public(&world, &case, &explanation));
    let unasked = ask.context.iter().filter(|(key, _)| !asks_for(case.set.set(), key));
    case.assumed.extend(unasked.map(|(key, _)| format!("no policy here asks for `{key}`")));
    let text = match args.output {
        Output::Text => text::decision(&world, &case, &explanation),
        Output::Json => format!("{:#}\n", json::whole(&world, &case, &explanation)),
    };
    output::result(text.as_bytes())?;
    match explanation.evaluation.verdict {
        Verdict::Allowed => Ok(()),
        _ => Err(Error::answered_no()),
    }
}

/// Where nobody says whose the resource is: what the answer would be if it were the principal's own account's.
fn if_owned(world: &World<'_>, ask: &Ask, case: &mut Case, explanation: &Explanation) {
    let account = case.principal.split(':').nth(4).filter(|_| case.owner == Owner::Unsaid);
    let Some(account) = account.filter(|_| explanation.evaluation.verdict != Verdict::Allowed) else {
        return;
    };
    let owned = Ask { resource_account: Some(account.to_owned()), ..ask.clone() };
    if let Ok(other) = world.case(&owned) {
        let decision = json::decision(evaluate(other.set.set(), &other.request()).verdict);
        case.assumed.push(format!("with --resource-account {account} the answer is: {decision}"));
    }
}

/// The statement for which the public access block keeps the caller out.
fn made_public(world: &World<'_>, case: &Case, explanation: &Explanation) -> Option<String> {
    explanation.evaluation.silent.filter(|layer| *layer == Layer::PublicAccess)?;
    let policies = case.set.set().resource.iter().flat_map(|side| &side.policies);
    let mut places = policies.flat_map(|document| {
        let statements = document.policy.statements.iter().enumerate();
        statements.map(move |(index, statement)| (document, index, statement))
    });
    let (document, index, _) = places.find(|(_, _, statement)| statement.is_public())?;
    let pointer = match world.origin(&document.name) {
        Some(origin) => origin.statement(index),
        None => format!("/Statement/{index}"),
    };
    Some(format!("what makes the bucket's policy public: {} {pointer}", document.name))
}

/// The request that the command line describes.
fn ask(args: &SimulateArgs) -> Result<Ask> {
    let said = |what: &str, flag: &str, value: &Option<String>| {
        let missing = || Error::input(format!("the request has no {what}")).hint(format!("say {flag}"));
        value.clone().filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    Ok(Ask {
        principal: said("principal", "--principal ARN", &args.principal)?,
        session: args.session_name.clone(),
        action: said("action", "--action ACTION", &args.action)?,
        resource: said("resource", "--resource ARN, or * for an action that has none", &args.resource)?,
        exact: false,
        context: context(&args.context)?,
        complete: args.context.complete_context,
        resource_account: args.layers.resource_account.clone(),
        resource_policy: None,
        public_access: None,
    })
}

/// The keys that the command line gives.
pub fn context(args: &ContextArgs) -> Result<Given> {
    let mut context: Given = Vec::new();
    for pair in &args.context {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Error::usage(format!("--context `{pair}` is not KEY=VALUE"))
                .hint("such as --context aws:RequestedRegion=eu-west-1"));
        };
        let values = (!value.is_empty()).then(|| value.to_owned());
        match context.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, known)) => known.extend(values),
            None => context.push((key.to_owned(), values.into_iter().collect())),
        }
    }
    Ok(context)
}
