//! What a condition is worth against whoever holds the permission.
//!
//! Some conditions limit what is reached (tags of the resource, prefixes), some who may ask and from where (MFA, a
//! network, an endpoint), and some nothing at all: the caller chooses what they ask for (the region, the tags of the
//! request), or the test holds when the key is missing.

use leastwise_policy::aws::{Comparison, Condition, SetOperator};

/// What a condition is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    /// Nothing: the caller meets it at will.
    None,
    /// It asks who or from where; whoever holds the permission as meant still has all of it.
    Caller,
    /// It limits what is reached.
    Scope,
}

/// Keys that say who asks, from where, when and by way of what: the caller cannot choose them at will, and they say
/// nothing of the resource. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const CALLER: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag",
    "aws:principaltype",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
    "kms:viaservice",
];

/// Keys whose values the caller chooses, or that say only which account: within it, everything is reached.
const CHOSEN: &[&str] = &[
    "aws:referer",
    "aws:requestedregion",
    "aws:requesttag",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:securetransport",
    "aws:tagkeys",
    "aws:useragent",
    "iam:passedtoservice",
    "s3:resourceaccount",
    "s3:x-amz-server-side-encryption",
    "s3:authtype",
    "s3:signatureversion",
    "s3:tlsversion",
];

/// What the condition is worth.
pub(super) fn guard(condition: &Condition) -> Guard {
    let operator = condition.operator;
    let holds_without = operator.if_exists || operator.set == Some(SetOperator::ForAllValues);
    let open = |value: &String| value.bytes().all(|byte| byte == b'*') && !value.is_empty();
    let is_pattern =
        matches!(operator.base, Comparison::StringLike | Comparison::ArnLike | Comparison::ArnEquals);
    if holds_without || operator.base.is_negated() || operator.base == Comparison::Null {
        return Guard::None;
    }
    if is_pattern && condition.values.iter().any(open) {
        return Guard::None;
    }
    let key = condition.key.to_ascii_lowercase();
    let name = key.split_once('/').map_or(key.as_str(), |(name, _)| name);
    if CHOSEN.contains(&name) {
        return Guard::None;
    }
    if CALLER.contains(&name) {
        let negative =
            operator.base == Comparison::Bool && condition.values.iter().all(|value| value == "false");
        let nowhere = operator.base == Comparison::IpAddress
            && condition.values.iter().any(|value| matches!(value.as_str(), "0.0.0.0/0" | "::/0"));
        return if negative || nowhere { Guard::None } else { Guard::Caller };
    }
    Guard::Scope
}

/// Whether the condition is worth anything against whoever is let in: what they can meet at will is not.
pub(in crate::check) fn limits_caller(condition: &Condition) -> bool {
    guard(condition) != Guard::None
}

/// The condition in words: `aws:ResourceTag/team StringEquals platform`.
pub(super) fn told(condition: &Condition) -> String {
    format!("{} {} {}", condition.key, condition.operator, condition.values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_worth_what_the_caller_cannot_choose() {
        let of = |operator: &str, key: &str, value: &str| {
            let operator = leastwise_policy::aws::Operator::parse(operator).expect("an operator");
            guard(&Condition::new(operator, key, [value]))
        };
        assert_eq!(of("StringEquals", "aws:ResourceTag/team", "platform"), Guard::Scope);
        assert_eq!(of("StringEqualsIfExists", "aws:ResourceTag/team", "platform"), Guard::None);
        assert_eq!(of("StringNotEquals", "aws:ResourceTag/env", "prod"), Guard::None);
        assert_eq!(of("StringLike", "aws:ResourceTag/team", "*"), Guard::None);
        assert_eq!(of("Bool", "aws:MultiFactorAuthPresent", "true"), Guard::Caller);
        assert_eq!(of("Bool", "aws:ViaAWSService", "false"), Guard::None);
        assert_eq!(of("IpAddress", "aws:SourceIp", "0.0.0.0/0"), Guard::None);
        assert_eq!(of("IpAddress", "aws:SourceIp", "203.0.113.0/24"), Guard::Caller);
        assert_eq!(of("StringEquals", "aws:RequestedRegion", "eu-west-1"), Guard::None);
        assert_eq!(of("ForAllValues:StringEquals", "aws:TagKeys", "team"), Guard::None);
        assert_eq!(of("StringEquals", "dynamodb:LeadingKeys", "x"), Guard::Scope);
    }
}
