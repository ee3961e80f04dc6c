//! The modules that `terraform init` has installed for a folder: `.terraform/modules`, as `modules.json` lists them.
//!
//! Of a module that is listed its configuration is read, and what templates and files it may fill in. Whatever else
//! lies in its repository is none of our business.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use leastwise_analysis::source::hcl::MANIFEST;

/// Where Terraform keeps what it has fetched.
pub const FOLDER: &str = ".terraform";
/// A list of modules is not longer than this.
const LONGEST: u64 = 16 << 20;
/// Folders of a module that are walked.
const DEEPEST: usize = 8;
/// The most files that are read of one folder's modules.
const MOST: usize = 20_000;

const CONFIGURATION: [&str; 3] = [".tf", ".tofu", ".tf.json"];
const BESIDE: [&str; 6] = [".json", ".yaml", ".yml", ".tftpl", ".tpl", ".tmpl"];

/// The list, and the files of what it lists. A list that cannot be read is given alone: it is told when it is read.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let manifest = folder.join(MANIFEST);
    let is_file =
        fs::symlink_metadata(&manifest).is_ok_and(|found| found.is_file() && found.len() <= LONGEST);
    if !is_file {
        return Vec::new();
    }
    let text = fs::read(&manifest).unwrap_or_default();
    let listed: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let dirs = listed["Modules"].as_array().into_iter().flatten().filter_map(|one| one["Dir"].as_str());
    let modules: BTreeSet<PathBuf> = dirs.filter(|dir| is_inside(dir)).map(|dir| folder.join(dir)).collect();
    let mut found = vec![manifest];
    let mut seen = BTreeSet::new();
    for module in &modules {
        walk(module, &modules, 0, &mut seen, &mut found);
    }
    found
}

/// Whether a folder lies in `.terraform/modules`: what is in the repository is read for itself.
fn is_inside(dir: &str) -> bool {
    let plain = Path::new(dir).components().filter(|part| !matches!(part, Component::CurDir));
    let parts: Vec<Component<'_>> = plain.collect();
    let begins = |index: usize, name: &str| parts.get(index) == Some(&Component::Normal(name.as_ref()));
    begins(0, FOLDER) && begins(1, "modules") && parts.iter().all(|part| matches!(part, Component::Normal(_)))
}

fn walk(
    folder: &Path,
    modules: &BTreeSet<PathBuf>,
    depth: usize,
    seen: &mut BTreeSet<PathBuf>,
    found: &mut Vec<PathBuf>,
) {
    if depth > DEEPEST || !seen.insert(folder.to_owned()) {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let Ok(kind) = entry.file_type() else { continue };
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let is_read = if ends(&CONFIGURATION) { modules.contains(folder) } else { ends(&BESIDE) };
        if name.starts_with('.') || found.len() >= MOST {
            continue;
        } else if kind.is_dir() {
            walk(&path, modules, depth + 1, seen, found);
        } else if kind.is_file() && is_read {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn a_list_leads_nowhere_else() {
        assert!(is_inside(".terraform/modules/vpc") && is_inside("./.terraform/modules/vpc/modules/x"));
        for elsewhere in
            ["", ".", "modules/vpc", "../x", ".terraform/modules/../../x", "/etc", ".terraform/providers"]
        {
            assert!(!is_inside(elsewhere), "{elsewhere}");
        }
    }
}
