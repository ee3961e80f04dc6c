//! CloudFormation and SAM templates: each is deployed for itself, with the stacks in it.

mod resources;
mod sam;

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::deployed::{Deployed, Written};
use super::text::{BEGIN, Text};
use super::{Gathered, SourceFile};
use crate::check::Home;
use crate::check::right::{LEAST_QUOTA, length};
use crate::source::cloudformation::{Resource, Stacks, Template, as_text, at_place, is_template};
use crate::source::{Node, Value, hole, yaml};

pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_yaml().iter().any(is_template)
}

pub(super) fn read(texts: &[&Text<'_>], files: &[&SourceFile], gathered: &mut Gathered) {
    texts.iter().for_each(|text| gathered.refused(text));
    let roots =
        texts.iter().flat_map(|text| text.as_yaml().iter().map(|root| (text.file.name.clone(), root)));
    let files = files.iter().map(|file| (file.name.clone(), file.text.as_str()));
    let stacks = Stacks::new(roots.filter(|(_, root)| is_template(root)), files);
    for name in stacks.roots() {
        let (is_exhausted, is_cut) = (Cell::new(false), Cell::new(false));
        Deployed::settle(gathered, name, |deployed| {
            if let Some(template) = stacks.template(name, deployed.account()) {
                let template = template.telling_apart(deployed.twins());
                add(&template, deployed);
                is_exhausted.set(template.is_exhausted());
                is_cut.set(cuts(&template));
            }
        });
        if is_exhausted.get() {
            let reason = "the template asks for more work than is done";
            gathered.unreadable(&Arc::from(name), BEGIN, "", reason);
        }
        if is_cut.get() {
            let message =
                "more hangs on conditions than is tried, so not all that can be deployed is checked";
            let fix = "make templates of it that hang on fewer conditions".to_owned();
            gathered.not_here(&Arc::from(name), BEGIN, name, message.to_owned(), fix);
        }
    }
    for note in stacks.notes() {
        match note.fix {
            Some(fix) => gathered.not_here(&note.file, note.at, &note.file, note.message, fix),
            None => gathered.unreadable(&note.file, note.at, "", note.message),
        }
    }
    let included = stacks.included();
    gathered.estate.left_alone.retain(|file| !included.contains(file));
    gathered.used.extend(included);
}

/// Adds what a template deploys, with the stacks in it.
fn add(template: &Template<'_>, deployed: &mut Deployed) {
    for resource in template.resources() {
        let declared = Declared::new(template, resource);
        deployed.declare(&declared.id, template.hangs_on(resource.node), "");
        match resource.kind {
            "AWS::Serverless::Function" | "AWS::Serverless::StateMachine" => sam::add(&declared, deployed),
            "AWS::CloudFormation::StackSet" => {
                if let Some(body) = declared.likely().get("TemplateBody") {
                    add_text(body, &declared.home(), &declared.id, deployed);
                }
            }
            _ => resources::add(&declared, deployed),
        }
    }
    template.stacks().iter().for_each(|stack| add(stack, deployed));
}

/// Adds what a template deploys that stands in a text: everything in it stands where the text does.
pub(super) fn add_text(node: &Node, home: &Home, name: &str, deployed: &mut Deployed) {
    let parsed;
    let tree = match &node.value {
        Value::Text(text) => {
            parsed = yaml::parse(text);
            let Some(tree) = parsed.documents.first() else { return };
            tree
        }
        _ => node,
    };
    if !is_template(tree) {
        return;
    }
    let mut tree = tree.clone();
    tree.move_to(node.at);
    let account = deployed.account().to_owned();
    let template = Template::within(home.file.clone(), &tree, &account, name).telling_apart(deployed.twins());
    add(&template.hanging_on(deployed.hangs_on().clone()), deployed);
}

/// Whether a template or a stack in it hangs on more conditions than are tried.
fn cuts(template: &Template<'_>) -> bool {
    template.is_cut() || template.stacks().iter().any(|stack| cuts(stack))
}

/// A resource with its properties worked out.
struct Declared<'t, 's> {
    template: &'t Template<'s>,
    /// The logical id among all that is deployed together.
    id: String,
    resource: Resource<'t>,
    /// What its properties can come to, the likeliest first.
    properties: Vec<Node>,
    nothing: Node,
    /// What the properties really come to, each way for itself; worked out when it is asked for.
    realities: OnceCell<Vec<Node>>,
}

impl<'t, 's> Declared<'t, 's> {
    fn new(template: &'t Template<'s>, resource: Resource<'t>) -> Declared<'t, 's> {
        let properties = resource.node.get("Properties");
        let properties = properties.map(|properties| template.variants(properties)).unwrap_or_default();
        let nothing = Node::new(resource.node.at, Value::Map(Vec::new()));
        let id = template.own(resource.id);
        Declared { template, id, resource, properties, nothing, realities: OnceCell::new() }
    }

    /// The properties as the defaults have them.
    fn likely(&self) -> &Node {
        self.properties.first().unwrap_or(&self.nothing)
    }

    /// The texts at a path in whichever way the properties come out, each once.
    fn texts(&self, path: &str) -> Vec<String> {
        self.hanging(path).into_iter().map(|(text, _)| text).collect()
    }

    /// Those of the texts that are not there in every way.
    fn sometimes(&self, path: &str) -> Vec<String> {
        let hanging = self.hanging(path).into_iter();
        hanging.filter(|(_, hangs_on)| hangs_on.is_some()).map(|(text, _)| text).collect()
    }

    /// The texts at a path, each once, with what it hangs on when it is not there in every way.
    fn hanging(&self, path: &str) -> Vec<(String, Option<String>)> {
        self.hanging_of(path, |properties| texts_at(properties, path))
    }

    /// The same of the texts that `of` finds; `name` is what they are called by together.
    fn hanging_of(&self, name: &str, of: impl Fn(&Node) -> Vec<String>) -> Vec<(String, Option<String>)> {
        let ways: Vec<Vec<String>> = self.properties.iter().map(of).collect();
        let mut found: Vec<(String, Option<String>)> = Vec::new();
        for text in ways.iter().flatten() {
            if found.iter().all(|(known, _)| known != text) {
                let is_sure = ways.iter().all(|way| way.contains(text));
                found.push((text.clone(), (!is_sure).then(|| format!("{}.{name} {text}", self.id))));
            }
        }
        found
    }

    fn text(&self, path: &str) -> Option<String> {
        self.texts(path).into_iter().next()
    }

    /// The same, each with where it stands.
    fn places(&self, path: &str) -> Vec<(String, Home)> {
        let mut places: Vec<(String, Home)> = Vec::new();
        for properties in &self.properties {
            for node in super::deployed::at_path(properties, path).into_iter().flat_map(Node::one_or_many) {
                let known = |text: &String| places.iter().any(|(other, _)| other == text);
                if let Some(text) = as_text(node).filter(|text| !known(text)) {
                    places.push((text, self.written(node).home()));
                }
            }
        }
        places
    }

    /// The name that a property gives; AWS makes one up where none is written.
    fn name(&self, property: &str) -> String {
        match self.likely().get(property).map(|node| &node.value) {
            Some(Value::Text(name)) => name.clone(),
            Some(Value::Number(number)) => number.clone(),
            _ => hole(&self.id),
        }
    }

    fn path(&self) -> String {
        self.text("Path").unwrap_or_else(|| "/".to_owned())
    }

    /// What can be the boundary, if there is one whichever way conditions come out.
    fn boundaries(&self) -> Vec<String> {
        boundaries(&self.properties)
    }

    /// Tags as a list of keys and values, or as SAM's mapping.
    fn tags(&self) -> BTreeMap<String, String> {
        let Some(tags) = self.likely().get("Tags") else { return BTreeMap::new() };
        match &tags.value {
            Value::Map(entries) => {
                entries.iter().filter_map(|entry| Some((entry.key.clone(), as_text(&entry.value)?))).collect()
            }
            _ => tags
                .items()
                .iter()
                .filter_map(|tag| Some((as_text(tag.get("Key")?)?, as_text(tag.get("Value")?)?)))
                .collect(),
        }
    }

    /// The documents at a path in whichever way the properties come out, each once.
    fn documents(&self, path: &str) -> Vec<Written> {
        let at_path = |properties: &Node| {
            let nodes = super::deployed::at_path(properties, path).into_iter().flat_map(Node::one_or_many);
            nodes.map(|node| (String::new(), node.clone())).collect()
        };
        self.named_documents(at_path).into_iter().map(|(_, written)| written).collect()
    }

    /// The documents that `of` finds, with their names, in whichever way the properties come out, each once. What one of them
    /// denies counts as far as it is denied whichever way that is.
    fn named_documents(&self, of: impl Fn(&Node) -> Vec<(String, Node)>) -> Vec<(String, Written)> {
        let ways: Vec<Vec<(String, Node)>> = self.properties.iter().map(of).collect();
        let is_in_all =
            |is: &dyn Fn(&Node) -> bool| ways.iter().all(|way| way.iter().any(|(_, node)| is(node)));
        let mut found: Vec<(String, Written)> = Vec::new();
        let mut denials: Option<Rc<[String]>> = None;
        for (name, node) in ways.iter().flatten() {
            let mut written = self.written(node);
            if found.iter().any(|(other, known)| other == name && known.root == written.root) {
                continue;
            }
            if !is_in_all(&|other| other.value == node.value) {
                let sure = || {
                    let all = ways.iter().take(1).flatten().flat_map(|(_, node)| denied(node));
                    all.filter(|one| is_in_all(&|node| denied(node).any(|other| other == *one))).collect()
                };
                written.denials = Some(denials.get_or_insert_with(sure).clone());
            }
            found.push((name.clone(), written));
        }
        found
    }

    fn written(&self, node: &Node) -> Written {
        let (file, pointer, mut root) = self.template.settled(node);
        let mut longest = None;
        if let Value::Map(_) = root.value {
            numbers_as_texts(&mut root);
            longest = (length(&root) > LEAST_QUOTA).then(|| self.longest(node)).flatten();
        }
        Written { file, pointer, root, denials: None, longest }
    }

    /// The characters of a document that hangs on conditions, in the longest way in which it can really be.
    fn longest(&self, document: &Node) -> Option<usize> {
        let properties = self.resource.node.get("Properties")?;
        let realities = self.realities.get_or_init(|| self.template.realities(properties));
        realities.iter().filter_map(|one| at_place(one, document)).map(length).max()
    }

    fn home(&self) -> Home {
        let entry = self.template.root().get("Resources").and_then(|all| all.entry(self.resource.id));
        let (file, at) = self.template.place(entry.map_or(self.resource.node.at, |entry| entry.at));
        Home { file, at, pointer: self.template.pointer(self.resource.node) }
    }
}

/// What can be the boundary, if there is one in each of these ways.
fn boundaries(ways: &[Node]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for way in ways {
        let of_way = texts_at(way, "PermissionsBoundary");
        if of_way.is_empty() {
            return Vec::new();
        }
        found.extend(of_way);
    }
    let mut known = HashSet::new();
    found.retain(|text| known.insert(text.clone()));
    found
}

/// The texts at a path.
fn texts_at(properties: &Node, path: &str) -> Vec<String> {
    let nodes = super::deployed::at_path(properties, path).into_iter().flat_map(Node::one_or_many);
    nodes.filter_map(as_text).collect()
}

/// The statements of a document that deny, as JSON.
fn denied(document: &Node) -> impl Iterator<Item = String> {
    let statements = document.get("Statement").map(Node::one_or_many).unwrap_or_default().iter();
    let denies = |one: &&Node| one.get("Effect").and_then(Node::text) == Some("Deny");
    statements.filter(denies).map(Node::to_json)
}

/// CloudFormation takes a number for its text: an account that stands without quotation marks.
fn numbers_as_texts(node: &mut Node) {
    match &mut node.value {
        Value::Number(number) => node.value = Value::Text(std::mem::take(number)),
        Value::List(items) => items.iter_mut().for_each(numbers_as_texts),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| numbers_as_texts(&mut entry.value)),
        _ => {}
    }
}
