//! Permissions → (action, resource), each with its reason.

use std::sync::Arc;

use leastwise_catalog::Catalog;
use leastwise_catalog::levels::{Grant, LEVELS, LevelTables, Meaning, Source, Unfit};
use leastwise_policy::aws::Effect;

use super::Options;
use super::bind::{Binder, Bound};
use crate::intent::{Fault, Intent, Permission, Place, Said, nearest};

/// Why a policy allows or denies an action on resources: the line of the intent that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Allowed or denied.
    pub effect: Effect,
    /// The action, `service:*` for admin.
    pub action: Arc<str>,
    /// The resources, all of which the action needs or may act on.
    pub resources: Vec<String>,
    /// The word of the intent.
    pub verb: String,
    /// The name of the resource in the intent.
    pub name: String,
    /// Where the permission was said.
    pub place: Place,
    /// How the word came to be this action.
    pub source: Source,
    /// What the name is bound to.
    pub bound: Bound,
}

pub(super) struct Granter<'a> {
    binder: Binder<'a>,
    catalog: &'a Catalog,
    tables: &'static LevelTables,
}

impl<'a> Granter<'a> {
    pub(super) fn new(intent: &'a Intent, catalog: &'a Catalog, options: &'a Options) -> Granter<'a> {
        Granter { binder: Binder { intent, catalog, options }, catalog, tables: LevelTables::embedded() }
    }

    /// What all permissions come to; what is wrong is noted.
    pub(super) fn all(
        &self,
        permissions: &[Permission],
        effect: Effect,
        faults: &mut Vec<Fault>,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for permission in permissions {
            match self.one(permission, effect) {
                Ok(found) => reasons.extend(found),
                Err(fault) => {
                    let told = fault.place == permission.verb.place;
                    faults.push(fault);
                    faults.extend(self.unheard(&permission.verb).filter(|_| !told));
                }
            }
        }
        reasons
    }

    fn one(&self, permission: &Permission, effect: Effect) -> Result<Vec<Reason>, Fault> {
        let verb = permission.verb.value.as_str();
        let mut reasons = Vec::new();
        for bound in self.binder.resolve(&permission.resource, verb)? {
            let meaning = self.meaning(permission, &bound, effect)?;
            for grant in &meaning.grants {
                reasons.push(Reason {
                    effect,
                    action: grant.action.clone(),
                    resources: self.resources(permission, grant, &bound, effect)?,
                    verb: verb.to_owned(),
                    name: permission.resource.value.clone(),
                    place: permission.verb.place.clone(),
                    source: meaning.source,
                    bound: bound.clone(),
                });
            }
        }
        Ok(reasons)
    }

    fn meaning(&self, permission: &Permission, bound: &Bound, effect: Effect) -> Result<Meaning, Fault> {
        let verb = permission.verb.value.as_str();
        let found = match effect {
            Effect::Allow => self.tables.meaning(self.catalog, bound.asked(), verb),
            Effect::Deny => self.tables.prohibition(self.catalog, bound.asked(), verb),
        };
        found.ok_or_else(|| self.meaningless(permission, bound))
    }

    fn resources(
        &self,
        permission: &Permission,
        grant: &Grant,
        bound: &Bound,
        effect: Effect,
    ) -> Result<Vec<String>, Fault> {
        let found = self.tables.resources(self.catalog, &grant.action, &grant.place, bound.asked());
        let place = &permission.verb.place;
        let name = &permission.resource.value;
        match found {
            Ok(resources) => Ok(resources),
            // What must never be done to a service is denied everywhere in it.
            Err(Unfit::NothingBound(_)) if effect == Effect::Deny => Ok(vec!["*".to_owned()]),
            Err(Unfit::UnknownAction) => Err(Fault::new(place, format!("unknown action `{}`", grant.action))),
            Err(Unfit::NothingBound(types)) => Err(Fault::new(
                &permission.resource.place,
                format!("`{}` needs a resource, and `{name}` names only a service", grant.action),
            )
            .help(format!("bind it to the arn of {}", alternatives(&types)))),
            Err(Unfit::OtherTypes(types)) => Err(Fault::new(
                place,
                format!("`{}` is not about `{name}`, which is {}", grant.action, self.described(bound)),
            )
            .help(format!("it is about {}", alternatives(&types)))),
        }
    }

    fn meaningless(&self, permission: &Permission, bound: &Bound) -> Fault {
        let verb = permission.verb.value.as_str();
        let place = &permission.verb.place;
        if verb.contains(':') {
            let fault = Fault::new(place, format!("unknown action `{verb}`"));
            return match self.catalog.suggest(verb).first() {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!("`leastwise catalog` lists the actions of {}", bound.service())),
            };
        }
        let known = self.known(bound);
        let what = format!("`{verb}` means nothing for {}", self.described(bound));
        if LEVELS.contains(&verb) {
            let fault = Fault::new(place, what);
            return fault.help(format!(
                "name what is done, as an operation (`put-item`) or an action (`{}:…`){}",
                bound.service(),
                if known.is_empty() { String::new() } else { format!("; known: {}", known.join(", ")) },
            ));
        }
        let candidates = LEVELS.iter().copied().chain(known.iter().map(String::as_str));
        let operations = self.operations(bound.service());
        let candidates = candidates.chain(operations.iter().map(String::as_str));
        let fault = Fault::new(place, format!("unknown level or verb `{verb}`: {what}"));
        match nearest(verb, candidates) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("levels: {}; or an operation such as `put-item`", LEVELS.join(", "))),
        }
    }

    /// A word that means nothing anywhere, whatever its resource will turn out to be.
    fn unheard(&self, verb: &Said<String>) -> Option<Fault> {
        let word = verb.value.as_str();
        let heard = |prefix: &str| {
            let Some(service) = self.catalog.service(prefix) else { return false };
            let kinds = service.resource_types.iter().map(|kind| Some(&*kind.name)).chain([None]);
            kinds.into_iter().any(|kind| self.tables.words(prefix, kind).contains(&word))
                || service.actions.iter().any(|action| kebab(&action.name) == word)
        };
        if word.contains(':') || LEVELS.contains(&word) || self.catalog.services().any(heard) {
            return None;
        }
        let fault = Fault::new(&verb.place, format!("unknown level or verb `{word}`"));
        Some(match nearest(word, LEVELS) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("levels: {}; or an operation such as `put-item`", LEVELS.join(", "))),
        })
    }

    /// The words that the tables know there.
    fn known(&self, bound: &Bound) -> Vec<String> {
        let Some(service) = self.catalog.service(bound.service()) else { return Vec::new() };
        let kinds: Vec<Option<&str>> = match bound {
            Bound::Arn(arn) => service.types_of(arn).iter().map(|kind| Some(&*kind.name)).collect(),
            Bound::Service { kind, .. } => vec![kind.as_deref()],
        };
        let words = kinds.into_iter().flat_map(|kind| self.tables.words(&service.prefix, kind));
        words.map(str::to_owned).collect()
    }

    fn operations(&self, prefix: &str) -> Vec<String> {
        let Some(service) = self.catalog.service(prefix) else { return Vec::new() };
        service.actions.iter().map(|action| kebab(&action.name)).collect()
    }

    fn described(&self, bound: &Bound) -> String {
        let Some(service) = self.catalog.service(bound.service()) else { return bound.service().to_owned() };
        let kind = match bound {
            Bound::Arn(arn) => service.type_of(arn).map(|kind| kind.name.to_string()),
            Bound::Service { kind, .. } => kind.clone(),
        };
        match kind {
            Some(kind) => format!("{} of {}", with_article(&kind), service.name),
            None => service.name.to_string(),
        }
    }
}

/// `an instance`.
fn with_article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

/// The first few of several resource types.
fn alternatives(kinds: &[String]) -> String {
    let mut named: Vec<String> = kinds.iter().take(5).map(|kind| with_article(kind)).collect();
    if kinds.len() > named.len() {
        named.push(format!("{} more", kinds.len() - named.len()));
    }
    named.join(" or ")
}

/// `PutItem` → `put-item`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}
