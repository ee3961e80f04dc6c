//! What is there only sometimes, and on which conditions it hangs.
//!
//! A resource hangs on its `count` or `for_each` and on those of the modules around it; a value on the conditionals that it
//! went through. A condition is called by what it says, with what a module is given in place of its variables: so whoever
//! compares two things finds out that one is never there without the other. What is not understood is a condition of its
//! place.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::Machine;
use super::instances::Instance;
use crate::source::hcl::either::Wanted;
use crate::source::hcl::eval::Scope;
use crate::source::hcl::syntax::{Expr, Kind, Operator, Part, Step};
use crate::source::hcl::template::encoded;
use crate::source::{Node, Place, Value};

/// How far it is looked into a condition, and at how many parts of it.
const FURTHEST: usize = 12;
const MOST_PARTS: usize = 256;

/// What says more than this is called by a number that follows from it.
const LONGEST: usize = 256;

/// Parts of a condition that may still be looked at.
struct Budget(Cell<usize>);

impl Budget {
    fn new() -> Budget {
        Budget(Cell::new(MOST_PARTS))
    }

    fn is_spent(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left == 0
    }
}

/// Conditions: something is there when all of them hold.
pub(in crate::source::hcl) type Hangs = BTreeSet<String>;

/// The conditions that something may hang on, which counts when it takes something away, and those of them that it hangs on
/// for sure, which counts when something is taken away from it.
#[derive(Debug, Clone, Default)]
pub(in crate::source::hcl) struct Hanging {
    pub(in crate::source::hcl) all: Hangs,
    pub(in crate::source::hcl) sure: Hangs,
}

impl Hanging {
    pub(super) fn surely(conditions: Hangs) -> Hanging {
        Hanging { sure: conditions.clone(), all: conditions }
    }

    pub(in crate::source::hcl) fn with(&self, other: &Hanging) -> Hanging {
        let all = self.all.union(&other.all).cloned().collect();
        Hanging { all, sure: self.sure.union(&other.sure).cloned().collect() }
    }
}

