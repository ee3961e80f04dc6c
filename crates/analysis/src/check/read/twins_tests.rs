//! What is called the same and is not the same: of several of which one will be there, or in several accounts. Each is judged
//! for itself.

use leastwise_catalog::Catalog;
use serde_json::{Value as Json, json};

use super::*;
use crate::check::{Facts, Finding, run};

const DENY: &str =
    r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Deny", Action = "*", Resource = "*"}]})"#;
const ALL: &str =
    r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "*", Resource = "*"}]})"#;
const TRUST: &str = r#"jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "sts:AssumeRole", Principal = {Service = "lambda.amazonaws.com"}}]})"#;
const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";
const C: &str = "count = var.c ? 1 : 0\n";
const NOT_C: &str = "count = var.c ? 0 : 1\n";

fn findings(files: &[SourceFile]) -> Vec<Finding> {
    run(&read(files), &Facts::new(Catalog::embedded()))
}

/// The lines of the principals of whom it is told that they are administrators, as people see them.
fn admins_in(files: &[SourceFile]) -> Vec<(u32, String)> {
    let found = findings(files).into_iter().map(Finding::for_people);
    let found = found.filter(|one| one.code == "AGENT_ADMIN");
    found.map(|one| (one.at.line, one.subject)).collect()
}

fn admins(text: &str) -> usize {
    let text = format!("variable \"c\" {{\n  type = bool\n}}\n{text}");
    let found = admins_in(&[SourceFile::named("main.tf", text.clone())]);
    for (_, subject) in &found {
        assert!(subject.ends_with(":role/agent"), "{subject:?}");
    }
    found.len()
}

fn resource(kind: &str, name: &str, body: &str) -> String {
    format!("resource \"{kind}\" \"{name}\" {{\n{body}\n}}\n")
}

fn role(name: &str, more: &str) -> String {
    resource("aws_iam_role", name, &format!("name = \"agent\"\nassume_role_policy = {TRUST}\n{more}"))
}

fn attached(name: &str, arn: &str, more: &str) -> String {
    resource("aws_iam_role_policy_attachment", name, &format!("policy_arn = \"{arn}\"\n{more}"))
}

/// Both orders.
fn admins_of_two(one: &str, other: &str) -> usize {
    let (found, turned) = (admins(&format!("{one}{other}")), admins(&format!("{other}{one}")));
    assert_eq!(found, turned, "{one}{other}");
    found
}

#[test]
fn roles_of_which_one_will_be_there_have_what_each_is_given() {
    let has = |more: &str| format!("managed_policy_arns = [\"{more}\"]");
    let bound = format!("permissions_boundary = \"{DENY_ALL}\"");
    assert_eq!(
        admins_of_two(&role("a", &(C.to_owned() + &has(ADMIN))), &role("b", &(NOT_C.to_owned() + &bound))),
        1
    );
    let (a, b) = (role("a", C), role("b", NOT_C));
    let to_a = attached("all", ADMIN, &format!("{C}role = aws_iam_role.a[0].name"));
    let to_b = attached("deny", DENY_ALL, &format!("{NOT_C}role = aws_iam_role.b[0].name"));
    assert_eq!(admins_of_two(&a, &format!("{b}{to_a}")), 1);
    assert_eq!(admins_of_two(&a, &format!("{b}{to_a}{to_b}")), 1);
    let inline = |name: &str, role: &str, policy: &str| {
        resource("aws_iam_role_policy", name, &format!("name = \"p\"\nrole = {role}\npolicy = {policy}"))
    };
    let (to_a, to_b) = (inline("x", "aws_iam_role.a[0].id", ALL), inline("y", "aws_iam_role.b[0].id", DENY));
    assert_eq!(admins_of_two(&a, &format!("{b}{to_a}{to_b}")), 1);
    let to_a_too = inline("y", "aws_iam_role.a[0].id", DENY);
    assert_eq!(admins_of_two(&a, &format!("{b}{to_a}{to_a_too}")), 0);
}

