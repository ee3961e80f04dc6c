//! Plans and states as `terraform show -json` prints them:
//! <https://developer.hashicorp.com/terraform/internals/json-format>.
//!
//! What a plan does not know yet is looked up in the configuration that it carries: an expression that refers to one
//! other resource of the plan is that resource's ARN or name, anything else stays unknown.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::declared::{Declared, add};
use super::later::Later;
use crate::check::Home;
use crate::check::read::Gathered;
use crate::check::read::deployed::{Deployed, Hangs, Written, at_path};
use crate::check::read::iam::kind_of;
use crate::check::read::shape::{Row, Takes, wrong};
use crate::check::read::text::Text;
use crate::source::hcl::{arn_template, filled};
use crate::source::{Entry, Node, Value, hole};

/// What the keys of a module take, and of a resource.
const MODULE: &[Row] = &[("resources", Takes::Maps), ("child_modules", Takes::Maps)];
const RESOURCE: &[Row] = &[("address", Takes::Text), ("type", Takes::Text), ("values", Takes::Map)];

pub(in crate::check::read) fn takes(text: &Text<'_>) -> bool {
    text.as_json().is_some_and(|node| root(node).is_some())
}

fn root(node: &Node) -> Option<&Node> {
    node.get("format_version")?;
    node.path(&["planned_values", "root_module"]).or_else(|| node.path(&["values", "root_module"]))
}

pub(in crate::check::read) fn read(texts: &[&Text<'_>], gathered: &mut Gathered) {
    for text in texts {
        let Some(node) = text.as_json() else { continue };
        let Some(module) = root(node) else { continue };
        let plan = Plan::of(text.file.name.clone(), node, module);
        if let Some((wrong, reason)) = plan.wrong(module, 0) {
            let pointer = node.pointer_of(wrong).unwrap_or_default();
            gathered.unreadable(&text.file.name, wrong.at, pointer, reason);
        }
        let known = plan.account();
        Deployed::settle(gathered, &text.file.name, |deployed| {
            if let Some(account) = &known {
                deployed.is_to(account);
            }
            plan.deployed(deployed);
        });
    }
}

pub(super) struct Planned<'n> {
    node: &'n Node,
    pointer: String,
    pub(super) address: &'n str,
    /// `module.x.`, without indices.
    pub(super) prefix: String,
    kind: &'n str,
    values: &'n Node,
}

pub(super) struct Plan<'n> {
    file: Arc<str>,
    root: &'n Node,
    resources: Vec<Planned<'n>>,
    /// What is not known of each resource, by address.
    unknown: HashMap<&'n str, &'n Node>,
    /// Documents that Terraform reads while it applies.
    pub(super) later: Vec<Later<'n>>,
}

