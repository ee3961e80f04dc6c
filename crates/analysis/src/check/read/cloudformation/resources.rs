//! What resources are: principals, policies on them, what runs.

use leastwise_policy::aws::DocumentKind;

use super::{Declared, texts_at};
use crate::check::read::deployed::facts::{HOLDS, RUNS};
use crate::check::read::deployed::{Deployed, Kind, at_path, policy_named};
use crate::check::read::terraform::Permission;
use crate::source::cloudformation::as_text;
use crate::source::{Entry, Node, Value};

/// Types that are a policy of somebody who is named: kind, the property with the name.
const INLINE: [(&str, Kind, &str); 3] = [
    ("AWS::IAM::RolePolicy", Kind::Role, "RoleName"),
    ("AWS::IAM::UserPolicy", Kind::User, "UserName"),
    ("AWS::IAM::GroupPolicy", Kind::Group, "GroupName"),
];

/// Properties that name who gets a policy.
const HOLDERS: [(Kind, &str); 3] = [(Kind::Role, "Roles"), (Kind::User, "Users"), (Kind::Group, "Groups")];

pub(super) fn add(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    match declared.resource.kind {
        "AWS::IAM::Role" => principal(declared, Kind::Role, "RoleName", deployed),
        "AWS::IAM::User" => principal(declared, Kind::User, "UserName", deployed),
        "AWS::IAM::Group" => principal(declared, Kind::Group, "GroupName", deployed),
        "AWS::IAM::ManagedPolicy" => managed(declared, deployed),
        "AWS::IAM::Policy" => inline(declared, deployed),
        "AWS::IAM::InstanceProfile" => {
            for role in declared.texts("Roles") {
                deployed.profile(&declared.name("InstanceProfileName"), &role);
            }
        }
        "AWS::IAM::UserToGroupAddition" => {
            for (group, also) in declared.hanging("GroupName") {
                for (user, on) in declared.hanging("Users") {
                    let on = on.into_iter().chain(also.clone());
                    deployed.hanging(on, |deployed| deployed.join(&user, &group, declared.home()));
                }
            }
        }
        "AWS::IAM::AccessKey" => {
            deployed.access_key(&declared.text("UserName").unwrap_or_default(), declared.home());
        }
        "AWS::SSO::PermissionSet" => permission_set(declared, deployed),
        "AWS::Organizations::Policy" => of_organization(declared, deployed),
        "AWS::Lambda::Permission" => lambda_permission(declared, deployed),
        "AWS::Lambda::LayerVersionPermission" => layer_permission(declared, deployed),
        "AWS::Events::EventBusPolicy" => event_bus(declared, deployed),
        "AWS::Serverless::Api" => api(declared, deployed),
        _ => by_facts(declared, deployed),
    }
}

fn principal(declared: &Declared<'_, '_>, kind: Kind, name: &str, deployed: &mut Deployed) {
    let name = deployed.told_apart(declared.name(name));
    let inline = declared.named_documents(|properties| {
        let policies = properties.get("Policies").map(Node::one_or_many).unwrap_or_default().iter();
        let named = policies.filter_map(|policy| {
            let name = policy.get("PolicyName").and_then(as_text).unwrap_or_else(|| "policy".to_owned());
            Some((name, policy.get("PolicyDocument")?.one_or_many()))
        });
        named.flat_map(|(name, all)| all.iter().map(move |one| (name.clone(), one.clone()))).collect()
    });
    for (group, on) in declared.hanging("Groups") {
        deployed.hanging(on, |deployed| deployed.join(&name, &group, declared.home()));
    }
    let (trust, attached) =
        (declared.documents("AssumeRolePolicyDocument"), declared.texts("ManagedPolicyArns"));
    let (tags, boundaries) = (declared.tags(), declared.boundaries());
    let places = ["ManagedPolicyArns", "PermissionsBoundary"].map(|path| declared.places(path)).concat();
    let entity = deployed.entity(kind, name, declared.path(), declared.home());
    entity.trust = trust;
    entity.inline = inline;
    entity.sometimes = declared.sometimes("ManagedPolicyArns");
    entity.attached = attached;
    entity.tags = tags;
    entity.boundary = boundaries.first().cloned();
    entity.boundaries = boundaries;
    entity.places = places;
}

