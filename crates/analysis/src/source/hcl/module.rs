//! What the files of one folder declare: variables, locals, resources, data, outputs, calls of other modules.

use std::collections::BTreeMap;

use super::installed;
use super::syntax::{Attribute, Block, Body, Expr};

/// The files of one folder.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Defaults of variables; none without one.
    pub(super) variables: BTreeMap<String, Option<Expr>>,
    /// Types of variables.
    pub(super) types: BTreeMap<String, Expr>,
    pub(super) locals: BTreeMap<String, Expr>,
    /// `aws_iam_role.agent` and `data.aws_iam_policy_document.agent`.
    pub(super) resources: BTreeMap<String, Block>,
    pub(super) outputs: BTreeMap<String, Expr>,
    pub(super) calls: BTreeMap<String, Block>,
    /// The region of the provider that has no alias.
    pub(super) region: Option<Expr>,
    /// The tags that the same provider gives to everything.
    pub(super) default_tags: Option<Expr>,
    /// Whether it was installed from elsewhere: it is nothing for itself.
    pub(super) is_installed: bool,
}

impl Module {
    /// Adds a file's declarations.
    pub(super) fn add(&mut self, body: Body) {
        for mut block in body.blocks {
            let label = |index: usize| block.labels.get(index).cloned().unwrap_or_default();
            match block.kind.as_str() {
                "variable" => {
                    let default = take(&mut block.body, "default");
                    self.variables.insert(label(0), default);
                    if let Some(kind) = take(&mut block.body, "type") {
                        self.types.insert(label(0), kind);
                    }
                }
                "locals" => {
                    let locals = block.body.attributes.into_iter();
                    self.locals.extend(locals.map(|local| (local.key, local.value)));
                }
                "resource" => {
                    self.resources.insert(format!("{}.{}", label(0), label(1)), block);
                }
                "data" => {
                    self.resources.insert(format!("data.{}.{}", label(0), label(1)), block);
                }
                "output" => {
                    if let Some(value) = take(&mut block.body, "value") {
                        self.outputs.insert(label(0), value);
                    }
                }
                "module" => {
                    self.calls.insert(label(0), block);
                }
                "provider" if label(0) == "aws" && block.body.attribute("alias").is_none() => {
                    self.region = take(&mut block.body, "region");
                    let inner = block.body.blocks.iter_mut().find(|inner| inner.kind == "default_tags");
                    self.default_tags = inner.and_then(|inner| take(&mut inner.body, "tags"));
                }
                _ => {}
            }
        }
    }

    /// Adds what a `.tfvars` file says of variables, over their defaults.
    pub(super) fn assign(&mut self, body: Body) {
        for Attribute { key, value, .. } in body.attributes {
            self.variables.insert(key, Some(value));
        }
    }

    /// The local folders that it calls as modules.
    pub(super) fn sources(&self) -> impl Iterator<Item = String> + '_ {
        let sources = self.calls.values().filter_map(|call| installed::written(call, "source"));
        sources.filter(|source| is_local(source))
    }
}

/// Whether a module's source is a folder beside it.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || matches!(source, "." | "..")
}

fn take(body: &mut Body, key: &str) -> Option<Expr> {
    let index = body.attributes.iter().position(|attribute| attribute.key == key)?;
    Some(body.attributes.swap_remove(index).value)
}

/// Files that are given by name come after all others.
pub(super) const NAMED: u8 = 3;

/// When Terraform reads a file with values by itself, in which order: `terraform.tfvars`, `*.auto.tfvars`.
/// <https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence>
pub(super) fn rank(file: &str) -> Option<u8> {
    match file.rsplit('/').next().unwrap_or_default() {
        "terraform.tfvars" => Some(0),
        "terraform.tfvars.json" => Some(1),
        name if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => Some(2),
        _ => None,
    }
}

/// `folder` and a path from there, without `.` and, but for where it leads out of what was given, without `..`.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(path.split('/')) {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    let is_absolute = folder.starts_with('/') || folder.is_empty() && path.starts_with('/');
    format!("{}{}", if is_absolute { "/" } else { "" }, steps.join("/"))
}

/// The folder of a file, as [`joined`] writes folders.
pub(crate) fn folder(file: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = if folder.is_empty() && file.starts_with('/') { "/" } else { folder };
    joined(folder, ".")
}
