//! Permissions on resources → custom roles and the places where they are granted, as few as say exactly them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use leastwise_catalog::places::{Kind, Resource, Service};
use leastwise_policy::aws::Effect;

use super::super::Note;
use super::super::cloud::{Operation, Reason, Wanted, described, titled};
use super::conditions::{Condition, any, text};
use crate::intent::Fault;

/// The most permissions of a custom role.
const MOST_PERMISSIONS: usize = 3_000;
/// The most bytes of its title, description and permissions.
const MOST_BYTES: usize = 64 << 10;
/// The most `&&`, `||` and `!` of a condition.
const MOST_OPERATORS: usize = 12;

/// A custom role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    /// The project that it belongs to, in which alone it can be granted.
    pub project: String,
    /// Its id: 3 to 64 letters, digits, `_` and `.`.
    pub id: String,
    /// At most 100 characters.
    pub title: String,
    /// Sorted.
    pub permissions: Vec<String>,
}

/// What a binding grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grants {
    /// A custom role, by its number.
    Custom(usize),
    /// A predefined role: `roles/storage.admin`.
    Predefined(String),
}

/// A role granted on a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The role.
    pub grants: Grants,
    /// The full name of the resource whose allow policy it is in.
    pub resource: String,
    /// The Terraform resource that puts it there.
    pub terraform: String,
    /// Its arguments.
    pub arguments: Vec<(String, String)>,
    /// When it counts.
    pub condition: Option<Condition>,
}

/// Roles, bindings, and why.
#[derive(Default)]
pub(super) struct Granted {
    pub(super) roles: Vec<CustomRole>,
    pub(super) bindings: Vec<Binding>,
    pub(super) reasons: Vec<Reason>,
    pub(super) notes: Vec<Note>,
}

/// Where something is granted, and when it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    project: String,
    resource: String,
    expression: Option<String>,
    terraform: String,
    arguments: Vec<(String, String)>,
    caution: Option<String>,
}

/// What is granted on a spot, with the words and names that say so.
#[derive(Default)]
struct Here<'w> {
    operations: BTreeSet<&'w str>,
    wants: Vec<(&'w str, &'w str)>,
}