#[test]
fn what_is_given_by_name_is_for_each_and_takes_away_from_whom_it_is_surely_for() {
    let (a, b) = (role("a", C), role("b", NOT_C));
    let all = attached("all", ADMIN, "role = \"agent\"");
    assert_eq!(admins_of_two(&a, &format!("{b}{all}")), 2);
    let denied = |more: &str| attached("deny", DENY_ALL, &format!("{more}role = \"agent\""));
    assert_eq!(admins_of_two(&a, &format!("{b}{all}{}", denied(""))), 0);
    assert_eq!(admins_of_two(&a, &format!("{b}{all}{}", denied(C))), 1);
    let all = attached("all", ADMIN, &format!("{C}role = \"agent\""));
    assert_eq!(admins_of_two(&a, &format!("{b}{all}")), 1);
}

#[test]
fn roles_of_several_accounts_have_what_each_is_given() {
    let has = format!("managed_policy_arns = [\"{ADMIN}\"]");
    let other = |more: &str| role("b", &format!("provider = aws.other\n{more}"));
    let bound = format!("permissions_boundary = \"{DENY_ALL}\"");
    assert_eq!(admins_of_two(&role("a", &has), &other(&bound)), 1);
    assert_eq!(admins_of_two(&role("a", &has), &other("")), 1);
    let by_name = |more: &str| attached("deny", DENY_ALL, &format!("{more}role = \"agent\""));
    for (more, admins) in [("", 0), ("provider = aws.other\n", 1)] {
        assert_eq!(admins_of_two(&role("a", &has), &(other("") + &by_name(more))), admins, "{more}");
    }
    // A provider for another region is one of the same account.
    let reference = attached("deny", DENY_ALL, "provider = aws.other\nrole = aws_iam_role.a.name");
    assert_eq!(admins_of_two(&role("a", &has), &reference), 0);
}

#[test]
fn a_module_that_is_called_for_several_accounts_makes_several_roles() {
    let module = format!(
        "variable \"bound\" {{\n  default = null\n}}\nvariable \"arns\" {{\n  default = []\n}}\n{}output \"name\" {{\n  value = aws_iam_role.agent.name\n}}\n",
        role("agent", "permissions_boundary = var.bound\nmanaged_policy_arns = var.arns")
    );
    let call = |name: &str, more: &str| {
        format!("module \"{name}\" {{\nsource = \"./m\"\nproviders = {{ aws = aws.{name} }}\n{more}\n}}\n")
    };
    let has = format!("arns = [\"{ADMIN}\"]");
    let bound = format!("bound = \"{DENY_ALL}\"");
    let denied = |module: &str| attached("d", DENY_ALL, &format!("role = module.{module}.name"));
    let twice = call("x", &has) + &call("y", "");
    for (text, wanted) in [
        (call("x", &has) + &call("y", &bound), 1),
        (call("y", &bound) + &call("x", &has), 1),
        // Both stand at one place and are called the same, which is told once.
        (call("x", &has) + &call("y", &has), 1),
        (twice.clone() + &denied("y"), 1),
        (twice + &denied("x"), 0),
    ] {
        let files =
            [SourceFile::named("main.tf", text.clone()), SourceFile::named("m/main.tf", module.clone())];
        assert_eq!(admins_in(&files).len(), wanted, "{text}");
    }
}

#[test]
fn instances_whose_names_are_not_known_have_what_each_is_given() {
    let roles = |more: &str| {
        let body = format!(
            "for_each = toset([\"a\", \"b\"])\nname_prefix = \"agent\"\nassume_role_policy = {TRUST}\n{more}"
        );
        resource("aws_iam_role", "agent", &body)
    };
    let has = roles(&format!("managed_policy_arns = [\"{ADMIN}\"]"));
    let to = |role: &str, more: &str| attached("d", DENY_ALL, &format!("{more}\nrole = {role}"));
    let each = "for_each = aws_iam_role.agent";
    for (text, wanted) in [
        // Both stand at one place.
        (has.clone(), 1),
        (has.clone() + &to("aws_iam_role.agent[\"a\"].name", ""), 1),
        (has.clone() + &to("each.value.name", each), 0),
        (has.clone() + &to("aws_iam_role.agent[each.key].name", "for_each = toset([\"a\", \"b\"])"), 0),
        (has.clone() + &to("aws_iam_role.agent[each.key].name", "for_each = toset([\"b\"])"), 1),
        (roles(&format!("managed_policy_arns = each.key == \"a\" ? [\"{ADMIN}\"] : []")), 1),
    ] {
        assert_eq!(admins_in(&[SourceFile::named("main.tf", text.clone())]).len(), wanted, "{text}");
    }
}

