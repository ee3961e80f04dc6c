//! `cargo xtask sync-kubernetes`: the client that is generated from Kubernetes' published OpenAPI in (PyPI
//! `kubernetes`), the table of resources and verbs out.
//!
//! Each operation of the client is a method and a path. What verb a request is, follows from both:
//! <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb>

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::package::{self, Package};
use super::{Mode, fetch};

/// What the table says of a resource or subresource.
#[derive(Debug, Default)]
struct Facts {
    namespaced: bool,
    /// What one of them is called: `configmap`.
    singular: String,
    versions: BTreeSet<String>,
    verbs: BTreeSet<&'static str>,
}

/// By group (`core` for the one without a name) and resource (`pods`, `pods/log`).
type Table = BTreeMap<(String, String), Facts>;

/// Runs the chore; true when the committed files were not what the package gives.
pub(crate) fn run(mode: Mode) -> Result<bool> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/catalog/data/kubernetes");
    let pins = package::pins(&fs::read_to_string(data.join("packages.txt"))?)?;
    let [pin] = pins.as_slice() else { anyhow::bail!("packages.txt pins one package") };
    let pin = if mode == Mode::Update { pin.unpinned() } else { pin.clone() };
    let (package, archive) = fetch::fetch(&pin)?;
    let (table, date) = read(&archive)?;
    let package = Package { date, ..package };
    let files = BTreeMap::from([
        ("resources.txt".to_owned(), print(&table)),
        ("packages.txt".to_owned(), package::print(std::slice::from_ref(&package))),
        ("PROVENANCE.md".to_owned(), page(&package, &table)),
    ]);
    super::write(&data, files, mode)
}

fn read(archive: &Path) -> Result<(Table, String)> {
    let mut zip = zip::ZipArchive::new(File::open(archive)?)?;
    let (mut table, mut date) = (Table::new(), String::new());
    for index in 0..zip.len() {
        let mut file = zip.by_index(index)?;
        let name = file.name()?.into_owned();
        if !name.starts_with("kubernetes/client/api/") || !name.ends_with("_api.py") {
            continue;
        }
        if let Some(time) = file.last_modified() {
            date = date.max(format!("{}-{:02}-{:02}", time.year(), time.month(), time.day()));
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        operations(&text, &mut table).with_context(|| name)?;
    }
    ensure!(table.len() > 100, "the client holds only {} resources", table.len());
    Ok((table, date))
}

/// Reads `def _NAME_serialize(` … `method='GET',` `resource_path='/api/v1/…',` of one file.
fn operations(text: &str, table: &mut Table) -> Result<()> {
    let (mut name, mut method) = (String::new(), String::new());
    let mut watches = false;
    for line in text.lines().map(str::trim) {
        if let Some(found) = line.strip_prefix("def _").and_then(|rest| rest.strip_suffix("_serialize(")) {
            found.clone_into(&mut name);
            watches = false;
        } else if line == "watch," {
            watches = true;
        } else if let Some(found) = quoted(line, "method=") {
            method = found;
        } else if let Some(path) = quoted(line, "resource_path=") {
            operation(&name, &method, &path, watches, table)?;
        }
    }
    Ok(())
}

fn quoted(line: &str, key: &str) -> Option<String> {
    Some(line.strip_prefix(key)?.trim_end_matches(',').trim_matches('\'').to_owned())
}

fn operation(name: &str, method: &str, path: &str, watches: bool, table: &mut Table) -> Result<()> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("core", *version, rest),
        ["apis", group, version, rest @ ..] if !group.starts_with('{') => (*group, *version, rest),
        _ => return Ok(()),
    };
    // The paths below `watch` are an older spelling of lists that are watched.
    let rest = rest.strip_prefix(&["watch"]).unwrap_or(rest);
    let (namespaced, rest) = match rest {
        ["namespaces", "{namespace}", rest @ ..] if !rest.is_empty() => (true, rest),
        rest => (false, rest),
    };
    let (resource, named, below) = match rest {
        [resource] => (*resource, false, None),
        [resource, "{name}" | "{namespace}"] => (*resource, true, None),
        [resource, "{name}" | "{namespace}", below, ..] => (*resource, true, Some(*below)),
        _ => return Ok(()),
    };
    let across = name.ends_with("_for_all_namespaces");
    let full = below.map_or_else(|| resource.to_owned(), |below| format!("{resource}/{below}"));
    let facts = table.entry((group.to_owned(), full)).or_default();
    facts.namespaced |= namespaced || across;
    facts.versions.insert(version.to_owned());
    let singular = ["create_namespaced_", "create_", "read_namespaced_", "read_"];
    if below.is_none()
        && let Some(one) = singular.iter().find_map(|prefix| name.strip_prefix(prefix))
    {
        facts.singular = one.replace('_', "");
    }
    facts.verbs.extend(match (method, named) {
        ("GET", true) => Some("get"),
        ("GET", false) => Some("list"),
        ("POST", _) => Some("create"),
        ("PUT", _) => Some("update"),
        ("PATCH", _) => Some("patch"),
        ("DELETE", true) => Some("delete"),
        ("DELETE", false) => Some("deletecollection"),
        // What a proxy passes on: HEAD and OPTIONS are authorised as the verbs of GET and nothing.
        ("HEAD" | "OPTIONS", _) => None,
        (other, _) => anyhow::bail!("`{path}` has the method `{other}`"),
    });
    if watches && !named {
        facts.verbs.insert("watch");
    }
    Ok(())
}

