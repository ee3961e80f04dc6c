//! Which types of resources hold which policies and roles, as Terraform and as CloudFormation write them.
//!
//! Paths are keys joined by `.`; a list on the way is each of its values. `-` is what the tool does not have.

use leastwise_policy::aws::DocumentKind;

use super::Kind;

/// A resource with a policy document on it.
pub(in crate::check::read) struct Holds {
    pub(in crate::check::read) terraform: &'static str,
    pub(in crate::check::read) terraform_path: &'static str,
    pub(in crate::check::read) cloudformation: &'static str,
    pub(in crate::check::read) cloudformation_path: &'static str,
    pub(in crate::check::read) kind: DocumentKind,
    /// What it is attached to, as CloudFormation calls the type.
    pub(in crate::check::read) on: &'static str,
}

const fn on(
    terraform: &'static str,
    terraform_path: &'static str,
    cloudformation: &'static str,
    cloudformation_path: &'static str,
    on: &'static str,
) -> Holds {
    let kind = DocumentKind::Resource;
    Holds { terraform, terraform_path, cloudformation, cloudformation_path, kind, on }
}

pub(in crate::check::read) const HOLDS: &[Holds] = &[
    on("aws_s3_bucket_policy", "policy", "AWS::S3::BucketPolicy", "PolicyDocument", "AWS::S3::Bucket"),
    on("aws_s3_bucket", "policy", "-", "", "AWS::S3::Bucket"),
    on(
        "aws_s3control_bucket_policy",
        "policy",
        "AWS::S3Outposts::BucketPolicy",
        "PolicyDocument",
        "AWS::S3Outposts::Bucket",
    ),
    on("aws_s3_access_point", "policy", "AWS::S3::AccessPoint", "Policy", "AWS::S3::AccessPoint"),
    on("aws_s3control_access_point_policy", "policy", "-", "", "AWS::S3::AccessPoint"),
    on(
        "aws_s3control_object_lambda_access_point_policy",
        "policy",
        "AWS::S3ObjectLambda::AccessPointPolicy",
        "PolicyDocument",
        "AWS::S3ObjectLambda::AccessPoint",
    ),
    on(
        "aws_s3tables_table_bucket_policy",
        "resource_policy",
        "AWS::S3Tables::TableBucketPolicy",
        "ResourcePolicy",
        "AWS::S3Tables::TableBucket",
    ),
    on("aws_sqs_queue_policy", "policy", "AWS::SQS::QueuePolicy", "PolicyDocument", "AWS::SQS::Queue"),
    on("aws_sqs_queue", "policy", "AWS::SQS::QueueInlinePolicy", "PolicyDocument", "AWS::SQS::Queue"),
    on("aws_sns_topic_policy", "policy", "AWS::SNS::TopicPolicy", "PolicyDocument", "AWS::SNS::Topic"),
    on("aws_sns_topic", "policy", "AWS::SNS::TopicInlinePolicy", "PolicyDocument", "AWS::SNS::Topic"),
    on("aws_kms_key", "policy", "AWS::KMS::Key", "KeyPolicy", "AWS::KMS::Key"),
    on("aws_kms_key_policy", "policy", "-", "", "AWS::KMS::Key"),
    on("aws_kms_replica_key", "policy", "AWS::KMS::ReplicaKey", "KeyPolicy", "AWS::KMS::Key"),
    on("aws_kms_external_key", "policy", "-", "", "AWS::KMS::Key"),
    on("aws_secretsmanager_secret", "policy", "-", "", "AWS::SecretsManager::Secret"),
    on(
        "aws_secretsmanager_secret_policy",
        "policy",
        "AWS::SecretsManager::ResourcePolicy",
        "ResourcePolicy",
        "AWS::SecretsManager::Secret",
    ),
    on(
        "aws_ecr_repository_policy",
        "policy",
        "AWS::ECR::Repository",
        "RepositoryPolicyText",
        "AWS::ECR::Repository",
    ),
    on(
        "aws_ecr_registry_policy",
        "policy",
        "AWS::ECR::RegistryPolicy",
        "PolicyText",
        "AWS::ECR::RegistryPolicy",
    ),
    on(
        "aws_ecrpublic_repository_policy",
        "policy",
        "AWS::ECR::PublicRepository",
        "RepositoryPolicyText",
        "AWS::ECR::PublicRepository",
    ),
    on(
        "aws_efs_file_system_policy",
        "policy",
        "AWS::EFS::FileSystem",
        "FileSystemPolicy",
        "AWS::EFS::FileSystem",
    ),
    on(
        "aws_opensearch_domain",
        "access_policies",
        "AWS::OpenSearchService::Domain",
        "AccessPolicies",
        "AWS::OpenSearchService::Domain",
    ),
    on("aws_opensearch_domain_policy", "access_policies", "-", "", "AWS::OpenSearchService::Domain"),
    on(
        "aws_elasticsearch_domain",
        "access_policies",
        "AWS::Elasticsearch::Domain",
        "AccessPolicies",
        "AWS::Elasticsearch::Domain",
    ),
    on("aws_elasticsearch_domain_policy", "access_policies", "-", "", "AWS::Elasticsearch::Domain"),
    on(
        "aws_api_gateway_rest_api",
        "policy",
        "AWS::ApiGateway::RestApi",
        "Policy",
        "AWS::ApiGateway::RestApi",
    ),
    on("aws_api_gateway_rest_api_policy", "policy", "-", "", "AWS::ApiGateway::RestApi"),
    on(
        "aws_backup_vault_policy",
        "policy",
        "AWS::Backup::BackupVault",
        "AccessPolicy",
        "AWS::Backup::BackupVault",
    ),
    on("aws_glacier_vault", "access_policy", "-", "", "AWS::Glacier::Vault"),
    on(
        "aws_cloudwatch_log_resource_policy",
        "policy_document",
        "AWS::Logs::ResourcePolicy",
        "PolicyDocument",
        "AWS::Logs::ResourcePolicy",
    ),
    on(
        "aws_cloudwatch_log_destination_policy",
        "access_policy",
        "AWS::Logs::Destination",
        "DestinationPolicy",
        "AWS::Logs::Destination",
    ),
    on(
        "aws_cloudwatch_event_bus_policy",
        "policy",
        "AWS::Events::EventBus",
        "Policy",
        "AWS::Events::EventBus",
    ),
    on("aws_vpc_endpoint", "policy", "AWS::EC2::VPCEndpoint", "PolicyDocument", "AWS::EC2::VPCEndpoint"),
    on("aws_vpc_endpoint_policy", "policy", "-", "", "AWS::EC2::VPCEndpoint"),
    on(
        "aws_dynamodb_resource_policy",
        "policy",
        "AWS::DynamoDB::Table",
        "ResourcePolicy.PolicyDocument",
        "AWS::DynamoDB::Table",
    ),
    on(
        "aws_kinesis_resource_policy",
        "policy",
        "AWS::Kinesis::ResourcePolicy",
        "ResourcePolicy",
        "AWS::Kinesis::Stream",
    ),
    on("aws_glue_resource_policy", "policy", "-", "", "AWS::Glue::Catalog"),
    on(
        "aws_codeartifact_domain_permissions_policy",
        "policy_document",
        "AWS::CodeArtifact::Domain",
        "PermissionsPolicyDocument",
        "AWS::CodeArtifact::Domain",
    ),
    on(
        "aws_codeartifact_repository_permissions_policy",
        "policy_document",
        "AWS::CodeArtifact::Repository",
        "PermissionsPolicyDocument",
        "AWS::CodeArtifact::Repository",
    ),
    on("aws_codebuild_resource_policy", "policy", "-", "", "AWS::CodeBuild::ReportGroup"),
    on(
        "aws_media_store_container_policy",
        "policy",
        "AWS::MediaStore::Container",
        "Policy",
        "AWS::MediaStore::Container",
    ),
    on("aws_ses_identity_policy", "policy", "-", "", "AWS::SES::EmailIdentity"),
    on("aws_sesv2_email_identity_policy", "policy", "-", "", "AWS::SES::EmailIdentity"),
    on("aws_acmpca_policy", "policy", "-", "", "AWS::ACMPCA::CertificateAuthority"),
    on(
        "aws_schemas_registry_policy",
        "policy",
        "AWS::EventSchemas::RegistryPolicy",
        "Policy",
        "AWS::EventSchemas::Registry",
    ),
    on("aws_msk_cluster_policy", "policy", "AWS::MSK::ClusterPolicy", "Policy", "AWS::MSK::Cluster"),
    on("aws_networkfirewall_resource_policy", "policy", "-", "", "AWS::NetworkFirewall::FirewallPolicy"),
    on(
        "aws_vpclattice_resource_policy",
        "policy",
        "AWS::VpcLattice::ResourcePolicy",
        "Policy",
        "AWS::VpcLattice::ServiceNetwork",
    ),
    on(
        "aws_vpclattice_auth_policy",
        "policy",
        "AWS::VpcLattice::AuthPolicy",
        "Policy",
        "AWS::VpcLattice::Service",
    ),
    on(
        "aws_s3tables_table_policy",
        "resource_policy",
        "AWS::S3Tables::TablePolicy",
        "ResourcePolicy",
        "AWS::S3Tables::Table",
    ),
    on("-", "", "AWS::S3Express::BucketPolicy", "PolicyDocument", "AWS::S3Express::DirectoryBucket"),
    on("-", "", "AWS::XRay::ResourcePolicy", "PolicyDocument", "AWS::XRay::ResourcePolicy"),
    on("-", "", "AWS::SSM::ResourcePolicy", "Policy", "AWS::SSM::Parameter"),
    on("-", "", "AWS::CloudTrail::ResourcePolicy", "ResourcePolicy", "AWS::CloudTrail::EventDataStore"),
    on("-", "", "AWS::MediaPackageV2::ChannelPolicy", "Policy", "AWS::MediaPackageV2::Channel"),
    on("-", "", "AWS::MediaPackageV2::OriginEndpointPolicy", "Policy", "AWS::MediaPackageV2::OriginEndpoint"),
    on("aws_redshift_resource_policy", "policy", "-", "", "AWS::Redshift::Cluster"),
    Holds {
        terraform: "aws_ssoadmin_permission_set_inline_policy",
        terraform_path: "inline_policy",
        cloudformation: "AWS::SSO::PermissionSet",
        cloudformation_path: "InlinePolicy",
        kind: DocumentKind::Identity,
        on: "",
    },
];

