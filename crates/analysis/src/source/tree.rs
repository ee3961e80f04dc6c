//! A text as a tree in which every value knows its place, whichever language it was written in.
//!
//! What a static reading cannot know (a variable without a default, an attribute that AWS will assign) is not guessed:
//! a value is [`Value::Unknown`], and within a text it is a *hole*, marked by characters that no policy can hold.
//! Checks of form skip texts with holes; the evaluator sees a text that no pattern but a wildcard matches.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use leastwise_policy::json::{self, Keyed, Kind, Shape, Tree, write_string};

/// Where something stands, in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Place,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing was written.
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A text, perhaps with [holes](hole).
    Text(String),
    /// In order.
    List(Vec<Node>),
    /// In order.
    Map(Vec<Entry>),
    /// Not known before it is deployed; what it hangs on, as it was written: `var.actions`.
    Unknown(String),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub at: Place,
    /// What stands behind it.
    pub value: Node,
}

const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';
/// Begins what tells a name from the same name of another alternative.
const OTHER: char = '\u{e005}';

/// The name of one of several of which one will be there, all called the same; people see the name.
pub fn alternative(name: &str, number: usize) -> String {
    format!("{name}{OTHER}{number}{OTHER}")
}

/// The name that an [`alternative`] has for people.
pub fn unmarked(name: &str) -> &str {
    let before = |name: &'_ str| name.strip_suffix(OTHER)?.rsplit_once(OTHER).map(|(name, _)| name.len());
    before(name).map_or(name, |length| &name[..length])
}

/// Those of what is declared that are called the same and are not the same, by what they are declared as, each with a number
/// of its own.
pub type Twins = HashMap<String, usize>;

/// Whether people see something else than the text.
pub fn is_marked(text: &str) -> bool {
    has_rare(text) && text.contains([OPEN, OTHER])
}

/// A part of a text that is not known: `aws_s3_bucket.logs.id`.
pub fn hole(name: &str) -> String {
    let name: String = name.chars().filter(|c| !matches!(*c, OPEN | CLOSE)).collect();
    format!("{OPEN}{name}{CLOSE}")
}

/// Whether a part of the text is not known.
pub fn has_hole(text: &str) -> bool {
    has_rare(text) && text.contains(OPEN)
}

/// Whether the first byte of the marks is in it, which is rare.
fn has_rare(text: &str) -> bool {
    memchr::memchr(0xee, text.as_bytes()).is_some()
}

/// What the first part that is not known hangs on.
pub fn first_hole(text: &str) -> Option<&str> {
    Some(text.split_once(OPEN)?.1.split_once(CLOSE)?.0)
}

/// The text for people: holes as `${name}`.
pub fn shown(text: &str) -> String {
    if !is_marked(text) {
        return text.to_owned();
    }
    let text: String = text.split(OTHER).step_by(2).collect();
    text.replace(OPEN, "${").replace(CLOSE, "}")
}

/// Line and column of byte offsets in one text.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t str,
    /// Where each line begins.
    begins: Vec<usize>,
    /// Whether bytes are characters.
    ascii: bool,
}

impl<'t> Lines<'t> {
    /// Of this text.
    pub fn new(text: &'t str) -> Lines<'t> {
        let mut begins = vec![0];
        begins.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Lines { text, begins, ascii: text.is_ascii() }
    }

    /// The place of the byte `at`.
    pub fn place(&self, at: usize) -> Place {
        let at = at.min(self.text.len());
        let line = self.begins.partition_point(|begin| *begin <= at).max(1);
        place(self.text, self.ascii, line, self.begins[line - 1], at)
    }
}

/// The place of a byte that is in this line, which begins there.
fn place(text: &str, ascii: bool, line: usize, begin: usize, at: usize) -> Place {
    let before = match ascii {
        true => at.saturating_sub(begin),
        false => text.get(begin..at).unwrap_or_default().chars().count(),
    };
    Place { line: number(line), column: number(before + 1) }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Place {
    /// The first character.
    pub const START: Place = Place { line: 1, column: 1 };
}

/// Reads JSON into nodes with their places.
struct Placing<'t> {
    text: &'t str,
    /// Whether bytes are characters.
    ascii: bool,
    /// The line that is being read, from 1.
    line: usize,
    /// Where it begins.
    begin: usize,
}

impl json::Build for Placing<'_> {
    type Value = Node;
    type Member = Entry;
    type At = Place;

    fn line(&mut self, begin: usize) {
        self.line += 1;
        self.begin = begin;
    }

