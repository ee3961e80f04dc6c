//! `--keep`: a list of actions or a policy document, of which all must be something that can be kept.

use std::path::Path;

use leastwise_analysis::rightsize::{Kept, Pin};
use leastwise_catalog::Catalog;
use leastwise_policy::aws::Policy;
use serde_json::Value;

use crate::catalog::{covered, supported};
use crate::error::{Error, Result};
use crate::input::foreign::read_text;
use crate::output;

/// What is to be kept.
pub fn read(path: &Path, catalog: &Catalog) -> Result<Kept> {
    let text = read_text(path)
        .map_err(|error| Error::input(format!("cannot read `{}`", path.display())).because(error))?;
    // A list of actions is an array, plain lines, or an object with `keep`.
    let statements = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}'))
        .ok()
        .and_then(|mut document| document.get_mut("Statement").map(Value::take));
    if let Some(statements) = statements {
        return of_policy(path, &text, &statements, catalog);
    }
    let pins = Pin::parse_all(&text).map_err(|error| {
        Error::input(format!("cannot take `{}` for a list of permissions to keep", path.display()))
            .because(error)
            .hint("one action pattern a line, then optionally resources: `s3:Get* arn:aws:s3:::backup/*`")
    })?;
    check_actions(path, pins.iter().map(|pin| pin.action.as_str()), catalog)?;
    for pin in &pins {
        // Whoever names a resource wants it kept, so each must be one that the action takes.
        for resource in &pin.resources {
            check_pair(pin, &[resource], catalog, || place(path, &text, &pin.action, resource))?;
        }
    }
    Ok(Kept { pins, denies: Vec::new() })
}

fn of_policy(path: &Path, text: &str, statements: &Value, catalog: &Catalog) -> Result<Kept> {
    let name = path.display();
    let policy = Policy::parse(text)
        .map_err(|error| Error::input(format!("`{name}` is not a policy document")).because(error))?;
    let pointer = |number: usize| match statements {
        Value::Array(_) => format!("/Statement/{number}"),
        _ => "/Statement".to_owned(),
    };
    let kept = Kept::of(&policy).map_err(|refused| {
        let statement = pointer(refused.statement);
        Error::input(format!("`{name}` {statement}/{}: {refused}", refused.element)).hint(refused.way_out)
    })?;
    // Also of what it denies: a `Deny` of a name that there is not keeps nobody from anything.
    let patterns = policy.statements.iter().flat_map(|statement| statement.action.patterns());
    check_actions(path, patterns.map(|pattern| pattern.as_str()), catalog)?;
    for (number, statement) in policy.statements.iter().enumerate() {
        let alone = Policy { statements: vec![statement.clone()], ..policy.clone() };
        // What of it cannot be kept was refused above.
        let Ok(one) = Kept::of(&alone) else { continue };
        for pin in &one.pins {
            // A statement pairs each action with each resource; that one suits is what gives it an effect.
            let resources: Vec<&String> = pin.resources.iter().collect();
            check_pair(pin, &resources, catalog, || format!("`{name}` {}/Resource", pointer(number)))?;
        }
    }
    Ok(kept)
}

fn check_actions<'a>(path: &Path, actions: impl Iterator<Item = &'a str>, catalog: &Catalog) -> Result<()> {
    let unknown: Vec<&str> = actions.filter(|action| catalog.expand(action).is_empty()).collect();
    let Some(first) = unknown.first() else { return Ok(()) };
    let (path, more) = (path.display(), unknown.len() - 1);
    let what = match more {
        0 => format!("`{first}` in `{path}` is no action of the catalogue"),
        more => format!("`{first}` and {more} more in `{path}` are no actions of the catalogue"),
    };
    let near: Vec<String> =
        catalog.suggest(first).into_iter().take(3).map(|name| format!("`{name}`")).collect();
    let meant = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
    Err(Error::input(output::plain(&format!("{what}{meant}")))
        .hint("what is not known cannot be kept; newer actions become known with `leastwise catalog import`"))
}

/// Refuses an action with resources of which it takes none: the statement could never match.
fn check_pair(
    pin: &Pin,
    resources: &[&String],
    catalog: &Catalog,
    place: impl FnOnce() -> String,
) -> Result<()> {
    // Of an action that is not known, more is wrong than that.
    let Ok(actions) = covered(catalog, &pin.action) else { return Ok(()) };
    if resources.is_empty() || resources.iter().any(|resource| catalog.any_could_support(&actions, resource))
    {
        return Ok(());
    }
    let named: Vec<String> = resources.iter().take(3).map(|resource| format!("`{resource}`")).collect();
    let more = match resources.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = format!("{}: `{}` is never on {}{more}", place(), pin.action, named.join(", "));
    Err(Error::input(what).hint(format!("it is on {}", supported(&actions))))
}

/// File and line of a resource: where it stands beside its action, else where it stands first.
fn place(path: &Path, text: &str, action: &str, resource: &str) -> String {
    let holds = |line: &str, wanted: &str| {
        line.split([' ', '"', '\'', '\t', ',', '[', ']']).any(|word| word == wanted)
    };
    let with =
        |both: bool| text.lines().position(|line| holds(line, resource) && (!both || holds(line, action)));
    match with(true).or_else(|| with(false)) {
        Some(index) => format!("`{}`, line {}", path.display(), index + 1),
        None => format!("`{}`", path.display()),
    }
}
