//! Asking the tables: what a word means on a resource or a service, and where each action then acts.

use std::sync::Arc;

use super::place::behind;
use super::syntax::Row;
use super::{LEVELS, LevelTables, Place, WHOLE, derive};
use crate::facts::{ActionFacts, Needs, ResourceType, Service};
use crate::{ArnFormat, Catalog};

/// What a word comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// How it is known.
    pub source: Source,
    /// The actions, each with where it acts. Never empty.
    pub grants: Vec<Grant>,
}

/// How a meaning is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A row of a level table.
    Table,
    /// Derived from access levels, resource types and marks.
    Derived,
    /// The word is an operation of the service.
    Operation,
    /// The word is an action with its prefix.
    Action,
    /// The word is `admin`: every action of the service, `service:*`.
    Admin,
    /// Something encrypted needs its key: a row of the table of keys.
    Key,
}

/// An action of a meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// With prefix: `dynamodb:PutItem`; `dynamodb:*` for admin.
    pub action: Arc<str>,
    /// Where it acts.
    pub place: Place,
}

/// What a word is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A resource, or what a pattern of ARNs stands for.
    Arn(&'a str),
    /// A service as a whole, or one of its resource types: nothing is bound.
    Service {
        /// The IAM prefix.
        prefix: &'a str,
        /// The resource type, where one is named.
        kind: Option<&'a str>,
    },
}

/// Why an action cannot act where an intent wants it to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// There is no such action.
    UnknownAction,
    /// The action is about these resource types and not about the one that is bound.
    OtherTypes(Vec<String>),
    /// The action needs a resource of one of these types and none is bound.
    NothingBound(Vec<String>),
}

impl Meaning {
    fn new(source: Source, grants: Vec<Grant>) -> Option<Meaning> {
        (!grants.is_empty()).then_some(Meaning { source, grants })
    }
}

impl LevelTables {
    /// What `word` means on `target`: a level, a verb, an operation of the service (`put-item`) or an action
    /// with its prefix (`rds-data:ExecuteStatement`). Nothing when it means nothing there.
    pub fn meaning(&self, catalog: &Catalog, target: Target<'_>, word: &str) -> Option<Meaning> {
        if let Some(action) = catalog.action(word) {
            return Meaning::new(Source::Action, vec![grant(action.full_name(), Place::Bound)]);
        }
        // A word of another service than the one whose ARN is bound: `rds-data:execute-statement` on a cluster.
        if let Some((prefix, word)) = word.split_once(':') {
            let service = catalog.service(prefix)?;
            return match target {
                Target::Service { kind, .. } => self.of_service(catalog, prefix, kind, word),
                Target::Arn(arn) => self.of_arn(catalog, service, arn, word),
            };
        }
        match target {
            Target::Service { prefix, kind } => self.of_service(catalog, prefix, kind, word),
            Target::Arn(arn) => self.of_arn(catalog, catalog.service_of_arn(arn)?, arn, word),
        }
    }

    /// What `word` covers when it is forbidden: what it means, and what would come to the same by another door
    /// (deleting an item in a batch, deleting its versions).
    pub fn prohibition(&self, catalog: &Catalog, target: Target<'_>, word: &str) -> Option<Meaning> {
        let mut meaning = self.meaning(catalog, target, word)?;
        let Target::Arn(arn) = target else { return Some(meaning) };
        let Some(service) = catalog.service_of_arn(arn) else { return Some(meaning) };
        for kind in service.types_of(arn) {
            for row in self.rows(&service.prefix) {
                let Row::Never { kind: of, words, actions, place } = row else { continue };
                if **of == *kind.name && words.iter().any(|known| &**known == word) {
                    let more = actions.iter().map(|action| grant(full_name(service, action), place.clone()));
                    meaning.grants.extend(more);
                }
            }
        }
        Some(meaning)
    }

    fn of_service(&self, catalog: &Catalog, prefix: &str, kind: Option<&str>, word: &str) -> Option<Meaning> {
        let service = catalog.service(prefix)?;
        if word == "list" {
            return self.enumerating(service, kind);
        }
        let rows = self.means(service, kind.unwrap_or(WHOLE), word);
        if let Some(meaning) = Meaning::new(Source::Table, rows) {
            return Some(meaning);
        }
        if word == "admin" && kind.is_none() {
            return Meaning::new(Source::Admin, vec![grant(format!("{prefix}:*"), Place::All)]);
        }
        match LEVELS.contains(&word) {
            true => None,
            false => operation(service, word),
        }
    }