#[test]
fn permission_sets_that_are_made_for_each_of_several_have_what_each_is_given() {
    let sets = resource(
        "aws_ssoadmin_permission_set",
        "s",
        "for_each = toset([\"agent-a\", \"agent-b\"])\nname = each.key\ninstance_arn = \"x\"",
    );
    let of = |name: &str, key: &str, arn: &str| {
        let body = format!(
            "instance_arn = \"x\"\npermission_set_arn = aws_ssoadmin_permission_set.s[\"{key}\"].arn\nmanaged_policy_arn = \"{arn}\""
        );
        resource("aws_ssoadmin_managed_policy_attachment", name, &body)
    };
    let admins = |more: String| {
        let found = findings(&[SourceFile::named("main.tf", format!("{sets}{more}"))]);
        found.iter().filter(|one| one.code == "AGENT_ADMIN").count()
    };
    assert_eq!(admins(of("x", "agent-a", ADMIN)), 1);
    assert_eq!(admins(of("x", "agent-a", ADMIN) + &of("y", "agent-b", DENY_ALL)), 1);
    assert_eq!(admins(of("x", "agent-a", ADMIN) + &of("y", "agent-a", DENY_ALL)), 0);
}

#[test]
fn policies_of_which_one_will_be_there_say_what_each_says() {
    let policy = |name: &str, document: &str, more: &str| {
        resource("aws_iam_policy", name, &format!("name = \"p\"\npolicy = {document}\n{more}"))
    };
    let to = |name: &str, more: &str| {
        let body = format!("{more}role = aws_iam_role.a.name\npolicy_arn = aws_iam_policy.{name}[0].arn");
        resource("aws_iam_role_policy_attachment", name, &body)
    };
    let rest = role("a", "") + &to("x", C) + &to("y", NOT_C);
    let (one, other) = (policy("x", ALL, C), policy("y", DENY, NOT_C));
    assert_eq!(admins_of_two(&one, &(other + &rest)), 1);
}

#[test]
fn what_refers_to_one_of_several_is_of_form() {
    let use_of = |name: &str| {
        let statement = format!(
            "{{Effect = \"Allow\", Action = \"iam:PassRole\", Resource = aws_iam_role.{name}[0].arn, Condition = {{StringEquals = {{\"iam:PassedToService\" = \"lambda.amazonaws.com\"}}}}}}"
        );
        let trust = format!(
            "jsonencode({{Version = \"2012-10-17\", Statement = [{{Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{AWS = aws_iam_role.{name}[0].arn}}}}]}})"
        );
        resource(
            "aws_iam_policy",
            "p",
            &format!(
                "name = \"p\"\npolicy = jsonencode({{Version = \"2012-10-17\", Statement = [{statement}]}})"
            ),
        ) + &resource("aws_iam_role", "x", &format!("name = \"x\"\nassume_role_policy = {trust}"))
    };
    let codes = |text: String| {
        let text = format!("variable \"c\" {{\n  type = bool\n}}\n{text}");
        let found = findings(&[SourceFile::named("main.tf", text)]);
        let mut found: Vec<(u32, &str)> = found.iter().map(|one| (one.at.line, one.code)).collect();
        found.sort_unstable();
        found
    };
    let twins = codes(role("a", C) + &use_of("a") + &role("b", NOT_C));
    let others = codes(role("a", C) + &use_of("a") + &role("b", NOT_C).replace("\"agent\"", "\"agent-b\""));
    assert_eq!(twins, others);
}

