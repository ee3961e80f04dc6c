//! What takes a permission away takes the finding away, and only then.

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::{OrganizationLevel, OrganizationPath};
use leastwise_policy::aws::{DocumentKind, Named, Policy};

use crate::check::{Facts, Finding, Severity, SourceFile, read, run};

fn found(policy: &str) -> Vec<Finding> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{policy}]}}"#);
    run(&read(&[SourceFile::named("policy.json", text)]), &Facts::new(Catalog::embedded()))
}

fn codes(policy: &str) -> Vec<&'static str> {
    let dangerous = |finding: &Finding| finding.class == crate::check::Class::Dangerous;
    found(policy).iter().filter(|finding| dangerous(finding)).map(|finding| finding.code).collect()
}

const DELETE: &str = r#"{"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": "*"}"#;

#[test]
fn a_deny_that_takes_all_of_it_away_stops_the_finding() {
    assert_eq!(codes(DELETE), ["DESTRUCTIVE_ANYWHERE"]);
    for deny in [
        r#"{"Effect": "Deny", "Action": "rds:Delete*", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "NotAction": "rds:Describe*", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "Action": "rds:DeleteDBInstance", "Resource": "arn:aws:rds:*:*:db:*"}"#,
    ] {
        assert_eq!(codes(&format!("{DELETE},{deny}")), [""; 0], "{deny}");
    }
}

