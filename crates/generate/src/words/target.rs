//! Noun phrases → resources: which type, and the part of the ARN that the name tells.

use leastwise_catalog::levels::LevelTables;
use leastwise_catalog::{Catalog, Service};

use super::lexicon::{Kind, Lexicon};
use super::noun::Np;
use super::question::Ask;
use crate::intent::Target;
use crate::lower::aws::{Options, arn_of};

/// A resource that was named, or all of a type, or a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What it is called in the intent.
    pub label: String,
    /// What it stands for.
    pub target: Target,
    /// Its type; without one it is a service.
    pub kind: Option<Kind>,
}

/// What is known when a phrase is resolved.
pub(super) struct Scope<'a> {
    pub catalog: &'a Catalog,
    pub lexicon: &'a Lexicon,
    pub options: &'a Options,
    /// The services that the clause names besides.
    pub services: &'a [String],
    /// The names of other things that were said: noun and name.
    pub said: &'a [(String, String)],
    /// Services that are spoken of nearby.
    pub near: &'a [String],
    /// The nouns that the clause names besides.
    pub beside: &'a [String],
    /// What was resolved before, by its name.
    pub known: &'a [(String, Found)],
    /// Whether a name that is not said stands for all (`any`, or because a tag says which).
    pub all: bool,
    /// Whether a type fits what is done.
    pub fits: &'a dyn Fn(&Kind) -> bool,
}