impl<'n> Plan<'n> {
    fn of(file: Arc<str>, root: &'n Node, module: &'n Node) -> Plan<'n> {
        let mut plan = Plan { file, root, resources: Vec::new(), unknown: HashMap::new(), later: Vec::new() };
        let pointer = root.pointer_of(module).unwrap_or_default();
        plan.module(module, &pointer, "", 0);
        for change in root.get("resource_changes").map(Node::items).unwrap_or_default() {
            let address = change.get("address").and_then(Node::text);
            if let (Some(address), Some(unknown)) = (address, change.path(&["change", "after_unknown"])) {
                plan.unknown.insert(address, unknown);
            }
            plan.later.extend(Later::of(change));
        }
        plan
    }

    /// The first value of a module that is of another type than its key takes.
    fn wrong(&self, module: &'n Node, depth: usize) -> Option<(&'n Node, String)> {
        let each = |key: &str| module.get(key).map(Node::items).unwrap_or_default().iter();
        wrong(module, MODULE)
            .or_else(|| each("resources").find_map(|resource| wrong(resource, RESOURCE)))
            .or_else(|| {
                each("child_modules").find_map(|child| self.wrong(child, depth + 1)).filter(|_| depth < 32)
            })
    }

    fn module(&mut self, module: &'n Node, pointer: &str, prefix: &str, depth: usize) {
        for (index, node) in module.get("resources").map(Node::items).unwrap_or_default().iter().enumerate() {
            let text = |key: &str| node.get(key).and_then(Node::text);
            let (Some(address), Some(kind), Some(values)) =
                (text("address"), text("type"), node.get("values"))
            else {
                continue;
            };
            if text("mode") != Some("data") {
                let pointer = format!("{pointer}/resources/{index}");
                self.resources.push(Planned {
                    node,
                    pointer,
                    address,
                    prefix: prefix.to_owned(),
                    kind,
                    values,
                });
            }
        }
        let children = module.get("child_modules").map(Node::items).unwrap_or_default();
        for (index, child) in children.iter().enumerate().filter(|_| depth < 32) {
            let address = child.get("address").and_then(Node::text).unwrap_or_default();
            let prefix = format!("{}.", without_indices(address));
            self.module(child, &format!("{pointer}/child_modules/{index}"), &prefix, depth + 1);
        }
    }

    /// The account that the plan's own ARNs name.
    fn account(&self) -> Option<String> {
        let arns = self.resources.iter().filter_map(|one| one.values.get("arn").and_then(Node::text));
        let mut accounts = arns.filter_map(|arn| arn.split(':').nth(4));
        let known = |account: &str| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        accounts.find(|account| known(account)).map(str::to_owned)
    }

    fn deployed(&self, deployed: &mut Deployed) {
        let account = deployed.account().to_owned();
        let arns: HashMap<String, String> =
            self.resources.iter().filter_map(|one| Some((base(one), self.arn(one, &account)?))).collect();
        let names: HashMap<String, String> =
            self.resources.iter().map(|one| (base(one), name(one))).collect();
        let used = RefCell::default();
        for planned in &self.resources {
            let body = self.body(planned, &arns, &names, &used);
            let declared = Declared {
                address: planned.address,
                base: base(planned),
                kind: planned.kind,
                home: Home { file: self.file.clone(), at: planned.node.at, pointer: planned.pointer.clone() },
                body: &body,
                written: &|node| self.written(planned, node),
                hangs_on: &|_| Hangs::new(),
            };
            // Whatever is called the same in a plan is in other accounts; in which, the names do not say.
            deployed.declare(planned.address, Hangs::new(), planned.address);
            add(&declared, deployed);
        }
        // Documents that nothing is known to use are policies all the same.
        let used = used.into_inner();
        for later in self.later.iter().filter(|later| !used.contains(later.address)) {
            let root = self.read_later(later, 0);
            let kind = kind_of(&self.file, &root);
            let pointer = self.root.pointer_of(later.after).unwrap_or_default();
            let written = Written::new(self.file.clone(), pointer, root);
            deployed.document(later.address.to_owned(), kind, "", written);
        }
    }

    fn written(&self, planned: &Planned<'_>, node: &Node) -> Written {
        let entry = planned.values.entries().iter().find(|entry| entry.value.at == node.at);
        let pointer = match entry {
            Some(entry) => format!("{}/values/{}", planned.pointer, entry.key),
            None => planned.pointer.clone(),
        };
        Written::new(self.file.clone(), pointer, node.clone())
    }

    fn arn(&self, planned: &Planned<'_>, account: &str) -> Option<String> {
        if let Some(arn) = planned.values.get("arn").and_then(Node::text) {
            return Some(arn.to_owned());
        }
        let base = base(planned);
        Some(filled(arn_template(planned.kind)?, |name| match name {
            "account" => Ok(account.to_owned()),
            "region" => Err(hole("region")),
            name => {
                let written = planned.values.get(name).and_then(Node::text);
                written.map(str::to_owned).ok_or_else(|| hole(&format!("{base}.{name}")))
            }
        }))
    }

    /// The values, with what follows for those that are not known yet.
    fn body(
        &self,
        planned: &Planned<'_>,
        arns: &HashMap<String, String>,
        names: &HashMap<String, String>,
        used: &RefCell<HashSet<&'n str>>,
    ) -> Node {
        let mut body = planned.values.clone();
        let unknown = self.unknown.get(planned.address).map(|node| node.entries()).unwrap_or_default();
        let Value::Map(entries) = &mut body.value else { return body };
        let at = planned.node.at;
        if let Some(arn) = arns.get(&base(planned)) {
            put(entries, "arn", Node::new(at, Value::Text(arn.clone())));
        }
        for entry in
            unknown.iter().filter(|entry| entry.value.value == Value::Bool(true) && entry.key != "arn")
        {
            let reference = self.reference(planned, &entry.key);
            if let Some(later) = reference.as_deref().and_then(|one| self.later(one, planned)) {
                used.borrow_mut().insert(later.address);
                put(entries, &entry.key, self.read_later(later, 0));
                continue;
            }
            let value = match reference {
                Some(reference) => follow(&reference, &planned.prefix, arns, names),
                None => None,
            };
            let what = || format!("{}.{}", planned.address, entry.key);
            let value = value.map_or_else(|| Value::Unknown(what()), Value::Text);
            put(entries, &entry.key, Node::new(at, value));
        }
        body
    }

    /// The most exact of the references that an attribute's expression has.
    fn reference(&self, planned: &Planned<'_>, key: &str) -> Option<String> {
        self.references(planned.address, &planned.prefix, key).into_iter().next()
    }

    /// All references of an attribute of a resource or of data.
    pub(super) fn references(&self, address: &str, prefix: &str, key: &str) -> Vec<String> {
        self.expressions(address, prefix, key).unwrap_or_default()
    }

    fn expressions(&self, address: &str, prefix: &str, key: &str) -> Option<Vec<String>> {
        let mut module = self.root.path(&["configuration", "root_module"])?;
        for call in prefix.split('.').filter(|step| !step.is_empty() && *step != "module") {
            module = module.path(&["module_calls", call, "module"])?;
        }
        let wanted = without_indices(address);
        let wanted = wanted.strip_prefix(prefix).unwrap_or(&wanted);
        let resources = module.get("resources")?.items();
        let found = resources.iter().find(|one| one.get("address").and_then(Node::text) == Some(wanted))?;
        let references = at_path(found, &format!("expressions.{key}.references"));
        Some(references.into_iter().flat_map(Node::items).filter_map(Node::text).map(str::to_owned).collect())
    }
}