    fn of_arn(&self, catalog: &Catalog, service: &Service, arn: &str, word: &str) -> Option<Meaning> {
        let kinds = service.types_of(arn);
        for kind in &kinds {
            // All below a path is a type of its own, where the table says so.
            let path = arn.ends_with("/*").then(|| format!("{}/*", kind.name));
            for kind in path.iter().map(String::as_str).chain([&*kind.name]) {
                if let Some(meaning) = Meaning::new(Source::Table, self.means(service, kind, word)) {
                    return Some(meaning);
                }
            }
            // What is said of any type holds for those that the action knows.
            let knows = |grant: &Grant| {
                catalog.action(&grant.action).is_some_and(|action| action.resource(&kind.name).is_some())
            };
            let of_any = self.means(service, "*", word).into_iter().filter(knows).collect();
            if let Some(meaning) = Meaning::new(Source::Table, of_any) {
                return Some(meaning);
            }
            // A type of which the table says what writing is has contents: what is derived would be about the
            // resource itself.
            let of_contents =
                ["update", "delete"].contains(&word) && !self.means(service, &kind.name, "write").is_empty();
            if of_contents || self.is_unsaid(service, &kind.name, word) {
                return None;
            }
        }
        if word == "admin" && !kinds.is_empty() {
            return Meaning::new(Source::Admin, vec![grant(format!("{}:*", service.prefix), Place::Bound)]);
        }
        if !LEVELS.contains(&word) {
            return operation(service, word);
        }
        let derived =
            kinds.iter().map(|kind| derive::on_type(service, kind, word)).find(|found| !found.is_empty());
        let full = |name: &&ActionFacts| grant(format!("{}:{}", service.prefix, name.name), Place::Bound);
        Meaning::new(Source::Derived, derived?.iter().map(full).collect())
    }

    fn is_unsaid(&self, service: &Service, kind: &str, word: &str) -> bool {
        self.rows(&service.prefix).iter().any(|row| match row {
            Row::Unsaid { kind: of, words } => &**of == kind && words.iter().any(|known| &**known == word),
            _ => false,
        })
    }

    /// What finds out which resources there are, of one type or of the service's main one.
    fn enumerating(&self, service: &Service, kind: Option<&str>) -> Option<Meaning> {
        let wanted = kind.unwrap_or(WHOLE);
        let rows = self.rows(&service.prefix).iter().filter_map(|row| match row {
            Row::Lists { kind, actions } if &**kind == wanted => Some(actions),
            _ => None,
        });
        let listed: Vec<Grant> =
            rows.flatten().map(|action| grant(full_name(service, action), Place::All)).collect();
        if let Some(meaning) = Meaning::new(Source::Table, listed) {
            return Some(meaning);
        }
        let derived = derive::listing(service, kind)?;
        Meaning::new(Source::Derived, vec![grant(format!("{}:{}", service.prefix, derived.name), Place::All)])
    }

    /// The rows for a word on a type.
    fn means(&self, service: &Service, kind: &str, word: &str) -> Vec<Grant> {
        let mut grants = Vec::new();
        for row in self.rows(&service.prefix) {
            let Row::Means { kind: of, words, actions, place } = row else { continue };
            if &**of == kind && words.iter().any(|known| &**known == word) {
                grants.extend(actions.iter().map(|action| grant(full_name(service, action), place.clone())));
            }
        }
        grants
    }

    /// The resources on which a statement of an identity policy must name `action`, when `target` is bound. `*`
    /// stands alone, for an action that knows no resource.
    ///
    /// # Errors
    /// The action does not act on what is bound.
    pub fn resources(
        &self,
        catalog: &Catalog,
        action: &str,
        place: &Place,
        target: Target<'_>,
    ) -> Result<Vec<String>, Unfit> {
        let all = || vec!["*".to_owned()];
        if *place == Place::All {
            return Ok(all());
        }
        let arn = match target {
            Target::Arn(arn) => arn,
            Target::Service { .. } if action.ends_with(":*") => return Ok(all()),
            Target::Service { .. } => {
                let found = catalog.action(action).ok_or(Unfit::UnknownAction)?;
                let needed = found.resources.iter().filter(|on| on.required);
                let needed: Vec<String> = needed.map(|on| on.resource_type.to_string()).collect();
                return if needed.is_empty() { Ok(all()) } else { Err(Unfit::NothingBound(needed)) };
            }
        };
        if let Place::Behind(suffix) = place {
            return Ok(vec![behind(arn, suffix)]);
        }
        if action.ends_with(":*") {
            return Ok(self.with_insides(catalog, arn));
        }
        let found = catalog.action(action).ok_or(Unfit::UnknownAction)?;
        if found.resources.is_empty() {
            return Ok(all());
        }
        self.bound(catalog, found.service, found.facts, arn)
    }

