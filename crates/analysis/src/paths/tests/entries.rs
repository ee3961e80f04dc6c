//! Who changes what says whom a role lets in: a SAML provider, an identity pool.

use serde_json::{Value, json};

use super::super::Certainty;
use super::{Account, allow, arn, document, found, ids, path};

const POOL: &str = "eu-west-1:12345678-corner-cafe-123456790ab";

fn saml(provider: &str, condition: &Value) -> Value {
    document(&[json!({"Effect": "Allow", "Principal": {"Federated": arn("saml-provider", provider)},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"], "Condition": condition})])
}

fn cognito(amr: &str) -> Value {
    document(&[json!({"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": POOL},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr}}})])
}

fn told(trust: Value, statements: &[Value]) -> Option<(String, Certainty)> {
    let account = Account::default().role("target", trust, &[allow(&["*"])]).user("attacker", statements);
    let found = found(&account.snapshot(), &[]);
    let path = path(&found, &arn("user", "attacker"))?;
    let pointers =
        path.steps[0].calls.iter().flat_map(|call| &call.by).filter_map(|by| by.pointer.as_deref());
    assert!(pointers.into_iter().any(|pointer| pointer.contains("AssumeRolePolicyDocument")), "{path:?}");
    Some((ids(Some(path)).concat(), path.certainty))
}

#[test]
fn who_writes_the_metadata_of_a_saml_provider_becomes_the_roles_that_trust_it() {
    let step = |certainty| Some(("iam-update-saml-provider".to_owned(), certainty));
    let may = [allow(&["iam:UpdateSAMLProvider"])];
    let plain = json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}});
    assert_eq!(told(saml("corp", &plain), &may), step(Certainty::Sure));
    // What the provider says of a user is the caller's to say.
    let of_user =
        json!({"StringEquals": {"saml:sub_type": "persistent", "SAML:eduPersonAffiliation": "staff"}});
    assert_eq!(told(saml("corp", &of_user), &may), step(Certainty::Sure));
    let network = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    assert_eq!(told(saml("corp", &network), &may), step(Certainty::Conditional));
    let on = |provider: &str| json!({"Effect": "Allow", "Action": "iam:UpdateSAMLProvider", "Resource": arn("saml-provider", provider)});
    assert_eq!(told(saml("corp", &plain), &[on("corp")]), step(Certainty::Sure));
    assert_eq!(told(saml("corp", &plain), &[on("other")]), None);
    assert_eq!(told(saml("corp", &plain), &[allow(&["iam:CreateSAMLProvider"])]), None);
    assert_eq!(told(super::trust("Service", "lambda.amazonaws.com"), &may), None);
}

#[test]
fn who_sets_up_an_identity_pool_becomes_the_roles_that_trust_it() {
    let pool = |id: &str| {
        let resource = format!("arn:aws:cognito-identity:eu-west-1:{}:identitypool/{id}", super::ACCOUNT);
        json!({"Effect": "Allow", "Action": "cognito-identity:UpdateIdentityPool", "Resource": resource})
    };
    let step = Some(("cognito-update-identity-pool".to_owned(), Certainty::Assumed));
    for amr in ["authenticated", "unauthenticated"] {
        assert_eq!(told(cognito(amr), &[pool(POOL)]), step, "{amr}");
        assert_eq!(told(cognito(amr), &[pool("eu-west-1:another")]), None, "{amr}");
    }
    let roles = |more: &[&str]| {
        told(cognito("authenticated"), &[allow(&["cognito-identity:SetIdentityPoolRoles"]), allow(more)])
    };
    let step = Some(("cognito-set-identity-pool-roles".to_owned(), Certainty::Assumed));
    assert_eq!(roles(&["iam:PassRole"]), step);
    assert_eq!(roles(&["s3:GetObject"]), None);
    let token = [allow(&["cognito-identity:GetOpenIdTokenForDeveloperIdentity"])];
    let step = Some(("cognito-developer-identity".to_owned(), Certainty::Assumed));
    assert_eq!(told(cognito("authenticated"), &token), step);
    let everything = [allow(&["cognito-identity:*", "iam:PassRole"])];
    assert_eq!(told(super::trust("Service", "lambda.amazonaws.com"), &everything), None);
}

#[test]
fn scripts_run_on_instances_that_a_deployment_or_a_step_reaches() {
    let account = |action: &str, profiles: Value| {
        Account::default()
            .role("target", super::trust("Service", "ec2.amazonaws.com"), &[allow(&["*"])])
            .with("Role:InstanceProfileList", profiles)
            .user("attacker", &[allow(&[action])])
    };
    let profile = json!([{"Arn": arn("instance-profile", "target")}]);
    for (action, step) in [
        ("codedeploy:CreateDeployment", "codedeploy-create-deployment"),
        ("elasticmapreduce:AddJobFlowSteps", "emr-add-steps"),
    ] {
        let way = |account: &Account, workloads: &[super::Workload]| {
            let found = found(&account.snapshot(), workloads);
            let path = path(&found, &arn("user", "attacker"));
            (ids(path).concat(), path.map(|path| path.certainty))
        };
        let with = account(action, profile.clone());
        assert_eq!(way(&with, &[]), (step.to_owned(), Some(Certainty::Assumed)));
        assert_eq!(way(&account(action, json!([])), &[]).0, "");
        let instance = |role: &str| super::Workload {
            arn: format!("arn:aws:ec2:eu-west-1:{}:instance/i-0", super::ACCOUNT),
            service: "ec2.amazonaws.com".to_owned(),
            role: arn("role", role),
        };
        assert_eq!(way(&with, &[instance("target")]).0, step);
        assert_eq!(way(&with, &[instance("other")]).0, "");
    }
}
