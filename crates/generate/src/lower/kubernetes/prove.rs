//! Questions that show what a compiled role is worth: for each line of the intent one that must be allowed and a
//! neighbour that must be denied, as `kubectl auth can-i` puts them to a cluster.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access>

use leastwise_catalog::kubernetes::{CORE, VERBS};

use super::bind::{Bound, Scope};
use super::grant::Reason;
use super::{Compiled, Rule};

/// A question with what must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Whether it must be allowed; else it must be denied.
    pub allowed: bool,
    /// The verb.
    pub verb: String,
    /// Of what.
    pub on: Asked,
    /// The line of the intent.
    pub because: String,
}

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An object, or objects.
    Objects {
        /// The namespace; nothing for what lies in none, and for all.
        namespace: Option<String>,
        /// The API group; empty for core.
        group: String,
        /// The resource.
        resource: String,
        /// The subresource.
        below: Option<String>,
        /// The name of one.
        name: Option<String>,
    },
    /// A path of the API server.
    Path(String),
}

/// The questions for a role, in the order of the intent. A role whose rules reach everything has no neighbour.
pub fn proofs(compiled: &Compiled) -> Vec<Proof> {
    let mut proofs = Vec::new();
    for reason in &compiled.reasons {
        let because = format!("{} {}: {}", reason.place, reason.verb, reason.name);
        let proof = |allowed, verb: &str, on: Asked| Proof {
            allowed,
            verb: verb.to_owned(),
            on,
            because: because.clone(),
        };
        let on = asked(reason);
        let verb = reason.verbs.first().map_or("get", String::as_str);
        let verb = if verb == "*" { "get" } else { verb };
        proofs.push(proof(true, verb, on.clone()));
        if let Some((verb, on)) = neighbour(compiled, &on, verb) {
            proofs.push(proof(false, &verb, on));
        }
    }
    proofs
}

fn asked(reason: &Reason) -> Asked {
    let (group, name) = match &reason.bound {
        Bound::Path(path) => return Asked::Path(path.replace('*', "any")),
        // Something that is in every cluster stands for everything.
        Bound::All { .. } => {
            return Asked::Objects {
                namespace: namespace(reason.bound.scope()),
                group: String::new(),
                resource: "configmaps".to_owned(),
                below: None,
                name: None,
            };
        }
        Bound::Objects { group, name, .. } => (group, name),
    };
    let resource = reason.resources.first().cloned().unwrap_or_default();
    let (resource, below) = match resource.split_once('/') {
        Some((resource, below)) => (resource.to_owned(), Some(below.to_owned())),
        None => (resource, None),
    };
    let group = if group == CORE { String::new() } else { group.clone() };
    Asked::Objects { namespace: namespace(reason.bound.scope()), group, resource, below, name: name.clone() }
}

fn namespace(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Namespace(name) => Some(name.clone()),
        Scope::Everywhere | Scope::Cluster => None,
    }
}

/// The same thing done otherwise, the worst first; or where everything is allowed, the same elsewhere.
fn neighbour(compiled: &Compiled, on: &Asked, verb: &str) -> Option<(String, Asked)> {
    let Asked::Objects { namespace, group, resource, below, name } = on else {
        let other = Asked::Path("/of-somebody-else".to_owned());
        return (!allows(compiled, verb, &other)).then(|| (verb.to_owned(), other));
    };
    let worst = ["deletecollection", "delete", "create", "update", "patch"];
    let verbs = worst.into_iter().chain(VERBS);
    let denied = verbs.map(str::to_owned).map(|verb| (verb, on.clone()));
    let other = |namespace: Option<String>, name: Option<String>| {
        let asked = Asked::Objects {
            namespace,
            group: group.clone(),
            resource: resource.clone(),
            below: below.clone(),
            name,
        };
        (verb.to_owned(), asked)
    };
    let elsewhere = namespace.iter().map(|_| other(Some("of-somebody-else".to_owned()), name.clone()));
    let named = name.iter().map(|_| other(namespace.clone(), Some("of-somebody-else".to_owned())));
    denied.chain(named).chain(elsewhere).find(|(verb, asked)| !allows(compiled, verb, asked))
}

/// Whether the rules of the role allow it.
fn allows(compiled: &Compiled, verb: &str, asked: &Asked) -> bool {
    let has = |list: &[String], text: &str| list.iter().any(|item| item == "*" || item == text);
    compiled.grants.iter().any(|granted| {
        let here = match (&granted.namespace, asked) {
            (None, _) => true,
            (Some(own), Asked::Objects { namespace: Some(namespace), .. }) => own == namespace,
            (Some(_), _) => false,
        };
        here && granted.rules.iter().any(|rule| match (rule, asked) {
            (Rule::Paths { paths, verbs }, Asked::Path(path)) => {
                let fits = |own: &String| match own.strip_suffix('*') {
                    Some(stem) => path.starts_with(stem),
                    None => own == path,
                };
                has(verbs, verb) && paths.iter().any(fits)
            }
            (
                Rule::Objects { group: of, resources, names, verbs },
                Asked::Objects { group, resource, below, name, .. },
            ) => {
                let full =
                    below.as_ref().map_or_else(|| resource.clone(), |below| format!("{resource}/{below}"));
                has(verbs, verb)
                    && has(std::slice::from_ref(of), group)
                    && has(resources, &full)
                    && (names.is_empty() || name.as_ref().is_some_and(|name| names.contains(name)))
            }
            _ => false,
        })
    })
}
