//! The marks of actions, row by row: destructive, and where calls can be seen.

use leastwise_catalog::{Catalog, Level, ReadOnly, Visibility};

#[track_caller]
fn destructive(names: &[&str], expected: bool) {
    for name in names {
        let action = Catalog::embedded().action(name).unwrap_or_else(|| panic!("{name} exists"));
        assert_eq!(action.destructive, expected, "{name}: {:?}", action.destructive_why);
        assert_eq!(action.destructive_why.is_some(), expected, "{name}");
    }
}

#[track_caller]
fn seen(names: &[&str], expected: Visibility) {
    for name in names {
        let action = Catalog::embedded().action(name).unwrap_or_else(|| panic!("{name} exists"));
        assert_eq!(action.visibility, expected, "{name}: {}", action.visibility_why);
        assert!(!action.visibility_why.is_empty(), "{name}");
    }
}

#[test]
fn what_does_not_come_back_is_destructive() {
    destructive(
        &[
            "s3:DeleteObject",
            "s3:DeleteBucket",
            "s3:PutLifecycleConfiguration",
            "kms:ScheduleKeyDeletion",
            "ec2:TerminateInstances",
            "rds:DeleteDBInstance",
            "dynamodb:DeleteTable",
            "dynamodb:DeleteItem",
            "cloudformation:DeleteStack",
            "sqs:PurgeQueue",
            "ec2:DeregisterImage",
            "logs:PutRetentionPolicy",
            "organizations:CloseAccount",
            "rds:CancelDBCapacityReservation",
            "bedrock-agentcore:ResetTokenVaultKeyMaterial",
            "billing:SplitCredit",
            "es:FailoverReplication",
        ],
        true,
    );
}

#[test]
fn what_its_inverse_brings_back_is_not_destructive() {
    destructive(
        &[
            "ec2:DeleteTags",
            "s3:DeleteObjectTagging",
            "rds:RemoveTagsFromResource",
            "kms:DisableKey",
            "ec2:StopInstances",
            "iam:DetachRolePolicy",
            "ec2:RevokeSecurityGroupIngress",
            "elasticloadbalancing:DeregisterTargets",
            "dynamodb:DisassociateTableReplica",
            "ecs:DisassociateGatewayFromCluster",
            "es:SwitchoverReplication",
            "ecr:StopReplicationBackfill",
        ],
        false,
    );
}

#[test]
fn ordinary_writes_and_acknowledgements_are_not_destructive() {
    destructive(
        &[
            "s3:PutObject",
            "dynamodb:PutItem",
            "sqs:DeleteMessage",
            "s3:PutBucketPolicy",
            "lambda:UpdateFunctionCode",
        ],
        false,
    );
}

