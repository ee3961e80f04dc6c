//! Working expressions out, as far as the text says.
//!
//! A value that is not known is a value of its own ([`Value::Unknown`], or a hole in a text), so everything around it
//! stays known. The work is bounded in steps, in what values weigh when they are copied, and in depth.

use std::collections::{HashMap, HashSet};

use super::either::{Wanted, either, has_denials, without_denials};
use super::machine::{Machine, contents};
use super::place::in_file;
use super::syntax::{Expr, For, Kind, Operator, Part, Step};
use super::{functions, template};
use crate::source::{Entry, Node, Place, Value, has_hole};

/// How deep expressions and what they refer to may lie in each other.
const DEEPEST: usize = 120;

/// Names that stand for values: of a `for`, of `each`, `count` and of a dynamic block.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope<'s> {
    pub(super) names: Vec<(String, Node)>,
    pub(super) outer: Option<&'s Scope<'s>>,
    /// Whether nothing but these names is seen, as in a file with a template.
    is_closed: bool,
}

impl<'s> Scope<'s> {
    /// These names, with all that a module has.
    pub(super) fn of(names: Vec<(String, Node)>) -> Scope<'s> {
        Scope { names, ..Scope::default() }
    }

    /// These names and nothing else.
    pub(super) fn closed(names: Vec<(String, Node)>) -> Scope<'s> {
        Scope { names, outer: None, is_closed: true }
    }

    pub(super) fn within(outer: &'s Scope<'s>, names: Vec<(String, Node)>) -> Scope<'s> {
        Scope { names, outer: Some(outer), is_closed: outer.is_closed }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn find(&self, name: &str) -> Option<&Node> {
        let own = self.names.iter().find(|(known, _)| known == name).map(|(_, node)| node);
        own.or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }
}

pub(super) fn unknown(at: Place, what: impl Into<String>) -> Node {
    Node::new(at, Value::Unknown(what.into()))
}

pub(super) fn text(at: Place, text: impl Into<String>) -> Node {
    Node::new(at, Value::Text(text.into()))
}

