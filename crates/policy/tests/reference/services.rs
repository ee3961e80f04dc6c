//! What single services say of their resources' policies, each by its own page.

use super::case::Case;
use super::grants;
use super::world::{Caller, World};

/// Whether what the policy of the resource allows has an effect on this caller.
pub(crate) fn counts(case: &Case, world: &World, owner: &str) -> bool {
    let action = case.action().to_ascii_lowercase();
    let of_another = !world.account.is_empty() && world.caller != Caller::Provider && world.account != owner;
    match world.caller {
        Caller::Anonymous => takes_anonymous(&action),
        _ => is_granted(&action) && same_partition(case, world) && (!of_another || crosses_accounts(&action)),
    }
}

/// "Anonymous caller (Amazon SQS, Amazon SNS, and Amazon S3 only)": the table "Principal key values" of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>; and the services whose own pages
/// speak of callers who sign nothing:
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>,
/// <https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html>,
/// <https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html>,
/// <https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html>.
fn takes_anonymous(action: &str) -> bool {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    match service {
        "sqs" | "sns" | "s3" => true,
        "lambda" => name == "invokefunctionurl" || name == "invokefunction",
        "execute-api" | "vpc-lattice-svcs" => name == "invoke",
        "es" => name.starts_with("eshttp"),
        "elasticfilesystem" => ["clientmount", "clientwrite", "clientrootaccess"].contains(&name),
        _ => false,
    }
}

/// "In resource-based policies, the `es:*` action is equivalent to `es:ESHttp*`"; "access to bucket-level actions can be
/// granted in only IAM identity-based policies (user or role) and not bucket policies":
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html>.
fn is_granted(action: &str) -> bool {
    if action.starts_with("s3express:") {
        return action == "s3express:createsession";
    }
    !action.starts_with("es:") || action.starts_with("es:eshttp") || action == "es:escrossclusterget"
}

fn crosses_accounts(action: &str) -> bool {
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
    const OF_QUEUES: &[&str] = &[
        "sqs:changemessagevisibility",
        "sqs:deletemessage",
        "sqs:getqueueattributes",
        "sqs:getqueueurl",
        "sqs:listdeadlettersourcequeues",
        "sqs:purgequeue",
        "sqs:receivemessage",
        "sqs:sendmessage",
    ];
    // "… and belong to the bucket owner's account": https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    let of_bucket_policy = action.starts_with("s3:") && action.ends_with("bucketpolicy");
    let of_queue = !action.starts_with("sqs:") || OF_QUEUES.contains(&action);
    grants::crosses_accounts(action) && of_queue && !of_bucket_policy
}

/// "IAM roles and resource-based policies delegate access across accounts only within a single partition":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-cross-account-resource-access.html>.
pub(crate) fn same_partition(case: &Case, world: &World) -> bool {
    let partition =
        |arn: &str| arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next().map(str::to_owned));
    match (partition(case.resource()), partition(&world.arn)) {
        (Some(resource), Some(caller)) => resource == caller,
        _ => true,
    }
}

/// "For authorization to succeed, both auth policies and identity-based policies need to have explicit allow statements":
/// <https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html>.
pub(crate) fn both_must_allow(case: &Case) -> bool {
    case.action().to_ascii_lowercase().starts_with("vpc-lattice-svcs:") && case.text("owner").is_some()
}

/// "The root principal in a bucket owner's AWS account can perform the `GetBucketPolicy`, `PutBucketPolicy`, and
/// `DeleteBucketPolicy` API actions, even if their bucket policy explicitly denies the root principal's access":
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>; "edit or delete an Amazon SQS resource-based
/// policy that denies all principals": <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html>.
pub(crate) fn spares_root(case: &Case, world: &World, owner: &str) -> bool {
    let action = case.action().to_ascii_lowercase();
    let of_bucket = ["s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"].contains(&&*action);
    let own = world.caller == Caller::Root && world.account == owner && same_partition(case, world);
    own && (of_bucket || action == "sqs:setqueueattributes")
}
