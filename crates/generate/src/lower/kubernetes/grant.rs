//! Permissions → verbs on resources, each with its reason and what it is worth beyond what it says.

use leastwise_catalog::kubernetes::{Kubernetes, VERBS};
use leastwise_catalog::levels::LEVELS;

use super::super::Note;
use super::super::elsewhere::Binder;
use super::bind::{self, Bound, Scope};
use crate::intent::{Fault, Intent, Permission, Place, nearest};

/// Why a rule allows verbs on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The word of the intent.
    pub verb: String,
    /// The name of the resource in the intent.
    pub name: String,
    /// Where the permission was said.
    pub place: Place,
    /// What the name is bound to.
    pub bound: Bound,
    /// The resources as rules name them, subresources included.
    pub resources: Vec<String>,
    /// The verbs.
    pub verbs: Vec<String>,
    /// Whether everything was asked for.
    pub admin: bool,
}

pub(super) struct Granter<'a> {
    binder: Binder<'a>,
    facts: &'a Kubernetes,
}

/// The parts of [`Bound::Objects`].
struct Objects<'b> {
    group: &'b str,
    resource: &'b str,
    below: Option<&'b str>,
    one: bool,
}

impl<'a> Granter<'a> {
    pub(super) fn new(
        intent: &'a Intent,
        facts: &'a Kubernetes,
        environment: Option<&'a str>,
    ) -> Granter<'a> {
        let binder = Binder {
            intent,
            platform: "kubernetes",
            keys: &["kubernetes"],
            example: "shop/apps/deployments/web",
            environment,
        };
        Granter { binder, facts }
    }

    pub(super) fn all(
        &self,
        permissions: &[Permission],
        faults: &mut Vec<Fault>,
    ) -> (Vec<Reason>, Vec<Note>) {
        let (mut reasons, mut notes) = (Vec::new(), Vec::new());
        for permission in permissions {
            match self.one(permission) {
                Ok(found) => reasons.extend(found),
                Err(fault) => faults.push(fault),
            }
        }
        for reason in &reasons {
            let texts = self.warnings(reason);
            notes.extend(texts.into_iter().map(|text| Note { place: reason.place.clone(), text }));
        }
        notes.dedup();
        (reasons, notes)
    }

    fn one(&self, permission: &Permission) -> Result<Vec<Reason>, Fault> {
        let mut reasons = Vec::new();
        for text in self.binder.resolve(&permission.resource)? {
            let bound = bind::parse(&text.value.1, self.facts, &text.place)?;
            let (resources, verbs) = self.meaning(permission, &bound)?;
            reasons.push(Reason {
                verb: permission.verb.value.clone(),
                name: permission.resource.value.clone(),
                place: permission.verb.place.clone(),
                bound,
                resources,
                verbs: verbs.into_iter().map(str::to_owned).collect(),
                admin: permission.verb.value == "admin",
            });
        }
        Ok(reasons)
    }

    /// The resources and the verbs of a permission.
    fn meaning(&self, permission: &Permission, bound: &Bound) -> Result<(Vec<String>, Vec<&'a str>), Fault> {
        let said = permission.verb.value.as_str();
        match bound {
            Bound::All { .. } if said == "admin" => Ok((vec!["*".to_owned()], vec!["*"])),
            Bound::All { .. } => {
                Err(Fault::new(&permission.verb.place, format!("`{said}` of everything is too much"))
                    .help("name the resources; only `admin` is of everything"))
            }
            Bound::Path(path) if matches!(said, "read" | "get") => Ok((vec![path.clone()], vec!["get"])),
            Bound::Path(path) => {
                Err(Fault::new(&permission.verb.place, format!("`{said}` means nothing for `{path}`"))
                    .help("a path is read"))
            }
            Bound::Objects { group, resource, below, name, .. } => {
                let below = below.as_deref();
                self.objects(permission, &Objects { group, resource, below, one: name.is_some() })
            }
        }
    }

    fn objects(
        &self,
        permission: &Permission,
        on: &Objects<'_>,
    ) -> Result<(Vec<String>, Vec<&'a str>), Fault> {
        let said = permission.verb.value.as_str();
        let full = |below: Option<&str>| match below {
            Some(below) => format!("{}/{below}", on.resource),
            None => on.resource.to_owned(),
        };
        if said == "admin" {
            let resources = match on.below {
                Some(below) => vec![full(Some(below))],
                None => self.with_subresources(on),
            };
            return Ok((resources, vec!["*"]));
        }
        if said == "describe" && self.facts.is_contents(on.group, on.resource) {
            let text = format!("`describe` means nothing for {}: to get one is to read it", on.resource);
            return Err(Fault::new(&permission.verb.place, text).help("say `read`"));
        }
        if let Some(verbs) = self.facts.level(said, on.one || on.below.is_some()) {
            let known = self.known(on);
            let verbs: Vec<&str> = verbs.iter().copied().filter(|verb| known.contains(verb)).collect();
            return match verbs.is_empty() {
                true => Err(self.meaningless(permission, on)),
                false => Ok((vec![full(on.below)], verbs)),
            };
        }
        if let Some(word) = self.facts.word(said, on.group, on.resource).filter(|_| on.below.is_none()) {
            return Ok((vec![full(word.below)], word.verbs.clone()));
        }
        self.verb(permission, on).map(|verb| (vec![full(on.below)], vec![verb]))
    }

    /// A resource with its subresources, each by its name: a rule knows no `deployments/*`. Of a custom one those that
    /// custom resources can have: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#subresources>
    fn with_subresources(&self, on: &Objects<'_>) -> Vec<String> {
        let below = format!("{}/", on.resource);
        let own = std::iter::once(on.resource.to_owned());
        if !self.facts.knows_group(on.group) {
            return own.chain(["scale", "status"].map(|name| format!("{below}{name}"))).collect();
        }
        let known = self.facts.resources().iter().filter(|it| it.group == on.group);
        own.chain(known.filter(|it| it.name.starts_with(&below)).map(|it| it.name.to_owned())).collect()
    }

    /// A verb by its own name, which the resource must know.
    fn verb(&self, permission: &Permission, on: &Objects<'_>) -> Result<&'a str, Fault> {
        let said = match permission.verb.value.as_str() {
            "delete-collection" => "deletecollection",
            said => said,
        };
        let special = ["bind", "escalate", "impersonate"];
        if let Some(verb) = special.into_iter().find(|verb| *verb == said)
            && self.facts.is_special(verb, on.group, on.resource)
        {
            return Ok(verb);
        }
        let Some(verb) = VERBS.into_iter().find(|verb| *verb == said && self.known(on).contains(verb)) else {
            return Err(self.meaningless(permission, on));
        };
        if on.one && on.below.is_none() && matches!(verb, "create" | "deletecollection") {
            let text = format!("`{verb}` cannot be limited to a name");
            let why = match verb {
                "create" => "when it is decided, what is created has no name yet",
                _ => "it is about all that there are",
            };
            return Err(Fault::new(&permission.verb.place, format!("{text}: {why}"))
                .help(format!("bind {} without a name, on a line of its own", on.resource)));
        }
        Ok(verb)
    }

    /// The verbs that requests for the resource can have; of a custom one, all.
    fn known(&self, on: &Objects<'_>) -> Vec<&'a str> {
        let name =
            on.below.map_or_else(|| on.resource.to_owned(), |below| format!("{}/{below}", on.resource));
        match self.facts.resource(on.group, &name) {
            Some(resource) => resource.verbs.clone(),
            None if self.facts.knows_group(on.group) => Vec::new(),
            None => VERBS.to_vec(),
        }
    }

    fn meaningless(&self, permission: &Permission, on: &Objects<'_>) -> Fault {
        let said = permission.verb.value.as_str();
        let below = on.below.map(|below| format!("/{below}")).unwrap_or_default();
        let mut known = self.known(on);
        if on.below.is_none() {
            known.extend(self.facts.words(on.group, on.resource).map(|(word, _)| word));
        }
        let text = format!("`{said}` means nothing for {}{below}", on.resource);
        let fault = Fault::new(&permission.verb.place, text);
        if said == "tag" {
            return fault.help("labels are changed by `patch`, which changes all the rest too: say that");
        }
        match nearest(said, known.iter().copied().chain(LEVELS)) {
            Some(near) if near != said => fault.help(format!("did you mean `{near}`?")),
            _ => fault.help(format!("known there: {}", known.join(", "))),
        }
    }

    fn warnings(&self, reason: &Reason) -> Vec<String> {
        let mut texts = Vec::new();
        let scope = reason.bound.scope();
        if *scope == Scope::Everywhere
            || matches!((&reason.bound, scope), (Bound::All { .. }, Scope::Cluster))
        {
            texts.push(
                "it holds in every namespace, those of the system and those to come included".to_owned(),
            );
        }
        if reason.admin {
            texts.push(format!(
                "admin: every verb on {}, those included that are not known yet",
                reason.resources.join(", ")
            ));
        }
        let Bound::Objects { group, name, .. } = &reason.bound else { return texts };
        if !self.facts.knows_group(group) {
            texts.push(format!(
                "`{group}` is not served by Kubernetes itself: neither resource nor verbs could be checked"
            ));
        }
        let lists = reason.verbs.iter().any(|verb| matches!(verb.as_str(), "list" | "watch"));
        if let Some(name) = name.as_ref().filter(|_| lists) {
            texts.push(format!(
                "a list or watch is allowed only to a client that asks for `--field-selector=metadata.name={name}`"
            ));
        }
        for resource in &reason.resources {
            let all = VERBS.iter().copied().filter(|_| reason.admin);
            let risks = reason.verbs.iter().map(String::as_str).chain(all);
            let mut risks: Vec<&str> =
                risks.filter_map(|verb| self.facts.risk(group, resource, verb)).collect();
            risks.dedup();
            texts.extend(risks.into_iter().map(str::to_owned));
        }
        texts
    }
}
