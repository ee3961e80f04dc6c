//! Policies on resources: what they can speak about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>

use leastwise_policy::aws::DocumentKind;

use super::arns::open;
use super::notes::Notes;
use crate::check::formats::Parts;
use crate::check::row::{allows, error};
use crate::check::{Check, Example, Facts, Subject};
use crate::source::has_hole;

const GOOD: Example = Example::resource(
    "AWS::S3::Bucket",
    allows!(
        r#""Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*""#
    ),
);

pub(super) static CHECKS: &[Check] = &[
    error(
        "UNSUPPORTED_ACTION_IN_POLICY",
        "An action of another service",
        "The policy hangs on a resource of one service and names an action of another, which is never asked of this \
         resource. AWS refuses it or it has no effect.",
    )
    .bad(Example::resource(
        "AWS::S3::Bucket",
        allows!(r#""Principal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "arn:aws:s3:::reports/*""#),
    ))
    .good(GOOD)
    .noted(),
    error(
        "UNSUPPORTED_RESOURCE_ARN_IN_POLICY",
        "A resource of another service",
        "The policy hangs on a resource of one service and names a resource of another, about which it can say nothing.",
    )
    .bad(Example::resource(
        "AWS::S3::Bucket",
        allows!(
            r#""Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab""#
        ),
    ))
    .good(GOOD)
    .noted(),
];

/// Types of resources that have policies, as CloudFormation calls them, with the prefixes of their actions; the first
/// is the service in their ARNs.
const TYPES: &[(&str, &[&str])] = &[
    ("AWS::ApiGateway::RestApi", &["execute-api"]),
    ("AWS::Backup::BackupVault", &["backup"]),
    ("AWS::DynamoDB::Table", &["dynamodb"]),
    ("AWS::ECR::Repository", &["ecr"]),
    ("AWS::EFS::FileSystem", &["elasticfilesystem"]),
    ("AWS::Events::EventBus", &["events"]),
    ("AWS::KMS::Key", &["kms"]),
    ("AWS::Kinesis::Stream", &["kinesis"]),
    ("AWS::Lambda::Function", &["lambda"]),
    ("AWS::OpenSearchService::Domain", &["es"]),
    ("AWS::S3::AccessPoint", &["s3"]),
    ("AWS::S3::Bucket", &["s3"]),
    ("AWS::S3Express::DirectoryBucket", &["s3express"]),
    ("AWS::SNS::Topic", &["sns"]),
    ("AWS::SQS::Queue", &["sqs"]),
    ("AWS::SecretsManager::Secret", &["secretsmanager"]),
];

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    let kind = subject.document.resource_type.as_deref();
    if subject.document.kind != DocumentKind::Resource {
        return;
    }
    let Some((kind, prefixes)) = TYPES.iter().find(|row| Some(row.0) == kind) else { return };
    for statement in &subject.statements {
        for used in statement.actions.iter().filter(|used| statement.not_action.is_none() && !used.has_hole())
        {
            let Some((prefix, _)) = used.parts().filter(|(prefix, _)| !prefix.contains(['*', '?'])) else {
                continue;
            };
            if !prefixes.iter().any(|own| own.eq_ignore_ascii_case(prefix)) {
                let message = format!("`{}` is never asked of a resource of the type {kind}", used.text);
                notes.at("UNSUPPORTED_ACTION_IN_POLICY", used.node, message);
            }
        }
        for (node, text) in statement.resource_texts().filter(|(_, text)| !has_hole(text)) {
            let opened = open(text);
            let service = Parts::of(&opened).map(|parts| parts.service).unwrap_or_default();
            if !service.is_empty() && !service.contains(['*', '?']) && service != prefixes[0] {
                let message = format!("`{text}` is no resource of the type {kind}");
                notes.at("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", node, message);
            }
        }
    }
}
