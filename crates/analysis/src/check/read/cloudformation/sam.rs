//! SAM's functions and state machines: unless a role is named, SAM makes one of what `Policies` says.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use leastwise_policy::aws::DocumentKind;

use super::Declared;
use crate::check::read::deployed::{Deployed, Kind};
use crate::check::read::terraform::Permission;
use crate::source::cloudformation::as_text;
use crate::source::{Entry, Node, Place, Value, hole};

/// The policy templates, with the statements that they stand for.
const TEMPLATES: &str = include_str!("../../../../data/read/sam_policies.txt");

pub(super) fn add(declared: &Declared<'_, '_>, deployed: &mut Deployed) {
    let is_function = declared.resource.kind == "AWS::Serverless::Function";
    let service = if is_function { "lambda.amazonaws.com" } else { "states.amazonaws.com" };
    let arn = declared.template.arn(declared.resource.id).unwrap_or_else(|| declared.id.clone());
    if is_function && declared.texts("FunctionUrlConfig.AuthType").iter().any(|kind| kind == "NONE") {
        // SAM lets everybody call it:
        // <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources-function.html>
        let function = Node::new(declared.resource.node.at, Value::Text(arn.clone()));
        let permission = Permission::of_url(function.at, deployed.account(), Some(&function));
        let written = declared.written(&permission);
        let id = declared.id.clone();
        deployed.document(id, DocumentKind::Resource, "AWS::Lambda::Function", written);
    }
    if let Some(role) = declared.text("Role").or_else(|| global(declared, "Role")) {
        deployed.running(arn, service, &role);
        return;
    }
    let name = hole(&format!("{}Role", declared.id));
    let mut attached: Vec<String> = Vec::new();
    if is_function {
        attached.push("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole".to_owned());
    }
    let policies = |properties: &Node| {
        let all = properties.get("Policies").map(Node::one_or_many).unwrap_or_default().iter();
        all.map(|policy| policy_of(policy, declared)).collect::<Vec<_>>()
    };
    for policy in declared.properties.iter().flat_map(policies) {
        match policy {
            Policy::Managed(arn) if !attached.contains(&arn) => attached.push(arn),
            _ => {}
        }
    }
    let is_in = |properties: &Node, arn: &String| {
        policies(properties).iter().any(|policy| matches!(policy, Policy::Managed(of) if of == arn))
    };
    let is_sure = |arn: &&String| declared.properties.iter().all(|properties| is_in(properties, arn));
    let sometimes = attached.iter().skip(usize::from(is_function)).filter(|arn| !is_sure(arn));
    let sometimes: Vec<String> = sometimes.cloned().collect();
    let inline = declared.named_documents(|properties| {
        let documents =
            policies(properties).into_iter().enumerate().filter_map(|(number, policy)| match policy {
                Policy::Document(root) => Some((format!("Policy{number}"), root)),
                Policy::Managed(_) => None,
            });
        documents.collect()
    });
    let mut trust = declared.documents("AssumeRolePolicyDocument");
    if trust.is_empty() {
        trust.push(declared.written(&trust_of(service, declared.resource.node.at)));
    }
    let (tags, mut boundaries) = (declared.tags(), declared.boundaries());
    let says = |node: &&Node| node.get("PermissionsBoundary").is_some();
    if declared.resource.node.get("Properties").filter(says).is_none() {
        let ways = globals(declared).map(|all| declared.template.variants(all)).unwrap_or_default();
        boundaries = super::boundaries(&ways);
    }
    deployed.running(arn, service, &name);
    let entity = deployed.entity(Kind::Role, name, "/".to_owned(), declared.home());
    entity.trust = trust;
    entity.inline = inline;
    entity.attached = attached;
    entity.sometimes = sometimes;
    entity.tags = tags;
    entity.boundary = boundaries.first().cloned();
    entity.boundaries = boundaries;
}

/// What all functions of the template have, unless they say otherwise.
fn global(declared: &Declared<'_, '_>, property: &str) -> Option<String> {
    declared.template.text(globals(declared)?, property)
}

fn globals<'d>(declared: &'d Declared<'_, '_>) -> Option<&'d Node> {
    let kind = declared.resource.kind.rsplit("::").next()?;
    declared.template.root().path(&["Globals", kind])
}

