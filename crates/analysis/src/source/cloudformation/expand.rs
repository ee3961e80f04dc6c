//! What is written shorter than it is: `Fn::ForEach`, and `AWS::Include` of a file beside the template.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>. A loop over what
//! is not known is gone through once, with holes, so that what is written in it is seen; that it is not known is told.
//! Other macros may change everything, and that is told too.

use std::rc::Rc;

use super::stacks::is_path;
use super::{Template, as_text};
use crate::source::hcl::{folder, joined, put_in_file};
use crate::source::{Entry, Node, Value, hole, shown};

const LOOP: &str = "Fn::ForEach::";
/// The most values that loops and includes may write.
const MOST_VALUES: usize = 500_000;
/// How deep loops and includes may lie in each other.
const DEEPEST: usize = 64;

/// Transforms that change nothing that is not worked out here.
const KNOWN: [&str; 5] = [
    "AWS::Serverless-2016-10-31",
    "AWS::LanguageExtensions",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
];

impl Template<'_> {
    /// The same with what is written shorter written out.
    pub(super) fn expanded(mut self) -> Self {
        self.tell_macros();
        self.tell_types();
        if !is_short(&self.raw) {
            return self;
        }
        // From here on places may be of other files.
        let mut raw = (*self.raw).clone();
        put_in_file(&mut raw, 0);
        self.raw = Rc::new(raw);
        self.root = self.raw.clone();
        self.is_mixed = true;
        let mut left = MOST_VALUES;
        let expanded = self.expand(&self.raw, 0, &mut left);
        if left == 0 {
            self.refuse(&self.raw, "loops and includes write more than is worked out");
        }
        self.root = Rc::new(expanded);
        self
    }

    fn expand(&self, node: &Node, depth: usize, left: &mut usize) -> Node {
        *left = left.saturating_sub(1);
        if depth > DEEPEST || *left == 0 {
            return Node::new(
                node.at,
                Value::Unknown("what is too deep or too large to be worked out".to_owned()),
            );
        }
        match &node.value {
            Value::List(items) => {
                let items = items.iter().map(|item| self.expand(item, depth + 1, left)).collect();
                Node::new(node.at, Value::List(items))
            }
            Value::Map(entries) => {
                let mut out = Vec::with_capacity(entries.len());
                for entry in entries {
                    if entry.key.starts_with(LOOP) {
                        self.each(entry, depth, left, &mut out);
                        continue;
                    }
                    let is_root_transform = entry.key == "Transform" && std::ptr::eq(node, &*self.raw);
                    let included = match is_root_transform || entry.key == "Fn::Transform" {
                        true => self.include(&entry.value, depth, left),
                        false => None,
                    };
                    match included {
                        Some(whole) if entries.len() == 1 => return whole,
                        Some(Node { value: Value::Map(more), .. }) => out.extend(more),
                        _ => {
                            let value = self.expand(&entry.value, depth + 1, left);
                            out.push(Entry { key: entry.key.clone(), at: entry.at, value });
                        }
                    }
                }
                Node::new(node.at, Value::Map(out))
            }
            _ => node.clone(),
        }
    }

    /// `Fn::ForEach::Name: [Identifier, Collection, {Key${Identifier}: Value}]`
    fn each(&self, entry: &Entry, depth: usize, left: &mut usize, out: &mut Vec<Entry>) {
        let [identifier, collection, body] = entry.value.items() else {
            return self.refuse(&entry.value, format!("`{}` takes a name, a list and a mapping", entry.key));
        };
        let (Some(name), Value::Map(_)) = (identifier.text(), &body.value) else {
            return self.refuse(&entry.value, format!("`{}` takes a name, a list and a mapping", entry.key));
        };
        let resolved = self.value(collection);
        let items = resolved.as_ref().map(Node::items).unwrap_or_default();
        let is_known = resolved.as_ref().is_some_and(|node| matches!(node.value, Value::List(_)));
        let mut values: Vec<String> = items.iter().filter_map(as_text).collect();
        if !is_known {
            let what = format!("what `{}` goes over is not known before it is deployed", entry.key);
            self.not_known(collection, what, "give the parameter a default, or check what the stack became");
            values.push(hole(name));
        }
        for value in values {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return;
            }
            let body = with(body, name, &value, left);
            if let Value::Map(entries) = self.expand(&body, depth + 1, left).value {
                out.extend(entries);
            }
        }
    }

    /// What an include of a local file holds; none for any other transform.
    fn include(&self, transform: &Node, depth: usize, left: &mut usize) -> Option<Node> {
        let found = transform.one_or_many().iter().find(|one| name(one) == Some("AWS::Include"))?;
        let location = found.path(&["Parameters", "Location"])?;
        let path = self.value(location).as_ref().and_then(as_text).unwrap_or_default();
        let fix = "check the template as it is before `aws cloudformation package`, with the files that it includes";
        if !is_path(&path) {
            let message =
                format!("what is included from `{}` is not here, so nothing is checked of it", shown(&path));
            self.not_known(location, message, fix);
            return None;
        }
        let name = joined(&folder(&self.file), &path);
        if name == joined("", &self.file) || self.including.borrow().contains(&name) {
            self.refuse(location, format!("`{path}` is included in a circle"));
            return None;
        }
        match self.stacks?.include(&name) {
            Some(Ok((_, tree))) => {
                self.including.borrow_mut().push(name);
                let expanded = self.expand(&tree, depth + 1, left);
                self.including.borrow_mut().pop();
                Some(expanded)
            }
            Some(Err(reason)) => {
                self.refuse(location, format!("`{path}`: {reason}"));
                None
            }
            None => {
                let message = format!(
                    "`{path}` is included and not among what is checked, so nothing is checked of it"
                );
                self.not_known(location, message, fix);
                None
            }
        }
    }

    /// What is no resource where one must be.
    fn tell_types(&self) {
        let is_known = |node: &Node| !matches!(node.value, Value::Unknown(_));
        let Some(resources) = self.raw.get("Resources") else {
            return self.refuse(&self.raw, "the template has no `Resources`");
        };
        if !matches!(resources.value, Value::Map(_)) && is_known(resources) {
            let reason = format!("`Resources` takes a mapping, and this is {}", resources.describe());
            return self.refuse(resources, reason);
        }
        for entry in resources.entries().iter().filter(|entry| !entry.key.starts_with("Fn::")) {
            let (id, node) = (&entry.key, &entry.value);
            if !is_known(node) {
                continue;
            }
            let kind = node.get("Type").filter(|kind| kind.text().is_some() || !is_known(kind));
            if kind.is_none() {
                self.refuse(node, format!("the resource `{id}` has no `Type`"));
            }
            let properties =
                node.get("Properties").filter(|node| is_known(node) && node.value != Value::Null);
            if let Some(properties) = properties.filter(|node| !matches!(node.value, Value::Map(_))) {
                let reason = format!("`Properties` takes a mapping, and this is {}", properties.describe());
                self.refuse(properties, reason);
            }
        }
    }

    /// Macros of somebody's own.
    fn tell_macros(&self) {
        let Some(transform) = self.raw.get("Transform") else { return };
        for one in transform.one_or_many() {
            let Some(name) = name(one).filter(|name| *name != "AWS::Include" && !KNOWN.contains(name)) else {
                continue;
            };
            let message = format!(
                "the macro `{name}` may change all of this template, and is not run: what is written is checked"
            );
            self.not_known(
                one,
                message,
                "check what the stack became (`aws cloudformation get-template --template-stage Processed`)",
            );
        }
    }

    fn refuse(&self, node: &Node, message: impl Into<String>) {
        if let Some(stacks) = self.stacks {
            stacks.refuse(self.place(node.at), message);
        }
    }

    fn not_known(&self, node: &Node, message: impl Into<String>, fix: &str) {
        if let Some(stacks) = self.stacks {
            stacks.not_here(self.place(node.at), message, fix);
        }
    }
}

