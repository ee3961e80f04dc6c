//! Where an operation is granted: on the resource that it is checked on, or above that with a condition that names it.

use leastwise_catalog::places::{Kind, Resource, Service, WHOLE};

use super::super::cloud::{Operation, Wanted, described};
use super::conditions::{any, text};
use crate::intent::Fault;

/// Where something is granted, and when it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) project: String,
    pub(super) resource: String,
    pub(super) expression: Option<String>,
    pub(super) terraform: String,
    pub(super) arguments: Vec<(String, String)>,
    pub(super) caution: Option<String>,
}

/// Where an operation is granted: on what it is checked on, or above that with a condition that names it.
pub(super) fn spot(
    want: &Wanted<'static>,
    operation: &Operation<'static>,
    limits: &[String],
    home: &str,
) -> Result<Spot, Fault> {
    let resource = &want.resource;
    let (service, on) = (resource.service, operation.on);
    let prefix = resource.prefix && on.name == resource.kind.name;
    let mut parts = limits.to_vec();
    let mut at = on;
    let takes = |kind: &Kind, conditions: bool| kind.policy.is_some_and(|can| can || !conditions);
    if let Some(attribute) = &operation.by {
        parts.insert(0, by(want, attribute)?);
    }
    if prefix || !takes(on, !parts.is_empty()) {
        let name = named(resource, on, prefix).ok_or_else(|| too_wide(want, on, limits))?;
        parts.insert(0, name);
        while let Some(above) = service.above(at) {
            at = above;
            if takes(at, true) {
                break;
            }
        }
    }
    if !takes(at, !parts.is_empty()) {
        return Err(too_wide(want, on, limits));
    }
    let mut values = resource.values.clone();
    if values.get("project").is_none_or(|project| project == "_") {
        values.insert("project".to_owned(), home.to_owned());
    }
    let (Some(name), Some(terraform)) = (at.pattern.fill(&values), &at.terraform) else {
        return Err(too_wide(want, on, limits));
    };
    let filled = |text: &str| {
        let whole = text.replace("{}", &name);
        values.iter().fold(whole, |text, (key, value)| text.replace(&format!("{{{key}}}"), value))
    };
    Ok(Spot {
        project: values.get("project").cloned().unwrap_or_else(|| home.to_owned()),
        resource: full(service, at, &name),
        expression: (!parts.is_empty()).then(|| parts.join(" && ")),
        terraform: terraform.resource.clone(),
        arguments: terraform.arguments.iter().map(|(key, text)| (key.clone(), filled(text))).collect(),
        caution: at.caution.clone(),
    })
}

fn full(service: &Service, at: &Kind, name: &str) -> String {
    let host = match at.name.as_str() {
        WHOLE => "cloudresourcemanager.googleapis.com",
        _ => service.hosts.first().map_or("", String::as_str),
    };
    format!("//{host}/{name}")
}

/// The part of a condition that names a resource and what lies in it; none when conditions do not know its kind.
fn named(resource: &Resource<'_>, on: &Kind, prefix: bool) -> Option<String> {
    let attribute = on.attribute.as_ref()?;
    let name = attribute.name.fill(&resource.values)?;
    // What lies in it has names of its own, and it is those that conditions see.
    let in_it = |kind: &&Kind| {
        kind.attribute.is_some() && resource.service.above(kind).is_some_and(|above| above.name == on.name)
    };
    let inside = resource.service.kinds.iter().any(|kind| in_it(&kind));
    let of = match inside {
        true => format!("resource.service == {}", text(attribute.of.split('/').next()?)),
        false => format!("resource.type == {}", text(&attribute.of)),
    };
    let name = match (prefix, inside) {
        (true, _) => format!("resource.name.startsWith({})", text(&name)),
        (false, false) => format!("resource.name == {}", text(&name)),
        (false, true) => any(vec![
            format!("resource.name == {}", text(&name)),
            format!("resource.name.startsWith({})", text(&format!("{name}/"))),
        ]),
    };
    Some(format!("{of} && {name}"))
}

/// The part of a condition that compares what the request says of the beginning of names.
fn by(want: &Wanted<'_>, attribute: &str) -> Result<String, Fault> {
    let beginning = want.resource.kind.pattern.last().and_then(|variable| want.resource.values.get(variable));
    match beginning.filter(|_| want.resource.prefix) {
        Some(beginning) => {
            Ok(format!("api.getAttribute({}, \"\").startsWith({})", text(attribute), text(beginning)))
        }
        None => {
            let message = format!("`{}: {}` needs the beginning of a name", want.verb, want.name);
            Err(Fault::new(&want.place, message).help("end the resource with `/*`"))
        }
    }
}

fn too_wide(want: &Wanted<'_>, on: &Kind, limits: &[String]) -> Fault {
    let what = described(&want.resource);
    let kind = if on.name == want.resource.kind.name {
        what
    } else {
        format!("a {} of {}", on.name, want.resource.service.name)
    };
    let host = want.resource.service.hosts.first().map_or("", String::as_str);
    let project = want.resource.values.get("project").filter(|project| *project != "_");
    let project = project.map_or("PROJECT", String::as_str);
    if want.resource.prefix {
        let message = format!("a condition cannot name what begins with something where {kind} is meant");
        return Fault::new(&want.place, message).help("bind each resource by its whole name");
    }
    if on.policy.is_some() && !limits.is_empty() {
        let message = format!("{kind} takes no conditions, and without them more would be allowed");
        return Fault::new(&want.place, message)
            .help("leave out `conditions` and `expires` for this resource, in a role of its own");
    }
    let message = format!("roles are not granted on {kind}, nor can a condition name it");
    Fault::new(&want.place, message).help(format!(
        "if it may hold in the whole project, bind `//{host}/projects/{project}` and name the permission"
    ))
}
