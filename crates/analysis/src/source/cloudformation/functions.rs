//! The functions one by one. What cannot be worked out is unknown, or a hole in a text.

use super::{Template, as_text, facts, text, unknown};
use crate::source::hcl::filled;
use crate::source::{Node, Value, alternative, has_hole, hole};

/// The longest text that functions put together.
const LONGEST: usize = 1 << 20;

impl Template<'_> {
    pub(super) fn function(&self, name: &str, argument: &Node, node: &Node) -> Option<Node> {
        let resolved = match name {
            "Ref" => return self.reference(argument.text().unwrap_or_default(), node),
            "Fn::If" => return self.choice(argument, node),
            "Fn::GetAtt" => self.attribute(argument, node),
            "Fn::Sub" => self.sub(argument, node),
            "Fn::Join" => self.join(argument, node),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument, node),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::ToJsonString" => self.resolve(argument).map(|value| text(argument, value.to_json())),
            "Fn::Length" => self.length(argument, node),
            "Fn::Transform" | "Fn::ImportValue" => None,
            "Condition" => argument.text().map(|name| Node::new(node.at, Value::Bool(self.holds(name)))),
            _ => None,
        };
        Some(resolved.unwrap_or_else(|| unknown(node, shown(name, argument))))
    }

    /// A parameter's default, a pseudo parameter or what `Ref` gives of a resource; none for `AWS::NoValue`.
    fn reference(&self, name: &str, node: &Node) -> Option<Node> {
        if name == "AWS::NoValue" {
            return None;
        }
        if name == "AWS::AccountId" {
            return Some(text(node, &*self.account));
        }
        if let Some((_, value)) = facts::PSEUDO.iter().find(|(pseudo, _)| *pseudo == name) {
            return Some(text(node, *value));
        }
        if let Some(parameter) = self.root.get("Parameters").and_then(|all| all.get(name)) {
            return Some(parameter_value(parameter, self.inputs.get(name), name, node));
        }
        let Some((kind, _)) = self.properties(name) else { return Some(unknown(node, name)) };
        Some(match facts::reference(kind) {
            Some("arn") => text(node, self.arn(name).unwrap_or_else(|| hole(&self.own(name)))),
            Some("-") | None => text(node, hole(&self.own(name))),
            Some(property) => text(node, self.named(name, property)),
        })
    }

    /// The property that names a resource; AWS makes a name up where none is written.
    fn named(&self, id: &str, property: &str) -> String {
        let written = self.properties(id).and_then(|(_, properties)| properties?.get(property));
        let name = match written.and_then(|written| self.resolve(written)).map(|node| node.value) {
            Some(Value::Text(name)) => name,
            Some(Value::Number(number)) => number,
            _ => hole(&self.own(id)),
        };
        if self.twins.is_empty() {
            return name;
        }
        self.twins.get(&self.own(id)).map_or_else(|| name.clone(), |number| alternative(&name, *number))
    }

    /// The ARN that a resource will have, when that follows from its name.
    pub fn arn(&self, id: &str) -> Option<String> {
        let (kind, properties) = self.properties(id)?;
        let template = facts::arn_template(kind)?;
        Some(filled(template, |name| match name {
            "account" => Ok(self.account.clone()),
            "region" => Err(hole("AWS::Region")),
            "Path" => properties.and_then(|properties| self.text(properties, "Path")).ok_or_else(String::new),
            property => Ok(self.named(id, property)),
        }))
    }

    fn attribute(&self, argument: &Node, node: &Node) -> Option<Node> {
        let (id, attribute) = match &argument.value {
            Value::Text(text) => {
                text.split_once('.').map(|(id, attribute)| (id.to_owned(), attribute.to_owned()))?
            }
            _ => {
                let [id, attribute] = argument.items() else { return None };
                (id.text()?.to_owned(), as_text(&self.resolve(attribute)?)?)
            }
        };
        if let Some(output) = self.of_stack(&id, &attribute) {
            return Some(Node::new(node.at, output.value));
        }
        Some(text(node, self.attribute_text(&id, &attribute)))
    }

    /// `Outputs.Name` of a stack whose template is here.
    fn of_stack(&self, id: &str, attribute: &str) -> Option<Node> {
        let name = attribute.strip_prefix("Outputs.")?;
        self.stack(id)?.output(name)
    }

    fn attribute_text(&self, id: &str, attribute: &str) -> String {
        let is_arn = matches!(attribute, "Arn" | "TopicArn" | "PolicyArn");
        // SAM makes a role of its own for a function.
        if is_arn
            && self.properties(id).is_none()
            && let Some(function) = id.strip_suffix("Role")
            && self.properties(function).is_some_and(|(kind, _)| kind == "AWS::Serverless::Function")
        {
            return format!("arn:aws:iam::{}:role/{}", self.account, hole(&self.own(id)));
        }
        if let Some(output) = self.of_stack(id, attribute).as_ref().and_then(as_text) {
            return output;
        }
        let arn = if is_arn { self.arn(id) } else { None };
        arn.unwrap_or_else(|| hole(&self.own(&format!("{id}.{attribute}"))))
    }

    fn choice(&self, argument: &Node, node: &Node) -> Option<Node> {
        let [condition, then, otherwise] = argument.items() else {
            return Some(unknown(node, shown("Fn::If", argument)));
        };
        let name = condition.text().unwrap_or_default();
        self.resolve(if self.holds(name) { then } else { otherwise })
    }

    /// `${Name}`, `${Name.Attribute}`, `${!Literal}`.
    fn sub(&self, argument: &Node, node: &Node) -> Option<Node> {
        let (pattern, names) = match argument.items() {
            [] => (argument.text()?, None),
            [pattern, names] => (pattern.text()?, Some(names)),
            [pattern] => (pattern.text()?, None),
            _ => return None,
        };
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            rest = after;
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else if let Some(given) = names.and_then(|names| names.get(name)) {
                out.push_str(
                    &self.resolve(given).and_then(|value| as_text(&value)).unwrap_or_else(|| hole(name)),
                );
            } else if let Some((id, attribute)) = name.split_once('.') {
                out.push_str(&self.attribute_text(id, attribute));
            } else {
                let value = self.reference(name, node).and_then(|value| as_text(&value));
                out.push_str(&value.unwrap_or_else(|| hole(name)));
            }
            if out.len() > LONGEST {
                return None;
            }
        }
        out.push_str(rest);
        // The text stands where the pattern does, not where the function's name does.
        let at = argument.items().first().unwrap_or(argument);
        Some(text(at, out))
    }

    fn join(&self, argument: &Node, node: &Node) -> Option<Node> {
        let [by, list] = argument.items() else { return None };
        let list = self.resolve(list)?;
        let Value::List(items) = &list.value else { return None };
        let parts: Option<Vec<String>> = items.iter().map(as_text).collect();
        let (parts, by) = (parts?, by.text()?);
        let length = parts.iter().map(String::len).sum::<usize>() + by.len() * parts.len();
        (length <= LONGEST).then(|| text(node, parts.join(by)))
    }

    fn select(&self, argument: &Node) -> Option<Node> {
        let [index, list] = argument.items() else { return None };
        let index: usize = as_text(&self.resolve(index)?)?.parse().ok()?;
        match self.resolve(list)?.value {
            Value::List(mut items) if index < items.len() => Some(items.swap_remove(index)),
            _ => None,
        }
    }

    fn split(&self, argument: &Node, node: &Node) -> Option<Node> {
        let [by, whole] = argument.items() else { return None };
        let (by, whole) = (by.text().filter(|by| !by.is_empty())?, as_text(&self.resolve(whole)?)?);
        let inside_hole = has_hole(&whole);
        let parts = whole.split(by).map(|part| text(node, part)).collect();
        (!inside_hole).then(|| Node::new(node.at, Value::List(parts)))
    }

    fn length(&self, argument: &Node, node: &Node) -> Option<Node> {
        match self.resolve(argument)?.value {
            Value::List(items) => Some(Node::new(node.at, Value::Number(items.len().to_string()))),
            _ => None,
        }
    }

    /// A key that is not known, such as the region, may be any: what all say alike is known, and of lists all that any
    /// of them has.
    fn find_in_map(&self, argument: &Node) -> Option<Node> {
        let [map, top, second, more @ ..] = argument.items() else { return None };
        let key = |node: &Node| as_text(&self.resolve(node)?);
        let of = |node: &'_ Node, key: &str| -> Vec<Node> {
            match has_hole(key) {
                true => node.entries().iter().map(|entry| entry.value.clone()).collect(),
                false => node.get(key).cloned().into_iter().collect(),
            }
        };
        let found = self.root.get("Mappings")?.get(&key(map)?)?;
        let (top, second) = (key(top)?, key(second)?);
        let all: Vec<Node> = of(found, &top).iter().flat_map(|one| of(one, &second)).collect();
        let Some((first, rest)) = all.split_first() else {
            // AWS::LanguageExtensions: what there is when there is nothing.
            return self.resolve(more.iter().find_map(|one| one.get("DefaultValue"))?);
        };
        if rest.iter().all(|other| other.value == first.value) {
            return self.resolve(first);
        }
        let mut items: Vec<Node> = Vec::new();
        for one in &all {
            let more = match &one.value {
                Value::List(more) => more.as_slice(),
                Value::Text(_) => std::slice::from_ref(one),
                _ => return None,
            };
            for item in more {
                if !items.iter().any(|known| known.value == item.value) {
                    items.push(item.clone());
                }
            }
        }
        Some(Node::new(first.at, Value::List(items)))
    }
}

