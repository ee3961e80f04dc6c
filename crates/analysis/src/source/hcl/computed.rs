//! Attributes that AWS assigns and that follow from what is written: ARNs above all.
//!
//! The account is not known before deployment; one number stands for it everywhere, so that ARNs within one set of
//! files match each other.

use super::eval::{Scope, as_text, text};
use super::machine::Machine;
use super::syntax::Block;
use crate::source::{Node, Value, hole};

struct Facts {
    /// Of resources and of the data of the same name.
    kind: &'static str,
    /// `{x}` is the attribute `x`, `{x?y}` with `y` when it is not written.
    arn: &'static str,
    /// What `id` is: an attribute, or `arn`.
    id: &'static str,
}

const fn row(kind: &'static str, arn: &'static str, id: &'static str) -> Facts {
    Facts { kind, arn, id }
}

const FACTS: &[Facts] = &[
    row("aws_iam_role", "arn:aws:iam::{account}:role{path?/}{name}", "name"),
    row("aws_iam_user", "arn:aws:iam::{account}:user{path?/}{name}", "name"),
    row("aws_iam_group", "arn:aws:iam::{account}:group{path?/}{name}", "name"),
    row("aws_iam_policy", "arn:aws:iam::{account}:policy{path?/}{name}", "arn"),
    row("aws_iam_instance_profile", "arn:aws:iam::{account}:instance-profile{path?/}{name}", "name"),
    row("aws_iam_openid_connect_provider", "arn:aws:iam::{account}:oidc-provider/{url}", "arn"),
    row("aws_iam_saml_provider", "arn:aws:iam::{account}:saml-provider/{name}", "arn"),
    row("aws_s3_bucket", "arn:aws:s3:::{bucket}", "bucket"),
    row("aws_sqs_queue", "arn:aws:sqs:{region}:{account}:{name}", "-"),
    row("aws_sns_topic", "arn:aws:sns:{region}:{account}:{name}", "arn"),
    row("aws_dynamodb_table", "arn:aws:dynamodb:{region}:{account}:table/{name}", "name"),
    row("aws_lambda_function", "arn:aws:lambda:{region}:{account}:function:{function_name}", "function_name"),
    row("aws_kinesis_stream", "arn:aws:kinesis:{region}:{account}:stream/{name}", "arn"),
    row("aws_cloudwatch_log_group", "arn:aws:logs:{region}:{account}:log-group:{name}", "name"),
    row("aws_ecr_repository", "arn:aws:ecr:{region}:{account}:repository/{name}", "name"),
    row("aws_ecs_cluster", "arn:aws:ecs:{region}:{account}:cluster/{name}", "arn"),
    row("aws_eks_cluster", "arn:aws:eks:{region}:{account}:cluster/{name}", "name"),
    row("aws_codebuild_project", "arn:aws:codebuild:{region}:{account}:project/{name}", "arn"),
    row("aws_codepipeline", "arn:aws:codepipeline:{region}:{account}:{name}", "name"),
    row("aws_sfn_state_machine", "arn:aws:states:{region}:{account}:stateMachine:{name}", "arn"),
    row("aws_glue_job", "arn:aws:glue:{region}:{account}:job/{name}", "name"),
    row("aws_cloudwatch_event_bus", "arn:aws:events:{region}:{account}:event-bus/{name}", "name"),
    row("aws_cloudwatch_event_rule", "arn:aws:events:{region}:{account}:rule/{name}", "name"),
    row("aws_ssm_parameter", "arn:aws:ssm:{region}:{account}:parameter{name}", "name"),
    row("aws_cloudtrail", "arn:aws:cloudtrail:{region}:{account}:trail/{name}", "name"),
    row("aws_backup_vault", "arn:aws:backup:{region}:{account}:backup-vault:{name}", "name"),
    row("aws_instance", "arn:aws:ec2:{region}:{account}:instance/{id}", "-"),
    row("aws_vpc", "arn:aws:ec2:{region}:{account}:vpc/{id}", "-"),
    row("aws_subnet", "arn:aws:ec2:{region}:{account}:subnet/{id}", "-"),
    row("aws_security_group", "arn:aws:ec2:{region}:{account}:security-group/{id}", "-"),
    row("aws_ebs_volume", "arn:aws:ec2:{region}:{account}:volume/{id}", "-"),
    row("aws_launch_template", "arn:aws:ec2:{region}:{account}:launch-template/{id}", "-"),
    row("aws_db_instance", "arn:aws:rds:{region}:{account}:db:{identifier}", "-"),
    row(
        "aws_rds_cluster",
        "arn:aws:rds:{region}:{account}:cluster:{cluster_identifier}",
        "cluster_identifier",
    ),
    row("aws_efs_file_system", "arn:aws:elasticfilesystem:{region}:{account}:file-system/{id}", "-"),
    row(
        "aws_sagemaker_notebook_instance",
        "arn:aws:sagemaker:{region}:{account}:notebook-instance/{name}",
        "name",
    ),
    row("aws_bedrockagent_agent", "arn:aws:bedrock:{region}:{account}:agent/{agent_id}", "-"),
    row("aws_cloudformation_stack", "arn:aws:cloudformation:{region}:{account}:stack/{name}/{id}", "-"),
    row("aws_kms_key", "arn:aws:kms:{region}:{account}:key/{key_id}", "-"),
    row("aws_secretsmanager_secret", "arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????", "arn"),
];

