//! Who gets in by a provider of identities, or as a pod.

use leastwise_catalog::Catalog;
use serde_json::{Value, json};

use super::super::{Certainty, From, Options, Outside, SERVICE_ACCOUNT, Target, Workload, World, find};
use super::{Account, allow, arn, document, ids, trust, world};

const GITHUB: &str = "token.actions.githubusercontent.com";
const EKS: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3";

fn federated(provider: &str, condition: &Value) -> Value {
    let provider = format!("arn:aws:iam::111122223333:oidc-provider/{provider}");
    document(&[json!({
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    })])
}

fn github(operator: &str, subject: &str) -> Value {
    let audience = json!({"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"});
    let mut condition = json!({"StringEquals": audience});
    condition[operator]["token.actions.githubusercontent.com:sub"] = json!(subject);
    federated(GITHUB, &condition)
}

/// An admin whom this trust policy lets in.
fn admin(trust: Value) -> Account {
    Account::default().role("target", trust, &[allow(&["*"])])
}

type Told = Vec<(String, Certainty, Option<Outside>)>;

fn told(account: &Account, from: Option<From>, workloads: &[Workload]) -> (Told, usize) {
    let snapshot = account.snapshot();
    let world = World { workloads: workloads.to_vec(), ..world(&snapshot) };
    let found = find(&world, &Options { from, to: Target::Admin, cut: true }, Catalog::embedded());
    let told = found.paths.iter().map(|path| (path.source.clone(), path.certainty, path.outside));
    (told.collect(), found.more_outside)
}

fn outside(account: &Account) -> Told {
    told(account, Some(From::Outside), &[]).0
}

#[test]
fn a_subject_that_is_fixed_is_a_source_for_whoever_asks() {
    let subject = "repo:example/shop:ref:refs/heads/main";
    let account = admin(github("StringEquals", subject));
    assert_eq!(told(&account, None, &[]), (vec![], 1));
    let source = format!("oidc:{GITHUB}#{subject}");
    assert_eq!(outside(&account), [(source, Certainty::Sure, Some(Outside::Identity))]);
    assert_eq!(told(&account, Some(From::Anybody), &[]).0, []);
}

#[test]
fn a_subject_that_anybody_can_have_is_told_unasked() {
    for open in ["*", "repo:*", "repo:example*/*"] {
        let (told, more) = told(&admin(github("StringLike", open)), None, &[]);
        assert_eq!(more, 0);
        assert_eq!(told.len(), 1, "{open}");
        assert_eq!(told[0].2, Some(Outside::Anybody), "{open}");
    }
    let aud = json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}});
    let missing = admin(federated(GITHUB, &aud));
    let anybody = (format!("oidc:{GITHUB}"), Certainty::Sure, Some(Outside::Anybody));
    assert_eq!(told(&missing, None, &[]).0, [anybody]);
    assert_eq!(told(&admin(github("StringLike", "repo:example/*")), None, &[]), (vec![], 1));
}

#[test]
fn another_claim_that_is_tested_leaves_nobody_who_can_be_anybody() {
    let mut trust = github("StringLike", "repo:*");
    trust["Statement"][0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:repository_owner_id"] =
        json!("12345");
    let account = admin(trust);
    assert_eq!(told(&account, None, &[]), (vec![], 1));
    let found = outside(&account);
    assert_eq!((found[0].1, found[0].2), (Certainty::Conditional, Some(Outside::Identity)));
}

#[test]
fn the_step_names_the_statement_and_the_subject() {
    let snapshot = admin(github("StringLike", "repo:example/shop:*")).snapshot();
    let options = Options { from: Some(From::Outside), to: Target::Admin, cut: true };
    let found = find(&world(&snapshot), &options, Catalog::embedded());
    let step = &found.paths[0].steps[0];
    assert_eq!(
        (step.ids[0].as_str(), step.becomes.as_str()),
        ("sts-web-identity", arn("role", "target").as_str())
    );
    let call = &step.calls[0];
    assert_eq!(call.action, "sts:AssumeRoleWithWebIdentity");
    assert_eq!(call.with["token.actions.githubusercontent.com:sub"], ["repo:example/shop:*"]);
    assert_eq!(call.with["token.actions.githubusercontent.com:aud"], ["sts.amazonaws.com"]);
    assert_eq!(call.by[0].pointer.as_deref(), Some("/RoleDetailList/0/AssumeRolePolicyDocument/Statement/0"));
    let cut = found.cut.as_ref().unwrap();
    assert_eq!((cut.statement.document.as_str(), cut.frees.len()), (call.by[0].document.as_str(), 1));
}

#[test]
fn a_trust_policy_that_does_not_let_the_token_in_is_no_step() {
    let mut action = github("StringEquals", "repo:example/shop:ref:refs/heads/main");
    action["Statement"][0]["Action"] = json!("sts:AssumeRole");
    assert_eq!(outside(&admin(action)), []);
    let mut denied = github("StringEquals", "repo:example/shop:ref:refs/heads/main");
    let mut deny = denied["Statement"][0].clone();
    deny["Effect"] = json!("Deny");
    deny["Condition"] =
        json!({"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:example/other:*"}});
    denied["Statement"].as_array_mut().unwrap().push(deny);
    assert_eq!(outside(&admin(denied)), []);
    // No repository is called `*`.
    assert_eq!(outside(&admin(github("StringEquals", "repo:example/*"))), []);
    let harmless = github("StringEquals", "repo:example/shop:ref:refs/heads/main");
    let harmless = Account::default().role("target", harmless, &[allow(&["s3:GetObject"])]);
    assert_eq!(outside(&harmless), []);
}

