//! The ARNs of `Resource` and `NotResource`, part by part, against the formats of the service reference.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>

use std::borrow::Cow;

use leastwise_catalog::levels::LevelTables;
use leastwise_catalog::partitions;
use leastwise_policy::aws::DocumentKind;
use leastwise_policy::glob;

use super::known::{OWNED, UNLISTED};
use super::notes::Notes;
use super::regions;
use crate::check::document::SHORT_API;
use crate::check::formats::Parts;
use crate::check::row::{allows, error, suggestion};
use crate::check::statement::StatementView;
use crate::check::{Check, Example, Facts, Subject};
use crate::source::{Node, has_hole};

const GOOD: Example =
    Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#));
const GOOD_QUEUE: Example = Example::identity(allows!(
    r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs""#
));
const GOOD_ROLE: Example = Example::identity(allows!(
    r#""Action": "iam:GetRole", "Resource": "arn:aws:iam::111122223333:role/deployer""#
));

pub(super) static CHECKS: &[Check] = &[
    error(
        "INVALID_ARN_PREFIX",
        "Not an ARN",
        "A resource is `*` or an ARN, which begins with `arn:`. AWS refuses the document.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "aws:s3:::reports/*""#)))
    .good(GOOD)
    .noted(),
    error(
        "MISSING_ARN_FIELD",
        "Too few parts in an ARN",
        "An ARN has six parts: `arn:partition:service:region:account:resource`. Those that are empty keep their colon.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s3:reports""#)))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_PARTITION",
        "No such partition",
        "The second part of an ARN is a partition of AWS: `aws`, `aws-cn`, `aws-us-gov` and few others. The statement \
         covers nothing.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:amazon:s3:::reports/*""#)))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_ARN_SERVICE_CASE",
        "Capital letters in the service of an ARN",
        "The service in an ARN is written in lower case, and ARNs are compared with regard to case: the statement \
         covers nothing.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:S3:::reports/*""#)))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_SERVICE",
        "No such service",
        "The service in an ARN or before the colon of a condition key is none that there is. The statement covers \
         nothing, or the condition never has a value.",
    )
    .bad(Example::identity(allows!(r#""Action": "s3:GetObject", "Resource": "arn:aws:s4:::reports/*""#)))
    .good(GOOD)
    .noted(),
    error(
        "INVALID_ARN_REGION",
        "No such region",
        "The region of the ARN has not the form of a region: the statement covers nothing.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:europe-west1:111122223333:jobs""#
    )))
    .good(GOOD_QUEUE)
    .noted(),
    error(
        "ARN_REGION_NOT_ALLOWED",
        "A region where none belongs",
        "ARNs of this resource have no region, so one that names a region covers nothing.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "iam:GetRole", "Resource": "arn:aws:iam:eu-west-1:111122223333:role/deployer""#
    )))
    .good(GOOD_ROLE)
    .noted(),
    error(
        "MISSING_ARN_REGION",
        "No region in an ARN",
        "ARNs of this resource have a region, so one without covers nothing. `*` stands for any region.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs::111122223333:jobs""#
    )))
    .good(GOOD_QUEUE)
    .noted(),
    error(
        "INVALID_ARN_ACCOUNT",
        "Not an account",
        "The account of an ARN is twelve digits or has wildcards: anything else covers nothing.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:11112222333:jobs""#
    )))
    .good(GOOD_QUEUE)
    .noted(),
    error(
        "ARN_ACCOUNT_NOT_ALLOWED",
        "An account where none belongs",
        "ARNs of this resource have no account, so one that names an account covers nothing.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "s3:ListBucket", "Resource": "arn:aws:s3::111122223333:reports""#
    )))
    .good(GOOD)
    .noted(),
    error(
        "MISSING_ARN_ACCOUNT",
        "No account in an ARN",
        "ARNs of this resource have an account, so one without covers nothing. `*` stands for any account.",
    )
    .bad(Example::identity(allows!(r#""Action": "iam:GetRole", "Resource": "arn:aws:iam:::role/deployer""#)))
    .good(GOOD_ROLE)
    .noted(),
    error(
        "INVALID_ARN_RESOURCE",
        "No such resource",
        "The last part of the ARN has none of the forms that the service's resources have: the statement covers \
         nothing.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "iam:GetRole", "Resource": "arn:aws:iam::111122223333:roles/deployer""#
    )))
    .good(GOOD_ROLE)
    .noted(),
    error(
        "SECRET_ARN_WITHOUT_ENDING",
        "A secret's name for its ARN",
        "Secrets Manager adds `-` and six letters and digits to a secret's name in its ARN. An ARN that ends in the name is \
         that of no secret: the statement covers nothing, so what it allows is refused, and what it denies is not \
         denied. `-??????` stands for the six, also for a secret that is yet to be made; `-*` also takes in secrets whose \
         names go on. A name that happens to end in `-` and six letters is taken for an ARN. `secretsmanager:CreateSecret` \
         alone is not told, since AWS does not say what it is held against.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/db""#
    )))
    .good(Example::identity(allows!(
        r#""Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders/db-??????""#
    )))
    .see(&["https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html"])
    .noted(),
    suggestion(
        "WILDCARD_IN_SERVICE_NAME",
        "A wildcard in the service of an ARN",
        "A wildcard in the service of an ARN takes in services of a similar name, and those that AWS will add.",
    )
    .bad(Example::identity(allows!(
        r#""Action": "codecommit:GitPull", "Resource": "arn:aws:code*:eu-west-1:111122223333:tools""#
    )))
    .good(Example::identity(allows!(
        r#""Action": "codecommit:GitPull", "Resource": "arn:aws:codecommit:eu-west-1:111122223333:tools""#
    )))
    .noted(),
];

fn is_among(table: &[(&str, &str)], parts: &Parts<'_>) -> bool {
    table
        .iter()
        .any(|(service, resource)| *service == parts.service && glob::overlaps(resource, parts.resource))
}

/// The text with its policy variables as wildcards.
pub(super) fn open(text: &str) -> Cow<'_, str> {
    if !text.contains("${") {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        out.push('*');
        rest = rest[at..].split_once('}').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

pub(super) fn note<'a>(subject: &Subject<'a>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    // API Gateway takes what is of its own API in short, without the ARN's first parts.
    let is_short =
        |text: &str| subject.document.kind == DocumentKind::Resource && text.starts_with(SHORT_API);
    for statement in &subject.statements {
        for (node, text) in statement.resource_texts() {
            if text != "*" && !has_hole(text) && !is_short(text) {
                one(node, &open(text), facts, notes);
                if !only_creates(statement) {
                    ending(node, &open(text), facts, notes);
                }
            }
        }
    }
}

/// Whether all that a statement names is made by the call, so that nobody knows its ARN before.
fn only_creates(statement: &StatementView<'_>) -> bool {
    let mut names = statement.actions.iter().map(|action| action.text);
    statement.action.is_some() && names.all(|name| name.eq_ignore_ascii_case("secretsmanager:CreateSecret"))
}

/// That the ARN is no whole one: it has not the ending that all of its type have.
fn ending<'a>(node: &'a Node, text: &str, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    let Some(parts) = Parts::of(text).filter(|parts| !is_wild(parts.service)) else { return };
    let Some(kind) = facts.catalog.service(parts.service).and_then(|service| service.type_of(text)) else {
        return;
    };
    let tables = LevelTables::embedded();
    if let Some(ending) = tables.missing_ending(parts.service, &kind.name, parts.resource) {
        let message = format!("`{text}` is the ARN of no secret: such an ARN ends in `-` and six characters");
        notes.at("SECRET_ARN_WITHOUT_ENDING", node, message).fix(format!("write `{text}{ending}`"));
    }
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn one<'a>(node: &'a Node, text: &str, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    let prefix = text.split(':').next().unwrap_or_default();
    if !glob::matches(prefix, "arn") {
        let added = notes.at("INVALID_ARN_PREFIX", node, format!("`{text}` is not an ARN"));
        added.fix("write `*` or `arn:partition:service:region:account:resource`");
        return;
    }
    let Some(parts) = Parts::of(text) else {
        // A `*` at the end runs on over the colons that are not there.
        if !text.ends_with('*') {
            let message = format!("`{text}` has {} of the six parts of an ARN", text.split(':').count());
            notes.at("MISSING_ARN_FIELD", node, message);
        }
        return;
    };
    let partition = parts.partition;
    if !partitions().iter().any(|known| glob::matches(partition, known)) {
        let message = format!("there is no partition `{partition}`");
        notes.at("INVALID_PARTITION", node, message).fix(format!("one of {}", partitions().join(", ")));
    }
    account(node, &parts, notes);
    if is_wild(parts.service) {
        let message = format!("the service of `{text}` has a wildcard");
        notes.at("WILDCARD_IN_SERVICE_NAME", node, message);
        return;
    }
    if service(node, &parts, facts, notes) {
        form(node, &parts, facts, notes);
    }
}

/// Twelve digits, or a pattern that such can have.
fn account<'a>(node: &'a Node, parts: &Parts<'_>, notes: &mut Notes<'a>) {
    let account = parts.account;
    let digits = account.bytes().filter(u8::is_ascii_digit).count();
    let others = account.bytes().any(|byte| !byte.is_ascii_digit() && !matches!(byte, b'*' | b'?'));
    let fits = if account.contains('*') { account.len() <= 13 || digits <= 12 } else { account.len() == 12 };
    let named = matches!(account, "aws" | "aws-managed" | "amazon" | "third-party" | "cloudfront" | "");
    if !named && (others || !fits) {
        let message = format!("`{account}` is not an account: it has twelve digits");
        notes.at("INVALID_ARN_ACCOUNT", node, message);
    }
}

/// Whether the service is known.
fn service<'a>(node: &'a Node, parts: &Parts<'_>, facts: &Facts<'_>, notes: &mut Notes<'a>) -> bool {
    let formats = facts.formats();
    let (service, lower) = (parts.service, parts.service.to_ascii_lowercase());
    if formats.has_service(service) {
        return true;
    }
    if service != lower && (formats.has_service(&lower) || facts.catalog.service(&lower).is_some()) {
        let message = format!("the service `{service}` of an ARN is written in lower case");
        notes.at("INVALID_ARN_SERVICE_CASE", node, message).fix(format!("write `{lower}`"));
    } else if facts.catalog.service(service).is_none() {
        let mut near: Vec<&str> = formats.services().filter(|known| alike(known, service)).collect();
        near.sort_unstable();
        let added = notes.at("INVALID_SERVICE", node, format!("no ARN has the service `{service}`"));
        if let Some(near) = near.first() {
            added.fix(format!("did you mean `{near}`?"));
        }
    }
    false
}

/// Whether one letter is too many, too few or another.
pub(super) fn alike(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let rest = (a.len() - head).min(b.len() - head);
    let tail = a.iter().rev().zip(b.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    a.len().max(b.len()) - head - tail <= 1
}

/// Region, account and resource as the service's formats have them.
fn form<'a>(node: &'a Node, parts: &Parts<'_>, facts: &Facts<'_>, notes: &mut Notes<'a>) {
    let (service, region, account) = (parts.service, parts.region, parts.account);
    let formats = facts.formats().meeting(service, parts.resource);
    if formats.is_empty() {
        // Where resources are called by paths, a shorter path is what is asked when one is made.
        let by_path = parts.resource.starts_with('/') && !facts.formats().meeting(service, "/*").is_empty();
        if by_path || is_among(UNLISTED, parts) {
            return;
        }
        let message = format!("`{service}` has no resource of the form `{}`", parts.resource);
        notes.at("INVALID_ARN_RESOURCE", node, message);
        return;
    }
    let needs_region = |needs: bool| formats.iter().all(|format| format.region.is_empty() != needs);
    if !region.is_empty() && !is_wild(region) && needs_region(false) {
        let message = format!("ARNs of `{service}` for `{}` have no region", parts.resource);
        notes.at("ARN_REGION_NOT_ALLOWED", node, message).fix(format!("leave `{region}` out"));
    } else if region.is_empty() && needs_region(true) {
        let message = format!("ARNs of `{service}` for `{}` have a region", parts.resource);
        notes.at("MISSING_ARN_REGION", node, message).fix("name the region, or write `*`");
    } else if !region.is_empty() && !formats.iter().any(|own| own.region == region) {
        regions::note(node, region, "INVALID_ARN_REGION", facts, notes);
    }
    let needs_account = |needs: bool| formats.iter().all(|format| format.account.is_empty() != needs);
    if !account.is_empty() && !is_wild(account) && needs_account(false) {
        let message = format!("ARNs of `{service}` for `{}` have no account", parts.resource);
        notes.at("ARN_ACCOUNT_NOT_ALLOWED", node, message).fix(format!("leave `{account}` out"));
    } else if account.is_empty() && needs_account(true) && !is_among(OWNED, parts) {
        let message = format!("ARNs of `{service}` for `{}` have an account", parts.resource);
        notes.at("MISSING_ARN_ACCOUNT", node, message).fix("name the account, or write `*`");
    }
}
