//! Modules that are not in the repository: where `terraform init` has put them.
//!
//! `.terraform/modules/modules.json` in a root module's folder says for each call, by the path of calls from there
//! (`vpc`, `eks.kms`), which folder is its module and of which source and version it is. What was installed for another
//! source than the one that is called for now says nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::Modules;
use super::module::{self, joined};
use super::syntax::{Block, Kind, Part};
use crate::source::{Node, Place, Refusal};

/// Where the list of installed modules lies, from the folder of a root module.
pub const MANIFEST: &str = ".terraform/modules/modules.json";

/// How deep modules may call each other.
pub(super) const DEEPEST_CALLS: usize = 8;
/// The most calls that are followed of one root module.
const MOST_CALLS: usize = 20_000;

/// What is installed, by the folder of the root module and the path of calls.
#[derive(Debug, Default)]
pub(super) struct Installed(BTreeMap<String, BTreeMap<String, Module>>);

#[derive(Debug)]
struct Module {
    folder: String,
    source: String,
    version: String,
}

/// A call whose module is not here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// Where it is called.
    pub at: Place,
    /// What is not known: lower case, no full stop.
    pub message: String,
    /// What can be done about it.
    pub fix: String,
}

impl Installed {
    /// Reads a list.
    pub(super) fn add(&mut self, name: &str, text: &str) -> Result<(), Refusal> {
        let root = joined("", name.strip_suffix(MANIFEST).unwrap_or_default());
        let tree = Node::json(text).map_err(|refusal| {
            let at = crate::source::Lines::new(text).place(refusal.at);
            Refusal::new(at, format!("not JSON: {}", refusal.reason))
        })?;
        let said = |node: &Node, key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_owned();
        let Some(listed) = tree.get("Modules") else {
            return Err(Refusal::new(tree.at, "it has no `Modules`, so what is installed is not known"));
        };
        for node in listed.items() {
            let folder = joined(&root, &said(node, "Dir"));
            let module = Module { folder, source: said(node, "Source"), version: said(node, "Version") };
            self.0.entry(root.clone()).or_default().insert(said(node, "Key"), module);
        }
        Ok(())
    }
}

/// What a call is called by from the root module: `eks.kms`.
pub(super) fn path_of(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

impl Modules<'_> {
    /// The folder of the module that is called.
    pub(super) fn called<'m>(
        &'m self,
        root: &str,
        path: &str,
        folder: &str,
        call: &Block,
    ) -> Result<(&'m str, &'m module::Module), Missing> {
        let name = call.labels.first().map_or("", String::as_str);
        let missing = |message: String, fix: &str| Missing { at: call.at, message, fix: fix.to_owned() };
        let init = "run `terraform init` and check the whole folder, with what it puts into `.terraform/modules`; or \
                    check the plan";
        let Some(source) = written(call, "source") else {
            let message =
                format!("module `{name}` does not say in words where it is, so nothing is checked of it");
            return Err(missing(message, "check the plan"));
        };
        if module::is_local(&source) {
            let found = self.by_folder.get_key_value(&joined(folder, &source));
            return found.map(|(folder, module)| (folder.as_str(), module)).ok_or_else(|| {
                let message = format!(
                    "module `{name}` is in `{source}`, which is not among what is checked, so nothing is checked of it"
                );
                missing(message, "check the folder that holds it too")
            });
        }
        let installed = self.installed.0.get(root).and_then(|of_root| of_root.get(path));
        if let Some(installed) = installed
            && let Some(other) = installed.is_other(&source, written(call, "version").as_deref())
        {
            let message = format!(
                "module `{name}` is called from `{source}`, and what is installed is {other}, so nothing is checked of it"
            );
            return Err(missing(message, init));
        }
        let found = installed.and_then(|installed| self.by_folder.get_key_value(&installed.folder));
        found.map(|(folder, module)| (folder.as_str(), module)).ok_or_else(|| {
            let message = format!("module `{name}` (`{source}`) is not here, so nothing is checked of it");
            missing(message, init)
        })
    }

    /// The calls of a root module, and of what it calls, whose modules are not here. Circles, of which Terraform makes
    /// nothing, are refused.
    pub(super) fn missing(&self, root: &str, circles: &mut BTreeSet<Vec<String>>) -> BTreeSet<Missing> {
        let mut found = BTreeSet::new();
        let mut calls = 0;
        let mut left = vec![(root.to_owned(), String::new(), vec![root.to_owned()])];
        while let Some((folder, path, above)) = left.pop() {
            let Some(module) = self.by_folder.get(&folder) else { continue };
            for (name, call) in &module.calls {
                calls += 1;
                if calls > MOST_CALLS {
                    return found;
                }
                let path = path_of(&path, name);
                let next = match self.called(root, &path, &folder, call) {
                    Ok((next, _)) => next,
                    Err(missing) => {
                        found.insert(missing);
                        continue;
                    }
                };
                if let Some(begins) = above.iter().position(|earlier| earlier == next) {
                    // The same circle is met from each of its modules, and from each that calls one of them.
                    let mut circle = above[begins..].to_vec();
                    circle.sort();
                    if circles.insert(circle) {
                        let shown = if next.is_empty() { "." } else { next };
                        self.library.refuse(
                            call.at,
                            format!("module `{name}` is in a circle: `{shown}` calls itself"),
                        );
                    }
                } else if above.len() > DEEPEST_CALLS {
                    let message =
                        format!("module `{name}` lies too deep in others, so nothing is checked of it");
                    found.insert(Missing { at: call.at, message, fix: "check the plan".to_owned() });
                } else {
                    let above = above.iter().cloned().chain([next.to_owned()]).collect();
                    left.push((next.to_owned(), path, above));
                }
            }
        }
        found
    }
}

impl Module {
    /// What it is, when it is not what is called for.
    fn is_other(&self, source: &str, version: Option<&str>) -> Option<String> {
        if plain(&self.source) != plain(source) {
            return Some(format!("`{}`", self.source));
        }
        // What a constraint allows is for Terraform to say; a version that is named is that one.
        let named = version.filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))?;
        (!self.version.is_empty() && self.version != named).then(|| format!("version `{}`", self.version))
    }
}

/// A source without what Terraform adds when it writes down where it came from.
fn plain(source: &str) -> String {
    let mut plain = source.to_ascii_lowercase();
    for begin in
        ["git::", "registry.terraform.io/", "registry.opentofu.org/", "https://", "http://", "ssh://", "git@"]
    {
        plain = plain.strip_prefix(begin).unwrap_or(&plain).to_owned();
    }
    plain.replace(".git", "").replace(':', "/").trim_end_matches('/').to_owned()
}

/// An attribute that is written as it is.
pub(super) fn written(call: &Block, key: &str) -> Option<String> {
    let Kind::Template(parts) = &call.body.attribute(key)?.value.kind else { return None };
    match &parts[..] {
        [Part::Text(literal)] => Some(literal.text.clone()),
        _ => None,
    }
}
