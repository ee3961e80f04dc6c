//! `cargo xtask sync-managed`: AWS's own managed policies with their documents, from the copy that PyPI's `moto` holds,
//! in; one line for each policy out, so that a change of AWS is a readable difference.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::package::{self, Package};
use super::{Mode, fetch};

/// A Python module that assigns a text, which is JSON.
const MODULE: &str = "moto/iam/aws_managed_policies.py";

/// Runs the chore; true when the committed files were not what the package gives.
pub(crate) fn run(mode: Mode) -> Result<bool> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/catalog/data/managed");
    let pins = package::pins(&fs::read_to_string(data.join("packages.txt"))?)?;
    let [pin] = pins.as_slice() else { anyhow::bail!("packages.txt pins one package") };
    let pin = if mode == Mode::Update { pin.unpinned() } else { pin.clone() };
    let (package, archive) = fetch::fetch(&pin)?;
    let mut text = String::new();
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    zip.by_name(MODULE)?.read_to_string(&mut text)?;
    let policies = read(&text)?;
    let package = Package { date: newest(&policies), ..package };
    let files = BTreeMap::from([
        ("packages.txt".to_owned(), package::print(std::slice::from_ref(&package))),
        ("PROVENANCE.md".to_owned(), page(&package, policies.len())),
        ("policies.txt".to_owned(), print(&policies)?),
    ]);
    super::write(&data, files, mode)
}

/// The policies by name.
fn read(module: &str) -> Result<BTreeMap<String, Value>> {
    let mut quoted = module.split("\"\"\"");
    let json = quoted.nth(1).context("the module assigns no text")?;
    let policies: BTreeMap<String, Value> = serde_json::from_str(json)?;
    ensure!(policies.len() > 1_000, "only {} policies", policies.len());
    Ok(policies)
}

/// The day of the newest change.
fn newest(policies: &BTreeMap<String, Value>) -> String {
    let dates = policies.values().filter_map(|policy| policy["UpdateDate"].as_str());
    dates.max().and_then(|date| date.get(..10)).unwrap_or("-").to_owned()
}

fn print(policies: &BTreeMap<String, Value>) -> Result<String> {
    let mut text =
        "# Written by `cargo xtask sync-managed`: path, name, version, document of each managed policy of AWS.\n"
            .to_owned();
    for (name, policy) in policies {
        let path = policy["Path"].as_str().unwrap_or("/");
        let version =
            policy["DefaultVersionId"].as_str().with_context(|| format!("`{name}` has no version"))?;
        ensure!(policy["Document"].is_object(), "`{name}` has no document");
        text.push_str(&format!("{path} {name} {version} {}\n", policy["Document"]));
    }
    Ok(text)
}

fn page(package: &Package, count: usize) -> String {
    format!(
        "# Where the facts come from\n\n\
         `policies.txt` is written by `cargo xtask sync-managed`; edit that, not this page.\n\n\
         | package | version | date | licence | what is taken |\n|---|---|---|---|---|\n\
         | {} {} | {} | {} | Apache-2.0 | the {count} managed policies of AWS with their documents, which are AWS's own |\n",
        package.registry.as_str(),
        package.name,
        package.version(),
        package.date,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_a_line() {
        let policy = serde_json::json!({
            "Path": "/job-function/", "DefaultVersionId": "v3", "UpdateDate": "2026-01-02T00:00:00+00:00",
            "Document": {"Version": "2012-10-17", "Statement": []}
        });
        let policies = BTreeMap::from([("ViewOnlyAccess".to_owned(), policy)]);
        let text = print(&policies).unwrap();
        let line = "/job-function/ ViewOnlyAccess v3 {\"Version\":\"2012-10-17\",\"Statement\":[]}";
        assert_eq!(text.lines().nth(1), Some(line));
        assert_eq!(newest(&policies), "2026-01-02");
        assert!(read("x = 1").is_err());
    }
}
