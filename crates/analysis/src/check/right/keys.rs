//! Condition keys: whether they exist, and whether they are fit for what they are used for.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use leastwise_policy::aws::DocumentKind;

use super::known::{Lookup, key};
use super::notes::Notes;
use super::operators::condition;
use crate::check::row::{allows, denies, error, security, suggestion, warning};
use crate::check::{Check, ConditionView, Example, Facts, Severity, StatementView, Subject};
use crate::source::has_hole;

const GOOD: Example = condition!(r#""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#);

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_CONDITION_KEY_FORMAT",
        "Not a condition key",
        "A condition key has the prefix of a service and a colon before its name: `aws:SourceIp`, `s3:prefix`. A key \
         without is in no request.",
    )
    .bad(condition!(r#""StringEquals": {"PrincipalOrgID": "o-a1b2c3d4e5"}"#))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_GLOBAL_CONDITION_KEY",
        "No such global condition key",
        "There is no global key of this name. In an `Allow` the condition never holds; with a negated operator or \
         `IfExists` it always does.",
    )
    .bad(condition!(r#""StringEquals": {"aws:PrincipalOrganization": "o-a1b2c3d4e5"}"#))
    .good(GOOD)
    .noted(),
    error(
        "UNSUPPORTED_GLOBAL_CONDITION_KEY",
        "A global condition key that is no longer supported",
        "The key `aws:ARN` is not supported. `aws:PrincipalArn` is the ARN of whoever asks, `aws:SourceArn` that of the \
         resource on whose behalf a service asks.",
    )
    .bad(condition!(r#""ArnLike": {"aws:ARN": "arn:aws:iam::111122223333:role/app"}"#))
    .good(condition!(r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}"#))
    .noted(),
    warning(
        "DEPRECATED_GLOBAL_CONDITION_KEY",
        "A global condition key that is deprecated",
        "The key still works where it did, but a newer one has taken its place: `aws:SourceAccount` that of \
         `aws:SourceOwner`.",
    )
    .bad(Example::resource("AWS::SNS::Topic", allows!(
        r#""Principal": {"AWS": "111122223333"}, "Action": "sns:Publish", "Resource": "*",
     "Condition": {"StringEquals": {"aws:SourceOwner": "111122223333"}}"#
    )))
    .good(Example::resource("AWS::SNS::Topic", allows!(
        r#""Principal": {"AWS": "111122223333"}, "Action": "sns:Publish", "Resource": "*",
     "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}"#
    )))
    .noted(),
    error(
        "INVALID_SERVICE_CONDITION_KEY",
        "No such condition key of the service",
        "The service has no condition key of this name. In an `Allow` the condition never holds; with a negated operator \
         or `IfExists` it always does.",
    )
    .bad(condition!(r#""StringEquals": {"s3:ExistingTag": "public"}"#))
    .good(condition!(r#""StringEquals": {"s3:ExistingObjectTag/class": "public"}"#))
    .noted(),
    error(
        "MISSING_TAG_KEY_IN_CONDITION",
        "A condition on a tag without the tag's name",
        "A condition on a tag names the tag behind a slash: `aws:ResourceTag/team`. Without it no request has the key.",
    )
    .bad(condition!(r#""StringEquals": {"aws:PrincipalTag": "payments"}"#))
    .good(condition!(r#""StringEquals": {"aws:PrincipalTag/team": "payments"}"#))
    .noted(),
    security(
        "UNTRUSTWORTHY_CONDITION_KEY",
        "A condition on what the caller says of itself",
        "The caller writes the value of this key into the request as it likes. It may keep out mistakes, but nobody who \
         wants to get in.",
    )
    .mitre(&["T1190"])
    .bad(condition!(r#""StringLike": {"aws:UserAgent": "reports/*"}"#))
    .good(GOOD)
    .noted(),
    security(
        "MISSING_PAIRED_CONDITION_KEYS",
        "A condition that another one must go with",
        "Addresses within a VPC are the owner's choice, so anybody's VPC can have them. A condition on such an address \
         says something only together with one on the VPC.",
    )
    .bad(condition!(r#""IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}"#))
    .good(condition!(
        r#""IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}, "StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}"#
    ))
    .noted(),
    warning(
        "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES",
        "A condition key that only some services support",
        "Requests to services that do not support the key never have it, so the condition does not do there what it \
         says. The statement must name only actions of services that support it.",
    )
    .severity(Severity::Medium)
    .bad(Example::identity(allows!(
        r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs",
     "Condition": {"StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}}"#
    )))
    .good(condition!(r#""StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}"#))
    .noted(),
    suggestion(
        "IRRELEVANT_CONDITION_KEY_IN_POLICY",
        "A condition on the resource in the resource's own policy",
        "The policy hangs on a resource, so its account and organisation are what they are. Such a condition belongs \
         into the policies of identities.",
    )
    .bad(Example::resource("AWS::S3::Bucket", denies!(
        r#""Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"StringNotEquals": {"s3:ResourceAccount": "111122223333"}}"#
    )))
    .good(Example::resource("AWS::S3::Bucket", denies!(
        r#""Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
     "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}"#
    )))
    .noted(),
];

/// The services that support `aws:VpceAccount`, `aws:VpceOrgID` and `aws:VpceOrgPaths`.
const VPCE_SERVICES: &[&str] = &[
    "acm-pca",
    "applicationinsights",
    "apprunner",
    "athena",
    "cloudformation",
    "comprehendmedical",
    "compute-optimizer",
    "datasync",
    "discovery",
    "ebs",
    "firehose",
    "healthlake",
    "iam",
    "iotfleetwise",
    "iotwireless",
    "kms",
    "lambda",
    "medical-imaging",
    "omics",
    "payment-cryptography",
    "polly",
    "rbin",
    "rekognition",
    "s3",
    "scheduler",
    "servicediscovery",
    "servicequotas",
    "ssm-contacts",
    "storagegateway",
    "textract",
    "transcribe",
    "transfer",
];

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    for statement in &subject.statements {
        for view in statement.conditions.iter().filter(|view| !has_hole(&view.key.key)) {
            exists(view, facts, notes);
            suits(subject, statement, view, notes);
        }
    }
}

fn exists<'a>(view: &ConditionView<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    let (name, at, node) = (&view.key.key, view.key.at, &view.key.value);
    if name.starts_with("${") {
        return;
    }
    let Some((prefix, rest)) = name.split_once(':') else {
        let message = format!("`{name}` is no condition key: the prefix and the colon are missing");
        notes.place("INVALID_CONDITION_KEY_FORMAT", at, node, message).fix("write `service:Name`");
        return;
    };
    let tag = name.split('/').next().unwrap_or_default();
    let is_tag = |suffix: &str| {
        tag.len() > suffix.len() && tag[tag.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
    };
    let unnamed = tag.is_ascii() && !name[tag.len()..].chars().any(|c| c != '/');
    if unnamed && [":ResourceTag", ":RequestTag", ":PrincipalTag"].into_iter().any(is_tag) {
        let message = format!("`{name}` does not name the tag");
        notes.place("MISSING_TAG_KEY_IN_CONDITION", at, node, message).fix(format!("write `{tag}/NAME`"));
        return;
    }
    match key(facts, name) {
        Lookup::NoGlobal if rest.eq_ignore_ascii_case("ARN") => {
            notes
                .place("UNSUPPORTED_GLOBAL_CONDITION_KEY", at, node, "the key `aws:ARN` is not supported")
                .fix("write `aws:PrincipalArn` or `aws:SourceArn`");
        }
        Lookup::NoGlobal => {
            let message = format!("there is no global condition key `{name}`");
            notes.place("INVALID_GLOBAL_CONDITION_KEY", at, node, message);
        }
        Lookup::NoKey => {
            let message = format!("the service `{prefix}` has no condition key `{rest}`");
            notes.place("INVALID_SERVICE_CONDITION_KEY", at, node, message);
        }
        Lookup::NoService => {
            let message = format!("no condition key has the service `{prefix}`");
            notes.place("INVALID_SERVICE", at, node, message);
        }
        Lookup::Found(_) | Lookup::Claim => {}
    }
}

fn suits<'a>(
    subject: &Subject<'a>,
    statement: &StatementView<'a>,
    view: &ConditionView<'a>,
    notes: &mut Notes<'a>,
) {
    let (name, at, node) = (&view.key.key, view.key.at, &view.key.value);
    let lower = name.to_ascii_lowercase();
    let has = |wanted: &[&str]| {
        statement
            .conditions
            .iter()
            .any(|other| wanted.iter().any(|key| other.key.key.eq_ignore_ascii_case(key)))
    };
    match &*lower {
        "aws:sourceowner" => {
            notes
                .place("DEPRECATED_GLOBAL_CONDITION_KEY", at, node, "`aws:SourceOwner` is deprecated")
                .fix("write `aws:SourceAccount`");
        }
        "aws:useragent" | "aws:referer" => {
            let message = format!("the caller chooses the value of `{name}`");
            notes.place("UNTRUSTWORTHY_CONDITION_KEY", at, node, message);
        }
        "aws:vpcsourceip" if !has(&["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"]) => {
            notes
                .place(
                    "MISSING_PAIRED_CONDITION_KEYS",
                    at,
                    node,
                    "any VPC can have the addresses of `aws:VpcSourceIp`",
                )
                .fix("add a condition on `aws:SourceVpc`");
        }
        "aws:ec2instancesourceprivateipv4" if !has(&["aws:Ec2InstanceSourceVpc", "aws:SourceVpc"]) => {
            let message = "any VPC can have the addresses of `aws:Ec2InstanceSourcePrivateIPv4`";
            notes
                .place("MISSING_PAIRED_CONDITION_KEYS", at, node, message)
                .fix("add a condition on `aws:Ec2InstanceSourceVpc`");
        }
        "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths" => vpce(statement, view, notes),
        "s3:resourceaccount" | "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths"
            if subject.document.kind == DocumentKind::Resource =>
        {
            let message = format!("`{name}` is always that of the resource that the policy hangs on");
            notes.place("IRRELEVANT_CONDITION_KEY_IN_POLICY", at, node, message);
        }
        _ => {}
    }
}

/// Actions of services that do not support the keys of VPC endpoints.
fn vpce<'a>(statement: &StatementView<'a>, view: &ConditionView<'a>, notes: &mut Notes<'a>) {
    let name = &view.key.key;
    let foreign = |prefix: &str| !has_hole(prefix) && !VPCE_SERVICES.contains(&&*prefix.to_ascii_lowercase());
    let mut prefixes: Vec<&str> = match statement.not_action {
        Some(_) => vec!["*"],
        None => statement
            .actions
            .iter()
            .map(|used| used.parts().map_or("*", |(prefix, _)| prefix))
            .filter(|prefix| foreign(prefix))
            .collect(),
    };
    prefixes.sort_unstable();
    prefixes.dedup();
    if !prefixes.is_empty() {
        let message = format!("not every service supports `{name}`: {}", prefixes.join(", "));
        notes.place("USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES", view.key.at, &view.key.value, message);
    }
}
