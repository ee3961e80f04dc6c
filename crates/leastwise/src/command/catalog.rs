//! `leastwise catalog`: look up actions and services, bring in newer ones.

mod clouds;
mod show;

use std::fmt::Write as _;

use leastwise_catalog::{Action, Catalog, Service};
use serde_json::Value;

use crate::catalog;
use crate::catalog::covered;
use crate::cli::catalog::{CatalogArgs, CatalogVerb};
use crate::error::{Error, Result};
use crate::output::{self, counted};

/// Runs one of its verbs.
pub fn run(args: &CatalogArgs) -> Result<()> {
    if let CatalogVerb::Import { dir } = &args.verb {
        let (catalog, path) = catalog::keep(dir)?;
        let services = counted(catalog.version().imported.len() as u64, "service", "services");
        output::note(&format!("imported {services}, kept in {}", path.display()));
        return output::result(version(&catalog).as_bytes());
    }
    let catalog = catalog::load(args.catalog.as_deref())?;
    match &args.verb {
        CatalogVerb::Show { names, json } => {
            let (elsewhere, names): (Vec<&String>, Vec<&String>) =
                names.iter().partition(|name| name.starts_with("gcp:") || name.starts_with("azure:"));
            let (text, values) = of_clouds(&elsewhere)?;
            let found = found(catalog, &names)?;
            match json {
                true => print_json(&found, values),
                false => {
                    output::result(text.as_bytes())?;
                    print(&found)
                }
            }
        }
        CatalogVerb::Search { words, json } => {
            let words = words.join(" ");
            let actions: Vec<Found<'_>> = catalog.search(&words).into_iter().map(Found::Action).collect();
            match actions.is_empty() {
                true => Err(Error::findings(format!(
                    "no action with all of `{words}` in its name or its service's"
                ))),
                false => print_lines(&actions, *json),
            }
        }
        CatalogVerb::Version => output::result(version(catalog).as_bytes()),
        CatalogVerb::Import { .. } => Ok(()),
    }
}

/// What a name stands for.
enum Found<'c> {
    Service(&'c Service),
    Action(Action<'c>),
}

/// What names of Google Cloud and Azure stand for.
fn of_clouds(names: &[&String]) -> Result<(String, Vec<Value>)> {
    let (mut text, mut values) = (String::new(), Vec::new());
    for found in names.iter().filter_map(|name| clouds::found(name)) {
        let (lines, value) = found?;
        text.push_str(&lines);
        values.push(value);
    }
    Ok((text, values))
}

fn found<'c>(catalog: &'c Catalog, names: &[&String]) -> Result<Vec<Found<'c>>> {
    let mut all = Vec::new();
    for name in names {
        if let Some(service) = catalog.service(&name.to_ascii_lowercase()) {
            all.push(Found::Service(service));
            continue;
        }
        let actions = covered(catalog, name).map_err(|hint| {
            let kind = if name.contains(':') { "action" } else { "service" };
            Error::usage(format!("unknown {kind} `{name}`")).hint(hint)
        })?;
        all.extend(actions.into_iter().map(Found::Action));
    }
    Ok(all)
}

fn print(found: &[Found<'_>]) -> Result<()> {
    // One thing in full, many in a line each.
    match found {
        [Found::Action(action)] => output::result(show::action(action).as_bytes()),
        [Found::Service(service)] => output::result(show::service(service).as_bytes()),
        many => print_lines(many, false),
    }
}

fn print_lines(found: &[Found<'_>], json: bool) -> Result<()> {
    if json {
        return print_json(found, Vec::new());
    }
    let mut text = String::new();
    for found in found {
        match found {
            Found::Action(action) => text.push_str(&show::line(action)),
            Found::Service(service) => {
                let _ = writeln!(text, "{}  {}", service.prefix, service.name);
            }
        }
    }
    output::result(text.as_bytes())
}

fn print_json(found: &[Found<'_>], mut values: Vec<Value>) -> Result<()> {
    values.extend(found.iter().map(|found| match found {
        Found::Action(action) => show::action_json(action),
        Found::Service(service) => show::service_json(service),
    }));
    let mut text = serde_json::to_vec_pretty(&values)
        .map_err(|error| Error::input("cannot print the catalogue as JSON").because(error))?;
    text.push(b'\n');
    output::result(&text)
}

fn version(catalog: &Catalog) -> String {
    let version = catalog.version();
    let mut text = format!(
        "date      {}\ndigest    sha256:{}\nservices  {}\nactions   {}\n",
        version.date,
        version.digest,
        output::thousands(version.services as u64),
        output::thousands(version.actions as u64)
    );
    if !version.imported.is_empty() {
        let _ = writeln!(text, "imported  {}", version.imported.join(", "));
    }
    text
}
