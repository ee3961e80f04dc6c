//! A membership, a boundary or a policy that is there only sometimes takes nothing away, whichever resource says it.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::{Facts, run};

const DENY: &str =
    r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Deny", Action = "*", Resource = "*"}]})"#;
const TRUST: &str = r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "sts:AssumeRole", Principal = {Service = "lambda.amazonaws.com"}}]})"#;
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

fn admins(file: &str, text: String) -> usize {
    let findings = run(&read(&[SourceFile::named(file, text)]), &Facts::new(Catalog::embedded()));
    findings.iter().filter(|one| matches!(one.code, "AGENT_ADMIN" | "ADMIN_ACCESS")).count()
}

fn is_admin(text: &str) -> bool {
    admins("main.tf", format!("variable \"c\" {{\n  type = bool\n}}\n{text}")) > 0
}

fn resource(kind: &str, name: &str, body: &str) -> String {
    format!("resource \"{kind}\" \"{name}\" {{\n{body}\n}}\n")
}

#[test]
fn whoever_is_in_a_group_of_cloud_control_only_sometimes_may_do_what_the_group_denies() {
    let user = |more: &str| {
        let body = format!("user_name = \"agent\"\nmanaged_policy_arns = [\"{ADMIN}\"]\n{more}");
        resource("awscc_iam_user", "u", &body)
    };
    let group = format!("group_name = \"g\"\nmanaged_policy_arns = [\"{DENY_ALL}\"]");
    let group = resource("awscc_iam_group", "g", &group);
    let joins = |users: &str| {
        let body = format!("group_name = awscc_iam_group.g.group_name\nusers = {users}");
        user("") + &group + &resource("awscc_iam_user_to_group_addition", "m", &body)
    };
    let own = |groups: &str| user(&format!("groups = {groups}")) + &group;
    for (always, sometimes) in [
        (joins("[awscc_iam_user.u.user_name]"), joins("var.c ? [awscc_iam_user.u.user_name] : []")),
        (own("[awscc_iam_group.g.group_name]"), own("var.c ? [awscc_iam_group.g.group_name] : []")),
    ] {
        assert!(!is_admin(&always), "{always}");
        assert!(is_admin(&sometimes), "{sometimes}");
    }
}

#[test]
fn a_policy_of_a_role_of_cloud_control_that_is_there_only_sometimes_takes_nothing_away() {
    let role = |policies: &str| {
        let body = format!(
            "role_name = \"agent\"\nassume_role_policy_document = {TRUST}\nmanaged_policy_arns = [\"{ADMIN}\"]\npolicies = {policies}"
        );
        resource("awscc_iam_role", "r", &body)
    };
    let policy = format!("{{policy_name = \"p\", policy_document = {DENY}}}");
    assert!(!is_admin(&role(&format!("[{policy}]"))));
    assert!(is_admin(&role(&format!("var.c ? [{policy}] : []"))));
    assert!(is_admin(&role(&format!("[for x in [\"p\"] : {policy} if var.c]"))));
}

#[test]
fn a_boundary_of_a_permission_set_that_may_be_another_takes_away_what_both_do() {
    let set = |boundary: &str| {
        let of = "instance_arn = \"x\"\npermission_set_arn = aws_ssoadmin_permission_set.s.arn\n";
        resource("aws_ssoadmin_permission_set", "s", "name = \"agent\"")
            + &resource(
                "aws_ssoadmin_managed_policy_attachment",
                "a",
                &format!("{of}managed_policy_arn = \"{ADMIN}\""),
            )
            + &resource(
                "aws_ssoadmin_permissions_boundary_attachment",
                "b",
                &format!("{of}permissions_boundary {{\nmanaged_policy_arn = {boundary}\n}}"),
            )
    };
    for (boundary, admin) in [
        (format!("\"{DENY_ALL}\""), false),
        (format!("var.c ? \"{DENY_ALL}\" : \"{ADMIN}\""), true),
        (format!("var.c ? \"{ADMIN}\" : \"{DENY_ALL}\""), true),
        (format!("var.c ? \"{DENY_ALL}\" : null"), true),
        (format!("var.c ? \"{DENY_ALL}\" : \"arn:aws:iam::aws:policy/ReadOnlyAccess\""), false),
    ] {
        assert_eq!(is_admin(&set(&boundary)), admin, "{boundary}");
    }
}

