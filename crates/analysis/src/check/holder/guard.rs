//! What a condition is worth against whoever holds the permission.
//!
//! Some conditions limit what is reached (tags of the resource, prefixes), some who may ask and from where (MFA, a
//! network, an endpoint), and some nothing at all: the caller chooses what they ask for (the region, the stage of a
//! secret, the tags of the request), everybody has it, or the test holds when the key is missing.

use std::net::IpAddr;

use leastwise_policy::aws::{Comparison, Condition, SetOperator};
use leastwise_policy::time::Timestamp;

/// What a condition is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    /// Nothing: the caller meets it at will.
    None,
    /// It asks who or from where; whoever holds the permission as meant still has all of it. Or it asks for a tag of the
    /// resource, whatever its value: that may be all there is, and may be not.
    Caller,
    /// It limits what is reached.
    Scope,
}

/// Against whom.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whom {
    /// Whoever holds the policy, at this time when it is known.
    Holder(Option<Timestamp>),
    /// Whoever a resource or a role lets in.
    Stranger,
}

/// Keys that say who asks, from where, when and by way of what: the caller cannot choose them at will, and they say
/// nothing of the resource. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const CALLER: &[&str] = &[
    "aws:assumedroot",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:chatbotsourcearn",
    "aws:currenttime",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principaltag",
    "aws:principaltype",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tokenissuetime",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
    "ec2:sourceinstancearn",
    "kms:viaservice",
    "lambda:sourcefunctionarn",
];

/// Keys whose values the caller chooses without reaching less, or that say only which account: within it, everything is
/// reached.
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
    "cloudformation:changesetname",
    "cloudformation:targetregion",
    "dynamodb:enclosingoperation",
    "dynamodb:returnconsumedcapacity",
    "dynamodb:returnvalues",
    "dynamodb:select",
    "ec2:region",
    "iam:passedtoservice",
    "kms:bypasspolicylockoutsafetycheck",
    "kms:calleraccount",
    "lakeformation:enabledonlyformetadataaccess",
    "neptune-db:querylanguage",
    "rds:req-tag",
    "redshift:durationseconds",
    "secretsmanager:secretprimaryregion",
    "secretsmanager:versionid",
    "secretsmanager:versionstage",
    "ses:apiversion",
    "ssm:recursive",
    "sts:durationseconds",
    "sts:rolesessionname",
    "sts:sourceidentity",
    "sts:transitivetagkeys",
];

/// The same of S3 and its kin (`s3`, `s3express`, `s3-outposts`, `s3-object-lambda`), behind the prefix.
const CHOSEN_OF_S3: &[&str] = &[
    "authtype",
    "if-match",
    "max-keys",
    "resourceaccount",
    "signatureage",
    "signatureversion",
    "tlsversion",
    "x-amz-content-sha256",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];

/// Keys of the caller of which whoever holds a policy always has the same: its own account and organisation.
const OWN: &[&str] = &["aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"];

/// Keys that every call of a principal has, so that a test which would hold without them holds no sooner. "Always included",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>. `aws:SourceIp` is not: who
/// comes by a VPC endpoint has none.
const ALWAYS: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principaltype",
    "aws:userid",
    "aws:viaawsservice",
];

