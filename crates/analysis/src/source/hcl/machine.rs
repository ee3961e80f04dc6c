//! A module with its inputs while it is worked out: what was worked out already is kept, and what is being worked out
//! is not asked for again.

mod calls;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use std::cell::Cell;

use super::eval::{Scope, indexed, nowhere, pairs, text, unknown, weight};
use super::module::{Module, joined};
use super::syntax::{Block, Body, Expr, Kind, Step};
use super::{computed, policy_document, template};
use crate::source::{Entry, Node, Place, Value, has_hole};

/// The most steps that working out one root module may take, with all that it calls.
const MOST_STEPS: usize = 3_000_000;
/// The most instances of one resource that are told apart.
const MOST_INSTANCES: usize = 512;

/// What there is to work with.
#[derive(Debug, Default)]
pub(super) struct Modules {
    /// By folder.
    pub(super) by_folder: BTreeMap<String, Module>,
    /// Files of JSON that `file` may read, by name.
    pub(super) documents: BTreeMap<String, Node>,
}

/// A module being worked out.
pub(super) struct Machine<'m> {
    pub(super) modules: &'m Modules,
    pub(super) module: &'m Module,
    folder: &'m str,
    root_folder: &'m str,
    /// `module.x.`, or nothing for a root.
    pub(super) prefix: String,
    /// Stands for the account that it is deployed to.
    pub(super) account: Rc<str>,
    region_of_caller: Option<Node>,
    /// The tags that the provider gives to everything.
    pub(super) default_tags: Option<Node>,
    inputs: HashMap<String, Node>,
    memo: HashMap<String, Node>,
    busy: HashSet<String>,
    instances: HashMap<String, Rc<Vec<Instance>>>,
    children: HashMap<String, Vec<(Option<Node>, Machine<'m>)>>,
    steps: Rc<Cell<usize>>,
    pub(super) depth: usize,
    calls: usize,
}

/// One of the things that a block with `count` or `for_each` stands for.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    /// The index or key, when there is one.
    pub(super) key: Option<Node>,
    pub(super) names: Vec<(String, Node)>,
}

