//! Values of conditions that must have a certain form: regions, VPCs, keys, services.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use leastwise_policy::aws::Comparison::Null;
use leastwise_policy::glob;

use super::known::{Key, Kind, Lookup, key};
use super::notes::Notes;
use super::operators::condition;
use crate::check::row::{allows, error};
use crate::check::{Check, ConditionView, Example, Facts, Severity, Subject};
use crate::source::has_hole;

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_REGION",
        "No such region in a condition",
        "The value of a condition on the region has not the form of a region: it never matches.",
    )
    .bad(condition!(r#""StringEquals": {"aws:RequestedRegion": "eu-west"}"#))
    .good(condition!(r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}"#))
    .noted(),
    error(
        "INVALID_VPC_FORMAT",
        "Not the id of a VPC",
        "The id of a VPC is `vpc-` and 8 or 17 letters and digits. Another value never matches.",
    )
    .bad(condition!(r#""StringEquals": {"aws:SourceVpc": "vpc-1a2b"}"#))
    .good(condition!(r#""StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}"#))
    .noted(),
    error(
        "INVALID_VPCE_FORMAT",
        "Not the id of a VPC endpoint",
        "The id of a VPC endpoint is `vpce-` and 8 or 17 letters and digits. Another value never matches.",
    )
    .bad(condition!(r#""StringEquals": {"aws:SourceVpce": "vpc-1a2b3c4d"}"#))
    .good(condition!(r#""StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}"#))
    .noted(),
    error(
        "INVALID_KMS_KEY_VALUE",
        "Not the ARN of a KMS key",
        "The condition compares with the ARN of a KMS key, which has a region, an account and the key's id. An alias or \
         a bare id never matches.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"ArnEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "alias/reports"}}"#
    )))
    .good(Example::identity(allows!(
        r#""Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"ArnEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id":
       "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}"#
    )))
    .noted(),
    error(
        "INVALID_SERVICE_PRINCIPAL_FORMAT",
        "Not a service principal",
        "The condition compares with the principal of a service, such as `ec2.amazonaws.com`; for `kms:ViaService` with \
         the region in it: `s3.eu-west-1.amazonaws.com`. Another value never matches.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app",
     "Condition": {"StringEquals": {"iam:PassedToService": "ec2"}}"#
    )))
    .good(Example::identity(allows!(
        r#""Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app",
     "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#
    )))
    .noted(),
    error(
        "WILDCARD_USAGE_TOO_PERMISSIVE",
        "A wildcard in an id",
        "An account, an organisation, a VPC or an endpoint is known in full: a pattern for it also matches those of \
         others. In paths of organisations a wildcard must have at least six characters before it, and in `aws:userid` \
         it must stand for the whole role id or behind the colon.",
    )
    .severity(Severity::High)
    .bad(condition!(r#""StringLike": {"aws:PrincipalOrgID": "o-a1*"}"#))
    .good(condition!(r#""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#))
    .noted(),
    error(
        "VARIABLE_USAGE_TOO_PERMISSIVE",
        "A variable in an id",
        "An account, an organisation, a VPC or an endpoint is compared by pattern with what a tag or a name says. \
         Whoever may set the tag chooses what matches.",
    )
    .severity(Severity::High)
    .bad(condition!(r#""StringLike": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}"#))
    .good(condition!(r#""StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}"#))
    .noted(),
];

/// Keys whose values are known in full: no pattern for them has a use.
const SENSITIVE: &[&str] = &[
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
];

/// Keys that hold paths of organisations.
const PATHS: &[&str] =
    &["aws:principalorgpaths", "aws:resourceorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"];

/// Keys that hold the principals of services.
const SERVICES: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "iam:awsservicename",
    "iam:passedtoservice",
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for view in subject.statements.iter().flat_map(|statement| &statement.conditions) {
        let Some(operator) = view.operator.filter(|operator| operator.base != Null) else { continue };
        let lower = view.key.key.to_ascii_lowercase();
        let by_pattern =
            operator.base.as_str().ends_with("Like") || operator.base.as_str().starts_with("Arn");
        form(view, &lower, by_pattern, facts, notes);
        if by_pattern {
            too_wide(view, &lower, notes);
        }
    }
}

/// Whether the text has the form, or as a pattern can have it.
fn can_be(text: &str, by_pattern: bool, form: &str) -> bool {
    match by_pattern && text.contains(['*', '?']) {
        true => glob::overlaps(text, form),
        false => glob::matches(form, text),
    }
}

fn form<'a>(
    view: &ConditionView<'a>,
    lower: &str,
    by_pattern: bool,
    facts: &Facts<'_>,
    notes: &mut Notes<'a>,
) {
    let arn = || matches!(key(facts, lower), Lookup::Found(Key { kind: Kind::Arn, .. }));
    let is_kms = (lower.contains("kmskey") || lower.contains("aws-kms-key-id")) && arn();
    for (node, text) in view.texts().filter(|(_, text)| !has_hole(text) && !text.contains("${")) {
        let wild = by_pattern && text.contains(['*', '?']);
        match lower {
            "aws:requestedregion" => super::regions::note(node, text, "INVALID_REGION", facts, notes),
            "aws:sourcevpc" if !wild && !is_id(text, "vpc-") => {
                notes.at("INVALID_VPC_FORMAT", node, format!("`{text}` is not the id of a VPC"));
            }
            "aws:sourcevpce" if !wild && !is_id(text, "vpce-") => {
                notes.at("INVALID_VPCE_FORMAT", node, format!("`{text}` is not the id of a VPC endpoint"));
            }
            "kms:viaservice" if !can_be(text, by_pattern, "?*.?*-?*-?*.amazonaws.com*") => {
                notes
                    .at(
                        "INVALID_SERVICE_PRINCIPAL_FORMAT",
                        node,
                        format!("`{text}` is not a service in a region"),
                    )
                    .fix("write it as in `s3.eu-west-1.amazonaws.com`");
            }
            _ if SERVICES.contains(&lower) && !is_service(text, by_pattern) => {
                notes
                    .at(
                        "INVALID_SERVICE_PRINCIPAL_FORMAT",
                        node,
                        format!("`{text}` is not the principal of a service"),
                    )
                    .fix("write it as in `ec2.amazonaws.com`");
            }
            _ if is_kms && !can_be(text, by_pattern, "arn:*:kms:*:*:key/?*") => {
                notes.at("INVALID_KMS_KEY_VALUE", node, format!("`{text}` is not the ARN of a KMS key"));
            }
            _ => {}
        }
    }
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|id| matches!(id.len(), 8 | 17) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

pub(super) fn is_service(text: &str, by_pattern: bool) -> bool {
    let plain = text.bytes().all(|byte| {
        matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_')
            || by_pattern && matches!(byte, b'*' | b'?')
    });
    let forms =
        ["?*.amazonaws.com", "?*.amazonaws.com.cn", "?*.amazon.com", "?*.amazonaws.eu", "?*.aws.internal"];
    plain && forms.iter().any(|form| can_be(text, by_pattern, form))
}

fn too_wide<'a>(view: &ConditionView<'a>, lower: &str, notes: &mut Notes<'a>) {
    let (sensitive, path) = (SENSITIVE.contains(&lower), PATHS.contains(&lower));
    if !sensitive && !path && lower != "aws:userid" {
        return;
    }
    let name = &view.key.key;
    for (node, text) in view.texts().filter(|(_, text)| !has_hole(text)) {
        // A value that is only `*` asks whether there is one, and has a check of its own.
        if text == "*" {
            continue;
        }
        let (wild, variable) = (first_wildcard(text), first_variable(text));
        let why = |at: usize| {
            if sensitive {
                return Some(format!("`{name}` is known in full: `{text}` also matches that of others"));
            }
            if path {
                return (at < 6)
                    .then(|| format!("`{text}` names no organisation: it matches the paths of others"));
            }
            let colon = text.find(':').unwrap_or(text.len());
            let whole =
                matches!(&text[..colon], "*") || text.starts_with("${") && text[..colon].ends_with('}');
            (at < colon && !whole).then(|| format!("`{text}` matches the ids of other roles and users"))
        };
        if let Some(message) = wild.and_then(why) {
            notes.at("WILDCARD_USAGE_TOO_PERMISSIVE", node, message);
        } else if let Some(message) = variable.and_then(why) {
            notes.at("VARIABLE_USAGE_TOO_PERMISSIVE", node, message);
        }
    }
}

/// Where the first wildcard stands that is not in a variable.
fn first_wildcard(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().enumerate().find_map(|(at, byte)| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'*' | b'?' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })
}

/// Where the first variable begins that is not one of the sensitive keys, which AWS itself fills in.
fn first_variable(text: &str) -> Option<usize> {
    text.match_indices("${").map(|(at, _)| at).find(|at| {
        let name = text[at + 2..].split(['}', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
        let own = SENSITIVE.contains(&&*name) || PATHS.contains(&&*name);
        !own && !matches!(&*name, "*" | "?" | "$" | "aws:userid")
    })
}