impl Machine<'_> {
    /// What somebody called this module with, by what it says.
    pub(super) fn call_it(&mut self, variable: &str, said: String) {
        self.said.insert(variable.to_owned(), said);
    }

    /// The conditions that make up one.
    pub(in crate::source::hcl) fn conditions(&self, expr: &Expr, scope: &Scope<'_>) -> Hangs {
        self.conditions_in(expr, scope, (0, &Budget::new()))
    }

    fn conditions_in(&self, expr: &Expr, scope: &Scope<'_>, (depth, budget): (usize, &Budget)) -> Hangs {
        let whole = || [shortened(self.said_in(expr, scope, (depth, budget)))].into();
        if budget.is_spent() {
            return whole();
        }
        match &expr.kind {
            Kind::Binary(Operator::And, sides) if depth < FURTHEST => {
                let [one, other] = &**sides;
                let mut all = self.conditions_in(one, scope, (depth + 1, budget));
                all.extend(self.conditions_in(other, scope, (depth + 1, budget)));
                all
            }
            Kind::Reference { root, steps, .. } if root == "local" && depth < FURTHEST => {
                match self.local(steps).filter(|_| scope.find(root).is_none()) {
                    Some(local) => self.conditions_in(local, &Scope::default(), (depth + 1, budget)),
                    None => whole(),
                }
            }
            _ => whole(),
        }
    }

    /// The conditions on which there is something of what a `count` or `for_each` comes to.
    pub(super) fn conditions_of_some(&self, expr: &Expr, scope: &Scope<'_>) -> Hangs {
        self.conditions_of_some_in(expr, scope, 0)
    }

    fn conditions_of_some_in(&self, expr: &Expr, scope: &Scope<'_>, depth: usize) -> Hangs {
        match &expr.kind {
            Kind::Conditional(sides) => match &**sides {
                [condition, then, otherwise] if is_none(otherwise) => {
                    let mut all = self.conditions(condition, scope);
                    if !is_some(then) {
                        all.insert(self.said(then, scope));
                    }
                    all
                }
                [_, then, otherwise] if is_some(then) && is_some(otherwise) => Hangs::new(),
                [condition, then, otherwise] if is_none(then) && is_some(otherwise) => {
                    [not(&self.said(condition, scope))].into()
                }
                _ => [self.said(expr, scope)].into(),
            },
            Kind::Reference { root, steps, .. } if root == "local" && depth < FURTHEST => {
                match self.local(steps) {
                    Some(local) => self.conditions_of_some_in(local, &Scope::default(), depth + 1),
                    None => [self.said(expr, scope)].into(),
                }
            }
            _ => [self.said(expr, scope)].into(),
        }
    }

    fn local(&self, steps: &[Step]) -> Option<&Expr> {
        let [Step::Attribute(name)] = steps else { return None };
        self.module.locals.get(name)
    }

    /// What an expression says.
    pub(super) fn said(&self, expr: &Expr, scope: &Scope<'_>) -> String {
        shortened(self.said_in(expr, scope, (0, &Budget::new())))
    }

    fn said_in(&self, expr: &Expr, scope: &Scope<'_>, (depth, budget): (usize, &Budget)) -> String {
        let here = || format!("{}@{}:{}", self.prefix, expr.at.line, expr.at.column);
        if depth > FURTHEST || budget.is_spent() {
            return here();
        }
        let said = |expr: &Expr| self.said_in(expr, scope, (depth + 1, budget));
        match &expr.kind {
            Kind::Literal(value) => Node::new(expr.at, value.clone()).to_json(),
            Kind::Template(parts) => {
                let part = |part: &Part| match part {
                    Part::Text(literal) => literal.text.clone(),
                    Part::Value(value) => format!("${{{}}}", said(value)),
                    Part::If { .. } | Part::For { .. } => here(),
                };
                format!("\"{}\"", parts.iter().map(part).collect::<String>())
            }
            // What a name stands for in a loop is another thing each time.
            Kind::Reference { root, steps, .. } if scope.find(root).is_some() => {
                let known =
                    scope.find(root).filter(|_| steps.iter().all(|one| matches!(one, Step::Attribute(_))));
                let value = known.map(|node| node.to_json()).unwrap_or_default();
                format!("{}{value}", here())
            }
            Kind::Reference { root, steps, written } => match (root.as_str(), &steps[..]) {
                ("var", [Step::Attribute(name)]) if self.said.contains_key(name) => {
                    self.said.get(name).cloned().unwrap_or_default()
                }
                ("local", steps) if self.local(steps).is_some() => match self.local(steps) {
                    Some(local) => self.said_in(local, &Scope::default(), (depth + 1, budget)),
                    None => here(),
                },
                // What it is indexed by may be another thing each time.
                _ if steps.iter().any(|step| matches!(step, Step::Index(_))) => {
                    let step = |step: &Step| match step {
                        Step::Attribute(name) => format!(".{name}"),
                        Step::Index(index) => format!("[{}]", said(index)),
                        Step::Splat => "[*]".to_owned(),
                    };
                    format!("{}{root}{}", self.prefix, steps.iter().map(step).collect::<String>())
                }
                _ => format!("{}{written}", self.prefix),
            },
            Kind::Conditional(sides) => {
                let [condition, then, otherwise] = &**sides;
                format!("({} ? {} : {})", said(condition), said(then), said(otherwise))
            }
            Kind::Not(of) => not(&said(of)),
            Kind::Binary(operator, sides) => {
                let [one, other] = &**sides;
                format!("({} {operator:?} {})", said(one), said(other))
            }
            Kind::Call { name, arguments, .. } => {
                let arguments: Vec<String> = arguments.iter().map(said).collect();
                format!("{name}({})", arguments.join(", "))
            }
            _ => here(),
        }
    }

    /// Notes of what is on one side of a conditional alone that it hangs on it.
    pub(in crate::source::hcl) fn note_sides(
        &self,
        condition: &Expr,
        scope: &Scope<'_>,
        (then, otherwise): (&Node, &Node),
    ) {
        let (one, other) = (parts(then), parts(otherwise));
        if one.is_empty() && other.is_empty() {
            return;
        }
        let only = |of: &[&Node], others: &[&Node]| -> Vec<Place> {
            let others: HashSet<u64> = others.iter().copied().map(content).collect();
            of.iter().filter(|node| !others.contains(&content(node))).map(|node| node.at).collect()
        };
        let holds = self.conditions(condition, scope);
        let fails = [not(&self.said(condition, scope))].into();
        let hang_on = |at, conditions: &Hangs| self.modules.library.hang_on(at, condition.at, conditions);
        only(&one, &other).into_iter().for_each(|at| hang_on(at, &holds));
        only(&other, &one).into_iter().for_each(|at| hang_on(at, &fails));
    }

    /// Notes of all that is in what a conditional came to on which of its sides it is, when it is on one alone: of two things
    /// that exclude each other, one may stand where the other does.
    pub(in crate::source::hcl) fn note_contents(
        &self,
        condition: &Expr,
        scope: &Scope<'_>,
        made: &Node,
        (one, other): &(HashSet<u64>, HashSet<u64>),
    ) {
        let items = within(made);
        if items.is_empty() {
            return;
        }
        let holds = self.conditions(condition, scope);
        let fails = [not(&self.said(condition, scope))].into();
        for item in items {
            let content = content(item);
            match (one.contains(&content), other.contains(&content)) {
                (true, false) => self.modules.library.note_side(item, &holds),
                (false, true) => self.modules.library.note_side(item, &fails),
                _ => {}
            }
        }
    }

    /// The conditions of one round of a loop over these: all that its key and value may have gone through, and those that
    /// they went through in what the loop is over.
    pub(super) fn conditions_of_round(&mut self, over: &Expr, (key, value): (&Node, &Node)) -> Hanging {
        let library = &self.modules.library;
        let mut all = library.hangs_on(key.at);
        all.extend(library.hangs_on(value.at));
        if all.is_empty() {
            return Hanging::default();
        }
        let by = self.deciding(over);
        let library = &self.modules.library;
        let mut sure = library.hangs_on_by(key.at, |at| by.contains(at));
        sure.extend(library.hangs_on_by(value.at, |at| by.contains(at)));
        Hanging { all, sure }
    }

    /// The places of what decides in an expression, and in what it refers to, whether something is in it, where that is not
    /// known.
    pub(in crate::source::hcl) fn deciding(&mut self, expr: &Expr) -> HashSet<Place> {
        let mut found = HashSet::new();
        self.deciding_in(expr, 0, &mut found);
        found
    }

    fn deciding_in(&mut self, expr: &Expr, depth: usize, found: &mut HashSet<Place>) {
        if depth > FURTHEST || !self.spend(1) {
            return;
        }
        let is_known = |machine: &mut Self, condition: &Expr| {
            matches!(machine.eval_for(Wanted::One, condition, &Scope::default()).value, Value::Bool(_))
        };
        match &expr.kind {
            Kind::Conditional(sides) => {
                if !is_known(self, &sides[0]) {
                    found.insert(sides[0].at);
                }
                sides[1..].iter().for_each(|side| self.deciding_in(side, depth + 1, found));
            }
            Kind::For(each) => {
                if let Some(condition) = each.condition.as_ref().filter(|one| !is_known(self, one)) {
                    found.insert(condition.at);
                }
                self.deciding_in(&each.collection, depth + 1, found);
            }
            Kind::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| self.deciding_in(argument, depth + 1, found));
            }
            Kind::List(items) => items.iter().for_each(|item| self.deciding_in(item, depth + 1, found)),
            Kind::Access { of, .. } => self.deciding_in(of, depth + 1, found),
            Kind::Reference { root, steps, .. } if root == "local" => {
                let module = self.module;
                let Some(Step::Attribute(name)) = steps.first() else { return };
                if let Some(local) = module.locals.get(name) {
                    self.deciding_in(local, depth + 1, found);
                }
            }
            _ => {}
        }
    }

    /// The conditions that an instance of something here hangs on.
    pub(in crate::source::hcl) fn conditions_of_instance(&self, instance: &Instance) -> Hanging {
        self.hangs_on.with(&instance.hangs_on)
    }
}