    fn bound(
        &self,
        catalog: &Catalog,
        service: &Service,
        action: &ActionFacts,
        arn: &str,
    ) -> Result<Vec<String>, Unfit> {
        let kinds = service.types_of(arn);
        if let Some(kind) = kinds.iter().find(|kind| action.resource(&kind.name).is_some()) {
            let mut resources = vec![self.written(&service.prefix, &kind.name, &action.name, arn)];
            resources.extend(self.further(service, action, &kind.name, arn));
            return Ok(resources);
        }
        // The types of the service that the ARN belongs to: `inside` rows stand in its table.
        let owner = catalog.service_of_arn(arn).unwrap_or(service);
        let owner_kinds = owner.types_of(arn);
        for row in self.rows(&owner.prefix) {
            let Row::Inside { kind, inner, place: Place::Behind(suffix) } = row else { continue };
            if owner_kinds.iter().any(|of| *of.name == **kind) && action.resource(inner).is_some() {
                return Ok(vec![behind(arn, suffix)]);
            }
        }
        let types = action.resources.iter().map(|on| on.resource_type.to_string()).collect();
        Err(Unfit::OtherTypes(types))
    }

    /// The ARN as a policy writes it.
    fn written(&self, prefix: &str, kind: &str, action: &str, arn: &str) -> String {
        for row in self.rows(prefix) {
            let Row::WriteAs { kind: of, place: Place::Behind(suffix), only, actions } = row else {
                continue;
            };
            if &**of == kind && actions.iter().any(|name| &**name == action) == *only {
                return behind(arn, suffix);
            }
        }
        arn.to_owned()
    }

    /// The further types that the action needs, as narrow as the bound ARN tells.
    fn further(&self, service: &Service, action: &ActionFacts, kind: &str, arn: &str) -> Vec<String> {
        let mut further = Vec::new();
        let Some(format) =
            service.resource_type(kind).and_then(|kind| kind.formats().find(|f| f.matches(arn)))
        else {
            return further;
        };
        let bound = format.bind(arn).unwrap_or_default();
        for row in self.rows(&service.prefix) {
            let Row::Also { kind: of, action: name, types, but } = row else { continue };
            let excepted = but.iter().any(|name| **name == *action.name);
            if &**of != kind || excepted || !(&**name == "*" || **name == *action.name) {
                continue;
            }
            let value = |name: &str| bound.iter().find(|(of, _)| *of == name).map(|(_, v)| (*v).to_owned());
            for text in types {
                let (name, end) =
                    text.split_once('@').map_or((&**text, None), |(name, end)| (name, Some(end)));
                let other = action.resource(name).and_then(|_| service.resource_type(name));
                let Some(format) = other.and_then(|other| other.arn.first()) else { continue };
                let filled = ArnFormat::parse(format).fill(value);
                let ended = end.map(|end| {
                    let head: Vec<&str> = filled.split(':').take(5).collect();
                    format!("{}:{end}", head.join(":"))
                });
                further.push(ended.unwrap_or(filled));
            }
        }
        further
    }

    /// The ARN and what lies in it: a bucket and its objects.
    fn with_insides(&self, catalog: &Catalog, arn: &str) -> Vec<String> {
        let mut resources = vec![arn.to_owned()];
        let Some(service) = catalog.service_of_arn(arn) else { return resources };
        let kinds = service.types_of(arn);
        for row in self.rows(&service.prefix) {
            let (Row::Inside { kind, place: Place::Behind(suffix), .. }
            | Row::WriteAs { kind, place: Place::Behind(suffix), .. }) = row
            else {
                continue;
            };
            let inner = behind(arn, suffix);
            if kinds.iter().any(|of| *of.name == **kind) && !resources.contains(&inner) {
                resources.push(inner);
            }
        }
        resources
    }
}

impl Catalog {
    /// The service that an ARN is of: the one whose prefix the ARN names, else the first with a type of its form.
    pub fn service_of_arn(&self, arn: &str) -> Option<&Service> {
        let name = arn.split(':').nth(2)?;
        if let Some(service) = self.service(name) {
            return Some(service);
        }
        let own = format!(":{name}:");
        self.services().filter_map(|prefix| self.service(prefix)).find(|service| {
            let of_name = |kind: &&ResourceType| kind.arn.iter().any(|format| format.contains(&own));
            service.resource_types.iter().filter(of_name).any(|kind| kind.matches(arn))
        })
    }
}

/// The action or API operation that a word in kebab-case names: `start-query-execution`.
fn operation(service: &Service, word: &str) -> Option<Meaning> {
    let plain = word.replace('-', "");
    if let Some(action) = service.action(&plain) {
        let action = format!("{}:{}", service.prefix, action.name);
        return Meaning::new(Source::Operation, vec![grant(action, Place::Bound)]);
    }
    let operation = service.operations.iter().find(|known| known.name.eq_ignore_ascii_case(&plain))?;
    match &operation.needs {
        Needs::Actions(actions) => Meaning::new(
            Source::Operation,
            actions.iter().map(|action| grant(action.to_string(), Place::Bound)).collect(),
        ),
        _ => None,
    }
}

fn full_name(service: &Service, action: &str) -> String {
    if action.contains(':') { action.to_owned() } else { format!("{}:{action}", service.prefix) }
}

fn grant(action: impl Into<Arc<str>>, place: Place) -> Grant {
    Grant { action: action.into(), place }
}
