//! Flags: `--from lambda --to dynamodb:write,table/Orders --never … --only region=eu-west-1`.

use super::roles::ELSEWHERE;
use super::{Binding, Fault, Intent, IntentError, Permission, Place, Role, Said, Target, limits, trust};

/// The arguments as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The role's name.
    pub name: String,
    /// `--from`: who holds the role.
    pub from: Vec<String>,
    /// `--to`: `SERVICE:VERB[,ARN or the part of it after the account]`.
    pub to: Vec<String>,
    /// `--never`, like `to`.
    pub never: Vec<String>,
    /// `--only`: `region=eu-west-1`.
    pub only: Vec<String>,
}

impl Intent {
    /// Reads flags.
    ///
    /// # Errors
    /// Everything that cannot be read; the place is the argument.
    pub fn from_form(form: &Form) -> Result<Intent, IntentError> {
        let mut faults = Vec::new();
        let mut intent = Intent::default();
        let mut role = Role::named(Said::new(form.name.clone(), Place::whole(form.name.as_str())));
        for text in &form.from {
            let place = Place::whole(format!("--from {text}"));
            match trust::plain(text) {
                Ok(trust) => role.trust.push(Said::new(trust, place)),
                Err(help) => faults.push(Fault::new(&place, "nobody who can hold a role").help(help)),
            }
        }
        for text in &form.to {
            match permission("--to", text, &mut intent.resources) {
                Ok(permission) => role.permissions.push(permission),
                Err(fault) => faults.push(fault),
            }
        }
        for text in &form.never {
            match permission("--never", text, &mut intent.resources) {
                Ok(permission) => role.never.push(permission),
                Err(fault) => faults.push(fault),
            }
        }
        for text in &form.only {
            let place = Place::whole(format!("--only {text}"));
            match limits::of_argument(text, &place) {
                Ok(limit) => role.conditions.push(Said::new(limit, place)),
                Err(fault) => faults.push(fault),
            }
        }
        intent.roles.push(role);
        IntentError::unless(intent, faults)
    }
}

fn permission(flag: &str, text: &str, resources: &mut Vec<Binding>) -> Result<Permission, Fault> {
    let place = Place::whole(format!("{flag} {text}"));
    let (what, resource) = match text.split_once(',') {
        Some((what, resource)) => (what, Some(resource.trim())),
        None => (text, None),
    };
    let Some((service, verb)) =
        what.split_once(':').filter(|(service, verb)| !service.is_empty() && !verb.is_empty())
    else {
        return Err(Fault::new(&place, format!("`{what}` is no service and verb"))
            .help("write for example `--to dynamodb:write,table/Orders`"));
    };
    if let Some(permission) = elsewhere(service, verb, resource, &place, resources) {
        return permission;
    }
    let target = match resource {
        None => Target::Service { prefix: service.to_owned(), kind: None },
        Some(arn) if arn.starts_with("arn:") => Target::Arn(arn.to_owned()),
        Some(rest) => Target::Partial { service: service.to_owned(), resource: rest.to_owned() },
    };
    // An action's name has capitals; a level, a verb or an operation in kebab-case has none.
    // A word of another service than the ARN's keeps its prefix: `kafka-cluster:read-data` on a topic of kafka.
    let other = matches!(&target, Target::Arn(arn) if arn.split(':').nth(2) != Some(service));
    let verb = match other || verb.bytes().any(|b| b.is_ascii_uppercase()) {
        true => what.to_owned(),
        false => verb.to_owned(),
    };
    let name =
        Said::new(text.split_once(',').map_or(service, |(_, rest)| rest.trim()).to_owned(), place.clone());
    // Each argument is about what it names itself, so the name of its resource is the argument.
    let key = format!("{service} {}", name.value);
    let name = Said::new(key, place.clone());
    if !resources.iter().any(|known| known.name.value == name.value) {
        let mut binding = Binding::named(name.clone());
        binding.aws.push(Said::new(target, place.clone()));
        resources.push(binding);
    }
    Ok(Permission { verb: Said::new(verb, place), resource: name })
}

/// A permission on another platform than AWS: `kubernetes:read,shop/pods`.
fn elsewhere(
    platform: &str,
    verb: &str,
    resource: Option<&str>,
    place: &Place,
    resources: &mut Vec<Binding>,
) -> Option<Result<Permission, Fault>> {
    if !ELSEWHERE.contains(&platform) {
        return None;
    }
    let Some(resource) = resource.filter(|resource| !resource.is_empty()) else {
        let fault = Fault::new(place, "it is not said on what");
        return Some(Err(fault.help(format!("write `{platform}:{verb},RESOURCE`"))));
    };
    let name = Said::new(format!("{platform} {resource}"), place.clone());
    if !resources.iter().any(|known| known.name.value == name.value) {
        let mut binding = Binding::named(name.clone());
        binding.add(Said::new(format!("{platform}:{resource}"), place.clone()));
        resources.push(binding);
    }
    Some(Ok(Permission { verb: Said::new(verb.to_owned(), place.clone()), resource: name }))
}
