//! `leastwise simulate`: what AWS would decide on one request or on many, and why.

mod documents;
mod organization;
mod request;
mod text;
mod world;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::{Verdict, evaluate};

use crate::cli::simulate::SimulateArgs;
use crate::error::{Error, Result};
use crate::output;
use request::Ask;
use world::World;

/// Reads what decides, then decides.
pub fn run(args: &SimulateArgs, catalog: &Catalog, _quiet: bool) -> Result<()> {
    let ask = ask(args)?;
    let world = World::read(&args.layers, catalog)?;
    let case = world.case(&ask)?;
    let evaluation = evaluate(&case.set, &case.request());
    output::result(text::decision(&world, &case, &evaluation).as_bytes())?;
    match evaluation.verdict {
        Verdict::Allowed => Ok(()),
        _ => Err(Error::answered_no()),
    }
}

/// The request that the command line describes.
fn ask(args: &SimulateArgs) -> Result<Ask> {
    let said = |what: &str, flag: &str, value: &Option<String>| {
        let missing = || Error::input(format!("the request has no {what}")).hint(format!("say {flag}"));
        value.clone().filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let mut context: Vec<(String, Vec<String>)> = Vec::new();
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
    Ok(Ask {
        principal: said("principal", "--principal ARN", &args.principal)?,
        session: args.session_name.clone(),
        action: said("action", "--action ACTION", &args.action)?,
        resource: said("resource", "--resource ARN, or * for an action that has none", &args.resource)?,
        context,
        complete: args.complete_context,
        resource_account: None,
        resource_policy: None,
    })
}