#[test]
fn a_deny_that_takes_only_some_of_it_away_is_told() {
    let deny = r#"{"Sid": "KeepProd", "Effect": "Deny", "Action": "rds:*", "Resource": "arn:aws:rds:*:*:db:prod-*"}"#;
    let found = found(&format!("{DELETE},{deny}"));
    let finding = found.iter().find(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").expect("the finding");
    assert!(
        finding.evidence.iter().any(|text| text.starts_with("almost stopped: `KeepProd`")),
        "{finding:?}"
    );
}

#[test]
fn a_condition_stops_it_only_when_it_limits_what_is_reached() {
    let with = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "rds:DeleteDBInstance", "Resource": "*", "Condition": {condition}}}"#
        )
    };
    assert_eq!(codes(&with(r#"{"StringEquals": {"aws:ResourceTag/stage": "dev"}}"#)), [""; 0]);
    assert_eq!(
        codes(&with(r#"{"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}"#)),
        ["DESTRUCTIVE_ANYWHERE"]
    );
    let mfa = found(&with(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#));
    let finding = mfa.iter().find(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").expect("the finding");
    assert_eq!(finding.severity, Severity::Medium);
    assert_eq!(finding.evidence, ["only when aws:MultiFactorAuthPresent Bool true"]);
}

fn account(boundary: &str, policy: &str) -> Vec<Finding> {
    let document = |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    let managed = |name: &str, statement: &str| {
        format!(
            r#"{{"PolicyName": "{name}", "Arn": "arn:aws:iam::111122223333:policy/{name}", "DefaultVersionId": "v1",
                "PolicyVersionList": [{{"VersionId": "v1", "IsDefaultVersion": true, "Document": {}}}]}}"#,
            document(statement)
        )
    };
    let role = |name: &str| {
        format!(
            r#"{{"RoleName": "{name}", "Arn": "arn:aws:iam::111122223333:role/{name}", "Path": "/",
                "AttachedManagedPolicies": [{{"PolicyName": "p", "PolicyArn": "arn:aws:iam::111122223333:policy/p"}}],
                "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}}}}"#
        )
    };
    let text = format!(
        r#"{{"RoleDetailList": [{}, {}], "Policies": [{}, {}]}}"#,
        role("one"),
        role("two"),
        managed("p", policy),
        managed("b", boundary)
    );
    run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()))
}

#[test]
fn a_boundary_that_does_not_let_it_through_stops_the_finding() {
    let of = |boundary: &str| {
        let found = account(boundary, DELETE);
        found.into_iter().filter(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").collect::<Vec<_>>()
    };
    assert_eq!(of(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#), []);
    let dev = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:rds:*:*:db:dev-*"}"#;
    assert_eq!(of(dev), []);
    assert_eq!(of(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#).len(), 1);
}

#[test]
fn a_policy_that_several_hold_is_one_finding_that_names_them() {
    let found = account(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, DELETE);
    let of: Vec<&Finding> = found.iter().filter(|finding| finding.code == "DESTRUCTIVE_ANYWHERE").collect();
    assert_eq!(of.len(), 1);
    let held = "held by arn:aws:iam::111122223333:role/one, arn:aws:iam::111122223333:role/two";
    assert_eq!(of[0].evidence, [held]);
    assert_eq!(of[0].subject, "arn:aws:iam::111122223333:policy/p");
}

#[test]
fn a_boundary_alone_grants_nothing() {
    let found = account(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, DELETE);
    assert!(found.iter().all(|finding| finding.code != "ADMIN_ACCESS"), "{found:?}");
}

#[test]
fn a_policy_of_aws_that_is_attached_counts_though_its_document_is_not_in_the_files() {
    let text = r#"{"RoleDetailList": [{
        "RoleName": "one", "Arn": "arn:aws:iam::111122223333:role/one",
        "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]
    }]}"#;
    let found = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
    let admin = found.iter().find(|finding| finding.code == "ADMIN_ACCESS").expect("the finding");
    assert_eq!(admin.subject, "arn:aws:iam::111122223333:role/one");
    assert_eq!(admin.evidence[0], "granted by `arn:aws:iam::aws:policy/AdministratorAccess`");
}

/// An automation role that carried admin and wiped production, as it would have been seen the day before.
#[test]
fn the_role_that_wiped_production_is_caught_by_several_checks() {
    let text = r#"{
      "RoleDetailList": [{
        "RoleName": "infra-automation", "Arn": "arn:aws:iam::111122223333:role/infra-automation", "Path": "/",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"},
          {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]},
        "AttachedManagedPolicies": [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
        "Tags": [{"Key": "environment", "Value": "staging"}]
      }]
    }"#;
    let found = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
    let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
    for wanted in [
        "ADMIN_ACCESS",
        "AGENT_ADMIN",
        "AGENT_CHANGES_ITSELF",
        "AGENT_DELETES_BACKUPS",
        "AGENT_DESTROYS_UNGUARDED",
        "AGENT_SHARED_ROLE",
        "AGENT_STOPS_AUDIT",
        "AGENT_WITHOUT_BOUNDARY",
        "AGENT_WITHOUT_EXPIRY",
        "AGENT_WITHOUT_OWNER",
    ] {
        assert!(codes.contains(&wanted), "{wanted} is not among {codes:?}");
    }
}

#[test]
fn a_condition_that_anybody_meets_does_not_excuse_a_trust_in_another_account() {
    let of = |condition: &str| {
        let text = format!(
            r#"{{"RoleDetailList": [{{"RoleName": "v", "Arn": "arn:aws:iam::111122223333:role/v",
                "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow",
                    "Principal": {{"AWS": "arn:aws:iam::444455556666:root"}}, "Action": "sts:AssumeRole",
                    "Condition": {condition}}}]}}}}]}}"#
        );
        let found = run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()));
        found.iter().any(|finding| finding.code == "CROSS_ACCOUNT_WITHOUT_EXTERNAL_ID")
    };
    assert!(of(r#"{"Bool": {"aws:SecureTransport": "true"}}"#));
    assert!(of(r#"{"StringEquals": {"sts:RoleSessionName": "x"}}"#));
    assert!(of(r#"{"StringLike": {"sts:ExternalId": "?*"}}"#));
    assert!(!of(r#"{"StringEquals": {"sts:ExternalId": "5f1c0f3e"}}"#));
}

#[test]
fn wildcards_for_a_service_are_everything_whoever_holds_them() {
    for (action, resource) in [("*:*", "*"), ("*", "arn:aws:*"), ("*", "arn:*"), ("*", "arn:aws:*:*:*:*")] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#);
        let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
        for found in [found(&statement), account(all, &statement)] {
            assert!(found.iter().any(|one| one.code == "ADMIN_ACCESS"), "{statement}: {found:?}");
            assert!(found.iter().all(|one| one.code != "UNREADABLE"), "{statement}: {found:?}");
        }
    }
}

#[test]
fn a_statement_that_cannot_be_understood_is_told_unless_it_denies() {
    for statement in [
        r#"{"Effect": "allow", "Action": "*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"aws:username": "a"}}}"#,
        r#"{"Effect": "Allow", "Action": "s3", "Resource": "*"}"#,
    ] {
        let told = |found: Vec<Finding>| found.iter().filter(|one| one.code == "UNREADABLE").count();
        assert_eq!(told(found(statement)), 1, "{statement}");
        assert_eq!(told(found(&format!("{DELETE},{statement}"))), 1, "{statement}");
        assert_eq!(told(account(DELETE, statement)), 1, "{statement}");
        let denies = statement.replace("allow", "Deny").replace("Allow", "Deny");
        assert_eq!(told(found(&denies)), 0, "{denies}");
    }
}

/// A role `dev` with these statements in an organisation whose root has these policies.
fn governed(policy: &str, guardrail: &str) -> Vec<Finding> {
    let document = |statements: &str| format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let text = format!(
        r#"{{"RoleDetailList": [{{"RoleName": "dev", "Arn": "arn:aws:iam::111122223333:role/dev", "Path": "/",
            "RolePolicyList": [{{"PolicyName": "p", "PolicyDocument": {}}}]}}]}}"#,
        document(policy)
    );
    let mut estate = read(&[SourceFile::named("account.json", text)]);
    let policy = Policy::parse_kind(&document(guardrail), DocumentKind::ServiceControl).expect("a policy");
    let levels = vec![OrganizationLevel::new("r-ab12", vec![Named::new("guardrail", policy)])];
    estate.govern(&|_| Some(OrganizationPath { management_account: None, levels: levels.clone() }));
    estate.places.insert("111122223333".to_owned(), "o-exampleorgid/r-ab12/".to_owned());
    run(&estate, &Facts::new(Catalog::embedded()))
}

const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

fn dangers(found: &[Finding]) -> Vec<&'static str> {
    let of = found.iter().filter(|one| one.class == crate::check::Class::Dangerous);
    let mut codes: Vec<&str> = of.map(|one| one.code).collect();
    codes.dedup();
    codes
}

