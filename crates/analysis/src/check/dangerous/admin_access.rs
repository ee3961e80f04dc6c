//! `ADMIN_ACCESS`: everything on everything.

use leastwise_policy::aws::{ActionBlock, ResourceBlock};

use super::uses::report;
use crate::check::holder::{Allowed, Power, Said};
use crate::check::own::own;
use crate::check::{Check, Class, Example, Hits, Holder, Severity};

pub(super) static CHECK: Check = own(
    Class::Dangerous,
    Severity::Critical,
    "ADMIN_ACCESS",
    "Everything on everything",
    "Whoever holds this can read, change and delete everything in the account, give itself and others any permission \
     and stop the record of it. A mistake, a leaked key or an injected instruction costs the account. It is found when \
     a statement allows all actions on all resources and nothing (a `Deny`, a boundary, a service control policy) takes \
     back what it takes to change IAM: who has that has the rest too, whatever else is denied. What is denied is told.",
    &[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html",
    ],
)
.mitre(&["T1078.004", "T1098.003"])
.bad(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}
}"#,
))
.good(Example::identity(
    r#"{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
  }
}"#,
))
.held(rule);

/// What an administrator can do that nobody else should. Who has one of the first three can give itself the rest.
const PROBES: [&str; 8] = [
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:CreatePolicyVersion",
    "s3:DeleteBucket",
    "rds:DeleteDBInstance",
    "ec2:TerminateInstances",
    "cloudtrail:StopLogging",
    "secretsmanager:GetSecretValue",
];

/// How many of them are of IAM.
const IAM: usize = 3;

/// Whether the statement by itself allows everything on everything.
pub(in crate::check) fn is_admin(allowed: &Allowed<'_>) -> bool {
    let statement = allowed.statement;
    let everything = match &statement.action {
        ActionBlock::Action(patterns) => patterns.iter().any(|one| matches!(one.as_str(), "*" | "*:*")),
        ActionBlock::NotAction(_) => PROBES.iter().all(|probe| statement.action.applies_to(probe)),
    };
    let everywhere = match &statement.resource {
        Some(ResourceBlock::Resource(patterns)) => patterns.iter().any(|one| one.as_str() == "*"),
        Some(ResourceBlock::NotResource(patterns)) => !patterns.iter().any(|one| one.as_str() == "*"),
        None => true,
    };
    everything && everywhere
}

/// What is left to the holder of the powers of an administrator, if it is all of them, or enough to take the others: who
/// can change IAM, whatever else is denied. Beside them, what takes the others away.
pub(in crate::check) fn admin_powers<'a>(
    holder: &Holder<'a>,
    allowed: &Allowed<'a>,
) -> Option<(Vec<Power<'a>>, Vec<String>)> {
    if !is_admin(allowed) {
        return None;
    }
    let (mut left, mut taken) = (Vec::new(), Vec::new());
    for (number, probe) in PROBES.iter().enumerate() {
        match holder.power(allowed, probe) {
            Some(power) => left.push(power),
            None => taken.push(holder.taken_by(probe)),
        }
        // Nothing of IAM is left.
        if number + 1 == IAM && left.is_empty() {
            return None;
        }
    }
    Some((left, taken))
}

/// Whether the holder is an administrator by this statement, which is told by itself.
pub(in crate::check) fn is_told(holder: &Holder<'_>, allowed: &Allowed<'_>) -> bool {
    admin_powers(holder, allowed).is_some()
}

fn rule(holder: &Holder<'_>, hits: &mut Hits<'_>) {
    for allowed in &holder.allows {
        if let Some((powers, taken)) = admin_powers(holder, allowed) {
            let mut said = Said::new("allows every action on every resource")
                .fix("grant what is used: `leastwise rightsize` works it out from the audit log");
            for text in taken.into_iter().take(3) {
                said = said.evidence(format!("almost stopped: {text}"));
            }
            let word = allowed.statement.action.patterns().first().map(|pattern| pattern.as_str().to_owned());
            report(hits, allowed, word.as_slice(), &powers, said);
        }
    }
}