/// Both say who has which name, and not in which account.
#[test]
fn roles_of_a_plan_that_are_called_the_same_are_of_several_accounts() {
    let trust = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}"#;
    let one = |address: &str, values: Json| {
        let kind = address.split('.').next();
        json!({"address": address, "mode": "managed", "type": kind, "values": values})
    };
    let role = |name: &str, values: Json| {
        let mut all = json!({"name": "agent", "assume_role_policy": trust});
        all.as_object_mut().expect("an object").extend(values.as_object().expect("an object").clone());
        one(&format!("aws_iam_role.{name}"), all)
    };
    let to = |arn: &str| one("aws_iam_role_policy_attachment.x", json!({"role": "agent", "policy_arn": arn}));
    let admins = |resources: Vec<Json>| {
        let plan =
            json!({"format_version": "1.2", "planned_values": {"root_module": {"resources": resources}}});
        admins_in(&[SourceFile::named("plan.json", plan.to_string())]).len()
    };
    let (has, bound) = (json!({"managed_policy_arns": [ADMIN]}), json!({"permissions_boundary": DENY_ALL}));
    assert_eq!(admins(vec![role("a", has.clone()), role("b", bound.clone())]), 1);
    assert_eq!(admins(vec![role("b", bound.clone()), role("a", has.clone())]), 1);
    assert_eq!(admins(vec![role("a", has.clone()), role("b", json!({})), to(DENY_ALL)]), 1);
    assert_eq!(admins(vec![role("a", json!({})), role("b", bound), to(ADMIN)]), 1);
    assert_eq!(admins(vec![role("a", has), to(DENY_ALL)]), 0);
}

fn stack(resources: &str) -> String {
    format!(
        "Parameters:\n  Stage: {{Type: String}}\nConditions:\n  P: !Equals [!Ref Stage, prod]\n  NP: !Not [!Condition P]\nResources:\n{resources}"
    )
}

fn declared(id: &str, kind: &str, condition: &str, properties: &str) -> String {
    format!("  {id}:\n    Type: {kind}\n    Condition: {condition}\n    Properties: {{{properties}}}\n")
}

#[test]
fn roles_of_a_stack_of_which_one_will_be_there_have_what_each_is_given() {
    let role = |id: &str, condition: &str, more: &str| {
        let trust = "AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}";
        declared(id, "AWS::IAM::Role", condition, &format!("RoleName: agent, {trust}, {more}"))
    };
    let policy = |id: &str, condition: &str, role: &str, effect: &str| {
        let document = format!(
            "{{Version: '2012-10-17', Statement: [{{Effect: {effect}, Action: '*', Resource: '*'}}]}}"
        );
        declared(
            id,
            "AWS::IAM::Policy",
            condition,
            &format!("PolicyName: p, Roles: [{role}], PolicyDocument: {document}"),
        )
    };
    let has = format!("ManagedPolicyArns: ['{ADMIN}']");
    let bound = format!("PermissionsBoundary: '{DENY_ALL}'");
    for (resources, wanted) in [
        ([role("A", "P", &has), role("B", "NP", &bound)].concat(), 1),
        ([role("B", "NP", &bound), role("A", "P", &has)].concat(), 1),
        ([role("A", "P", ""), role("B", "NP", &bound), policy("X", "P", "!Ref A", "Allow")].concat(), 1),
        (
            [
                role("A", "P", ""),
                role("B", "NP", ""),
                policy("X", "P", "!Ref A", "Allow"),
                policy("Y", "NP", "!Ref B", "Deny"),
            ]
            .concat(),
            1,
        ),
        ([role("A", "P", &has), role("B", "NP", ""), policy("Y", "NP", "!Ref B", "Deny")].concat(), 1),
        ([role("A", "P", &has), role("B", "NP", ""), policy("Y", "P", "!Ref A", "Deny")].concat(), 0),
        ([role("A", "P", &has), role("B", "NP", ""), policy("Y", "P", "agent", "Deny")].concat(), 0),
        ([role("A", "P", &has), role("B", "NP", ""), policy("Y", "NP", "agent", "Deny")].concat(), 1),
    ] {
        let found = admins_in(&[SourceFile::named("stack.yaml", stack(&resources))]);
        assert_eq!(found.len(), wanted, "{resources}");
        assert!(found.iter().all(|(_, subject)| subject.ends_with(":role/agent")), "{found:?}");
    }
}