/// What a parameter is given, else its default.
fn parameter_value(parameter: &Node, given: Option<&Node>, name: &str, node: &Node) -> Node {
    let kind = parameter.get("Type").and_then(Node::text).unwrap_or_default();
    // Places of what is given are those of another template.
    let given = given.map(|given| {
        let mut given = given.clone();
        given.move_to(node.at);
        given
    });
    match given.as_ref().or_else(|| parameter.get("Default")) {
        Some(given) if matches!(given.value, Value::Unknown(_)) => given.clone(),
        // What the caller could not say in full is not known here either.
        Some(given) if matches!(given.value, Value::List(_)) => given.clone(),
        // Its value is the name of a parameter in the Parameter Store.
        _ if kind.starts_with("AWS::SSM::Parameter::Value") => unknown(node, name),
        None => unknown(node, name),
        Some(default) if kind == "CommaDelimitedList" || kind.starts_with("List<") => {
            let whole = as_text(default).unwrap_or_default();
            let items =
                whole.split(',').map(|item| Node::new(default.at, Value::Text(item.trim().to_owned())));
            Node::new(default.at, Value::List(items.collect()))
        }
        Some(default) => match as_text(default) {
            Some(value) => text(default, value),
            None => unknown(node, name),
        },
    }
}

/// A function for people: `Fn::ImportValue network-Vpc`.
fn shown(name: &str, argument: &Node) -> String {
    // It may stand within a JSON text.
    let argument = argument.to_json().replace(['"', '\\'], "'");
    let short: String = argument.trim_matches('\'').chars().take(60).collect();
    format!("{name} {short}")
}
