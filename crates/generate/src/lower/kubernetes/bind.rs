//! What a resource of an intent is on Kubernetes.
//!
//! ```text
//! NAMESPACE/RESOURCE              shop/pods                       all of a namespace
//! NAMESPACE/RESOURCE/NAME         shop/configmaps/settings        one
//! NAMESPACE/GROUP/RESOURCE/NAME   shop/apps/deployments/web       with its API group; a custom resource needs it
//! cluster/RESOURCE                cluster/nodes                   what lies in no namespace
//! */RESOURCE                      */pods                          in every namespace
//! NAMESPACE/*                     shop/*                          everything (only for admin)
//! RESOURCE:SUBRESOURCE            shop/pods:log/web-0             a subresource, where no word says it
//! /PATH                           /metrics                        a path of the API server
//! ```

use leastwise_catalog::kubernetes::{CORE, Kubernetes, Resource};

use crate::intent::{Fault, Place, nearest};

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// In a namespace.
    Namespace(String),
    /// In every namespace.
    Everywhere,
    /// In none.
    Cluster,
}

/// One thing that a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Objects of a resource.
    Objects {
        /// Where.
        scope: Scope,
        /// The API group, `core` for the one without a name.
        group: String,
        /// The resource: `pods`.
        resource: String,
        /// The subresource: `log`.
        below: Option<String>,
        /// The name of one of them.
        name: Option<String>,
    },
    /// Everything of every kind.
    All {
        /// Where.
        scope: Scope,
    },
    /// A path of the API server that is no resource.
    Path(String),
}

impl Bound {
    /// Where it is.
    pub fn scope(&self) -> &Scope {
        match self {
            Bound::Objects { scope, .. } | Bound::All { scope } => scope,
            Bound::Path(_) => &Scope::Cluster,
        }
    }

    /// The namespace that it is in, if it is in one.
    pub fn namespace(&self) -> Option<&str> {
        match self.scope() {
            Scope::Namespace(name) => Some(name),
            _ => None,
        }
    }
}

/// Reads what stands behind `kubernetes:`.
pub(super) fn parse(text: &str, facts: &Kubernetes, place: &Place) -> Result<Bound, Fault> {
    if text.starts_with('/') {
        return path(text, place);
    }
    let wrong = |message: String| {
        Fault::new(place, message)
            .help("write NAMESPACE/RESOURCE, NAMESPACE/GROUP/RESOURCE/NAME or cluster/RESOURCE, such as `shop/pods`")
    };
    let Some((scope, rest)) = text.split_once('/').filter(|(_, rest)| !rest.is_empty()) else {
        return Err(wrong(format!("`{text}` names no resource of a namespace")));
    };
    let scope = match scope {
        "cluster" => Scope::Cluster,
        "*" => Scope::Everywhere,
        name if label(name) => Scope::Namespace(name.to_owned()),
        name => return Err(wrong(format!("`{name}` is no namespace"))),
    };
    let segments: Vec<&str> = rest.split('/').collect();
    if segments == ["*"] {
        return Ok(Bound::All { scope });
    }
    let (group, rest) = match segments.as_slice() {
        [group, rest @ ..] if !rest.is_empty() && is_group(group, facts) => (Some(*group), rest),
        rest => (None, rest),
    };
    let (resource, name) = match rest {
        [resource] => (*resource, None),
        [resource, name] => (*resource, Some(*name)),
        _ => return Err(wrong(format!("`{text}` has too many parts"))),
    };
    let (resource, below) = match resource.split_once(':') {
        Some((resource, below)) => (resource, Some(below)),
        None => (resource, None),
    };
    let (group, resource) = resolve(group, resource, &scope, facts, place)?;
    let full = below.map(|below| format!("{resource}/{below}"));
    if let Some(full) = &full
        && facts.knows_group(&group)
        && facts.resource(&group, full).is_none()
    {
        let known: Vec<&str> = facts
            .resources()
            .iter()
            .filter(|it| it.group == group)
            .filter_map(|it| it.name.strip_prefix(&format!("{resource}/")))
            .collect();
        let fault =
            Fault::new(place, format!("`{resource}` has no subresource `{}`", below.unwrap_or_default()));
        return Err(match known.is_empty() {
            true => fault.help("it has none"),
            false => fault.help(format!("it has: {}", known.join(", "))),
        });
    }
    if let Some(name) = name.filter(|name| !object(name)) {
        let fault = Fault::new(place, format!("`{name}` is no name of an object"));
        return Err(fault.help("a rule takes no wildcard in a name: name each, or none for all"));
    }
    Ok(Bound::Objects {
        scope,
        group,
        resource,
        below: below.map(str::to_owned),
        name: name.map(str::to_owned),
    })
}

