//! What stands around the permissions of a role: trust, boundary, prohibitions, approval, an end.

use leastwise_catalog::Catalog;
use leastwise_generate::intent::{Form, Intent};
use leastwise_generate::lower::aws::{self, Compiled, MadeBoundary};
use leastwise_policy::aws::evaluate::{
    Context, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{DocumentKind, Policy};

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";

fn compiled(role: &str) -> Compiled {
    let text =
        format!("roles:\n  A:\n{role}\nresources:\n  orders: {TABLE}\n  sandbox: arn:aws:s3:::sandbox\n");
    let intent = Intent::from_yaml("roles.yaml", &text).expect("an intent");
    let mut roles =
        aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it compiles");
    roles.remove(0)
}

fn asked(role: &Compiled, action: &str, keys: &[(&str, &str)]) -> Verdict {
    let mut context = Context::new();
    for (key, value) in keys {
        context.insert(key, *value);
    }
    context.complete(true);
    let set = PolicySet::of_identity(role.identity.clone());
    let principal = PrincipalRef::new("arn:aws:iam::111122223333:role/A");
    evaluate(&set, &Request { principal, action, resource: ResourceRef::Exact(TABLE), context: &context })
        .verdict
}

fn trust(trust: &str) -> String {
    let role = compiled(&format!("    permissions: [{{read: orders}}]\n    trust: {trust}"));
    let policy = role.trust.expect("a trust policy");
    let text = policy.to_compact_json();
    Policy::parse_kind(&text, DocumentKind::Trust).expect("a trust policy as AWS reads it");
    text
}

#[test]
fn a_level_that_is_forbidden_forbids_what_comes_to_the_same() {
    let role = compiled("    permissions: [{write: orders}]\n    never: [{delete: orders}]");
    assert_eq!(asked(&role, "dynamodb:PutItem", &[]), Verdict::Allowed);
    for action in ["dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLDelete"] {
        assert_eq!(asked(&role, action, &[]), Verdict::ExplicitDeny, "{action}");
    }
}

#[test]
fn what_needs_approval_is_allowed_in_an_approved_session_only() {
    let role = compiled("    permissions: [{write: orders}]\n    approval: [{delete: orders}]");
    let approved = [("aws:PrincipalTag/leastwise-approved", "true")];
    assert_eq!(asked(&role, "dynamodb:DeleteItem", &[]), Verdict::ExplicitDeny);
    assert_eq!(asked(&role, "dynamodb:DeleteItem", &approved), Verdict::Allowed);
    assert_eq!(asked(&role, "dynamodb:PutItem", &[]), Verdict::Allowed);
}

#[test]
fn from_its_end_on_a_role_may_do_nothing() {
    let role = compiled("    permissions: [{read: orders}]\n    expires: 2026-12-31");
    let at = |time| asked(&role, "dynamodb:GetItem", &[("aws:CurrentTime", time)]);
    assert_eq!(at("2026-12-30T23:59:59Z"), Verdict::Allowed);
    assert_eq!(at("2026-12-31T00:00:00Z"), Verdict::ExplicitDeny);
}

#[test]
fn admin_comes_with_a_warning_and_a_boundary_and_never_by_another_word() {
    let role = compiled("    permissions: [{admin: sandbox}]");
    assert!(matches!(role.boundary, Some(MadeBoundary::Made(_))));
    assert!(role.warnings.iter().any(|note| note.text.contains("admin")), "{:?}", role.warnings);
    let role = compiled("    permissions: [{write: sandbox}]");
    assert!(role.boundary.is_none() && role.warnings.is_empty());
}

#[test]
fn a_boundary_can_be_asked_for_named_or_refused() {
    let of = |boundary: &str| {
        compiled(&format!("    permissions: [{{admin: sandbox}}]\n    boundary: {boundary}")).boundary
    };
    assert!(matches!(of("true"), Some(MadeBoundary::Made(_))));
    let arn = "arn:aws:iam::111122223333:policy/limit";
    assert_eq!(of(arn), Some(MadeBoundary::Existing(arn.to_owned())));
    assert_eq!(of("false"), None);
}

#[test]
fn a_repository_of_github_holds_a_role_by_its_subject() {
    let text = trust("{github: acme/shop, branch: main}");
    assert!(
        text.contains("\"token.actions.githubusercontent.com:sub\":\"repo:acme/shop:ref:refs/heads/main\""),
        "{text}"
    );
    assert!(text.contains("\"token.actions.githubusercontent.com:aud\":\"sts.amazonaws.com\""), "{text}");
    assert!(text.contains("sts:AssumeRoleWithWebIdentity"), "{text}");
    let role = compiled("    permissions: [{read: orders}]\n    trust: {github: acme/shop}");
    assert!(role.warnings.iter().any(|note| note.text.contains("any branch")), "{:?}", role.warnings);
}

#[test]
fn a_service_account_holds_a_role_by_its_name() {
    let text = trust(
        "{kubernetes: 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABC', namespace: shop, service_account: api}",
    );
    assert!(text.contains("oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"), "{text}");
    assert!(text.contains(":sub\":\"system:serviceaccount:shop:api\""), "{text}");
}

#[test]
fn another_account_holds_a_role_by_its_external_id() {
    let text = trust("{account: '444455556666', external_id: ticket-7}");
    assert!(text.contains("\"AWS\":\"arn:aws:iam::444455556666:root\""), "{text}");
    assert!(text.contains("\"sts:ExternalId\":\"ticket-7\""), "{text}");
}

#[test]
fn a_workload_holds_a_role_by_its_spiffe_id_through_a_trust_anchor() {
    let text = trust("spiffe://example.org/shop/api");
    assert!(text.contains("\"Service\":\"rolesanywhere.amazonaws.com\""), "{text}");
    assert!(text.contains("\"aws:PrincipalTag/x509SAN/URI\":\"spiffe://example.org/shop/api\""), "{text}");
    assert!(text.contains("aws:SourceArn"), "{text}");
}

#[test]
fn pods_may_tag_their_sessions_and_a_service_without_roles_is_refused() {
    assert!(trust("eks").contains("sts:TagSession"));
    let text = "roles:\n  A:\n    permissions: [{list: t}]\n    trust: dynamodb\nresources:\n  t: dynamodb\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("an intent");
    let error =
        aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect_err("holds no roles");
    assert!(error.to_string().contains("`dynamodb` is not known as a service that holds roles"), "{error}");
}

#[test]
fn an_action_that_knows_no_resource_has_a_statement_of_its_own() {
    let text = "roles:\n  A:\n    permissions: [{pull: images}]\nresources:\n  images: arn:aws:ecr:eu-west-1:111122223333:repository/shop\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("an intent");
    let roles = aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it compiles");
    let policy = roles[0].identity[0].policy.to_compact_json();
    assert!(policy.contains("\"Action\":\"ecr:GetAuthorizationToken\",\"Resource\":\"*\""), "{policy}");
}

#[test]
fn an_environment_chooses_what_a_name_stands_for() {
    let text = "roles:\n  A:\n    permissions: [{read: orders}]\nresources:\n  orders:\n    environments:\n      prod: dynamodb:table/orders\n      dev: dynamodb:table/dev-orders\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("an intent");
    let compile = |environment: Option<&str>| {
        let options = aws::Options {
            environment: environment.map(str::to_owned),
            account: Some("111122223333".to_owned()),
            region: Some("eu-west-1".to_owned()),
            ..aws::Options::default()
        };
        aws::compile(&intent, Catalog::embedded(), &options)
    };
    let dev = compile(Some("dev")).expect("dev")[0].identity[0].policy.to_json();
    assert!(dev.contains("eu-west-1:111122223333:table/dev-orders"), "{dev}");
    let error = compile(None).expect_err("which?").to_string();
    assert!(error.contains("`--environment`: dev, prod"), "{error}");
}

#[test]
fn what_an_action_depends_on_is_offered_and_not_granted() {
    let text = "roles:\n  A:\n    permissions: [{run: job}]\nresources:\n  job: arn:aws:ecs:eu-west-1:111122223333:task-definition/job:*\n";
    let intent = Intent::from_yaml("roles.yaml", text).expect("an intent");
    let roles = aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it compiles");
    assert!(roles[0].offers.iter().any(|offer| offer.action == "iam:PassRole"), "{:?}", roles[0].offers);
    assert!(!roles[0].identity[0].policy.to_json().contains("PassRole"));
}

#[test]
fn a_role_on_hundreds_of_tables_comes_in_documents_that_fit_and_lose_nothing() {
    let arns: Vec<String> = (0..400).map(|number| format!("    - {TABLE}-{number:04}")).collect();
    let text = format!(
        "roles:\n  A:\n    permissions: [{{read: orders}}]\nresources:\n  orders:\n{}\n",
        arns.join("\n")
    );
    let intent = Intent::from_yaml("roles.yaml", &text).expect("an intent");
    let roles = aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it compiles");
    let identity = &roles[0].identity;
    assert!(identity.len() > 1);
    for document in identity {
        assert!(Quota::ManagedPolicy.holds(std::slice::from_ref(&document.policy)), "{}", document.name);
    }
    let all: String = identity.iter().map(|document| document.policy.to_json()).collect();
    assert!((0..400).all(|number| all.contains(&format!("{TABLE}-{number:04}\""))));
}

#[test]
fn more_documents_than_a_role_takes_are_told_with_their_number() {
    let warned = |tables: usize| {
        let arns: Vec<String> = (0..tables).map(|number| format!("    - {TABLE}-{number:04}")).collect();
        let text = format!(
            "roles:\n  A:\n    permissions: [{{read: orders}}]\nresources:\n  orders:\n{}\n",
            arns.join("\n")
        );
        let intent = Intent::from_yaml("roles.yaml", &text).expect("an intent");
        let roles =
            aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it compiles");
        let told = format!("{} policies are needed, and a role takes 10", roles[0].identity.len());
        (roles[0].identity.len(), roles[0].warnings.iter().any(|note| note.text.starts_with(&told)))
    };
    let (few, told) = warned(400);
    assert!((2..=10).contains(&few) && !told, "{few}");
    let (many, told) = warned(1_500);
    assert!(many > 10 && told, "{many}");
}

#[test]
fn a_word_of_another_service_than_the_resource_keeps_its_prefix() {
    let topic = "arn:aws:kafka:eu-west-1:111122223333:topic/c/u/t";
    let text = format!(
        "roles:\n  A:\n    permissions: [{{'kafka-cluster:read-data': topic}}]\nresources:\n  topic: {topic}\n"
    );
    let yaml = Intent::from_yaml("roles.yaml", &text).expect("an intent");
    let flag = format!("kafka-cluster:read-data,{topic}");
    let form = Form { name: "A".to_owned(), to: vec![flag], ..Form::default() };
    for intent in [yaml, Intent::from_form(&form).expect("an intent")] {
        let roles =
            aws::compile(&intent, Catalog::embedded(), &aws::Options::default()).expect("it compiles");
        assert_eq!(&*roles[0].reasons[0].action, "kafka-cluster:ReadData");
        assert_eq!(roles[0].reasons[0].resources, [topic]);
    }
}
