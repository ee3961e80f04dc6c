//! An answer names the statements that made it.

#[path = "common/decided.rs"]
mod decided;

use decided::decided;
use leastwise_policy::aws::evaluate::{
    Context, Evaluation, Layer, PolicySet, PrincipalRef, Request, ResourceRef, StatementRef, Verdict,
};
use leastwise_policy::aws::{Comparison, Condition, Named, Policy, Statement};

fn named(name: &str, statements: Vec<Statement>) -> Named<Policy> {
    Named::new(name, Policy::new(statements))
}

fn ask(set: &PolicySet, action: &str) -> Evaluation {
    let request = Request {
        principal: PrincipalRef::new("arn:aws:iam::111122223333:role/agent"),
        action,
        resource: ResourceRef::Exact("arn:aws:s3:::reports/2026"),
        context: &Context::new(),
    };
    decided(set, &request)
}

fn statement(layer: Layer, document: &str, index: usize, sid: Option<&str>) -> StatementRef {
    StatementRef { layer, document: document.to_owned(), index, sid: sid.map(str::to_owned) }
}

fn set() -> PolicySet {
    let endpoint = || Condition::new(Comparison::StringNotEquals, "aws:SourceVpce", ["vpce-1a2b3c4d"]);
    PolicySet {
        identity: vec![
            named("lists", vec![Statement::allow(["s3:List*"], ["*"])]),
            named(
                "reads",
                vec![
                    Statement::allow(["s3:Put*"], ["*"]),
                    Statement::allow(["s3:Get*", "iam:*"], ["*"]).with_sid("Read"),
                    Statement::deny(["s3:GetObjectAcl"], ["*"]).with_sid("NoAcl"),
                    Statement::deny(["s3:GetBucketPolicy"], ["*"]).with_condition(endpoint()),
                ],
            ),
        ],
        boundary: Some(vec![named("boundary", vec![Statement::allow(["s3:*"], ["*"]).with_sid("OnlyS3")])]),
        ..PolicySet::default()
    }
}

#[test]
fn allowed_names_the_first_statement_of_each_layer_that_allows() {
    let found = ask(&set(), "s3:GetObject");
    assert_eq!(found.verdict, Verdict::Allowed);
    let allowed = [
        statement(Layer::Identity, "reads", 1, Some("Read")),
        statement(Layer::Boundary, "boundary", 0, Some("OnlyS3")),
    ];
    assert_eq!(found.by, allowed);
}

#[test]
fn an_explicit_deny_names_the_statement_that_denies() {
    let found = ask(&set(), "s3:GetObjectAcl");
    assert_eq!(found.verdict, Verdict::ExplicitDeny);
    assert_eq!(found.by, [statement(Layer::Identity, "reads", 2, Some("NoAcl"))]);
}

#[test]
fn an_implicit_deny_names_the_layer_that_says_nothing() {
    let found = ask(&set(), "iam:CreateUser");
    assert_eq!((found.verdict, found.silent), (Verdict::ImplicitDeny, Some(Layer::Boundary)));
    let found = ask(&set(), "ec2:RunInstances");
    assert_eq!((found.verdict, found.silent), (Verdict::ImplicitDeny, Some(Layer::Identity)));
}

#[test]
fn an_undecided_answer_names_the_statements_and_keys_that_would_decide_it() {
    let found = ask(&set(), "s3:GetBucketPolicy");
    assert_eq!(found.verdict, Verdict::Depends);
    assert_eq!(found.by, [statement(Layer::Identity, "reads", 3, None)]);
    assert_eq!(found.missing_keys, ["aws:sourcevpce"]);
}

#[test]
fn an_empty_boundary_allows_nothing() {
    let empty = PolicySet { boundary: Some(Vec::new()), ..set() };
    assert_eq!(ask(&empty, "s3:GetObject").verdict, Verdict::ImplicitDeny);
}

#[test]
fn no_policies_allow_nothing() {
    assert_eq!(ask(&PolicySet::default(), "s3:GetObject").verdict, Verdict::ImplicitDeny);
}