impl Scope<'_> {
    /// The resources that a phrase names. Nothing: it names a type and no resource.
    pub(super) fn resolve(&self, np: &Np) -> Result<Vec<Found>, Ask> {
        let mut found = Vec::new();
        for name in &np.names {
            found.push(self.named(np, name)?);
        }
        if found.is_empty() && (np.every || self.all) && np.head.is_some() {
            let kind = self.kind(np, None)?;
            found.push(self.partial(np, &kind, "*")?);
        }
        if found.is_empty() {
            found.extend(self.of_container(np)?);
        }
        if found.is_empty() && np.every {
            found.extend(self.of_service(np)?);
        }
        Ok(found)
    }

    /// All of a type in what is named: `tasks in the cluster shop`.
    fn of_container(&self, np: &Np) -> Result<Option<Found>, Ask> {
        let Some((index, _)) = np.head else { return Ok(None) };
        let kinds = self.lexicon.nouns[index].kinds.iter().filter(|kind| (self.fits)(kind));
        for kind in kinds {
            let Some(pattern) = kind.pattern.as_ref().filter(|pattern| !pattern.contains('@')) else {
                continue;
            };
            let slot =
                pattern.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(slot, _)| slot);
            if slot.is_some_and(|slot| self.said.iter().any(|(noun, _)| noun == slot)) {
                return self.partial(np, kind, "*").map(Some);
            }
        }
        Ok(None)
    }

    /// Every one of a type that the service calls so: `any Route 53 change`.
    fn of_service(&self, np: &Np) -> Result<Option<Found>, Ask> {
        for service in np.services.iter().chain(self.services).chain(self.near) {
            let called = np.contents.join(" ");
            if let Some(kind) =
                self.catalog.service(service).and_then(|service| type_called(service, &called))
            {
                return self.partial(np, &kind, "*").map(Some);
            }
        }
        Ok(None)
    }

    fn named(&self, np: &Np, name: &str) -> Result<Found, Ask> {
        if name.starts_with("arn:") {
            return self.arn(np, name);
        }
        if let Some(path) = name.strip_prefix("s3://") {
            return self.partial(np, &bucket(), path);
        }
        let known =
            self.known.iter().find(|(known, _)| known == name && np.head.is_none() && np.services.is_empty());
        if let Some((_, found)) = known {
            return Ok(found.clone());
        }
        let kind = self.kind(np, Some(name))?;
        self.partial(np, &kind, name)
    }

    fn arn(&self, np: &Np, arn: &str) -> Result<Found, Ask> {
        let service = self.catalog.service_of_arn(arn);
        let kind = service.and_then(|service| service.type_of(arn).map(|kind| (service, kind)));
        let Some((service, kind)) = kind else {
            return Err(Ask::new(
                (np.from, np.to),
                format!("what is `{arn}`? it is the arn of nothing that is known"),
                "check the service and the type in it",
            ));
        };
        let kind = Kind { service: service.prefix.to_string(), name: kind.name.to_string(), pattern: None };
        if let Some((index, _)) = np.head {
            let noun = &self.lexicon.nouns[index];
            let other = noun.default
                && !noun.phrase.contains(&kind.name)
                && !noun.kinds.iter().any(|known| known.service == kind.service);
            if other && !np.services.contains(&kind.service) {
                let text = format!("`{arn}` is no {}, but {} of {}", noun.phrase, kind.name, service.name);
                return Err(Ask::new((np.from, np.to), text, "say the arn alone, or what it is"));
            }
        }
        Ok(Found { label: arn.to_owned(), target: Target::Arn(arn.to_owned()), kind: Some(kind) })
    }

    /// The type that a phrase is about.
    pub(super) fn kind(&self, np: &Np, name: Option<&str>) -> Result<Kind, Ask> {
        let span = (np.from, np.to);
        let services: Vec<&String> = np.services.iter().chain(self.services).collect();
        let Some((index, _)) = np.head else {
            return self.kind_of_name(np, name.unwrap_or_default(), &services);
        };
        let noun = &self.lexicon.nouns[index];
        let by_id = name.and_then(kind_of_id).filter(|id| noun.kinds.iter().any(|kind| kind.full() == *id));
        for wanted in &services {
            let mut of = noun.kinds.iter().filter(|kind| kind.service == **wanted);
            let fitting = of.clone().find(|kind| (self.fits)(kind));
            if let Some(kind) = fitting.or_else(|| of.next()) {
                return Ok(kind.clone());
            }
            if let Some(kind) =
                self.catalog.service(wanted).and_then(|service| type_called(service, &noun.phrase))
            {
                return Ok(kind);
            }
        }
        if let Some(id) = by_id
            && let Some(kind) = noun.kinds.iter().find(|kind| kind.full() == id)
        {
            return Ok(kind.clone());
        }
        if let Some(other) = np.services.first() {
            let text = format!("{} has nothing that is called {}", self.service_name(other), noun.phrase);
            return Err(Ask::new(span, text, "name the service that it is of, or write its arn"));
        }
        if let Some(kind) = noun.kinds.iter().find(|kind| self.in_slot(kind)) {
            return Ok(kind.clone());
        }
        if noun.default {
            return Ok(noun.kinds[0].clone());
        }
        if let Some(kind) = noun.kinds.iter().find(|kind| self.near.contains(&kind.service)) {
            return Ok(kind.clone());
        }
        let fitting: Vec<&Kind> = noun.kinds.iter().filter(|kind| (self.fits)(kind)).collect();
        if let [one] = fitting[..] {
            return Ok(one.clone());
        }
        let mut ask = Ask::new(
            span,
            format!("which service's {} is meant?", noun.phrase),
            format!(
                "name it: `the {} {} {}`",
                self.short_name(&noun.kinds[0].service),
                noun.phrase,
                name.unwrap_or("NAME")
            ),
        );
        for kind in &noun.kinds {
            let short = self.short_name(&kind.service);
            let said = format!("the {short} {} {}", noun.phrase, name.unwrap_or_default());
            ask = ask.or(format!("{short} {}", noun.phrase), said.trim().to_owned());
        }
        Err(ask)
    }

    /// Whether the clause names what a type lies in: `table orders of database shop`.
    fn in_slot(&self, kind: &Kind) -> bool {
        let slot = |noun: &String| {
            kind.pattern.as_ref().is_some_and(|pattern| pattern.contains(&format!("{{{noun}}}")))
        };
        self.beside.iter().any(slot)
    }

    /// The type of something that only has a name: what its service is about, or what its id tells.
    fn kind_of_name(&self, np: &Np, name: &str, services: &[&String]) -> Result<Kind, Ask> {
        if let Some(id) = kind_of_id(name)
            && let Some((service, kind)) = id.split_once(':')
        {
            return Ok(Kind { service: service.to_owned(), name: kind.to_owned(), pattern: None });
        }
        for service in services {
            let first =
                self.lexicon.nouns.iter().find(|noun| noun.default && noun.kinds[0].service == **service);
            if let Some(noun) = first {
                return Ok(noun.kinds[0].clone());
            }
        }
        let mut ask = Ask::new(
            (np.from, np.to),
            format!("what is `{name}`?"),
            format!(
                "say what kind of thing it is: `the {name} table`, `the bucket {name}`; or write its arn"
            ),
        );
        for kind in ["table", "bucket", "queue", "topic", "function"] {
            ask = ask.or(format!("the {kind} `{name}`"), format!("the {kind} {name}"));
        }
        Err(ask)
    }

    /// A resource by its name.
    fn partial(&self, np: &Np, kind: &Kind, name: &str) -> Result<Found, Ask> {
        let span = (np.from, np.to);
        let noun = np.head.map_or(kind.name.as_str(), |(index, _)| &self.lexicon.nouns[index].phrase);
        let how = || format!("write its arn instead of `{noun} {name}`");
        let Some(mut pattern) = self.pattern(kind) else {
            return Err(Ask::new(
                span,
                format!("what is the arn of the {noun} `{name}`? its name alone does not tell"),
                how(),
            ));
        };
        while let Some((start, rest)) =
            pattern.split_once('{').map(|(start, rest)| (start.to_owned(), rest.to_owned()))
        {
            let Some((slot, end)) = rest.split_once('}') else { break };
            let Some((_, value)) = self.said.iter().find(|(noun, _)| noun == slot) else {
                let text = format!("which {slot} is the {noun} `{name}` in?");
                return Err(Ask::new(span, text, format!("say it: `the {noun} {name} of the {slot} NAME`")));
            };
            pattern = format!("{start}{value}{end}");
        }
        let mut name = name.to_owned();
        if kind.full() == "s3:bucket" && name.ends_with('/') {
            name.push('*');
        }
        if pattern.contains("/@") {
            name = name.trim_start_matches('/').to_owned();
        }
        if let Some(naming) =
            LevelTables::embedded().naming(&kind.service, &kind.name).filter(|_| !name.contains('*'))
        {
            name = naming.replace('@', &name);
        }
        let resource = pattern.replace('@', &name);
        let label = format!("{noun} {name}");
        if arn_of(self.catalog, &kind.service, None, &resource, self.options).is_none() || !plausible(&name) {
            return Err(Ask::new(span, format!("`{name}` cannot be the name of a {noun}"), how()));
        }
        let target = Target::Partial { service: kind.service.clone(), resource };
        Ok(Found { label, target, kind: Some(kind.clone()) })
    }

    /// How a name becomes the part of an ARN after the account.
    fn pattern(&self, kind: &Kind) -> Option<String> {
        if let Some(pattern) = &kind.pattern {
            return Some(pattern.clone());
        }
        let resource = self.catalog.service(&kind.service)?.resource_type(&kind.name)?;
        let part = resource.arn.first()?.splitn(6, ':').nth(5)?;
        let (before, rest) = part.split_once("${")?;
        let (_, after) = rest.split_once('}')?;
        (!after.contains("${")).then(|| format!("{before}@{after}"))
    }

    pub(super) fn service_name(&self, prefix: &str) -> String {
        self.catalog.service(prefix).map_or_else(|| prefix.to_owned(), |service| service.name.to_string())
    }

    fn short_name(&self, prefix: &str) -> String {
        let name = self.service_name(prefix);
        name.trim_start_matches("Amazon ").trim_start_matches("AWS ").to_owned()
    }
}