#[test]
fn what_is_enabled_only_sometimes_takes_nothing_away() {
    let role = format!("name = \"agent\"\nassume_role_policy = {TRUST}\nmanaged_policy_arns = [\"{ADMIN}\"]");
    let role = resource("aws_iam_role", "r", &role);
    let own = |enabled: &str| {
        let body = format!(
            "lifecycle {{\nenabled = {enabled}\n}}\nname = \"p\"\nrole = aws_iam_role.r.name\npolicy = {DENY}"
        );
        role.clone() + &resource("aws_iam_role_policy", "p", &body)
    };
    assert!(!is_admin(&own("true")));
    assert!(is_admin(&own("var.c")));
    assert!(is_admin(&own("false")));
    let json = own("var.c").replace(&own("var.c")[role.len()..], "");
    let with = |enabled: &str| {
        let deny = r#"{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\"}]}"#;
        let text = format!(
            r#"{{"variable": {{"c": {{}}}}, "resource": {{"aws_iam_role_policy": {{"p": {{"lifecycle": {{"enabled": {enabled}}}, "name": "p", "role": "agent", "policy": "{deny}"}}}}}}}}"#
        );
        let files = [SourceFile::named("main.tf", json.clone()), SourceFile::named("p.tf.json", text)];
        let findings = run(&read(&files), &Facts::new(Catalog::embedded()));
        findings.iter().any(|one| one.code == "AGENT_ADMIN")
    };
    assert!(!with("true"));
    assert!(with("\"${var.c}\""));
    assert!(with("false"));
}

fn template(resources: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nParameters:\n  Stage: {{Type: String}}\nConditions:\n  P: !Equals [!Ref Stage, prod]\nResources:\n{resources}"
    )
}

fn declared(id: &str, kind: &str, properties: &str) -> String {
    format!("  {id}:\n    Type: {kind}\n    Properties: {{{properties}}}\n")
}

fn is_admin_of_stack(resources: &str) -> bool {
    admins("stack.yaml", template(resources)) > 0
}

const DENIES: &str = "{Version: '2012-10-17', Statement: [{Effect: Deny, Action: '*', Resource: '*'}]}";

#[test]
fn a_policy_whose_holder_may_be_another_takes_nothing_away() {
    let trust = "AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}";
    for (kind, name) in [("Role", "RoleName"), ("User", "UserName")] {
        let holder = format!("{name}: agent, {trust}, ManagedPolicyArns: ['{ADMIN}']");
        let holder = declared("Holder", &format!("AWS::IAM::{kind}"), &holder);
        for (whose, admin) in [
            ("!Ref Holder", false),
            ("!If [P, !Ref Holder, other]", true),
            ("!If [P, other, !Ref Holder]", true),
            ("!If [P, !Ref Holder, agent]", false),
        ] {
            let policy = format!("PolicyName: p, {name}: {whose}, PolicyDocument: {DENIES}");
            let policy = declared("Policy", &format!("AWS::IAM::{kind}Policy"), &policy);
            assert_eq!(is_admin_of_stack(&(holder.clone() + &policy)), admin, "{kind} {whose}");
        }
    }
}

#[test]
fn a_group_that_may_be_another_takes_nothing_away() {
    let user =
        declared("User", "AWS::IAM::User", &format!("UserName: agent, ManagedPolicyArns: ['{ADMIN}']"));
    let group =
        declared("Group", "AWS::IAM::Group", &format!("GroupName: g, ManagedPolicyArns: ['{DENY_ALL}']"));
    let of_none = declared("Group", "AWS::IAM::Group", "GroupName: g");
    let sometimes = |whose: &str| {
        let policy = format!("PolicyName: p, GroupName: {whose}, PolicyDocument: {DENIES}");
        declared("Policy", "AWS::IAM::GroupPolicy", &policy)
    };
    let joins = |group: &str| {
        declared("Join", "AWS::IAM::UserToGroupAddition", &format!("GroupName: {group}, Users: [!Ref User]"))
    };
    for (text, admin) in [
        (user.clone() + &group + &joins("!Ref Group"), false),
        (user.clone() + &group + &joins("!If [P, !Ref Group, other]"), true),
        (user.clone() + &group + &joins("!If [P, other, !Ref Group]"), true),
        (user.clone() + &of_none + &joins("!Ref Group") + &sometimes("!Ref Group"), false),
        (user + &of_none + &joins("!Ref Group") + &sometimes("!If [P, !Ref Group, other]"), true),
    ] {
        assert_eq!(is_admin_of_stack(&text), admin, "{text}");
    }
}