/// What the condition is worth. A test that holds when the key is missing is worth nothing, and so is one that leaves out
/// some values, unless it asks for one that there is: `ForAnyValue` does not hold without the key.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
pub(super) fn guard(condition: &Condition, whom: Whom) -> Guard {
    let operator = condition.operator;
    let key = condition.key.to_ascii_lowercase();
    let name = key.split_once('/').map_or(key.as_str(), |(name, _)| name);
    if operator.base == Comparison::Null {
        return presence(condition, name);
    }
    let is_there = matches!(whom, Whom::Holder(_)) && ALWAYS.contains(&name);
    let holds_without = operator.if_exists || operator.set == Some(SetOperator::ForAllValues);
    let negated = operator.base.is_negated() && operator.set != Some(SetOperator::ForAnyValue);
    if holds_without && !is_there || negated {
        return Guard::None;
    }
    if condition.values.iter().any(|value| is_open(condition, value)) {
        // Any value, but one there must be.
        return if tag_asked(condition).is_some() { Guard::Caller } else { Guard::None };
    }
    // Who may assume a role sends it what it asks for.
    if name == "sts:externalid" && matches!(whom, Whom::Holder(_)) {
        return Guard::None;
    }
    let of_s3 = name.split_once(':').filter(|(service, _)| service.starts_with("s3"));
    if CHOSEN.contains(&name) || of_s3.is_some_and(|(_, name)| CHOSEN_OF_S3.contains(&name)) {
        return Guard::None;
    }
    if POLICIES.contains(&name) && condition.values.iter().any(|value| is_power(condition, value)) {
        return Guard::None;
    }
    if !CALLER.contains(&name) {
        return Guard::Scope;
    }
    // Everybody has some type; which account or organisation is known of whoever holds it alone.
    let own = name == "aws:principaltype" || matches!(whom, Whom::Holder(_)) && OWN.contains(&name);
    let negative = operator.base == Comparison::Bool && condition.values.iter().all(|value| value == "false");
    let met = own || negative || is_everywhere(condition) || is_now(condition, whom);
    if met { Guard::None } else { Guard::Caller }
}

/// What a test for the key itself is worth: that it is missing can be had, and what the request or the resource has is
/// there for the asking. Who asks, and from where, is not: `"Null": {"aws:MultiFactorAuthAge": "false"}` asks for MFA.
fn presence(condition: &Condition, name: &str) -> Guard {
    let wants_it = condition.values.iter().all(|value| value == "false");
    let is_given = ALWAYS.contains(&name) || OWN.contains(&name) || name == "aws:sourceip";
    let asks = CALLER.contains(&name) && !is_given || tag_asked(condition).is_some();
    if wants_it && asks { Guard::Caller } else { Guard::None }
}

/// Whether the value fits whatever the request has: a pattern of wildcards alone, every principal of every account, or the
/// very key that it is compared with.
fn is_open(condition: &Condition, value: &str) -> bool {
    let wild = |text: &str| text.contains('*') && text.bytes().all(|byte| matches!(byte, b'*' | b'?'));
    let variable = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if variable.is_some_and(|key| key.eq_ignore_ascii_case(&condition.key)) {
        return true;
    }
    let base = condition.operator.base;
    if !matches!(base, Comparison::StringLike | Comparison::ArnLike | Comparison::ArnEquals) {
        return false;
    }
    let every_principal = || {
        let mut parts = value.splitn(6, ':').skip(3);
        let anywhere = parts.next().is_some_and(|region| region.is_empty() || wild(region))
            && parts.next().is_some_and(wild);
        let name = parts.next().unwrap_or_default();
        anywhere && (wild(name) || name.split_once('/').is_some_and(|(_, name)| wild(name)))
    };
    wild(value)
        || (condition.key.eq_ignore_ascii_case("aws:PrincipalArn")
            && value.starts_with("arn:")
            && every_principal())
}

/// Keys that name the managed policy that a request is about.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const POLICIES: [&str; 2] = ["iam:policyarn", "iam:permissionsboundary"];

/// Whether the value is, or fits, a policy of AWS's that allows everything, or all of IAM and by it everything: asked for it
/// as what is attached, or as the boundary, the caller lacks nothing.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/IAMFullAccess.html>
fn is_power(condition: &Condition, value: &str) -> bool {
    let is_pattern = matches!(
        condition.operator.base,
        Comparison::StringLike | Comparison::ArnLike | Comparison::ArnEquals
    );
    ["aws", "aws-cn", "aws-us-gov"].iter().any(|partition| {
        ["AdministratorAccess", "IAMFullAccess"].iter().any(|name| {
            let arn = format!("arn:{partition}:iam::aws:policy/{name}");
            value == arn || is_pattern && leastwise_policy::glob::matches(value, &arn)
        })
    })
}

