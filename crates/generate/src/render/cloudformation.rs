//! CloudFormation: one YAML template per principal, with a managed policy or an inline one per document.
//!
//! `${aws:username}` is plain text here, because only `Fn::Sub` replaces it. `{{resolve:…}}` is replaced in every
//! string and cannot be escaped, so a document that holds it is refused:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>.

use std::collections::HashSet;

use leastwise_policy::aws::{Named, Policy};
use serde_json::{Value, json};

use super::permission_set::BY_NAME;
use super::terraform::hcl::one_line;
use super::{
    Attach, Deliverable, File, Made, PrincipalKind, PrincipalTarget, RenderError, characters_note,
    description, name, tree, yaml,
};

/// `<stem>.yaml`.
pub(super) fn files(stem: &str, deliverable: &Deliverable, made: Made) -> Result<Vec<File>, RenderError> {
    let target = &deliverable.principal;
    let mut resources = serde_json::Map::new();
    let (mut ids, mut policy_names) = (HashSet::new(), HashSet::new());
    for document in &deliverable.documents {
        refuse_dynamic_references(target, document)?;
        let id = name::unique(&mut ids, name::logical_id(&document.name), "");
        let policy_name = name::policy_name(&document.name, &mut policy_names);
        let resource = match deliverable.attach {
            _ if target.is_of_permission_set() => detached(target, &policy_name, tree(document)?, made),
            Attach::Managed => managed(target, &policy_name, tree(document)?, made),
            Attach::Inline => inline(target, &policy_name, tree(document)?),
        };
        resources.insert(id, resource);
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description(target, made),
        "Resources": resources,
    });
    let mut notes: Vec<String> = deliverable.documents.iter().filter_map(characters_note).collect();
    let mut comments = deliverable.comments.clone();
    if target.is_of_permission_set() {
        comments.push(BY_NAME.to_owned());
        notes.push(BY_NAME.to_owned());
    }
    let comments: String = comments.iter().map(|line| format!("# {}\n", one_line(line))).collect();
    let text = comments + &yaml::print(&template);
    Ok(vec![File { name: format!("{stem}.yaml"), text, notes }])
}

fn managed(target: &PrincipalTarget, policy_name: &str, document: Value, made: Made) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": policy_name,
            "Path": name::path(&target.path),
            "Description": description(target, made),
            receivers(target.kind): [target.name],
            "PolicyDocument": document,
        },
    })
}

/// Nothing can be attached to a role of a permission set, and CloudFormation's `AWS::SSO::PermissionSet` would be another.
fn detached(target: &PrincipalTarget, policy_name: &str, document: Value, made: Made) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": policy_name,
            "Path": "/",
            "Description": description(target, made),
            "PolicyDocument": document,
        },
    })
}

fn inline(target: &PrincipalTarget, policy_name: &str, document: Value) -> Value {
    json!({
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": policy_name,
            receivers(target.kind): [target.name],
            "PolicyDocument": document,
        },
    })
}

fn receivers(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Role => "Roles",
        PrincipalKind::User => "Users",
        PrincipalKind::Group => "Groups",
    }
}

pub(super) fn refuse_dynamic_references(
    target: &PrincipalTarget,
    document: &Named<Policy>,
) -> Result<(), RenderError> {
    let text = document.policy.to_compact_json();
    for text in [text.as_str(), target.name.as_str()] {
        if let Some(start) = text.find("{{resolve:") {
            let text = text[start..].chars().take(60).collect();
            return Err(RenderError::DynamicReference { document: document.name.clone(), text });
        }
    }
    Ok(())
}
