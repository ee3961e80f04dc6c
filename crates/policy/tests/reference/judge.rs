//! The reference evaluator: slow, and written only from AWS's documentation.
//!
//! - <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>
//! - <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
//! - <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
//! - <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>
//! - <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
//! - <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>
//! - <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
//!
//! What is not known is `Perhaps` in every step (Kleene). A completion of the question, in which all is known, goes
//! the same way and never meets a `Perhaps`.

use serde_json::{Map, Value};

use super::case::{Answer, Case, statements};
use super::grants::{Given, given, is_left_to_grants};
use super::know::Know;
use super::organization::{governs_principal, governs_resource};
use super::public_access::keeps_out;
use super::services::{both_must_allow, counts, same_partition, spares_root};
use super::statement::{Reach, applies, reach};
use super::world::{Caller, World};

/// What one layer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Say {
    pub(crate) allow: Know,
    pub(crate) deny: Know,
}

/// A layer that has no say.
pub(crate) const SILENT: Say = Say { allow: Know::Yes, deny: Know::No };

/// What the resource-based policies say: each kind of grant for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grants {
    pub(crate) deny: Know,
    /// To the user, the session, the service, or everybody.
    pub(crate) direct: Know,
    /// To the role or the user that the session is of.
    pub(crate) entity: Know,
    /// To the account.
    pub(crate) account: Know,
}

/// What all layers say, before they are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) identity: Say,
    pub(crate) boundary: Say,
    pub(crate) session: Say,
    pub(crate) service_control: Say,
    pub(crate) resource_control: Say,
    pub(crate) endpoint: Say,
    pub(crate) resource: Grants,
    /// What the grants of a KMS key give.
    pub(crate) key: Given,
    /// What the public access block of a bucket leaves.
    pub(crate) public_access: Say,
    /// Whether the principal is in the account that owns the resource.
    pub(crate) same_account: bool,
    /// Whether the principal is in an account at all.
    pub(crate) in_account: bool,
    /// Whether the resource's policy must allow, also within the account.
    pub(crate) must_be_granted: bool,
    /// Whether identity policies and the resource's policy must both allow, also within the account.
    pub(crate) both_must_allow: bool,
}

/// The answer to a question.
pub(crate) fn judge(case: &Case, world: &World) -> Answer {
    hear(case, world).answer()
}

/// What every layer says.
pub(crate) fn hear(case: &Case, world: &World) -> Says {
    let layer = |name: &str| match case.documents(name) {
        Some(documents) => say(&documents, case, world, &|_| Know::Yes),
        None => SILENT,
    };
    // Without an owner the resource is in the principal's own account; services and providers have none.
    let in_account = !world.account.is_empty() && world.caller != Caller::Provider;
    let owner = case.text("owner").unwrap_or(if in_account { &world.account } else { "" });
    Says {
        identity: identity(case, world),
        boundary: layer("boundary"),
        session: match case.documents("session") {
            // GetFederationToken without a session policy: "the resulting session has no permissions".
            None if matches!(world.caller, Caller::Federated { .. }) => Say { allow: Know::No, ..SILENT },
            _ => layer("session"),
        },
        service_control: path(case, world, "scp", governs_principal(case, world)),
        resource_control: path(case, world, "rcp", governs_resource(case, world, owner)),
        endpoint: endpoint(case, world),
        resource: grants(case, world, owner),
        key: given(case, world),
        public_access: Say { allow: Know::of(!keeps_out(case, world)), ..SILENT },
        same_account: owner == world.account && (case.text("owner").is_none() || same_partition(case, world)),
        in_account,
        must_be_granted: must_be_granted(case),
        both_must_allow: both_must_allow(case),
    }
}

/// "With gateway endpoints, the `Principal` element must be set to `*`. … If you specify the principal in the following
/// format, access is granted to the AWS account root user only." S3 and DynamoDB have gateway endpoints. Which it is, the
/// question does not say, so an `Allow` counts only when it does with both.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn endpoint(case: &Case, world: &World) -> Say {
    let Some(documents) = case.documents("endpoint") else { return SILENT };
    let action = case.action().to_ascii_lowercase();
    let gateway = action.starts_with("s3:") || action.starts_with("dynamodb:");
    let named = |statement: &Map<String, Value>| {
        let reach = reach(statement, case, world);
        let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
        if !gateway || !allows {
            reach.named()
        } else if matches!(world.caller, Caller::Root | Caller::Federated { of_root: true, .. }) {
            reach.everybody.or(reach.account)
        } else {
            reach.everybody
        }
    };
    say(&documents, case, world, &named)
}

/// "By default, all requests are implicitly denied with the exception of the AWS account root user, which has full
/// access." Services and providers have no identity policies.
fn identity(case: &Case, world: &World) -> Say {
    match world.caller {
        Caller::Root | Caller::Federated { of_root: true, .. } => SILENT,
        Caller::Service | Caller::Provider | Caller::Anonymous => Say { allow: Know::No, ..SILENT },
        _ => say(&case.documents("identity").unwrap_or_default(), case, world, &|_| Know::Yes),
    }
}

