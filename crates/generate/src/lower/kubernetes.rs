//! Intent → Kubernetes: a service account, and roles with their bindings.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>
//!
//! Role-based access control only allows, knows no conditions and no time, so whatever an intent says of those is
//! refused. What lies in a namespace is allowed by a role there; a cluster role comes out only for what belongs to the
//! cluster, or where every namespace was said.

mod bind;
mod grant;
pub mod prove;
mod rules;

use leastwise_catalog::kubernetes::Kubernetes;

use super::Note;
use super::unsaid::Says;
use crate::intent::{Fault, Intent, IntentError, Place, Role, Trust};

pub use bind::{Bound, Scope};
pub use grant::Reason;
pub use rules::Rule;

/// A role as Kubernetes takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The role's name in the intent.
    pub role: String,
    /// The name that its objects have.
    pub name: String,
    /// The service account that is made for it.
    pub made: Option<ServiceAccount>,
    /// Who holds it: the one that is made, or those that were named.
    pub held_by: Vec<ServiceAccount>,
    /// The rules, by where they hold; each becomes a role and its binding.
    pub grants: Vec<Granted>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why each verb is allowed on each resource, in the order of the intent.
    pub reasons: Vec<Reason>,
    /// What must be known before use.
    pub warnings: Vec<Note>,
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Rules that hold in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The namespace of a role; nothing for a cluster role.
    pub namespace: Option<String>,
    /// The name of role and binding.
    pub name: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

const SAYS: Says = Says {
    platform: "kubernetes",
    never: false,
    approval: false,
    boundary: false,
    session: false,
    expires: false,
    limit: |_| false,
};

/// Compiles every role of an intent, in one environment.
///
/// # Errors
/// Everything in the intent that Kubernetes knows no meaning for, or cannot say.
pub fn compile(intent: &Intent, environment: Option<&str>) -> Result<Vec<Compiled>, IntentError> {
    let mut faults = Vec::new();
    let mut compiled: Vec<Compiled> = Vec::new();
    for role in &intent.roles {
        let Some(made) = compile_role(intent, role, environment, &mut faults) else { continue };
        if let Some(other) = compiled.iter().find(|other| other.name == made.name) {
            let message =
                format!("`{}` and `{}` are both called `{}` on kubernetes", other.role, made.role, made.name);
            faults.push(Fault::new(&role.name.place, message).help("give one of them another name"));
        }
        compiled.push(made);
    }
    IntentError::unless(compiled, faults)
}