/// `aws_iam_policy.x.arn` as what the plan knows of it.
fn follow(
    reference: &str,
    prefix: &str,
    arns: &HashMap<String, String>,
    names: &HashMap<String, String>,
) -> Option<String> {
    let reference = without_indices(reference);
    let (resource, attribute) = reference.rsplit_once('.')?;
    let resource = format!("{prefix}{resource}");
    let by_arn = attribute == "arn" || attribute == "id" && resource.contains("aws_iam_policy.");
    match by_arn {
        // An ARN of which only the deployment knows the form is the same wherever it is named.
        true if attribute == "arn" && names.contains_key(&resource) => {
            Some(arns.get(&resource).cloned().unwrap_or_else(|| hole(&format!("{resource}.arn"))))
        }
        true => arns.get(&resource).cloned(),
        false if matches!(attribute, "name" | "id") => names.get(&resource).cloned(),
        false => None,
    }
}

fn put(entries: &mut Vec<Entry>, key: &str, value: Node) {
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) if entry.value.value == Value::Null => entry.value = value,
        Some(_) => {}
        None => entries.push(Entry { key: key.to_owned(), at: value.at, value }),
    }
}

fn base(planned: &Planned<'_>) -> String {
    without_indices(planned.address)
}

fn name(planned: &Planned<'_>) -> String {
    let written = planned.values.get("name").and_then(Node::text);
    written.map_or_else(|| hole(&format!("{}.name", base(planned))), str::to_owned)
}

/// An address without `[0]` and `["key"]`.
pub(super) fn without_indices(address: &str) -> String {
    let mut out = String::new();
    let (mut within, mut quoted) = (false, false);
    for character in address.chars() {
        match character {
            '"' if within => quoted = !quoted,
            '[' if !quoted => within = true,
            ']' if !quoted => within = false,
            other if !within => out.push(other),
            _ => {}
        }
    }
    out
}
