//! Policies on resources of kinds that are easily forgotten.

use leastwise_catalog::Catalog;

use super::*;
use crate::check::{Facts, run};

fn codes(file: &str, text: &str) -> Vec<(String, u32)> {
    let estate = read(&[SourceFile::named(file, text)]);
    let findings = run(&estate, &Facts::new(Catalog::embedded()));
    let bad = findings.iter().filter(|finding| finding.severity >= crate::check::Severity::High);
    bad.map(|finding| (finding.code.to_owned(), finding.at.line)).collect()
}

fn has(file: &str, text: &str, code: &str) {
    let found = codes(file, text);
    assert!(found.iter().any(|(found, _)| found == code), "{code} in {text}: {found:?}");
}

const OPEN: &str =
    "{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: 'ACTION', Resource: '*'}]}";

#[test]
fn policies_of_cloudformation_that_open_to_everybody_are_found() {
    for (kind, property, action) in [
        ("AWS::MSK::ClusterPolicy", "Policy", "kafka:*"),
        ("AWS::VpcLattice::ResourcePolicy", "Policy", "vpc-lattice:*"),
        ("AWS::VpcLattice::AuthPolicy", "Policy", "vpc-lattice-svcs:Invoke"),
        ("AWS::S3Tables::TablePolicy", "ResourcePolicy", "s3tables:*"),
        ("AWS::S3Express::BucketPolicy", "PolicyDocument", "s3express:*"),
    ] {
        let open = OPEN.replace("ACTION", action);
        let text = format!("Resources:\n  P:\n    Type: {kind}\n    Properties:\n      {property}: {open}\n");
        has("stack.yaml", &text, "PUBLIC_ACCESS");
    }
    for (kind, properties) in [
        ("AWS::Events::EventBusPolicy", "{StatementId: x, Action: 'events:PutEvents', Principal: '*'}"),
        (
            "AWS::Lambda::LayerVersionPermission",
            "{Action: 'lambda:GetLayerVersion', Principal: '*', LayerVersionArn: x}",
        ),
        (
            "AWS::Serverless::Api",
            "{StageName: x, Auth: {ResourcePolicy: {CustomStatements: [{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: ['execute-api:/*']}]}}}",
        ),
    ] {
        let text = format!("Resources:\n  P:\n    Type: {kind}\n    Properties: {properties}\n");
        has("stack.yaml", &text, "PUBLIC_ACCESS");
    }
    let of_ours = "Resources:\n  P:\n    Type: AWS::Lambda::LayerVersionPermission\n    Properties: {Action: 'lambda:GetLayerVersion', Principal: '*', LayerVersionArn: x, OrganizationId: o-exampleorgid}\n";
    assert_eq!(codes("stack.yaml", of_ours), []);
}

#[test]
fn policies_of_terraform_that_open_to_everybody_are_found() {
    let open = |action: &str| {
        format!(
            "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Principal = \"*\", Action = \"{action}\", Resource = \"*\" }}] }})"
        )
    };
    for (kind, attributes) in [
        ("aws_msk_cluster_policy", format!("policy = {}", open("kafka:*"))),
        ("aws_networkfirewall_resource_policy", format!("policy = {}", open("network-firewall:*"))),
        ("aws_vpclattice_resource_policy", format!("policy = {}", open("vpc-lattice:*"))),
        ("aws_vpclattice_auth_policy", format!("policy = {}", open("vpc-lattice-svcs:Invoke"))),
        ("aws_s3tables_table_policy", format!("resource_policy = {}", open("s3tables:*"))),
        (
            "aws_lambda_layer_version_permission",
            "layer_name = \"x\"\n  action = \"lambda:GetLayerVersion\"\n  principal = \"*\"".to_owned(),
        ),
        ("aws_cloudwatch_event_permission", "statement_id = \"x\"\n  principal = \"*\"".to_owned()),
    ] {
        has("main.tf", &format!("resource \"{kind}\" \"p\" {{\n  {attributes}\n}}\n"), "PUBLIC_ACCESS");
    }
}