#[test]
fn what_a_permission_set_has_only_sometimes_takes_nothing_away() {
    let set = |more: &str| {
        declared(
            "Set",
            "AWS::SSO::PermissionSet",
            &format!("Name: agent, ManagedPolicies: ['{ADMIN}'], {more}"),
        ) + &declared(
            "D",
            "AWS::IAM::ManagedPolicy",
            &format!("ManagedPolicyName: d, PolicyDocument: {DENIES}"),
        )
    };
    let by_name = "CustomerManagedPolicyReference: {Name: d}";
    for (more, admin) in [
        ("CustomerManagedPolicyReferences: [{Name: d}]".to_owned(), false),
        ("CustomerManagedPolicyReferences: [!If [P, {Name: d}, !Ref AWS::NoValue]]".to_owned(), true),
        (format!("PermissionsBoundary: {{ManagedPolicyArn: '{DENY_ALL}'}}"), false),
        (format!("PermissionsBoundary: {{ManagedPolicyArn: !If [P, '{DENY_ALL}', '{ADMIN}']}}"), true),
        (format!("PermissionsBoundary: {{ManagedPolicyArn: !If [P, '{ADMIN}', '{DENY_ALL}']}}"), true),
        (
            format!(
                "PermissionsBoundary: !If [P, {{ManagedPolicyArn: '{DENY_ALL}'}}, {{ManagedPolicyArn: '{ADMIN}'}}]"
            ),
            true,
        ),
        (
            format!("PermissionsBoundary: !If [P, {{ManagedPolicyArn: '{DENY_ALL}'}}, !Ref AWS::NoValue]"),
            true,
        ),
        (format!("PermissionsBoundary: !If [P, {{{by_name}}}, {{ManagedPolicyArn: '{DENY_ALL}'}}]"), false),
        (format!("PermissionsBoundary: !If [P, {{{by_name}}}, {{ManagedPolicyArn: '{ADMIN}'}}]"), true),
    ] {
        assert_eq!(is_admin_of_stack(&set(&more)), admin, "{more}");
    }
}

#[test]
fn a_boundary_of_which_one_is_not_known_takes_nothing_away() {
    for (boundary, admin) in [
        (format!("'{DENY_ALL}'"), false),
        (format!("!If [P, '{DENY_ALL}', 'arn:aws:iam::111122223333:policy/elsewhere']"), true),
        (format!("!If [P, 'arn:aws:iam::111122223333:policy/elsewhere', '{DENY_ALL}']"), true),
    ] {
        let user =
            format!("UserName: agent, ManagedPolicyArns: ['{ADMIN}'], PermissionsBoundary: {boundary}");
        assert_eq!(is_admin_of_stack(&declared("User", "AWS::IAM::User", &user)), admin, "{boundary}");
    }
}

#[test]
fn a_boundary_of_a_function_that_is_there_only_sometimes_takes_nothing_away() {
    let function = |more: &str| {
        let policies = "[{Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}]";
        declared("Agent", "AWS::Serverless::Function", &format!("Policies: {policies}, {more}"))
    };
    let globals = |boundary: &str| format!("Globals:\n  Function: {{PermissionsBoundary: {boundary}}}\n");
    let is_agent_admin = |globals: String, function: String| {
        let text = globals + &template(&function);
        let findings = run(&read(&[SourceFile::named("stack.yaml", text)]), &Facts::new(Catalog::embedded()));
        findings.iter().any(|one| one.code == "AGENT_ADMIN")
    };
    let deny = format!("'{DENY_ALL}'");
    let either = format!("!If [P, '{DENY_ALL}', '{ADMIN}']");
    let sometimes = format!("!If [P, '{DENY_ALL}', !Ref AWS::NoValue]");
    for (boundary, admin) in [(&deny, false), (&either, true), (&sometimes, true)] {
        let own = format!("PermissionsBoundary: {boundary}");
        assert_eq!(is_agent_admin(String::new(), function(&own)), admin, "{boundary}");
        assert_eq!(is_agent_admin(globals(boundary), function("")), admin, "global {boundary}");
        // What the function says itself stands in place of what all have.
        assert_eq!(is_agent_admin(globals(&deny), function(&own)), admin, "own {boundary}");
    }
}
