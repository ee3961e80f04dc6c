//! What is looked at of CloudFormation's conditions, mappings and texts.

use std::fmt::Write as _;

use super::known_part_tests::{finds, found};

const HEAD: &str = "Parameters:\n  Env: {Type: String, Default: dev}\n  Ops: {Type: String, Default: 'no'}\n  Any: {Type: String}\nConditions:\n  \
    IsProd: !Equals [!Ref Env, prod]\n  IsDev: !Equals [!Ref Env, dev]\n  NotDev: !Not [!Equals [!Ref Env, dev]]\n  IsOps: !Equals [!Ref Ops, 'yes']\n\
    Mappings:\n  M: {prod: {act: 'iam:*'}, dev: {act: 's3:GetObject'}}\n";

fn policy(statements: &str) -> String {
    format!(
        "{HEAD}Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
         Statement:\n{statements}"
    )
}

fn narrow(what: &str) -> String {
    format!("          - {{Effect: Allow, {what}}}\n")
}

#[test]
fn conditions_of_one_statement_are_tried_together() {
    for other in ["IsOps", "NotDev"] {
        let statement = format!(
            "Action: !If [IsProd, '*', 's3:GetObject'], Resource: !If [{other}, '*', 'arn:aws:s3:::a/*']"
        );
        finds("t.yaml", &policy(&narrow(&statement)), "ADMIN_ACCESS Critical");
    }
}

#[test]
fn conditions_that_exclude_each_other_are_not_tried_together() {
    let statement =
        "Action: !If [IsProd, '*', 's3:GetObject'], Resource: !If [IsDev, '*', 'arn:aws:s3:::a/*']";
    let found = found("t.yaml", &policy(&narrow(statement)));
    assert!(!found.contains(&"ADMIN_ACCESS Critical".to_owned()), "{found:?}");
}

#[test]
fn each_of_many_conditions_is_tried() {
    let mut text = "Parameters:\n  Env: {Type: String, Default: dev}\nConditions:\n".to_owned();
    for number in 0..40 {
        let _ = writeln!(text, "  C{number}: !Equals [!Ref Env, 'e{number}']");
    }
    text += "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n";
    for number in 0..40 {
        let wide = if number == 33 { "'*'" } else { "'s3:ListBucket'" };
        let _ = writeln!(
            text,
            "          - {{Effect: Allow, Action: !If [C{number}, {wide}, 's3:GetObject'], Resource: '*'}}"
        );
    }
    finds("t.yaml", &text, "ADMIN_ACCESS Critical");
}

#[test]
fn a_denial_under_a_condition_takes_nothing_away() {
    let deny = "{Effect: Deny, Action: '*', Resource: '*'}";
    let all = "          - {Effect: Allow, Action: '*', Resource: '*'}\n";
    let statements = format!("{all}          - !If [IsDev, {deny}, !Ref 'AWS::NoValue']\n");
    finds("t.yaml", &policy(&statements), "ADMIN_ACCESS Critical");
    let sure = found("t.yaml", &policy(&format!("{all}          - {deny}\n")));
    assert!(!sure.contains(&"ADMIN_ACCESS Critical".to_owned()));
}

#[test]
fn texts_of_a_mapping_by_a_key_that_nobody_knows_all_count() {
    finds(
        "t.yaml",
        &policy(&narrow("Action: !FindInMap [M, !Ref Any, act], Resource: '*'")),
        "SERVICE_ADMIN High",
    );
}

#[test]
fn an_account_that_is_written_as_a_number_is_an_account() {
    let text = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        \
        Statement: [{Effect: Allow, Principal: {AWS: 444455556666}, Action: 'sts:AssumeRole'}]\n";
    let found = found("t.yaml", text);
    assert!(!found.iter().any(|one| one.starts_with("UNREADABLE")), "{found:?}");
}

#[test]
fn a_value_within_a_json_text_breaks_nothing() {
    let text = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument: !Sub\n        - |\n          {\"Version\": \"2012-10-17\", \
        \"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"Federated\": \"arn:aws:iam::${AWS::AccountId}:oidc-provider/${P}\"},\n          \"Action\": \"sts:AssumeRoleWithWebIdentity\", \
        \"Condition\": {\"StringEquals\": {\"${P}:sub\": \"system:serviceaccount:a:b\", \"${P}:aud\": \"sts.amazonaws.com\"}}}]}\n        - P: !Select [1, !Split [\"//\", !GetAtt C.OpenIdConnectIssuerUrl]]\n";
    let found = found("t.yaml", text);
    assert!(!found.iter().any(|one| one.starts_with("UNREADABLE")), "{found:?}");
}

#[test]
fn a_provider_that_is_declared_is_the_provider() {
    let text = |sub: &str| {
        format!(
            "Resources:\n  G:\n    Type: AWS::IAM::OIDCProvider\n    Properties:\n      Url: https://token.actions.githubusercontent.com\n      ClientIdList: [sts.amazonaws.com]\n  \
             R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            \
             Principal: {{Federated: !Ref G}}\n            Action: sts:AssumeRoleWithWebIdentity\n            Condition:\n              StringEquals: {{'token.actions.githubusercontent.com:aud': sts.amazonaws.com}}\n              \
             StringLike: {{'token.actions.githubusercontent.com:sub': '{sub}'}}\n"
        )
    };
    finds("t.yaml", &text("repo:*"), "OIDC_SUBJECT_TOO_WIDE Critical");
    assert_eq!(found("t.yaml", &text("repo:acme/app:ref:refs/heads/main")), Vec::<String>::new());
}

#[test]
fn of_statements_that_exclude_each_other_nothing_is_said_together() {
    for statements in [
        narrow("Sid: A, Action: !If [IsProd, 's3:*', 's3:GetObject'], Resource: 'arn:aws:s3:::a/*'"),
        "          - !If\n            - IsProd\n            - {Sid: A, Effect: Allow, Action: 's3:*', Resource: 'arn:aws:s3:::a/*'}\n            \
         - {Sid: A, Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'}\n"
            .to_owned(),
    ] {
        let found = found("t.yaml", &policy(&statements));
        assert!(!found.iter().any(|one| one.contains("SID") || one.contains("REDUNDANT")), "{found:?}");
    }
}

#[test]
fn policies_of_holders_of_one_name_are_told_apart() {
    let mut text = "Resources:\n".to_owned();
    for kind in ["Role", "User", "Group"] {
        let _ = writeln!(
            text,
            "  {kind}P:\n    Type: AWS::IAM::{kind}Policy\n    Properties:\n      {kind}Name: zz\n      PolicyName: n\n      PolicyDocument:\n        Version: '2012-10-17'\n        \
             Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]"
        );
    }
    let found = found("t.yaml", &text);
    assert_eq!(found.iter().filter(|one| *one == "ADMIN_ACCESS Critical").count(), 3, "{found:?}");
}
