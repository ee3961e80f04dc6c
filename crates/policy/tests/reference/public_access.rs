//! Whom the public access block of a bucket keeps out.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>

use serde_json::{Map, Value};

use super::case::{Case, statements, texts};
use super::condition::{Set, take_apart, tests};
use super::value::bits_of;
use super::world::{Caller, World};

/// `RestrictPublicBuckets` "restricts access to an access point or bucket with a public policy to only AWS service
/// principals and authorized users within the bucket owner's account".
pub(crate) fn keeps_out(case: &Case, world: &World) -> bool {
    let Some(owner) = case.text("owner") else { return false };
    let block = case.0.get("public_access").and_then(|block| block.get("RestrictPublicBuckets"));
    let restricts = block.and_then(Value::as_bool) == Some(true);
    let of_s3 = case.action().to_ascii_lowercase().starts_with("s3:");
    let inside =
        world.caller == Caller::Service || world.account == owner && world.caller != Caller::Provider;
    let documents = case.documents("resource_policies").unwrap_or_default();
    // "Statement 3 renders the entire policy public."
    let mut all = documents.into_iter().flat_map(statements);
    restricts && of_s3 && !inside && all.any(is_public)
}

/// "Amazon S3 begins by assuming that the policy is public. … To be considered non-public, a bucket policy must grant
/// access only to fixed values."
fn is_public(statement: &Map<String, Value>) -> bool {
    let allows = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    let named = match statement.get("Principal") {
        Some(Value::Object(kinds)) => kinds
            .iter()
            .all(|(kind, names)| kind != "Federated" && texts(names).iter().all(|name| is_fixed(name))),
        _ => false,
    };
    allows && !named && !tests(statement).any(|(operator, key, values)| limits(operator, key, &texts(values)))
}

/// "Fixed values (values that don't contain a wildcard or an AWS Identity and Access Management Policy Variable)."
fn is_fixed(value: &str) -> bool {
    !value.contains('*') && !value.contains('?') && !value.contains("${")
}

fn limits(operator: &str, key: &str, values: &[String]) -> bool {
    let operator = take_apart(operator);
    // What holds without the key does not limit.
    if operator.negated || operator.if_exists || operator.set == Some(Set::All) {
        return false;
    }
    match (operator.base, key.to_ascii_lowercase().as_str()) {
        ("IpAddress", "aws:sourceip") => values.iter().all(|range| is_narrow(range)),
        ("StringEquals" | "StringEqualsIgnoreCase" | "StringLike" | "ArnEquals" | "ArnLike", key) => {
            match key {
                "s3:dataaccesspointarn" => values.iter().all(|arn| is_of_one_account(arn)),
                "aws:principalorgid"
                | "aws:principalarn"
                | "aws:principalaccount"
                | "aws:sourcearn"
                | "aws:sourcevpc"
                | "aws:sourcevpce"
                | "aws:sourceowner"
                | "aws:sourceaccount"
                | "aws:userid"
                | "s3:dataaccesspointaccount" => values.iter().all(|value| is_fixed(value)),
                _ => false,
            }
        }
        _ => false,
    }
}

/// "This includes values broader than `/8` for IPv4 and `/32` for IPv6."
fn is_narrow(range: &str) -> bool {
    let (address, prefix) = range.split_once('/').unwrap_or((range, ""));
    let Some(length) = bits_of(address) else { return false };
    let prefix = if prefix.is_empty() { Some(length) } else { prefix.parse().ok() };
    prefix.is_some_and(|prefix| prefix >= if length == 32 { 8 } else { 32 })
}

/// "This value can contain a wildcard for the access point name … as long as the account ID is fixed."
fn is_of_one_account(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        [.., resource] if parts.len() == 6 && resource.starts_with("accesspoint/") => {
            parts[..5].iter().all(|part| is_fixed(part)) && !resource.contains("${")
        }
        _ => is_fixed(arn),
    }
}
