//! A role's guardrail: what the role is meant to do is allowed under it, what it was given besides is not.

use leastwise_catalog::Catalog;
use leastwise_generate::intent::Intent;
use leastwise_generate::lower::aws::{self, Compiled};
use leastwise_generate::render::{Names, RoleFormat, render_guardrail};
use leastwise_policy::aws::evaluate::{
    Context, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef, Verdict,
    evaluate,
};
use leastwise_policy::aws::quota::Quota;
use leastwise_policy::aws::{DocumentKind, Named, Policy, Statement};

const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders";
const OTHER: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/other";
const RESOURCES: &str = "resources:\n  orders: arn:aws:dynamodb:eu-west-1:111122223333:table/orders\n  \
                         jobs: arn:aws:sqs:eu-west-1:111122223333:jobs\n  files: arn:aws:s3:::files\n";

fn made(role: &str) -> (Compiled, Named<Policy>) {
    let text = format!("roles:\n  Agent:\n{role}\n{RESOURCES}");
    let intent = Intent::from_yaml("roles.yaml", &text).expect("an intent");
    let (catalog, options) = (Catalog::embedded(), aws::Options::default());
    let mut roles = aws::compile(&intent, catalog, &options).expect("it compiles");
    let role = roles.remove(0);
    let guardrail = aws::guardrail(&intent.roles[0], &role, catalog, &options).expect("it fits");
    let text = guardrail.policy.to_compact_json();
    let read = Policy::parse_kind(&text, DocumentKind::ServiceControl).expect("a service control policy");
    assert_eq!(read, guardrail.policy);
    (role, guardrail)
}

struct Asked<'a> {
    principal: &'a str,
    action: &'a str,
    resource: &'a str,
    keys: &'a [(&'a str, &'a str)],
}

/// What is decided under the guardrail, when the principal was given everything.
fn decide(guardrail: &Named<Policy>, identity: Vec<Named<Policy>>, asked: &Asked<'_>) -> Verdict {
    let full = Named::new("FullAWSAccess", Policy::new(vec![Statement::allow(["*"], ["*"])]));
    let level = OrganizationLevel::new("111122223333", vec![full, guardrail.clone()]);
    let set = PolicySet {
        service_control: Some(OrganizationPath { management_account: None, levels: vec![level] }),
        ..PolicySet::of_identity(identity)
    };
    let mut context = Context::new();
    context.insert("aws:RequestedRegion", "eu-west-1");
    context.insert("aws:PrincipalArn", asked.principal);
    for (key, value) in asked.keys {
        context.insert(key, *value);
    }
    context.complete(true);
    let principal = PrincipalRef::new(asked.principal);
    let resource = ResourceRef::Pattern(asked.resource);
    evaluate(&set, &Request { principal, action: asked.action, resource, context: &context }).verdict
}

const AGENT: &str = "arn:aws:iam::111122223333:role/Agent";
const APPROVED: (&str, &str) = ("aws:PrincipalTag/leastwise-approved", "true");

fn with_everything(guardrail: &Named<Policy>, action: &str, resource: &str, keys: &[(&str, &str)]) -> bool {
    let all = vec![Named::new("all", Policy::new(vec![Statement::allow(["*"], ["*"])]))];
    let asked = Asked { principal: AGENT, action, resource, keys };
    match decide(guardrail, all, &asked) {
        Verdict::Allowed => true,
        Verdict::ExplicitDeny => false,
        other => panic!("{action} on {resource}: {other:?}"),
    }
}

#[test]
fn what_the_role_is_meant_to_do_is_allowed_under_its_guardrail() {
    let lines = [
        "    permissions: [{read: orders}, {write: orders}, {consume: jobs}, {write: files}, {list: files}]",
        "    permissions: [{write: orders}]\n    conditions: {region: eu-west-1}",
        "    permissions: [{delete: orders}, {dynamodb:DeleteTable: orders}]\n    trust: lambda",
        "    permissions: [{write: orders}]\n    conditions: {tags: {env: dev}}",
        "    permissions: [{read: orders}]\n    never: [{delete: orders}]",
    ];
    for line in lines {
        let (role, guardrail) = made(line);
        let keys = [("aws:ResourceTag/env", "dev")];
        for reason in role.reasons.iter().filter(|reason| format!("{:?}", reason.effect) == "Allow") {
            for resource in &reason.resources {
                let asked = Asked { principal: AGENT, action: &reason.action, resource, keys: &keys };
                let verdict = decide(&guardrail, role.identity.clone(), &asked);
                assert_eq!(verdict, Verdict::Allowed, "{line}: {} on {resource}", reason.action);
            }
        }
    }
}

