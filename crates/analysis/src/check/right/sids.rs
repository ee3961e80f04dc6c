//! Statement ids: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html>.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use leastwise_policy::aws::DocumentKind;

use crate::check::row::{allows, error, statements, suggestion, warning};
use crate::check::{Check, Example, Facts, Report, Subject};
use crate::source::has_hole;

const TWICE: &str = statements!(
    r#""Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#,
    r#""Sid": "Read", "Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs""#
);
const ONCE: &str = statements!(
    r#""Sid": "ReadReports", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#,
    r#""Sid": "ReadJobs", "Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs""#
);

pub(super) static CHECKS: &[Check] = &[
    error(
        "UNIQUE_SIDS_REQUIRED",
        "Statement ids must be unique",
        "Two statements have the same `Sid`. IAM and Organizations refuse a policy in which an id stands twice.",
    )
    .bad(Example::identity(TWICE))
    .good(Example::identity(ONCE))
    .found(|subject, _, report| unique(subject, report, true)),
    warning(
        "UNIQUE_SIDS_RECOMMENDED",
        "Statement ids should be unique",
        "Two statements of a resource policy have the same `Sid`. Some services take that, but neither people nor logs \
         can tell the two apart.",
    )
    .bad(Example::policy(DocumentKind::Resource, TWICE_QUEUE))
    .good(Example::policy(DocumentKind::Resource, ONCE_QUEUE))
    .found(|subject, _, report| unique(subject, report, false)),
    error(
        "UNSUPPORTED_SID",
        "Characters in a statement id",
        "IAM takes only letters and digits of ASCII in a `Sid` and refuses the policy otherwise. Some resource policies \
         take more, and are not reported.",
    )
    .bad(Example::identity(allows!(
        r#""Sid": "Read reports!", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(Example::identity(allows!(
        r#""Sid": "ReadReports", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .found(unsupported),
    suggestion(
        "EMPTY_SID_VALUE",
        "Empty statement id",
        "The `Sid` is an empty text. The element may be left out; when it is there, it should say what the statement is \
         for.",
    )
    .bad(Example::identity(allows!(
        r#""Sid": "", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .good(Example::identity(allows!(
        r#""Sid": "ReadReports", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    )))
    .found(empty),
];

const TWICE_QUEUE: &str = statements!(
    r#""Sid": "Send", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sqs:SendMessage", "Resource": "*""#,
    r#""Sid": "Send", "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sqs:SendMessage", "Resource": "*""#
);
const ONCE_QUEUE: &str = statements!(
    r#""Sid": "SendHere", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sqs:SendMessage", "Resource": "*""#,
    r#""Sid": "SendThere", "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sqs:SendMessage", "Resource": "*""#
);

fn unique(subject: &Subject<'_>, report: &mut Report<'_>, required: bool) {
    if (subject.document.kind != DocumentKind::Resource) != required {
        return;
    }
    if subject.statements.len() < 2 {
        return;
    }
    let mut seen: HashSet<_, RandomState> = HashSet::default();
    for node in subject.statements.iter().filter_map(|statement| statement.sid) {
        let Some(sid) = node.text().filter(|sid| !sid.is_empty() && !has_hole(sid)) else { continue };
        if !seen.insert(sid) {
            report
                .at(node, format!("the statement id `{sid}` stands twice"))
                .fix("give each statement its own id");
        }
    }
}

fn unsupported(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    if subject.document.kind == DocumentKind::Resource {
        return;
    }
    for node in subject.statements.iter().filter_map(|statement| statement.sid) {
        let Some(sid) = node.text().filter(|sid| !has_hole(sid)) else { continue };
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let plain: String = sid.chars().filter(char::is_ascii_alphanumeric).collect();
            report
                .at(node, format!("the statement id `{sid}` has characters other than letters and digits"))
                .fix(format!("write `{plain}`"));
        }
    }
}

fn empty(subject: &Subject<'_>, _: &Facts<'_>, report: &mut Report<'_>) {
    for node in subject.statements.iter().filter_map(|statement| statement.sid) {
        if node.text() == Some("") {
            report
                .at(node, "the statement id is empty")
                .fix("say what the statement is for, or leave `Sid` out");
        }
    }
}
