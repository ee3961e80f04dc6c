//! YAML as a tree in which every value knows its place.
//!
//! What is refused, since it makes a text mean more than it shows: keys that come twice, tags, merge keys, several
//! documents. Aliases are followed, and what they expand to counts against the same limit as what is written, so
//! that a few lines cannot become a billion values.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::{Fault, Place};

/// The most values that one text may hold, with those that aliases repeat.
pub const MOST_VALUES: usize = 100_000;
/// How deep lists and mappings may lie in each other.
pub const DEEPEST: usize = 24;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
    /// How many values it holds, itself included.
    size: usize,
}

impl Node {
    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing was written.
    Nothing,
    /// Any scalar, as it was written; what it is read as depends on where it stands.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) place: Place,
}

/// A list or mapping that is not closed yet.
struct Open {
    value: Value,
    place: Place,
    anchor: usize,
    size: usize,
    /// The key whose value comes next.
    key: Option<Key>,
    /// The keys so far, with where they stand.
    keys: HashMap<String, Place>,
}

struct Reader {
    file: Arc<str>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    values: usize,
}

/// Reads one document.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Result<Node, Fault> {
    let mut reader =
        Reader { file: file.clone(), stack: Vec::new(), anchors: HashMap::new(), root: None, values: 0 };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => reader.event(event, span)?,
            Err(error) => {
                let mark = error.marker();
                let place = Place::at(file, number(mark.line()), number(mark.col() + 1));
                return Err(Fault::new(&place, format!("not yaml: {}", error.kind())));
            }
        }
    }
    Ok(reader.root.unwrap_or_else(|| Node { value: Value::Nothing, place: Place::at(file, 1, 1), size: 1 }))
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Reader {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let place = Place::at(&self.file, number(span.start.line()), number(span.start.col() + 1));
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.no_tag(tag.is_some(), &place)?;
                let nothing = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                // A long text weighs more than a short one: aliases can repeat it too.
                let size = 1 + text.len() / 32;
                let value = if nothing { Value::Nothing } else { Value::Text(text.into_owned()) };
                self.leaf(Node { value, place, size }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.no_tag(tag.is_some(), &place)?;
                self.open(Value::List(Vec::new()), place, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.no_tag(tag.is_some(), &place)?;
                self.open(Value::Map(Vec::new()), place, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::DocumentStart(..) if self.root.is_some() => Err(Fault::new(&place, "a second document")
                .help("write one document to a file; several files can be given")),
            Event::UnresolvedAlias(name) => Err(Fault::new(&place, format!("nothing is called `&{name}`"))),
            _ => Ok(()),
        }
    }

    fn no_tag(&self, tagged: bool, place: &Place) -> Result<(), Fault> {
        match tagged {
            true => Err(Fault::new(place, "tags are not read").help("write the value without `!…`")),
            false => Ok(()),
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Fault> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Fault::new(&place, "the alias stands inside of what it names"));
        };
        // Counted before it is copied, so that the copy cannot be too large.
        self.count(node.size, &place)?;
        let node = Node { place: place.clone(), ..self.anchors[&anchor].clone() };
        self.place(node)
    }

    fn count(&mut self, more: usize, place: &Place) -> Result<(), Fault> {
        self.values = self.values.saturating_add(more);
        match self.values > MOST_VALUES {
            true => Err(Fault::new(
                place,
                format!("more than {MOST_VALUES} values, with those that aliases repeat"),
            )
            .help("split the file, and write out what aliases repeat")),
            false => Ok(()),
        }
    }

    fn leaf(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.count(node.size, &node.place)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.place(node)
    }

    fn open(&mut self, value: Value, place: Place, anchor: usize) -> Result<(), Fault> {
        self.count(1, &place)?;
        let wants_key =
            self.stack.last().is_some_and(|open| matches!(open.value, Value::Map(_)) && open.key.is_none());
        if wants_key {
            return Err(Fault::new(&place, "a key must be a text"));
        }
        if self.stack.len() >= DEEPEST {
            return Err(Fault::new(&place, format!("lists and mappings lie more than {DEEPEST} deep")));
        }
        self.stack.push(Open { value, place, anchor, size: 1, key: None, keys: HashMap::new() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let node = Node { value: open.value, place: open.place, size: open.size };
        if open.anchor > 0 {
            self.anchors.insert(open.anchor, node.clone());
        }
        self.place(node)
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node) -> Result<(), Fault> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.size = open.size.saturating_add(node.size);
        match (&mut open.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            (Value::Map(_), None) => {
                let name = match node.value {
                    Value::Text(name) => name,
                    _ => return Err(Fault::new(&node.place, "a key must be a text")),
                };
                if let Some(first) = open.keys.insert(name.clone(), node.place.clone()) {
                    return Err(Fault::new(&node.place, format!("the key `{name}` is here twice"))
                        .help(format!("it stands at {first} already")));
                }
                open.key = Some(Key { name, place: node.place });
            }
            _ => {}
        }
        Ok(())
    }
}