impl<'m> Machine<'m> {
    pub(super) fn root(
        modules: &'m Modules,
        folder: &'m str,
        module: &'m Module,
        account: Rc<str>,
    ) -> Machine<'m> {
        Machine {
            modules,
            module,
            folder,
            root_folder: folder,
            prefix: String::new(),
            account,
            region_of_caller: None,
            default_tags: None,
            inputs: HashMap::new(),
            memo: HashMap::new(),
            busy: HashSet::new(),
            instances: HashMap::new(),
            children: HashMap::new(),
            steps: Rc::default(),
            depth: 0,
            calls: 0,
        }
    }

    /// Whether so many more steps may be taken.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        let spent = self.steps.get().saturating_add(steps);
        self.steps.set(spent);
        spent <= MOST_STEPS
    }

    /// Whether the text asked for more work than is done.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// What `file` reads, when it was read as well and is JSON.
    pub(super) fn document(&mut self, path: &str) -> Option<Node> {
        let modules = self.modules;
        let name = match path.strip_prefix(FOLDER) {
            Some(path) => joined("", path),
            None => joined(self.root_folder, path),
        };
        let node = modules.documents.get(&name)?;
        Some(template::encode(self.copied(node)))
    }

    fn copied(&mut self, node: &Node) -> Node {
        match self.spend(weight(node)) {
            true => node.clone(),
            false => unknown(node.at, "what is too large to be worked out"),
        }
    }

    /// Works `name` out once; while it is being worked out it is not known to itself.
    fn once(&mut self, name: String, at: Place, work: impl FnOnce(&mut Machine<'m>) -> Node) -> Node {
        if let Some(node) = self.memo.get(&name).cloned() {
            self.spend(weight(&node));
            return node;
        }
        if !self.busy.insert(name.clone()) {
            return unknown(at, name);
        }
        let node = work(self);
        self.busy.remove(&name);
        self.memo.insert(name, node.clone());
        node
    }

    pub(super) fn reference(
        &mut self,
        root: &str,
        steps: &[Step],
        written: &str,
        scope: &Scope<'_>,
        at: Place,
    ) -> Node {
        if let Some(node) = scope.find(root) {
            let node = node.clone();
            let node = self.copied(&node);
            return self.walk(node, steps, written, scope);
        }
        match (root, steps) {
            ("var", [Step::Attribute(name), rest @ ..]) => {
                let node = self.variable(name, at);
                self.walk(node, rest, written, scope)
            }
            ("local", [Step::Attribute(name), rest @ ..]) => {
                let Some(value) = self.module.locals.get(name) else { return unknown(at, written) };
                let node =
                    self.once(format!("local.{name}"), at, |machine| machine.eval(value, &Scope::default()));
                self.walk(node, rest, written, scope)
            }
            ("module", [Step::Attribute(name), rest @ ..]) => {
                self.call_output(name, rest, written, scope, at)
            }
            // Marked, so that `file` knows a folder of what was read from any other text.
            ("path", [Step::Attribute(which)]) => {
                let folder = if which == "module" { self.folder } else { self.root_folder };
                text(at, format!("{FOLDER}{folder}"))
            }
            ("terraform" | "each" | "count" | "self", _) => unknown(at, written),
            ("data", [Step::Attribute(kind), Step::Attribute(name), rest @ ..]) => {
                self.of_resource(&format!("data.{kind}.{name}"), rest, written, scope, at)
            }
            (kind, [Step::Attribute(name), rest @ ..]) => {
                self.of_resource(&format!("{kind}.{name}"), rest, written, scope, at)
            }
            _ => unknown(at, written),
        }
    }

    fn variable(&mut self, name: &str, at: Place) -> Node {
        let written = format!("var.{name}");
        let node = match self.inputs.get(name).cloned() {
            Some(input) => self.copied(&input),
            None => match self.module.variables.get(name) {
                Some(Some(default)) => {
                    self.once(written, at, |machine| machine.eval(default, &Scope::default()))
                }
                _ => unknown(at, written),
            },
        };
        match &node.value {
            // What says by its name that it is where this is deployed to is that.
            Value::Unknown(_) if ACCOUNT_VARIABLES.contains(&name) => text(at, &*self.account),
            Value::Unknown(_) if REGION_VARIABLES.contains(&name) => text(at, computed::region(self)),
            _ => node,
        }
    }

    /// What stands for a block: itself, or one for each value of `count` or `for_each`.
    pub(super) fn instances(&mut self, address: &str, block: &Block) -> Rc<Vec<Instance>> {
        if let Some(known) = self.instances.get(address) {
            return known.clone();
        }
        let name = format!("{address} instances");
        let found = match self.busy.insert(name.clone()) {
            true => self.find_instances(block),
            false => vec![Instance { key: None, names: Vec::new() }],
        };
        self.busy.remove(&name);
        let found = Rc::new(found);
        self.instances.insert(address.to_owned(), found.clone());
        found
    }

    fn find_instances(&mut self, block: &Block) -> Vec<Instance> {
        let top = Scope::default();
        if let Some(count) = block.body.attribute("count") {
            let at = count.value.at;
            let node = self.eval(&count.value, &top);
            let number = super::eval::number(&node).map(|number| number.max(0.0) as usize);
            let instance = |index: Node| Instance {
                key: Some(index.clone()),
                names: vec![("count".to_owned(), map(at, [("index", index)]))],
            };
            // A switch that is off by default can be switched on: only a zero that is written is none.
            return match number {
                Some(0) if matches!(count.value.kind, Kind::Literal(_)) => Vec::new(),
                Some(number) if number > 0 => (0..number.min(MOST_INSTANCES))
                    .map(|index| instance(Node::new(at, Value::Number(index.to_string()))))
                    .collect(),
                _ => vec![instance(unknown(at, "count.index"))],
            };
        }
        let Some(each) = block.body.attribute("for_each") else {
            return vec![Instance { key: None, names: Vec::new() }];
        };
        let at = each.value.at;
        let node = self.eval(&each.value, &top);
        let is_list = matches!(node.value, Value::List(_));
        let instance = |key: Node, value: Node| Instance {
            key: Some(key.clone()),
            names: vec![("each".to_owned(), map(at, [("key", key), ("value", value)]))],
        };
        match pairs(&node) {
            Ok(pairs) if !pairs.is_empty() => pairs
                .into_iter()
                .take(MOST_INSTANCES)
                // A set has its values for keys.
                .map(
                    |(key, value)| {
                        if is_list { instance(value.clone(), value) } else { instance(key, value) }
                    },
                )
                .collect(),
            _ => vec![instance(unknown(at, "each.key"), unknown(at, "each.value"))],
        }
    }

    fn of_resource(
        &mut self,
        address: &str,
        steps: &[Step],
        written: &str,
        scope: &Scope<'_>,
        at: Place,
    ) -> Node {
        let module = self.module;
        let Some(block) = module.resources.get(address) else {
            return unknown(at, written);
        };
        let instances = self.instances(address, block);
        let many = block.body.attribute("count").is_some() || block.body.attribute("for_each").is_some();
        match steps {
            [Step::Attribute(attribute), rest @ ..] if !many || rest.is_empty() => {
                let Some(instance) = instances.first() else { return unknown(at, written) };
                let node = self.attribute(address, block, 0, instance, attribute, written, at);
                self.walk(node, rest, written, scope)
            }
            [Step::Index(index), Step::Attribute(attribute), rest @ ..] => {
                let wanted = self.eval(index, scope);
                let position = position(&instances, &wanted);
                let Some(instance) = instances.get(position) else { return unknown(at, written) };
                let node = self.attribute(address, block, position, instance, attribute, written, at);
                self.walk(node, rest, written, scope)
            }
            [Step::Splat, Step::Attribute(attribute), rest @ ..] => {
                let mut items = Vec::new();
                for (position, instance) in instances.iter().enumerate() {
                    let node = self.attribute(address, block, position, instance, attribute, written, at);
                    items.push(self.walk(node, rest, written, scope));
                }
                Node::new(at, Value::List(items))
            }
            _ => {
                let node = self.whole(address, block, &instances, many, written, at);
                self.walk(node, steps, written, scope)
            }
        }
    }

    /// All attributes of a resource that are written or follow from them; by index or key when there are several.
    fn whole(
        &mut self,
        address: &str,
        block: &Block,
        instances: &[Instance],
        many: bool,
        written: &str,
        at: Place,
    ) -> Node {
        let mut all = Vec::new();
        for (position, instance) in instances.iter().enumerate() {
            let mut entries = Vec::new();
            let names = block.body.attributes.iter().map(|attribute| attribute.key.as_str());
            for name in names.chain(["arn", "id", "name"]).filter(|name| !META.contains(name)) {
                if entries.iter().any(|entry: &Entry| entry.key == name) {
                    continue;
                }
                let value = self.attribute(address, block, position, instance, name, written, at);
                entries.push(Entry { key: name.to_owned(), at: value.at, value });
            }
            all.push((instance.key.clone(), Node::new(at, Value::Map(entries))));
        }
        match (many, all.first()) {
            (false, Some(_)) => all.swap_remove(0).1,
            (false, None) => unknown(at, written),
            (true, Some((Some(Node { value: Value::Number(_), .. }), _))) | (true, None) => {
                Node::new(at, Value::List(all.into_iter().map(|(_, node)| node).collect()))
            }
            (true, _) => {
                let entry = |(key, value): (Option<Node>, Node)| {
                    let key = key.as_ref().and_then(super::eval::as_text).unwrap_or_default();
                    Entry { key, at, value }
                };
                Node::new(at, Value::Map(all.into_iter().map(entry).collect()))
            }
        }
    }

    /// One attribute of one resource.
    #[expect(
        clippy::too_many_arguments,
        reason = "which resource, which instance, which attribute, who asks"
    )]
    fn attribute(
        &mut self,
        address: &str,
        block: &Block,
        position: usize,
        instance: &Instance,
        name: &str,
        written: &str,
        at: Place,
    ) -> Node {
        let full = format!("{address}[{position}].{name}");
        let mut node = self.once(full, at, |machine| {
            let scope = Scope { names: instance.names.clone(), outer: None };
            if name == "json" && address.starts_with("data.aws_iam_policy_document.") {
                let body = machine.body(&block.body, &scope, block.at);
                return template::encode(policy_document::document(&body));
            }
            if let Some(attribute) = block.body.attribute(name) {
                let node = machine.eval(&attribute.value, &scope);
                match &node.value {
                    Value::Null => {}
                    // A name that is not known is the same unknown name wherever it is used.
                    Value::Unknown(_) if computed::is_named(address, name) => {}
                    _ => return node,
                }
            }
            if block.body.blocks.iter().any(|inner| inner.kind == name) {
                let body = machine.body(&block.body, &scope, block.at);
                return body.get(name).cloned().unwrap_or_else(|| unknown(at, written));
            }
            computed::attribute(machine, address, block, &scope, name).unwrap_or_else(|| unknown(at, written))
        });
        // What is asked of another resource stands where it is asked for, unless it has parts with places.
        if !matches!(node.value, Value::List(_) | Value::Map(_)) {
            node.at = at;
        }
        node
    }

    /// A body with all that is in it: blocks are lists of what they hold.
    pub(super) fn body(&mut self, body: &Body, scope: &Scope<'_>, at: Place) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for attribute in body.attributes.iter().filter(|attribute| !META.contains(&&*attribute.key)) {
            let value = self.eval(&attribute.value, scope);
            entries.push(Entry { key: attribute.key.clone(), at: attribute.at, value });
        }
        for block in &body.blocks {
            if META.contains(&&*block.kind) || !self.spend(1) {
                continue;
            }
            if block.kind == "dynamic" {
                self.dynamic(block, scope, &mut entries);
                continue;
            }
            let value = self.body(&block.body, scope, block.at);
            add(&mut entries, &block.kind, block.at, value);
        }
        Node::new(at, Value::Map(entries))
    }

    /// `dynamic "statement" { for_each = …, content { … } }`
    fn dynamic(&mut self, block: &Block, scope: &Scope<'_>, entries: &mut Vec<Entry>) {
        let Some(kind) = block.labels.first() else { return };
        let Some(content) = block.body.blocks.iter().find(|inner| inner.kind == "content") else { return };
        let iterator = block.body.attribute("iterator").map(|attribute| &attribute.value);
        let name = match iterator.map(|expr: &Expr| &expr.kind) {
            Some(Kind::Reference { root, .. }) => root.clone(),
            _ => kind.clone(),
        };
        let collection = match block.body.attribute("for_each") {
            Some(each) => self.eval(&each.value, scope),
            None => return,
        };
        let rounds = pairs(&collection).unwrap_or_else(|what| {
            vec![(unknown(collection.at, format!("{what} key")), unknown(collection.at, what))]
        });
        for (key, value) in rounds {
            if !self.spend(1) {
                return;
            }
            let each = map(collection.at, [("key", key), ("value", value)]);
            let inner = Scope::within(scope, vec![(name.clone(), each)]);
            let value = self.body(&content.body, &inner, content.at);
            add(entries, kind, content.at, value);
        }
    }

    /// A resource with its attributes, and with its ARN and the provider's tags when they follow.
    pub(super) fn declared(
        &mut self,
        address: &str,
        block: &Block,
        position: usize,
        instance: &Instance,
    ) -> Node {
        let scope = Scope { names: instance.names.clone(), outer: None };
        let mut node = self.body(&block.body, &scope, block.at);
        if block.kind != "resource" {
            return node;
        }
        let arn = self.attribute(address, block, position, instance, "arn", "arn", block.at);
        let tags = self.default_tags.clone();
        if let Value::Map(entries) = &mut node.value {
            let at = block.at;
            if !entries.iter().any(|entry| entry.key == "arn") && matches!(arn.value, Value::Text(_)) {
                entries.push(Entry { key: "arn".to_owned(), at, value: arn });
            }
            entries.extend(tags.map(|value| Entry { key: "default_tags".to_owned(), at, value }));
        }
        node
    }

    /// Works out what the provider gives to everything.
    pub(super) fn find_default_tags(&mut self) {
        if let Some(tags) = &self.module.default_tags {
            self.default_tags = Some(self.eval(tags, &Scope::default()));
        }
    }

    /// The region that the provider names, or that of whoever calls the module.
    pub(super) fn region(&mut self) -> Option<Node> {
        let Some(region) = self.module.region.as_ref() else { return self.region_of_caller.clone() };
        let node = self.once("provider.aws.region".to_owned(), nowhere(0), |machine| {
            machine.eval(region, &Scope::default())
        });
        matches!(&node.value, Value::Text(text) if !has_hole(text)).then_some(node)
    }
}

