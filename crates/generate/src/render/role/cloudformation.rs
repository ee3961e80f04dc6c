//! `AWS::IAM::Role` with its policies.

use std::collections::HashSet;

use leastwise_policy::aws::{Named, Policy};
use serde_json::{Map, Value, json};

use super::super::cloudformation::refuse_dynamic_references;
use super::super::{File, Names, Options, RenderError, characters_note, description, name, tree, yaml};
use super::{RoleBoundary, RoleDeliverable, role_name};

pub(super) fn files(
    names: &mut Names,
    role: &RoleDeliverable,
    trust: &Policy,
    options: &Options,
) -> Result<Vec<File>, RenderError> {
    let target = &role.policies.principal;
    let stem = names.file_stem(target);
    let trust = Named::new(format!("{}-trust", target.name), trust.clone());
    refuse_dynamic_references(target, &trust)?;
    let (mut ids, mut policy_names) = (HashSet::new(), HashSet::new());
    let own = name::unique(&mut ids, name::logical_id(&target.name), "");
    let mut resources = Map::new();
    let mut notes: Vec<String> = characters_note(&trust).into_iter().collect();
    let mut properties = json!({
        "RoleName": role_name(&target.name),
        "Path": name::path(&target.path),
        "Description": description(target, options.made),
        "AssumeRolePolicyDocument": tree(&trust)?,
    });
    if let Some(seconds) = role.longest_session() {
        properties["MaxSessionDuration"] = json!(seconds);
    }
    if !role.tags.is_empty() {
        let tags = role.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
        properties["Tags"] = tags.collect();
    }
    match &role.boundary {
        Some(RoleBoundary::Existing(arn)) => properties["PermissionsBoundary"] = json!(arn),
        Some(RoleBoundary::Made(document)) => {
            let id = name::unique(&mut ids, name::logical_id(&document.name), "");
            properties["PermissionsBoundary"] = json!({"Ref": id});
            let policy_name = name::policy_name(&document.name, &mut policy_names);
            resources.insert(id, policy(role, document, &policy_name, None, options)?);
            notes.extend(characters_note(document));
        }
        None => {}
    }
    resources.insert(own.clone(), json!({"Type": "AWS::IAM::Role", "Properties": properties}));
    for document in &role.policies.documents {
        let id = name::unique(&mut ids, name::logical_id(&format!("{}-policy", document.name)), "");
        let policy_name = name::policy_name(&document.name, &mut policy_names);
        resources.insert(id, policy(role, document, &policy_name, Some(&own), options)?);
        notes.extend(characters_note(document));
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description(target, options.made),
        "Resources": resources,
    });
    Ok(vec![File { name: format!("{stem}.yaml"), text: yaml::print(&template), notes }])
}

fn policy(
    role: &RoleDeliverable,
    document: &Named<Policy>,
    policy_name: &str,
    holder: Option<&str>,
    options: &Options,
) -> Result<Value, RenderError> {
    let target = &role.policies.principal;
    refuse_dynamic_references(target, document)?;
    let mut properties = json!({
        "ManagedPolicyName": policy_name,
        "Path": name::path(&target.path),
        "Description": description(target, options.made),
    });
    if let Some(holder) = holder {
        properties["Roles"] = json!([{"Ref": holder}]);
    }
    properties["PolicyDocument"] = tree(document)?;
    Ok(json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}))
}
