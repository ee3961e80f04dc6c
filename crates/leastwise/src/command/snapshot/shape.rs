//! The SDK's types as the JSON that the AWS CLI prints: names of the API, members that are absent left out, policy
//! documents decoded (the API percent-encodes them, RFC 3986).

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{
    AttachedPermissionsBoundary, AttachedPolicy, GroupDetail, InstanceProfile, ManagedPolicyDetail,
    PolicyDetail, PolicyVersion, Role, RoleDetail, RoleLastUsed, Tag, UserDetail,
};
use leastwise_policy::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// An object under construction.
struct Object(Map<String, Value>);

impl Object {
    fn new() -> Self {
        Object(Map::new())
    }

    fn put(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// A user.
pub fn user(user: &UserDetail) -> Result<Value> {
    Ok(Object::new()
        .put("Path", user.path())
        .put("UserName", user.user_name())
        .put("UserId", user.user_id())
        .put("Arn", user.arn())
        .put("CreateDate", time(user.create_date()))
        .put("UserPolicyList", user.user_policy_list.as_deref().map(inline).transpose()?)
        .put("GroupList", Some(user.group_list().to_vec()))
        .put("AttachedManagedPolicies", Some(attached(user.attached_managed_policies())))
        .put("PermissionsBoundary", user.permissions_boundary().map(boundary))
        .put("Tags", Some(tags(user.tags())))
        .done())
}

/// A group.
pub fn group(group: &GroupDetail) -> Result<Value> {
    Ok(Object::new()
        .put("Path", group.path())
        .put("GroupName", group.group_name())
        .put("GroupId", group.group_id())
        .put("Arn", group.arn())
        .put("CreateDate", time(group.create_date()))
        .put("GroupPolicyList", Some(inline(group.group_policy_list())?))
        .put("AttachedManagedPolicies", Some(attached(group.attached_managed_policies())))
        .done())
}

/// A role.
pub fn role(role: &RoleDetail) -> Result<Value> {
    let profiles = role.instance_profile_list().iter().map(profile).collect::<Result<Vec<_>>>()?;
    Ok(Object::new()
        .put("Path", role.path())
        .put("RoleName", role.role_name())
        .put("RoleId", role.role_id())
        .put("Arn", role.arn())
        .put("CreateDate", time(role.create_date()))
        .put("AssumeRolePolicyDocument", role.assume_role_policy_document().map(document).transpose()?)
        .put("InstanceProfileList", Some(profiles))
        .put("RolePolicyList", Some(inline(role.role_policy_list())?))
        .put("AttachedManagedPolicies", Some(attached(role.attached_managed_policies())))
        .put("PermissionsBoundary", role.permissions_boundary().map(boundary))
        .put("Tags", Some(tags(role.tags())))
        .put("RoleLastUsed", role.role_last_used().map(last_used))
        .done())
}

/// A managed policy with its versions.
pub fn policy(policy: &ManagedPolicyDetail) -> Result<Value> {
    let versions = policy.policy_version_list().iter().map(version).collect::<Result<Vec<_>>>()?;
    Ok(Object::new()
        .put("PolicyName", policy.policy_name())
        .put("PolicyId", policy.policy_id())
        .put("Arn", policy.arn())
        .put("Path", policy.path())
        .put("DefaultVersionId", policy.default_version_id())
        .put("AttachmentCount", policy.attachment_count())
        .put("PermissionsBoundaryUsageCount", policy.permissions_boundary_usage_count())
        .put("IsAttachable", Some(policy.is_attachable()))
        .put("Description", policy.description())
        .put("CreateDate", time(policy.create_date()))
        .put("UpdateDate", time(policy.update_date()))
        .put("PolicyVersionList", Some(versions))
        .done())
}

fn version(version: &PolicyVersion) -> Result<Value> {
    Ok(Object::new()
        .put("Document", version.document().map(document).transpose()?)
        .put("VersionId", version.version_id())
        .put("IsDefaultVersion", Some(version.is_default_version()))
        .put("CreateDate", time(version.create_date()))
        .done())
}

fn profile(profile: &InstanceProfile) -> Result<Value> {
    let roles = profile.roles().iter().map(role_of_profile).collect::<Result<Vec<_>>>()?;
    Ok(Object::new()
        .put("Path", Some(profile.path()))
        .put("InstanceProfileName", Some(profile.instance_profile_name()))
        .put("InstanceProfileId", Some(profile.instance_profile_id()))
        .put("Arn", Some(profile.arn()))
        .put("CreateDate", time(Some(profile.create_date())))
        .put("Roles", Some(roles))
        .put("Tags", some_tags(profile.tags()))
        .done())
}

fn role_of_profile(role: &Role) -> Result<Value> {
    Ok(Object::new()
        .put("Path", Some(role.path()))
        .put("RoleName", Some(role.role_name()))
        .put("RoleId", Some(role.role_id()))
        .put("Arn", Some(role.arn()))
        .put("CreateDate", time(Some(role.create_date())))
        .put("AssumeRolePolicyDocument", role.assume_role_policy_document().map(document).transpose()?)
        .put("Description", role.description())
        .put("MaxSessionDuration", role.max_session_duration())
        .put("PermissionsBoundary", role.permissions_boundary().map(boundary))
        .put("Tags", some_tags(role.tags()))
        .put("RoleLastUsed", role.role_last_used().map(last_used))
        .done())
}

fn inline(policies: &[PolicyDetail]) -> Result<Vec<Value>> {
    let one = |policy: &PolicyDetail| {
        Ok(Object::new()
            .put("PolicyName", policy.policy_name())
            .put("PolicyDocument", policy.policy_document().map(document).transpose()?)
            .done())
    };
    policies.iter().map(one).collect()
}

fn attached(policies: &[AttachedPolicy]) -> Vec<Value> {
    let one = |policy: &AttachedPolicy| {
        Object::new().put("PolicyName", policy.policy_name()).put("PolicyArn", policy.policy_arn()).done()
    };
    policies.iter().map(one).collect()
}

fn boundary(boundary: &AttachedPermissionsBoundary) -> Value {
    Object::new()
        .put("PermissionsBoundaryType", boundary.permissions_boundary_type().map(|kind| kind.as_str()))
        .put("PermissionsBoundaryArn", boundary.permissions_boundary_arn())
        .done()
}

fn tags(tags: &[Tag]) -> Vec<Value> {
    tags.iter().map(|tag| json!({ "Key": tag.key(), "Value": tag.value() })).collect()
}

/// Where the API leaves out the list when there are none.
fn some_tags(list: &[Tag]) -> Option<Vec<Value>> {
    (!list.is_empty()).then(|| tags(list))
}

fn last_used(used: &RoleLastUsed) -> Value {
    Object::new().put("LastUsedDate", time(used.last_used_date())).put("Region", used.region()).done()
}

/// `2026-10-01T06:00:00+00:00`, as the CLI prints times.
fn time(time: Option<&DateTime>) -> Option<String> {
    let time = Timestamp::from_seconds(time?.secs()).to_string();
    Some(time.replace('Z', "+00:00"))
}

/// A policy document: percent-encoded JSON.
fn document(encoded: &str) -> Result<Value> {
    // Some imitations of IAM send the JSON as it is, where a `%` stands for itself.
    let text = match encoded.trim_start().starts_with('{') {
        true => encoded.to_owned(),
        false => percent_decoded(encoded),
    };
    serde_json::from_str(&text).map_err(|error| {
        Error::input(format!("IAM sent a policy document that is not JSON: `{encoded}`")).because(error)
    })
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded() {
        let encoded =
            "%7B%22Resource%22%3A%20%22arn%3Aaws%3As3%3A%3A%3Ab%2F%24%7Baws%3Ausername%7D%2F%2A%22%7D";
        assert_eq!(document(encoded).expect("JSON")["Resource"], "arn:aws:s3:::b/${aws:username}/*");
        assert_eq!(document(r#"{"a": "100%25"}"#).expect("JSON")["a"], "100%25");
        assert!(document("%7B").is_err());
    }

    #[test]
    fn times_are_printed_as_the_cli_prints_them() {
        assert_eq!(
            time(Some(&DateTime::from_secs(1_790_856_000))).as_deref(),
            Some("2026-10-01T12:00:00+00:00")
        );
    }
}
