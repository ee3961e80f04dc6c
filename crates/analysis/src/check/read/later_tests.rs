//! What is declared in places where it is easily overlooked.

use crate::check::known_part_tests::{finds, found};

const OPEN: &str =
    "{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'ACTION', Resource: '*'}]}";

#[test]
fn a_document_that_a_plan_reads_later_is_read_as_far_as_it_is_known() {
    let plan = |statements: &str, policy: &str, more: &str| {
        format!(
            r#"{{"format_version": "1.2", "planned_values": {{"root_module": {{"resources": [
  {{"address": "aws_iam_policy.p", "mode": "managed", "type": "aws_iam_policy", "name": "p", "values": {{"name": "p"}}}}]}}}},
 "resource_changes": [
  {{"address": "aws_iam_policy.p", "change": {{"after": {{"name": "p"}}, "after_unknown": {{"policy": true}}}}}},
  {{"address": "data.aws_iam_policy_document.d", "change": {{"after": {{"statement": [{statements}], "version": null}},
    "after_unknown": {{"json": true, "statement": [{{"resources": [false, true]}}]{more}}}}}}},
  {{"address": "data.aws_iam_policy_document.s", "change": {{"after": {{"statement": [{{"actions": ["*"], "resources": ["*"]}}]}},
    "after_unknown": {{"json": true}}}}}}],
 "configuration": {{"root_module": {{"resources": [
  {{"address": "aws_iam_policy.p", "expressions": {{"policy": {{"references": [{policy}]}}}}}},
  {{"address": "data.aws_iam_policy_document.d", "expressions": {{"source_policy_documents": {{"references": ["data.aws_iam_policy_document.s.json"]}}}}}}]}}}}}}"#
        )
    };
    let iam = r#"{"actions": ["iam:*"], "effect": null, "not_actions": null, "resources": ["*", null], "condition": [], "principals": []}"#;
    let used = r#""data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d""#;
    finds("plan.json", &plan(iam, used, ""), "SERVICE_ADMIN High");
    // Nobody knows who uses it.
    finds("plan.json", &plan(iam, r#""local.x""#, ""), "SERVICE_ADMIN High");
    let read = r#"{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::a/*", null]}"#;
    finds("plan.json", &plan(read, used, r#", "source_policy_documents": true"#), "ADMIN_ACCESS Critical");
}

#[test]
fn a_function_that_everybody_may_call_by_its_address_is_public() {
    let terraform = |kind: &str| {
        format!(
            "resource \"aws_lambda_function_url\" \"u\" {{\n  function_name = \"f\"\n  authorization_type = \"{kind}\"\n}}\n"
        )
    };
    finds("main.tf", &terraform("NONE"), "PUBLIC_ACCESS High");
    assert!(!found("main.tf", &terraform("AWS_IAM")).contains(&"PUBLIC_ACCESS High".to_owned()));
    let sam = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionUrlConfig: {AuthType: NONE}\n      \
        Role: arn:aws:iam::111122223333:role/x\n";
    finds("template.yaml", sam, "PUBLIC_ACCESS High");
}

#[test]
fn a_template_within_a_template_is_read() {
    let inner = "Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}}";
    let terraform = format!(
        "resource \"aws_cloudformation_stack\" \"s\" {{\n  name = \"s\"\n  template_body = <<EOT\n{inner}\nEOT\n}}\n"
    );
    finds("main.tf", &terraform, "ADMIN_ACCESS Critical");
    let stack_set = format!(
        "Resources:\n  S:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      StackSetName: s\n      TemplateBody: |\n        {inner}\n"
    );
    finds("t.yaml", &stack_set, "ADMIN_ACCESS Critical");
}

#[test]
fn policies_on_further_resources_are_read() {
    for (kind, attribute, action) in [
        ("aws_sagemaker_model_package_group_policy", "resource_policy", "sagemaker:DescribeModelPackage"),
        ("aws_xray_resource_policy", "policy_document", "xray:PutTraceSegments"),
        ("aws_kms_replica_external_key", "policy", "kms:Decrypt"),
        ("aws_s3vectors_vector_bucket_policy", "policy", "s3vectors:GetVectors"),
        ("aws_ecr_repository_creation_template", "repository_policy", "ecr:BatchGetImage"),
        ("aws_redshiftserverless_resource_policy", "policy", "redshift-serverless:RestoreFromSnapshot"),
    ] {
        let text = format!(
            "resource \"{kind}\" \"x\" {{\n  {attribute} = jsonencode({{Version = \"2012-10-17\", Statement = [{{Effect = \"Allow\", Principal = \"*\", Action = \"{action}\", Resource = \"*\"}}]}})\n}}\n"
        );
        finds("main.tf", &text, "PUBLIC_ACCESS High");
    }
    let table = OPEN.replace("ACTION", "dynamodb:GetItem");
    let text = format!(
        "Resources:\n  T:\n    Type: AWS::DynamoDB::GlobalTable\n    Properties:\n      Replicas: [{{Region: eu-west-1, ResourcePolicy: {{PolicyDocument: {table}}}}}]\n"
    );
    finds("t.yaml", &text, "PUBLIC_ACCESS High");
}

#[test]
fn a_role_of_cloud_control_is_a_role() {
    let text = "resource \"awscc_iam_role\" \"agent\" {\n  role_name = \"agent\"\n  managed_policy_arns = [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n  \
        assume_role_policy_document = jsonencode({Version = \"2012-10-17\", Statement = [{Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {Service = \"lambda.amazonaws.com\"}}]})\n}\n";
    finds("main.tf", text, "AGENT_ADMIN Critical");
}