fn path(text: &str, place: &Place) -> Result<Bound, Fault> {
    // A rule's path ends in a `*` that stands for the rest, and has none before:
    // https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/cluster-role-v1/
    let stem = text.strip_suffix('*').unwrap_or(text);
    let good = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    match stem.chars().all(good) && (text != "/*") {
        true => Ok(Bound::Path(text.to_owned())),
        false => Err(Fault::new(place, format!("`{text}` is no path of the API server"))
            .help("write for example `/metrics` or `/healthz/*`")),
    }
}

/// A group has a dot in its name, or is one of Kubernetes' own that have none.
fn is_group(text: &str, facts: &Kubernetes) -> bool {
    text.contains('.') || facts.knows_group(text)
}

/// The group and the resource as rules name them, which must fit where they are said to be.
fn resolve(
    group: Option<&str>,
    name: &str,
    scope: &Scope,
    facts: &Kubernetes,
    place: &Place,
) -> Result<(String, String), Fault> {
    let found = facts.called(group, name);
    let special = group.unwrap_or(CORE);
    if found.is_empty() && facts.is_only_special(special, name) {
        return in_cluster(name, scope, place).map(|()| (special.to_owned(), name.to_owned()));
    }
    let Some(resource) = found.first() else {
        return custom(group, name, facts, place);
    };
    match (resource.namespaced, scope) {
        (true, Scope::Cluster) => {
            let fault = Fault::new(place, format!("{} lie in namespaces", resource.name));
            let (group, name) = (shown(resource), resource.name);
            Err(fault
                .help(format!("write `NAMESPACE/{group}{name}`, or `*/{group}{name}` for every namespace")))
        }
        (false, _) => in_cluster(resource.name, scope, place)
            .map(|()| (resource.group.to_owned(), resource.name.to_owned())),
        (true, _) => Ok((resource.group.to_owned(), resource.name.to_owned())),
    }
}

fn shown(resource: &Resource) -> String {
    if resource.group == CORE { String::new() } else { format!("{}/", resource.group) }
}

fn in_cluster(name: &str, scope: &Scope, place: &Place) -> Result<(), Fault> {
    match scope {
        Scope::Cluster => Ok(()),
        _ => {
            Err(Fault::new(place, format!("{name} lie in no namespace"))
                .help(format!("write `cluster/{name}`")))
        }
    }
}

/// A resource that Kubernetes itself does not serve: a custom one, if its group says so.
fn custom(
    group: Option<&str>,
    name: &str,
    facts: &Kubernetes,
    place: &Place,
) -> Result<(String, String), Fault> {
    match group {
        Some(group) if !facts.knows_group(group) => match subdomain(group) && label(name) {
            true => Ok((group.to_owned(), name.to_owned())),
            false => Err(Fault::new(place, format!("`{group}/{name}` is no custom resource"))
                .help("write its group and its plural, such as `example.com/widgets`")),
        },
        group => {
            let known = facts
                .resources()
                .iter()
                .filter(|resource| group.is_none_or(|group| resource.group == group))
                .filter(|resource| !resource.name.contains('/'))
                .map(|resource| resource.name);
            let fault = Fault::new(place, format!("unknown resource `{name}`"));
            Err(match nearest(name, known) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help("a custom resource needs its group: `shop/example.com/widgets`"),
            })
        }
    }
}

/// A name of DNS without dots: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names>
pub(super) fn label(text: &str) -> bool {
    text.len() <= 63 && part(text)
}

/// A name of DNS.
pub(super) fn subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(part)
}

fn part(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(inside) && !text.starts_with('-') && !text.ends_with('-')
}

/// A name that can stand in a path; those of roles and users may hold colons, `@` and capitals.
fn object(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b"-._:@".contains(&b);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(inside) && text != "." && text != ".."
}