    fn place(&mut self, at: usize) -> Place {
        place(self.text, self.ascii, self.line, self.begin, at)
    }

    fn value(&mut self, at: Place, part: json::Part<Node, Entry>) -> Node {
        let value = match part {
            json::Part::Null => Value::Null,
            json::Part::Bool(truth) => Value::Bool(truth),
            json::Part::Number(number) => Value::Number(number),
            json::Part::String(text) => Value::Text(text),
            json::Part::Array(items) => Value::List(items),
            json::Part::Object(entries) => Value::Map(entries),
        };
        Node { at, value }
    }

    fn member(at: Place, key: String, value: Node) -> Entry {
        Entry { key, at, value }
    }

    fn key(entry: &Entry) -> &str {
        &entry.key
    }
}

/// A step of a JSON pointer.
enum Step<'n> {
    Key(&'n str),
    Index(usize),
}

impl Node {
    /// Whether something may be within it.
    fn is_inner(&self) -> bool {
        matches!(self.value, Value::List(_) | Value::Map(_))
    }

    /// The steps from here to `wanted`, the last one first; whether it is here.
    fn steps_to<'n>(&'n self, wanted: &Node, steps: &mut Vec<Step<'n>>) -> bool {
        if std::ptr::eq(self, wanted) {
            return true;
        }
        let step = match &self.value {
            Value::List(items) => {
                // What stands in the list itself is told by its address.
                let far = std::ptr::from_ref(wanted).addr().wrapping_sub(items.as_ptr().addr());
                let direct = Some(far / size_of::<Node>()).filter(|index| *index < items.len());
                // What is written in order begins before what is in it.
                let near = items.partition_point(|item| item.at <= wanted.at).saturating_sub(1);
                let all = [near].into_iter().chain(0..items.len()).filter(|at| *at < items.len());
                let mut inner = all.filter(|at| items[*at].is_inner());
                let mut within = || inner.find(|at| items[*at].steps_to(wanted, steps));
                direct.or_else(&mut within).map(Step::Index)
            }
            Value::Map(entries) => {
                let direct = entries.iter().find(|entry| std::ptr::eq(&raw const entry.value, wanted));
                let near = entries.partition_point(|entry| entry.value.at <= wanted.at).saturating_sub(1);
                let mut inner =
                    entries.get(near).into_iter().chain(entries).filter(|one| one.value.is_inner());
                let mut within = || inner.find(|entry| entry.value.steps_to(wanted, steps));
                direct.or_else(&mut within).map(|entry| Step::Key(&entry.key))
            }
            _ => None,
        };
        let is_here = step.is_some();
        steps.extend(step);
        is_here
    }

    /// `value` at this place.
    pub fn new(at: Place, value: Value) -> Node {
        Node { at, value }
    }

    /// Reads JSON.
    pub fn json(text: &str) -> Result<Node, json::Refusal> {
        json::parse_with(text, &mut Placing { text, ascii: text.is_ascii(), line: 1, begin: 0 })
    }

    /// A JSON value whose bytes have these places.
    pub(super) fn of_json(value: json::Value, place: &dyn Fn(usize) -> Place) -> Node {
        let at = place(value.at);
        let value = match value.kind {
            Kind::Null => Value::Null,
            Kind::Bool(truth) => Value::Bool(truth),
            Kind::Number(number) => Value::Number(number),
            Kind::String(text) => Value::Text(text),
            Kind::Array(items) => {
                Value::List(items.into_iter().map(|item| Node::of_json(item, place)).collect())
            }
            Kind::Object(members) => Value::Map(
                members
                    .into_iter()
                    .map(|member| Entry {
                        key: member.key,
                        at: place(member.at),
                        value: Node::of_json(member.value, place),
                    })
                    .collect(),
            ),
        };
        Node { at, value }
    }

    /// What stands behind `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry with this key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value at this path of keys.
    pub fn path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a mapping; of anything else none.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The values of a list; of anything else none.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The values of a list, or this value alone: where IAM takes one or several.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The statement with this number of a policy document, to be changed: one of a list, or one that stands alone.
    pub fn statement_mut(&mut self, number: usize) -> Option<&mut Node> {
        let Value::Map(entries) = &mut self.value else { return None };
        let statements = &mut entries.iter_mut().find(|entry| entry.key == "Statement")?.value;
        if !matches!(statements.value, Value::List(_)) {
            return (number == 0).then_some(statements);
        }
        match &mut statements.value {
            Value::List(items) => items.get_mut(number),
            _ => None,
        }
    }

    /// A statement as one of several that stand at this place, of which one will be there; but for the first without its
    /// `Sid`, which is not there twice then.
    pub(super) fn alternative(&self, at: Place, is_further: bool) -> Node {
        let value = match &self.value {
            Value::Map(entries) if is_further => {
                Value::Map(entries.iter().filter(|entry| entry.key != "Sid").cloned().collect())
            }
            other => other.clone(),
        };
        Node::new(at, value)
    }

    /// Puts it and all that is in it at one place: what a text within a text holds stands where the text stands.
    pub fn move_to(&mut self, at: Place) {
        self.at = at;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.move_to(at)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.at = at;
                    entry.value.move_to(at);
                }
            }
            _ => {}
        }
    }

    /// What it is, in words.
    pub fn describe(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
            Value::Unknown(_) => "a value that is not known before it is deployed",
        }
    }

    /// The same as JSON on one line. What is unknown is a text with a hole.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Bool(truth) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "{truth}");
            }
            Value::Number(number) => out.push_str(number),
            Value::Text(text) => write_string(out, text),
            Value::Unknown(name) => write_string(out, &hole(name)),
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    item.write_json(out);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    out.push_str(if index > 0 { "," } else { "" });
                    write_string(out, &entry.key);
                    out.push(':');
                    entry.value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// The same as JSON that has been read. What is unknown is a text with a hole.
    pub fn to_value(&self) -> json::Value {
        let kind = match &self.value {
            Value::Null => Kind::Null,
            Value::Bool(truth) => Kind::Bool(*truth),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::Text(text) => Kind::String(text.clone()),
            Value::Unknown(name) => Kind::String(hole(name)),
            Value::List(items) => Kind::Array(items.iter().map(Node::to_value).collect()),
            Value::Map(entries) => Kind::Object(
                entries
                    .iter()
                    .map(|entry| json::Member {
                        at: 0,
                        key: entry.key.clone(),
                        value: entry.value.to_value(),
                    })
                    .collect(),
            ),
        };
        json::Value { at: 0, kind }
    }

    /// The JSON pointer of `wanted`, which is this value or within it, told by its address.
    pub fn pointer_of(&self, wanted: &Node) -> Option<String> {
        let mut steps = Vec::new();
        if !self.steps_to(wanted, &mut steps) {
            return None;
        }
        let mut pointer = String::with_capacity(steps.len() * 12);
        for step in steps.iter().rev() {
            match step {
                Step::Key(key) => json::push_step(&mut pointer, key),
                // Writing to a string cannot fail.
                Step::Index(index) => drop(write!(pointer, "/{index}")),
            }
        }
        Some(pointer)
    }

    /// The value at a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            node = match &node.value {
                Value::List(items) => items.get(step.parse::<usize>().ok()?)?,
                Value::Map(_) => node.get(&step)?,
                _ => return None,
            };
        }
        Some(node)
    }
}