fn print(table: &Table) -> String {
    let mut text = "# Written by `cargo xtask sync-kubernetes`: group, resource, scope, what one is called, versions, verbs.\n".to_owned();
    for ((group, resource), facts) in table {
        let scope = if facts.namespaced { "namespaced" } else { "cluster" };
        let singular = if facts.singular.is_empty() { "-" } else { &facts.singular };
        let versions: Vec<&str> = facts.versions.iter().map(String::as_str).collect();
        let verbs: Vec<&str> = facts.verbs.iter().copied().collect();
        text.push_str(&format!(
            "{group} {resource} {scope} {singular} {} {}\n",
            versions.join(","),
            verbs.join(",")
        ));
    }
    text
}

fn page(package: &Package, table: &Table) -> String {
    let groups: BTreeSet<&str> = table.keys().map(|(group, _)| group.as_str()).collect();
    let below = table.keys().filter(|(_, resource)| resource.contains('/')).count();
    format!(
        "# Where the facts come from\n\n\
         `resources.txt` is written by `cargo xtask sync-kubernetes`; edit that, not this page.\n\n\
         | package | version | date of the facts | licence | what is taken |\n|---|---|---|---|---|\n\
         | {} {} | {} | {} | Apache-2.0 | API groups, resources, subresources, scopes, verbs |\n\n\
         The package is the client that is generated from Kubernetes' published OpenAPI. Only facts are taken: no\n\
         descriptions, no code.\n\n\
         `words.txt` and `risks.txt` are written by hand from Kubernetes' documentation (CC BY 4.0, consulted for\n\
         facts); each names the pages it follows.\n\n\
         ## How many\n\n| | |\n|---|---|\n| groups | {} |\n| resources | {} |\n| subresources | {below} |\n",
        package.registry.as_str(),
        package.name,
        package.version(),
        package.date,
        groups.len(),
        table.len() - below,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "\
def _read_namespaced_pod_log_serialize(\n  method='GET',\n  resource_path='/api/v1/namespaces/{namespace}/pods/{name}/log',
def _list_pod_for_all_namespaces_serialize(\n  watch,\n  method='GET',\n  resource_path='/api/v1/pods',
def _create_namespaced_pod_serialize(\n  method='POST',\n  resource_path='/api/v1/namespaces/{namespace}/pods',
def _delete_collection_node_serialize(\n  method='DELETE',\n  resource_path='/api/v1/nodes',
def _read_namespace_status_serialize(\n  method='GET',\n  resource_path='/api/v1/namespaces/{name}/status',
";

    #[test]
    fn a_request_s_verb_follows_from_its_method_and_path() {
        let mut table = Table::new();
        operations(CLIENT, &mut table).unwrap();
        let text = print(&table);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "core namespaces/status cluster - v1 get",
                "core nodes cluster - v1 deletecollection",
                "core pods namespaced pod v1 create,list,watch",
                "core pods/log namespaced - v1 get",
            ]
        );
    }
}