/// What some documents say together, of the statements that are about the principal.
fn say(documents: &[&Value], case: &Case, world: &World, about: &dyn Fn(&Map<String, Value>) -> Know) -> Say {
    let mut say = Say { allow: Know::No, deny: Know::No };
    for document in documents {
        for statement in statements(document) {
            let truth = applies(document, statement, case, world).and(about(statement));
            if statement.get("Effect").and_then(Value::as_str) == Some("Allow") {
                say.allow = say.allow.or(truth);
            } else {
                say.deny = say.deny.or(truth);
            }
        }
    }
    say
}

/// "There must be an explicit `Allow` statement at every level from the root through each OU in the direct path to the
/// account"; "any SCP … can deny that permission".
fn path(case: &Case, world: &World, name: &str, governs: bool) -> Say {
    let Some(levels) = case.levels(name).filter(|_| governs) else { return SILENT };
    let says: Vec<Say> = levels.iter().map(|level| say(level, case, world, &|_| Know::Yes)).collect();
    Say {
        allow: Know::all(says.iter().map(|say| say.allow)),
        deny: Know::any(says.iter().map(|say| say.deny)),
    }
}

/// "[IAM role trust policies and KMS key policies] must explicitly allow access for principals." Not when the question
/// leaves the resource's side out: a layer that is not given has no say.
fn must_be_granted(case: &Case) -> bool {
    let action = case.action().to_ascii_lowercase();
    let on = |kind: &str| case.resource().splitn(6, ':').nth(5).is_some_and(|part| part.starts_with(kind));
    let special =
        action.starts_with("sts:assumerole") && on("role/") || action.starts_with("kms:") && on("key/");
    special && case.text("owner").is_some()
}

fn grants(case: &Case, world: &World, owner: &str) -> Grants {
    let mut grants = Grants { deny: Know::No, direct: Know::No, entity: Know::No, account: Know::No };
    let action = case.action().to_ascii_lowercase();
    if is_left_to_grants(&action) {
        return grants;
    }
    let in_vain = !counts(case, world, owner);
    let spared = spares_root(case, world, owner);
    for document in case.documents("resource_policies").unwrap_or_default() {
        for statement in statements(document) {
            let truth = applies(document, statement, case, world);
            let Reach { direct, entity, account, everybody } = reach(statement, case, world);
            let direct = direct.or(everybody);
            if statement.get("Effect").and_then(Value::as_str) == Some("Allow") {
                if in_vain {
                    continue;
                }
                grants.direct = grants.direct.or(truth.and(direct));
                grants.entity = grants.entity.or(truth.and(entity));
                grants.account = grants.account.or(truth.and(account));
            } else if !spared {
                grants.deny = grants.deny.or(truth.and(direct.or(entity).or(account)));
            }
        }
    }
    grants
}

impl Grants {
    /// Whether there is a grant of any kind.
    pub(crate) fn any(&self) -> Know {
        self.direct.or(self.entity).or(self.account)
    }
}

impl Says {
    /// Whether a `Deny` of any layer applies.
    pub(crate) fn denied(&self) -> Know {
        let layers = [
            self.identity,
            self.boundary,
            self.session,
            self.service_control,
            self.resource_control,
            self.endpoint,
        ];
        Know::any(layers.iter().map(|say| say.deny)).or(self.resource.deny)
    }

    /// Whether the layers allow, `Deny` statements aside.
    pub(crate) fn allowed(&self) -> Know {
        // "Just as they would if the permissions came from a key policy."
        let direct = self.resource.direct.or(self.key.reach.direct);
        let entity = self.resource.entity.or(self.key.reach.entity);
        let limits = self.boundary.allow.and(self.session.allow);
        let own = self.identity.allow.and(limits);
        let granted = self.resource.any().or(self.key.reach.named());
        let granted = if !self.in_account {
            granted
        } else if self.both_must_allow {
            own.and(granted)
        } else if !self.same_account {
            // "… if a grant or IAM policy in your account allows you to use the KMS key."
            self.identity.allow.or(self.key.trusted).and(limits).and(granted)
        } else {
            // An implicit deny of the identity policies does not matter to a grant to the role; one of the boundary
            // or the session policy does. To a direct grant none of them matters.
            let by_resource = direct.or(entity.and(limits));
            by_resource.or(if self.must_be_granted { own.and(granted) } else { own })
        };
        let organization = self.service_control.allow.and(self.resource_control.allow);
        granted.and(organization).and(self.endpoint.allow).and(self.public_access.allow)
    }

    pub(crate) fn answer(&self) -> Answer {
        match (self.denied(), self.allowed()) {
            (Know::Yes, _) => Answer::ExplicitDeny,
            (_, Know::No) => Answer::ImplicitDeny,
            (Know::No, Know::Yes) => Answer::Allowed,
            _ => Answer::Depends,
        }
    }
}
