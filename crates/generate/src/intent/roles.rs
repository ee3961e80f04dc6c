//! Roles YAML: text → [`Intent`], with the place of everything, knowing nothing of any cloud.
//!
//! The form is described in `docs/generate.md` and by [`super::schema`], which takes the names of keys from here.

use std::sync::Arc;

use leastwise_policy::time::{Date, Timestamp};

use super::read::Faults;
use super::yaml::{self, Key, Node, Value};
use super::{
    Binding, Boundary, Fault, Intent, IntentError, Permission, Place, Role, Said, Target, limits, trust,
};

/// The keys of a file.
pub(super) const FILE_KEYS: &[&str] = &["roles", "resources"];
/// The keys of a role.
pub(super) const ROLE_KEYS: &[&str] =
    &["permissions", "never", "approval", "trust", "conditions", "boundary", "session", "owner", "expires"];
/// The keys of a resource that is more than AWS: where else it stands for something.
pub(super) const ELSEWHERE: &[&str] = &["gcp", "azure", "kubernetes", "mcp", "http", "github"];
/// The keys of a resource written as a mapping.
pub(super) const RESOURCE_KEYS: &[&str] =
    &["aws", "encrypted", "environments", "gcp", "azure", "kubernetes", "mcp", "http", "github"];
/// The keys of a resource in one environment.
pub(super) const PLATFORM_KEYS: &[&str] = &["aws", "gcp", "azure", "kubernetes", "mcp", "http", "github"];
/// The largest file that is read.
pub const LARGEST_FILE: usize = 4 << 20;

impl Intent {
    /// Reads roles YAML; `file` is what places name.
    ///
    /// # Errors
    /// Everything in the text that cannot be read.
    pub fn from_yaml(file: &str, text: &str) -> Result<Intent, IntentError> {
        let file: Arc<str> = file.into();
        if text.len() > LARGEST_FILE {
            let place = Place::at(&file, 1, 1);
            return Err(Fault::new(&place, format!("larger than {} MiB", LARGEST_FILE >> 20)).into());
        }
        let root = yaml::parse(&file, text)?;
        let mut faults = Faults::default();
        let intent = read(&root, &mut faults);
        IntentError::unless(intent, faults.0)
    }

    /// Puts what another file says behind this.
    ///
    /// # Errors
    /// A role or a resource that both say.
    pub fn join(&mut self, other: Intent) -> Result<(), IntentError> {
        let mut faults = Vec::new();
        for role in &other.roles {
            if let Some(known) = self.roles.iter().find(|known| known.name.value == role.name.value) {
                faults.push(twice("role", &role.name, &known.name));
            }
        }
        for binding in &other.resources {
            if let Some(known) = self.resources.iter().find(|known| known.name.value == binding.name.value) {
                faults.push(twice("resource", &binding.name, &known.name));
            }
        }
        self.roles.extend(other.roles);
        self.resources.extend(other.resources);
        IntentError::unless((), faults)
    }
}

fn twice(what: &str, name: &Said<String>, known: &Said<String>) -> Fault {
    Fault::new(&name.place, format!("the {what} `{}` is said twice", name.value))
        .help(format!("it stands at {} already", known.place))
}

fn read(root: &Node, faults: &mut Faults) -> Intent {
    let mut intent = Intent::default();
    for (key, value) in faults.map("the file", root) {
        match key.name.as_str() {
            "roles" => {
                for (name, body) in faults.map("roles", value) {
                    intent.roles.extend(role(name, body, faults));
                }
            }
            "resources" => {
                for (name, body) in faults.map("resources", value) {
                    intent.resources.push(binding(name, body, faults));
                }
            }
            _ => faults.unknown(key, FILE_KEYS),
        }
    }
    if intent.roles.is_empty() && faults.0.is_empty() {
        faults.note(
            Fault::new(&root.place, "there are no roles")
                .help("a file says `roles:`, and below it the name of a role with its `permissions:`"),
        );
    }
    intent
}

fn role(name: &Key, body: &Node, faults: &mut Faults) -> Option<Role> {
    if name.name.trim().is_empty() {
        faults.note(Fault::new(&name.place, "a role needs a name"));
        return None;
    }
    let mut role = Role::named(Said::new(name.name.clone(), name.place.clone()));
    for (key, value) in faults.map(&name.name, body) {
        let at = |what| Said::new(what, value.place.clone());
        match key.name.as_str() {
            "permissions" => role.permissions = permissions("permissions", value, faults),
            "never" => role.never = permissions("never", value, faults),
            "approval" => role.approval = permissions("approval", value, faults),
            "trust" => role.trust = trust::read(value, faults),
            "conditions" => role.conditions = limits::read(value, faults),
            "boundary" => role.boundary = boundary(value, faults).map(at),
            "session" => role.session = session(value, faults),
            "owner" => role.owner = faults.text("owner", value),
            "expires" => role.expires = time("expires", value, faults),
            _ => faults.unknown(key, ROLE_KEYS),
        }
    }
    if role.permissions.is_empty() && role.approval.is_empty() && faults.0.is_empty() {
        faults.note(
            Fault::new(&name.place, format!("the role `{}` has no permissions", name.name))
                .help("write `permissions:` with lines such as `- read: orders`"),
        );
    }
    Some(role)
}

impl Role {
    /// A role that may do nothing yet.
    pub fn named(name: Said<String>) -> Role {
        Role {
            name,
            permissions: Vec::new(),
            never: Vec::new(),
            approval: Vec::new(),
            trust: Vec::new(),
            conditions: Vec::new(),
            boundary: None,
            session: None,
            owner: None,
            expires: None,
        }
    }
}

