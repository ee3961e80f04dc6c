//! A policy counts as held by whoever gets it from another resource: for the checks of agents, whose name tells them here.

use leastwise_catalog::Catalog;
use serde_json::{Value as Json, json};

use super::*;
use crate::check::{Facts, run};

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const ALL: &str = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })"#;
const TRUST: &str = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })"#;

/// Of whom it is told that an agent is an administrator.
fn admins(file: &str, text: &str) -> Vec<String> {
    let estate = read(&[SourceFile::named(file, text)]);
    let findings = run(&estate, &Facts::new(Catalog::embedded()));
    let found = findings.iter().filter(|finding| finding.code == "AGENT_ADMIN");
    found.map(|finding| finding.subject.rsplit(':').next().unwrap_or_default().to_owned()).collect()
}

fn resource(kind: &str, name: &str, body: &str) -> String {
    format!("resource \"{kind}\" \"{name}\" {{\n{body}\n}}\n")
}

fn user() -> String {
    resource("aws_iam_user", "a", "name = \"agent\"")
}

fn group() -> String {
    resource("aws_iam_group", "g", "name = \"agents\"")
}

fn role() -> String {
    resource("aws_iam_role", "a", &format!("name = \"agent\"\nassume_role_policy = {TRUST}"))
}

fn managed() -> String {
    resource("aws_iam_policy", "p", &format!("name = \"all\"\npolicy = {ALL}"))
}

#[test]
fn users_of_terraform_have_what_they_are_given() {
    let member = |group: &str| {
        resource(
            "aws_iam_user_group_membership",
            "m",
            &format!("user = aws_iam_user.a.name\ngroups = [{group}]"),
        )
    };
    let of_group = resource(
        "aws_iam_group_policy_attachment",
        "x",
        &format!("group = aws_iam_group.g.name\npolicy_arn = \"{ADMIN}\""),
    );
    for (number, given) in [
        resource(
            "aws_iam_user_policy_attachment",
            "x",
            &format!("user = aws_iam_user.a.name\npolicy_arn = \"{ADMIN}\""),
        ),
        resource(
            "aws_iam_user_policy_attachment",
            "x",
            "user = aws_iam_user.a.id\npolicy_arn = aws_iam_policy.p.id",
        ),
        resource(
            "aws_iam_user_policy_attachment",
            "x",
            "user = \"agent\"\npolicy_arn = aws_iam_policy.p.arn",
        ),
        resource("aws_iam_user_policy", "x", &format!("user = aws_iam_user.a.name\npolicy = {ALL}")),
        resource(
            "aws_iam_policy_attachment",
            "x",
            &format!("name = \"x\"\nusers = [aws_iam_user.a.name]\npolicy_arn = \"{ADMIN}\""),
        ),
        resource(
            "aws_iam_policy_attachment",
            "x",
            "name = \"x\"\ngroups = [aws_iam_group.g.name]\npolicy_arn = aws_iam_policy.p.arn",
        ) + &member("aws_iam_group.g.name"),
        of_group.clone() + &member("aws_iam_group.g.id"),
        of_group.clone() + &member("\"agents\""),
        of_group
            + &resource(
                "aws_iam_group_membership",
                "m",
                "name = \"m\"\nusers = [aws_iam_user.a.name]\ngroup = aws_iam_group.g.name",
            ),
        resource("aws_iam_group_policy", "x", &format!("group = aws_iam_group.g.name\npolicy = {ALL}"))
            + &member("aws_iam_group.g.name"),
        resource(
            "aws_iam_user_policy_attachments_exclusive",
            "x",
            &format!("user_name = aws_iam_user.a.name\npolicy_arns = [\"{ADMIN}\"]"),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let text = user() + &group() + &managed() + &given;
        assert_eq!(admins("main.tf", &text), ["user/agent"], "{number}: {given}");
    }
}

#[test]
fn roles_of_terraform_have_what_they_are_given() {
    for given in [
        resource(
            "aws_iam_role_policy_attachment",
            "x",
            "role = aws_iam_role.a.id\npolicy_arn = aws_iam_policy.p.arn",
        ),
        resource(
            "aws_iam_role_policy_attachment",
            "x",
            &format!("role = aws_iam_role.a.arn\npolicy_arn = \"{ADMIN}\""),
        ),
        resource(
            "aws_iam_policy_attachment",
            "x",
            "name = \"x\"\nroles = [aws_iam_role.a.name]\npolicy_arn = aws_iam_policy.p.arn",
        ),
        resource("aws_iam_role_policy", "x", &format!("role = aws_iam_role.a.id\npolicy = {ALL}")),
        resource(
            "awscc_iam_role_policy",
            "x",
            &format!("role_name = aws_iam_role.a.name\npolicy_name = \"x\"\npolicy_document = {ALL}"),
        ),
        resource(
            "awscc_iam_managed_policy",
            "x",
            &format!("managed_policy_name = \"x\"\nroles = [aws_iam_role.a.name]\npolicy_document = {ALL}"),
        ),
        resource(
            "awscc_iam_managed_policy",
            "x",
            &format!("managed_policy_name = \"x\"\npolicy_document = {ALL}"),
        ) + &resource(
            "aws_iam_role_policy_attachment",
            "y",
            "role = aws_iam_role.a.name\npolicy_arn = awscc_iam_managed_policy.x.policy_arn",
        ),
    ] {
        assert_eq!(admins("main.tf", &(role() + &managed() + &given)), ["role/agent"], "{given}");
    }
}

#[test]
fn principals_of_cloud_control_have_what_they_are_given() {
    let awscc = |kind: &str, attribute: &str, more: &str| {
        resource(kind, "a", &format!("{attribute} = \"agent\"\n{more}"))
    };
    let inline = format!("policies = [{{ policy_name = \"x\", policy_document = {ALL} }}]");
    for (text, wanted) in [
        (awscc("awscc_iam_user", "user_name", &inline), "user/agent"),
        (awscc("awscc_iam_user", "user_name", &format!("managed_policy_arns = [\"{ADMIN}\"]")), "user/agent"),
        (
            awscc("awscc_iam_user", "user_name", "groups = [awscc_iam_group.g.group_name]")
                + &resource("awscc_iam_group", "g", &format!("group_name = \"g\"\n{inline}")),
            "user/agent",
        ),
        (
            awscc("awscc_iam_user", "user_name", "")
                + &resource(
                    "awscc_iam_user_policy",
                    "x",
                    &format!("user_name = awscc_iam_user.a.user_name\npolicy_document = {ALL}"),
                ),
            "user/agent",
        ),
        (awscc("awscc_iam_role", "role_name", &inline), "role/agent"),
    ] {
        assert_eq!(admins("main.tf", &text), [wanted], "{text}");
    }
}

#[test]
fn permission_sets_have_what_they_are_given() {
    let set = resource(
        "aws_ssoadmin_permission_set",
        "a",
        "name = \"agent\"\ninstance_arn = \"arn:aws:sso:::instance/i\"",
    );
    let given = |kind: &str, body: &str| {
        resource(kind, "x", &format!("permission_set_arn = aws_ssoadmin_permission_set.a.arn\n{body}"))
    };
    let to_all =
        given("aws_ssoadmin_managed_policy_attachment", &format!("managed_policy_arn = \"{ADMIN}\""));
    for more in [
        to_all.clone(),
        given("aws_ssoadmin_permission_set_inline_policy", &format!("inline_policy = {ALL}")),
        managed()
            + &given(
                "aws_ssoadmin_customer_managed_policy_attachment",
                "customer_managed_policy_reference {\nname = aws_iam_policy.p.name\npath = \"/\"\n}",
            ),
    ] {
        let found = admins("main.tf", &(set.clone() + &more));
        assert_eq!(found, ["role/AWSReservedSSO_agent"], "{more}");
    }
    let reads = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })"#;
    let bound = given(
        "aws_ssoadmin_permissions_boundary_attachment",
        "permissions_boundary {\ncustomer_managed_policy_reference {\nname = \"all\"\n}\n}",
    );
    let text = set
        + &to_all
        + &resource("aws_iam_policy", "p", &format!("name = \"all\"\npolicy = {reads}"))
        + &bound;
    assert!(admins("main.tf", &text).is_empty());
}

