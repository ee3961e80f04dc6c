//! Templates that are deployed together: stacks within stacks, and what templates include.
//!
//! `AWS::CloudFormation::Stack` and SAM's `AWS::Serverless::Application` name a template by a path before
//! `aws cloudformation package` has put it elsewhere; so do includes. What is named otherwise is not here, and that is
//! told: <https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html>.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::{Template, as_text};
use crate::source::hcl::{folder, joined};
use crate::source::{Node, Place, Value, has_hole, shown, yaml};

/// How deep stacks may lie in each other.
const DEEPEST: usize = 12;
/// The most stacks that are followed from one template.
const MOST_STACKS: usize = 500;

/// Types of a stack within a stack, and the property with its template.
const NESTED: [(&str, &str); 2] =
    [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

/// Templates by name, the files that they may include, and what is told of both.
#[derive(Debug, Default)]
pub struct Stacks<'t> {
    templates: BTreeMap<String, (Arc<str>, Rc<Node>)>,
    texts: HashMap<String, (Arc<str>, &'t str)>,
    /// What was included, by the number less one that its places carry.
    pub(super) included: RefCell<Vec<(Arc<str>, Rc<Node>)>>,
    notes: RefCell<BTreeSet<Note>>,
    stacks: Cell<usize>,
}

/// What is told of a template beside its resources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file.
    pub file: Arc<str>,
    /// Where.
    pub at: Place,
    /// Lower case, no full stop.
    pub message: String,
    /// What can be done about what is not here; none for what cannot be read.
    pub fix: Option<String>,
}

/// A template with its stacks, by the logical id of the stack.
pub(super) type Children<'s> = RefCell<BTreeMap<String, Option<Rc<Template<'s>>>>>;

impl<'t> Stacks<'t> {
    /// These files; of those that are templates the tree.
    pub fn new(
        templates: impl IntoIterator<Item = (Arc<str>, &'t Node)>,
        files: impl IntoIterator<Item = (Arc<str>, &'t str)>,
    ) -> Stacks<'t> {
        let mut stacks = Stacks::default();
        for (name, root) in templates {
            stacks.templates.entry(joined("", &name)).or_insert_with(|| (name, Rc::new(root.clone())));
        }
        stacks.texts = files.into_iter().map(|(name, text)| (joined("", &name), (name, text))).collect();
        stacks
    }

    /// The names of templates that no other deploys as a stack of its own, and one of each circle.
    pub fn roots(&self) -> Vec<&str> {
        let called =
            |name: &str| self.templates.get(name).map(|(_, root)| called(name, root)).unwrap_or_default();
        let named: BTreeSet<String> = self
            .templates
            .keys()
            .flat_map(|name| called(name).into_iter().filter(move |other| other != name))
            .collect();
        let mut roots: Vec<&str> =
            self.templates.keys().map(String::as_str).filter(|name| !named.contains(*name)).collect();
        let mut covered: BTreeSet<String> = BTreeSet::new();
        let mut left: Vec<String> = roots.iter().map(|name| (*name).to_owned()).collect();
        loop {
            while let Some(name) = left.pop() {
                if covered.insert(name.clone()) {
                    left.extend(called(&name));
                }
            }
            let Some(next) = self.templates.keys().find(|name| !covered.contains(*name)) else {
                return roots;
            };
            roots.push(next);
            left.push(next.clone());
        }
    }

    /// A template, as if deployed to this account.
    pub fn template(&self, name: &str, account: &str) -> Option<Template<'_>> {
        let (file, root) = self.templates.get(name)?;
        self.stacks.set(0);
        Some(Template::of(file.clone(), root.clone(), account, Some(self)))
    }

    /// What is to be told.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.borrow().iter().cloned().collect()
    }

    /// The files that were included.
    pub fn included(&self) -> Vec<Arc<str>> {
        self.included.borrow().iter().map(|(file, _)| file.clone()).collect()
    }

    pub(super) fn refuse(&self, (file, at): (Arc<str>, Place), message: impl Into<String>) {
        let message = message.into();
        self.notes.borrow_mut().insert(Note { file, at, message, fix: None });
    }

    pub(super) fn not_here(&self, (file, at): (Arc<str>, Place), message: impl Into<String>, fix: &str) {
        let message = message.into();
        self.notes.borrow_mut().insert(Note { file, at, message, fix: Some(fix.to_owned()) });
    }

    /// What a file holds that is included, and the number of the file; none when it is not here.
    pub(super) fn include(&self, name: &str) -> Option<Result<(u16, Rc<Node>), String>> {
        let (file, text) = self.texts.get(name)?;
        let mut included = self.included.borrow_mut();
        if let Some(index) = included.iter().position(|(known, _)| known == file) {
            return Some(Ok((u16::try_from(index + 1).unwrap_or(u16::MAX), included[index].1.clone())));
        }
        let Ok(number) = u16::try_from(included.len() + 1) else {
            return Some(Err("more files are included than are read at once".to_owned()));
        };
        let read = yaml::parse(text);
        let mut tree = match (&read.refused[..], read.documents.into_iter().next()) {
            ([], Some(tree)) => tree,
            ([refusal, ..], _) => return Some(Err(format!("what it includes cannot be read: {refusal}"))),
            ([], None) => return Some(Err("what it includes is empty".to_owned())),
        };
        crate::source::hcl::put_in_file(&mut tree, number);
        let tree = Rc::new(tree);
        included.push((file.clone(), tree.clone()));
        Some(Ok((number, tree)))
    }
}

