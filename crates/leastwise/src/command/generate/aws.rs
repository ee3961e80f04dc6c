//! AWS: policies of IAM.

mod explain;
pub(super) mod files;

use leastwise_generate::lower::aws::{self, ACCOUNT, Compiled, REGION};

use super::intent;
use super::platform::{Asked, Made};
use crate::cli::generate::GenerateArgs;
use crate::error::{Error, Result};

/// What AWS makes of the intent.
pub(super) fn make(asked: &Asked<'_>) -> Result<Made> {
    let options = options(asked.args)?;
    let roles = aws::compile(asked.intent, asked.catalog, &options)
        .map_err(|error| intent::told(asked.args, error))?;
    let guardrails = files::guardrails(asked, &roles, &options)?;
    let files = files::all(asked, &roles, &guardrails, &options)?;
    let mut notes: Vec<String> = roles.iter().flat_map(remarks).collect();
    if !guardrails.is_empty() {
        notes.push(
            "note: a guardrail is attached in the organisation's management account, beside a policy that allows; it \
             does not hold in that account itself"
                .to_owned(),
        );
    }
    notes.extend(files.iter().flat_map(|file| &file.notes).map(|note| format!("warning: {note}")));
    Ok(Made {
        printed: files::printed(asked, &roles, &guardrails, &files)?,
        files,
        trace: explain::text(&roles),
        notes,
    })
}

/// What the arguments say of what an intent leaves open.
pub(super) fn options(args: &GenerateArgs) -> Result<aws::Options> {
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
        keys: args.with_keys,
    })
}

/// What must be known of a role, and what was offered and not granted.
fn remarks(role: &Compiled) -> Vec<String> {
    let mut notes: Vec<String> =
        role.warnings.iter().map(|note| format!("warning: {}: {}", note.place, note.text)).collect();
    let policies = role.identity.iter().map(|document| &document.policy).chain(&role.trust);
    let text: String = policies.map(|policy| policy.to_compact_json()).collect();
    let open: Vec<&str> = [(ACCOUNT, "--account"), (REGION, "--region")]
        .into_iter()
        .filter(|(placeholder, _)| text.contains(placeholder))
        .map(|(_, flag)| flag)
        .collect();
    let name = &role.role;
    if !open.is_empty() {
        let flags = open.join(" and ");
        notes.push(format!(
            "warning: `{name}` holds placeholders, which AWS does not take: say {flags}, or write whole ARNs"
        ));
    }
    if role.trust.is_none() {
        notes.push(format!("note: nobody is said to hold `{name}`: the policies are for a role that exists"));
    }
    for offer in &role.offers {
        notes.push(format!("note: {}: not granted: `{}`; {}", offer.place, offer.action, offer.why));
    }
    notes
}