/// The resource type of a service that is called as a noun says: `serverless cache` is serverlesscache.
pub(super) fn type_called(service: &Service, phrase: &str) -> Option<Kind> {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let found = service.resource_types.iter().find(|kind| plain(&kind.name) == plain(phrase))?;
    Some(Kind { service: service.prefix.to_string(), name: found.name.to_string(), pattern: None })
}

fn bucket() -> Kind {
    Kind { service: "s3".to_owned(), name: "bucket".to_owned(), pattern: Some("@".to_owned()) }
}

/// What an id tells by its look: `i-0abc…` is an instance, a UUID a key.
fn kind_of_id(name: &str) -> Option<&'static str> {
    const IDS: &[(&str, &str)] = &[
        ("i-", "ec2:instance"),
        ("vol-", "ec2:volume"),
        ("fs-", "elasticfilesystem:file-system"),
        ("sg-", "ec2:security-group"),
    ];
    let hex = |text: &str| text.len() >= 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some((_, kind)) = IDS.iter().find(|(prefix, _)| name.strip_prefix(prefix).is_some_and(hex)) {
        return Some(kind);
    }
    let parts: Vec<usize> = name.split('-').map(str::len).collect();
    let uuid = parts == [8, 4, 4, 4, 12] && name.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    uuid.then_some("kms:key")
}

/// Whether a name can be a part of an ARN: no white space, no quotes, nothing that is not printed.
fn plausible(name: &str) -> bool {
    let good = |c: char| c.is_ascii_graphic() && !"\"'`<>{}|^\\".contains(c);
    let wild = name.contains('*') && name.trim_matches('*').is_empty() && name != "*";
    !name.is_empty() && name.len() <= 1024 && name.chars().all(good) && !name.contains("${") && !wild
}
