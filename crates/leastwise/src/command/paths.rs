//! `leastwise paths`: who can become admin, or whom one names, and how.

mod dot;
mod graph;
mod mermaid;
mod svg;
mod text;
mod workloads;

use std::collections::{BTreeMap, BTreeSet};

use leastwise_analysis::granted::Snapshot;
use leastwise_analysis::paths::{self, Found, From, Options, Target};
use leastwise_catalog::Catalog;
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::evaluate::{EVALUATOR_VERSION, OrganizationPath};
use leastwise_policy::time::Timestamp;
use serde_json::json;

use super::simulate::organization::Organization;
use super::simulate::world::World;
use crate::cli::paths::{PathsArgs, PathsOutput};
use crate::cli::simulate::{LayerArgs, ObjectOwnership};
use crate::clock;
use crate::error::{Error, Result};
use crate::output;
use graph::Graph;

/// Reads what decides, looks for paths, prints them.
pub fn run(args: &PathsArgs, catalog: &Catalog) -> Result<()> {
    let world = World::read(&layers(args), catalog)?;
    let snapshot = world.snapshot()?;
    let options = Options {
        from: args.from.as_deref().map(|text| from(snapshot, text)).transpose()?,
        to: target(snapshot, &args.to)?,
        cut: !args.no_cut,
    };
    let asked = paths::World {
        snapshot,
        service_control: levels(snapshot, world.service_control.as_ref())?,
        resource_control: levels(snapshot, world.resource_control.as_ref())?,
        places: places(snapshot, &world),
        workloads: workloads::read(&args.workloads)?,
        now: Timestamp::from_seconds(clock::now()),
    };
    let found = paths::find(&asked, &options, catalog);
    let text = match args.output {
        PathsOutput::Table => text::table(&found, &options, output::width()),
        PathsOutput::Json => format!("{:#}\n", whole(&found, args, snapshot, catalog)),
        PathsOutput::Dot => dot::text(&Graph::of(&found)),
        PathsOutput::Mermaid => mermaid::text(&Graph::of(&found)),
        PathsOutput::Svg => svg::text(&Graph::of(&found)),
    };
    output::result(text.as_bytes())?;
    verdict(args, snapshot, &found)
}

/// What the exit code says.
fn verdict(args: &PathsArgs, snapshot: &Snapshot, found: &Found) -> Result<()> {
    if args.output != PathsOutput::Table {
        found.unreadable.iter().take(TOLD).flat_map(|one| &one.problems).for_each(|problem| {
            output::note(&output::plain(&format!("unreadable: {problem}")));
        });
    }
    for account in snapshot.without_roles() {
        output::note(&output::plain(&format!(
            "no role of account {account} is listed; whichever paths go over roles are not here"
        )));
    }
    if !args.allow_unreadable {
        let unreadable = output::counted(found.unreadable.len() as u64, "principal", "principals");
        if !found.unreadable.is_empty() {
            return Err(Error::input(format!("the snapshot does not say what {unreadable} may do"))
                .hint("there may be more paths; with --allow-unreadable this is no failure"));
        }
        if snapshot.is_truncated() {
            return Err(Error::input("the snapshot is one page of several").hint(
                "give all of them, or use `leastwise snapshot`; whoever is in the others was not looked at",
            ));
        }
    }
    if found.paths.is_empty() { Ok(()) } else { Err(Error::answered_no()) }
}

/// Principals whose problems are told.
const TOLD: usize = 10;

fn layers(args: &PathsArgs) -> LayerArgs {
    LayerArgs {
        snapshot: args.snapshot.clone(),
        scp: args.scp.clone(),
        rcp: args.rcp.clone(),
        management_account: args.management_account.clone(),
        resource_policy: None,
        grants: Vec::new(),
        public_access_block: Vec::new(),
        object_ownership: ObjectOwnership::BucketOwnerEnforced,
        resource_account: None,
        session_policy: Vec::new(),
        endpoint_policy: None,
        catalog: args.catalog.clone(),
    }
}