/// Something that runs as a role.
pub(in crate::check::read) struct Runs {
    pub(in crate::check::read) terraform: &'static str,
    pub(in crate::check::read) terraform_path: &'static str,
    pub(in crate::check::read) cloudformation: &'static str,
    pub(in crate::check::read) cloudformation_path: &'static str,
    /// The principal of the service.
    pub(in crate::check::read) service: &'static str,
}

const fn runs(
    terraform: &'static str,
    terraform_path: &'static str,
    cloudformation: &'static str,
    cloudformation_path: &'static str,
    service: &'static str,
) -> Runs {
    Runs { terraform, terraform_path, cloudformation, cloudformation_path, service }
}

/// A role is named by its ARN or name, or by an instance profile.
pub(in crate::check::read) const RUNS: &[Runs] = &[
    runs("aws_lambda_function", "role", "AWS::Lambda::Function", "Role", "lambda.amazonaws.com"),
    runs("-", "", "AWS::Serverless::Function", "Role", "lambda.amazonaws.com"),
    runs(
        "aws_instance",
        "iam_instance_profile",
        "AWS::EC2::Instance",
        "IamInstanceProfile",
        "ec2.amazonaws.com",
    ),
    runs("aws_spot_instance_request", "iam_instance_profile", "-", "", "ec2.amazonaws.com"),
    runs(
        "aws_launch_configuration",
        "iam_instance_profile",
        "AWS::AutoScaling::LaunchConfiguration",
        "IamInstanceProfile",
        "ec2.amazonaws.com",
    ),
    runs(
        "aws_launch_template",
        "iam_instance_profile.name",
        "AWS::EC2::LaunchTemplate",
        "LaunchTemplateData.IamInstanceProfile.Name",
        "ec2.amazonaws.com",
    ),
    runs(
        "aws_launch_template",
        "iam_instance_profile.arn",
        "AWS::EC2::LaunchTemplate",
        "LaunchTemplateData.IamInstanceProfile.Arn",
        "ec2.amazonaws.com",
    ),
    runs(
        "aws_ecs_task_definition",
        "task_role_arn",
        "AWS::ECS::TaskDefinition",
        "TaskRoleArn",
        "ecs-tasks.amazonaws.com",
    ),
    runs(
        "aws_ecs_task_definition",
        "execution_role_arn",
        "AWS::ECS::TaskDefinition",
        "ExecutionRoleArn",
        "ecs-tasks.amazonaws.com",
    ),
    runs(
        "aws_codebuild_project",
        "service_role",
        "AWS::CodeBuild::Project",
        "ServiceRole",
        "codebuild.amazonaws.com",
    ),
    runs(
        "aws_codepipeline",
        "role_arn",
        "AWS::CodePipeline::Pipeline",
        "RoleArn",
        "codepipeline.amazonaws.com",
    ),
    runs(
        "aws_codedeploy_deployment_group",
        "service_role_arn",
        "AWS::CodeDeploy::DeploymentGroup",
        "ServiceRoleArn",
        "codedeploy.amazonaws.com",
    ),
    runs("aws_cloudformation_stack", "iam_role_arn", "-", "", "cloudformation.amazonaws.com"),
    runs("aws_glue_job", "role_arn", "AWS::Glue::Job", "Role", "glue.amazonaws.com"),
    runs("aws_glue_crawler", "role", "AWS::Glue::Crawler", "Role", "glue.amazonaws.com"),
    runs("aws_glue_dev_endpoint", "role_arn", "AWS::Glue::DevEndpoint", "RoleArn", "glue.amazonaws.com"),
    runs(
        "aws_sagemaker_notebook_instance",
        "role_arn",
        "AWS::SageMaker::NotebookInstance",
        "RoleArn",
        "sagemaker.amazonaws.com",
    ),
    runs(
        "aws_sagemaker_model",
        "execution_role_arn",
        "AWS::SageMaker::Model",
        "ExecutionRoleArn",
        "sagemaker.amazonaws.com",
    ),
    runs(
        "aws_sagemaker_domain",
        "default_user_settings.execution_role",
        "AWS::SageMaker::Domain",
        "DefaultUserSettings.ExecutionRole",
        "sagemaker.amazonaws.com",
    ),
    runs(
        "aws_sfn_state_machine",
        "role_arn",
        "AWS::StepFunctions::StateMachine",
        "RoleArn",
        "states.amazonaws.com",
    ),
    runs(
        "aws_datapipeline_pipeline_definition",
        "-",
        "AWS::DataPipeline::Pipeline",
        "-",
        "datapipeline.amazonaws.com",
    ),
    runs(
        "aws_emr_cluster",
        "service_role",
        "AWS::EMR::Cluster",
        "ServiceRole",
        "elasticmapreduce.amazonaws.com",
    ),
    runs(
        "aws_emr_cluster",
        "ec2_attributes.instance_profile",
        "AWS::EMR::Cluster",
        "JobFlowRole",
        "ec2.amazonaws.com",
    ),
    runs(
        "aws_batch_job_definition",
        "container_properties.jobRoleArn",
        "AWS::Batch::JobDefinition",
        "ContainerProperties.JobRoleArn",
        "ecs-tasks.amazonaws.com",
    ),
    runs("aws_eks_cluster", "role_arn", "AWS::EKS::Cluster", "RoleArn", "eks.amazonaws.com"),
    runs("aws_eks_node_group", "node_role_arn", "AWS::EKS::Nodegroup", "NodeRole", "ec2.amazonaws.com"),
    runs(
        "aws_eks_fargate_profile",
        "pod_execution_role_arn",
        "AWS::EKS::FargateProfile",
        "PodExecutionRoleArn",
        "eks-fargate-pods.amazonaws.com",
    ),
    runs(
        "aws_eks_pod_identity_association",
        "role_arn",
        "AWS::EKS::PodIdentityAssociation",
        "RoleArn",
        "pods.eks.amazonaws.com",
    ),
    runs(
        "aws_apprunner_service",
        "instance_configuration.instance_role_arn",
        "AWS::AppRunner::Service",
        "InstanceConfiguration.InstanceRoleArn",
        "tasks.apprunner.amazonaws.com",
    ),
    runs(
        "aws_bedrockagent_agent",
        "agent_resource_role_arn",
        "AWS::Bedrock::Agent",
        "AgentResourceRoleArn",
        "bedrock.amazonaws.com",
    ),
    runs(
        "aws_bedrockagentcore_agent_runtime",
        "role_arn",
        "AWS::BedrockAgentCore::Runtime",
        "RoleArn",
        "bedrock-agentcore.amazonaws.com",
    ),
    runs(
        "aws_scheduler_schedule",
        "target.role_arn",
        "AWS::Scheduler::Schedule",
        "Target.RoleArn",
        "scheduler.amazonaws.com",
    ),
    runs(
        "aws_cloudwatch_event_target",
        "role_arn",
        "AWS::Events::Rule",
        "Targets.RoleArn",
        "events.amazonaws.com",
    ),
    runs("aws_transfer_user", "role", "AWS::Transfer::User", "Role", "transfer.amazonaws.com"),
    runs(
        "aws_ssm_maintenance_window_task",
        "service_role_arn",
        "AWS::SSM::MaintenanceWindowTask",
        "ServiceRoleArn",
        "ssm.amazonaws.com",
    ),
    runs(
        "aws_mwaa_environment",
        "execution_role_arn",
        "AWS::MWAA::Environment",
        "ExecutionRoleArn",
        "airflow.amazonaws.com",
    ),
];