#[test]
fn an_administrator_under_a_deny_is_still_one_while_iam_is_left() {
    let deny = r#"{"Sid": "KeepLog", "Effect": "Deny", "Action": ["cloudtrail:StopLogging", "iam:PassRole", "iam:CreateUser"], "Resource": "*"}"#;
    let guardrail = r#"{"Sid": "KeepLog", "Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*"}"#;
    for found in [found(&format!("{ALL},{deny}")), governed(ALL, &format!("{ALL},{guardrail}"))] {
        let admin = found.iter().find(|one| one.code == "ADMIN_ACCESS").expect("the finding");
        assert_eq!(admin.severity, Severity::Critical);
        assert!(admin.evidence.iter().any(|text| text.starts_with("almost stopped: ")), "{admin:?}");
    }
}

#[test]
fn what_is_left_of_everything_without_iam_is_told_by_its_use() {
    let no_iam = r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#;
    let codes = dangers(&found(&format!("{ALL},{no_iam}")));
    assert!(!codes.contains(&"ADMIN_ACCESS"), "{codes:?}");
    for wanted in ["AUDIT_TAMPERING", "CREDENTIAL_EXPOSURE", "DESTRUCTIVE_ANYWHERE", "RESOURCE_EXPOSURE"] {
        assert!(codes.contains(&wanted), "{wanted} is not among {codes:?}");
    }
    let only_tables = r#"{"Effect": "Deny", "NotAction": "dynamodb:*", "Resource": "*"}"#;
    let codes = dangers(&found(&format!("{ALL},{only_tables}")));
    assert!(codes.contains(&"DESTRUCTIVE_ANYWHERE") && !codes.contains(&"AUDIT_TAMPERING"), "{codes:?}");
}