impl Machine<'_> {
    /// What an expression comes to.
    pub(super) fn eval(&mut self, expr: &Expr, scope: &Scope<'_>) -> Node {
        if self.depth >= DEEPEST || !self.spend(1) {
            return unknown(expr.at, "what is too deep or too large to be worked out");
        }
        self.depth += 1;
        let node = self.eval_kind(expr, scope);
        self.depth -= 1;
        node
    }

    /// The same, for this.
    pub(super) fn eval_for(&mut self, wanted: Wanted, expr: &Expr, scope: &Scope<'_>) -> Node {
        let before = std::mem::replace(&mut self.wanted, wanted);
        let node = self.eval(expr, scope);
        self.wanted = before;
        node
    }

    /// The same, for what needs a value: a variable whose default is null is one that somebody has to give.
    fn needed(&mut self, wanted: Wanted, expr: &Expr, scope: &Scope<'_>) -> Node {
        let node = self.eval_for(wanted, expr, scope);
        match (&node.value, &expr.kind) {
            (Value::Null, Kind::Reference { written, .. }) => unknown(expr.at, written.clone()),
            _ => node,
        }
    }

    fn eval_kind(&mut self, expr: &Expr, scope: &Scope<'_>) -> Node {
        let at = expr.at;
        match &expr.kind {
            Kind::Literal(value) => Node::new(at, value.clone()),
            Kind::Template(parts) => template::eval(self, parts, scope, at),
            Kind::List(items) => {
                let wanted = self.wanted;
                let mut found = Vec::with_capacity(items.len());
                for item in items {
                    let node = self.needed(wanted, item, scope);
                    match (node.value, &item.kind) {
                        // Each of several that one stands for.
                        (Value::List(several), Kind::Conditional(_))
                            if matches!(wanted, Wanted::Each | Wanted::Shared) =>
                        {
                            found.extend(several)
                        }
                        (Value::Null, Kind::Conditional(_)) if wanted == Wanted::Each => {}
                        (value, _) => found.push(Node::new(node.at, value)),
                    }
                }
                Node::new(at, Value::List(found))
            }
            Kind::Object(entries) => self.object(entries, scope, at),
            Kind::Reference { root, steps, written } => self.reference(root, steps, written, scope, at),
            Kind::Access { of, steps, written } => {
                let of = self.eval_for(Wanted::One, of, scope);
                self.walk(of, steps, written, scope)
            }
            Kind::Conditional(sides) => self.conditional(sides, scope),
            Kind::Call { name, arguments, expand } => self.call(name, arguments, *expand, scope, at),
            Kind::Not(of) => match self.eval_for(Wanted::One, of, scope).value {
                Value::Bool(truth) => Node::new(at, Value::Bool(!truth)),
                other => unknown(at, what(&other)),
            },
            Kind::Negative(of) => match number(&self.eval(of, scope)) {
                Some(value) => numeric(at, -value),
                None => unknown(at, "a number"),
            },
            Kind::Binary(operator, sides) => {
                let [left, right] = &**sides;
                let left = self.eval_for(Wanted::One, left, scope);
                let right = self.eval_for(Wanted::One, right, scope);
                binary(*operator, &left, &right, at)
            }
            Kind::For(each) => self.each(each, scope, at),
            Kind::Opaque(written) => unknown(at, written.clone()),
        }
    }

    fn object(&mut self, entries: &[(Expr, Expr)], scope: &Scope<'_>, at: Place) -> Node {
        let mut made: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut index: HashMap<String, usize> = HashMap::new();
        let is_effect = |(key, _): &&(Expr, Expr)| is_text(key, "Effect");
        let effect = entries.iter().find(is_effect).map(|(_, effect)| effect);
        let is_denial =
            effect.is_some_and(|effect| self.eval_for(Wanted::Effect, effect, scope).text() == Some("Deny"));
        for (key, value) in entries {
            let node = self.eval_for(Wanted::One, key, scope);
            let Some(key) = as_text(&node) else { continue };
            let wanted = if is_denial { Wanted::of_denied(&key) } else { self.wanted.of_key(&key) };
            let value = self.needed(wanted, value, scope);
            if wanted == Wanted::Limit && value.value == Value::Null {
                continue;
            }
            put(&mut made, &mut index, Entry { at: node.at, value, key });
        }
        Node::new(at, Value::Map(made))
    }

    /// One of the sides when the text says which, else what both come to for whoever asks.
    fn conditional(&mut self, sides: &[Expr; 3], scope: &Scope<'_>) -> Node {
        let [condition, then, otherwise] = sides;
        match self.eval_for(Wanted::One, condition, scope).value {
            Value::Bool(true) => self.eval(then, scope),
            Value::Bool(false) => self.eval(otherwise, scope),
            other => {
                let (then, otherwise) = (self.eval(then, scope), self.eval(otherwise, scope));
                self.note_sides(condition, scope, (&then, &otherwise));
                let sides = (contents(&then), contents(&otherwise));
                let node = either(then, otherwise, what(&other), self.wanted);
                self.note_contents(condition, scope, &node, &sides);
                node
            }
        }
    }

    /// Follows steps into a value.
    pub(super) fn walk(&mut self, of: Node, steps: &[Step], written: &str, scope: &Scope<'_>) -> Node {
        let Some((step, rest)) = steps.split_first() else { return of };
        let at = of.at;
        let next = match step {
            Step::Attribute(name) => match of.value {
                Value::Map(entries) => {
                    entries.into_iter().find(|entry| entry.key == *name).map(|entry| entry.value)
                }
                _ => None,
            },
            Step::Index(index) => {
                let index = self.eval_for(Wanted::One, index, scope);
                indexed(of, &index)
            }
            Step::Splat => {
                let items = match of.value {
                    Value::List(items) => items,
                    Value::Null => Vec::new(),
                    Value::Unknown(_) => return unknown(at, written),
                    _ => vec![of],
                };
                let items = items.into_iter().map(|item| self.walk(item, rest, written, scope)).collect();
                return Node::new(at, Value::List(items));
            }
        };
        match next {
            Some(next) => self.walk(next, rest, written, scope),
            None => unknown(at, written),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr], expand: bool, scope: &Scope<'_>, at: Place) -> Node {
        if matches!(name, "try" | "coalesce") {
            return self.first(name, arguments, scope, at);
        }
        if name == "can" {
            return unknown(at, "can(…)");
        }
        let wanted = if PASS_ON.contains(&name) { self.wanted } else { Wanted::One };
        let mut values: Vec<Node> =
            arguments.iter().map(|argument| self.eval_for(wanted, argument, scope)).collect();
        if expand && let Some(last) = values.pop() {
            match last.value {
                Value::List(items) => values.extend(items),
                _ => return unknown(at, format!("{name}(…)")),
            }
        }
        if let Some(read) = self.reading(name, &values, scope, at) {
            return read;
        }
        let weight: usize = values.iter().map(weight).sum();
        if !self.spend(weight) {
            return unknown(at, "what is too large to be worked out");
        }
        functions::call(name, values, at)
    }

    /// `try` and `coalesce`: the first argument that is something; one that is not known may be it.
    fn first(&mut self, name: &str, arguments: &[Expr], scope: &Scope<'_>, at: Place) -> Node {
        let mut missed = None;
        for argument in arguments {
            let node = self.eval(argument, scope);
            match &node.value {
                Value::Null => {}
                Value::Text(text) if text.is_empty() && name == "coalesce" => {}
                Value::Unknown(what) => missed = missed.or_else(|| Some(what.clone())),
                _ if missed.is_none() => return node,
                // A default behind something that is not known is what is left when that does not exist.
                _ if name == "try" => return without_denials(node),
                _ => break,
            }
        }
        match missed {
            Some(what) => unknown(at, what),
            None => Node::new(at, Value::Null),
        }
    }

    fn each(&mut self, each: &For, scope: &Scope<'_>, at: Place) -> Node {
        let collection = self.eval_for(Wanted::One, &each.collection, scope);
        let is_set = self.is_set(&each.collection, 0);
        // Looked up where it matters: few loops make denials.
        let mut may_be_less = None;
        let pairs = match pairs(&collection) {
            Ok(pairs) if is_set => by_value(pairs),
            Ok(pairs) => pairs,
            Err(what) => {
                may_be_less = Some(true);
                // Once, with holes, so that what is written in it is seen.
                vec![(unknown(at, format!("{what} key")), unknown(at, what))]
            }
        };
        let mut items = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        let mut index = HashMap::new();
        for (key, value) in pairs {
            let mut names = vec![(each.value_name.clone(), value)];
            names.extend(each.key_name.clone().map(|name| (name, key)));
            let inner = Scope::within(scope, names);
            let filter = each.condition.as_ref().map(|condition| self.eval(condition, &inner).value);
            if filter == Some(Value::Bool(false)) {
                continue;
            }
            let mut value = self.eval(&each.value, &inner);
            let condition = each.condition.as_ref().filter(|_| filter != Some(Value::Bool(true)));
            if let Some(condition) = condition {
                let conditions = self.conditions(condition, &inner);
                self.modules.library.hang_on(value.at, condition.at, &conditions);
            }
            // A denial that may not be there takes nothing away.
            if has_denials(&value)
                && (condition.is_some()
                    || *may_be_less.get_or_insert_with(|| !self.deciding(&each.collection).is_empty()))
            {
                value = without_denials(value);
                if value.value == Value::Null {
                    continue;
                }
            }
            let Some(key) = &each.key else {
                items.push(value);
                continue;
            };
            let key = self.eval(key, &inner);
            let Some(name) = as_text(&key) else { continue };
            match each.grouping {
                true => group(&mut entries, &mut index, name, key.at, value),
                false => put(&mut entries, &mut index, Entry { key: name, at: key.at, value }),
            }
        }
        Node::new(at, if each.key.is_some() { Value::Map(entries) } else { Value::List(items) })
    }
}

