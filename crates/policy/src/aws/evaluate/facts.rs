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
const RESOURCE_MUST_ALLOW: [&str; 3] = ["kms", "sts", "vpc-lattice-svcs"];

/// "For authorization to succeed, both auth policies and identity-based policies need to have explicit allow statements",
/// whose account the service is in,
/// <https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html>.
const BOTH_MUST_ALLOW: [&str; 1] = ["vpc-lattice-svcs"];

/// What the policy of a resource cannot keep its account's root user from: of buckets by the page on
/// [`PutBucketPolicy`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html); "edit or delete an
/// Amazon SQS resource-based policy that denies all principals",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html>.
const LEFT_TO_ROOT: [&str; 4] =
    ["s3:deletebucketpolicy", "s3:getbucketpolicy", "s3:putbucketpolicy", "sqs:setqueueattributes"];

/// "With gateway endpoints, the `Principal` element must be set to `*`",
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>. These services have gateway
/// endpoints; whether the endpoint is one is not known.
const WITH_GATEWAY_ENDPOINTS: [&str; 3] = ["dynamodb", "s3", "s3express"];

/// What the policies of a service's resources grant to principals of other accounts.
enum Across {
    /// These actions.
    Only(&'static [&'static str]),
    /// All but these.
    AllBut(&'static [&'static str]),
}

/// What the policies of a service's resources grant to principals of other accounts, where it is not everything.
const ACROSS_ACCOUNTS: [(&str, Across); 3] = [
    // "Cross-account permission is effective only for the following operations. […] If you give a user in a different
    // account permission for other operations, those permissions have no effect",
    // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html; the
    // cryptographic operations by the permissions that they need.
    (
        "kms",
        Across::Only(&[
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
        ]),
    ),
    // "… the calling identity must both have the `PutBucketPolicy` permissions on the specified bucket and belong to the
    // bucket owner's account", https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html, and so on the
    // pages of the other two.
    ("s3", Across::AllBut(&["deletebucketpolicy", "getbucketpolicy", "putbucketpolicy"])),
    // "Cross-account permissions don't apply to the following actions",
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
    (
        "sqs",
        Across::AllBut(&[
            "addpermission",
            "cancelmessagemovetask",
            "createqueue",
            "deletequeue",
            "listmessagemovetask",
            "listqueues",
            "listqueuetags",
            "removepermission",
            "setqueueattributes",
            "startmessagemovetask",
            "tagqueue",
            "untagqueue",
        ]),
    ),
];

/// What the policies of a service's resources can grant at all, to whomever; of other services that is everything. Each
/// is what the name of an action begins with.
const GRANTED_BY_RESOURCES: [(&str, &[&str]); 2] = [
    // "In resource-based policies, the `es:*` action is equivalent to `es:ESHttp*`. […] Accessing the configuration API
    // requires an identity-based policy", "with the exception of cross-cluster search",
    // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html
    ("es", &["eshttp", "escrossclusterget"]),
    // "Access to bucket-level actions can be granted in only IAM identity-based policies (user or role) and not bucket
    // policies", https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html
    ("s3express", &["createsession"]),
];

/// "Anonymous caller (Amazon SQS, Amazon SNS, and Amazon S3 only)",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>.
const WITH_ANONYMOUS_CALLERS: [&str; 3] = ["s3", "sns", "sqs"];

/// Others that need no credentials, by what the names of their actions begin with.
const ALSO_ANONYMOUS: [&str; 6] = [
    // "The default policy […] grants full access to any anonymous client that can connect to the file system",
    // https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    "elasticfilesystem:client",
    // "IP-based policies […] specify an anonymous principal" and "allow unsigned requests",
    // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html#ac-types-ip
    "es:eshttp",
    // "No authentication type is defined for the API. Evaluation of the policy involves seeking an explicit allow",
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    "execute-api:invoke",
    // A function URL whose `AuthType` is `NONE`; the second with `lambda:InvokedViaFunctionUrl`,
    // https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    "lambda:invokefunctionurl",
    "lambda:invokefunction",
    // "Anonymous principals can make unauthenticated requests to services in the service network if an auth policy
    // allows it", https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
    "vpc-lattice-svcs:invoke",
];

/// Whether the policy of a resource can grant `action`, which is in lower case, to principals of other accounts.
pub fn crosses_accounts(action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    match ACROSS_ACCOUNTS.iter().find(|(of, _)| *of == service) {
        Some((_, Across::Only(names))) => names.contains(&name),
        Some((_, Across::AllBut(names))) => !names.contains(&name),
        None => true,
    }
}

/// Whether the policy of a resource can grant `action`, which is in lower case, to anybody.
pub fn is_granted_by_resources(action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    let row = GRANTED_BY_RESOURCES.iter().find(|(of, _)| *of == service);
    row.is_none_or(|(_, granted)| granted.iter().any(|begin| name.starts_with(begin)))
}

/// "The `kms:RetireGrant` permission is not effective in a key policy",
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html>.
pub(super) fn is_left_to_grants(action: &str) -> bool {
    action == "kms:retiregrant"
}

/// Whether anybody may ask for `action`, which is in lower case, without credentials.
pub fn takes_anonymous(action: &str) -> bool {
    WITH_ANONYMOUS_CALLERS.contains(&service(action))
        || ALSO_ANONYMOUS.iter().any(|begin| action.starts_with(begin))
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

/// Whether identity policy and resource policy must both allow `action`, also within the account.
pub(super) fn both_must_allow(action: &str) -> bool {
    BOTH_MUST_ALLOW.contains(&service(action))
}

/// Whether no policy of the resource denies `action` to the root user of its account.
pub(super) fn is_left_to_root(action: &str) -> bool {
    LEFT_TO_ROOT.contains(&action)
}

/// Whether the endpoint for `action` may be a gateway endpoint.
pub(super) fn may_pass_gateway_endpoint(action: &str) -> bool {
    WITH_GATEWAY_ENDPOINTS.contains(&service(action))
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or(action)
}
