//! Intent → Azure: custom roles with data actions, role assignments with conditions, federated credentials.
//!
//! A role is assigned on the resource itself, also on one that lies in another (a container, a queue, a secret).
//! A beginning of blobs' names is a condition of the assignment on their container. Azure lets nobody deny: what is
//! forbidden is left out, and refused where leaving out does not do.
//!
//! - Custom roles: <https://learn.microsoft.com/azure/role-based-access-control/custom-roles>
//! - Conditions: <https://learn.microsoft.com/azure/role-based-access-control/conditions-format>
//! - Federated credentials: <https://learn.microsoft.com/entra/workload-id/workload-identity-federation>

mod conditions;
mod grant;
mod trust;

use std::collections::HashSet;

use leastwise_catalog::azure::Azure;
use leastwise_catalog::places::Places;
use leastwise_policy::aws::Effect;

use super::Note;
use super::cloud::{Cloud, Reason};
use super::unsaid::Says;
use crate::intent::{Fault, Intent, IntentError, Limit, Role};

pub use grant::{Assignment, CustomRole, Grants};
pub use trust::Credential;

/// What an intent leaves open and the caller may know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The environment whose bindings count.
    pub environment: Option<String>,
}

/// A role as Azure takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The role's name in the intent.
    pub role: String,
    /// The managed identity that holds it.
    pub identity: Identity,
    /// The custom roles.
    pub roles: Vec<CustomRole>,
    /// Where they are assigned.
    pub assignments: Vec<Assignment>,
    /// Who may act as the identity.
    pub credentials: Vec<Credential>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why each operation is allowed where it is.
    pub reasons: Vec<Reason>,
    /// What must be known before use.
    pub warnings: Vec<Note>,
}

/// A managed identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: String,
    /// The id of the resource group in which it is made.
    pub group: String,
    /// Whether it is made: the intent says who may hold the role.
    pub new: bool,
}

static CLOUD: Cloud = Cloud {
    target: "azure",
    title: "Azure",
    places: Places::azure,
    example: "/subscriptions/…/resourceGroups/…/providers/Microsoft.Storage/storageAccounts/NAME/blobServices/default/containers/NAME",
    operation: |name| Azure::embedded().meant(name).map(|(name, _)| name.to_owned()),
    names_operation: |word| word.contains('/'),
    suggest: |name| Azure::embedded().suggest(name),
};

const SAYS: Says = Says {
    platform: "azure",
    never: true,
    approval: false,
    boundary: false,
    session: false,
    expires: true,
    limit: |limit| matches!(limit, Limit::Time { .. }),
};

/// Compiles every role of an intent.
///
/// # Errors
/// Everything in the intent that Azure knows no meaning for, and every restriction that it cannot say.
pub fn compile(intent: &Intent, options: &Options) -> Result<Vec<Compiled>, IntentError> {
    let mut faults = Vec::new();
    let mut names = HashSet::new();
    let mut compiled: Vec<Compiled> = Vec::new();
    for role in &intent.roles {
        let Some(mut made) = compile_role(intent, role, options, &mut faults) else { continue };
        // What is granted to one identity would be granted to both roles.
        let same = |known: &&Compiled| known.identity.name.eq_ignore_ascii_case(&made.identity.name);
        if let Some(other) = compiled.iter().find(same) {
            let id = &made.identity.name;
            let message = format!("`{}` would be the identity `{id}`, as `{}` is", made.role, other.role);
            faults.push(Fault::new(&role.name.place, message).help("give the role another name"));
        }
        made.roles.iter_mut().for_each(|custom| custom.make_unique(&mut names));
        compiled.push(made);
    }
    IntentError::unless(compiled, faults)
}

fn compile_role(
    intent: &Intent,
    role: &Role,
    options: &Options,
    faults: &mut Vec<Fault>,
) -> Option<Compiled> {
    let before = faults.len();
    let cloud = &CLOUD;
    let environment = options.environment.as_deref();
    SAYS.refuse(role, faults);
    let mut allowed = cloud.wanted(intent, &role.permissions, Effect::Allow, environment, faults);
    let denied = cloud.wanted(intent, &role.never, Effect::Deny, environment, faults);
    let mut warnings = cloud.settle(&mut allowed, &denied, faults);
    for never in &denied {
        let meets = |want: &&super::cloud::Wanted<'_>| {
            !want.admin.is_empty() && (never.covers(want) || want.covers(never))
        };
        if let Some(admin) = allowed.iter().find(meets) {
            let message =
                format!("`admin: {}` allows what is forbidden here, and Azure lets nobody deny", admin.name);
            faults.push(
                Fault::new(&never.place, message).help("say which levels are allowed in place of `admin`"),
            );
        }
        let text = format!(
            "Azure lets nobody deny: `{}: {}` is not granted, but another assignment could still allow it",
            never.verb, never.name
        );
        warnings.push(Note { place: never.place.clone(), text });
    }
    if faults.len() > before {
        return None;
    }
    let granted = grant::grant(role, &allowed, faults);
    // The managed identity is made where the first resource is.
    let Some(group) = granted.groups.first().cloned() else {
        let fault = Fault::new(&role.name.place, "the role says of no resource in which group it is");
        faults.push(fault.help("give it a permission"));
        return None;
    };
    let identity = Identity { name: identity_name(&role.name.value), group, new: !role.trust.is_empty() };
    warnings.extend(cloud.notes(&allowed));
    let credentials = trust::credentials(&role.trust, cloud, &mut warnings);
    (faults.len() == before).then(|| Compiled {
        role: role.name.value.clone(),
        identity,
        roles: granted.roles,
        assignments: granted.assignments,
        credentials,
        owner: role.owner.as_ref().map(|owner| owner.value.clone()),
        reasons: granted.reasons,
        warnings,
    })
}

/// The name of a managed identity: 3 to 128 letters, digits, `-` and `_`, a letter or digit first.
fn identity_name(role: &str) -> String {
    let good = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let name: String = role.chars().map(good).take(120).collect();
    format!("id-{}", name.trim_matches(['-', '_']))
}
