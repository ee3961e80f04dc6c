//! CloudFormation templates with their functions worked out, as far as the text says:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
//!
//! Parameters have their defaults. A condition may come out either way, whatever the defaults say, so a resource is
//! worked out several times ([`Template::variants`]): once as the defaults have it, and once more for each condition on
//! which something in it hangs, the other way round.

mod conditions;
mod expand;
mod facts;
mod functions;
mod stacks;
mod variants;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

pub use facts::arn_template;
pub use stacks::{Note, Stacks};

use self::stacks::Children;
use super::{Node, Place, Twins, Value, hcl, hole};

/// The most steps that working out one template may take.
const MOST_STEPS: usize = 2_000_000;
/// How deep functions may lie in each other.
const DEEPEST: usize = 80;

/// A template.
#[derive(Debug)]
pub struct Template<'s> {
    file: Arc<str>,
    /// As it was written.
    raw: Rc<Node>,
    /// With what is written shorter written out.
    root: Rc<Node>,
    /// Whether places say of which file they are.
    is_mixed: bool,
    account: String,
    /// Values of parameters that are handed down.
    inputs: HashMap<String, Node>,
    /// What leads here from the template that is deployed: `Network.`, or nothing.
    prefix: String,
    /// The templates that deploy it.
    above: Vec<Arc<str>>,
    /// The conditions that it hangs on as a whole.
    hangs_on: BTreeSet<String>,
    /// Resources that are called the same, by their logical ids among all stacks.
    twins: Rc<Twins>,
    stacks: Option<&'s Stacks<'s>>,
    children: Children<'s>,
    /// The files that are being included.
    including: RefCell<Vec<String>>,
    steps: Rc<Cell<usize>>,
    /// Conditions that were asked for.
    asked: RefCell<BTreeSet<String>>,
    /// The conditions that come out the other way.
    flipped: RefCell<BTreeSet<String>>,
    depth: Cell<usize>,
    /// Whether there are more ways in which conditions can come out than were tried.
    is_cut: Cell<bool>,
    /// Whether of several statements that can be at a place that one is wanted which is there.
    is_plain: Cell<bool>,
}

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'n> {
    /// The logical id.
    pub id: &'n str,
    /// `AWS::IAM::Role`
    pub kind: &'n str,
    /// The whole of it.
    pub node: &'n Node,
}

/// Whether a text is a template: its resources have types of AWS.
pub fn is_template(root: &Node) -> bool {
    if root.get("AWSTemplateFormatVersion").is_some() {
        return true;
    }
    let Some(resources) = root.get("Resources") else { return false };
    resources.entries().iter().any(|entry| {
        let kind = entry.value.get("Type").and_then(Node::text).unwrap_or_default();
        ["AWS::", "Custom::", "Alexa::"].iter().any(|known| kind.starts_with(known))
            || kind.matches("::").count() == 2
            || entry.key.starts_with("Fn::")
    })
}

