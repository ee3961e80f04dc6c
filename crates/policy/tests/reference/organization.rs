//! Whom and what an organisation's policies govern.

use super::case::Case;
use super::world::{Caller, World};

/// The services on which resource control policies have an effect, by the prefixes of their actions.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services>
const WITH_RESOURCE_CONTROL: &[&str] = &[
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "cognito-identity",
    "cognito-idp",
    "logs",
    "dynamodb",
    "appconfig",
    "appstream",
    "autoscaling",
    "codebuild",
    "codecommit",
    "comprehend",
    "comprehendmedical",
    "dax",
    "ecr",
    "health",
    "kinesisvideo",
    "aoss",
    "signin",
    "support",
    "textract",
    "transcribe",
    "translate",
];

/// "SCPs affect all users and roles in attached accounts, including the root user", not those of the management account
/// and not service-linked roles.
pub(crate) fn governs_principal(case: &Case, world: &World) -> bool {
    match world.caller {
        Caller::Service
        | Caller::Provider
        | Caller::Anonymous
        | Caller::Role { service_linked: true, .. } => false,
        _ => case.management("scp") != Some(&world.account),
    }
}

/// "RCPs affect only resources in member accounts", whoever asks, save service-linked roles; of some services; not
/// `kms:RetireGrant`. They "apply to the resources that are authorized as part of an operation request", so not to an
/// action that has none; but only the catalogue knows that of an action, and a question about `*` may leave the resource
/// open, so they are asked all the same.
pub(crate) fn governs_resource(case: &Case, world: &World, owner: &str) -> bool {
    let action = case.action().to_ascii_lowercase();
    let service = action.split(':').next().unwrap_or("");
    let service_linked = matches!(world.caller, Caller::Role { service_linked: true, .. });
    // "RCPs also do not impact AWS services' ability to assume a service-linked role."
    let lent = world.caller == Caller::Service && case.resource().contains(":role/aws-service-role/");
    WITH_RESOURCE_CONTROL.contains(&service)
        && !lent
        && action != "kms:retiregrant"
        && !service_linked
        && case.management("rcp") != Some(owner)
}
