//! Principals that the files name and do not declare, and groups that nobody is in.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::gate::widened;
use crate::check::{Facts, run};

const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// Lines and subjects of what has this code.
fn found(file: &str, text: &str, code: &str) -> Vec<(u32, String)> {
    let estate = read(&[SourceFile::named(file, text)]);
    let findings = run(&estate, &Facts::new(Catalog::embedded()));
    let of_code = findings.into_iter().filter(|finding| finding.code == code);
    of_code.map(|finding| (finding.at.line, finding.subject)).collect()
}

fn attachment(kind: &str, to: &str, policies: &str) -> String {
    format!("resource \"{kind}\" \"a\" {{\n  {to}\n  {policies}\n}}\n")
}

#[test]
fn whom_a_policy_is_attached_to_by_name_is_a_principal() {
    let one = format!("policy_arn = \"{ADMIN}\"");
    let all = format!("policy_arns = [\"{ADMIN}\"]");
    for (kind, to, policies, whom) in [
        ("aws_iam_policy_attachment", "users = [\"joe\"]", &one, "user/joe"),
        ("aws_iam_policy_attachment", "roles = [\"x\"]", &one, "role/x"),
        ("aws_iam_policy_attachment", "groups = [\"devs\"]", &one, "group/devs"),
        ("aws_iam_user_policy_attachment", "user = \"jane\"", &one, "user/jane"),
        ("aws_iam_role_policy_attachment", "role = \"existing\"", &one, "role/existing"),
        ("aws_iam_group_policy_attachment", "group = \"devs\"", &one, "group/devs"),
        ("aws_iam_role_policy_attachments_exclusive", "role_name = \"x\"", &all, "role/x"),
        ("aws_iam_user_policy_attachments_exclusive", "user_name = \"x\"", &all, "user/x"),
        ("aws_iam_group_policy_attachments_exclusive", "group_name = \"x\"", &all, "group/x"),
    ] {
        let text = attachment(kind, to, policies);
        let wanted = [(3, format!("arn:aws:iam::000000000000:{whom}"))];
        assert_eq!(found("main.tf", &text, "ADMIN_ACCESS"), wanted, "{text}");
        let (old, new) = (read::<SourceFile>(&[]), read(&[SourceFile::named("main.tf", text.as_str())]));
        let new_access = widened(&old, &new, &Facts::new(Catalog::embedded())).findings;
        assert_eq!(new_access.len(), 1, "{text}: {new_access:?}");
    }
}

#[test]
fn what_cloudformation_attaches_by_name_is_held() {
    let text = "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      Roles: [existing]\n      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}\n";
    assert_eq!(found("stack.yaml", text, "ADMIN_ACCESS").len(), 1);
    let estate = read(&[SourceFile::named("stack.yaml", text)]);
    assert!(estate.snapshot.principal("arn:aws:iam::000000000000:role/existing").is_some());
}

#[test]
fn a_policy_of_somebody_undeclared_is_looked_at_as_one_that_nobody_here_holds() {
    let text = format!(
        "resource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = jsonencode({{Version=\"2012-10-17\",Statement=[{{Effect=\"Allow\",Action=[\"iam:PassRole\",\"ec2:RunInstances\"],Resource=\"*\"}}]}})\n}}\n{}",
        attachment(
            "aws_iam_role_policy_attachment",
            "role = \"existing\"",
            "policy_arn = aws_iam_policy.p.arn"
        )
    );
    assert_eq!(found("main.tf", &text, "ESCALATION_POSSIBLE").len(), 1);
}

#[test]
fn a_user_named_in_a_group_has_what_the_group_has() {
    let text = format!(
        "{}resource \"aws_iam_group_membership\" \"m\" {{\n  name  = \"m\"\n  users = [\"joe\"]\n  group = \"devs\"\n}}\n",
        attachment(
            "aws_iam_group_policy_attachment",
            "group = \"devs\"",
            &format!("policy_arn = \"{ADMIN}\"")
        )
    );
    let wanted = [(5, "arn:aws:iam::000000000000:user/joe".to_owned())];
    assert_eq!(found("main.tf", &text, "ADMIN_ACCESS"), wanted);
}

fn account(users: &str) -> String {
    format!(
        r#"{{"UserDetailList":[{users}],"GroupDetailList":[{{"GroupName":"admins","Path":"/",
"Arn":"arn:aws:iam::111122223333:group/admins","GroupPolicyList":[],
"AttachedManagedPolicies":[{{"PolicyName":"AdministratorAccess","PolicyArn":"{ADMIN}"}}]}}],
"Policies":[]}}"#
    )
}

#[test]
fn a_group_that_nobody_is_in_yet_is_looked_at_for_whoever_joins_it() {
    let group = [(1, "arn:aws:iam::111122223333:group/admins".to_owned())];
    assert_eq!(found("account.json", &account(""), "ADMIN_ACCESS"), group);
    let joe =
        r#"{"UserName":"joe","Path":"/","Arn":"arn:aws:iam::111122223333:user/joe","GroupList":["admins"]}"#;
    let user = [(1, "arn:aws:iam::111122223333:user/joe".to_owned())];
    assert_eq!(found("account.json", &account(joe), "ADMIN_ACCESS"), user);
}

#[test]
fn what_a_managed_policy_gives_stands_where_it_is_attached() {
    let role = |arns: &str| {
        format!(
            "Conditions:\n  Prod: !Equals [!Ref Env, prod]\nParameters:\n  Env: {{Type: String}}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      ManagedPolicyArns:{arns}\n"
        )
    };
    let lines = |file: &str, text: &str| -> Vec<u32> {
        found(file, text, "ADMIN_ACCESS").into_iter().map(|(line, _)| line).collect()
    };
    let admin = ADMIN;
    let reads = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    for (arns, line) in [
        (format!("\n        - {reads}\n        - {admin}"), 11),
        (
            format!(
                "\n        - {reads}\n        - !If\n          - Prod\n          - {admin}\n          - !Ref AWS::NoValue"
            ),
            13,
        ),
        (
            format!(
                "\n        - {reads}\n        - !If\n          - Prod\n          - !Ref AWS::NoValue\n          - {admin}"
            ),
            14,
        ),
        (format!(" !If\n        - Prod\n        - [{reads}]\n        - - {reads}\n          - {admin}"), 13),
    ] {
        assert_eq!(lines("stack.yaml", &role(&arns)), [line], "{}", role(&arns));
    }
    let terraform = format!(
        "resource \"aws_iam_role\" \"r\" {{\n  name = \"r\"\n  assume_role_policy = \"{{}}\"\n}}\n\nresource \"aws_iam_role_policy_attachment\" \"a\" {{\n  role       = aws_iam_role.r.name\n  policy_arn = \"{admin}\"\n}}\n"
    );
    assert_eq!(lines("main.tf", &terraform), [8]);
}
