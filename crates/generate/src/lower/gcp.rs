//! Intent → Google Cloud: custom roles, bindings with conditions, deny policies, workload identity federation.
//!
//! A permission is granted on the resource itself where it has an allow policy of its own, else on the nearest that
//! has, with a condition that names the resource. Where conditions cannot name it, it is refused: granting it on the
//! whole project must be said.
//!
//! - Allow policies and conditions: <https://cloud.google.com/iam/docs/resource-policies>
//! - Deny policies: <https://cloud.google.com/iam/docs/deny-overview>; they are attached to a project, and their
//!   conditions know tags only, so what is forbidden on one resource is forbidden in its project
//! - Limits of a custom role: <https://cloud.google.com/iam/quotas>

mod conditions;
mod grant;
mod never;
mod spot;
mod trust;

use std::collections::HashSet;

use leastwise_catalog::gcp::Gcp;
use leastwise_catalog::places::Places;
use leastwise_policy::aws::Effect;

use super::Note;
use super::cloud::{Cloud, Reason};
use super::unsaid::Says;
use crate::intent::{Fault, Intent, IntentError, Limit, Role};

pub use conditions::Condition;
pub use grant::{Binding, CustomRole, Grants};
pub use never::Deny;
pub use trust::{Federation, Holder, Provider};

/// What stands for a project that nobody named.
pub const PROJECT: &str = "<project>";
/// What stands for the number of the project.
pub const NUMBER: &str = "<project-number>";

/// What an intent leaves open and the caller may know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The project of the service account and of what is written without one.
    pub project: Option<String>,
    /// The environment whose bindings count.
    pub environment: Option<String>,
}

/// A role as Google Cloud takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The role's name in the intent.
    pub role: String,
    /// The service account that holds it.
    pub account: Account,
    /// The custom roles.
    pub roles: Vec<CustomRole>,
    /// Where they are granted.
    pub bindings: Vec<Binding>,
    /// What is denied whatever else allows it.
    pub denies: Vec<Deny>,
    /// Who may act as the service account.
    pub federation: Federation,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why each permission is granted where it is.
    pub reasons: Vec<Reason>,
    /// What must be known before use.
    pub warnings: Vec<Note>,
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The part before the `@`.
    pub id: String,
    /// The project.
    pub project: String,
    /// Whether it is made: the intent says who may hold the role.
    pub new: bool,
}

impl Account {
    /// Its address.
    pub fn email(&self) -> String {
        format!("{}@{}.iam.gserviceaccount.com", self.id, self.project)
    }

    /// The account as a member of a binding.
    pub fn member(&self) -> String {
        format!("serviceAccount:{}", self.email())
    }
}

static CLOUD: Cloud = Cloud {
    target: "gcp",
    title: "Google Cloud",
    places: Places::gcp,
    example: "//storage.googleapis.com/projects/_/buckets/NAME",
    operation: |name| Gcp::embedded().has(name).then(|| name.to_owned()),
    names_operation: |word| word.contains('.'),
    suggest: |name| Gcp::embedded().suggest(name),
};

/// Compiles every role of an intent.
///
/// # Errors
/// Everything in the intent that Google Cloud knows no meaning for, and every restriction that it cannot say.
pub fn compile(intent: &Intent, options: &Options) -> Result<Vec<Compiled>, IntentError> {
    let mut faults = Vec::new();
    let mut ids = HashSet::new();
    let mut compiled: Vec<Compiled> = Vec::new();
    for role in &intent.roles {
        let Some(made) = compile_role(intent, role, options, &mut ids, &mut faults) else { continue };
        // What is granted to one service account would be granted to both roles.
        if let Some(other) = compiled.iter().find(|known| known.account.email() == made.account.email()) {
            let id = &made.account.id;
            let message =
                format!("`{}` would be the service account `{id}`, as `{}` is", made.role, other.role);
            faults.push(Fault::new(&role.name.place, message).help("give the role another name"));
        }
        compiled.push(made);
    }
    IntentError::unless(compiled, faults)
}

fn compile_role(
    intent: &Intent,
    role: &Role,
    options: &Options,
    ids: &mut HashSet<String>,
    faults: &mut Vec<Fault>,
) -> Option<Compiled> {
    let before = faults.len();
    let cloud = &CLOUD;
    let environment = options.environment.as_deref();
    says(role).refuse(role, faults);
    let mut allowed = cloud.wanted(intent, &role.permissions, Effect::Allow, environment, faults);
    let denied = cloud.wanted(intent, &role.never, Effect::Deny, environment, faults);
    let mut warnings = cloud.settle(&mut allowed, &denied, faults);
    let limits = conditions::of(role, faults);
    if faults.len() > before {
        return None;
    }
    let project =
        home(options, allowed.iter().chain(&denied).filter_map(|want| want.resource.values.get("project")));
    let granted = grant::grant(&role.name.value, &allowed, &limits, &project, ids, faults);
    let mut reasons = granted.reasons;
    warnings.extend(cloud.notes(&allowed));
    warnings.extend(granted.notes);
    let denies = never::denies(&denied, &allowed, &project, &mut reasons, &mut warnings, faults);
    let account = Account { id: account_id(&role.name.value), project, new: !role.trust.is_empty() };
    let federation = trust::federation(&role.trust, &account, cloud, &mut warnings);
    (faults.len() == before).then(|| Compiled {
        role: role.name.value.clone(),
        account,
        roles: granted.roles,
        bindings: granted.bindings,
        denies,
        federation,
        owner: role.owner.as_ref().map(|owner| owner.value.clone()),
        reasons,
        warnings,
    })
}

/// The token of a service account lasts for an hour at most, unless the organisation says otherwise: a longer session
/// is no restriction, a shorter one cannot be said.
fn says(role: &Role) -> Says {
    Says {
        platform: "gcp",
        never: true,
        approval: false,
        boundary: false,
        session: role.session.as_ref().is_none_or(|session| session.value >= 3_600),
        expires: true,
        limit: |limit| matches!(limit, Limit::Time { .. } | Limit::Tags(_)),
    }
}

/// The project that was said, or the only one that the resources are in.
fn home<'a>(options: &Options, projects: impl Iterator<Item = &'a String>) -> String {
    if let Some(project) = &options.project {
        return project.clone();
    }
    let mut named: Vec<&String> = projects.filter(|project| *project != "_").collect();
    named.sort_unstable();
    named.dedup();
    match named.as_slice() {
        [one] => (*one).clone(),
        _ => PROJECT.to_owned(),
    }
}

/// A service account's id: 6 to 30 lower-case letters, digits and `-`, a letter first and no `-` last.
fn account_id(role: &str) -> String {
    let mut id = String::new();
    for c in role.chars() {
        let joint = c.is_ascii_uppercase()
            && id.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit());
        if (joint || !c.is_ascii_alphanumeric()) && !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        }
    }
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        id.insert_str(0, "role-");
    }
    id.truncate(30);
    let mut id = id.trim_end_matches('-').to_owned();
    if id.len() < 6 {
        id.push_str("-role");
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_s_name_becomes_the_id_of_a_service_account() {
        assert_eq!(account_id("OrderProcessor"), "order-processor");
        assert_eq!(account_id("A"), "a-role");
        assert_eq!(account_id("7 days, Größe"), "role-7-days-gr-e");
        assert_eq!(account_id(&"long-".repeat(20)).len(), 29);
    }
}
