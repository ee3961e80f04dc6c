//! Actions and services for people and as JSON.

use std::fmt::Write as _;

use leastwise_catalog::{Action, ActionResource, Service, Visibility};
use serde_json::{Value, json};

/// One action on one line: name, levels, marks.
pub fn line(action: &Action<'_>) -> String {
    let destructive = if action.destructive { "  destructive" } else { "" };
    format!("{:<48} {}{destructive}\n", action.full_name(), levels(action))
}

/// Everything about one action.
pub fn action(action: &Action<'_>) -> String {
    let mut text = format!("{}  ({})\n", action.full_name(), action.service.name);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:<12} {value}");
        }
    };
    row("levels", levels(action));
    if action.destructive {
        row("destructive", action.destructive_why.as_deref().unwrap_or("yes").to_owned());
    }
    row("logged as", format!("{}: {}", logged(action.visibility), action.visibility_why));
    row("keys", join(&action.keys));
    row("also needs", join(&action.dependent));
    if action.resources.is_empty() {
        row("resources", "only *".to_owned());
    }
    for resource in &action.resources {
        let _ = writeln!(
            text,
            "  resource     {}{}",
            resource.resource_type,
            if resource.required { ", required" } else { "" }
        );
        for format in formats(action.service, resource) {
            let _ = writeln!(text, "               {format}");
        }
        if !resource.keys.is_empty() {
            let _ = writeln!(text, "               keys: {}", join(&resource.keys));
        }
    }
    text
}

/// Everything about one service, its actions on a line each.
pub fn service(service: &Service) -> String {
    let mut text = format!("{}  ({})\n", service.prefix, service.name);
    for kind in &service.resource_types {
        let _ = writeln!(text, "  resource  {:<24} {}", kind.name, join(&kind.arn));
    }
    for key in &service.condition_keys {
        let _ = writeln!(text, "  key       {:<24} {}", key.name, key.kind);
    }
    for facts in &service.actions {
        text.push_str("  ");
        text.push_str(&line(&Action { service, facts }));
    }
    text
}

/// One action as JSON.
pub fn action_json(action: &Action<'_>) -> Value {
    let resources: Vec<Value> = action
        .resources
        .iter()
        .map(|resource| {
            json!({
                "type": &*resource.resource_type,
                "required": resource.required,
                "arn": formats(action.service, resource),
                "keys": texts(&resource.keys),
            })
        })
        .collect();
    json!({
        "action": action.full_name(),
        "service": &*action.service.name,
        "levels": action.levels.iter().map(|level| level.as_str()).collect::<Vec<_>>(),
        "destructive": action.destructive,
        "logged": logged(action.visibility),
        "logged_why": &*action.visibility_why,
        "keys": texts(&action.keys),
        "also_needs": texts(&action.dependent),
        "resources": resources,
    })
}

/// One service as JSON, with its actions.
pub fn service_json(service: &Service) -> Value {
    let types = service
        .resource_types
        .iter()
        .map(|kind| json!({ "type": &*kind.name, "arn": texts(&kind.arn), "keys": texts(&kind.keys) }));
    let keys = service.condition_keys.iter().map(|key| json!({ "key": &*key.name, "type": &*key.kind }));
    let actions = service.actions.iter().map(|facts| action_json(&Action { service, facts }));
    json!({
        "prefix": &*service.prefix,
        "name": &*service.name,
        "resource_types": types.collect::<Vec<_>>(),
        "condition_keys": keys.collect::<Vec<_>>(),
        "actions": actions.collect::<Vec<_>>(),
    })
}

fn levels(action: &Action<'_>) -> String {
    action.levels.iter().map(|level| level.as_str()).collect::<Vec<_>>().join(", ")
}

fn logged(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Management => "management event",
        Visibility::Data => "data event",
        Visibility::NotLogged => "nothing",
    }
}

fn formats<'s>(service: &'s Service, resource: &ActionResource) -> Vec<&'s str> {
    service.resource_type(&resource.resource_type).map(|kind| texts(&kind.arn)).unwrap_or_default()
}

fn texts(names: &[leastwise_catalog::Name]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

fn join(names: &[leastwise_catalog::Name]) -> String {
    texts(names).join(", ")
}