/// The ARN, when the snapshot has the principal.
fn known(snapshot: &Snapshot, arn: &str, flag: &str) -> Result<String> {
    if snapshot.principal(arn).is_some() {
        return Ok(arn.to_owned());
    }
    let error = Error::input(format!("{flag} `{arn}` is not in the snapshot"));
    let near = output::nearest(arn, snapshot.principals().map(|known| known.arn.as_str()), 3);
    Err(match near.is_empty() {
        true => error
            .hint("give the ARN of a role or user of the snapshot, `outside`, `anybody` or `oidc:PROVIDER`"),
        false => error.hint(format!("the nearest that are there: {}", near.join(", "))),
    })
}

fn from(snapshot: &Snapshot, text: &str) -> Result<From> {
    if let Some(token) = text.strip_prefix("oidc:") {
        let token = token.strip_prefix("https://").unwrap_or(token);
        return Ok(match token.split_once('#') {
            Some((provider, subject)) => {
                From::Token { provider: provider.to_owned(), subject: subject.to_owned() }
            }
            None => From::Provider(token.to_owned()),
        });
    }
    let begins = |prefix| text.starts_with(prefix);
    match text {
        "outside" => Ok(From::Outside),
        "anybody" => Ok(From::Anybody),
        _ if begins("saml:") || begins("pod:") || begins("system:serviceaccount:") => {
            Ok(From::One(text.to_owned()))
        }
        // Whom a trust policy names in an account that nobody gave.
        _ if Arn::parse(text).is_some_and(|arn| !accounts(snapshot).contains(arn.account())) => {
            Ok(From::One(text.to_owned()))
        }
        _ => known(snapshot, text, "--from").map(From::One),
    }
}

fn target(snapshot: &Snapshot, to: &str) -> Result<Target> {
    if to == "admin" {
        return Ok(Target::Admin);
    }
    let Some(arn) = Arn::parse(to) else {
        return Err(Error::usage(format!("--to `{to}` is neither `admin` nor an ARN"))
            .hint("such as --to arn:aws:iam::111122223333:role/deploy"));
    };
    let principal = arn.service() == "iam"
        && (arn.resource().starts_with("role/") || arn.resource().starts_with("user/"));
    match principal {
        true => Ok(Target::Arn(known(snapshot, to, "--to")?)),
        false => Ok(Target::Arn(to.to_owned())),
    }
}

fn accounts(snapshot: &Snapshot) -> BTreeSet<&str> {
    snapshot.principals().map(|principal| principal.account()).collect()
}

/// The policies of one type on the way to each account.
fn levels(
    snapshot: &Snapshot,
    organization: Option<&Organization>,
) -> Result<BTreeMap<String, OrganizationPath>> {
    let mut levels = BTreeMap::new();
    for account in organization.iter().flat_map(|_| accounts(snapshot)) {
        let path = organization.map(|organization| organization.path_to(account)).transpose()?;
        levels.extend(path.map(|path| (account.to_owned(), path)));
    }
    Ok(levels)
}

fn places(snapshot: &Snapshot, world: &World<'_>) -> BTreeMap<String, String> {
    let organizations = || world.service_control.iter().chain(&world.resource_control);
    let place = |account: &str| organizations().find_map(|organization| organization.place_of(account));
    accounts(snapshot).into_iter().filter_map(|account| Some((account.to_owned(), place(account)?))).collect()
}

fn whole(found: &Found, args: &PathsArgs, snapshot: &Snapshot, catalog: &Catalog) -> serde_json::Value {
    json!({
        "schema": "leastwise/paths/1",
        "to": args.to,
        "principals": found.principals,
        "at_target": found.admins,
        "paths": found.paths,
        "more_outside": found.more_outside,
        "cut": found.cut,
        "unreadable": found.unreadable,
        "snapshot_complete": !snapshot.is_truncated() && snapshot.without_roles().is_empty(),
        "catalog_date": catalog.version().date,
        "evaluator": EVALUATOR_VERSION,
    })
}
