//! What stands beside the policies and is not modelled, or only in part: access points and access control lists of S3.
//! What is left open is said, or refused.

use leastwise_catalog::Action;
use leastwise_policy::arn::Arn;
use leastwise_policy::aws::evaluate::{
    ANONYMOUS, PolicySet, crosses_accounts, is_granted_by_resources, takes_anonymous,
};
use leastwise_policy::aws::{
    Comparison, Condition, Effect, Named, Policy, PrincipalBlock, PrincipalSet, Statement,
};

use super::super::world::World;
use super::{Ask, Owner, Who, grants};
use crate::cli::simulate::ObjectOwnership;
use crate::error::{Error, Result};

/// The actions that access control lists can allow: "Mapping of ACL permissions and access policy permissions" of
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>.
const BY_ACCESS_CONTROL_LISTS: [&str; 14] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetBucketAcl",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAcl",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
    "s3:PutBucketAcl",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
];

/// The calls that fail with a public access control list under `BlockPublicAcls`.
const SETTING_ACCESS_CONTROL_LISTS: [&str; 4] =
    ["s3:PutBucketAcl", "s3:PutObject", "s3:PutObjectAcl", "s3:CreateBucket"];

/// The calls that fail with a public policy under `BlockPublicPolicy`.
const SETTING_POLICIES: [&str; 2] = ["s3:PutAccessPointPolicy", "s3:PutBucketPolicy"];

/// Buckets and objects, of which an action on an access point that is about them asks too.
const OF_BUCKETS: [&str; 5] = [
    "arn:aws:s3:::bucket",
    "arn:aws:s3:::bucket/key",
    "arn:aws:s3express:eu-west-1:111122223333:bucket/bucket--euw1-az1--x-s3",
    "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-1/bucket/bucket",
    "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-1/bucket/bucket/object/key",
];

/// What no policy decides: "permissions are not required", even where "an administrator attaches a policy […] that
/// explicitly denies" it, <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>; "it has no
/// effect on a user's ability to perform the `GetSessionToken` operation",
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>, which is
/// for users alone.
pub(super) fn needs_no_permission(action: &str, who: &Who<'_>) -> bool {
    match action {
        "sts:GetCallerIdentity" => who.account().is_some(),
        "sts:GetSessionToken" => who.account().is_some() && !who.arn.contains(":role/"),
        _ => false,
    }
}

/// "You cannot call `AssumeRole` by using AWS account root user credentials; access is denied",
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>; "you cannot use root user credentials to call
/// `sts:AssumeRoot`", <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>.
pub(super) fn refuse_root(action: &str, who: &Who<'_>) -> Result<()> {
    if matches!(action, "sts:AssumeRole" | "sts:AssumeRoot") && who.arn.ends_with(":root") {
        return Err(Error::input(format!("the root user cannot call {action}"))
            .hint("whatever the policies say, AWS denies it: ask for a user or a role"));
    }
    Ok(())
}

/// All that decides on it.
pub(super) fn no_permission(action: &str) -> PolicySet {
    let statement = Statement::allow([action], ["*"]);
    let identity = vec![Named::new("no permission is needed", Policy::new(vec![statement]))];
    PolicySet { identity, ..PolicySet::default() }
}

/// "You must sign in via a management account or a delegated administrator account", and "centralized root access" must be
/// on, which no policy says: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html>.
pub(super) fn central_root_access(action: &str) -> Option<Named<Policy>> {
    (action == "sts:AssumeRoot").then(|| {
        let said = Condition::new(Comparison::StringEquals, "leastwise:CentralRootAccess", ["true"]);
        let mut statement = Statement::new(Effect::Allow, [action], ["*"]).with_condition(said);
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        Named::new("centralized root access", Policy::new(vec![statement]))
    })
}