/// A plan of these resources (type, name, values, what is not known yet) with what expressions refer to.
fn plan(resources: &[(&str, &str, Json, Json)]) -> String {
    let address = |kind: &str, name: &str| format!("{kind}.{name}");
    let planned: Vec<Json> = resources
        .iter()
        .map(|(kind, name, values, _)| {
            json!({"address": address(kind, name), "mode": "managed", "type": kind, "name": name, "values": values})
        })
        .collect();
    let changes: Vec<Json> = resources
        .iter()
        .map(|(kind, name, values, later)| {
            let unknown: serde_json::Map<String, Json> =
                later.as_object().into_iter().flatten().map(|(key, _)| (key.clone(), json!(true))).collect();
            json!({"address": address(kind, name), "mode": "managed", "type": kind, "name": name,
                "change": {"actions": ["create"], "before": null, "after": values, "after_unknown": unknown}})
        })
        .collect();
    let configured: Vec<Json> = resources
        .iter()
        .map(|(kind, name, _, later)| {
            let expressions: serde_json::Map<String, Json> = later
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, reference)| (key.clone(), json!({"references": [reference]})))
                .collect();
            json!({"address": address(kind, name), "mode": "managed", "type": kind, "name": name, "expressions": expressions})
        })
        .collect();
    json!({"format_version": "1.2", "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes, "configuration": {"root_module": {"resources": configured}}})
    .to_string()
}

#[test]
fn principals_of_plans_have_what_they_are_given() {
    let all =
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
    let none = || json!({});
    let user = || ("aws_iam_user", "a", json!({"name": "agent"}), none());
    let group = || ("aws_iam_group", "g", json!({"name": "g"}), none());
    let policy = || ("aws_iam_policy", "p", json!({"name": "all", "policy": all}), none());
    let set = || ("aws_ssoadmin_permission_set", "a", json!({"name": "agent"}), none());
    let of_set = || json!({"permission_set_arn": "aws_ssoadmin_permission_set.a.arn"});
    for (resources, wanted) in [
        (
            vec![
                user(),
                policy(),
                (
                    "aws_iam_user_policy_attachment",
                    "x",
                    json!({"user": "agent"}),
                    json!({"policy_arn": "aws_iam_policy.p.arn"}),
                ),
            ],
            "user/agent",
        ),
        (
            vec![
                user(),
                (
                    "aws_iam_policy_attachment",
                    "x",
                    json!({"name": "x", "users": ["agent"], "policy_arn": ADMIN}),
                    none(),
                ),
            ],
            "user/agent",
        ),
        (
            vec![
                user(),
                group(),
                (
                    "aws_iam_group_membership",
                    "m",
                    json!({"name": "m", "users": ["agent"], "group": "g"}),
                    none(),
                ),
                ("aws_iam_group_policy", "x", json!({"group": "g", "policy": all}), none()),
            ],
            "user/agent",
        ),
        (
            vec![
                user(),
                group(),
                ("aws_iam_user_group_membership", "m", json!({"user": "agent", "groups": ["g"]}), none()),
                ("aws_iam_group_policy_attachment", "x", json!({"group": "g", "policy_arn": ADMIN}), none()),
            ],
            "user/agent",
        ),
        (
            vec![
                set(),
                (
                    "aws_ssoadmin_managed_policy_attachment",
                    "x",
                    json!({"managed_policy_arn": ADMIN}),
                    of_set(),
                ),
            ],
            "role/AWSReservedSSO_agent",
        ),
        (
            vec![
                set(),
                policy(),
                (
                    "aws_ssoadmin_customer_managed_policy_attachment",
                    "x",
                    json!({"customer_managed_policy_reference": [{"name": "all", "path": "/"}]}),
                    of_set(),
                ),
            ],
            "role/AWSReservedSSO_agent",
        ),
    ] {
        let text = plan(&resources);
        assert_eq!(admins("plan.json", &text), [wanted], "{text}");
    }
}

#[test]
fn principals_of_templates_have_what_they_are_given() {
    let all = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}";
    let one = |id: &str, kind: &str, properties: &str| {
        format!("  {id}:\n    Type: {kind}\n    Properties: {properties}\n")
    };
    let user = one("Agent", "AWS::IAM::User", "{UserName: agent}");
    for given in [
        one(
            "P",
            "AWS::IAM::Policy",
            &format!("{{PolicyName: p, Users: [!Ref Agent], PolicyDocument: {all}}}"),
        ),
        one("P", "AWS::IAM::ManagedPolicy", &format!("{{Users: [!Ref Agent], PolicyDocument: {all}}}")),
        one(
            "P",
            "AWS::IAM::UserPolicy",
            &format!("{{PolicyName: p, UserName: !Ref Agent, PolicyDocument: {all}}}"),
        ),
        one("G", "AWS::IAM::Group", &format!("{{ManagedPolicyArns: ['{ADMIN}']}}"))
            + &one("M", "AWS::IAM::UserToGroupAddition", "{GroupName: !Ref G, Users: [!Ref Agent]}"),
        one("G", "AWS::IAM::Group", "{GroupName: g}")
            + &one("M", "AWS::IAM::UserToGroupAddition", "{GroupName: g, Users: [agent]}")
            + &one(
                "P",
                "AWS::IAM::GroupPolicy",
                &format!("{{PolicyName: p, GroupName: !Ref G, PolicyDocument: {all}}}"),
            ),
    ] {
        let text = format!("Resources:\n{user}{given}");
        assert_eq!(admins("stack.yaml", &text), ["user/agent"], "{given}");
    }
    for properties in [
        format!("{{Name: agent, InstanceArn: x, ManagedPolicies: ['{ADMIN}']}}"),
        format!("{{Name: agent, InstanceArn: x, InlinePolicy: {all}}}"),
        "{Name: agent, InstanceArn: x, CustomerManagedPolicyReferences: [{Name: all}]}".to_owned(),
    ] {
        let managed = one(
            "P",
            "AWS::IAM::ManagedPolicy",
            &format!("{{ManagedPolicyName: all, PolicyDocument: {all}}}"),
        );
        let text = format!("Resources:\n{}{managed}", one("Set", "AWS::SSO::PermissionSet", &properties));
        assert_eq!(admins("stack.yaml", &text), ["role/AWSReservedSSO_agent"], "{properties}");
    }
}
