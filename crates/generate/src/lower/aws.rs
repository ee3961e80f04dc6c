//! Intent → AWS: identity policy, trust policy, permissions boundary.
//!
//! Levels and verbs become actions by the catalogue's level tables, resources become the ARNs on which a policy must
//! name each action. `*` comes out only where an action knows no resource, in a statement of its own. What a
//! permission may depend on is offered, not added.

mod allow;
mod bind;
mod conditions;
mod exact;
mod explain;
mod grant;
mod guardrail;
mod keys;
pub mod prove;
mod trust;

use leastwise_catalog::Catalog;
use leastwise_catalog::levels::Source;
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{Effect, Named, Policy, Statement};

use super::Note;
use crate::intent::{Boundary, Fault, Intent, IntentError, Role};

pub use bind::{Bound, arn_of};
pub use exact::{Exact, exact};
pub use explain::Offer;
pub use grant::Reason;
pub use guardrail::guardrail;

/// What an intent leaves open and the caller may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The account for ARNs that are written without one; a placeholder when it is not said.
    pub account: Option<String>,
    /// The region for ARNs that are written without one; a placeholder when it is not said.
    pub region: Option<String>,
    /// The environment whose bindings count.
    pub environment: Option<String>,
    /// Whether to grant what encrypted resources need of their keys; else it is offered.
    pub keys: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { partition: "aws".to_owned(), account: None, region: None, environment: None, keys: false }
    }
}

/// What stands for an account that nobody named.
pub const ACCOUNT: &str = "<account>";
/// What stands for a region that nobody named.
pub const REGION: &str = "<region>";

/// A role as AWS takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The role's name.
    pub role: String,
    /// What it may do: one document, several when the quota wants it.
    pub identity: Vec<Named<Policy>>,
    /// Who may assume it, when the intent says.
    pub trust: Option<Policy>,
    /// The boundary.
    pub boundary: Option<MadeBoundary>,
    /// How long a session lasts at most, in seconds.
    pub session: Option<u32>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why each action is allowed or denied on each resource, in the order of the intent.
    pub reasons: Vec<Reason>,
    /// What must be known before use.
    pub warnings: Vec<Note>,
    /// What may be needed too, and is not granted.
    pub offers: Vec<Offer>,
}

/// A boundary.
#[derive(Debug, Clone, PartialEq)]
pub enum MadeBoundary {
    /// A document of its own.
    Made(Named<Policy>),
    /// A policy that exists, by its ARN.
    Existing(String),
}

/// Compiles every role of an intent.
///
/// # Errors
/// Everything in the intent that AWS knows no meaning for.
pub fn compile(intent: &Intent, catalog: &Catalog, options: &Options) -> Result<Vec<Compiled>, IntentError> {
    let mut faults = Vec::new();
    let roles: Vec<Option<Compiled>> =
        intent.roles.iter().map(|role| compile_role(intent, role, catalog, options, &mut faults)).collect();
    let compiled = roles.into_iter().flatten().collect();
    IntentError::unless(compiled, faults)
}

