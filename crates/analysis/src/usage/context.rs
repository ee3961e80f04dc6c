//! What a record tells about the request that a policy's condition could use.
//!
//! Keys: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, `kms:ViaService`.

use super::principal::is_session_alone;
use super::row::{PRINCIPAL_WITHOUT_PATH, UsageContext};
use crate::audit_log::{Cursor, Event, Value, unescape};
use leastwise_catalog::kms_via_service;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Between a key and its values, and between values.
const UNIT: u8 = 0x1F;
/// Behind each key with its values.
const RECORD: u8 = 0x1E;

/// Appends a key with its values to an encoded context.
pub(super) fn push(into: &mut Vec<u8>, key: &str, values: &[&[u8]]) {
    into.extend_from_slice(key.as_bytes());
    for value in values {
        into.push(UNIT);
        let start = into.len();
        into.extend_from_slice(value);
        // The separators are control characters, which no value that AWS compares has.
        if memchr::memchr2(UNIT, RECORD, value).is_some() {
            let kept: Vec<u8> = into.drain(start..).filter(|byte| !matches!(byte, &UNIT | &RECORD)).collect();
            into.extend(kept);
        }
    }
    into.push(RECORD);
}

/// Writes what holds for all permissions that one event needs.
pub(super) fn of_event(event: &Event<'_>, into: &mut Vec<u8>) {
    into.clear();
    if !event.region.is_empty() {
        push(into, "aws:RequestedRegion", &[event.region]);
    }
    // What a service asks for on behalf of the caller has not come through the endpoint.
    if !event.vpc_endpoint.is_empty() && event.identity.invoked_by.is_empty() {
        push(into, "aws:SourceVpce", &[event.vpc_endpoint]);
    }
    if matches!(event.identity.mfa, b"true" | b"false") {
        push(into, "aws:MultiFactorAuthPresent", &[event.identity.mfa]);
    }
    if is_session_alone(&event.identity) {
        push(into, PRINCIPAL_WITHOUT_PATH, &[b"true"]);
    }
    if let Some(cursor) = event.context {
        of_event_context(cursor, into);
    }
}

/// `eventContext.requestContext` of enriched events holds condition keys as AWS evaluated them; those that say
/// where a request comes from and to whom it belongs stay the same from call to call.
fn of_event_context(mut cursor: Cursor<'_>, into: &mut Vec<u8>) {
    let mut read = || -> Result<(), crate::audit_log::Malformed> {
        cursor.enter()?;
        while let Some((name, value)) = cursor.member()? {
            match value {
                Value::Object if name == b"requestContext" => {
                    cursor.enter()?;
                    while let Some((name, value)) = cursor.member()? {
                        match value {
                            Value::String(text) if is_stable(name) => {
                                let key = String::from_utf8_lossy(name);
                                push(into, &key, &[unescape(text).unwrap_or_default().as_bytes()]);
                            }
                            Value::Object | Value::Array => drop(cursor.skip()?),
                            _ => {}
                        }
                    }
                }
                Value::Object | Value::Array => drop(cursor.skip()?),
                _ => {}
            }
        }
        Ok(())
    };
    // The record was walked once already, so its brackets are known to pair.
    let _ = read();
}

fn is_stable(key: &[u8]) -> bool {
    key.starts_with(b"aws:PrincipalTag/")
        || matches!(key, b"aws:PrincipalOrgID" | b"aws:SourceVpc" | b"aws:ResourceOrgID")
}

/// Keys of the one request that came over the network, to this service: a service that asks another one on behalf of the
/// caller does so in a request without them, or with others
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html>).
const OF_THE_REQUEST: [&[u8]; 4] =
    [b"aws:RequestedRegion", b"aws:SourceVpce", b"aws:SourceVpc", b"aws:ResourceOrgID"];

/// The region that an encoded context names; nothing where it names none.
pub(super) fn requested_region(bytes: &[u8]) -> &[u8] {
    let mut records = bytes.split(|byte| *byte == RECORD);
    records.find_map(|record| record.strip_prefix(b"aws:RequestedRegion\x1F")).unwrap_or_default()
}

/// What holds for a permission that another service than the called one asks for.
pub(super) fn elsewhere(base: &[u8]) -> Vec<u8> {
    let key = |record: &[u8]| record.split(|byte| *byte == UNIT).next().unwrap_or_default().to_vec();
    base.split_inclusive(|byte| *byte == RECORD)
        .filter(|record| !OF_THE_REQUEST.contains(&key(record).as_slice()))
        .flatten()
        .copied()
        .collect()
}

/// The service that made a call on a KMS key for the caller: `kms:ViaService`. Nothing when it is not known what KMS
/// calls the service.
///
/// For other calls there is nothing to say: `invokedBy` is there for forward access sessions and for roles that a service
/// assumed, and `aws:CalledVia…` is present for the first alone
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvialast>).
pub(super) fn via(invoked_by: &[u8], region: &[u8], key: bool, into: &mut Vec<u8>) {
    if !key || invoked_by.is_empty() {
        return;
    }
    let Some(service) = std::str::from_utf8(invoked_by).ok().and_then(kms_via_service) else { return };
    let host = [service.as_bytes(), b".", region, b".amazonaws.com"].concat();
    push(into, "kms:ViaService", &[&host]);
}

/// The context that was encoded.
pub(super) fn decode(bytes: &[u8]) -> UsageContext {
    let mut keys = BTreeMap::new();
    for record in bytes.split(|byte| *byte == RECORD).filter(|record| !record.is_empty()) {
        let mut parts =
            record.split(|byte| *byte == UNIT).map(|part| String::from_utf8_lossy(part).into_owned());
        if let Some(key) = parts.next() {
            keys.insert(key, parts.collect());
        }
    }
    UsageContext { keys: Arc::new(keys) }
}