impl<'s> Template<'s> {
    /// A template for itself, as if deployed to this account.
    pub fn new(root: &Node, account: &str) -> Template<'s> {
        Template::of(Arc::from(""), Rc::new(root.clone()), account, None)
    }

    /// A template that stands in another file, as if deployed to this account; `name` is what deploys it.
    pub fn within(file: Arc<str>, root: &Node, account: &str, name: &str) -> Template<'s> {
        let mut template = Template::of(file, Rc::new(root.clone()), account, None);
        template.prefix = format!("{name}.");
        template
    }

    /// The same, with references that tell apart those that are called the same.
    pub fn telling_apart(mut self, twins: &Rc<Twins>) -> Template<'s> {
        self.twins.clone_from(twins);
        self
    }

    /// The same, hanging as a whole on these conditions.
    pub fn hanging_on(mut self, conditions: BTreeSet<String>) -> Template<'s> {
        self.hangs_on = conditions;
        self
    }

    fn of(file: Arc<str>, root: Rc<Node>, account: &str, stacks: Option<&'s Stacks<'s>>) -> Template<'s> {
        Template::bare(file, root, account, stacks).expanded()
    }

    fn bare(file: Arc<str>, root: Rc<Node>, account: &str, stacks: Option<&'s Stacks<'s>>) -> Template<'s> {
        Template {
            file,
            raw: root.clone(),
            root,
            is_mixed: false,
            account: account.to_owned(),
            inputs: HashMap::new(),
            prefix: String::new(),
            above: Vec::new(),
            hangs_on: BTreeSet::new(),
            twins: Rc::default(),
            stacks,
            children: RefCell::default(),
            including: RefCell::default(),
            steps: Rc::default(),
            asked: RefCell::default(),
            flipped: RefCell::default(),
            depth: Cell::new(0),
            is_cut: Cell::new(false),
            is_plain: Cell::new(false),
        }
    }

    /// The file.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// The whole of it, with what is written shorter written out.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// A logical id as it is among all stacks that are deployed together: `Network.Role`.
    pub fn own(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// The conditions that a resource hangs on, by names of their own among all stacks that are deployed together.
    pub fn hangs_on(&self, resource: &Node) -> BTreeSet<String> {
        let own = resource.get("Condition").and_then(Node::text);
        self.hangs_on.iter().cloned().chain(own.map(|condition| self.own(condition))).collect()
    }

    /// The file and place of a value.
    pub fn place(&self, at: Place) -> (Arc<str>, Place) {
        match (self.is_mixed, self.stacks, hcl::file_of(at).checked_sub(1)) {
            (true, Some(stacks), Some(index)) => {
                let included = stacks.included.borrow();
                let file = included.get(index).map_or_else(|| self.file.clone(), |(file, _)| file.clone());
                (file, hcl::plain(at))
            }
            _ => (self.file.clone(), at),
        }
    }

    /// The file in which a value begins, its pointer there, and the value with places in that file alone.
    pub fn settled(&self, node: &Node) -> (Arc<str>, String, Node) {
        let (file, _) = self.place(node.at);
        let pointer = self.pointer(node);
        let mut node = node.clone();
        if self.is_mixed {
            hcl::settle(&mut node);
        }
        (file, pointer, node)
    }

    /// The JSON pointer of what was written where a value stands.
    pub fn pointer(&self, node: &Node) -> String {
        let included = hcl::file_of(node.at).checked_sub(1).filter(|_| self.is_mixed);
        if let (Some(index), Some(stacks)) = (included, self.stacks) {
            let tree = stacks.included.borrow().get(index).map(|(_, tree)| tree.clone());
            return tree.and_then(|tree| tree.pointer_of(at_place(&tree, node)?)).unwrap_or_default();
        }
        at_place(&self.raw, node).and_then(|written| self.raw.pointer_of(written)).unwrap_or_default()
    }

    /// The resources.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let entries = self.root.get("Resources").map(Node::entries).unwrap_or_default();
        entries.iter().filter_map(|entry| {
            let kind = entry.value.get("Type").and_then(Node::text)?;
            Some(Resource { id: &entry.key, kind, node: &entry.value })
        })
    }

    /// Whether it asks for more work than is done.
    pub fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// What a value comes to, as the defaults have it; none for `AWS::NoValue`.
    pub fn value(&self, node: &Node) -> Option<Node> {
        self.resolve(node)
    }

    /// The text at a property, worked out.
    pub fn text(&self, properties: &Node, key: &str) -> Option<String> {
        as_text(&self.resolve(properties.get(key)?)?)
    }

    /// The properties of a resource that is declared.
    fn properties(&self, id: &str) -> Option<(&str, Option<&Node>)> {
        let resource = self.root.get("Resources")?.get(id)?;
        Some((resource.get("Type").and_then(Node::text)?, resource.get("Properties")))
    }

    fn resolve(&self, node: &Node) -> Option<Node> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > MOST_STEPS || self.depth.get() >= DEEPEST {
            return Some(unknown(node, "what is too deep or too large to be worked out"));
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = self.resolve_value(node);
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    fn resolve_value(&self, node: &Node) -> Option<Node> {
        match &node.value {
            Value::Map(entries) => {
                if let [only] = &entries[..]
                    && (only.key == "Ref"
                        || only.key == "Condition" && only.value.text().is_some()
                        || only.key.starts_with("Fn::"))
                {
                    return self.function(&only.key, &only.value, node);
                }
                let resolved = entries.iter().filter_map(|entry| {
                    let value = match self.statements(entry) {
                        Some(statements) => statements,
                        None => self.resolve(&entry.value)?,
                    };
                    Some(super::Entry { key: entry.key.clone(), at: entry.at, value })
                });
                Some(Node::new(node.at, Value::Map(resolved.collect())))
            }
            Value::List(items) => {
                let resolved = items.iter().filter_map(|item| self.resolve(item)).collect();
                Some(Node::new(node.at, Value::List(resolved)))
            }
            _ => Some(node.clone()),
        }
    }
}

/// What stands where `wanted` does in a tree.
pub fn at_place<'n>(node: &'n Node, wanted: &Node) -> Option<&'n Node> {
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

fn unknown(node: &Node, what: impl Into<String>) -> Node {
    Node::new(node.at, Value::Unknown(what.into()))
}

fn text(node: &Node, text: impl Into<String>) -> Node {
    Node::new(node.at, Value::Text(text.into()))
}

/// A value as a part of a text.
pub fn as_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Unknown(what) => Some(hole(what)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
