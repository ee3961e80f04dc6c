//! Locals that refer to themselves, by way of others or not: Terraform refuses them.

use std::collections::{BTreeMap, BTreeSet};

use super::library::Library;
use super::module::Module;
use super::syntax::{Expr, Kind, Part, Step};

/// Tells the circles of a module's locals, each once, at its first local.
pub(super) fn tell(module: &Module, library: &Library<'_>) {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in &module.locals {
        let mut named = BTreeSet::new();
        locals_in(value, &mut named);
        named.retain(|other| module.locals.contains_key(*other));
        if !named.is_empty() {
            edges.insert(name, named);
        }
    }
    // What refers to nothing that is left, and what nothing that is left refers to, is in no circle.
    loop {
        let before = edges.len();
        let left: BTreeSet<&str> = edges.keys().copied().collect();
        edges.retain(|_, to| {
            to.retain(|name| left.contains(name));
            !to.is_empty()
        });
        let named: BTreeSet<&str> = edges.values().flatten().copied().collect();
        edges.retain(|name, _| named.contains(name));
        if edges.len() == before {
            break;
        }
    }
    while let Some(circle) = connected(&edges) {
        let first = circle.iter().filter_map(|name| Some((module.locals.get(*name)?.at, *name))).min();
        edges.retain(|name, _| !circle.contains(name));
        let Some((at, _)) = first else { continue };
        let names: Vec<String> = circle.iter().take(4).map(|name| format!("`local.{name}`")).collect();
        let reason = match &names[..] {
            [only] => format!("{only} refers to itself"),
            names => format!("{} refer to each other in a circle", names.join(", ")),
        };
        library.refuse(at, reason);
    }
}

/// Those that hang together with the first that is left.
fn connected<'m>(edges: &BTreeMap<&'m str, BTreeSet<&'m str>>) -> Option<BTreeSet<&'m str>> {
    let first = *edges.keys().next()?;
    let mut reverse: BTreeMap<&str, Vec<&'m str>> = BTreeMap::new();
    for (from, to) in edges {
        to.iter().for_each(|to| reverse.entry(to).or_default().push(from));
    }
    let (mut found, mut left) = (BTreeSet::from([first]), vec![first]);
    while let Some(name) = left.pop() {
        let after = edges.get(name).into_iter().flatten();
        for other in after.chain(reverse.get(name).into_iter().flatten()) {
            if found.insert(other) {
                left.push(other);
            }
        }
    }
    Some(found)
}

fn locals_in<'m>(expr: &'m Expr, found: &mut BTreeSet<&'m str>) {
    match &expr.kind {
        Kind::Literal(_) | Kind::Opaque(_) => {}
        Kind::Template(parts) => in_parts(parts, found),
        Kind::List(items) => items.iter().for_each(|item| locals_in(item, found)),
        Kind::Object(entries) => entries.iter().for_each(|(key, value)| {
            locals_in(key, found);
            locals_in(value, found);
        }),
        Kind::Reference { root, steps, .. } => {
            if let ("local", Some(Step::Attribute(name))) = (root.as_str(), steps.first()) {
                found.insert(name);
            }
            in_steps(steps, found);
        }
        Kind::Access { of, steps, .. } => {
            locals_in(of, found);
            in_steps(steps, found);
        }
        Kind::Conditional(sides) => sides.iter().for_each(|side| locals_in(side, found)),
        Kind::Call { arguments, .. } => arguments.iter().for_each(|argument| locals_in(argument, found)),
        Kind::Not(of) | Kind::Negative(of) => locals_in(of, found),
        Kind::Binary(_, sides) => sides.iter().for_each(|side| locals_in(side, found)),
        Kind::For(each) => {
            let parts =
                [Some(&each.collection), each.key.as_ref(), Some(&each.value), each.condition.as_ref()];
            parts.into_iter().flatten().for_each(|part| locals_in(part, found));
        }
    }
}

fn in_steps<'m>(steps: &'m [Step], found: &mut BTreeSet<&'m str>) {
    for step in steps {
        if let Step::Index(index) = step {
            locals_in(index, found);
        }
    }
}

fn in_parts<'m>(parts: &'m [Part], found: &mut BTreeSet<&'m str>) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Value(value) => locals_in(value, found),
            Part::If { condition, then, otherwise } => {
                locals_in(condition, found);
                in_parts(then, found);
                in_parts(otherwise, found);
            }
            Part::For { collection, parts, .. } => {
                locals_in(collection, found);
                in_parts(parts, found);
            }
        }
    }
}
