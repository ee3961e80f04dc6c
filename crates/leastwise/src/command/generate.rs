//! `leastwise generate`: what is meant becomes policies, for one platform or several.

mod aws;
mod cedar;
mod clouds;
mod denied;
mod github;
mod intent;
mod keep;
mod kubernetes;
mod model;
mod platform;
mod words;

use std::path::Path;

use leastwise_catalog::Catalog;
use leastwise_generate::intent::schema;
use serde_json::{Map, Value};

use crate::atomic::Batch;
use crate::cli::generate::{GenerateArgs, Target, spelling};
use crate::error::Result;
use crate::output;
use platform::{Asked, Made, Printed};

/// Reads the intent, compiles it for each platform, prints or writes what comes out: of all platforms or of none.
pub fn run(args: &GenerateArgs, catalog: &Catalog, quiet: bool) -> Result<()> {
    if args.schema {
        return output::result(schema::text().as_bytes());
    }
    if let Some(path) = &args.from_denied {
        return denied::run(args, path, catalog, quiet);
    }
    let platforms = platform::asked(args)?;
    let intent = intent::read(args, catalog, quiet)?;
    let mut made = Vec::new();
    for (platform, format) in platforms {
        let asked = Asked { args, intent: &intent, catalog, format };
        made.push((platform.target, (platform.make)(&asked)?));
    }
    if !quiet {
        for note in made.iter().flat_map(|(_, made)| &made.notes) {
            output::note(&output::plain(note));
        }
    }
    let named: Vec<(String, &Made)> = made.iter().map(|(target, made)| (spelling(target), made)).collect();
    if let Some(folder) = &args.out {
        write(folder, &named)?;
    }
    keep::keep(args, keep::said(args, words::said(args)?), &intent, &named, catalog)?;
    match (args.explain, &args.out) {
        (true, _) => output::result(headed(&made, |made| made.trace.clone()).as_bytes()),
        (false, None) => output::result(printed(&made).as_bytes()),
        (false, Some(_)) => Ok(()),
    }
}

/// Writes everything into the folder; of several platforms each has a folder of its own in it, so that no two files
/// are called the same and Terraform finds a module in each.
fn write(folder: &Path, made: &[(String, &Made)]) -> Result<()> {
    let mut batch = Batch::new();
    for (target, result) in made {
        let folder = if made.len() > 1 { folder.join(target) } else { folder.to_owned() };
        for file in &result.files {
            batch.add(&folder.join(&file.name), file.text.as_bytes())?;
        }
    }
    batch.commit()
}

/// Everything on one stream: of several platforms one JSON object when all are JSON, else one text after the other.
fn printed(made: &[(Target, Made)]) -> String {
    let objects: Option<Map<String, Value>> = made
        .iter()
        .map(|(target, made)| match &made.printed {
            Printed::Json(value) => Some((spelling(target), value.clone())),
            Printed::Text(_) => None,
        })
        .collect();
    match objects {
        Some(objects) if made.len() > 1 => format!("{:#}\n", Value::Object(objects)),
        _ => headed(made, |made| made.printed.text()),
    }
}

/// The texts of all platforms, each below its name where there are several.
fn headed(made: &[(Target, Made)], text: impl Fn(&Made) -> String) -> String {
    match made {
        [(_, one)] => text(one),
        several => {
            let parts =
                several.iter().map(|(target, made)| format!("# {}\n\n{}", spelling(target), text(made)));
            parts.collect::<Vec<_>>().join("\n")
        }
    }
}