/// A Terraform resource that gives a policy to somebody.
pub(in crate::check::read) struct Gives {
    pub(in crate::check::read) terraform: &'static str,
    /// Whose name or names stand where.
    pub(in crate::check::read) to: &'static [(Kind, &'static str)],
    /// The attribute with the document or the ARN.
    pub(in crate::check::read) policy: &'static str,
    pub(in crate::check::read) inline: bool,
}

const fn gives(
    terraform: &'static str,
    to: &'static [(Kind, &'static str)],
    policy: &'static str,
    inline: bool,
) -> Gives {
    Gives { terraform, to, policy, inline }
}

pub(in crate::check::read) const GIVES: &[Gives] = &[
    gives("aws_iam_role_policy", &[(Kind::Role, "role")], "policy", true),
    gives("aws_iam_user_policy", &[(Kind::User, "user")], "policy", true),
    gives("aws_iam_group_policy", &[(Kind::Group, "group")], "policy", true),
    gives("aws_iam_role_policy_attachment", &[(Kind::Role, "role")], "policy_arn", false),
    gives("aws_iam_user_policy_attachment", &[(Kind::User, "user")], "policy_arn", false),
    gives("aws_iam_group_policy_attachment", &[(Kind::Group, "group")], "policy_arn", false),
    gives("aws_iam_role_policy_attachments_exclusive", &[(Kind::Role, "role_name")], "policy_arns", false),
    gives("aws_iam_user_policy_attachments_exclusive", &[(Kind::User, "user_name")], "policy_arns", false),
    // Whoever is assigned a permission set gets a role with its policies.
    gives(
        "aws_ssoadmin_managed_policy_attachment",
        &[(Kind::Role, "permission_set_arn")],
        "managed_policy_arn",
        false,
    ),
    gives("aws_iam_group_policy_attachments_exclusive", &[(Kind::Group, "group_name")], "policy_arns", false),
    gives(
        "aws_iam_policy_attachment",
        &[(Kind::Role, "roles"), (Kind::User, "users"), (Kind::Group, "groups")],
        "policy_arn",
        false,
    ),
];