/// Whether the networks together are as good as the whole internet: half of its addresses, of either version, or more.
fn is_everywhere(condition: &Condition) -> bool {
    if condition.operator.base != Comparison::IpAddress {
        return false;
    }
    let mut networks: Vec<(bool, u128, u32)> =
        condition.values.iter().filter_map(|text| network(text)).collect();
    networks.sort_unstable_by_key(|(is_v4, first, length)| (*is_v4, *length, *first));
    // Of networks within others only the others count.
    let mut kept: Vec<(bool, u128, u32)> = Vec::new();
    for (is_v4, first, length) in networks {
        let within = |other: &(bool, u128, u32)| other.0 == is_v4 && masked(first, other.2) == other.1;
        if !kept.iter().any(within) {
            kept.push((is_v4, first, length));
        }
    }
    // In units of the smallest part that matters, 1/2^24 of all; only 2000::/3 of version 6 is given out.
    let share = |wanted: bool| {
        let of = kept.iter().filter(|(is_v4, ..)| *is_v4 == wanted);
        of.map(|(_, _, length)| 1_u64 << 24_u32.saturating_sub(*length)).sum::<u64>()
    };
    share(true) >= 1 << 23 || share(false) >= 1 << 20
}

/// Whether it is of version 4, its first address at the upper end, and how many bits are fixed. Networks of less than a
/// 2^24th of all count as that much.
fn network(text: &str) -> Option<(bool, u128, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, length.parse().ok()?),
        None => (text, 128),
    };
    let (is_v4, first) = match address.parse().ok()? {
        IpAddr::V4(address) => (true, u128::from(u32::from(address)) << 96),
        IpAddr::V6(address) => (false, u128::from(address)),
    };
    Some((is_v4, masked(first, length), length))
}

fn masked(address: u128, length: u32) -> u128 {
    match 128_u32.checked_sub(length) {
        Some(128) => 0,
        Some(free) => address >> free << free,
        None => address,
    }
}

/// Whether it asks for a time that has come, and so for nothing.
fn is_now(condition: &Condition, whom: Whom) -> bool {
    let now = match whom {
        Whom::Holder(now) => now,
        Whom::Stranger => None,
    };
    let values = || condition.values.iter().filter_map(|value| Timestamp::parse(value));
    match condition.operator.base {
        Comparison::DateGreaterThan | Comparison::DateGreaterThanEquals => {
            now.is_none_or(|now| values().any(|time| time <= now))
        }
        Comparison::DateLessThan | Comparison::DateLessThanEquals => {
            now.is_some_and(|now| values().any(|time| time > now))
        }
        _ => false,
    }
}

/// Whether the condition is worth anything against whoever is let in: what they can meet at will is not.
pub(in crate::check) fn limits_caller(condition: &Condition) -> bool {
    guard(condition, Whom::Stranger) != Guard::None
}

/// The tag of a resource that the condition asks for.
pub(super) fn tag_asked(condition: &Condition) -> Option<&str> {
    let (name, tag) = condition.key.split_once('/')?;
    let (_, name) = name.split_once(':')?;
    (name.eq_ignore_ascii_case("ResourceTag") && !tag.is_empty()).then_some(tag)
}

/// Whether a permission to write tags is left with the tag under this condition: what limits the request to other tags
/// takes it away.
pub(super) fn may_write(condition: &Condition, tag: &str) -> bool {
    let key = condition.key.to_ascii_lowercase();
    if key == "aws:tagkeys" {
        let fits = |value: &String| {
            leastwise_policy::glob::matches(&value.to_ascii_lowercase(), &tag.to_ascii_lowercase())
        };
        return condition.operator.base.is_negated() || condition.values.iter().any(fits);
    }
    // A request with other values for it is not allowed; one with another tag beside it is.
    !(key.starts_with("aws:requesttag/")
        && condition.operator.base.is_negated()
        && key.ends_with(&format!("/{}", tag.to_ascii_lowercase())))
}

