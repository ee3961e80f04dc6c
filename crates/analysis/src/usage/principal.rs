//! Whose usage a record is.
//!
//! CloudTrail User Guide, "CloudTrail userIdentity element": what is right-sized is the role, not its session, so
//! a role session counts for the role that issued it, by the issuer's ARN (the session's ARN lacks the path).

use crate::audit_log::{Identity, unescape};

/// Whose usage a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The principal that was written into the buffer.
    Principal,
    /// A principal's that the settings do not ask for.
    Other,
    /// Nobody's whose permissions could be right-sized, and why.
    Nobody(&'static str),
}

/// Writes the principal's ARN into `into`; [`no_policy`](super::no_policy) knows by it who has no identity policy.
pub(super) fn principal(identity: &Identity<'_>, partition: &str, into: &mut Vec<u8>) -> Who {
    into.clear();
    match identity.kind {
        b"AssumedRole" if !identity.issuer.is_empty() => into.extend_from_slice(identity.issuer),
        _ if is_session_alone(identity) => return role_of_session(identity.arn, into),
        // The session of a federated user has at most what the user has who asked for it.
        b"FederatedUser" if !identity.issuer.is_empty() => into.extend_from_slice(identity.issuer),
        b"IAMUser" | b"FederatedUser" | b"Role" => into.extend_from_slice(identity.arn),
        b"Root" if identity.arn.is_empty() => {
            into.extend_from_slice(format!("arn:{partition}:iam::").as_bytes());
            into.extend_from_slice(identity.account);
            into.extend_from_slice(b":root");
        }
        b"Root" => into.extend_from_slice(identity.arn),
        b"IdentityCenterUser" => {
            into.extend_from_slice(format!("arn:{partition}:identitystore:::user/").as_bytes());
            into.extend_from_slice(identity.on_behalf_of);
        }
        // A caller from another account, of whom this account's log has only the unique id.
        b"AWSAccount" => {
            into.extend_from_slice(b"account/");
            into.extend_from_slice(identity.account);
            into.push(b'/');
            into.extend_from_slice(
                identity.principal_id.split(|byte| *byte == b':').next().unwrap_or_default(),
            );
        }
        b"AWSService" => return Who::Nobody("calls that AWS services made for themselves"),
        b"SAMLUser" | b"WebIdentityUser" => {
            return Who::Nobody("sign-ins through an identity provider, which need no permission");
        }
        _ if !identity.present => return Who::Nobody("records without a userIdentity"),
        b"" if !identity.invoked_by.is_empty() => {
            return Who::Nobody("calls that AWS services made for themselves");
        }
        _ => return Who::Nobody("records whose userIdentity has a type that is not known"),
    }
    if into.contains(&b'\\')
        && let Some(text) = unescape(&into.clone())
    {
        into.clear();
        into.extend_from_slice(text.as_bytes());
    }
    if into.is_empty() || into.ends_with(b"/") {
        return Who::Nobody("records whose userIdentity names no principal");
    }
    Who::Principal
}

/// Whether the record names a role's session and not the role, and so not its path.
pub(super) fn is_session_alone(identity: &Identity<'_>) -> bool {
    identity.kind == b"AssumedRole" && identity.issuer.is_empty()
}

/// `arn:aws:sts::111122223333:assumed-role/app/session` → `arn:aws:iam::111122223333:role/app`.
fn role_of_session(arn: &[u8], into: &mut Vec<u8>) -> Who {
    let role = std::str::from_utf8(arn).ok().and_then(|arn| {
        let (head, resource) = arn.split_once(":assumed-role/")?;
        let (partition, account) = head.strip_prefix("arn:")?.split_once(":sts::")?;
        let name = resource.split('/').next()?;
        Some(format!("arn:{partition}:iam::{account}:role/{name}"))
    });
    match role {
        Some(role) => {
            into.extend_from_slice(role.as_bytes());
            Who::Principal
        }
        None => Who::Nobody("role sessions without their role"),
    }
}

/// The partition of a region; the partition of the caller's ARN, where there is one, says the same.
pub(super) fn partition(identity: &Identity<'_>, region: &str) -> &'static str {
    let of_arn = |arn: &[u8]| {
        let partition = arn.strip_prefix(b"arn:")?.split(|byte| *byte == b':').next()?;
        PARTITIONS.iter().map(|(_, name)| *name).find(|name| name.as_bytes() == partition)
    };
    of_arn(identity.arn)
        .or_else(|| of_arn(identity.issuer))
        .or_else(|| PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map(|(_, name)| *name))
        .unwrap_or("aws")
}

/// Region prefix → partition; AWS General Reference, "ARN format". The last row is the rest.
const PARTITIONS: [(&str, &str); 8] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("eusc-", "aws-eusc"),
    ("", "aws"),
];
