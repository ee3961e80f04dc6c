//! What Google Cloud's and Azure's compilers have in common: names become resources, words become operations,
//! prohibitions take away.
//!
//! Both grant a set of operations on a place, and both hand what is granted down. So a permission of the intent
//! becomes operations, each with the kind of place on which the cloud checks it; where it is then granted is what the
//! two differ in.

mod told;

use leastwise_catalog::places::{Kind, Means, Places, Resource};
use leastwise_policy::aws::Effect;

use super::Note;
use super::elsewhere::Binder;
use crate::intent::{Fault, Intent, Permission, Place, Said};

pub(super) use told::{described, titled};

/// A cloud, as far as the two are alike.
pub(super) struct Cloud {
    /// The name of the target.
    pub(super) target: &'static str,
    /// What people call it.
    pub(super) title: &'static str,
    pub(super) places: fn() -> &'static Places,
    /// A resource, as it is written.
    pub(super) example: &'static str,
    /// The operation that is named, as the cloud spells it.
    pub(super) operation: fn(&str) -> Option<String>,
    /// Whether a word is meant to be an operation.
    pub(super) names_operation: fn(&str) -> bool,
    pub(super) suggest: fn(&str) -> Vec<String>,
}

/// A permission of the intent, on one resource.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'p> {
    pub(super) resource: Resource<'p>,
    pub(super) operations: Vec<Operation<'p>>,
    /// The roles of the cloud that allow everything there, when that is what was said.
    pub(super) admin: &'p [String],
    pub(super) verb: String,
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) how: How,
}

/// An operation of a permission.
#[derive(Debug, Clone)]
pub(super) struct Operation<'p> {
    pub(super) name: String,
    /// On what it is checked.
    pub(super) on: &'p Kind,
    /// The attribute of the request that holds the beginning of the name.
    pub(super) by: Option<String>,
}

/// How a word came to be operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A row of a level table.
    Table,
    /// The operation was named.
    Named,
    /// The word is `admin`.
    Admin,
}

/// Why an operation is granted or denied somewhere: the line of the intent that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Allowed or denied.
    pub effect: Effect,
    /// The operation, or the role that stands for all of them.
    pub operation: String,
    /// On what; with the condition, if there is one.
    pub at: String,
    /// The word of the intent.
    pub verb: String,
    /// The name of the resource in the intent.
    pub name: String,
    /// Where the permission was said.
    pub place: Place,
    /// How the word came to be this operation.
    pub how: How,
}

impl Cloud {
    /// What all permissions come to; what is wrong is noted.
    pub(super) fn wanted(
        &'static self,
        intent: &Intent,
        permissions: &[Permission],
        effect: Effect,
        environment: Option<&str>,
        faults: &mut Vec<Fault>,
    ) -> Vec<Wanted<'static>> {
        let mut wanted = Vec::new();
        let keys = std::slice::from_ref(&self.target);
        let binder = Binder { intent, platform: self.target, keys, example: self.example, environment };
        for permission in permissions {
            let texts = match binder.resolve(&permission.resource) {
                Ok(texts) => texts,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            for text in texts {
                let text = Said::new(text.value.1, text.place);
                match self.one(permission, &text, effect) {
                    Ok(one) => wanted.push(one),
                    Err(fault) => faults.push(fault),
                }
            }
        }
        wanted
    }

