//! Attributes of resources and of data, as others ask for them and as they are declared.

use super::Machine;
use super::bodies::META;
use super::instances::{Instance, position, shown_key};
use crate::source::hcl::eval::{Scope, as_text, unknown};
use crate::source::hcl::syntax::{Block, Step};
use crate::source::hcl::{computed, policy_document, template};
use crate::source::{Entry, Node, Place, Value, alternative};

/// What a principal or policy is referred to by.
const NAMES: [&str; 6] = ["name", "id", "arn", "role_name", "user_name", "group_name"];

impl Machine<'_> {
    pub(super) fn of_resource(
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
                    let key = key.as_ref().and_then(as_text).unwrap_or_default();
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
            let scope = Scope::of(instance.names.clone());
            if matches!(name, "json" | "minified_json")
                && address.starts_with("data.aws_iam_policy_document.")
            {
                let body = machine.body(&block.body, &scope, block.at);
                return template::encode(policy_document::document(&body));
            }
            if name == "rendered" && address.starts_with("data.template_file.") {
                let vars = block.body.attribute("vars").map(|vars| &vars.value);
                let made = block.body.attribute("template");
                let made = made.and_then(|made| machine.old_template(&made.value, vars, &scope));
                return made.unwrap_or_else(|| unknown(at, written));
            }
            if let Some(attribute) = block.body.attribute(name) {
                let mut node = machine.eval(&attribute.value, &scope);
                // The provider gives it without the scheme, however it is written.
                if let (Value::Text(url), "url") = (&mut node.value, name)
                    && address.contains("aws_iam_openid_connect_provider.")
                {
                    *url = url.trim_start_matches("https://").to_owned();
                }
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
        if NAMES.contains(&name) && !self.twins.is_empty() {
            let full = format!("{}{address}{}", self.prefix, shown_key(instance.key.as_ref()));
            if let (Some(number), Some(text)) = (self.twins.get(&full), as_text(&node)) {
                node.value = Value::Text(alternative(&text, *number));
            }
        }
        // What is asked of another resource stands where it is asked for, unless it has parts with places.
        if !matches!(node.value, Value::List(_) | Value::Map(_)) {
            node.at = at;
        }
        node
    }

    /// A resource with its attributes, and with its ARN and the provider's tags when they follow.
    pub(in crate::source::hcl) fn declared(
        &mut self,
        address: &str,
        block: &Block,
        position: usize,
        instance: &Instance,
    ) -> Node {
        let scope = Scope::of(instance.names.clone());
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
}
