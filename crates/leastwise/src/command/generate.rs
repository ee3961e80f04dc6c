//! `leastwise generate`: what is meant becomes policies.

mod explain;
mod files;
mod intent;

use leastwise_catalog::Catalog;
use leastwise_generate::intent::schema;
use leastwise_generate::lower::aws::{self, ACCOUNT, Compiled, REGION};

use crate::cli::generate::{GenerateArgs, Target};
use crate::error::{Error, Result};
use crate::output;

/// Reads the intent, compiles it, prints or writes what comes out.
pub fn run(args: &GenerateArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    if args.schema {
        return output::result(schema::text().as_bytes());
    }
    let Target::Aws = args.target;
    let intent = intent::read(args)?;
    let options = options(args)?;
    let roles = aws::compile(&intent, catalog, &options).map_err(|error| intent::told(args, error))?;
    if !quiet {
        for role in &roles {
            remark(role);
        }
    }
    if let Some(folder) = &args.out {
        files::write(args, folder, &intent, &roles, catalog, &options)?;
    }
    match (args.explain, &args.out) {
        (true, _) => output::result(explain::text(&roles).as_bytes()),
        (false, None) => output::result(files::printed(args, &roles)?.as_bytes()),
        (false, Some(_)) => Ok(()),
    }
}

fn options(args: &GenerateArgs) -> Result<aws::Options> {
    if let Some(account) = &args.account
        && !(account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(Error::usage(format!("`{account}` is no account id")).hint("it has twelve digits"));
    }
    Ok(aws::Options {
        partition: args.partition.clone(),
        account: args.account.clone(),
        region: args.region.clone(),
        environment: args.environment.clone(),
    })
}

/// What must be known of a role, and what was offered and not granted.
fn remark(role: &Compiled) {
    for note in &role.warnings {
        output::note(&output::plain(&format!("warning: {}: {}", note.place, note.text)));
    }
    let policies = role.identity.iter().map(|document| &document.policy).chain(&role.trust);
    let text: String = policies.map(|policy| policy.to_compact_json()).collect();
    let open: Vec<&str> = [(ACCOUNT, "--account"), (REGION, "--region")]
        .into_iter()
        .filter(|(placeholder, _)| text.contains(placeholder))
        .map(|(_, flag)| flag)
        .collect();
    if !open.is_empty() {
        let flags = open.join(" and ");
        let name = &role.role;
        let text = format!(
            "warning: `{name}` holds placeholders, which AWS does not take: say {flags}, or write whole ARNs"
        );
        output::note(&output::plain(&text));
    }
    if role.trust.is_none() {
        let text =
            format!("note: nobody is said to hold `{}`: the policies are for a role that exists", role.role);
        output::note(&output::plain(&text));
    }
    for offer in &role.offers {
        let text = format!("note: {}: not granted: `{}`; {}", offer.place, offer.action, offer.why);
        output::note(&output::plain(&text));
    }
}