fn managed(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let arn = declared.template.arn(declared.resource.id).unwrap_or_else(|| declared.id.clone());
    for (kind, property) in HOLDERS {
        for (holder, on) in declared.hanging(property) {
            let home = declared.home();
            deployed.hanging(on, |deployed| deployed.attach(kind, &holder, arn.clone(), home));
        }
    }
    deployed.managed(arn, declared.name("ManagedPolicyName"), declared.documents("PolicyDocument"));
}

fn inline(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let mut is_held = false;
    for (kind, property) in HOLDERS {
        for (holder, on) in declared.hanging(property) {
            deployed.hanging(on, |deployed| give(declared, kind, &holder, deployed));
            is_held = true;
        }
    }
    if !is_held {
        for written in declared.documents("PolicyDocument") {
            deployed.document(declared.id.clone(), DocumentKind::Identity, "", written);
        }
    }
}

/// Whoever is assigned a permission set gets a role with its policies.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sso-permissionset.html>
fn permission_set(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let role = format!("AWSReservedSSO_{}", declared.name("Name"));
    let inline = declared.documents("InlinePolicy");
    let entity = deployed.entity(Kind::Role, role.clone(), "/".to_owned(), declared.home());
    entity.tags = declared.tags();
    entity.inline = inline.into_iter().map(|written| ("InlinePolicy".to_owned(), written)).collect();
    let hanging = declared.hanging("ManagedPolicies").into_iter();
    for ((arn, home), (_, on)) in declared.places("ManagedPolicies").into_iter().zip(hanging) {
        deployed.hanging(on, |deployed| deployed.attach(Kind::Role, &role, arn, home));
    }
    let by_name = "CustomerManagedPolicyReferences";
    for (arn, on) in declared.hanging_of(by_name, |properties| policies_named(properties, by_name)) {
        deployed.hanging(on, |deployed| deployed.attach(Kind::Role, &role, arn, declared.home()));
    }
    let bounds = |properties: &Node| {
        let mut arns = policies_named(properties, "PermissionsBoundary.CustomerManagedPolicyReference");
        arns.extend(texts_at(properties, "PermissionsBoundary.ManagedPolicyArn"));
        arns
    };
    if declared.properties.iter().all(|properties| !bounds(properties).is_empty()) {
        let any = declared.hanging_of("PermissionsBoundary", bounds).into_iter().map(|(arn, _)| arn);
        deployed.bound(Kind::Role, &role, any.collect(), declared.home());
    }
}

/// What stands for the ARNs of policies that are referred to by their names.
fn policies_named(properties: &Node, path: &str) -> Vec<String> {
    let references = at_path(properties, path).into_iter().flat_map(Node::one_or_many);
    let named = |reference: &Node| {
        let folder = reference.get("Path").and_then(as_text).unwrap_or_else(|| "/".to_owned());
        Some(policy_named(&folder, &reference.get("Name").and_then(as_text)?))
    };
    references.filter_map(named).collect()
}

/// An inline policy that is a resource of its own.
fn give(declared: &Declared<'_, '_>, kind: Kind, holder: &str, deployed: &mut Deployed) {
    let name = declared.text("PolicyName").unwrap_or_else(|| declared.id.clone());
    for written in declared.documents("PolicyDocument") {
        deployed.give_inline(kind, holder, name.clone(), written);
    }
}

fn of_organization(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let kind = match declared.text("Type").as_deref() {
        Some("SERVICE_CONTROL_POLICY") => DocumentKind::ServiceControl,
        Some("RESOURCE_CONTROL_POLICY") => DocumentKind::ResourceControl,
        _ => return,
    };
    for written in declared.documents("Content") {
        deployed.document(declared.id.clone(), kind, "", written);
    }
}

