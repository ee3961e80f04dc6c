//! Terraform's language, worked out as far as the text says: <https://developer.hashicorp.com/terraform/language>.
//!
//! A folder is a module. Variables have their defaults, or what `terraform.tfvars` says; local modules are worked out
//! with what they are called with. Nothing is fetched: providers' data, files that were not given and modules from
//! elsewhere are values that are not known. What a resource refers to is used when it is written or follows from what is written
//! (`computed.rs`).

mod computed;
mod eval;
mod functions;
mod json_body;
mod lower;
mod machine;
mod module;
mod place;
mod policy_document;
mod syntax;
mod template;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use computed::{arn_template, filled};

use self::machine::{Machine, Modules, shown_key};
use super::{Node, Place, Refusal};

/// Files of Terraform, by folder.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Arc<str>>,
    modules: Modules,
}

/// A resource or data that a configuration declares.
#[derive(Debug, Clone)]
pub struct Resource {
    /// `module.x.aws_iam_role.agent["a"]`
    pub address: String,
    /// `module.x.`, or nothing.
    pub prefix: String,
    /// `aws_iam_role`
    pub kind: String,
    /// `agent`
    pub name: String,
    /// Whether it is data that is looked up.
    pub is_data: bool,
    /// Where it is declared; [`Sources::place`] says in which file.
    pub at: Place,
    /// Its attributes and blocks; [`Sources::settled`] takes out of it what a document is made of.
    pub body: Node,
}

impl Sources {
    /// Reads files; those that cannot be read are told and left out.
    pub fn parse<'a>(
        files: impl IntoIterator<Item = (Arc<str>, &'a str)>,
    ) -> (Sources, Vec<(Arc<str>, Refusal)>) {
        let mut sources = Sources::default();
        let mut refused = Vec::new();
        let mut assigned = Vec::new();
        for (name, text) in files {
            let Ok(file) = u16::try_from(sources.files.len()) else {
                refused.push((
                    name,
                    Refusal::new(Place::START, "more files of Terraform than are read at once"),
                ));
                continue;
            };
            sources.files.push(name.clone());
            let body = match name.ends_with(".json") {
                true => json(file, text),
                false => lower::parse(file, text),
            };
            let folder = module::folder(&name);
            match body {
                Ok(body) if name.contains(".tfvars") => assigned.push((folder, body)),
                Ok(body) => sources.modules.by_folder.entry(folder).or_default().add(body),
                Err(refusal) => refused.push((name, refusal)),
            }
        }
        for (folder, body) in assigned {
            if let Some(module) = sources.modules.by_folder.get_mut(&folder) {
                module.assign(body);
            }
        }
        (sources, refused)
    }

    /// Files of JSON that the configuration may read with `file`.
    pub fn add_documents(&mut self, documents: impl IntoIterator<Item = (Arc<str>, Node)>) {
        for (name, mut node) in documents {
            let Ok(file) = u16::try_from(self.files.len()) else { return };
            let known = module::joined("", &name);
            place::put_in_file(&mut node, file);
            self.files.push(name);
            self.modules.documents.insert(known, node);
        }
    }

    /// The folders that no other calls as a module; all of them when they call each other in a circle.
    pub fn roots(&self) -> Vec<&str> {
        let called: BTreeSet<String> = self
            .modules
            .by_folder
            .iter()
            .flat_map(|(folder, module)| {
                module.sources().map(|path| module::joined(folder, &path)).filter(move |to| to != folder)
            })
            .collect();
        let roots: Vec<&str> = self
            .modules
            .by_folder
            .keys()
            .filter(|folder| !called.contains(*folder))
            .map(String::as_str)
            .collect();
        match roots.is_empty() {
            true => self.modules.by_folder.keys().map(String::as_str).collect(),
            false => roots,
        }
    }

    /// Everything that a root module declares, with the modules that it calls, as if deployed to `account`. None when
    /// it asks for more work than is done.
    pub fn resources(&self, root: &str, account: &str) -> Option<Vec<Resource>> {
        let (folder, module) = self.modules.by_folder.get_key_value(root)?;
        let mut machine = Machine::root(&self.modules, folder, module, account.into());
        let mut found = Vec::new();
        machine.find_default_tags();
        collect(&mut machine, &mut found);
        (!machine.is_exhausted()).then_some(found)
    }

    /// A file of this folder, to say something of the folder.
    pub fn file_of(&self, root: &str) -> Arc<str> {
        let first = self.files.iter().find(|file| module::folder(file) == root);
        first.cloned().unwrap_or_else(|| root.into())
    }

    /// The file in which a value begins, and the value with places in that file alone.
    pub fn settled(&self, node: &Node) -> (Arc<str>, Node) {
        let file = self.files.get(place::file(node.at)).cloned().unwrap_or_default();
        let mut node = node.clone();
        place::settle(&mut node);
        (file, node)
    }

    /// The file and place of a value.
    pub fn place(&self, at: Place) -> (Arc<str>, Place) {
        (self.files.get(place::file(at)).cloned().unwrap_or_default(), place::plain(at))
    }
}

/// The tree of a text that is JSON: what `jsonencode`, a heredoc or a policy document came to.
pub fn json_text(node: &Node) -> Option<&Node> {
    template::encoded(node)
}

/// The document that a `data "aws_iam_policy_document"` stands for.
pub fn policy_document(body: &Node) -> Node {
    policy_document::document(body)
}

fn json(file: u16, text: &str) -> Result<syntax::Body, Refusal> {
    match Node::json(text) {
        Ok(root) => Ok(json_body::body(file, &root)),
        Err(refusal) => {
            let at = super::Lines::new(text).place(refusal.at);
            Err(Refusal::new(at, format!("not JSON: {}", refusal.reason)))
        }
    }
}

fn collect(machine: &mut Machine<'_>, found: &mut Vec<Resource>) {
    let module = machine.module;
    for (address, block) in &module.resources {
        let instances = machine.instances(address, block);
        for (position, instance) in instances.iter().enumerate() {
            let body = machine.declared(address, block, position, instance);
            let label = |index: usize| block.labels.get(index).cloned().unwrap_or_default();
            found.push(Resource {
                address: format!("{}{address}{}", machine.prefix, shown_key(instance.key.as_ref())),
                prefix: machine.prefix.clone(),
                kind: label(0),
                name: label(1),
                is_data: block.kind == "data",
                at: block.at,
                body,
            });
        }
    }
    for name in module.calls.keys() {
        for (_, child) in machine.children(name).into_iter().flatten() {
            collect(child, found);
        }
    }
}

#[cfg(test)]
mod tests;