#[test]
fn a_subject_gets_into_every_role_that_takes_all_of_it() {
    let account = Account::default()
        .role("wide", github("StringLike", "repo:example/*"), &[allow(&["*"])])
        .role("narrow", github("StringEquals", "repo:example/shop:ref:refs/heads/main"), &[])
        .role("other", github("StringEquals", "repo:other/shop:ref:refs/heads/main"), &[]);
    let names: Vec<String> = outside(&account).into_iter().map(|(name, ..)| name).collect();
    let of = |subject: &str| format!("oidc:{GITHUB}#{subject}");
    assert_eq!(names, [of("repo:example/*"), of("repo:example/shop:ref:refs/heads/main")]);
    let asked = |subject: &str| {
        let from = From::Token { provider: GITHUB.to_owned(), subject: subject.to_owned() };
        told(&account, Some(from), &[]).0.len()
    };
    assert_eq!(
        (asked("repo:example/more:ref:refs/heads/x"), asked("repo:others/more:ref:refs/heads/x")),
        (1, 0)
    );
    let all = told(&account, Some(From::Provider(GITHUB.to_owned())), &[]).0;
    assert_eq!(all.len(), 2);
    assert_eq!(told(&account, Some(From::Provider("gitlab.com".to_owned())), &[]).0, []);
}

#[test]
fn people_of_a_saml_provider_get_in_by_an_assertion() {
    let provider = "arn:aws:iam::111122223333:saml-provider/people";
    let trust = |action: &str, condition: Value| {
        admin(document(&[json!({
            "Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, "Condition": condition,
        })]))
    };
    let audience = json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}});
    let source = |certainty| (format!("saml:{provider}"), certainty, Some(Outside::Identity));
    assert_eq!(outside(&trust("sts:AssumeRoleWithSAML", audience.clone())), [source(Certainty::Sure)]);
    let mut group = audience.clone();
    group["StringEquals"]["SAML:eduPersonOrgDN"] = json!("admins");
    assert_eq!(outside(&trust("sts:AssumeRoleWithSAML", group)), [source(Certainty::Conditional)]);
    assert_eq!(outside(&trust("sts:TagSession", audience)), []);
}

#[test]
fn pods_get_in_by_their_service_account_or_by_pod_identity() {
    let condition = json!({"StringEquals": {format!("{EKS}:sub"): "system:serviceaccount:shop:cart"}});
    let account = admin(federated(EKS, &condition));
    assert_eq!(told(&account, None, &[]), (vec![], 1));
    let listed = |arn: &str, service: &str| {
        [Workload { arn: arn.to_owned(), service: service.to_owned(), role: super::arn("role", "target") }]
    };
    let cart = "system:serviceaccount:shop:cart";
    let declared = told(&account, None, &listed(cart, SERVICE_ACCOUNT)).0;
    assert_eq!(declared, [(cart.to_owned(), Certainty::Sure, Some(Outside::Workload))]);
    assert_eq!(told(&account, None, &listed("system:serviceaccount:shop:other", SERVICE_ACCOUNT)).0, []);

    let pods = |actions: &[&str]| {
        admin(document(&[json!({
            "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions,
        })]))
    };
    let both = pods(&["sts:AssumeRole", "sts:TagSession"]);
    let pod = (format!("pod:{}", arn("role", "target")), Certainty::Assumed, Some(Outside::Identity));
    assert_eq!(outside(&both), [pod]);
    assert_eq!(outside(&pods(&["sts:AssumeRole"])), []);
    let association = "arn:aws:eks:eu-west-1:111122223333:podidentityassociation/shop/a-1";
    let declared = told(&both, None, &listed(association, "pods.eks.amazonaws.com")).0;
    assert_eq!(declared, [(association.to_owned(), Certainty::Sure, Some(Outside::Workload))]);
}

#[test]
fn guests_of_an_identity_pool_are_anybody() {
    let pool = "eu-west-1:00000000-0000-0000-0000-000000000000";
    let trust = |amr: &str| {
        admin(document(&[json!({
            "Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": pool},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": amr},
            },
        })]))
    };
    let name = format!("oidc:cognito-identity.amazonaws.com#{pool}");
    let guests = (format!("{name} (guests)"), Certainty::Assumed, Some(Outside::Anybody));
    assert_eq!(told(&trust("unauthenticated"), None, &[]).0, [guests]);
    assert_eq!(told(&trust("authenticated"), None, &[]), (vec![], 1));
    let users = (name, Certainty::Conditional, Some(Outside::Identity));
    assert_eq!(outside(&trust("authenticated")), [users]);
}

#[test]
fn from_outside_a_path_goes_on_like_any_other() {
    let account = Account::default()
        .role("ci", github("StringLike", "repo:*"), &[allow(&["sts:AssumeRole"])])
        .role("target", trust("AWS", super::ACCOUNT), &[allow(&["*"])]);
    let found = account.find();
    let source = format!("oidc:{GITHUB}#repo:*");
    let path = found.paths.iter().find(|path| path.source == source);
    assert_eq!(ids(path), ["sts-web-identity", "sts-001"]);
}
