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

/// "Cross-account permission is effective only for the following operations. […] If you give a user in a different
/// account permission for other operations, those permissions have no effect",
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html>; the
/// cryptographic operations by the permissions that they need.
const OF_KEYS_ACROSS_ACCOUNTS: [&str; 20] = [
    "creategrant",
    "decrypt",
    "derivesharedsecret",
    "describekey",
    "encrypt",
    "generatedatakey",
    "generatedatakeypair",
    "generatedatakeypairwithoutplaintext",
    "generatedatakeywithoutplaintext",
    "generatemac",
    "getkeyrotationstatus",
    "getpublickey",
    "listgrants",
    "reencryptfrom",
    "reencryptto",
    "retiregrant",
    "revokegrant",
    "sign",
    "verify",
    "verifymac",
];

/// "Anonymous caller (Amazon SQS, Amazon SNS, and Amazon S3 only)",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>.
const WITH_ANONYMOUS_CALLERS: [&str; 3] = ["s3", "sns", "sqs"];

/// Others that need no credentials: a function URL whose `AuthType` is `NONE`,
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>.
const ALSO_ANONYMOUS: [&str; 1] = ["lambda:invokefunctionurl"];

/// Whether `action` on a key has an effect for principals of other accounts.
pub(super) fn crosses_accounts(action: &str) -> bool {
    action.strip_prefix("kms:").is_none_or(|name| OF_KEYS_ACROSS_ACCOUNTS.contains(&name))
}

/// "The `kms:RetireGrant` permission is not effective in a key policy",
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html>.
pub(super) fn is_left_to_grants(action: &str) -> bool {
    action == "kms:retiregrant"
}

/// Whether anybody may ask for `action`, which is in lower case, without credentials.
pub fn takes_anonymous(action: &str) -> bool {
    WITH_ANONYMOUS_CALLERS.contains(&service(action)) || ALSO_ANONYMOUS.contains(&action)
}

/// Whether `action` is one of S3, whose buckets have a public access block.
pub(super) fn is_of_buckets(action: &str) -> bool {
    service(action) == "s3"
}

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