fn is_text(expr: &Expr, text: &str) -> bool {
    match &expr.kind {
        Kind::Literal(Value::Text(known)) => known == text,
        Kind::Template(parts) => matches!(&parts[..], [Part::Text(only)] if only.text == text),
        Kind::Reference { root, steps, .. } => root == text && steps.is_empty(),
        _ => false,
    }
}

/// Functions whose result is for what their arguments are for.
const PASS_ON: [&str; 10] =
    ["jsonencode", "concat", "merge", "flatten", "compact", "distinct", "tolist", "toset", "try", "coalesce"];

/// Functions that make sets.
const SETS: [&str; 4] = ["toset", "setunion", "setintersection", "setsubtract"];

/// How far it is looked whether a value is a set.
const FURTHEST: usize = 16;

impl Machine<'_> {
    /// Whether the text says that a value is a set.
    pub(super) fn is_set(&self, expr: &Expr, depth: usize) -> bool {
        match &expr.kind {
            Kind::Call { name, .. } => SETS.contains(&name.as_str()),
            Kind::Conditional(sides) if depth < FURTHEST => {
                sides[1..].iter().any(|side| self.is_set(side, depth + 1))
            }
            Kind::Reference { root, steps, .. } if root == "local" && depth < FURTHEST => {
                let [Step::Attribute(name)] = &steps[..] else { return false };
                self.module.locals.get(name).is_some_and(|value| self.is_set(value, depth + 1))
            }
            Kind::Reference { root, steps, .. } if root == "var" => {
                let [Step::Attribute(name)] = &steps[..] else { return false };
                let is_set = |kind: &Expr| matches!(&kind.kind, Kind::Call { name, .. } if name == "set");
                self.module.types.get(name).is_some_and(is_set)
            }
            _ => false,
        }
    }
}

