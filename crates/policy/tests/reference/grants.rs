//! The grants of a KMS key.
//!
//! - <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
//! - <https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html>
//! - <https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html>
//! - <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>

use serde_json::{Map, Value, json};

use super::case::{Case, texts};
use super::know::Know;
use super::statement::{Reach, named};
use super::world::{Seen, World};

/// What the grants give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Given {
    /// To whom: by which of his names.
    pub(crate) reach: Reach,
    /// Whether it makes up for an identity policy in the caller's account, when the key is another account's.
    pub(crate) trusted: Know,
}

impl Given {
    pub(crate) const NOTHING: Given = Given { reach: Reach::NONE, trusted: Know::No };
}

pub(crate) fn given(case: &Case, world: &World) -> Given {
    let action = case.action().to_ascii_lowercase();
    let (Some(operation), Some(_)) = (action.strip_prefix("kms:"), case.text("owner")) else {
        return Given::NOTHING;
    };
    let mut all = Given::NOTHING;
    for grant in case.documents("grants").unwrap_or_default() {
        // "Each grant allows access to exactly one KMS key."
        if text(grant, "KeyId") != case.resource() {
            continue;
        }
        let one = of(grant, operation, world);
        all.reach = all.reach.or(one.reach);
        all.trusted = all.trusted.or(one.trusted);
    }
    all
}

fn of(grant: &Value, operation: &str, world: &World) -> Given {
    let operations = grant.get("Operations").map(texts).unwrap_or_default();
    let is_granted = operations.iter().any(|name| name.eq_ignore_ascii_case(operation));
    let issuer = account(text(grant, "IssuingAccount"));
    let of_grantee = match is_granted {
        true => principal(text(grant, "GranteePrincipal"), world).and(within_constraints(
            grant,
            operation,
            &operations,
            world,
        )),
        false => Reach::NONE,
    };
    if operation != "retiregrant" {
        // "… if a grant or IAM policy in your account allows you to use the KMS key."
        let trusted = Know::of(issuer == world.account).and(of_grantee.direct.or(of_grantee.entity));
        return Given { reach: of_grantee, trusted };
    }
    // "A grant can be retired by an optional retiring principal"; "the grantee principal … only if … the grant includes
    // the RetireGrant operation"; "as a backup, the AWS account in which the grant was created"; "the AWS account that
    // owns the KMS key can delegate". "Principals specified in the grant can retire a grant without the
    // `kms:RetireGrant` permission."
    let of_principals = of_grantee.or(principal(text(grant, "RetiringPrincipal"), world));
    let owner = account(text(grant, "KeyId"));
    let of_accounts = principal(issuer, world).or(principal(owner, world));
    let trusted = of_principals.direct.or(of_principals.entity);
    Given { reach: of_principals.or(of_accounts), trusted }
}

fn text<'a>(grant: &'a Value, key: &str) -> &'a str {
    grant.get(key).and_then(Value::as_str).unwrap_or("")
}

/// The account in an ARN.
fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or("")
}

fn principal(name: &str, world: &World) -> Reach {
    let kind = if name.ends_with(".amazonaws.com") { "Service" } else { "AWS" };
    if name.is_empty() { Reach::NONE } else { named(&json!({ kind: name }), world) }
}

fn within_constraints(grant: &Value, operation: &str, operations: &[String], world: &World) -> Know {
    let constraint = |name: &str| grant.get("Constraints").and_then(|all| all.get(name));
    let pairs = |name: &str| constraint(name).and_then(Value::as_object);
    // "… effectively putting an aws:SourceArn global condition key into the grant."
    let source = match constraint("SourceArn").and_then(Value::as_str) {
        Some(arn) => is(world, "aws:SourceArn", arn),
        None => Know::Yes,
    };
    let (equals, subset) = (pairs("EncryptionContextEquals"), pairs("EncryptionContextSubset"));
    let context = match operation {
        // "The encryption context constraint is ignored for DescribeKey and RetireGrant operations."
        "describekey" | "retiregrant" => Know::Yes,
        _ => subset
            .map_or(Know::Yes, |pairs| includes(pairs, world))
            .and(equals.map_or(Know::Yes, |pairs| is_exactly(pairs, world))),
    };
    let delegated = match operation {
        "creategrant" => delegates(operations, equals.is_some(), subset.is_some(), world),
        _ => Know::Yes,
    };
    source.and(context).and(delegated)
}

