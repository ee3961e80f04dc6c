//! Terraform's language, worked out as far as the text says: <https://developer.hashicorp.com/terraform/language>.
//!
//! A folder is a module. Variables have their defaults, or what `terraform.tfvars` says; modules in the repository and
//! those that `terraform init` has installed are worked out with what they are called with. Nothing is fetched:
//! providers' data, files that were not given and modules that are not here are values that are not known. What a resource refers to is used when it is written or follows from what is written
//! (`computed.rs`).

mod circles;
mod computed;
mod either;
mod eval;
mod functions;
mod installed;
mod json_body;
mod library;
mod lower;
mod machine;
mod module;
mod place;
mod policy_document;
mod syntax;
mod template;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

pub use computed::{arn_template, filled};
pub use installed::{MANIFEST, Missing};
pub(crate) use module::{folder, joined};
pub(in crate::source) use place::{file as file_of, plain, put_in_file, settle};

use self::machine::{Machine, Modules, shown_key};
use super::{Node, Place, Refusal, Twins};

/// Files of Terraform, by folder.
#[derive(Debug, Default)]
pub struct Sources<'t> {
    modules: Modules<'t>,
}

/// A file of a configuration.
#[derive(Debug, Clone)]
pub struct File<'t> {
    /// Its name.
    pub name: Arc<str>,
    /// Its text.
    pub text: &'t str,
    /// Whether somebody named it: values for variables are then used whatever the file is called.
    pub named: bool,
    /// Whether it belongs to a module that `terraform init` has installed.
    pub installed: bool,
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
    /// The conditions that it hangs on: it is there when all of them hold.
    pub hangs_on: BTreeSet<String>,
    /// The provider that makes it, as the root module calls it: `aws.other`.
    pub provider: String,
    /// Those of them that it hangs on for sure.
    pub surely_on: BTreeSet<String>,
}