fn compile_role(
    intent: &Intent,
    role: &Role,
    catalog: &Catalog,
    options: &Options,
    faults: &mut Vec<Fault>,
) -> Option<Compiled> {
    let before = faults.len();
    check_name(role, faults);
    check_owner(role, faults);
    let granter = grant::Granter::new(intent, catalog, options);
    let allowed = granter.all(&role.permissions, Effect::Allow, faults);
    let denied = granter.all(&role.never, Effect::Deny, faults);
    let approved = granter.all(&role.approval, Effect::Allow, faults);
    let trust = trust::policy(&role.trust, options, faults);
    let keys = keys::needed(&allowed, intent, faults);
    let approved_keys = keys::needed(&approved, intent, faults);
    if faults.len() > before {
        return None;
    }
    let mut warnings = trust.warnings;
    let conditions = conditions::of(&role.conditions);
    warnings.extend(conditions::warnings(&role.conditions, &allowed, catalog));
    let mut statements = allow::statements(&allowed, &conditions);
    statements.extend(allow::after_approval(&approved, &conditions));
    let mut offered = keys::offers(&keys);
    offered.extend(keys::offers(&approved_keys));
    let mut granted_keys = Vec::new();
    if options.keys {
        statements.extend(keys::statements(&keys, &role.conditions, false));
        statements.extend(keys::statements(&approved_keys, &role.conditions, true));
        granted_keys.extend(keys.into_iter().chain(approved_keys));
        warnings.extend(keys::warnings(&granted_keys, &role.conditions));
        offered.clear();
    }
    statements.extend(allow::denials(&denied));
    statements.extend(role.expires.as_ref().map(allow::expiry));
    let mut statements: Vec<Statement> = statements.into_iter().flat_map(allow::fitting).collect();
    allow::make_unique(&mut statements);
    let reasons: Vec<Reason> =
        allowed.into_iter().chain(approved).chain(granted_keys).chain(denied).collect();
    warnings.extend(explain::warnings(role, &reasons));
    let boundary = boundary(role, &reasons, &statements);
    let identity = documents(&role.name.value, statements);
    warnings.extend(explain::sizes(role, &identity, trust.policy.as_ref(), boundary.as_ref()));
    for error in identity.iter().filter_map(|named| Policy::parse(&named.policy.to_json()).err()) {
        faults.push(Fault::new(&role.name.place, format!("AWS would not take the policy: {error}")));
    }
    Some(Compiled {
        role: role.name.value.clone(),
        identity,
        trust: trust.policy,
        boundary,
        session: role.session.as_ref().map(|session| session.value),
        owner: role.owner.as_ref().map(|owner| owner.value.clone()),
        offers: offered.into_iter().chain(explain::offers(&reasons, catalog)).collect(),
        reasons,
        warnings,
    })
}

/// A role's name as IAM takes it: `[\w+=,.@-]+`, at most 64 characters.
fn check_name(role: &Role, faults: &mut Vec<Fault>) {
    let name = &role.name;
    let good = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !name.is_empty() && name.len() <= 64 && name.chars().all(good) {
        return;
    }
    let fault = Fault::new(&name.place, format!("`{}` is no name of a role", name.value));
    faults.push(fault.help("it has at most 64 letters, digits and +=,.@-_"));
}

/// The owner becomes a tag: `[\p{L}\p{Z}\p{N}_.:/=+\-@]*`, at most 256 characters.
fn check_owner(role: &Role, faults: &mut Vec<Fault>) {
    let Some(owner) = &role.owner else { return };
    let good = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    if owner.chars().count() > 256 || !owner.chars().all(good) {
        let fault = Fault::new(&owner.place, format!("`{}` is no value of a tag", owner.value));
        faults.push(fault.help("the owner becomes one: at most 256 letters, digits, spaces and _.:/=+-@"));
    }
}

/// The statements as one document, or as many as the quota of managed policies wants.
fn documents(name: &str, statements: Vec<Statement>) -> Vec<Named<Policy>> {
    let mut documents: Vec<Vec<Statement>> = vec![Vec::new()];
    for statement in statements {
        let mut tried = documents.last().cloned().unwrap_or_default();
        tried.push(statement.clone());
        let fits = Quota::ManagedPolicy.holds(&[Policy::new(tried)]);
        match documents.last_mut() {
            Some(last) if fits || last.is_empty() => last.push(statement),
            _ => documents.push(vec![statement]),
        }
    }
    let several = documents.len() > 1;
    let named = |(index, statements): (usize, Vec<Statement>)| {
        let name = if several { format!("{name}-{}", index + 1) } else { name.to_owned() };
        Named::new(name, Policy::new(statements))
    };
    documents.into_iter().filter(|statements| !statements.is_empty()).enumerate().map(named).collect()
}

/// The boundary that was asked for, or the one that `admin` comes with: what the role may do, and no more whatever
/// is attached to it later.
fn boundary(role: &Role, reasons: &[Reason], statements: &[Statement]) -> Option<MadeBoundary> {
    let admin = reasons.iter().any(|reason| reason.source == Source::Admin && reason.effect == Effect::Allow);
    match role.boundary.as_ref().map(|said| &said.value) {
        Some(Boundary::Existing(arn)) => Some(MadeBoundary::Existing(arn.clone())),
        Some(Boundary::None) => None,
        Some(Boundary::Own) => Some(own_boundary(role, statements)),
        None => admin.then(|| own_boundary(role, statements)),
    }
}

fn own_boundary(role: &Role, statements: &[Statement]) -> MadeBoundary {
    let name = format!("{}-boundary", role.name.value);
    MadeBoundary::Made(Named::new(name, Policy::new(statements.to_vec())))
}
