//! Texts with interpolations, and JSON in them.
//!
//! A text that is a JSON object, and what `jsonencode` makes, is kept as the tree that it is ([`encode`]), so that a
//! policy in it keeps the places of its parts; it becomes a text where a text is wanted.

use leastwise_policy::json;

use super::either::with_shared_denials;
use super::eval::{Scope, as_text, pairs, text, unknown, what};
use super::machine::Machine;
use super::place::{down, right};
use super::syntax::{Kind, Literal, Part};
use crate::source::{Entry, Lines, Node, Place, Value, has_hole, hole, shown};

/// The key of a tree that stands for its JSON text.
const ENCODED: &str = "\u{e002}json";

/// Begins a text that stands for a value outside of quotation marks.
const VALUE: char = '\u{e004}';

/// The tree as a JSON text.
pub(super) fn encode(tree: Node) -> Node {
    let at = tree.at;
    Node::new(at, Value::Map(vec![Entry { key: ENCODED.to_owned(), at, value: tree }]))
}

/// The tree of a JSON text that has one.
pub(super) fn encoded(node: &Node) -> Option<&Node> {
    match node.entries() {
        [entry] if entry.key == ENCODED => Some(&entry.value),
        _ => None,
    }
}

/// A text in the making.
#[derive(Default)]
struct Written<'p> {
    text: String,
    /// Where in the text a piece begins, and what piece it is.
    pieces: Vec<(usize, Piece<'p>)>,
    /// Whether it could be another, by a condition that is not known.
    is_unsure: bool,
    /// Whether it is that one.
    is_other: bool,
}

#[derive(Clone, Copy)]
enum Piece<'p> {
    Literal(&'p Literal),
    Value(Place),
}

pub(super) fn eval(machine: &mut Machine<'_>, parts: &[Part], scope: &Scope<'_>, at: Place) -> Node {
    if let [Part::Value(only)] = parts {
        return machine.eval(only, scope);
    }
    let before = std::mem::take(&mut machine.wanted);
    let node = eval_parts(machine, parts, scope, at);
    machine.wanted = before;
    node
}

fn eval_parts(machine: &mut Machine<'_>, parts: &[Part], scope: &Scope<'_>, at: Place) -> Node {
    if let [Part::Text(only)] = parts
        && !begins_as_json(&only.text)
    {
        return text(at, only.text.clone());
    }
    let mut written = Written::default();
    if let Err(hangs_on) = write(machine, parts, scope, &mut written) {
        return unknown(at, hangs_on);
    }
    let is_unsure = std::mem::take(&mut written.is_unsure);
    if !machine.spend(written.text.len() / 16) {
        return unknown(at, "what is too large to be worked out");
    }
    if !begins_as_json(&written.text) {
        return text(at, written.text.replace(VALUE, ""));
    }
    let tree = tree(&written).or_else(|| {
        // An interpolation outside of quotation marks that is not known: as a text it leaves the rest readable.
        has_hole(&written.text).then(|| tree(&quoted(&written))).flatten()
    });
    match tree {
        Some(mut tree) => {
            unquote(&mut tree);
            if is_unsure {
                // The other way: what is denied in both is denied.
                let mut other = Written { is_other: true, ..Written::default() };
                let other = write(machine, parts, scope, &mut other).ok().and_then(|()| self::tree(&other));
                let other = other.map(|mut other| {
                    unquote(&mut other);
                    other
                });
                tree = with_shared_denials(&tree, other.as_ref());
            }
            tree.at = at;
            encode(tree)
        }
        None => text(at, written.text.replace(VALUE, "")),
    }
}

