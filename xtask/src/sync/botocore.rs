//! Reads PyPI `botocore`: which operations the AWS APIs have, and which partitions and regions there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;

/// One SDK service.
#[derive(Debug, Clone)]
pub(crate) struct Sdk {
    pub(crate) name: String,
    /// `Lex Model Building Service`
    pub(crate) id: String,
    pub(crate) endpoint: String,
    pub(crate) signing: String,
    pub(crate) operations: Vec<String>,
}

/// Reads the newest model of each service from the wheel; also gives the date of the newest file.
pub(crate) fn read(archive: &Path) -> Result<(Vec<Sdk>, String)> {
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    for path in zip.file_names() {
        let path = path?.into_owned();
        if let ["botocore", "data", service, _, "service-2.json.gz"] =
            path.split('/').collect::<Vec<_>>().as_slice()
        {
            let known = newest.entry((*service).to_owned()).or_default();
            *known = path.clone().max(known.clone());
        }
    }
    let mut services = Vec::new();
    let mut date = String::new();
    for (name, path) in newest {
        let file = zip.by_name(&path)?;
        if let Some(time) = file.last_modified() {
            date = date.max(format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day()));
        }
        let model: Value = serde_json::from_reader(BufReader::new(GzDecoder::new(file)))
            .with_context(|| format!("{path} is no JSON"))?;
        services.push(service(name, &model));
    }
    Ok((services, date))
}

/// The partitions with their regions, in order. What stands for a whole partition is no region.
pub(crate) fn regions(archive: &Path) -> Result<String> {
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    let tables: Value = serde_json::from_reader(zip.by_name("botocore/data/partitions.json")?)?;
    print_regions(&tables)
}

fn print_regions(tables: &Value) -> Result<String> {
    let mut regions = BTreeSet::new();
    for partition in tables["partitions"].as_array().into_iter().flatten() {
        let id = partition["id"].as_str().context("a partition without an id")?;
        let names = partition["regions"].as_object().into_iter().flat_map(|map| map.keys());
        regions.extend(names.filter(|name| !name.ends_with("-global")).map(|name| (id, name)));
    }
    ensure!(!regions.is_empty(), "partitions.json has no region");
    let mut text = "# Written by `cargo xtask sync-catalog`: partition, region.\n".to_owned();
    regions.iter().for_each(|(partition, region)| text.push_str(&format!("{partition} {region}\n")));
    Ok(text)
}

fn service(name: String, model: &Value) -> Sdk {
    let metadata = &model["metadata"];
    let text = |member: &str| metadata[member].as_str().unwrap_or_default().to_owned();
    let endpoint = text("endpointPrefix");
    let signing = if metadata["signingName"].is_string() { text("signingName") } else { endpoint.clone() };
    let mut operations: Vec<String> =
        model["operations"].as_object().into_iter().flat_map(|map| map.keys().cloned()).collect();
    operations.sort();
    Sdk { name, id: text("serviceId"), endpoint, signing, operations }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_whole_partition_is_no_region() {
        let tables = serde_json::json!({"partitions": [
            {"id": "aws", "regions": {"us-east-1": {}, "aws-global": {}, "af-south-1": {}}},
            {"id": "aws-cn", "regions": {"cn-north-1": {}}},
        ]});
        let text = print_regions(&tables).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["aws af-south-1", "aws us-east-1", "aws-cn cn-north-1"]);
        assert!(print_regions(&serde_json::json!({})).is_err());
    }
}
