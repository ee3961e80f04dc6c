//! What the names of an intent stand for: ARNs, or a service where an action knows no resource.

use leastwise_catalog::levels::{LevelTables, Target as Asked};
use leastwise_catalog::{ArnFormat, Catalog, Service};
use leastwise_policy::arn::Arn;

use super::{ACCOUNT, Options, REGION};
use crate::intent::{Fault, Intent, Place, Said, Target, nearest};

/// One thing that a name stands for, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    /// An ARN or a pattern of ARNs.
    Arn(String),
    /// A service, or one of its resource types.
    Service {
        /// The IAM prefix.
        prefix: String,
        /// The resource type.
        kind: Option<String>,
    },
}

impl Bound {
    /// The same as the level tables ask for it.
    pub fn asked(&self) -> Asked<'_> {
        match self {
            Bound::Arn(arn) => Asked::Arn(arn),
            Bound::Service { prefix, kind } => Asked::Service { prefix, kind: kind.as_deref() },
        }
    }

    /// The IAM prefix: of an ARN, its service.
    pub fn service(&self) -> &str {
        match self {
            Bound::Arn(arn) => arn.split(':').nth(2).unwrap_or_default(),
            Bound::Service { prefix, .. } => prefix,
        }
    }
}

/// Resolves names, in one environment.
pub(super) struct Binder<'a> {
    pub(super) intent: &'a Intent,
    pub(super) catalog: &'a Catalog,
    pub(super) options: &'a Options,
}

impl Binder<'_> {
    /// What `name` stands for, to be used with `verb`.
    pub(super) fn resolve(&self, name: &Said<String>, verb: &str) -> Result<Vec<Bound>, Fault> {
        if name.value.starts_with("arn:") {
            return self.arn(&name.value, &name.place).map(|bound| vec![bound]);
        }
        self.named(&name.value, &name.place, verb, &mut Vec::new())
    }

    fn named(
        &self,
        name: &str,
        place: &Place,
        verb: &str,
        path: &mut Vec<String>,
    ) -> Result<Vec<Bound>, Fault> {
        let Some(binding) = self.intent.resources.iter().find(|binding| binding.name.value == name) else {
            return Err(self.unbound(name, place));
        };
        if path.iter().any(|seen| seen == name) {
            path.push(name.to_owned());
            return Err(Fault::new(
                &binding.name.place,
                format!("the names go round in a circle: {}", path.join(" → ")),
            )
            .help("bind one of them to an arn"));
        }
        let environment = self.options.environment.as_deref();
        let targets = environment.and_then(|name| binding.environments.get(name)).unwrap_or(&binding.aws);
        if targets.is_empty() {
            return Err(self.empty(binding, place));
        }
        path.push(name.to_owned());
        let mut bound = Vec::new();
        for target in targets {
            bound.extend(self.target(&target.value, &target.place, verb, path)?);
        }
        path.pop();
        Ok(bound)
    }

    fn unbound(&self, name: &str, place: &Place) -> Fault {
        let known = self.intent.resources.iter().map(|binding| binding.name.value.as_str());
        let fault = Fault::new(place, format!("the resource `{name}` is not bound"));
        fault.help(match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("say what it is: `resources:` with `{name}: arn:aws:…`, or `--bind {name}=arn:aws:…`")
            }
        })
    }

    fn empty(&self, binding: &crate::intent::Binding, place: &Place) -> Fault {
        let known: Vec<&str> = binding.environments.keys().map(String::as_str).collect();
        let fault =
            Fault::new(place, format!("the resource `{}` stands for nothing on aws", binding.name.value));
        match (&self.options.environment, known.is_empty()) {
            (_, true) => fault.help(format!("bind it at {}", binding.name.place)),
            (None, false) => {
                fault.help(format!("say which environment with `--environment`: {}", known.join(", ")))
            }
            (Some(said), false) => {
                fault.help(format!("there is no environment `{said}`, but {}", known.join(", ")))
            }
        }
    }

    fn target(
        &self,
        target: &Target,
        place: &Place,
        verb: &str,
        path: &mut Vec<String>,
    ) -> Result<Vec<Bound>, Fault> {
        match target {
            Target::Arn(arn) => self.arn(arn, place).map(|bound| vec![bound]),
            Target::Service { prefix, kind } => {
                self.service(prefix, kind.as_deref(), place).map(|bound| vec![bound])
            }
            Target::Partial { service, resource } => {
                self.partial(service, resource, place, verb).map(|bound| vec![bound])
            }
            Target::Name(name) => {
                let own = path.last().is_some_and(|last| last == name);
                let other = self.intent.resources.iter().any(|binding| binding.name.value == *name);
                if other && !(own && self.catalog.service(name).is_some()) {
                    return self.named(name, place, verb, path);
                }
                self.service(name, None, place).map(|bound| vec![bound])
            }
        }
    }

    fn service(&self, prefix: &str, kind: Option<&str>, place: &Place) -> Result<Bound, Fault> {
        let Some(service) = self.catalog.service(prefix) else {
            return Err(unknown_service(self.catalog, prefix, place));
        };
        let Some(kind) = kind else {
            return Ok(Bound::Service { prefix: service.prefix.to_string(), kind: None });
        };
        let kind = LevelTables::embedded().alias(&service.prefix, kind).unwrap_or(kind);
        match service.resource_type(kind) {
            Some(known) => {
                Ok(Bound::Service { prefix: service.prefix.to_string(), kind: Some(known.name.to_string()) })
            }
            None => Err(unknown_type(service, kind, place)),
        }
    }

    fn partial(&self, prefix: &str, resource: &str, place: &Place, verb: &str) -> Result<Bound, Fault> {
        let Some(service) = self.catalog.service(prefix) else {
            return Err(unknown_service(self.catalog, prefix, place));
        };
        let alias = LevelTables::embedded().alias(&service.prefix, resource);
        let is_type = alias.is_some() || service.resource_type(resource).is_some();
        if is_type && verb == "list" {
            return self.service(prefix, Some(resource), place);
        }
        match arn_of(self.catalog, prefix, None, resource, self.options) {
            // What is said without account and region is a name, whose ARN may end otherwise.
            Some(arn) => match missing_ending(service, &arn) {
                Some(ending) => self.arn(&format!("{arn}{ending}"), place),
                None => self.arn(&arn, place),
            },
            None if is_type => self.service(prefix, Some(resource), place),
            None => Err(unknown_type(service, resource, place)),
        }
    }

    /// Checks an ARN: its form, its service, and that the service has such a thing.
    fn arn(&self, text: &str, place: &Place) -> Result<Bound, Fault> {
        let Some(arn) = Arn::parse(text) else {
            return Err(Fault::new(place, format!("`{text}` is no arn"))
                .help("it is `arn:aws:service:region:account:resource`"));
        };
        let account = arn.account();
        let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if !(digits || account.is_empty() || account.contains('*') || account == ACCOUNT || account == "aws")
        {
            return Err(
                Fault::new(place, format!("`{account}` is no account id")).help("it has twelve digits")
            );
        }
        if arn.service().contains(['*', '?']) {
            return Err(
                Fault::new(place, "the arn does not say which service").help("write one arn for each")
            );
        }
        let Some(service) = self.catalog.service_of_arn(text) else {
            return Err(unknown_service(self.catalog, arn.service(), place));
        };
        if service.type_of(text).is_none() {
            let formats = service.resource_types.iter().flat_map(|kind| kind.arn.first());
            let near = nearest(text, formats.map(|format| &**format));
            let fault = Fault::new(place, format!("{} has nothing like `{text}`", service.name));
            return Err(fault.help(match near {
                Some(format) => format!("did you mean `{format}`?"),
                None => known_types(service),
            }));
        }
        if let Some(ending) = missing_ending(service, text) {
            let fault =
                Fault::new(place, format!("`{text}` is not a whole arn: a policy on it covers nothing"));
            let help =
                "the arn of a secret ends in `-` and six characters that Secrets Manager adds to the name";
            return Err(fault.help(format!("{help}: write `{text}{ending}` for whichever these are")));
        }
        Ok(Bound::Arn(text.to_owned()))
    }
}