/// A set has its values for keys.
pub(super) fn by_value(pairs: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
    pairs.into_iter().map(|(_, value)| (value.clone(), value)).collect()
}

fn put(entries: &mut Vec<Entry>, index: &mut HashMap<String, usize>, entry: Entry) {
    match index.get(&entry.key) {
        Some(earlier) => entries[*earlier] = entry,
        None => {
            index.insert(entry.key.clone(), entries.len());
            entries.push(entry);
        }
    }
}

fn group(entries: &mut Vec<Entry>, index: &mut HashMap<String, usize>, key: String, at: Place, value: Node) {
    if let Some(earlier) = index.get(&key) {
        if let Value::List(items) = &mut entries[*earlier].value.value {
            items.push(value);
        }
        return;
    }
    index.insert(key.clone(), entries.len());
    entries.push(Entry { key, at, value: Node::new(at, Value::List(vec![value])) });
}

/// Keys and values of what a `for` or `for_each` goes over; what it hangs on when that is not known.
pub(super) fn pairs(collection: &Node) -> Result<Vec<(Node, Node)>, String> {
    let at = collection.at;
    match &collection.value {
        Value::List(items) => Ok(items
            .iter()
            .enumerate()
            .map(|(index, item)| (Node::new(at, Value::Number(index.to_string())), item.clone()))
            .collect()),
        Value::Map(entries) if template::encoded(collection).is_none() => {
            Ok(entries.iter().map(|entry| (text(entry.at, entry.key.clone()), entry.value.clone())).collect())
        }
        Value::Null => Ok(Vec::new()),
        other => Err(what(other)),
    }
}

/// What an unknown value hangs on.
pub(super) fn what(value: &Value) -> String {
    match value {
        Value::Unknown(what) => what.clone(),
        Value::Text(text) => crate::source::shown(text),
        _ => "a value".to_owned(),
    }
}

