//! Whether a statement is about the action, the resource, the circumstances and the principal of a question.

use serde_json::{Map, Value};

use super::case::{Case, texts};
use super::condition;
use super::know::Know;
use super::text::{Filled, chars, fill, glob, is_resource, wild};
use super::world::{Caller, Seen, World};

/// How far a statement's `Principal` reaches to the principal of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// It names everybody.
    pub(crate) everybody: Know,
    /// It names the user, the session or the service itself.
    pub(crate) direct: Know,
    /// It names the role of the session, or the user that federated.
    pub(crate) entity: Know,
    /// It names the account.
    pub(crate) account: Know,
}

impl Reach {
    pub(crate) const NONE: Reach =
        Reach { everybody: Know::No, direct: Know::No, entity: Know::No, account: Know::No };

    pub(crate) fn or(self, other: Reach) -> Reach {
        Reach {
            everybody: self.everybody.or(other.everybody),
            direct: self.direct.or(other.direct),
            entity: self.entity.or(other.entity),
            account: self.account.or(other.account),
        }
    }

    pub(crate) fn and(self, truth: Know) -> Reach {
        Reach {
            everybody: self.everybody.and(truth),
            direct: self.direct.and(truth),
            entity: self.entity.and(truth),
            account: self.account.and(truth),
        }
    }

    /// Whether it reaches in any way.
    pub(crate) fn named(&self) -> Know {
        self.everybody.or(self.direct).or(self.entity).or(self.account)
    }
}

/// Whether a statement is about the action and the resource, and its conditions hold.
pub(crate) fn applies(document: &Value, statement: &Map<String, Value>, case: &Case, world: &World) -> Know {
    // A document without a version is of 2008-10-17, which has no variables.
    let variables = document.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    if !is_about_action(statement, case.action()) {
        return Know::No;
    }
    match is_about_resource(statement, variables, case.resource(), world) {
        Know::No => Know::No,
        resource => resource.and(condition::holds(statement, variables, world)),
    }
}

/// "The prefix and the action name are case insensitive."
fn is_about_action(statement: &Map<String, Value>, action: &str) -> bool {
    let action = chars(&action.to_ascii_lowercase());
    let any = |patterns: &Value| {
        texts(patterns).iter().any(|pattern| glob(&wild(&pattern.to_ascii_lowercase()), &action))
    };
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(patterns), _) => any(patterns),
        (None, Some(patterns)) => !any(patterns),
        (None, None) => false,
    }
}

fn is_about_resource(statement: &Map<String, Value>, variables: bool, arn: &str, world: &World) -> Know {
    let filled = |patterns: &Value| -> Vec<Filled> {
        texts(patterns).iter().map(|pattern| fill(pattern, variables, true, world)).collect()
    };
    let any = |filled: &[Filled], in_doubt: bool| {
        Know::any(filled.iter().map(|filled| filled.test(|pieces| is_resource(pieces, arn, in_doubt))))
    };
    let allow = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(patterns), _) => any(&filled(patterns), !allow),
        (None, Some(patterns)) => {
            let filled = filled(patterns);
            // "The resource that includes a policy variable with no value will not match any resource", but "any
            // attempt to match it fails and causes the statement to be invalid" (both on the page of the variables).
            // The two differ here; what speaks against the caller is believed: such an `Allow` is no grant.
            let valid = |filled: &Filled| match filled {
                Filled::Nothing => Know::No,
                Filled::Unknown(_) => Know::Perhaps,
                Filled::Known(_) => Know::Yes,
            };
            let valid = if allow { Know::all(filled.iter().map(valid)) } else { Know::Yes };
            any(&filled, allow).not().and(valid)
        }
        // A trust policy is about the role it belongs to.
        (None, None) => Know::Yes,
    }
}

/// How far the `Principal` or `NotPrincipal` of a statement reaches.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
pub(crate) fn reach(statement: &Map<String, Value>, case: &Case, world: &World) -> Reach {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => named(principal, world),
        (None, Some(excepted)) => Reach { direct: is_excepted(excepted, case, world).not(), ..Reach::NONE },
        (None, None) => Reach::NONE,
    }
}

pub(crate) fn named(principal: &Value, world: &World) -> Reach {
    let mut reach = Reach::NONE;
    let Some(kinds) = principal.as_object() else {
        // "Use a wildcard (*) to specify all principals"; "for IAM users and role principals within your account, no
        // other permissions are required."
        return Reach { everybody: Know::of(principal == "*"), ..Reach::NONE };
    };
    for (kind, values) in kinds {
        for value in texts(values) {
            match kind.as_str() {
                "AWS" => name_aws(&value, world, &mut reach),
                "Service" if world.caller == Caller::Service => {
                    reach.direct = reach.direct.or(Know::of(value == world.arn));
                }
                "Federated" if world.caller == Caller::Provider => {
                    reach.direct = reach.direct.or(Know::of(value == world.arn));
                }
                // "Amazon S3 lets you specify a canonical user ID": another name of an account.
                "CanonicalUser" => reach.account = reach.account.or(is_canonical(&value, world)),
                _ => {}
            }
        }
    }
    reach
}

/// No condition key says which canonical user an account is, so a question says it under a key of our own.
fn is_canonical(value: &str, world: &World) -> Know {
    if world.account.is_empty() || world.caller == Caller::Provider {
        return Know::No;
    }
    match world.see("leastwise:CanonicalUser") {
        Seen::Values(known) => Know::of(known.iter().any(|known| known == value)),
        Seen::Absent => Know::No,
        Seen::Unknown => Know::Perhaps,
    }
}

fn name_aws(value: &str, world: &World, reach: &mut Reach) {
    if matches!(world.caller, Caller::Service | Caller::Provider) {
        return;
    }
    if value != "*" && world.caller == Caller::Anonymous {
        return;
    }
    if value == "*" {
        reach.everybody = Know::Yes;
    } else if world.is_account(value) {
        reach.account = Know::Yes;
    } else if value == world.arn {
        let grant = if world.caller == Caller::User { &mut reach.direct } else { &mut reach.entity };
        *grant = Know::Yes;
    } else {
        reach.direct = reach.direct.or(is_session(value, world));
    }
}

/// Whether this is the ARN of the principal's session.
fn is_session(value: &str, world: &World) -> Know {
    match world.session_arn() {
        Some(session) => Know::of(value == session),
        None => match &world.caller {
            Caller::Role { .. } | Caller::Federated { .. } => {
                Know::of(world.is_some_session(value)).and(Know::Perhaps)
            }
            _ => Know::No,
        },
    }
}

/// Whether a `NotPrincipal` excepts the principal of the question.
///
/// "You must also specify the account ARN of the not-denied principal"; "AWS might validate the account first, then the
/// role, and then the assumed-role user"; "will always deny any IAM principal that has a permissions boundary policy
/// attached." What might be validated must be named: of a session also the role, or the user that federated.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
fn is_excepted(excepted: &Value, case: &Case, world: &World) -> Know {
    // Whether naming an account as canonical user is to specify its ARN, nobody says.
    let mut by_arn = excepted.clone();
    by_arn.as_object_mut().map(|kinds| kinds.shift_remove("CanonicalUser"));
    let Reach { direct, entity, account, .. } = named(&by_arn, world);
    if case.documents("boundary").is_some() {
        return Know::No;
    }
    match &world.caller {
        Caller::Service | Caller::Provider => direct,
        Caller::Root => account,
        Caller::Anonymous => Know::No,
        Caller::User | Caller::Federated { of_root: true, .. } => account.and(direct),
        Caller::Role { .. } | Caller::Federated { .. } => account.and(entity).and(direct),
    }
}