/// Begins the name of a folder that `path` gives.
const FOLDER: &str = "\u{e003}/";

/// Names of variables for the account that things are deployed to.
const ACCOUNT_VARIABLES: [&str; 5] =
    ["account_id", "aws_account_id", "account", "aws_account", "account_number"];
/// And for the region.
const REGION_VARIABLES: [&str; 3] = ["region", "aws_region", "region_name"];

/// What says how a block is treated and not what it is; some of it would make a circle.
const META: [&str; 9] = [
    "count",
    "for_each",
    "depends_on",
    "lifecycle",
    "provider",
    "providers",
    "provisioner",
    "connection",
    "timeouts",
];

fn position(instances: &[Instance], wanted: &Node) -> usize {
    let found = instances
        .iter()
        .position(|instance| instance.key.as_ref().is_some_and(|key| super::eval::same(key, wanted)));
    // What is not told apart is as good as the first.
    found.unwrap_or(if instances.len() == 1 { 0 } else { usize::MAX })
}

/// `["key"]` or `[0]`
pub(super) fn shown_key(key: Option<&Node>) -> String {
    match key.map(|key| &key.value) {
        None => String::new(),
        Some(Value::Number(number)) => format!("[{number}]"),
        Some(Value::Text(key)) => format!("[\"{key}\"]"),
        Some(_) => "[*]".to_owned(),
    }
}

pub(super) fn map<const N: usize>(at: Place, entries: [(&str, Node); N]) -> Node {
    let entry = |(key, value): (&str, Node)| Entry { key: key.to_owned(), at, value };
    Node::new(at, Value::Map(entries.into_iter().map(entry).collect()))
}

/// Adds a block to the others of its kind.
fn add(entries: &mut Vec<Entry>, kind: &str, at: Place, value: Node) {
    if let Some(earlier) = entries.iter_mut().find(|entry| entry.key == kind)
        && let Value::List(items) = &mut earlier.value.value
    {
        items.push(value);
        return;
    }
    let value = Node::new(at, Value::List(vec![value]));
    entries.push(Entry { key: kind.to_owned(), at, value });
}

/// The value of a map or list, for those who only have it as a whole.
pub(super) fn part(node: &Node, key: &str) -> Option<Node> {
    indexed(node.clone(), &text(node.at, key))
}