/// "… requires that the request include all encryption context pairs in the grant constraint (an exact, case-sensitive
/// match)." The name of a condition key tells no case; `kms:EncryptionContextKeys` does.
fn includes(pairs: &Map<String, Value>, world: &World) -> Know {
    let each = pairs.iter().map(|(key, value)| {
        let value = value.as_str().unwrap_or("");
        let same = is(world, &format!("kms:EncryptionContext:{key}"), value);
        same.and(is(world, "kms:EncryptionContextKeys", key))
    });
    Know::all(each)
}

/// "… the encryption context pairs in the request are an exact, case-sensitive match."
fn is_exactly(pairs: &Map<String, Value>, world: &World) -> Know {
    let no_other = match world.see("kms:EncryptionContextKeys") {
        Seen::Values(keys) => Know::of(keys.iter().all(|key| pairs.contains_key(key))),
        Seen::Absent => Know::Yes,
        Seen::Unknown => Know::Perhaps,
    };
    includes(pairs, world).and(no_other)
}

/// "The grantee principal can only create grants that allow some or all of the operations in the parent grant. The grant
/// constraints … must be at least as strict."
fn delegates(operations: &[String], equals: bool, subset: bool, world: &World) -> Know {
    let allowed = match world.see("kms:GrantOperations") {
        Seen::Values(found) => {
            let some = found.iter().any(|name| !name.is_empty());
            Know::of(some && found.iter().all(|name| operations.contains(name)))
        }
        Seen::Absent => Know::No,
        Seen::Unknown => Know::Perhaps,
    };
    let kind = |name| is(world, "kms:GrantConstraintType", name);
    let strict = match (equals, subset) {
        (true, _) => kind("EncryptionContextEquals"),
        (false, true) => kind("EncryptionContextEquals").or(kind("EncryptionContextSubset")),
        (false, false) => Know::Yes,
    };
    allowed.and(strict)
}

/// Whether the request has this key with this value, exactly.
fn is(world: &World, key: &str, value: &str) -> Know {
    match world.see(key) {
        Seen::Values(found) => Know::of(found.iter().any(|found| found == value)),
        Seen::Absent => Know::No,
        Seen::Unknown => Know::Perhaps,
    }
}

/// The actions on keys that principals of other accounts can be given, by
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>.
pub(crate) fn crosses_accounts(action: &str) -> bool {
    const CRYPTOGRAPHIC: &[&str] =
        &["decrypt", "derivesharedsecret", "encrypt", "generatemac", "sign", "verify", "verifymac"];
    const OTHERS: &[&str] = &[
        "creategrant",
        "describekey",
        "getkeyrotationstatus",
        "getpublickey",
        "listgrants",
        "retiregrant",
        "revokegrant",
    ];
    let Some(name) = action.strip_prefix("kms:") else { return true };
    let is_cryptographic = CRYPTOGRAPHIC.contains(&name)
        || name.starts_with("generatedatakey")
        || matches!(name, "reencryptfrom" | "reencryptto");
    is_cryptographic || OTHERS.contains(&name)
}

/// Whether the key policy has no say: "the `kms:RetireGrant` permission is not effective in a key policy".
pub(crate) fn is_left_to_grants(action: &str) -> bool {
    action == "kms:retiregrant"
}

/// The keys that the constraints of a grant ask for, with values.
pub(crate) fn asked(grant: &Value) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let constraints = grant.get("Constraints").and_then(Value::as_object);
    for (name, constraint) in constraints.into_iter().flatten() {
        let Some(pairs) = constraint.as_object() else {
            all.push(("aws:SourceArn".to_owned(), texts(constraint)));
            continue;
        };
        for (key, value) in pairs {
            all.push((format!("kms:EncryptionContext:{key}"), texts(value)));
        }
        all.push(("kms:EncryptionContextKeys".to_owned(), pairs.keys().cloned().collect()));
        all.push(("kms:GrantConstraintType".to_owned(), vec![name.clone()]));
    }
    let operations = grant.get("Operations").map(texts).unwrap_or_default();
    all.push(("kms:GrantOperations".to_owned(), operations));
    all
}
