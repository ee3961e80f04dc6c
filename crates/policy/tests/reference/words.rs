//! What generated questions are made of: services with their resources, condition keys with their values.

/// A service with some actions and the ARNs of its resources; `#` is the account and `%` a word.
pub(crate) struct Service {
    pub(crate) actions: &'static [&'static str],
    pub(crate) resources: &'static [&'static str],
}

/// What a key's values are, which says which operators it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Text,
    Number,
    Moment,
    Truth,
    Address,
    Arn,
    Binary,
}

pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) sort: Sort,
    /// Whether a request can have several values.
    pub(crate) many: bool,
    /// Whether it can stand in a text as a variable.
    pub(crate) variable: bool,
    pub(crate) values: &'static [&'static str],
}

pub(crate) const OWN: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";
/// The canonical users that the accounts are in S3.
pub(crate) const CANONICAL: [&str; 2] =
    ["79a59df900b949e55d96a1e698fbacedfd6e09d9", "8eacf8f8d5218e7cd47ef2be79a59df9"];
pub(crate) const MANAGEMENT: &str = "123456789012";

/// Parts of names; some hold what would be a wildcard or a variable in a pattern.
pub(crate) const WORDS: &[&str] =
    &["red", "blue", "alice", "app", "data", "Red", "logs", "st*r", "star", "wh?t", "c$sh", "d.e-f_9", "näh"];