/// What is unknown is a text with a hole.
impl Tree for Node {
    type Member = Entry;

    fn at(&self) -> usize {
        0
    }

    fn shape(&self) -> Shape<'_, Node> {
        match &self.value {
            Value::Null => Shape::Null,
            Value::Bool(truth) => Shape::Bool(*truth),
            Value::Number(number) => Shape::Number(number),
            Value::Text(text) => Shape::String(Cow::Borrowed(text)),
            Value::Unknown(name) => Shape::String(Cow::Owned(hole(name))),
            Value::List(items) => Shape::Array(items),
            Value::Map(entries) => Shape::Object(entries),
        }
    }
}

impl Keyed<Node> for Entry {
    fn at(&self) -> usize {
        0
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn value(&self) -> &Node {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_json_text_knows_its_place() {
        let node = Node::json("{\n  \"ä\": [1,\n    \"x\"]}").unwrap();
        let inner = node.pointer("/ä/1").unwrap();
        assert_eq!(inner.at, Place { line: 3, column: 5 });
        assert_eq!(node.pointer_of(inner).as_deref(), Some("/ä/1"));
        assert_eq!(node.entry("ä").unwrap().at, Place { line: 2, column: 3 });
    }

    #[test]
    fn what_is_not_known_stays_visible_in_the_text() {
        let text = format!("arn:aws:s3:::{}/*", hole("aws_s3_bucket.logs.id"));
        assert!(has_hole(&text));
        assert_eq!(shown(&text), "arn:aws:s3:::${aws_s3_bucket.logs.id}/*");
        assert_eq!(shown(&format!("granted by {}#p", alternative("role/r", 2))), "granted by role/r#p");
    }
}
