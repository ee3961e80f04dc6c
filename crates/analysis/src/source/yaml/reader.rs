//! From the parser's events to trees.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{DEEPEST, MOST_VALUES, Yaml, scalar};
use crate::source::{Entry, Node, Place, Refusal, Value};

/// A list or mapping that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    size: usize,
    /// The key whose value comes next.
    key: Option<(String, Place)>,
    keys: HashMap<String, Place>,
    form: Form,
    /// Whether `<<` put something there.
    merged: bool,
}

/// What a tag makes of a value.
enum Form {
    Plain,
    /// The key of CloudFormation's long form.
    Function(String),
    /// Nobody knows the tag.
    Unknown(String),
}

struct Anchored {
    node: Node,
    size: usize,
}

#[derive(Default)]
struct Reader {
    yaml: Yaml,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
}

pub(super) fn read(text: &str) -> Yaml {
    let mut reader = Reader::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for event in Parser::new_from_str(text) {
        let went = match event {
            Ok((event, span)) => reader.event(event, span),
            Err(error) => {
                let at = place(error.marker().line(), error.marker().col());
                Err(Refusal::new(at, format!("not YAML: {}", error.kind())))
            }
        };
        if let Err(refusal) = went {
            reader.yaml.refused.push(refusal);
            break;
        }
    }
    reader.yaml
}

fn place(line: usize, column: usize) -> Place {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Place { line: number(line), column: number(column.saturating_add(1)) }
}

