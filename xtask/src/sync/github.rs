//! `cargo xtask sync-github`: GitHub's published OpenAPI (npm `@octokit/openapi`) in, the table of permissions that an
//! app can have out.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::package::{self, Package};
use super::{Mode, fetch};

/// The description of github.com, in which the permissions are `components.schemas.app-permissions`.
const API: &str = "package/generated/api.github.com.json";

/// Runs the chore; true when the committed files were not what the package gives.
pub(crate) fn run(mode: Mode) -> Result<bool> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/catalog/data/github");
    let pins = package::pins(&fs::read_to_string(data.join("packages.txt"))?)?;
    let [pin] = pins.as_slice() else { anyhow::bail!("packages.txt pins one package") };
    let pin = if mode == Mode::Update { pin.unpinned() } else { pin.clone() };
    let (package, archive) = fetch::fetch(&pin)?;
    let scopes = fs::read_to_string(data.join("scopes.txt"))?;
    let table = print(&permissions(&archive)?, &scopes);
    let files = BTreeMap::from([
        ("packages.txt".to_owned(), package::print(std::slice::from_ref(&package))),
        ("PROVENANCE.md".to_owned(), page(&package, table.lines().count() - 1)),
        ("permissions.txt".to_owned(), table),
    ]);
    super::write(&data, files, mode)
}

fn permissions(archive: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(File::open(archive)?));
    for entry in tar.entries()? {
        let entry = entry?;
        if entry.path()?.to_string_lossy() == API {
            let api: Value = serde_json::from_reader(std::io::BufReader::new(entry))?;
            return read(&api);
        }
    }
    anyhow::bail!("the package holds no {API}")
}

fn read(api: &Value) -> Result<BTreeMap<String, Vec<String>>> {
    let found = &api["components"]["schemas"]["app-permissions"]["properties"];
    let mut permissions = BTreeMap::new();
    for (name, facts) in found.as_object().context("no schema `app-permissions`")? {
        let levels: Vec<String> = facts["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        ensure!(!levels.is_empty(), "`{name}` has no levels");
        permissions.insert(name.clone(), levels);
    }
    Ok(permissions)
}

fn print(permissions: &BTreeMap<String, Vec<String>>, scopes: &str) -> String {
    let mut text = "# Written by `cargo xtask sync-github`: permission, of what it is, levels.\n".to_owned();
    for (name, levels) in permissions {
        let said = scopes.lines().filter_map(|line| line.split_once(' ')).find(|(_, of)| of == name);
        let scope = match said {
            Some((scope, _)) => scope,
            None if name.starts_with("organization_") => "organization",
            None if name.starts_with("enterprise_") => "enterprise",
            None => "repository",
        };
        text.push_str(&format!("{name} {scope} {}\n", levels.join(",")));
    }
    text
}

fn page(package: &Package, count: usize) -> String {
    format!(
        "# Where the facts come from\n\n\
         `permissions.txt` is written by `cargo xtask sync-github`; edit that, not this page.\n\n\
         | package | version | licence | what is taken |\n|---|---|---|---|\n\
         | {} {} | {} | MIT | the {count} permissions of an app on github.com, with their levels |\n\n\
         Only facts are taken: no descriptions. `scopes.txt` and `risks.txt` are written by hand from GitHub's\n\
         documentation, consulted for facts; each names the pages it follows.\n",
        package.registry.as_str(),
        package.name,
        package.version(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_of_a_repository_unless_its_name_or_the_table_says_otherwise() {
        let api = serde_json::json!({"components": {"schemas": {"app-permissions": {"properties": {
            "issues": {"enum": ["read", "write"]},
            "organization_plan": {"enum": ["read"]},
            "members": {"enum": ["read", "write"]},
        }}}}});
        let text = print(&read(&api).unwrap(), "# why\norganization members\n");
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let wanted = [
            "issues repository read,write",
            "members organization read,write",
            "organization_plan organization read",
        ];
        assert_eq!(lines, wanted);
        assert!(read(&serde_json::json!({})).is_err());
    }
}