pub(super) fn indexed(of: Node, index: &Node) -> Option<Node> {
    match of.value {
        Value::List(mut items) => {
            let index: usize = as_text(index)?.parse().ok()?;
            (index < items.len()).then(|| items.swap_remove(index))
        }
        Value::Map(entries) => {
            let key = as_text(index)?;
            entries.into_iter().find(|entry| entry.key == key).map(|entry| entry.value)
        }
        _ => None,
    }
}

/// The value as a text, as an interpolation writes it.
pub(super) fn as_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Unknown(name) => Some(crate::source::hole(name)),
        Value::Map(_) => template::encoded(node).map(Node::to_json),
        Value::Null | Value::List(_) => None,
    }
}

pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(text) | Value::Text(text) => text.parse().ok().filter(|value: &f64| value.is_finite()),
        _ => None,
    }
}

pub(super) fn numeric(at: Place, value: f64) -> Node {
    let value = if value.is_finite() { value } else { 0.0 };
    let text =
        if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { value.to_string() };
    Node::new(at, Value::Number(text))
}

fn binary(operator: Operator, left: &Node, right: &Node, at: Place) -> Node {
    let truth = |truth: bool| Node::new(at, Value::Bool(truth));
    let known = |node: &Node| match &node.value {
        Value::Unknown(_) => false,
        Value::Text(text) => !has_hole(text),
        _ => true,
    };
    match (operator, &left.value, &right.value) {
        (Operator::And, Value::Bool(false), _) | (Operator::And, _, Value::Bool(false)) => {
            return truth(false);
        }
        (Operator::Or, Value::Bool(true), _) | (Operator::Or, _, Value::Bool(true)) => return truth(true),
        _ => {}
    }
    if !known(left) || !known(right) {
        let unclear = if known(left) { right } else { left };
        return unknown(at, what(&unclear.value));
    }
    match operator {
        Operator::Equal => return truth(same(left, right)),
        Operator::NotEqual => return truth(!same(left, right)),
        Operator::And | Operator::Or => {
            let (Value::Bool(one), Value::Bool(other)) = (&left.value, &right.value) else {
                return unknown(at, "a condition");
            };
            return truth(if operator == Operator::And { *one && *other } else { *one || *other });
        }
        _ => {}
    }
    let (Some(one), Some(other)) = (number(left), number(right)) else { return unknown(at, "a number") };
    match operator {
        Operator::Less => truth(one < other),
        Operator::LessEqual => truth(one <= other),
        Operator::Greater => truth(one > other),
        Operator::GreaterEqual => truth(one >= other),
        Operator::Plus => numeric(at, one + other),
        Operator::Minus => numeric(at, one - other),
        Operator::Times => numeric(at, one * other),
        Operator::Over => numeric(at, one / other),
        _ => numeric(at, one % other),
    }
}

/// Whether two values are the same, wherever they stand.
pub(super) fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Map(_), _) | (_, Value::Map(_)) => one.to_json() == other.to_json(),
        (Value::Number(_), Value::Number(_)) => number(one) == number(other),
        (one, other) => one == other,
    }
}

/// How much a value weighs when it is copied.
pub(super) fn weight(node: &Node) -> usize {
    1 + match &node.value {
        Value::Text(text) | Value::Number(text) | Value::Unknown(text) => text.len() / 64,
        Value::List(items) => items.iter().map(weight).sum(),
        Value::Map(entries) => entries.iter().map(|entry| 1 + weight(&entry.value)).sum(),
        _ => 0,
    }
}

/// The values of a list without those that come again; large lists are compared by what they are written as.
pub(super) fn distinct(items: Vec<Node>) -> Vec<Node> {
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| seen.insert(item.to_json())).collect()
}

/// A place for what no file says.
pub(super) fn nowhere(file: u16) -> Place {
    in_file(file, Place::START)
}