fn shortened(said: String) -> String {
    if said.len() > LONGEST { format!("{:x}", xxh3_64(said.as_bytes())) } else { said }
}

fn not(said: &str) -> String {
    said.strip_prefix("not ").map_or_else(|| format!("not {said}"), str::to_owned)
}

/// What is in a value of which all can be there: the items of a list, the statements of a document.
fn within(node: &Node) -> Vec<&Node> {
    match (encoded(node), &node.value) {
        (Some(tree), _) => {
            tree.get("Statement").map(|all| all.one_or_many().iter().collect()).unwrap_or_default()
        }
        (None, Value::List(items)) => items.iter().collect(),
        (None, Value::Text(_)) => vec![node],
        (None, Value::Map(_)) if node.get("Effect").is_some() => vec![node],
        _ => Vec::new(),
    }
}

/// What is in a value, whatever its `Sid` and wherever it stands.
pub(in crate::source::hcl) fn contents(node: &Node) -> HashSet<u64> {
    within(node).into_iter().map(content).collect()
}

fn content(node: &Node) -> u64 {
    let text = match &node.value {
        Value::Map(entries) if entries.iter().any(|entry| entry.key == "Sid") => {
            let rest = entries.iter().filter(|entry| entry.key != "Sid").cloned().collect();
            Node::new(node.at, Value::Map(rest)).to_json()
        }
        Value::Text(text) => text.clone(),
        _ => node.to_json(),
    };
    xxh3_64(text.as_bytes())
}

/// The things that a value is made of.
fn parts(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Text(_) => vec![node],
        Value::List(items) => items.iter().collect(),
        Value::Map(entries) if encoded(node).is_none() => entries.iter().map(|entry| &entry.value).collect(),
        _ => Vec::new(),
    }
}

/// Whether that is surely none.
fn is_none(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Literal(Value::Number(number)) => number.parse() == Ok(0.0),
        Kind::Literal(Value::Null) => true,
        Kind::List(items) => items.is_empty(),
        Kind::Object(entries) => entries.is_empty(),
        Kind::Call { name, arguments, .. } if CONVERTS.contains(&name.as_str()) => {
            matches!(&arguments[..], [only] if is_none(only))
        }
        _ => false,
    }
}

/// Whether there is surely something.
fn is_some(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Literal(Value::Number(number)) => number.parse::<f64>().is_ok_and(|number| number > 0.0),
        Kind::List(items) => !items.is_empty(),
        Kind::Object(entries) => !entries.is_empty(),
        Kind::Call { name, arguments, .. } if CONVERTS.contains(&name.as_str()) => {
            matches!(&arguments[..], [only] if is_some(only))
        }
        _ => false,
    }
}

/// Functions that make something else of what there is, and as many.
const CONVERTS: [&str; 3] = ["toset", "tomap", "tolist"];