#[test]
fn an_action_that_only_reads_is_never_destructive() {
    let catalog = Catalog::embedded();
    let wrong: Vec<_> = catalog
        .expand("*")
        .into_iter()
        .filter(|action| action.destructive && !action.levels.changes())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn data_events_are_off_by_default() {
    seen(
        &[
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:ListBucket",
            "lambda:InvokeFunction",
            "dynamodb:GetItem",
            "dynamodb:PartiQLSelect",
            "sqs:SendMessage",
            "sns:Publish",
            "bedrock:InvokeAgent",
            "bedrock:InvokeModel",
            "bedrock:Retrieve",
            "ssm:RequestManagedInstanceRoleToken",
            "kinesis:PutRecord",
            "bedrock-agentcore:IngestData",
            "cloudwatch:PutMetricData",
        ],
        Visibility::Data,
    );
}

#[test]
fn data_events_are_of_a_type_that_selectors_name() {
    let catalog = Catalog::embedded();
    for action in catalog.expand("*") {
        let seen_by = action.data_type();
        assert_eq!(seen_by.is_some(), action.visibility == Visibility::Data, "{}", action.full_name());
        let seen_by = seen_by.unwrap_or("AWS::");
        assert!(seen_by.starts_with("AWS::"), "{}: {seen_by}", action.full_name());
    }
    let of =
        |name: &str| catalog.action(name).expect("it exists").data_type().expect("a data event").to_owned();
    assert_eq!(of("s3:ListBucket"), of("s3:GetObject"));
    assert_ne!(of("dynamodb:GetRecords"), of("dynamodb:GetItem"));
    assert_ne!(of("bedrock:Retrieve"), of("bedrock:InvokeAgent"));
}

#[test]
fn control_plane_calls_are_management_events() {
    seen(
        &[
            "s3:PutBucketPolicy",
            "s3:PutBucketObjectLockConfiguration",
            "s3:ListAllMyBuckets",
            "bedrock:InvokeModelWithResponseStream",
            "kms:Decrypt",
            "secretsmanager:GetSecretValue",
            "sts:AssumeRole",
            "dynamodb:CreateTable",
            "logs:FilterLogEvents",
            "states:StartExecution",
            "kms:Decapsulate",
            "ecs:CreateGateway",
            "batch:CancelJob",
        ],
        Visibility::Management,
    );
}

#[test]
fn what_no_log_shows_is_not_logged() {
    seen(
        &[
            "logs:PutLogEvents",
            "events:PutEvents",
            "rds-db:connect",
            "execute-api:Invoke",
            "s3:ObjectOwnerOverrideToBucketOwner",
            "lambda:InvokeWebFunctionEndpoint",
            "sagemaker:ExecuteTrainingOperation",
            "end-user-messaging:SendNotifyCodeVerification",
            "evidently:CreateProject",
        ],
        Visibility::NotLogged,
    );
}

#[test]
fn what_some_records_show_and_others_leave_out_is_never_unused() {
    seen(
        &[
            "lakeformation:GetDataAccess",
            "bedrock:CallWithBearerToken",
            "bedrock-mantle:CallWithBearerToken",
            "logs:CallWithBearerToken",
            "aws-external-anthropic:CallWithBearerToken",
        ],
        Visibility::NotLogged,
    );
}

#[test]
fn thousands_of_actions_have_no_operation_and_are_never_called_unused() {
    let catalog = Catalog::embedded();
    let (mut without, mut unlogged) = (0, 0);
    for action in catalog.expand("*") {
        without += usize::from(!action.operations);
        unlogged += usize::from(action.visibility == Visibility::NotLogged);
    }
    println!("without an operation: {without}; not logged: {unlogged}");
    assert!(without > 3_000 && unlogged > 3_000);
}

#[test]
fn access_levels_are_sets() {
    let levels =
        |name: &str| Catalog::embedded().action(name).unwrap_or_else(|| panic!("{name} exists")).levels;
    assert_eq!(levels("iam:PassRole").to_string(), "WP");
    assert_eq!(levels("ec2:CreateTags").to_string(), "WT");
    assert!(levels("iam:PassRole").contains(Level::PermissionsManagement));
    assert_eq!(levels("s3:GetObject").to_string(), "R");
    assert_eq!(levels("s3:ListBucket").to_string(), "L");
    assert!(Catalog::embedded().expand("*").iter().all(|action| !action.levels.is_empty()));
}

#[track_caller]
fn logged(names: &[&str], expected: ReadOnly) {
    for name in names {
        let action = Catalog::embedded().action(name).unwrap_or_else(|| panic!("{name} exists"));
        assert_eq!(action.read_only, expected, "{name}");
    }
}

#[test]
fn an_action_is_as_the_records_of_its_calls_are() {
    logged(
        &[
            "ec2:DescribeKeyPairs",
            "s3:ListAllMyBuckets",
            "s3:GetLifecycleConfiguration",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "sts:AssumeRole",
        ],
        ReadOnly::Yes,
    );
    logged(
        &[
            "ec2:RunInstances",
            "s3:CreateBucket",
            "s3:PutLifecycleConfiguration",
            "ec2:CreateVpc",
            "dynamodb:CreateTable",
            "states:StartExecution",
        ],
        ReadOnly::No,
    );
    logged(
        &[
            "bedrock:InvokeModel",
            "logs:StartQuery",
            "codeartifact:GetAuthorizationToken",
            "sts:GetFederationToken",
            // Calls that write need these too.
            "lambda:GetLayerVersion",
            "ec2:DescribeVpcs",
            "secretsmanager:GetSecretValue",
            // Calls that say `Get` may pass a role.
            "iam:PassRole",
        ],
        ReadOnly::Unsure,
    );
}

#[test]
fn of_most_actions_it_is_known() {
    let all = Catalog::embedded().expand("*");
    let management = all.iter().filter(|action| action.visibility == Visibility::Management);
    let (mut known, mut unsure) = (0, 0);
    for action in management {
        match action.read_only {
            ReadOnly::Unsure => unsure += 1,
            ReadOnly::Yes | ReadOnly::No => known += 1,
        }
    }
    println!("known: {known}; unsure: {unsure}");
    assert!(unsure * 10 < known, "{unsure} of {known}");
}
