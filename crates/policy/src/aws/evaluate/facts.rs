//! What services do differently, as tables with their sources.

/// The services whose resources a resource control policy limits, by the prefix of their actions. Read 2026-11-21 from
/// "List of AWS services that support RCPs",
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>; the page names products,
/// and of a product with several prefixes all are here.
const UNDER_RESOURCE_CONTROL: [&str; 27] = [
    "aoss",
    "appconfig",
    "appstream",
    "autoscaling",
    "codebuild",
    "codecommit",
    "cognito-identity",
    "cognito-idp",
    "cognito-sync",
    "comprehend",
    "comprehendmedical",
    "dax",
    "dynamodb",
    "ecr",
    "health",
    "kinesisvideo",
    "kms",
    "logs",
    "s3",
    "secretsmanager",
    "signin",
    "sqs",
    "sts",
    "support",
    "textract",
    "transcribe",
    "translate",
];

/// "RCPs do not impact the `kms:RetireGrant` permission", same page.
const NOT_UNDER_RESOURCE_CONTROL: [&str; 1] = ["kms:retiregrant"];

/// "IAM role trust policies and KMS key policies are exceptions to this logic, because they must explicitly allow
/// access for principals",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>.
const RESOURCE_MUST_ALLOW: [&str; 2] = ["kms", "sts"];

/// "With gateway endpoints, the `Principal` element must be set to `*`",
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>. These services have gateway
/// endpoints; whether the endpoint is one is not known.
const WITH_GATEWAY_ENDPOINTS: [&str; 3] = ["dynamodb", "s3", "s3express"];

/// Whether resource control policies are asked about `action`, which is in lower case.
pub(super) fn is_under_resource_control(action: &str) -> bool {
    UNDER_RESOURCE_CONTROL.contains(&service(action)) && !NOT_UNDER_RESOURCE_CONTROL.contains(&action)
}

/// Whether the policy of the resource must allow `action` even to principals of its own account.
pub(super) fn resource_must_allow(action: &str) -> bool {
    RESOURCE_MUST_ALLOW.contains(&service(action))
}

/// Whether the endpoint for `action` may be a gateway endpoint.
pub(super) fn may_pass_gateway_endpoint(action: &str) -> bool {
    WITH_GATEWAY_ENDPOINTS.contains(&service(action))
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or(action)
}