pub(super) fn grant(
    role: &str,
    allowed: &[Wanted<'static>],
    limits: &[String],
    home: &str,
    faults: &mut Vec<Fault>,
) -> Granted {
    let mut granted = Granted::default();
    let mut order: Vec<Spot> = Vec::new();
    let mut here: BTreeMap<Spot, Here<'_>> = BTreeMap::new();
    for want in allowed {
        let own = Operation { name: String::new(), on: want.resource.kind, by: None };
        for predefined in want.admin {
            match spot(want, &own, limits, home) {
                Ok(spot) => granted.predefined(role, want, predefined, &spot),
                Err(fault) => faults.push(fault),
            }
        }
        for operation in &want.operations {
            let spot = match spot(want, operation, limits, home) {
                Ok(spot) => spot,
                Err(fault) => {
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                    continue;
                }
            };
            granted.reasons.push(reason(want, &operation.name, &spot));
            granted.caution(want, &spot);
            if !order.contains(&spot) {
                order.push(spot.clone());
            }
            let here = here.entry(spot).or_default();
            here.operations.insert(&operation.name);
            let said = (want.verb.as_str(), want.name.as_str());
            if !here.wants.contains(&said) {
                here.wants.push(said);
            }
        }
    }
    let mut taken = HashSet::new();
    for spot in order {
        if let Some(here) = here.get(&spot) {
            granted.custom(role, spot, here, &mut taken);
        }
    }
    granted.check(allowed, faults);
    granted
}

impl Granted {
    fn predefined(&mut self, role: &str, want: &Wanted<'_>, predefined: &str, spot: &Spot) {
        self.reasons.push(reason(want, predefined, spot));
        self.caution(want, spot);
        let wants = [(want.verb.as_str(), want.name.as_str())];
        self.bindings.push(binding(Grants::Predefined(predefined.to_owned()), spot, role, &wants));
    }

    /// Grants a custom role: one that there is when it has the same permissions.
    fn custom(&mut self, role: &str, spot: Spot, here: &Here<'_>, taken: &mut HashSet<String>) {
        let permissions: Vec<String> = here.operations.iter().map(|name| (*name).to_owned()).collect();
        let same = |known: &CustomRole| known.project == spot.project && known.permissions == permissions;
        let index = self.roles.iter().position(same).unwrap_or_else(|| {
            let title = titled(role, &here.wants, 100);
            let id = id_of(&title, taken);
            self.roles.push(CustomRole { project: spot.project.clone(), id, title, permissions });
            self.roles.len() - 1
        });
        self.bindings.push(binding(Grants::Custom(index), &spot, role, &here.wants));
    }

    fn caution(&mut self, want: &Wanted<'_>, spot: &Spot) {
        let Some(text) = spot.caution.as_ref().filter(|_| spot.expression.is_some()) else { return };
        let note = Note { place: want.place.clone(), text: format!("{}: {text}", spot.resource) };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// What does not fit where Google Cloud keeps it.
    fn check(&self, allowed: &[Wanted<'_>], faults: &mut Vec<Fault>) {
        let Some(first) = allowed.first() else { return };
        for role in &self.roles {
            let bytes = role.title.len() * 2 + role.permissions.iter().map(String::len).sum::<usize>();
            if role.permissions.len() > MOST_PERMISSIONS || bytes > MOST_BYTES {
                let message = format!("`{}` is more than a custom role holds", role.title);
                faults.push(Fault::new(&first.place, message).help("split the role"));
            }
        }
        for condition in self.bindings.iter().filter_map(|binding| binding.condition.as_ref()) {
            let operators =
                condition.expression.matches("&&").count() + condition.expression.matches("||").count();
            if operators > MOST_OPERATORS {
                let message =
                    format!("the condition `{}` has more than {MOST_OPERATORS} operators", condition.title);
                faults.push(Fault::new(&first.place, message).help("say fewer tags"));
            }
        }
    }
}

fn binding(grants: Grants, spot: &Spot, role: &str, wants: &[(&str, &str)]) -> Binding {
    let condition = spot
        .expression
        .as_ref()
        .map(|expression| Condition { title: titled(role, wants, 100), expression: expression.clone() });
    Binding {
        grants,
        resource: spot.resource.clone(),
        terraform: spot.terraform.clone(),
        arguments: spot.arguments.clone(),
        condition,
    }
}

fn reason(want: &Wanted<'_>, operation: &str, spot: &Spot) -> Reason {
    let at = match &spot.expression {
        Some(expression) => format!("{} when {expression}", spot.resource),
        None => spot.resource.clone(),
    };
    Reason {
        effect: Effect::Allow,
        operation: operation.to_owned(),
        at,
        verb: want.verb.clone(),
        name: want.name.clone(),
        place: want.place.clone(),
        how: want.how,
    }
}

/// Where an operation is granted: on what it is checked on, or above that with a condition that names it.
fn spot(
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
        leastwise_catalog::places::WHOLE => "cloudresourcemanager.googleapis.com",
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

/// An id out of a title; none comes twice.
fn id_of(title: &str, taken: &mut HashSet<String>) -> String {
    let mut id = String::new();
    for c in title.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => id.push(c),
            ':' => id.push('.'),
            _ if !id.is_empty() && !id.ends_with(['_', '.']) => id.push('_'),
            _ => {}
        }
    }
    id.truncate(58);
    let base = id.trim_matches(['_', '.']).to_owned();
    let base = if base.len() < 3 { format!("role_{base}") } else { base };
    let mut id = base.clone();
    let mut next = 2;
    while !taken.insert(id.to_ascii_lowercase()) {
        id = format!("{base}_{next}");
        next += 1;
    }
    id
}