/// A tree with marks where a value may be anything: its text has quotation marks around it all the same.
fn marked(tree: &Node) -> Node {
    let value = match &tree.value {
        Value::Unknown(name) => Value::Text(format!("{VALUE}{}", hole(name))),
        Value::List(items) => Value::List(items.iter().map(marked).collect()),
        Value::Map(entries) => {
            let entry =
                |entry: &Entry| Entry { key: entry.key.clone(), at: entry.at, value: marked(&entry.value) };
            Value::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    };
    Node::new(tree.at, value)
}

fn begins_as_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn write<'p>(
    machine: &mut Machine<'_>,
    parts: &'p [Part],
    scope: &Scope<'_>,
    out: &mut Written<'p>,
) -> Result<(), String> {
    for part in parts {
        match part {
            Part::Text(literal) => {
                out.pieces.push((out.text.len(), Piece::Literal(literal)));
                out.text.push_str(&literal.text);
            }
            Part::Value(expr) => {
                let node = machine.eval(expr, scope);
                out.pieces.push((out.text.len(), Piece::Value(expr.at)));
                let written = match (encoded(&node), &node.value, &expr.kind) {
                    (Some(tree), ..) => Some(marked(tree).to_json()),
                    // Null in a text is an error for Terraform: somebody has to give a value.
                    (_, Value::Null, Kind::Reference { written, .. }) => Some(hole(written)),
                    _ => as_text(&node),
                };
                out.text.push_str(&written.unwrap_or_default());
            }
            Part::If { condition, then, otherwise } => {
                let chosen = match machine.eval(condition, scope).value {
                    Value::Bool(truth) => truth,
                    // More of the text is seen with it than without.
                    _ => {
                        out.is_unsure = true;
                        then.is_empty() == out.is_other
                    }
                };
                write(machine, if chosen { then } else { otherwise }, scope, out)?;
            }
            Part::For { key, value, collection, parts } => {
                let node = machine.eval(collection, scope);
                if !machine.deciding(collection).is_empty() {
                    out.is_unsure = true;
                    if out.is_other {
                        continue;
                    }
                }
                for (index, item) in pairs(&node)? {
                    let mut names = vec![(value.clone(), item)];
                    names.extend(key.clone().map(|key| (key, index)));
                    write(machine, parts, &Scope::within(scope, names), out)?;
                    if !machine.spend(1) {
                        return Err(what(&node.value));
                    }
                }
            }
        }
        if !machine.spend(1 + out.text.len() / 4096) {
            return Err("what is too large to be worked out".to_owned());
        }
    }
    Ok(())
}

/// The same with marks around what is not known and stands outside of a JSON text.
fn quoted<'p>(written: &Written<'p>) -> Written<'p> {
    let mut out = Written::default();
    let mut in_text = false;
    let mut escaped = false;
    for (number, (begin, piece)) in written.pieces.iter().enumerate() {
        let end = written.pieces.get(number + 1).map_or(written.text.len(), |(next, _)| *next);
        let text = &written.text[*begin..end];
        out.pieces.push((out.text.len(), *piece));
        if !in_text && has_hole(text) {
            json::write_string(&mut out.text, &format!("{VALUE}{text}"));
            continue;
        }
        for byte in text.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = in_text,
                b'"' => in_text = !in_text,
                _ => {}
            }
        }
        out.text.push_str(text);
    }
    out
}

/// Makes what stood outside of quotation marks a value again that may be anything.
fn unquote(node: &mut Node) {
    match &mut node.value {
        Value::Text(text) => {
            if let Some(unknown) = text.strip_prefix(VALUE) {
                let shown = shown(unknown);
                let name = shown.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                let name = name.filter(|name| !name.contains("${")).unwrap_or(&shown).to_owned();
                node.value = Value::Unknown(name);
            }
        }
        Value::List(items) => items.iter_mut().for_each(unquote),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| unquote(&mut entry.value)),
        _ => {}
    }
}

fn tree(written: &Written<'_>) -> Option<Node> {
    let value = json::parse(&written.text).ok()?;
    let lines = Lines::new(&written.text);
    Some(Node::of_json(value, &|at| place(written, &lines, at)))
}

/// Where in the source the byte `at` of the text stands.
fn place(written: &Written<'_>, lines: &Lines<'_>, at: usize) -> Place {
    let number = written.pieces.partition_point(|(begin, _)| *begin <= at).saturating_sub(1);
    let Some((begin, piece)) = written.pieces.get(number) else { return Place::START };
    match piece {
        Piece::Value(at) => *at,
        // Escapes make a quoted text differ from what it stands for; its lines are one.
        Piece::Literal(Literal { at, indent: None, .. }) => *at,
        Piece::Literal(literal) => {
            let (from, to) = (lines.place(*begin), lines.place(at));
            match to.line - from.line {
                0 => right(literal.at, to.column - from.column),
                down_by => down(literal.at, down_by, to.column + literal.indent.unwrap_or(0)),
            }
        }
    }
}
