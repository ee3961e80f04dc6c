//! What `Ref` and `Fn::GetAtt` give, where it follows from what is written.

struct Facts {
    kind: &'static str,
    /// `{x}` is the property `x`, `{x?y}` with `y` when it is not written.
    arn: &'static str,
    /// The property that `Ref` gives, or `arn`; `-` for what AWS assigns.
    reference: &'static str,
}

const fn row(kind: &'static str, arn: &'static str, reference: &'static str) -> Facts {
    Facts { kind, arn, reference }
}

const FACTS: &[Facts] = &[
    row("AWS::IAM::Role", "arn:aws:iam::{account}:role{Path?/}{RoleName}", "RoleName"),
    row("AWS::IAM::User", "arn:aws:iam::{account}:user{Path?/}{UserName}", "UserName"),
    row("AWS::IAM::Group", "arn:aws:iam::{account}:group{Path?/}{GroupName}", "GroupName"),
    row("AWS::IAM::ManagedPolicy", "arn:aws:iam::{account}:policy{Path?/}{ManagedPolicyName}", "arn"),
    row(
        "AWS::IAM::InstanceProfile",
        "arn:aws:iam::{account}:instance-profile{Path?/}{InstanceProfileName}",
        "InstanceProfileName",
    ),
    row("AWS::IAM::OIDCProvider", "arn:aws:iam::{account}:oidc-provider/{Url}", "arn"),
    row("AWS::IAM::SAMLProvider", "arn:aws:iam::{account}:saml-provider/{Name}", "arn"),
    row("AWS::S3::Bucket", "arn:aws:s3:::{BucketName}", "BucketName"),
    row("AWS::SQS::Queue", "arn:aws:sqs:{region}:{account}:{QueueName}", "-"),
    row("AWS::SNS::Topic", "arn:aws:sns:{region}:{account}:{TopicName}", "arn"),
    row("AWS::DynamoDB::Table", "arn:aws:dynamodb:{region}:{account}:table/{TableName}", "TableName"),
    row("AWS::Serverless::SimpleTable", "arn:aws:dynamodb:{region}:{account}:table/{TableName}", "TableName"),
    row("AWS::Lambda::Function", "arn:aws:lambda:{region}:{account}:function:{FunctionName}", "FunctionName"),
    row(
        "AWS::Serverless::Function",
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}",
        "FunctionName",
    ),
    row("AWS::Kinesis::Stream", "arn:aws:kinesis:{region}:{account}:stream/{Name}", "Name"),
    row("AWS::Logs::LogGroup", "arn:aws:logs:{region}:{account}:log-group:{LogGroupName}:*", "LogGroupName"),
    row("AWS::KMS::Key", "arn:aws:kms:{region}:{account}:key/{KeyId}", "-"),
    row(
        "AWS::ECR::Repository",
        "arn:aws:ecr:{region}:{account}:repository/{RepositoryName}",
        "RepositoryName",
    ),
    row("AWS::ECS::Cluster", "arn:aws:ecs:{region}:{account}:cluster/{ClusterName}", "ClusterName"),
    row("AWS::CodeBuild::Project", "arn:aws:codebuild:{region}:{account}:project/{Name}", "Name"),
    row(
        "AWS::StepFunctions::StateMachine",
        "arn:aws:states:{region}:{account}:stateMachine:{StateMachineName}",
        "arn",
    ),
    row("AWS::Events::EventBus", "arn:aws:events:{region}:{account}:event-bus/{Name}", "Name"),
    row(
        "AWS::SecretsManager::Secret",
        "arn:aws:secretsmanager:{region}:{account}:secret:{Name}-??????",
        "arn",
    ),
    row("AWS::SSM::Parameter", "arn:aws:ssm:{region}:{account}:parameter{Name}", "Name"),
];

/// The template of the ARN that resources of this type have.
pub fn arn_template(kind: &str) -> Option<&'static str> {
    FACTS.iter().find(|facts| facts.kind == kind).map(|facts| facts.arn)
}

/// What `Ref` gives.
pub(super) fn reference(kind: &str) -> Option<&'static str> {
    FACTS.iter().find(|facts| facts.kind == kind).map(|facts| facts.reference)
}

/// What pseudo parameters are, where that is the same for everybody.
pub(super) const PSEUDO: &[(&str, &str)] = &[("AWS::Partition", "aws"), ("AWS::URLSuffix", "amazonaws.com")];