#[test]
fn what_cannot_be_brought_back_wants_approval_whatever_the_role_is_given_later() {
    let (_, guardrail) = made("    permissions: [{write: orders}]\n    trust: lambda");
    for (action, resource) in [
        ("dynamodb:DeleteTable", TABLE),
        ("dynamodb:DeleteBackup", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/backup/1"),
        ("dynamodb:DeleteItem", OTHER),
        ("ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
        ("s3:GetObject", "arn:aws:s3:::elsewhere/x"),
        ("iam:CreateUser", "arn:aws:iam::111122223333:user/x"),
    ] {
        assert!(!with_everything(&guardrail, action, resource, &[]), "{action}");
        assert!(!with_everything(&guardrail, action, resource, &[(APPROVED.0, "false")]), "{action}");
        assert!(with_everything(&guardrail, action, resource, &[APPROVED]), "{action} approved");
    }
    assert!(with_everything(&guardrail, "dynamodb:DeleteItem", TABLE, &[]));
    assert!(with_everything(&guardrail, "dynamodb:PutItem", OTHER, &[]));
    assert!(with_everything(&guardrail, "dynamodb:UntagResource", TABLE, &[]));
}

#[test]
fn a_line_that_wants_approval_and_admin_are_no_leave_to_destroy() {
    let (_, guardrail) = made("    permissions: [{read: orders}]\n    approval: [{delete: orders}]");
    assert!(!with_everything(&guardrail, "dynamodb:DeleteItem", TABLE, &[]));
    assert!(with_everything(&guardrail, "dynamodb:DeleteItem", TABLE, &[APPROVED]));
    let (_, guardrail) = made("    permissions: [{admin: files}]");
    assert!(!with_everything(&guardrail, "s3:DeleteBucket", "arn:aws:s3:::files", &[]));
    assert!(with_everything(&guardrail, "s3:PutObject", "arn:aws:s3:::files/x", &[]));
}

#[test]
fn regions_and_tags_hold_for_approved_sessions_too() {
    let (_, guardrail) = made("    permissions: [{read: orders}, {read: files}]");
    let abroad = ("aws:RequestedRegion", "us-east-1");
    let table = "arn:aws:dynamodb:us-east-1:111122223333:table/orders";
    assert!(!with_everything(&guardrail, "dynamodb:GetItem", table, &[abroad, APPROVED]));
    assert!(
        with_everything(&guardrail, "s3:GetObject", "arn:aws:s3:::files/x", &[abroad]),
        "no region in its arn"
    );
    let (_, guardrail) = made("    permissions: [{read: orders}]\n    conditions: {tags: {env: dev}}");
    let tag = |value| [("aws:ResourceTag/env", value), APPROVED];
    assert!(with_everything(&guardrail, "dynamodb:GetItem", TABLE, &tag("dev")));
    assert!(!with_everything(&guardrail, "dynamodb:GetItem", TABLE, &tag("prod")));
    assert!(with_everything(&guardrail, "dynamodb:ListTables", "*", &[]), "nothing is known of a tag");
}

#[test]
fn everybody_else_is_left_alone() {
    let (_, guardrail) = made("    permissions: [{read: orders}]\n    trust: lambda");
    let all = || vec![Named::new("all", Policy::new(vec![Statement::allow(["*"], ["*"])]))];
    let decide = |guardrail: &Named<Policy>, principal: &str| {
        let keys = [("aws:RequestedRegion", "us-east-1")];
        let asked = Asked { principal, action: "dynamodb:DeleteTable", resource: TABLE, keys: &keys };
        decide(guardrail, all(), &asked)
    };
    for principal in ["role/Other", "role/Agent2", "role/team/Agent", "user/Agent"] {
        let principal = format!("arn:aws:iam::111122223333:{principal}");
        assert_eq!(decide(&guardrail, &principal), Verdict::Allowed, "{principal}");
    }
    assert_eq!(decide(&guardrail, AGENT), Verdict::ExplicitDeny);
    // Nobody said the path of a role that exists.
    let (_, guardrail) = made("    permissions: [{read: orders}]");
    assert_eq!(decide(&guardrail, "arn:aws:iam::111122223333:role/team/Agent"), Verdict::ExplicitDeny);
}

/// For every service with destructive actions: exactly those are denied, of all that the catalogue knows there.
#[test]
fn a_guardrail_denies_what_is_destructive_and_nothing_else_in_every_service() {
    let catalog = Catalog::embedded();
    let mut services = 0;
    for prefix in catalog.services() {
        let Some(service) = catalog.service(prefix) else { continue };
        let Some(harmless) = service.actions.iter().find(|action| !action.destructive) else { continue };
        let text = format!(
            "roles:\n  Agent:\n    permissions: [{{'{prefix}:{}': it}}]\nresources:\n  it: '{prefix}'\n",
            harmless.name
        );
        let intent = Intent::from_yaml("roles.yaml", &text).expect("an intent");
        let options = aws::Options::default();
        let Ok(roles) = aws::compile(&intent, catalog, &options) else { continue };
        let guardrail = aws::guardrail(&intent.roles[0], &roles[0], catalog, &options).expect("it fits");
        assert!(Quota::ServiceControlPolicy.holds(std::slice::from_ref(&guardrail.policy)), "{prefix}");
        services += 1;
        for action in &service.actions {
            let full = format!("{prefix}:{}", action.name);
            assert_eq!(with_everything(&guardrail, &full, "*", &[]), !action.destructive, "{full}");
        }
    }
    assert!(services > 100, "{services}");
}

#[test]
fn every_format_is_a_file_of_its_own() {
    let (_, guardrail) = made("    permissions: [{write: orders}]");
    let file =
        |format| render_guardrail(&mut Names::default(), "agent", &guardrail, format).expect("it renders");
    let json = file(RoleFormat::Json);
    assert_eq!(json.name, "agent-guardrail.json");
    assert_eq!(Policy::parse(&json.text).expect("a policy"), guardrail.policy);
    let terraform = file(RoleFormat::Terraform);
    let body: hcl::Body = hcl::from_str(&terraform.text).expect("hcl");
    let block = body.blocks().next().expect("a block");
    assert_eq!(block.labels()[0].as_str(), "aws_organizations_policy");
    let template = file(RoleFormat::Cloudformation);
    assert_eq!(template.name, "agent-guardrail.yaml");
    assert!(template.text.contains("Type: AWS::Organizations::Policy"), "{}", template.text);
    let script = file(RoleFormat::Script);
    assert!(
        script.text.contains(&format!("--content '{}'", guardrail.policy.to_compact_json())),
        "{}",
        script.text
    );
}
