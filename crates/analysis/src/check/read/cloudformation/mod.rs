//! CloudFormation and SAM templates: each is deployed for itself.

mod resources;
mod sam;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Gathered;
use super::deployed::{Deployed, Written};
use super::text::{BEGIN, Text};
use crate::check::Home;
use crate::source::cloudformation::{Resource, Template, as_text, is_template};
use crate::source::{Node, Value, hole};

pub(super) fn takes(text: &Text<'_>) -> bool {
    text.as_yaml().iter().any(is_template)
}

pub(super) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    for text in texts {
        gathered.refused(text);
        for root in text.as_yaml().iter().filter(|root| is_template(root)) {
            Deployed::settle(gathered, &text.file.name, |account| {
                let template = Template::new(root, account);
                deployed(&text.file.name, root, &template, account)
            });
            let template = Template::new(root, super::UNKNOWN_ACCOUNT);
            template.resources().for_each(|resource| drop(template.variants(resource.node)));
            if template.is_exhausted() {
                let reason = "the template asks for more work than is done";
                gathered.unreadable(&text.file.name, BEGIN, "", reason);
            }
        }
    }
}

fn deployed(file: &Arc<str>, root: &Node, template: &Template<'_>, account: &str) -> Deployed {
    let mut deployed = Deployed::to(account);
    for resource in template.resources() {
        let Some(declared) = Declared::new(file, root, template, resource) else { continue };
        match resource.kind {
            "AWS::Serverless::Function" | "AWS::Serverless::StateMachine" => {
                sam::add(&declared, &mut deployed)
            }
            _ => resources::add(&declared, &mut deployed),
        }
    }
    deployed
}

/// A resource with its properties worked out.
struct Declared<'t> {
    file: &'t Arc<str>,
    root: &'t Node,
    template: &'t Template<'t>,
    resource: Resource<'t>,
    /// What its properties can come to, the likeliest first.
    properties: Vec<Node>,
    nothing: Node,
}

impl<'t> Declared<'t> {
    fn new(
        file: &'t Arc<str>,
        root: &'t Node,
        template: &'t Template<'t>,
        resource: Resource<'t>,
    ) -> Option<Declared<'t>> {
        let properties = match resource.node.get("Properties") {
            Some(properties) => template.variants(properties),
            None => Vec::new(),
        };
        let nothing = Node::new(resource.node.at, Value::Map(Vec::new()));
        Some(Declared { file, root, template, resource, properties, nothing })
    }

    /// The properties as the defaults have them.
    fn likely(&self) -> &Node {
        self.properties.first().unwrap_or(&self.nothing)
    }

    /// The texts at a path in whichever way the properties come out, each once.
    fn texts(&self, path: &str) -> Vec<String> {
        let mut texts: Vec<String> = Vec::new();
        for properties in &self.properties {
            let nodes = super::deployed::at_path(properties, path).into_iter().flat_map(Node::one_or_many);
            for text in nodes.filter_map(as_text) {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        texts
    }

    fn text(&self, path: &str) -> Option<String> {
        self.texts(path).into_iter().next()
    }

    /// The name that a property gives; AWS makes one up where none is written.
    fn name(&self, property: &str) -> String {
        match self.likely().get(property).map(|node| &node.value) {
            Some(Value::Text(name)) => name.clone(),
            Some(Value::Number(number)) => number.clone(),
            _ => hole(self.resource.id),
        }
    }

    fn path(&self) -> String {
        self.text("Path").unwrap_or_else(|| "/".to_owned())
    }

    /// The boundary, if there is one whichever way conditions come out.
    fn boundary(&self) -> Option<String> {
        let always = self.properties.iter().all(|properties| properties.get("PermissionsBoundary").is_some());
        self.text("PermissionsBoundary").filter(|_| always)
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
        let mut found: Vec<Written> = Vec::new();
        for properties in &self.properties {
            for node in super::deployed::at_path(properties, path).into_iter().flat_map(Node::one_or_many) {
                self.add_document(node, &mut found);
            }
        }
        found
    }

    fn add_document(&self, node: &Node, found: &mut Vec<Written>) {
        if !found.iter().any(|known| known.root == *node) {
            found.push(self.written(node));
        }
    }

    fn written(&self, node: &Node) -> Written {
        Written { file: self.file.clone(), pointer: self.pointer(node), root: node.clone() }
    }

    /// The JSON pointer of what was written where this value stands.
    fn pointer(&self, node: &Node) -> String {
        let found =
            at_place(self.resource.node, node).and_then(|written| self.resource.node.pointer_of(written));
        format!(
            "/Resources/{}{}",
            self.resource.id.replace('~', "~0").replace('/', "~1"),
            found.unwrap_or_default()
        )
    }

    fn home(&self) -> Home {
        let entry = self.root.get("Resources").and_then(|all| all.entry(self.resource.id));
        Home {
            file: self.file.clone(),
            at: entry.map_or(self.resource.node.at, |entry| entry.at),
            pointer: format!("/Resources/{}", self.resource.id),
        }
    }
}

fn at_place<'n>(node: &'n Node, wanted: &Node) -> Option<&'n Node> {
    let same_kind = matches!(
        (&node.value, &wanted.value),
        (Value::Map(_), Value::Map(_)) | (Value::Text(_), Value::Text(_)) | (Value::List(_), Value::List(_))
    );
    if node.at == wanted.at && same_kind {
        return Some(node);
    }
    match &node.value {
        Value::List(items) => items.iter().find_map(|item| at_place(item, wanted)),
        Value::Map(entries) => entries.iter().find_map(|entry| at_place(&entry.value, wanted)),
        _ => None,
    }
}
