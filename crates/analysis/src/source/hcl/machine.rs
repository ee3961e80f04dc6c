//! A module with its inputs while it is worked out: what was worked out already is kept, and what is being worked out
//! is not asked for again.

mod bodies;
mod calls;
mod enabled;
mod files;
mod hangs;
mod instances;
mod providers;
mod resources;
mod types;

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use self::hangs::Hanging;
pub(super) use self::hangs::contents;
use self::instances::Instance;
pub(super) use self::instances::shown_key;
use super::computed;
use super::either::Wanted;
use super::eval::{Scope, indexed, nowhere, text, unknown, weight};
use super::installed::Installed;
use super::library::Library;
use super::module::Module;
use super::syntax::Step;
use crate::source::{Entry, Node, Place, Twins, Value, has_hole};

/// The most steps that working out one root module may take, with all that it calls.
const MOST_STEPS: usize = 3_000_000;

/// What there is to work with.
#[derive(Debug, Default)]
pub(super) struct Modules<'t> {
    /// By folder.
    pub(super) by_folder: BTreeMap<String, Module>,
    /// What functions may read.
    pub(super) library: Library<'t>,
    /// What `terraform init` has put where.
    pub(super) installed: Installed,
}

/// A module being worked out.
pub(super) struct Machine<'m> {
    pub(super) modules: &'m Modules<'m>,
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
    /// What they say where it is called.
    said: HashMap<String, String>,
    /// The conditions that it hangs on as a whole.
    /// Resources that are called the same, by their addresses.
    pub(super) twins: Rc<Twins>,
    /// What the root module calls the providers that this one is given.
    providers: HashMap<String, String>,
    hangs_on: Hanging,
    memo: HashMap<String, Node>,
    busy: HashSet<String>,
    instances: HashMap<String, Rc<Vec<Instance>>>,
    children: HashMap<String, Vec<(Option<Node>, Machine<'m>)>>,
    steps: Rc<Cell<usize>>,
    pub(super) depth: usize,
    /// Whether what is being worked out is a block of a statement that denies.
    is_denial: bool,
    /// What is being worked out is for.
    pub(super) wanted: Wanted,
    /// The folders of those that call it.
    above: Vec<&'m str>,
    /// The calls that lead here from the root module: `eks.kms`.
    called_by: String,
}

impl<'m> Machine<'m> {
    pub(super) fn root(
        modules: &'m Modules<'m>,
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
            said: HashMap::new(),
            twins: Rc::default(),
            providers: HashMap::new(),
            hangs_on: Hanging::default(),
            is_denial: false,
            memo: HashMap::new(),
            busy: HashSet::new(),
            instances: HashMap::new(),
            children: HashMap::new(),
            steps: Rc::default(),
            depth: 0,
            wanted: Wanted::default(),
            above: Vec::new(),
            called_by: String::new(),
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

    fn copied(&mut self, node: &Node) -> Node {
        match self.spend(weight(node)) {
            true => node.clone(),
            false => unknown(node.at, "what is too large to be worked out"),
        }
    }

    /// Works `name` out once; while it is being worked out it is not known to itself.
    fn once(&mut self, name: String, at: Place, work: impl FnOnce(&mut Machine<'m>) -> Node) -> Node {
        let name = match self.wanted {
            Wanted::One => name,
            wanted => format!("{name} {wanted:?}"),
        };
        if let Some(node) = self.memo.get(&name).cloned() {
            self.spend(weight(&node));
            return node;
        }
        if !self.busy.insert(name.clone()) {
            return unknown(at, name);
        }
        let was_denial = std::mem::take(&mut self.is_denial);
        let node = work(self);
        self.is_denial = was_denial;
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
        if scope.is_closed() {
            return unknown(at, written);
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
                let folder = if folder.is_empty() { "." } else { folder };
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
        let node = match self.module.types.get(name) {
            Some(kind) => self.with_optional(node, kind, 0),
            None => node,
        };
        match &node.value {
            // What says by its name that it is where this is deployed to is that.
            Value::Unknown(_) | Value::Null if ACCOUNT_VARIABLES.contains(&name) => text(at, &*self.account),
            Value::Unknown(_) | Value::Null if REGION_VARIABLES.contains(&name) => {
                text(at, computed::region(self))
            }
            _ => node,
        }
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

pub(super) fn map<const N: usize>(at: Place, entries: [(&str, Node); N]) -> Node {
    let entry = |(key, value): (&str, Node)| Entry { key: key.to_owned(), at, value };
    Node::new(at, Value::Map(entries.into_iter().map(entry).collect()))
}

/// The value of a map or list, for those who only have it as a whole.
pub(super) fn part(node: &Node, key: &str) -> Option<Node> {
    indexed(node.clone(), &text(node.at, key))
}