fn by_facts(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let kind = declared.resource.kind;
    if let Some((_, holder, property)) = INLINE.iter().find(|(known, ..)| *known == kind) {
        for (name, on) in declared.hanging(property) {
            deployed.hanging(on, |deployed| give(declared, *holder, &name, deployed));
        }
    }
    for holds in HOLDS.iter().filter(|holds| holds.cloudformation == kind) {
        for written in declared.documents(holds.cloudformation_path) {
            deployed.document(declared.id.clone(), holds.kind, holds.on, written);
        }
    }
    for runs in RUNS.iter().filter(|runs| runs.cloudformation == kind) {
        for role in declared.texts(runs.cloudformation_path) {
            let arn = declared.template.arn(declared.resource.id);
            let arn = arn.unwrap_or_else(|| declared.id.clone());
            deployed.running(arn, runs.service, &role);
        }
    }
}

/// A permission on a function is a statement of the function's policy.
fn lambda_permission(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let properties = declared.likely();
    let permission = Permission {
        at: declared.resource.node.at,
        account: deployed.account(),
        principal: properties.get("Principal"),
        action: properties.get("Action"),
        function: properties.get("FunctionName"),
        conditions: [
            ("ArnLike", "aws:SourceArn", properties.get("SourceArn")),
            ("StringEquals", "aws:SourceAccount", properties.get("SourceAccount")),
            ("StringEquals", "aws:PrincipalOrgID", properties.get("PrincipalOrgID")),
            ("StringEquals", "lambda:FunctionUrlAuthType", properties.get("FunctionUrlAuthType")),
            ("StringEquals", "lambda:EventSourceToken", properties.get("EventSourceToken")),
        ],
    };
    let written = declared.written(&permission.document());
    let id = declared.id.clone();
    deployed.document(id, DocumentKind::Resource, "AWS::Lambda::Function", written);
}

/// A permission on a version of a layer.
fn layer_permission(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let properties = declared.likely();
    let permission = Permission {
        at: declared.resource.node.at,
        account: deployed.account(),
        principal: properties.get("Principal"),
        action: properties.get("Action"),
        function: properties.get("LayerVersionArn").filter(|node| is_arn(node)),
        conditions: Permission::of_organization(properties.get("OrganizationId")),
    };
    let written = declared.written(&permission.document());
    deployed.document(declared.id.clone(), DocumentKind::Resource, "AWS::Lambda::LayerVersion", written);
}

fn is_arn(node: &Node) -> bool {
    node.text().is_some_and(|text| text.starts_with("arn:"))
}

/// What SAM writes into the policy of an API:
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html>.
fn api(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let Some(statements) = declared.likely().path(&["Auth", "ResourcePolicy", "CustomStatements"]) else {
        return;
    };
    let at = statements.at;
    let entry = |key: &str, value: Node| Entry { key: key.to_owned(), at, value };
    let version = entry("Version", Node::new(at, Value::Text("2012-10-17".to_owned())));
    let document = Node::new(at, Value::Map(vec![version, entry("Statement", statements.clone())]));
    let written = declared.written(&document);
    deployed.document(declared.id.clone(), DocumentKind::Resource, "AWS::ApiGateway::RestApi", written);
}

/// One statement of an event bus's policy, whole or in parts.
fn event_bus(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let properties = declared.likely();
    let Some(statement) = properties.entry("Statement") else {
        let condition = properties.get("Condition");
        let permission = Permission {
            at: declared.resource.node.at,
            account: deployed.account(),
            principal: properties.get("Principal"),
            action: properties.get("Action"),
            function: None,
            conditions: Permission::of_organization(condition.and_then(|condition| condition.get("Value"))),
        };
        let written = declared.written(&permission.document());
        return deployed.document(
            declared.id.clone(),
            DocumentKind::Resource,
            "AWS::Events::EventBus",
            written,
        );
    };
    let at = statement.value.at;
    let version = Node::new(at, Value::Text("2012-10-17".to_owned()));
    let entries = vec![Entry { key: "Version".to_owned(), at, value: version }, statement.clone()];
    let written = declared.written(&Node::new(at, Value::Map(entries)));
    let id = declared.id.clone();
    deployed.document(id, DocumentKind::Resource, "AWS::Events::EventBus", written);
}