/// The templates that a template names by a path.
fn called(name: &str, root: &Node) -> Vec<String> {
    let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
    let path = |resource: &Node| {
        let kind = resource.get("Type").and_then(Node::text)?;
        let (_, property) = NESTED.iter().find(|(known, _)| *known == kind)?;
        let path = resource.path(&["Properties", property])?.text()?;
        is_path(path).then(|| joined(folder(name).as_str(), path))
    };
    resources.iter().filter_map(|entry| path(&entry.value)).collect()
}

pub(super) fn is_path(text: &str) -> bool {
    !text.contains("://") && !text.is_empty() && !has_hole(text)
}

impl<'s> Template<'s> {
    /// The stacks that it deploys, each with its logical id.
    pub fn stacks(&self) -> Vec<Rc<Template<'s>>> {
        self.resources().filter_map(|resource| self.stack(resource.id)).collect()
    }

    /// The stack of this logical id, if it is one whose template is here.
    pub(super) fn stack(&self, id: &str) -> Option<Rc<Template<'s>>> {
        if let Some(known) = self.children.borrow().get(id) {
            return known.clone();
        }
        let (kind, properties) = self.properties(id)?;
        let (_, property) = NESTED.iter().find(|(known, _)| *known == kind)?;
        // While its parameters are worked out it is not known to itself.
        self.children.borrow_mut().insert(id.to_owned(), None);
        let made = self.made(id, properties?, property).map(Rc::new);
        self.children.borrow_mut().insert(id.to_owned(), made.clone());
        made
    }

    fn made(&self, id: &str, properties: &Node, property: &str) -> Option<Template<'s>> {
        let stacks = self.stacks?;
        let written = properties.get(property)?;
        let place = self.place(written.at);
        let package =
            "check the template as it is before `aws cloudformation package`, which names it by a path";
        let path = match self.value(written)?.value {
            Value::Text(path) if is_path(&path) => path,
            Value::Text(other) => {
                let message =
                    format!("the stack `{id}` is from `{}`, so nothing is checked of it", shown(&other));
                stacks.not_here(place, message, package);
                return None;
            }
            _ => {
                let message = format!(
                    "the stack `{id}` does not say in words where its template is, so nothing is checked of it"
                );
                stacks.not_here(place, message, package);
                return None;
            }
        };
        let name = joined(&folder(&self.file), &path);
        let Some((file, root)) = stacks.templates.get(&name) else {
            let message = format!(
                "the stack `{id}` is from `{path}`, which is no template among what is checked, so nothing is checked of it"
            );
            stacks.not_here(place, message, "check the folder that holds it too");
            return None;
        };
        let mut above = self.above.clone();
        above.push(self.file.clone());
        if above.contains(file) {
            stacks.refuse(place, format!("the stack `{id}` is in a circle: `{file}` deploys itself"));
            return None;
        }
        stacks.stacks.set(stacks.stacks.get() + 1);
        if above.len() > DEEPEST || stacks.stacks.get() > MOST_STACKS {
            let message = format!(
                "the stack `{id}` lies too deep in others, or is one of too many, so nothing is checked of it"
            );
            stacks.not_here(place, message, "check its template for itself");
            return None;
        }
        let given = properties.get("Parameters").map(Node::entries).unwrap_or_default();
        let inputs = given.iter().filter_map(|entry| Some((entry.key.clone(), self.value(&entry.value)?)));
        let mut template = Template::bare(file.clone(), root.clone(), &self.account, self.stacks);
        template.inputs = inputs.map(|(name, node)| (name, joined_by_commas(node))).collect();
        template.prefix = format!("{}{id}.", self.prefix);
        template.above = above;
        let resource = self.root.get("Resources").and_then(|all| all.get(id));
        template.hangs_on = resource.map(|one| self.hangs_on(one)).unwrap_or_default();
        template.twins = self.twins.clone();
        template.steps = self.steps.clone();
        Some(template.expanded())
    }

    /// What the stack gives out by this name.
    pub(super) fn output(&self, name: &str) -> Option<Node> {
        self.value(self.root.path(&["Outputs", name, "Value"])?)
    }
}

/// Parameters are texts: a list is written with commas.
fn joined_by_commas(node: Node) -> Node {
    let Value::List(items) = &node.value else { return node };
    let parts: Option<Vec<String>> = items.iter().map(as_text).collect();
    match parts {
        Some(parts) => Node::new(node.at, Value::Text(parts.join(","))),
        None => node,
    }
}