    fn one(
        &self,
        permission: &Permission,
        text: &Said<String>,
        effect: Effect,
    ) -> Result<Wanted<'static>, Fault> {
        let resource = (self.places)().find(&text.value).map_err(|lost| self.lost(text, &lost))?;
        let verb = permission.verb.value.as_str();
        let (operations, how) = self.operations(permission, &resource, effect)?;
        let admin: &[String] = if how == How::Admin { &resource.kind.admin } else { &[] };
        Ok(Wanted {
            operations,
            admin,
            verb: verb.to_owned(),
            name: permission.resource.value.clone(),
            place: permission.verb.place.clone(),
            how,
            resource,
        })
    }

    fn operations(
        &self,
        permission: &Permission,
        resource: &Resource<'static>,
        effect: Effect,
    ) -> Result<(Vec<Operation<'static>>, How), Fault> {
        let verb = permission.verb.value.as_str();
        let (service, kind) = (resource.service, resource.kind);
        if (self.names_operation)(verb) {
            return self.named(permission, resource);
        }
        if verb == "admin" && !kind.admin.is_empty() && !resource.all && !resource.prefix {
            return match effect {
                Effect::Allow => Ok((Vec::new(), How::Admin)),
                Effect::Deny => {
                    let fault = Fault::new(&permission.verb.place, "admin cannot be forbidden as a whole");
                    Err(fault.help("say which levels or operations: `never: [{delete: …}]`"))
                }
            };
        }
        let is = |means: &&Means| means.kind == kind.name && means.words.iter().any(|word| word == verb);
        let rows: Vec<&'static Means> = match resource.all {
            true => service.lists.iter().filter(is).collect(),
            false => service.means.iter().filter(is).collect(),
        };
        let mut operations = Vec::new();
        let besides = service.never.iter().filter(is).filter(|_| effect == Effect::Deny && !rows.is_empty());
        for means in rows.iter().copied().chain(besides) {
            // What a call needs besides, elsewhere, is not what is forbidden here.
            if effect == Effect::Deny && means.on != kind.name && means.by.is_none() {
                continue;
            }
            let on = match resource.all {
                true => service.above(kind),
                false => service.kind(&means.on),
            };
            let Some(on) = on else { continue };
            operations.extend(means.operations.iter().map(|name| Operation {
                name: name.clone(),
                on,
                by: means.by.clone(),
            }));
        }
        match operations.is_empty() {
            true => Err(self.meaningless(permission, resource)),
            false => Ok((operations, How::Table)),
        }
    }

    /// An operation that the intent names itself.
    fn named(
        &self,
        permission: &Permission,
        resource: &Resource<'static>,
    ) -> Result<(Vec<Operation<'static>>, How), Fault> {
        let (verb, place) = (permission.verb.value.as_str(), &permission.verb.place);
        let Some(name) = (self.operation)(verb) else {
            let fault = Fault::new(place, format!("{} has no operation `{verb}`", self.title));
            return Err(match (self.suggest)(verb).first() {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("`leastwise catalog show {}:…` looks them up", self.target)),
            });
        };
        let head = |name: &str| name.split(['.', '/']).next().unwrap_or_default().to_ascii_lowercase();
        let service = resource.service;
        let own = service.means.iter().chain(&service.lists).flat_map(|means| &means.operations);
        let mut heads: Vec<String> = own.map(|known| head(known)).collect();
        heads.sort_unstable();
        heads.dedup();
        let azure = name.contains('/');
        if !heads.contains(&head(&name))
            || azure && !name.to_ascii_lowercase().starts_with(&provider(resource))
        {
            let fault = Fault::new(place, format!("`{name}` is not about `{}`", permission.resource.value));
            return Err(fault.help(format!("that is {}", described(resource))));
        }
        if resource.all {
            let fault = Fault::new(
                &permission.resource.place,
                "an operation needs one resource, and this is all of a kind",
            );
            return Err(fault.help("bind it to one, or say `list`"));
        }
        Ok((vec![Operation { name, on: resource.kind, by: None }], How::Named))
    }

    /// Takes from what is allowed what must never be done. What lies only partly in what is forbidden cannot be
    /// taken away: that is a fault.
    pub(super) fn settle(
        &self,
        allowed: &mut [Wanted<'static>],
        denied: &[Wanted<'static>],
        faults: &mut Vec<Fault>,
    ) -> Vec<Note> {
        let mut notes = Vec::new();
        for never in denied {
            for want in allowed.iter_mut() {
                let before = want.operations.len();
                let (within, meets) = (never.covers(want), never.covers(want) || want.covers(never));
                let forbidden = |name: &str| never.operations.iter().any(|operation| operation.name == name);
                if meets && !within && want.operations.iter().any(|operation| forbidden(&operation.name)) {
                    let message = format!(
                        "`{}: {}` forbids a part of what `{}: {}` allows, and {} cannot take a part away",
                        never.verb, never.name, want.verb, want.name, self.title
                    );
                    let fault = Fault::new(&never.place, message);
                    faults.push(fault.help("allow the other parts one by one"));
                    continue;
                }
                if within {
                    want.operations.retain(|operation| !forbidden(&operation.name));
                }
                if before > 0 && want.operations.is_empty() {
                    let text =
                        format!("nothing is left of `{}: {}`: all of it is forbidden", want.verb, want.name);
                    notes.push(Note { place: want.place.clone(), text });
                }
            }
        }
        notes
    }
}

impl Wanted<'_> {
    /// Whether everything that `other` is about lies in what this is about.
    pub(super) fn covers(&self, other: &Wanted<'_>) -> bool {
        // Azure's ids are the same in any case; so are the names of operations.
        let name = |resource: &Resource<'_>| {
            let name = resource.full_name()?;
            Some(if name.starts_with("/subscriptions/") { name.to_ascii_lowercase() } else { name })
        };
        let (Some(own), Some(inner)) = (name(&self.resource), name(&other.resource)) else { return false };
        if self.resource.prefix {
            return inner.starts_with(&own);
        }
        let below = inner.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/'));
        below || own == inner && !other.resource.prefix
    }
}

/// The resource provider of an Azure resource: `microsoft.storage/`.
fn provider(resource: &Resource<'_>) -> String {
    let pattern = resource.kind.pattern.text();
    let provider = pattern.split("/providers/").nth(1).and_then(|rest| rest.split('/').next());
    format!("{}/", provider.unwrap_or_default().to_ascii_lowercase())
}