impl<'t> Sources<'t> {
    /// Reads files; those that cannot be read are told and left out.
    pub fn parse(
        files: impl IntoIterator<Item = (Arc<str>, &'t str)>,
    ) -> (Sources<'t>, Vec<(Arc<str>, Refusal)>) {
        Sources::read(files.into_iter().map(|(name, text)| File {
            name,
            text,
            named: false,
            installed: false,
        }))
    }

    /// The same, with what is known of each file.
    pub fn read(files: impl IntoIterator<Item = File<'t>>) -> (Sources<'t>, Vec<(Arc<str>, Refusal)>) {
        let mut sources = Sources::default();
        let mut refused = Vec::new();
        let mut assigned = Vec::new();
        for File { name, text, named, installed } in files {
            if name.ends_with(MANIFEST) {
                if let Err(refusal) = sources.modules.installed.add(&name, text) {
                    refused.push((name, refusal));
                }
                continue;
            }
            let Some(file) = sources.modules.library.number(&name) else {
                refused.push((
                    name,
                    Refusal::new(Place::START, "more files of Terraform than are read at once"),
                ));
                continue;
            };
            let is_assigned = name.contains(".tfvars");
            let body = match name.ends_with(".json") {
                true => json(file, text, is_assigned),
                false => lower::parse(file, text),
            };
            let folder = module::folder(&name);
            match body {
                Ok(body) if is_assigned => {
                    let rank = module::rank(&name).or(named.then_some(module::NAMED));
                    assigned.extend(rank.map(|rank| (rank, name, folder, body)));
                }
                Ok(body) => {
                    let module = sources.modules.by_folder.entry(folder).or_default();
                    module.is_installed |= installed;
                    module.add(body);
                }
                Err(refusal) => refused.push((name, refusal)),
            }
        }
        assigned.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        for (.., folder, body) in assigned {
            if let Some(module) = sources.modules.by_folder.get_mut(&folder) {
                module.assign(body);
            }
        }
        (sources, refused)
    }

    /// Files that functions of the configuration may read.
    pub fn add_files(&mut self, files: impl IntoIterator<Item = (Arc<str>, &'t str)>) {
        files.into_iter().for_each(|(name, text)| self.modules.library.add(name, text));
    }

    /// Tells the circles among the locals, and the modules that are not here. What stands in a circle is refused.
    pub fn look_around(&self, roots: &[&str]) -> BTreeSet<Missing> {
        for module in self.modules.by_folder.values() {
            circles::tell(module, &self.modules.library);
        }
        let mut circles = BTreeSet::new();
        roots.iter().flat_map(|root| self.modules.missing(root, &mut circles)).collect()
    }

    /// What could not be read while things were worked out: templates, circles.
    pub fn refused(&self) -> Vec<(Arc<str>, Refusal)> {
        self.modules.library.refused()
    }

    /// Each `count` or `for_each` of which not all instances were looked at.
    pub fn cut(&self) -> Vec<(Arc<str>, Place)> {
        self.modules.library.cut().into_iter().map(|at| self.place(at)).collect()
    }

    /// The files that functions did read, and whether as templates.
    pub fn files_read(&self) -> Vec<(Arc<str>, bool)> {
        self.modules.library.asked()
    }

    /// The folders that no other calls as a module, and one of each circle; none of those that were installed.
    pub fn roots(&self) -> Vec<&str> {
        let calls = |folder: &str| -> Vec<String> {
            let module = self.modules.by_folder.get(folder);
            let paths = module.into_iter().flat_map(|module| module.sources());
            paths.map(|path| module::joined(folder, &path)).collect()
        };
        let own = self.modules.by_folder.iter().filter(|(_, module)| !module.is_installed);
        let own: Vec<&str> = own.map(|(folder, _)| folder.as_str()).collect();
        let called: BTreeSet<String> = self
            .modules
            .by_folder
            .keys()
            .flat_map(|folder| calls(folder).into_iter().filter(move |to| to != folder))
            .collect();
        let mut roots: Vec<&str> = own.iter().copied().filter(|folder| !called.contains(*folder)).collect();
        let mut left: Vec<String> = roots.iter().map(|folder| (*folder).to_owned()).collect();
        let mut covered: BTreeSet<String> = BTreeSet::new();
        loop {
            while let Some(folder) = left.pop() {
                if covered.insert(folder.clone()) {
                    left.extend(calls(&folder));
                }
            }
            let Some(next) = own.iter().find(|folder| !covered.contains(**folder)) else { return roots };
            roots.push(next);
            left.push((*next).to_owned());
        }
    }

    /// Everything that a root module declares, with the modules that it calls, as if deployed to `account`. None when
    /// it asks for more work than is done.
    pub fn resources(&self, root: &str, account: &str) -> Option<Vec<Resource>> {
        self.resources_apart(root, account, &Rc::default())
    }

    /// The same, with references that tell apart those that are called the same.
    pub fn resources_apart(&self, root: &str, account: &str, twins: &Rc<Twins>) -> Option<Vec<Resource>> {
        let (folder, module) = self.modules.by_folder.get_key_value(root)?;
        let mut machine = Machine::root(&self.modules, folder, module, account.into());
        machine.twins.clone_from(twins);
        let mut found = Vec::new();
        machine.find_default_tags();
        collect(&mut machine, &mut found);
        (!machine.is_exhausted()).then_some(found)
    }

    /// A file of this folder, to say something of the folder.
    pub fn file_of(&self, root: &str) -> Arc<str> {
        self.modules.library.find(|file| module::folder(file) == root).unwrap_or_else(|| root.into())
    }

    /// The file in which a value begins, and the value with places in that file alone.
    pub fn settled(&self, node: &Node) -> (Arc<str>, Node) {
        let file = self.modules.library.name(place::file(node.at));
        let mut node = node.clone();
        place::settle(&mut node);
        (file, node)
    }

    /// The conditions that a value hangs on, by its place.
    pub fn hangs_on(&self, at: Place) -> BTreeSet<String> {
        self.modules.library.hangs_on(at)
    }

    /// The conditions that a value hangs on where something that excludes it may stand as well.
    pub fn side(&self, node: &Node) -> BTreeSet<String> {
        self.modules.library.side(node)
    }

    /// The place of a value, whether or not it is always there.
    pub fn anyway(at: Place) -> Place {
        place::anyway(at)
    }

    /// The file and place of a value.
    pub fn place(&self, at: Place) -> (Arc<str>, Place) {
        (self.modules.library.name(place::file(at)), place::plain(at))
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

fn json(file: u16, text: &str, is_assigned: bool) -> Result<syntax::Body, Refusal> {
    match Node::json(text) {
        Ok(root) if is_assigned => Ok(json_body::assignments(file, &root)),
        Ok(root) => json_body::body(file, &root),
        Err(refusal) => {
            let at = super::Lines::new(text).place(refusal.at);
            Err(Refusal::new(at, format!("not JSON: {}", refusal.reason)))
        }
    }
}

fn collect(machine: &mut Machine<'_>, found: &mut Vec<Resource>) {
    let module = machine.module;
    for (address, block) in &module.resources {
        let Some(enabled) = machine.enabled(block) else { continue };
        let instances = machine.instances(address, block);
        for (position, instance) in instances.iter().enumerate() {
            let hanging = machine.conditions_of_instance(instance).with(&enabled);
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
                provider: machine.provider(block),
                hangs_on: hanging.all,
                surely_on: hanging.sure,
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