/// The ending that the ARNs of its type have and this one has not.
fn missing_ending(service: &Service, arn: &str) -> Option<&'static str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    LevelTables::embedded().missing_ending(&service.prefix, &service.type_of(arn)?.name, resource)
}

/// The ARN of what is called `name` in a service: the part after the account (`table/Orders`), or, with a resource
/// type, the name alone (`Orders`). Region and account come from the options, else they are placeholders.
pub fn arn_of(
    catalog: &Catalog,
    prefix: &str,
    kind: Option<&str>,
    name: &str,
    options: &Options,
) -> Option<String> {
    let service = catalog.service(prefix)?;
    let fill = |variable: &str| match variable {
        "Partition" => Some(options.partition.clone()),
        "Region" => Some(options.region.clone().unwrap_or_else(|| REGION.to_owned())),
        "Account" => Some(options.account.clone().unwrap_or_else(|| ACCOUNT.to_owned())),
        _ => None,
    };
    if let Some(kind) = kind {
        let kind = service.resource_type(kind)?;
        let pattern = LevelTables::embedded().naming(prefix, &kind.name);
        let name = pattern.map_or_else(|| name.to_owned(), |pattern| pattern.replace('@', name));
        let format = ArnFormat::parse(kind.arn.first()?);
        let last = format.variables().last()?.to_owned();
        return Some(
            format.fill(|variable| fill(variable).or_else(|| (variable == last).then(|| name.clone()))),
        );
    }
    let mut best: Option<(usize, String)> = None;
    for format in service.resource_types.iter().flat_map(|kind| kind.formats()) {
        let filled = format.fill(fill);
        let head: Vec<&str> = filled.splitn(6, ':').collect();
        let [head @ .., _] = &head[..] else { continue };
        let arn = format!("{}:{name}", head.join(":"));
        // A name never fills what a format says literally, so a format with more of it is the better one.
        let literal = format.literal_len();
        if format.matches(&arn) && best.as_ref().is_none_or(|(most, _)| literal > *most) {
            best = Some((literal, arn));
        }
    }
    best.map(|(_, arn)| arn)
}

fn unknown_service(catalog: &Catalog, prefix: &str, place: &Place) -> Fault {
    let fault = Fault::new(place, format!("unknown service `{prefix}`"));
    match nearest(prefix, catalog.services()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`leastwise catalog` lists them; a resource is bound to an arn, or to a service"),
    }
}

fn unknown_type(service: &leastwise_catalog::Service, text: &str, place: &Place) -> Fault {
    let fault = Fault::new(place, format!("{} has nothing like `{text}`", service.name));
    let names = service.resource_types.iter().map(|kind| &*kind.name);
    let head = text.split([':', '/']).next().unwrap_or(text);
    match nearest(head, names) {
        Some(near) if near != head => fault.help(format!("did you mean `{near}`?")),
        _ => fault.help(known_types(service)),
    }
}

fn known_types(service: &leastwise_catalog::Service) -> String {
    let formats = service.resource_types.iter().filter_map(|kind| kind.arn.first());
    let parts: Vec<&str> = formats.filter_map(|format| format.splitn(6, ':').nth(5)).take(8).collect();
    match parts.is_empty() {
        true => format!("it has no resources: bind the name to `{}`", service.prefix),
        false => format!("it has {}", parts.join(", ")),
    }
}