fn compile_role(
    intent: &Intent,
    role: &Role,
    environment: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Option<Compiled> {
    let before = faults.len();
    SAYS.refuse(role, faults);
    let name = object_name(&role.name.value);
    if name.is_empty() {
        let fault = Fault::new(&role.name.place, format!("`{}` gives no name of an object", role.name.value));
        faults.push(fault.help("it needs a letter from a to z or a digit"));
    }
    let facts = Kubernetes::embedded();
    let granter = grant::Granter::new(intent, facts, environment);
    let (reasons, mut warnings) = granter.all(&role.permissions, faults);
    let named = trusted(role, &mut warnings, faults);
    if faults.len() > before {
        return None;
    }
    let namespaces = namespaces(&reasons);
    let made = match (named.is_empty(), namespaces.as_slice()) {
        (false, _) => None,
        (true, [namespace]) => Some(ServiceAccount { namespace: namespace.clone(), name: name.clone() }),
        (true, several) => {
            faults.push(nowhere(role, several));
            return None;
        }
    };
    let held_by: Vec<ServiceAccount> = if named.is_empty() { made.iter().cloned().collect() } else { named };
    // A cluster role has no namespace that keeps it apart from another team's role of the same name.
    let home = held_by.first().map_or("", |account| account.namespace.as_str());
    let grants = rules::of(&reasons)
        .into_iter()
        .map(|(namespace, rules)| {
            let name = if namespace.is_some() { name.clone() } else { format!("{home}-{name}") };
            Granted { namespace, name, rules }
        })
        .collect();
    Some(Compiled {
        role: role.name.value.clone(),
        name,
        made,
        held_by,
        grants,
        owner: role.owner.as_ref().map(|owner| owner.value.clone()),
        reasons,
        warnings,
    })
}

fn nowhere(role: &Role, namespaces: &[String]) -> Fault {
    let what = match namespaces {
        [] => "nothing says in which namespace its service account is".to_owned(),
        several => format!("its service account could be in any of: {}", several.join(", ")),
    };
    Fault::new(&role.name.place, format!("it is not said who holds `{}`: {what}", role.name.value))
        .help("write `trust: {service_account: NAME, namespace: NAMESPACE}`")
}

/// The namespaces of what is allowed, each once.
fn namespaces(reasons: &[Reason]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for reason in reasons {
        if let Some(namespace) = reason.bound.namespace().filter(|name| !found.iter().any(|it| it == name)) {
            found.push(namespace.to_owned());
        }
    }
    found
}

/// The service accounts that the intent names. Somebody else cannot hold a role here; as long as a service account is
/// among them, that is only told.
fn trusted(role: &Role, warnings: &mut Vec<Note>, faults: &mut Vec<Fault>) -> Vec<ServiceAccount> {
    let mut accounts: Vec<ServiceAccount> = Vec::new();
    let mut others: Vec<&Place> = Vec::new();
    for trust in &role.trust {
        let found: Vec<ServiceAccount> = match &trust.value {
            Trust::ServiceAccount { namespace, name } => {
                vec![ServiceAccount { namespace: namespace.clone(), name: name.clone() }]
            }
            Trust::Oidc { subjects, .. } => subjects.iter().filter_map(|it| of_subject(it)).collect(),
            _ => Vec::new(),
        };
        if found.is_empty() {
            others.push(&trust.place);
        }
        for account in found {
            if bind::label(&account.namespace) && bind::subdomain(&account.name) {
                accounts.push(account);
            } else {
                let text = format!("`{}:{}` is no service account", account.namespace, account.name);
                faults.push(
                    Fault::new(&trust.place, text).help("names have lower-case letters, digits and `-`"),
                );
            }
        }
    }
    for place in others {
        match accounts.is_empty() {
            true => faults.push(
                Fault::new(place, "only a service account can hold a role on kubernetes")
                    .help("write `trust: {service_account: NAME, namespace: NAMESPACE}`"),
            ),
            false => warnings.push(Note {
                place: place.clone(),
                text: "only service accounts hold the role on kubernetes, so this one does not".to_owned(),
            }),
        }
    }
    accounts.sort();
    accounts.dedup();
    accounts
}

/// `system:serviceaccount:NAMESPACE:NAME`, as tokens of a cluster name a service account.
fn of_subject(subject: &str) -> Option<ServiceAccount> {
    let (namespace, name) = subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    Some(ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() })
}

/// A role's name as objects are called: `OrderProcessor` → `order-processor`; at most 63 characters.
fn object_name(text: &str) -> String {
    let mut name = String::new();
    let mut small = false;
    for letter in text.chars() {
        let begins = letter.is_ascii_uppercase() && small;
        if (begins || !letter.is_ascii_alphanumeric()) && !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if letter.is_ascii_alphanumeric() {
            name.push(letter.to_ascii_lowercase());
        }
        small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    name.truncate(63);
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_s_name_becomes_one_that_objects_can_have() {
        for (text, name) in [
            ("OrderProcessor", "order-processor"),
            ("S3Reader", "s3-reader"),
            ("api__v2 ", "api-v2"),
            ("--x--", "x"),
            ("日本", ""),
        ] {
            assert_eq!(object_name(text), name);
        }
        assert!(object_name(&"Ab".repeat(80)).len() <= 63);
    }
}
