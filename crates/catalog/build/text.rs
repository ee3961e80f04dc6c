//! The text of a service file: reading it (build script) and writing it (`cargo xtask sync-catalog`).
//!
//! The format is described in `data/aws/FORMAT.md`: one fact a line, the first word says what kind, a line that
//! starts with a space belongs to the line above it. `print(parse(text)) == text` for every committed file.

use std::fmt::{self, Write as _};

use crate::facts::{
    ActionFacts, ActionResource, Api, ConditionKey, Keys, Name, Needs, Operation, ResourceType, Service,
};
use crate::level::Levels;

/// Why a service file cannot be read: the line and what is wrong with it.
#[derive(Debug)]
pub struct TextError {
    line: usize,
    reason: String,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Reads one service file.
pub fn parse(text: &str) -> Result<Service, TextError> {
    let mut service: Option<Service> = None;
    for (index, line) in text.lines().enumerate() {
        let fail = |reason: String| TextError { line: index + 1, reason };
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        match (&mut service, line.strip_prefix("service ")) {
            (None, Some(rest)) => service = Some(head(rest).map_err(fail)?),
            (None, None) => return Err(fail("the first fact must be `service`".to_owned())),
            (Some(service), _) => fact(service, line).map_err(fail)?,
        }
    }
    service.ok_or(TextError { line: 1, reason: "the file holds no service".to_owned() })
}

fn head(rest: &str) -> Result<Service, String> {
    let (prefix, name) = rest.split_once(' ').ok_or("a service needs a prefix and a name")?;
    Ok(Service::new(prefix, name))
}

fn fact(service: &mut Service, line: &str) -> Result<(), String> {
    let nested = line.starts_with(' ');
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    match (nested, words.as_slice()) {
        (false, ["resource-control"]) => service.resource_control = true,
        (false, ["api", name, endpoint, signing]) => {
            let api = Api { name: (*name).into(), endpoint: (*endpoint).into(), signing: (*signing).into() };
            service.apis.push(api);
        }
        (false, ["key", name, kind]) => {
            service.condition_keys.push(ConditionKey { name: (*name).into(), kind: (*kind).into() });
        }
        (false, ["resource", name, arn @ ..]) if !arn.is_empty() => {
            let kind = ResourceType { name: (*name).into(), arn: names(arn), keys: keys(&[]) };
            service.resource_types.push(kind);
        }
        (false, ["action", name, levels]) => service.actions.push(action(name, levels)?),
        (false, ["operation", api, name, verb, actions @ ..]) => {
            let needs = needs(verb, actions)?;
            service.operations.push(Operation { api: (*api).into(), name: (*name).into(), needs });
        }
        (true, words) => detail(service, words)?,
        _ => return Err(format!("`{line}` is no fact")),
    }
    Ok(())
}

/// An action as the file says it; the marks come from their own tables.
fn action(name: &str, levels: &str) -> Result<ActionFacts, String> {
    let levels = Levels::from_letters(levels).ok_or_else(|| format!("`{levels}` are no access levels"))?;
    Ok(ActionFacts::new(name, levels))
}

fn needs(verb: &str, actions: &[&str]) -> Result<Needs, String> {
    match (verb, actions) {
        ("needs", [_, ..]) => Ok(Needs::Actions(names(actions))),
        ("maybe", [_, ..]) => Ok(Needs::Maybe(names(actions))),
        ("nothing", []) => Ok(Needs::Nothing),
        ("unknown", []) => Ok(Needs::Unknown),
        _ => Err(format!("`{verb}` does not say what an operation needs")),
    }
}

/// A line that belongs to the resource type or action above it.
fn detail(service: &mut Service, words: &[&str]) -> Result<(), String> {
    let Some(action) = service.actions.last_mut() else {
        let kind = service.resource_types.last_mut().ok_or("this line belongs to nothing")?;
        let ["keys", list @ ..] = words else { return Err("a resource type only has `keys`".to_owned()) };
        kind.keys = keys(list);
        return Ok(());
    };
    match words {
        ["api", list @ ..] => action.apis = names(list),
        ["keys", list @ ..] => action.keys = keys(list),
        ["needs", list @ ..] => action.dependent = names(list),
        ["on", kind, list @ ..] => {
            let (name, required) = kind.strip_suffix('*').map_or((*kind, false), |name| (name, true));
            let resource = ActionResource { resource_type: name.into(), required, keys: keys(list) };
            action.resources.push(resource);
        }
        _ => return Err(format!("`{}` is no detail of an action", words.join(" "))),
    }
    Ok(())
}

fn names(words: &[&str]) -> Vec<Name> {
    words.iter().map(|word| Name::from(*word)).collect()
}

fn keys(words: &[&str]) -> Keys {
    names(words).into()
}

/// Writes one service file.
pub fn print(service: &Service) -> String {
    let mut out = format!("service {} {}\n", service.prefix, service.name);
    if service.resource_control {
        out.push_str("resource-control\n");
    }
    for api in &service.apis {
        push(&mut out, &format!("api {} {} {}", api.name, api.endpoint, api.signing), &[]);
    }
    for key in &service.condition_keys {
        push(&mut out, &format!("key {} {}", key.name, key.kind), &[]);
    }
    for kind in &service.resource_types {
        push(&mut out, &format!("resource {}", kind.name), &kind.arn);
        push_some(&mut out, " keys", &kind.keys);
    }
    for action in &service.actions {
        print_action(&mut out, action);
    }
    for operation in &service.operations {
        let head = format!("operation {} {}", operation.api, operation.name);
        match &operation.needs {
            Needs::Actions(actions) => push(&mut out, &format!("{head} needs"), actions),
            Needs::Maybe(actions) => push(&mut out, &format!("{head} maybe"), actions),
            Needs::Nothing => push(&mut out, &format!("{head} nothing"), &[]),
            Needs::Unknown => push(&mut out, &format!("{head} unknown"), &[]),
        }
    }
    out
}

fn print_action(out: &mut String, action: &ActionFacts) {
    push(out, &format!("action {} {}", action.name, action.levels), &[]);
    push_some(out, " api", &action.apis);
    push_some(out, " keys", &action.keys);
    push_some(out, " needs", &action.dependent);
    for resource in &action.resources {
        let star = if resource.required { "*" } else { "" };
        push(out, &format!(" on {}{star}", resource.resource_type), &resource.keys);
    }
}

fn push_some(out: &mut String, head: &str, words: &[Name]) {
    if !words.is_empty() {
        push(out, head, words);
    }
}

fn push(out: &mut String, head: &str, words: &[Name]) {
    out.push_str(head);
    for word in words {
        let _ = write!(out, " {word}");
    }
    out.push('\n');
}