/// What data of AWS says that is known without asking, and what stands for it.
const DATA: &[(&str, &str, &str)] = &[
    ("data.azurerm_subscription.", "id", "/subscriptions/00000000-0000-0000-0000-000000000000"),
    ("data.aws_partition.", "partition", "aws"),
    ("data.aws_partition.", "id", "aws"),
    ("data.aws_partition.", "dns_suffix", "amazonaws.com"),
    ("data.aws_partition.", "reverse_dns_prefix", "com.amazonaws"),
];

/// Whether the name of such a resource stands for it.
pub(super) fn is_named(address: &str, name: &str) -> bool {
    name == "name" && address.strip_prefix("data.").unwrap_or(address).starts_with("aws_iam_")
}

/// The attribute, when it follows from what is written or stands for what nobody knows.
pub(super) fn attribute(
    machine: &mut Machine<'_>,
    address: &str,
    block: &Block,
    scope: &Scope<'_>,
    name: &str,
) -> Option<Node> {
    let at = block.at;
    if address.starts_with("data.aws_caller_identity.") && matches!(name, "account_id" | "id") {
        return Some(text(at, &*machine.account));
    }
    if let Some((.., value)) = DATA.iter().find(|(data, key, _)| address.starts_with(data) && *key == name) {
        return Some(text(at, *value));
    }
    if address.starts_with("data.aws_region.") && matches!(name, "name" | "id" | "region") {
        return Some(text(at, region(machine)));
    }
    if address.starts_with("data.aws_caller_identity.") && name == "arn" {
        // Whoever deploys: somebody of the account.
        return Some(text(
            at,
            format!("arn:aws:iam::{}:user/{}", machine.account, hole(&format!("{address}.arn"))),
        ));
    }
    if address.starts_with("data.aws_iam_policy.") && matches!(name, "arn" | "id") {
        let wanted = written(machine, address, block, scope, "name")?;
        if let Some(known) = leastwise_catalog::managed_policies().find(|policy| *policy.name == *wanted) {
            return Some(text(at, format!("arn:aws:iam::aws:policy{}{wanted}", known.path)));
        }
    }
    // Whoever names a role looks its id up by it.
    if address.starts_with("data.azurerm_role_definition.") && matches!(name, "id" | "role_definition_id") {
        return written(machine, address, block, scope, "name").map(|role| text(at, role));
    }
    let kind = address.strip_prefix("data.").unwrap_or(address).split('.').next()?;
    let Some(facts) = FACTS.iter().find(|facts| facts.kind == kind) else {
        return unheard(machine, address, kind, name).map(|value| text(at, value));
    };
    match (name, facts.id) {
        ("arn", _) | ("id", "arn") => Some(text(at, arn(machine, address, block, scope, facts))),
        ("id", "-") => Some(text(at, hole(&format!("{}{address}.id", machine.prefix)))),
        ("id", id) => Some(text(at, written(machine, address, block, scope, id)?)),
        ("name", _) if is_named(address, name) => {
            Some(text(at, hole(&format!("{}{address}.name", machine.prefix))))
        }
        _ => None,
    }
}

/// The provider's region; one that is not known is the same wherever it is used.
pub(super) fn region(machine: &mut Machine<'_>) -> String {
    machine.region().as_ref().and_then(as_text).unwrap_or_else(|| hole("region"))
}

/// What every resource of AWS has, whatever it is: an id, and mostly an ARN of this form.
fn unheard(machine: &Machine<'_>, address: &str, kind: &str, name: &str) -> Option<String> {
    let service = kind.strip_prefix("aws_")?;
    let id = hole(&format!("{}{address}.id", machine.prefix));
    match name {
        "id" => Some(id),
        "arn" => Some(format!("arn:aws:{}:{}:{}:{id}", hole(service), hole("region"), machine.account)),
        _ => None,
    }
}

fn arn(machine: &mut Machine<'_>, address: &str, block: &Block, scope: &Scope<'_>, facts: &Facts) -> String {
    filled(facts.arn, |name| {
        let value = match name {
            "account" => Some(machine.account.to_string()),
            "region" => Some(region(machine)),
            name => written(machine, address, block, scope, name),
        };
        value.ok_or_else(|| hole(&format!("{}{address}.{name}", machine.prefix)))
    })
}

/// A template of an ARN with its attributes filled in: `{x}`, or `{x?y}` with `y` when it is not written. What is
/// neither is what the error says.
pub fn filled(template: &str, mut attribute: impl FnMut(&str) -> Result<String, String>) -> String {
    let mut out = String::new();
    for (index, piece) in template.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            out.push_str(piece);
            continue;
        }
        let (name, default) = piece.split_once('?').unwrap_or((piece, ""));
        let value = attribute(name).unwrap_or_else(|missing| match default {
            "" => missing,
            default => default.to_owned(),
        });
        // An identity provider's ARN has its address without the scheme.
        out.push_str(if name.eq_ignore_ascii_case("url") {
            value.trim_start_matches("https://")
        } else {
            &value
        });
    }
    out
}

/// The template of the ARN that resources of this type have.
pub fn arn_template(kind: &str) -> Option<&'static str> {
    FACTS.iter().find(|facts| facts.kind == kind).map(|facts| facts.arn)
}

fn written(
    machine: &mut Machine<'_>,
    address: &str,
    block: &Block,
    scope: &Scope<'_>,
    name: &str,
) -> Option<String> {
    let value = &block.body.attribute(name)?.value;
    let node = machine.eval(value, scope);
    match &node.value {
        Value::Null => None,
        Value::Unknown(_) => Some(hole(&format!("{}{address}.{name}", machine.prefix))),
        _ => as_text(&node),
    }
}