#[test]
fn a_permission_set_with_a_managed_policy_is_somebody_who_has_it() {
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let stack = format!(
        "Resources:\n  P:\n    Type: AWS::SSO::PermissionSet\n    Properties: {{Name: x, InstanceArn: y, ManagedPolicies: [{admin}]}}\n"
    );
    assert_eq!(codes("stack.yaml", &stack), [("ADMIN_ACCESS".to_owned(), 4)]);
    let text = format!(
        "resource \"aws_ssoadmin_managed_policy_attachment\" \"a\" {{\n  instance_arn = \"y\"\n  managed_policy_arn = \"{admin}\"\n  permission_set_arn = aws_ssoadmin_permission_set.x.arn\n}}\n"
    );
    assert_eq!(codes("main.tf", &text), [("ADMIN_ACCESS".to_owned(), 3)]);
}

#[test]
fn the_short_resources_of_an_api_are_resources() {
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":["execute-api:/*"]}]}"#;
    assert_eq!(codes("p.json", text), [("PUBLIC_ACCESS".to_owned(), 1)]);
    let stage = text.replace("execute-api:/*", "execute-api:/prod/GET/pets");
    assert_eq!(codes("p.json", &stage), [("PUBLIC_ACCESS".to_owned(), 1)]);
}

#[test]
fn the_actions_that_are_known_of_a_list_are_looked_at() {
    let text = "variable \"more\" {}\nresource \"aws_iam_policy\" \"p\" {\n  name   = \"p\"\n  policy = jsonencode({Version=\"2012-10-17\",Statement=[{Effect=\"Allow\",Action=concat([\"iam:*\"], var.more),Resource=\"*\"}]})\n}\n";
    has("main.tf", text, "SERVICE_ADMIN");
    let estate = read(&[SourceFile::named("main.tf", text)]);
    assert!(estate.unreadable.iter().any(|finding| finding.message.contains("var.more")));
}

/// Code and severity of all that is found.
fn told(file: &str, text: &str) -> Vec<String> {
    let estate = read(&[SourceFile::named(file, text)]);
    let findings = run(&estate, &Facts::new(Catalog::embedded()));
    findings.iter().map(|finding| format!("{} {}", finding.severity, finding.code)).collect()
}

#[test]
fn what_other_parts_of_kubernetes_ask_for_is_known() {
    let text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x}\nrules:\n- {apiGroups: [authentication.k8s.io], resources: [userextras/scopes, uids], verbs: [impersonate]}\n- {apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [example.com/*], verbs: [approve, sign]}\n";
    assert!(!told("role.yaml", text).iter().any(|told| told.contains("K8S_UNKNOWN")));
    let wrong = text.replace("verbs: [impersonate]", "verbs: [approve]");
    assert!(told("role.yaml", &wrong).iter().any(|told| told.contains("K8S_UNKNOWN")));
}

#[test]
fn shared_providers_whose_tenancy_is_another_claim_are_known() {
    let azure = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/";
    let text = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{azure}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{azure}:aud":"api://1462b192-27f7-4cb9-8523-0f4ecb54b47e"{condition}}}}}}}]}}"#
        )
    };
    let missing = "critical OIDC_SUBJECT_MISSING".to_owned();
    assert!(told("p.json", &text("")).contains(&missing));
    let session = r#","sts:RoleSessionName":"MicrosoftSentinel_WORKSPACE""#;
    assert!(!told("p.json", &text(session)).contains(&missing));
    let ibm = text("").replace(azure, "rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7");
    assert!(told("p.json", &ibm).contains(&missing));
}

#[test]
fn secrets_and_keys_by_custom_roles_of_other_clouds_are_found() {
    for permission in ["storage.hmacKeys.create", "secretmanager.versions.access"] {
        let text = format!("title: Worker\nstage: GA\nincludedPermissions:\n- {permission}\n");
        assert!(told("role.yaml", &text).contains(&"medium GCP_KEYS_AND_SECRETS".to_owned()), "{permission}");
    }
    let azure = r#"{"Name":"x","IsCustom":true,"Actions":["Microsoft.Resources/subscriptions/read"],"NotActions":[],"DataActions":["Microsoft.KeyVault/vaults/secrets/*"],"NotDataActions":[],"AssignableScopes":["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/x"]}"#;
    assert!(told("role.json", azure).contains(&"medium AZURE_DATA_SECRETS".to_owned()));
}
