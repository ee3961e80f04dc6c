//! Permissions on resources → custom roles and the places where they are granted, as few as say exactly them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use leastwise_policy::aws::Effect;

use super::super::Note;
use super::super::cloud::{Operation, Reason, Wanted, titled};
use super::conditions::Condition;
use super::spot::{Spot, spot};
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

/// What is granted on a spot, with the words and names that say so.
#[derive(Default)]
struct Here<'w> {
    operations: BTreeSet<&'w str>,
    wants: Vec<(&'w str, &'w str)>,
}

/// Grants everything that is allowed; `taken` are the ids of custom roles that are given out.
pub(super) fn grant(
    role: &str,
    allowed: &[Wanted<'static>],
    limits: &[String],
    home: &str,
    taken: &mut HashSet<String>,
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
    for spot in order {
        if let Some(here) = here.get(&spot) {
            granted.custom(role, spot, here, taken);
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