enum Policy {
    Managed(String),
    Document(Node),
}

fn policy_of(policy: &Node, declared: &Declared<'_, '_>) -> Policy {
    match &policy.value {
        Value::Text(name) if name.starts_with("arn:") || crate::source::has_hole(name) => {
            Policy::Managed(name.clone())
        }
        Value::Text(name) => {
            let known = leastwise_catalog::managed_policies().find(|policy| *policy.name == **name);
            let path = known.map_or("/", |policy| &policy.path);
            Policy::Managed(format!("arn:aws:iam::aws:policy{path}{name}"))
        }
        Value::Map(entries) => match &entries[..] {
            [template] if !matches!(template.key.as_str(), "Version" | "Id" | "Statement") => {
                Policy::Document(template_document(template, declared))
            }
            _ => Policy::Document(policy.clone()),
        },
        _ => Policy::Document(policy.clone()),
    }
}

/// The document that a policy template stands for; everything in it stands where the template is named.
fn template_document(template: &Entry, declared: &Declared<'_, '_>) -> Node {
    let at = template.at;
    let unknown = || Node::new(at, Value::Unknown(template.key.clone()));
    let mut lines = TEMPLATES.lines().skip_while(|line| line.split(' ').next() != Some(&template.key));
    if lines.next().is_none() {
        return unknown();
    }
    let statements: Vec<Node> = lines
        .take_while(|line| line.starts_with(' '))
        .map(|line| statement(line, &template.value, at, declared))
        .collect();
    map(at, vec![("Version", text(at, "2012-10-17")), ("Statement", Node::new(at, Value::List(statements)))])
}

/// `allow ACTIONS on RESOURCES when OPERATOR KEY VALUES`
fn statement(line: &str, given: &Node, at: Place, declared: &Declared<'_, '_>) -> Node {
    let (line, condition) = line.split_once(" when ").unwrap_or((line, ""));
    let (actions, resources) = line.trim().split_once(" on ").unwrap_or((line, "*"));
    let mut actions = actions.split(' ');
    let effect = if actions.next() == Some("deny") { "Deny" } else { "Allow" };
    let actions = actions.map(|action| text(at, action)).collect();
    let resources =
        resources.split(' ').map(|resource| text(at, filled(resource, given, declared))).collect();
    let mut entries = vec![
        ("Effect", text(at, effect)),
        ("Action", Node::new(at, Value::List(actions))),
        ("Resource", Node::new(at, Value::List(resources))),
    ];
    let mut words = condition.split(' ');
    if let (Some(operator), Some(key)) = (words.next().filter(|word| !word.is_empty()), words.next()) {
        let values = words.map(|value| text(at, filled(value, given, declared))).collect();
        let keys = map(at, vec![(key, Node::new(at, Value::List(values)))]);
        entries.push(("Condition", map(at, vec![(operator, keys)])));
    }
    map(at, entries)
}

/// A pattern with the template's parameters, and the pseudo parameters of the stack.
fn filled(pattern: &str, given: &Node, declared: &Declared<'_, '_>) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let pseudo = || {
            let reference = Entry { key: "Ref".to_owned(), at: given.at, value: text(given.at, name) };
            let node = Node::new(given.at, Value::Map(vec![reference]));
            declared.template.value(&node).and_then(|node| as_text(&node))
        };
        let value = given.get(name).and_then(as_text).or_else(pseudo);
        out.push_str(&value.unwrap_or_else(|| hole(name)));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn trust_of(service: &str, at: Place) -> Node {
    let principal = map(at, vec![("Service", text(at, service))]);
    let statement = map(
        at,
        vec![("Effect", text(at, "Allow")), ("Principal", principal), ("Action", text(at, "sts:AssumeRole"))],
    );
    let statements = Node::new(at, Value::List(vec![statement]));
    map(at, vec![("Version", text(at, "2012-10-17")), ("Statement", statements)])
}

fn text(at: Place, text: impl Into<String>) -> Node {
    Node::new(at, Value::Text(text.into()))
}

fn map(at: Place, entries: Vec<(&str, Node)>) -> Node {
    let entry = |(key, value): (&str, Node)| Entry { key: key.to_owned(), at, value };
    Node::new(at, Value::Map(entries.into_iter().map(entry).collect()))
}