#[test]
fn passing_roles_is_not_told_when_it_is_denied() {
    let deny = r#"{"Effect": "Deny", "Action": ["iam:*", "sts:AssumeRole"], "Resource": "*"}"#;
    assert!(found(&format!("{ALL},{deny}")).iter().all(|one| !one.code.starts_with("PASS_ROLE")));
    assert!(found(ALL).iter().any(|one| one.code.starts_with("PASS_ROLE")));
}

#[test]
fn a_guardrail_that_lets_all_through_changes_nothing_that_is_found() {
    for actions in [
        r#""s3:*", "rds:*", "secretsmanager:*""#,
        r#""acm-pca:*", "apigateway:*", "backup:*", "iam:CreateAccessKey", "iam:AttachUserPolicy""#,
    ] {
        let policy = format!(r#"{{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}}"#);
        let elsewhere = r#"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/x": "y"}}}"#;
        let evidence = |found: Vec<Finding>| -> Vec<(&str, String, Vec<String>)> {
            let of = found.into_iter().filter(|one| one.class == crate::check::Class::Dangerous);
            of.map(|one| {
                let known = one.evidence.into_iter().filter(|text| text.starts_with("among them"));
                (one.code, one.message, known.collect())
            })
            .collect()
        };
        let alone = evidence(found(&policy));
        assert_eq!(evidence(governed(&policy, ALL)), alone);
        assert_eq!(evidence(governed(&policy, &format!("{ALL},{elsewhere}"))), alone);
    }
}

#[test]
fn a_deny_for_one_region_or_another_account_stops_nothing() {
    let with = |deny: &str| found(&format!("{DELETE},{deny}"));
    let deny = r#"{"Sid": "NotHere", "Effect": "Deny", "Action": "rds:*", "Resource": "arn:aws:rds:eu-west-1:111122223333:db:*"}"#;
    let told = with(deny);
    let finding = told.iter().find(|one| one.code == "DESTRUCTIVE_ANYWHERE").expect("the finding");
    assert!(finding.evidence.iter().any(|text| text.starts_with("almost stopped: `NotHere`")), "{finding:?}");
    assert_eq!(
        dangers(&with(&deny.replace("eu-west-1:111122223333", "*:444455556666"))),
        ["DESTRUCTIVE_ANYWHERE"]
    );
    assert_eq!(dangers(&with(&deny.replace("eu-west-1:111122223333", "*:*"))), [""; 0]);
    let secret = r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
        {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:*:444455556666:secret:*"}"#;
    assert!(dangers(&found(secret)).contains(&"CREDENTIAL_EXPOSURE"));
}

#[test]
fn conditions_that_anybody_meets_excuse_nothing() {
    let secret = |condition: &str| {
        let text = format!(
            r#"{{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": {condition}}}"#
        );
        let of = found(&text).into_iter().find(|one| one.code == "CREDENTIAL_EXPOSURE");
        of.map(|one| one.severity)
    };
    for open in [
        r#"{"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}"#,
        r#"{"Bool": {"aws:PrincipalIsAWSService": "false"}}"#,
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}"#,
        r#"{"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}"#,
        r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:*"}}"#,
    ] {
        assert_eq!(secret(open), Some(Severity::High), "{open}");
    }
    assert_eq!(secret(r#"{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}"#), Some(Severity::Medium));
    assert_eq!(secret(r#"{"StringEquals": {"aws:ResourceTag/app": "shop"}}"#), None);
    let whole = |action: &str, key: &str, value: &str| {
        let text = format!(
            r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*", "Condition": {{"StringEquals": {{"{key}": "{value}"}}}}}}"#
        );
        dangers(&found(&text))
    };
    assert_eq!(whole("ec2:*", "ec2:Region", "us-east-1"), ["SERVICE_ADMIN"]);
    assert_eq!(whole("s3:*", "s3:x-amz-storage-class", "STANDARD"), ["SERVICE_ADMIN"]);
    let every = r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:*:*:secret:?*"}"#;
    assert!(dangers(&found(every)).contains(&"CREDENTIAL_EXPOSURE"));
}

#[test]
fn a_tag_that_the_holder_can_write_limits_nothing() {
    let terminate = r#"{"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/env": "dev"}}}"#;
    let with = |more: &str| {
        let found = found(&format!("{terminate},{more}"));
        found.into_iter().find(|one| one.code == "DESTRUCTIVE_ANYWHERE")
    };
    let tag = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {condition}}}"#
        )
    };
    let finding = with(&tag("{}")).expect("the finding");
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(
        finding.evidence,
        ["almost stopped: aws:ResourceTag/env StringEquals dev, a tag that it can write by `ec2:CreateTags`"]
    );
    assert!(with(&tag(r#"{"StringEquals": {"aws:RequestTag/env": "dev"}}"#)).is_some());
    for guarded in [
        r#"{"StringEquals": {"ec2:CreateAction": "RunInstances"}}"#,
        r#"{"StringEquals": {"aws:ResourceTag/env": "dev"}}"#,
        r#"{"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "name"]}}"#,
    ] {
        assert_eq!(with(&tag(guarded)), None, "{guarded}");
    }
    let deny = r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "env"}}}"#;
    assert_eq!(with(&format!("{},{deny}", tag("{}"))), None);
    // Whatever the tag's value is: as much as is tagged.
    let tagged = terminate.replace("StringEquals", "StringLike").replace("dev", "*");
    let severity = |statements: &str| {
        let found = found(statements);
        found.iter().find(|one| one.code == "DESTRUCTIVE_ANYWHERE").map(|one| one.severity)
    };
    assert_eq!(severity(&tagged), Some(Severity::Medium));
    assert_eq!(severity(&format!("{tagged},{}", tag("{}"))), Some(Severity::High));
}

#[test]
fn a_path_that_the_organisation_bars_is_none() {
    let own = r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/dev"}"#;
    let paths = |found: Vec<Finding>| found.iter().filter(|one| one.code == "ESCALATION_PATH").count();
    assert_eq!(paths(governed(own, ALL)), 1);
    let no_iam = r#"{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}"#;
    assert_eq!(paths(governed(own, &format!("{ALL},{no_iam}"))), 0);
}

#[test]
fn actions_that_give_power_are_told_when_they_stand_alone() {
    for action in [
        "sts:AssumeRoot",
        "sso:CreateAccountAssignment",
        "sso:PutInlinePolicyToPermissionSet",
        "identitystore:CreateGroupMembership",
        "eks:CreateAccessEntry",
        "eks:AssociateAccessPolicy",
        "iam:EnableOrganizationsRootCredentialsManagement",
        "kafka:PutClusterPolicy",
        "kinesis:PutResourcePolicy",
        "bedrock-agentcore:PutResourcePolicy",
        "es:UpdateDomainConfig",
        "lambda:CreateFunctionUrlConfig",
        "cognito-idp:AdminSetUserPassword",
        "ds:ResetUserPassword",
        "rds:ModifyDBInstance",
        "dynamodb:BatchWriteItem",
        "account:StartPrimaryEmailUpdate",
        "organizations:DisablePolicyType",
        "rolesanywhere:CreateTrustAnchor",
        "sso-directory:ImportExternalIdPCertificate",
        "bedrock-agentcore:UpdatePolicy",
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
        "fsx:UpdateStorageVirtualMachine",
        "acm-pca:IssueCertificate",
        "guardduty:CreateFilter",
        "config:PutConfigurationRecorder",
        "rbin:DeleteRule",
        "route53domains:TransferDomainToAnotherAwsAccount",
    ] {
        let found = found(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#));
        assert!(found.iter().any(|one| one.severity == Severity::High), "{action}: {found:?}");
    }
}

#[test]
fn actions_that_only_sound_like_power_are_not_told() {
    for action in [
        "bedrock-agentcore:InvokeGateway",
        "sqs:CreateQueue",
        "ec2:CreateKeyPair",
        "ecr:GetAuthorizationToken",
    ] {
        let found = found(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#));
        assert!(found.iter().all(|one| one.severity < Severity::High), "{action}: {found:?}");
    }
}

/// What AWS itself gives to auditors, to functions in a network and to people for their own devices.
#[test]
fn policies_that_aws_writes_for_everyday_use_are_not_high() {
    let attached = |arn: &str| {
        let text = format!(
            r#"{{"RoleDetailList": [{{"RoleName": "x", "Arn": "arn:aws:iam::111122223333:role/x", "Path": "/",
                "AttachedManagedPolicies": [{{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/{arn}"}}]}}]}}"#
        );
        run(&read(&[SourceFile::named("account.json", text)]), &Facts::new(Catalog::embedded()))
    };
    for arn in [
        "SecurityAudit",
        "AWSDirectoryServiceDataReadOnlyAccess",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "AmazonEKS_CNI_Policy",
        "AmazonEKSWorkerNodePolicy",
        "AmazonS3ReadOnlyAccess",
        "AWSCodeArtifactReadOnlyAccess",
        "job-function/ViewOnlyAccess",
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AmazonECSTaskExecutionRolePolicy",
        "service-role/AWSLambdaSQSQueueExecutionRole",
        "AWSStorageGatewayReadOnlyAccess",
        "AmazonConnectReadOnlyAccess",
        "CloudWatchAgentServerPolicy",
        "AmazonSSMManagedInstanceCore",
        "service-role/AmazonSNSRole",
        "service-role/AmazonEBSCSIDriverPolicy",
        "AmazonEC2ContainerRegistryReadOnly",
        "service-role/AmazonEC2ContainerServiceforEC2Role",
        "AWSXRayDaemonWriteAccess",
        "AWSElasticBeanstalkWebTier",
        "AWSElasticBeanstalkWorkerTier",
        "EC2InstanceProfileForImageBuilder",
    ] {
        let found = attached(arn);
        assert!(found.iter().all(|one| one.severity < Severity::High), "{arn}: {found:?}");
    }
    let device =
        r#"{"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::*:mfa/*"}"#;
    assert!(found(device).iter().all(|one| one.severity < Severity::High));
}

#[test]
fn all_but_what_a_service_is_about_is_not_the_whole_service() {
    let but = |resource: &str| {
        dangers(&found(&format!(r#"{{"Effect": "Allow", "Action": "s3:*", "NotResource": "{resource}"}}"#)))
    };
    assert!(!but("arn:aws:s3:::*").contains(&"SERVICE_ADMIN"));
    assert_eq!(but("arn:aws:s3:::payroll/*"), ["SERVICE_ADMIN"]);
    let rest = found(r#"{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}"#);
    assert!(rest.iter().any(|one| one.code == "ADMIN_ACCESS"), "{rest:?}");
}

#[test]
fn what_is_read_as_everything_is_looked_at_as_everything() {
    let of = |action: &str| {
        let statement = format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": "*"}}"#);
        found(&statement).iter().any(|finding| finding.code == "ESCALATION_POSSIBLE")
    };
    for action in [r#""*""#, r#""*:*""#, r#""**""#, r#"["**", "s3:GetObject"]"#] {
        assert_eq!(of(action), of(r#""*""#), "{action}");
    }
}

#[test]
fn what_is_said_of_who_asks_is_decided_by_who_holds_it() {
    let when = |condition: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}"#)
    };
    let unless = |condition: &str| {
        format!(r#"{{"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {condition}}}"#)
    };
    let severity =
        |found: Vec<Finding>| found.iter().find(|one| one.code == "ADMIN_ACCESS").map(|one| one.severity);
    let dev = r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/dev"}}"#;
    let other = r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}}"#;
    assert_eq!(severity(governed(&when(dev), ALL)), Some(Severity::Critical));
    assert_eq!(severity(governed(&when(other), ALL)), None);
    // Of a policy that nobody holds, nobody knows.
    assert_eq!(severity(found(&when(other))), Some(Severity::High));
    let but_dev = unless(&dev.replace("ArnLike", "ArnNotLike"));
    let but_other = unless(&other.replace("ArnLike", "ArnNotLike"));
    assert_eq!(severity(governed(ALL, &format!("{ALL},{but_dev}"))), Some(Severity::Critical));
    assert_eq!(severity(governed(ALL, &format!("{ALL},{but_other}"))), None);
    assert_eq!(severity(governed(&format!("{ALL},{but_dev}"), ALL)), Some(Severity::Critical));
    assert_eq!(severity(found(&format!("{ALL},{but_other}"))), Some(Severity::Critical));
    let (ours, theirs) = ("o-exampleorgid", "o-anotherorgid");
    let of = |id: &str| format!(r#"{{"StringEquals": {{"aws:PrincipalOrgID": "{id}"}}}}"#);
    assert_eq!(severity(governed(&when(&of(ours)), ALL)), Some(Severity::Critical));
    assert_eq!(severity(governed(&when(&of(theirs)), ALL)), None);
    let account = r#"{"StringEquals": {"aws:PrincipalAccount": "444455556666"}}"#;
    assert_eq!(severity(governed(&when(account), ALL)), None);
    assert_eq!(severity(governed(ALL, &format!("{ALL},{}", unless(account)))), Some(Severity::Critical));
}

#[test]
fn what_is_less_bad_than_others_of_its_use_is_told_one_degree_lower_while_it_is_alone() {
    let severity = |actions: &str, code: &str| {
        let found = found(&format!(r#"{{"Effect": "Allow", "Action": {actions}, "Resource": "*"}}"#));
        found.iter().find(|one| one.code == code).map(|one| one.severity)
    };
    let (audit, credentials) = ("AUDIT_TAMPERING", "CREDENTIAL_EXPOSURE");
    assert_eq!(severity(r#""logs:PutRetentionPolicy""#, audit), Some(Severity::Medium));
    let both = r#"["logs:PutRetentionPolicy", "logs:DeleteLogGroup"]"#;
    assert_eq!(severity(both, audit), Some(Severity::High));
    assert_eq!(severity(r#""ssm:GetParameters""#, credentials), Some(Severity::Medium));
    assert_eq!(severity(r#""ssm:GetParametersByPath""#, credentials), Some(Severity::High));
}

#[test]
fn every_action_is_asked_about_however_many_there_are() {
    let gone = r#"{"Effect": "Deny", "Action": ["xray:*", "s3:*", "workspaces:*"], "Resource": "*",
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/dev"}}}"#;
    let limit = r#"{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}"#;
    let most = r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#;
    let found = governed(most, &format!("{ALL},{gone},{limit}"));
    let of = found.iter().find(|one| one.code == "DESTRUCTIVE_ANYWHERE").expect("the finding");
    let more = of.message.rsplit(" and ").next().and_then(|end| end.strip_suffix(" more"));
    let told = more.and_then(|count| count.parse::<usize>().ok()).expect("a count") + 4;
    let (catalog, out) = (Catalog::embedded(), ["iam", "xray", "s3", "workspaces"]);
    let dangers = super::Dangers::of(catalog);
    // Services with one endpoint have it in another region.
    let is_left = |action: &leastwise_catalog::Action<'_>| {
        let prefix = &*action.service.prefix;
        !out.contains(&prefix) && leastwise_catalog::only_region(prefix, &action.facts.name, "aws").is_none()
    };
    let all = catalog.expand("*").into_iter().filter(is_left);
    let destructive = all.filter(|action| dangers.uses(*action).0.contains(super::Use::Destructive)).count();
    assert_eq!(told, destructive);
    assert!(destructive > 2_000, "{destructive}");
}