/// The condition in words: `aws:ResourceTag/team StringEquals platform`.
pub(super) fn told(condition: &Condition) -> String {
    format!("{} {} {}", condition.key, condition.operator, condition.values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(operator: &str, key: &str, values: &[&str]) -> Condition {
        let operator = leastwise_policy::aws::Operator::parse(operator).expect("an operator");
        Condition::new(operator, key, values.iter().copied())
    }

    fn of(operator: &str, key: &str, value: &str) -> Guard {
        let now = Timestamp::parse("2026-11-21T00:00:00Z");
        guard(&condition(operator, key, &[value]), Whom::Holder(now))
    }

    #[test]
    fn a_condition_is_worth_what_the_caller_cannot_choose() {
        assert_eq!(of("StringEquals", "aws:ResourceTag/team", "platform"), Guard::Scope);
        assert_eq!(of("StringEqualsIfExists", "aws:ResourceTag/team", "platform"), Guard::None);
        assert_eq!(of("StringNotEquals", "aws:ResourceTag/env", "prod"), Guard::None);
        assert_eq!(of("StringLike", "aws:ResourceTag/team", "*"), Guard::Caller);
        assert_eq!(of("StringLike", "aws:ResourceTag/team", "?*"), Guard::Caller);
        assert_eq!(of("Bool", "aws:MultiFactorAuthPresent", "true"), Guard::Caller);
        assert_eq!(of("Bool", "aws:ViaAWSService", "false"), Guard::None);
        assert_eq!(of("Bool", "aws:PrincipalIsAWSService", "false"), Guard::None);
        assert_eq!(of("StringEquals", "aws:RequestedRegion", "eu-west-1"), Guard::None);
        assert_eq!(of("StringEquals", "ec2:Region", "us-east-1"), Guard::None);
        assert_eq!(of("StringEquals", "secretsmanager:VersionStage", "AWSCURRENT"), Guard::None);
        assert_eq!(of("StringEquals", "s3:x-amz-storage-class", "STANDARD"), Guard::None);
        assert_eq!(
            of("StringEquals", "s3express:x-amz-server-side-encryption-aws-kms-key-id", "k"),
            Guard::None
        );
        assert_eq!(of("ForAllValues:StringEquals", "aws:TagKeys", "team"), Guard::None);
        assert_eq!(of("StringEquals", "dynamodb:LeadingKeys", "x"), Guard::Scope);
        assert_eq!(of("StringEquals", "sts:ExternalId", "x"), Guard::None);
        assert_eq!(of("StringEquals", "aws:PrincipalTag/team", "${aws:PrincipalTag/team}"), Guard::None);
        assert_eq!(of("StringEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"), Guard::Scope);
    }

    #[test]
    fn a_key_that_no_request_has_is_a_limit_only_where_the_test_needs_it() {
        for operator in ["StringEquals", "StringLike", "Bool", "ForAnyValue:StringNotEquals"] {
            assert_eq!(of(operator, "s3:NoSuchKey", "x"), Guard::Scope, "{operator}");
        }
        for operator in ["StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringEquals"] {
            assert_eq!(of(operator, "s3:NoSuchKey", "x"), Guard::None, "{operator}");
        }
        assert_eq!(of("Null", "s3:NoSuchKey", "true"), Guard::None);
    }

    #[test]
    fn a_policy_that_is_asked_for_limits_nothing_when_it_may_allow_everything() {
        for key in ["iam:PolicyARN", "iam:PermissionsBoundary"] {
            for value in ["AdministratorAccess", "IAMFullAccess", "*", "Admin*"] {
                let value = format!("arn:aws:iam::aws:policy/{value}");
                assert_eq!(of("ArnLike", key, &value), Guard::None, "{key} {value}");
            }
            assert_eq!(of("StringLike", key, "arn:aws:iam::*:policy/*"), Guard::None);
            assert_eq!(of("ArnNotEquals", key, "arn:aws:iam::111122223333:policy/b"), Guard::None);
            for some in ["arn:aws:iam::111122223333:policy/b", "arn:aws:iam::aws:policy/ReadOnlyAccess"] {
                assert_eq!(of("ArnEquals", key, some), Guard::Scope, "{key} {some}");
            }
        }
    }

    #[test]
    fn a_key_that_is_always_there_is_asked_for_with_if_exists_too() {
        assert_eq!(of("ArnLikeIfExists", "aws:PrincipalArn", "arn:aws:iam::*:role/deploy-*"), Guard::Caller);
        assert_eq!(of("DateLessThanIfExists", "aws:CurrentTime", "2020-01-01T00:00:00Z"), Guard::Caller);
        assert_eq!(of("BoolIfExists", "aws:MultiFactorAuthPresent", "true"), Guard::None);
        let names = condition("ArnLikeIfExists", "aws:PrincipalArn", &["arn:aws:iam::*:role/deploy-*"]);
        assert!(!limits_caller(&names));
    }

    #[test]
    fn that_a_key_is_there_asks_who_when_the_key_says_who() {
        assert_eq!(of("Null", "aws:MultiFactorAuthAge", "false"), Guard::Caller);
        assert_eq!(of("Null", "aws:SourceVpce", "false"), Guard::Caller);
        assert_eq!(of("Null", "aws:ResourceTag/team", "false"), Guard::Caller);
        for (key, value) in [
            ("aws:MultiFactorAuthAge", "true"),
            ("aws:PrincipalArn", "false"),
            ("aws:SourceIp", "false"),
            ("s3:x-amz-server-side-encryption", "false"),
        ] {
            assert_eq!(of("Null", key, value), Guard::None, "{key} {value}");
        }
    }

    #[test]
    fn a_principal_of_any_account_is_anybody() {
        for anybody in ["arn:aws:iam::*:*", "arn:aws:iam::*:role/*", "*", "arn:*:iam::*:user/*"] {
            assert_eq!(of("ArnLike", "aws:PrincipalArn", anybody), Guard::None, "{anybody}");
        }
        for some in ["arn:aws:iam::*:role/deploy-*", "arn:aws:iam::111122223333:role/*"] {
            assert_eq!(of("ArnLike", "aws:PrincipalArn", some), Guard::Caller, "{some}");
        }
    }

    #[test]
    fn what_everybody_of_the_account_has_limits_strangers_alone() {
        let own = condition("StringEquals", "aws:PrincipalOrgID", &["o-example1"]);
        assert_eq!(guard(&own, Whom::Holder(None)), Guard::None);
        assert!(limits_caller(&own));
        assert!(!limits_caller(&condition("StringEquals", "sts:RoleSessionName", &["x"])));
        assert!(!limits_caller(&condition("StringLike", "sts:ExternalId", &["?*"])));
        assert!(limits_caller(&condition("StringEquals", "sts:ExternalId", &["5f1c0f3e"])));
        assert!(!limits_caller(&condition("StringEquals", "aws:PrincipalType", &["AssumedRole"])));
        assert!(!limits_caller(&condition("DateGreaterThan", "aws:CurrentTime", &["2020-01-01T00:00:00Z"])));
        assert!(limits_caller(&condition("DateLessThan", "aws:CurrentTime", &["2030-01-01T00:00:00Z"])));
    }

    #[test]
    fn a_time_that_has_come_is_no_limit() {
        assert_eq!(of("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"), Guard::None);
        assert_eq!(of("DateGreaterThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"), Guard::Caller);
        assert_eq!(of("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"), Guard::None);
        assert_eq!(of("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"), Guard::Caller);
    }

    #[test]
    fn networks_that_together_are_everything_are_no_limit() {
        let of = |values: &[&str]| guard(&condition("IpAddress", "aws:SourceIp", values), Whom::Holder(None));
        for everything in [
            &["0.0.0.0/0"][..],
            &["0.0.0.0/1", "128.0.0.0/1"],
            &["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/3"],
            &["::/0"],
            &["2000::/3"],
            &["203.0.113.0/24", "::/1", "8000::/1"],
        ] {
            assert_eq!(of(everything), Guard::None, "{everything:?}");
        }
        for some in [
            &["203.0.113.0/24"][..],
            &["10.0.0.0/8", "192.0.2.7"],
            &["2001:db8::/32"],
            &["0.0.0.0/2", "0.0.0.0/2", "0.0.0.0/3"],
        ] {
            assert_eq!(of(some), Guard::Caller, "{some:?}");
        }
    }
}