impl Reader {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let at = place(span.start.line(), span.start.col());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text.into_owned(), style, anchor, tag.as_deref(), at)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(Value::List(Vec::new()), at, anchor, tag.as_deref())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.open(Value::Map(Vec::new()), at, anchor, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::UnresolvedAlias(name) => Err(Refusal::new(at, format!("nothing is called `&{name}`"))),
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: String,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        at: Place,
    ) -> Result<(), Refusal> {
        // A long text weighs more than a short one: aliases can repeat it too.
        let size = 1 + text.len() / 32;
        self.count(size, at)?;
        let wants_key = self.wants_key();
        let value = match tag.and_then(Tag::core_suffix) {
            Some(core) => scalar::tagged(core, text),
            // Keys are texts: nobody means the boolean with `on:`.
            None if style != ScalarStyle::Plain || wants_key => Value::Text(text),
            None => match self.form(tag, at) {
                Form::Plain => scalar::plain(text),
                form => {
                    return self.finish(self.formed(form, Node::new(at, Value::Text(text))), size, anchor);
                }
            },
        };
        let form = if wants_key { Form::Plain } else { self.form(tag, at) };
        let node = self.formed(form, Node::new(at, value));
        self.finish(node, size, anchor)
    }

    fn wants_key(&self) -> bool {
        self.stack.last().is_some_and(|open| matches!(open.node.value, Value::Map(_)) && open.key.is_none())
    }

    fn form(&mut self, tag: Option<&Tag>, at: Place) -> Form {
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else { return Form::Plain };
        let name = tag.suffix();
        match name {
            "" => Form::Plain,
            "Ref" | "Condition" => Form::Function(name.to_owned()),
            _ if FUNCTIONS.contains(&name) => Form::Function(format!("Fn::{name}")),
            _ => {
                // Each tag is told once: a file of another kind may be full of them.
                let reason = format!("the tag `!{name}` is not known");
                if !self.yaml.refused.iter().any(|earlier| earlier.reason == reason) {
                    self.yaml.refused.push(Refusal::new(at, reason));
                }
                Form::Unknown(format!("!{name}"))
            }
        }
    }

    /// The long form of what stands behind a tag.
    fn formed(&self, form: Form, node: Node) -> Node {
        let at = node.at;
        let key = match form {
            Form::Plain => return node,
            Form::Unknown(tag) => return Node::new(at, Value::Unknown(tag)),
            Form::Function(key) => key,
        };
        let value = match node.value {
            Value::Text(text) if key == "Fn::GetAtt" => {
                let (name, attribute) = text.split_once('.').unwrap_or((&text, ""));
                let parts = [name, attribute].map(|part| Node::new(at, Value::Text(part.to_owned())));
                Node::new(at, Value::List(parts.into()))
            }
            value => Node::new(at, value),
        };
        Node::new(at, Value::Map(vec![Entry { key, at, value }]))
    }

    fn count(&mut self, more: usize, at: Place) -> Result<(), Refusal> {
        self.values = self.values.saturating_add(more);
        match self.values > MOST_VALUES {
            true => Err(Refusal::new(
                at,
                format!("more than {MOST_VALUES} values, with those that aliases repeat"),
            )),
            false => Ok(()),
        }
    }

    fn open(&mut self, value: Value, at: Place, anchor: usize, tag: Option<&Tag>) -> Result<(), Refusal> {
        self.count(1, at)?;
        if self.wants_key() {
            return Err(Refusal::new(at, "a key must be a text"));
        }
        if self.stack.len() >= DEEPEST {
            return Err(Refusal::new(at, format!("lists and mappings lie more than {DEEPEST} deep")));
        }
        let form = self.form(tag, at);
        let node = Node::new(at, value);
        self.stack.push(Open { node, anchor, size: 1, key: None, keys: HashMap::new(), form, merged: false });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let node = self.formed(open.form, open.node);
        self.finish(node, open.size, open.anchor)
    }

    fn alias(&mut self, anchor: usize, at: Place) -> Result<(), Refusal> {
        let Some(size) = self.anchors.get(&anchor).map(|anchored| anchored.size) else {
            return Err(Refusal::new(at, "the alias stands inside of what it names"));
        };
        // Counted before it is copied, so that the copy cannot be too large.
        self.count(size, at)?;
        let Some(anchored) = self.anchors.get(&anchor) else { return Ok(()) };
        if self.stack.len() + depth(&anchored.node) > DEEPEST {
            return Err(Refusal::new(at, format!("lists and mappings lie more than {DEEPEST} deep")));
        }
        let node = anchored.node.clone();
        self.place(node, size)
    }

    fn finish(&mut self, node: Node, size: usize, anchor: usize) -> Result<(), Refusal> {
        if anchor > 0 {
            // A copy, which weighs as much as what it is a copy of.
            self.count(size, node.at)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        self.place(node, size)
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node, size: usize) -> Result<(), Refusal> {
        let Some(open) = self.stack.last_mut() else {
            if node.value != Value::Null {
                self.yaml.documents.push(node);
            }
            return Ok(());
        };
        open.size = open.size.saturating_add(size);
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, at))) if key == "<<" => {
                open.merged = true;
                merge(entries, node, at)?;
            }
            (Value::Map(entries), Some((key, at))) => {
                put(entries, Entry { key, at, value: node }, open.merged)
            }
            (Value::Map(_), None) => {
                let Value::Text(key) = node.value else {
                    return Err(Refusal::new(node.at, "a key must be a text"));
                };
                if let Some(first) = open.keys.insert(key.clone(), node.at) {
                    let stands = format!("it stands in line {}, column {} already", first.line, first.column);
                    return Err(Refusal::new(node.at, format!("the key `{key}` is here twice: {stands}")));
                }
                open.key = Some((key, node.at));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Takes the place of what a merge put there before.
fn put(entries: &mut Vec<Entry>, entry: Entry, merged: bool) {
    match entries.iter_mut().find(|earlier| merged && earlier.key == entry.key) {
        Some(earlier) => *earlier = entry,
        None => entries.push(entry),
    }
}

/// What a merge key (`<<: *defaults`) adds: what is not written.
fn merge(entries: &mut Vec<Entry>, node: Node, at: Place) -> Result<(), Refusal> {
    let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for map in node.one_or_many() {
        let Value::Map(more) = &map.value else {
            return Err(Refusal::new(at, "`<<` takes a mapping or a list of them"));
        };
        for entry in more {
            if known.insert(entry.key.clone()) {
                entries.push(entry.clone());
            }
        }
    }
    Ok(())
}

fn depth(node: &Node) -> usize {
    let within = match &node.value {
        Value::List(items) => items.iter().map(depth).max(),
        Value::Map(entries) => entries.iter().map(|entry| depth(&entry.value)).max(),
        _ => return 0,
    };
    1 + within.unwrap_or_default()
}

/// CloudFormation's functions that have a short form.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];