/// What no policy of the resource grants, so that nobody looks for a mistake in it.
pub(super) fn note_reach(action: &str, who: &Who<'_>, owner: &Owner, assumed: &mut Vec<String>) {
    let folded = action.to_ascii_lowercase();
    let is_other = matches!((who.account(), owner), (Some(own), Owner::Account(owner)) if own != owner);
    if !is_granted_by_resources(&folded) {
        assumed.push(format!("identity policies alone grant `{action}`, not the policy of the resource"));
    } else if is_other && !crosses_accounts(&folded) {
        assumed.push(format!("no policy of the resource grants `{action}` to another account"));
    }
}

/// Whether principal and resource are in different partitions.
pub(super) fn is_abroad(who: &Who<'_>, ask: &Ask) -> bool {
    let partitions = (Arn::parse(&who.arn), Arn::parse(&ask.resource));
    let (Some(own), Some(resource)) = partitions else { return false };
    let partition = resource.partition();
    !partition.contains(['*', '?']) && partition != own.partition()
}

impl World<'_> {
    /// "Both the access point and the underlying bucket must permit the request", and which bucket that is the ARN does not
    /// say: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>.
    pub(super) fn refuse_access_point(&self, action: Action<'_>, ask: &Ask) -> Result<()> {
        let Some(arn) = Arn::parse(&ask.resource) else { return Ok(()) };
        let is_access_point = arn.service().starts_with("s3")
            && (arn.resource().starts_with("accesspoint/") || arn.resource().contains("/accesspoint/"));
        let name = action.full_name();
        if is_access_point && OF_BUCKETS.iter().any(|bucket| self.catalog.supports(&name, bucket)) {
            return Err(Error::input(format!("`{}` is an access point", ask.resource)).hint(
                "both its policy and the bucket's must allow, which is not modelled: ask for the bucket with --resource-policy",
            ));
        }
        Ok(())
    }

    /// Where access control lists have an effect, what they allow is not known.
    pub(super) fn access_control_lists(&self, action: &str) -> Option<Named<Policy>> {
        let enforced = self.object_ownership == ObjectOwnership::BucketOwnerEnforced;
        if enforced || !BY_ACCESS_CONTROL_LISTS.contains(&action) {
            return None;
        }
        let said = Condition::new(Comparison::StringEquals, "leastwise:AllowedByAcl", ["true"]);
        let mut statement = Statement::new(Effect::Allow, [action], ["*"]).with_condition(said);
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        Some(Named::new("access control lists", Policy::new(vec![statement])))
    }

    /// What else may stand in the way, or is not about the question.
    pub(super) fn note(&self, action: &str, who: &Who<'_>, ask: &Ask, assumed: &mut Vec<String>) {
        if who.arn == ANONYMOUS && !takes_anonymous(&action.to_ascii_lowercase()) {
            assumed.push(format!("`{action}` needs credentials"));
        }
        if is_abroad(who, ask) {
            assumed.push(format!(
                "`{}` is in another partition than the principal: nothing is granted from one to another",
                ask.resource
            ));
        }
        let has_policy = ask.resource_policy.is_some() || self.resource_policy.is_some();
        if action.starts_with("elasticfilesystem:Client") && !has_policy {
            assumed.push(
                "a file system without a policy lets in everybody who reaches it, with credentials or without"
                    .into(),
            );
        }
        let is_granted = || grants::on(&self.grants, &ask.resource).next().is_some();
        if action.starts_with("kms:") && !self.grants.is_empty() && !is_granted() {
            assumed.push(format!("no grant here is on `{}`", ask.resource));
        }
        let block = ask.public_access.or(self.public_access).unwrap_or_default();
        if block.block_public_acls && SETTING_ACCESS_CONTROL_LISTS.contains(&action) {
            assumed.push(
                "BlockPublicAcls is set: the call fails if it sets a public access control list".into(),
            );
        }
        if block.block_public_policy && SETTING_POLICIES.contains(&action) {
            assumed
                .push("BlockPublicPolicy is set: the call fails if the policy that it sets is public".into());
        }
        if action.starts_with("s3:") && self.object_ownership != ObjectOwnership::BucketOwnerEnforced {
            assumed.push(
                "the bucket's owner is taken as owner of its objects: of others the access control list must allow"
                    .into(),
            );
        }
    }
}