pub(crate) const SERVICES: &[(usize, Service)] = &[
    (
        6,
        Service {
            actions: &["s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:DeleteObject"],
            resources: &["arn:aws:s3:::%/%", "arn:aws:s3:::%/%/%.txt", "arn:aws:s3:::%-%/home/%"],
        },
    ),
    (2, Service { actions: &["s3:ListBucket", "s3:GetBucketPolicy"], resources: &["arn:aws:s3:::%"] }),
    (1, Service { actions: &["s3:ListAllMyBuckets"], resources: &["*"] }),
    (
        2,
        Service {
            actions: &["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteQueue", "sqs:SetQueueAttributes"],
            resources: &["arn:aws:sqs:eu-west-1:#:%"],
        },
    ),
    (
        2,
        Service {
            actions: &["dynamodb:GetItem", "dynamodb:Query", "dynamodb:DeleteTable"],
            resources: &[
                "arn:aws:dynamodb:us-east-1:#:table/%",
                "arn:aws:dynamodb:us-east-1:#:table/%/index/%",
            ],
        },
    ),
    (
        6,
        Service {
            actions: &[
                "kms:Decrypt",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:RetireGrant",
                "kms:DescribeKey",
                "kms:CreateGrant",
                "kms:CreateGrant",
                "kms:ScheduleKeyDeletion",
            ],
            resources: &["arn:aws:kms:eu-west-1:#:key/%"],
        },
    ),
    (
        2,
        Service {
            actions: &["ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"],
            resources: &["arn:aws:ec2:eu-west-1:#:instance/i-%"],
        },
    ),
    (1, Service { actions: &["ec2:DescribeInstances", "iam:ListRoles"], resources: &["*"] }),
    (
        1,
        Service {
            actions: &["logs:GetLogEvents", "logs:PutLogEvents"],
            resources: &["arn:aws:logs:us-east-1:#:log-group:/%/%:log-stream:%"],
        },
    ),
    (
        1,
        Service {
            actions: &["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
            resources: &["arn:aws:secretsmanager:eu-west-1:#:secret:%-%"],
        },
    ),
    (
        1,
        Service {
            actions: &["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
            resources: &["arn:aws:lambda:eu-west-1:#:function:%"],
        },
    ),
    (
        1,
        Service {
            actions: &["vpc-lattice-svcs:Invoke"],
            resources: &["arn:aws:vpc-lattice:eu-west-1:#:service/svc-1/%"],
        },
    ),
    (
        1,
        Service {
            actions: &["es:ESHttpGet", "es:UpdateDomainConfig"],
            resources: &["arn:aws:es:eu-west-1:#:domain/%/%"],
        },
    ),
    (1, Service { actions: &["sns:Publish"], resources: &["arn:aws:sns:eu-west-1:#:%"] }),
    (
        3,
        Service {
            actions: &["sts:AssumeRole"],
            resources: &[
                "arn:aws:iam::#:role/%",
                "arn:aws:iam::#:role/%/%",
                "arn:aws:iam::#:role/aws-service-role/%/%",
            ],
        },
    ),
];

const fn key(name: &'static str, sort: Sort, values: &'static [&'static str]) -> Key {
    Key { name, sort, many: false, variable: false, values }
}

pub(crate) const KEYS: &[Key] = &[
    Key {
        variable: true,
        ..key("aws:PrincipalTag/team", Sort::Text, &["red", "blue", "Red", "alice", "data", "st*r", "näh"])
    },
    Key { variable: true, ..key("aws:ResourceTag/team", Sort::Text, &["red", "blue", "RED", "app"]) },
    Key { variable: true, ..key("aws:SourceIdentity", Sort::Text, &["alice", "app", "logs", "blue"]) },
    key(
        "s3:prefix",
        Sort::Text,
        &["home/alice/x", "home/", "", "home/red", "st*r", "wh?t", "${aws:username}"],
    ),
    key("aws:RequestedRegion", Sort::Text, &["eu-west-1", "us-east-1", "eu-central-1", "EU-WEST-1"]),
    key(
        "aws:MultiFactorAuthAge",
        Sort::Number,
        &["0", "59", "60", "61", "3600", "60.5", "60.0", "-1", "9007199254740992", "9007199254740993"],
    ),
    key("s3:max-keys", Sort::Number, &["10", "100", "9", "10.25", "007", "7", "10.250"]),
    key(
        "aws:CurrentTime",
        Sort::Moment,
        &[
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+01:00",
            "2026-06-30T23:59:59Z",
            "2024-02-29T12:00:00Z",
        ],
    ),
    key(
        "aws:EpochTime",
        Sort::Moment,
        &[
            "1767225600",
            "1767225599",
            "1709208000",
            "1782863999",
            "2026-01-01T00:00:00Z",
            "2025-12-31T23:59:59Z",
        ],
    ),
    key(
        "aws:TokenIssueTime",
        Sort::Moment,
        &[
            "2026-01-01T00:00:00Z",
            "2026-01-01",
            "2026-06",
            "2024-02-29T12:00:00.5Z",
            "2024-02-29T12:00:00Z",
            "1969-12-31T23:59:59Z",
        ],
    ),
    key("aws:SecureTransport", Sort::Truth, &["true", "false"]),
    key("aws:MultiFactorAuthPresent", Sort::Truth, &["true", "false"]),
    key(
        "aws:SourceIp",
        Sort::Address,
        &["203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8:1234:5678::1", "2001:db8:1234:9::1"],
    ),
    key(
        "aws:SourceArn",
        Sort::Arn,
        &[
            "arn:aws:sns:eu-west-1:111122223333:red",
            "arn:aws:sns:eu-west-1:444455556666:red",
            "arn:aws:s3:::blue",
            "arn:aws:lambda:us-east-1:111122223333:function:app:live",
        ],
    ),
    key("example:Digest", Sort::Binary, &["QmluYXJ5VmFsdWVJbkJhc2U2NA==", "cmVk", "Ymx1ZQ=="]),
    Key { many: true, ..key("aws:TagKeys", Sort::Text, &["team", "env", "Env", "cost-center", "owner"]) },
    Key {
        many: true,
        ..key(
            "aws:PrincipalOrgPaths",
            Sort::Text,
            &["o-a/r-b/ou-b-one/", "o-a/r-b/ou-b-one/ou-b-two/", "o-c/r-d/"],
        )
    },
    key("kms:EncryptionContext:Department", Sort::Text, &["IT", "Finance", "it"]),
    Key {
        many: true,
        ..key("kms:EncryptionContextKeys", Sort::Text, &["Department", "Purpose", "department", "Department"])
    },
    Key { many: true, ..key("kms:GrantOperations", Sort::Text, &["Decrypt", "Encrypt", "DescribeKey"]) },
    key("kms:GrantConstraintType", Sort::Text, &["EncryptionContextEquals", "EncryptionContextSubset"]),
    key(
        "s3:DataAccessPointArn",
        Sort::Arn,
        &[
            "arn:aws:s3:us-west-2:111122223333:accesspoint/red",
            "arn:aws:s3:us-west-2:444455556666:accesspoint/blue",
        ],
    ),
    Key { many: true, ..key("example:Flags", Sort::Truth, &["true", "false"]) },
    Key { many: true, ..key("example:Sizes", Sort::Number, &["1", "2", "3.5", "10"]) },
    Key {
        many: true,
        ..key(
            "logs:LogGeneratingResourceArns",
            Sort::Arn,
            &[
                "arn:aws:cloudfront::111122223333:distribution/red",
                "arn:aws:cloudfront::111122223333:distribution/support1",
                "arn:aws:cloudfront::444455556666:distribution/red",
            ],
        )
    },
];

/// Keys that follow from the principal, which the context does not give.
pub(crate) const OF_PRINCIPAL: &[Key] = &[
    key(
        "aws:PrincipalArn",
        Sort::Arn,
        &[
            "arn:aws:iam::111122223333:role/team/app",
            "arn:aws:iam::111122223333:role/app",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:federated-user/bob",
            "arn:aws:sts::111122223333:federated-user/unnamed",
        ],
    ),
    key("aws:PrincipalAccount", Sort::Text, &["111122223333", "444455556666"]),
    key("aws:PrincipalType", Sort::Text, &["User", "AssumedRole", "Account", "FederatedUser"]),
    Key {
        variable: true,
        ..key(
            "aws:userid",
            Sort::Text,
            &["AROAEXAMPLE:one", "AROAEXAMPLE:bob", "111122223333", "111122223333:bob"],
        )
    },
    Key { variable: true, ..key("aws:username", Sort::Text, &["alice", "app", "red"]) },
];
