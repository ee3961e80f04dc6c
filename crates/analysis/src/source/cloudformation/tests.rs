//! What templates come to.

use super::*;
use crate::source::{shown, yaml};

const TEMPLATE: &str = "
Parameters:
  Stage: {Type: String, Default: prod}
  Actions: {Type: CommaDelimitedList, Default: 's3:GetObject, s3:PutObject'}
  Bare: {Type: String}
Mappings:
  Buckets:
    prod: {Name: reports}
    test: {Name: trial}
  Regions:
    eu-west-1: {Actions: ['s3:Get*', 'sqs:*'], Same: x, Name: a}
    us-east-1: {Actions: ['s3:Get*'], Same: x, Name: b}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition IsProd]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {RoleName: !Sub 'app-${Stage}', Path: /x/}
  Bucket:
    Type: AWS::S3::Bucket
";

fn value(expression: &str) -> String {
    let all = variants(expression);
    all[0].clone()
}

fn variants(expression: &str) -> Vec<String> {
    let yaml = yaml::parse(&format!("{TEMPLATE}X: {expression}\n"));
    assert!(yaml.refused.is_empty(), "{:?}", yaml.refused);
    let root = &yaml.documents[0];
    let template = Template::new(root, "000000000000");
    template.variants(root.get("X").unwrap()).iter().map(|node| shown(&node.to_json())).collect()
}

#[test]
fn functions_are_worked_out() {
    assert_eq!(value("!Ref Stage"), r#""prod""#);
    assert_eq!(value("!Ref Actions"), r#"["s3:GetObject","s3:PutObject"]"#);
    assert_eq!(value("!GetAtt Role.Arn"), r#""arn:aws:iam::000000000000:role/x/app-prod""#);
    assert_eq!(value("!Sub '${Role.Arn}'"), r#""arn:aws:iam::000000000000:role/x/app-prod""#);
    assert_eq!(value("!Sub ['${a}-${!aws:username}-${Bare}', {a: 1}]"), r#""1-${aws:username}-${Bare}""#);
    assert_eq!(
        value(
            "!Join ['', ['arn:', !Ref 'AWS::Partition', ':s3:::', !FindInMap [Buckets, !Ref Stage, Name], '/*']]"
        ),
        r#""arn:aws:s3:::reports/*""#
    );
    assert_eq!(value("!Select [1, !Split ['/', a/b]]"), r#""b""#);
    assert_eq!(
        value("!Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q'"),
        r#""arn:aws:sqs:${AWS::Region}:000000000000:q""#
    );
    assert_eq!(value("!Sub '${Bucket.Arn}/*'"), r#""arn:aws:s3:::${Bucket}/*""#);
    assert_eq!(value("{a: !ImportValue net, b: !Ref 'AWS::NoValue'}"), r#"{"a":"${Fn::ImportValue net}"}"#);
}

#[test]
fn a_condition_may_come_out_either_way() {
    assert_eq!(
        variants("[!If [IsProd, a, b], !If [NotProd, !Ref 'AWS::NoValue', c]]"),
        [r#"["a","c"]"#, r#"["b","c"]"#, r#"["a"]"#]
    );
}

#[test]
fn conditions_within_each_other_are_all_tried() {
    let mut all = variants("!If [NotProd, !If [Third, a, b], !If [Fourth, c, d]]");
    all.sort();
    // Those that are not declared hold.
    assert_eq!(all, [r#""a""#, r#""b""#, r#""c""#, r#""d""#]);
}

#[test]
fn a_mapping_by_what_is_not_known_is_all_that_it_may_be() {
    assert_eq!(value("!FindInMap [Regions, !Ref 'AWS::Region', Actions]"), r#"["s3:Get*","sqs:*"]"#);
    assert_eq!(value("!FindInMap [Regions, !Ref 'AWS::Region', Same]"), r#""x""#);
    assert_eq!(value("{a: !FindInMap [Regions, !Ref 'AWS::Region', Name]}"), r#"{"a":["a","b"]}"#);
    assert_eq!(value("!FindInMap [Regions, nowhere, Same, {DefaultValue: y}]"), r#""y""#);
    assert_eq!(value("!Select [0, !Split [',', !Join [',', [a, b]]]]"), r#""a""#);
    assert_eq!(value("{n: !Length [a, b], t: !ToJsonString {a: 1}}"), r#"{"n":2,"t":"{\"a\":1}"}"#);
}

#[test]
fn a_text_without_functions_is_what_it_is() {
    assert_eq!(value("{Condition: {StringEquals: {a: b}}}"), r#"{"Condition":{"StringEquals":{"a":"b"}}}"#);
}