fn permissions(what: &str, node: &Node, faults: &mut Faults) -> Vec<Permission> {
    let mut permissions = Vec::new();
    for item in faults.list(what, node) {
        let Value::Map(entries) = &item.value else {
            faults.note(
                Fault::new(
                    &item.place,
                    format!("a permission is `level: resource`, and this is {}", item.kind()),
                )
                .help("write for example `- read: orders`"),
            );
            continue;
        };
        for (verb, resource) in entries {
            let verb = Said::new(verb.name.clone(), verb.place.clone());
            for resource in faults.texts(&verb.value, resource) {
                permissions.push(Permission { verb: verb.clone(), resource });
            }
        }
    }
    permissions
}

fn binding(name: &Key, body: &Node, faults: &mut Faults) -> Binding {
    let mut binding = Binding::named(Said::new(name.name.clone(), name.place.clone()));
    let Value::Map(entries) = &body.value else {
        for text in faults.texts(&name.name, body) {
            binding.add(text);
        }
        return binding;
    };
    for (key, value) in entries {
        match key.name.as_str() {
            "aws" => binding.aws = targets("aws", value, faults),
            "encrypted" => binding.encrypted = faults.text("encrypted", value),
            "environments" => {
                for (environment, value) in faults.map("environments", value) {
                    in_environment(&mut binding, &environment.name, value, faults);
                }
            }
            other if ELSEWHERE.contains(&other) => {
                binding.elsewhere.insert(other.to_owned(), faults.texts(other, value));
            }
            _ => faults.unknown(key, RESOURCE_KEYS),
        }
    }
    binding
}

/// What a name stands for in one environment: on AWS, or in a mapping by platform.
fn in_environment(binding: &mut Binding, environment: &str, body: &Node, faults: &mut Faults) {
    let Value::Map(entries) = &body.value else {
        let targets = targets(environment, body, faults);
        binding.environments.insert(environment.to_owned(), targets);
        return;
    };
    for (key, value) in entries {
        match key.name.as_str() {
            "aws" => {
                let targets = targets("aws", value, faults);
                binding.environments.insert(environment.to_owned(), targets);
            }
            other if ELSEWHERE.contains(&other) => {
                let texts = faults.texts(other, value);
                let by_target = binding.environments_elsewhere.entry(environment.to_owned()).or_default();
                by_target.insert(other.to_owned(), texts);
            }
            _ => faults.unknown(key, PLATFORM_KEYS),
        }
    }
}

fn targets(what: &str, node: &Node, faults: &mut Faults) -> Vec<Said<Target>> {
    let texts = faults.texts(what, node);
    texts.into_iter().map(|text| Said::new(Target::parse(&text.value), text.place)).collect()
}

impl Target {
    /// Reads what a resource is bound to: an ARN, `service:rest` (a resource type or the part of an ARN after the
    /// account; which of the two it is, the catalogue knows), or the name of a service or of another resource.
    pub fn parse(text: &str) -> Target {
        if text.starts_with("arn:") {
            return Target::Arn(text.to_owned());
        }
        match text.split_once(':') {
            Some((service, resource)) if !service.is_empty() && !resource.is_empty() => {
                Target::Partial { service: service.to_owned(), resource: resource.to_owned() }
            }
            _ => Target::Name(text.to_owned()),
        }
    }
}

fn boundary(node: &Node, faults: &mut Faults) -> Option<Boundary> {
    let text = faults.text("boundary", node)?;
    match text.value.as_str() {
        "true" | "own" => Some(Boundary::Own),
        "false" => Some(Boundary::None),
        arn if arn.starts_with("arn:") && arn.contains(":policy/") => {
            Some(Boundary::Existing(arn.to_owned()))
        }
        _ => {
            faults.note(
                Fault::new(&node.place, format!("`{}` is no permissions boundary", text.value))
                    .help("write `true` to have one made, or the arn of a policy"),
            );
            None
        }
    }
}

/// `1h`, `90m`, `3600`, `1h30m`.
fn session(node: &Node, faults: &mut Faults) -> Option<Said<u32>> {
    let text = faults.text("session", node)?;
    let seconds = duration(&text.value);
    if let Some(seconds @ 900..=43_200) = seconds {
        return Some(Said::new(seconds, text.place));
    }
    faults.note(
        Fault::new(&text.place, format!("`{}` is no length of a session", text.value))
            .help("AWS takes 15m to 12h, such as `1h`"),
    );
    None
}

fn duration(text: &str) -> Option<u32> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let (mut total, mut digits) = (0_u32, String::new());
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        let count: u32 = digits.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        digits.clear();
    }
    digits.is_empty().then_some(total)
}

/// A date (the beginning of the day in UTC) or a moment.
pub(super) fn time(what: &str, node: &Node, faults: &mut Faults) -> Option<Said<Timestamp>> {
    let text = faults.text(what, node)?;
    let moment = moment(&text.value);
    if moment.is_none() {
        faults.note(
            Fault::new(&text.place, format!("`{}` is no time", text.value))
                .help("write `2026-12-31` or `2026-12-31T18:00:00Z`"),
        );
    }
    Some(Said::new(moment?, text.place))
}

/// Reads a date or a moment.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    Date::parse(text).map(Date::start).or_else(|| Timestamp::parse(text))
}