/// The name of a transform, which may stand alone.
fn name(transform: &Node) -> Option<&str> {
    transform.text().or_else(|| transform.get("Name").and_then(Node::text))
}

/// Whether a loop or an include stands in it.
fn is_short(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(is_short),
        Value::Map(entries) => entries.iter().any(|entry| {
            let key = entry.key.as_str();
            key.starts_with(LOOP)
                || (key == "Fn::Transform" || key == "Transform")
                    && entry.value.one_or_many().iter().any(|one| name(one) == Some("AWS::Include"))
                || is_short(&entry.value)
        }),
        _ => false,
    }
}

/// The body of a loop for one value: `${Name}` and `&{Name}` in keys and texts, and `Ref: Name`.
fn with(node: &Node, name: &str, value: &str, left: &mut usize) -> Node {
    *left = left.saturating_sub(1);
    if *left == 0 {
        return Node::new(
            node.at,
            Value::Unknown("what is too deep or too large to be worked out".to_owned()),
        );
    }
    let filled = |text: &str| match text.contains('{') {
        // In a key only letters and digits are allowed: `&{Name}` is without what else the value has.
        true => {
            let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
            text.replace(&format!("${{{name}}}"), value).replace(&format!("&{{{name}}}"), &plain)
        }
        false => text.to_owned(),
    };
    let made = match &node.value {
        Value::Text(text) => Value::Text(filled(text)),
        Value::List(items) => Value::List(items.iter().map(|item| with(item, name, value, left)).collect()),
        Value::Map(entries) => match &entries[..] {
            [only] if only.key == "Ref" && only.value.text() == Some(name) => Value::Text(value.to_owned()),
            _ => {
                let entry = |entry: &Entry, left: &mut usize| Entry {
                    key: filled(&entry.key),
                    at: entry.at,
                    value: with(&entry.value, name, value, left),
                };
                Value::Map(entries.iter().map(|one| entry(one, left)).collect())
            }
        },
        other => other.clone(),
    };
    Node::new(node.at, made)
}
