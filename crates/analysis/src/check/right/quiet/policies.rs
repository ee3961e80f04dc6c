//! Policies as people write them, of which nothing is to be said.

use leastwise_policy::aws::DocumentKind::{self, Identity, Resource, ResourceControl, ServiceControl, Trust};

/// Statements without version and brackets, of which nothing is to be said.
pub(super) const QUIET: &[(DocumentKind, Option<&str>, &str)] = &[
    (Identity, None, r#"{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}"#),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::homes/${aws:username}/*"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::homes",
        "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:username}/*"]}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"],
        "Resource": ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/*"],
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"]}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": ["ec2:StartInstances", "ec2:StopInstances"], "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": ["arn:aws:ec2:*::image/*", "arn:aws:ec2:*:*:subnet/*", "arn:aws:ec2:*:*:instance/*"]}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"StringEquals": {"ec2:CreateAction": "RunInstances"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:*:*:*"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/shop:*"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ["arn:aws:lambda:eu-west-1:111122223333:function:shop", "arn:aws:lambda:eu-west-1:111122223333:function:cart:*"]}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/*/GET/*"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
        "Condition": {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*",
        "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com", "kms:CallerAccount": "111122223333"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/deployer"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "arn:aws:bedrock:*::foundation-model/anthropic.*"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "ssm:GetParameter*", "Resource": "arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*"}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "cloudformation:CreateChangeSet", "Resource": ["arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31", "arn:aws:cloudformation:*:*:stack/shop/*"]}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8:1234::/48"]}, "Bool": {"aws:ViaAWSService": "false"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}", "aws:ResourceAccount": "${aws:PrincipalAccount}"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*",
        "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}, "DateLessThan": {"aws:CurrentTime": "2026-12-31"}}}"#,
    ),
    (
        Identity,
        None,
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws-cn:s3:::reports/*", "Condition": {"Bool": {"aws:SecureTransport": true}}}"#,
    ),
    (
        Resource,
        Some("AWS::S3::Bucket"),
        r#"{"Sid": "TLS only", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
    ),
    (
        Resource,
        Some("AWS::S3::Bucket"),
        r#"{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE"}}}"#,
    ),
    (
        Resource,
        Some("AWS::S3::Bucket"),
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}"#,
    ),
    (
        Resource,
        Some("AWS::S3::Bucket"),
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*",
        "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}"#,
    ),
    (
        Resource,
        Some("AWS::KMS::Key"),
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#,
    ),
    (
        Resource,
        Some("AWS::KMS::Key"),
        r#"{"Effect": "Allow", "Principal": {"Service": "logs.eu-west-1.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*"], "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:111122223333:*"}}}"#,
    ),
    (
        Resource,
        Some("AWS::SQS::Queue"),
        r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs",
        "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}}}"#,
    ),
    (
        Resource,
        Some("AWS::SecretsManager::Secret"),
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/app"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}"#,
    ),
    (
        Resource,
        Some("AWS::ECR::Repository"),
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, "Action": "sts:AssumeRole"}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": {"sts:ExternalId": "a1b2c3"}}}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/people"}, "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3"}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3:sub": "system:serviceaccount:shop:cart", "oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3:aud": "sts.amazonaws.com"}}}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1a2b3c"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}}"#,
    ),
    (
        Trust,
        None,
        r#"{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}"#,
    ),
    (ServiceControl, None, r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#),
    (
        ServiceControl,
        None,
        r#"{"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "cloudfront:*", "support:*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}, "ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/breakglass"}}}"#,
    ),
    (
        ServiceControl,
        None,
        r#"{"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"Null": {"aws:RequestTag/team": "true"}}}"#,
    ),
    (ResourceControl, None, r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#),
    (
        ResourceControl,
        None,
        r#"{"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:*"], "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}}"#,
    ),
];
