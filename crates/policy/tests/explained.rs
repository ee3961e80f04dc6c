//! What an explanation proposes is true: its changes let the request be allowed and none is needless, its values of
//! keys allow, and what it says of layers and statements is what the evaluator decided by.

use leastwise_policy::aws::evaluate::explain::{Applies, ChangeKind, Explanation, Reason, explain};
use leastwise_policy::aws::evaluate::{
    Context, Layer, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{
    Comparison, Condition, Effect, Named, Operator, Policy, PrincipalBlock, PrincipalKind, PrincipalSet,
    Statement,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

const CASES: u32 = 1_500;
const ROLE: &str = "arn:aws:iam::111122223333:role/agent";
const USER: &str = "arn:aws:iam::111122223333:user/alice";
const BUCKET: &str = "arn:aws:s3:::reports";
const OBJECT: &str = "arn:aws:s3:::reports/2026/${q*.csv";

fn of<T: Clone + std::fmt::Debug + 'static>(list: &[T]) -> impl Strategy<Value = T> + use<T> {
    proptest::sample::select(list.to_vec())
}

fn conditions() -> impl Strategy<Value = Condition> {
    use Comparison as C;
    let condition = |(base, key, value): (Comparison, &str, &str), if_exists| {
        Condition::new(Operator { set: None, base, if_exists }, key, [value])
    };
    let kinds = of(&[
        (C::StringEquals, "aws:RequestedRegion", "eu-west-1"),
        (C::StringNotEquals, "aws:RequestedRegion", "eu-west-1"),
        (C::StringLike, "aws:SourceVpce", "vpce-*"),
        (C::IpAddress, "aws:SourceIp", "203.0.113.0/24"),
        (C::NotIpAddress, "aws:SourceIp", "203.0.113.0/24"),
        (C::Bool, "aws:MultiFactorAuthPresent", "true"),
        (C::NumericLessThan, "aws:MultiFactorAuthAge", "3600"),
        (C::DateGreaterThan, "aws:CurrentTime", "2026-10-01T00:00:00Z"),
        (C::ArnLike, "aws:PrincipalArn", "arn:aws:iam::*:role/a*"),
    ]);
    let if_exists = (kinds, any::<bool>()).prop_map(move |(kind, if_exists)| condition(kind, if_exists));
    prop_oneof![
        9 => if_exists,
        1 => of(&["true", "false"]).prop_map(|value| Condition::new(C::Null, "aws:SourceVpce", [value])),
    ]
}

fn principals() -> impl Strategy<Value = PrincipalSet> {
    let names = of(&["*", "111122223333", "444455556666", ROLE, USER]);
    prop_oneof![
        Just(PrincipalSet::Everyone),
        names.prop_map(|name| PrincipalSet::ByKind(vec![(PrincipalKind::Aws, vec![name.to_owned()])])),
    ]
}

fn statements() -> impl Strategy<Value = Statement> {
    let effect = of(&[Effect::Allow, Effect::Allow, Effect::Allow, Effect::Deny]);
    let action = of(&["*", "s3:Get*", "s3:PutObject"]);
    let resource =
        of(&["*", "arn:aws:s3:::reports/*", BUCKET, "arn:aws:s3:::reports/${aws:PrincipalTag/year}/*"]);
    let conditions = prop::collection::vec(conditions(), 0..3);
    (effect, action, resource, conditions, principals()).prop_map(
        |(effect, action, resource, conditions, principals)| {
            let statement = Statement::new(effect, [action], [resource]);
            let mut statement = conditions.into_iter().fold(statement, Statement::with_condition);
            statement.principal = Some(PrincipalBlock::Principal(principals));
            statement
        },
    )
}

fn documents() -> impl Strategy<Value = Vec<Named<Policy>>> {
    let mut all = Statement::allow(["*"], ["*"]);
    all.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
    let statements = prop_oneof![
        2 => prop::collection::vec(statements(), 0..4),
        1 => Just(vec![all]),
    ];
    statements.prop_map(|statements| vec![Named::new("policy", Policy::new(statements))])
}

fn paths() -> impl Strategy<Value = OrganizationPath> {
    prop::collection::vec(documents(), 1..4).prop_map(|documents| OrganizationPath {
        management_account: None,
        levels: (0..)
            .zip(documents)
            .map(|(at, policies)| OrganizationLevel::new(format!("level {at}"), policies))
            .collect(),
    })
}

fn sets() -> impl Strategy<Value = PolicySet> {
    let side = (of(&["111122223333", "444455556666"]), documents())
        .prop_map(|(account, policies)| ResourceSide::new(account, policies));
    let maybe = || prop::option::weighted(0.3, documents());
    let path = || prop::option::weighted(0.3, paths());
    (documents(), maybe(), maybe(), path(), path(), prop::option::weighted(0.5, side), maybe()).prop_map(
        |(identity, boundary, session, service_control, resource_control, resource, endpoint)| PolicySet {
            identity,
            boundary,
            session,
            service_control,
            resource_control,
            resource,
            endpoint,
        },
    )
}

fn request<'a>(principal: &'a str, resource: &'a str, context: &'a Context) -> Request<'a> {
    let principal = PrincipalRef::new(principal);
    Request { principal, action: "s3:GetObject", resource: ResourceRef::Exact(resource), context }
}

fn is_denied(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::ExplicitDeny | Verdict::ImplicitDeny)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_changes_allow_and_none_of_them_is_needless(
        set in sets(),
        principal in of(&[ROLE, USER]),
        resource in of(&[BUCKET, OBJECT]),
        complete in any::<bool>(),
    ) {
        let mut context = Context::new();
        context.complete(complete);
        let request = request(principal, resource, &context);
        let found = explain(&set, &request);
        if !is_denied(found.evaluation.verdict) {
            prop_assert!(found.changes.is_empty());
            return Ok(());
        }
        let apply = |without: Option<usize>| {
            let mut changed = set.clone();
            for (at, change) in found.changes.iter().enumerate() {
                assert!(Some(at) == without || change.apply(&mut changed));
            }
            evaluate(&changed, &request).verdict
        };
        let after = apply(None);
        prop_assert!(!is_denied(after) && Some(after) == found.after_changes, "{after:?} {:?}", found.changes);
        for at in 0..found.changes.len() {
            prop_assert_ne!(apply(Some(at)), after, "{:?} is needless", found.changes[at]);
        }
    }

    #[test]
    fn values_that_are_said_to_allow_do(
        set in sets(),
        principal in of(&[ROLE, USER]),
        resource in of(&[BUCKET, OBJECT]),
    ) {
        let context = Context::new();
        let found = explain(&set, &request(principal, resource, &context));
        let Some(allowing) = &found.allowing else { return Ok(()) };
        prop_assert_eq!(found.evaluation.verdict, Verdict::Depends);
        let verdict = |changed: Option<(&str, &[String])>| {
            let mut context = Context::new();
            for (key, values) in allowing {
                context.insert(key, values.as_slice());
            }
            if let Some((key, values)) = changed {
                context.insert(key, values);
            }
            evaluate(&set, &request(principal, resource, &context)).verdict
        };
        prop_assert_eq!(verdict(None), Verdict::Allowed);
        for needed in &found.needed {
            for values in &needed.allowing {
                prop_assert_eq!(verdict(Some((&needed.key, values))), Verdict::Allowed, "{} {:?}", needed.key, values);
            }
        }
    }

    #[test]
    fn layers_and_statements_say_what_the_evaluator_decided_by(set in sets(), principal in of(&[ROLE, USER])) {
        let context = Context::new();
        let found = explain(&set, &request(principal, OBJECT, &context));
        for answer in &found.evaluation.layers {
            let of_layer = |one: &&_| {
                let one: &leastwise_policy::aws::evaluate::explain::LayerReasons = one;
                one.layer == answer.layer && one.level == answer.level
            };
            let own = found.layers.iter().find(of_layer).expect("every layer that answers has reasons");
            prop_assert_eq!(own.verdict, answer.verdict);
            for place in &answer.by {
                let said = own.statements.iter().find(|one| one.statement == *place).expect("it is about the action");
                let applies = if answer.verdict == Verdict::Depends { Applies::Perhaps } else { Applies::Yes };
                prop_assert_eq!(said.applies, applies);
                prop_assert_eq!(said.reasons.is_empty(), applies == Applies::Yes);
            }
        }
    }
}

#[test]
fn values_are_found_for_most_answers_that_depend() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let context = Context::new();
    let (mut depends, mut found) = (0, 0);
    for _ in 0..2_000 {
        let set = sets().new_tree(&mut runner).expect("a set").current();
        let explanation = explain(&set, &request(ROLE, OBJECT, &context));
        depends += usize::from(explanation.evaluation.verdict == Verdict::Depends);
        found += usize::from(explanation.allowing.is_some());
    }
    assert!(depends > 200 && found * 10 > depends * 9, "{found} of {depends}");
}

fn named(name: &str, statements: Vec<Statement>) -> Named<Policy> {
    Named::new(name, Policy::new(statements))
}

fn explained(set: &PolicySet) -> Explanation {
    explain(set, &request(ROLE, "arn:aws:s3:::reports/2026.csv", &Context::new()))
}

#[test]
fn every_layer_that_lacks_an_allow_is_named_and_every_statement_that_denies() {
    let set = PolicySet {
        identity: vec![named(
            "mine",
            vec![
                Statement::allow(["s3:PutObject"], ["*"]),
                Statement::deny(["s3:GetObject"], ["*"]).with_sid("NoReading"),
            ],
        )],
        boundary: Some(vec![named("boundary", vec![Statement::allow(["ec2:*"], ["*"])])]),
        service_control: Some(OrganizationPath {
            management_account: None,
            levels: vec![OrganizationLevel::new(
                "r-1",
                vec![named("scp", vec![Statement::deny(["s3:Get*"], ["*"])])],
            )],
        }),
        ..PolicySet::default()
    };
    let found = explained(&set);
    let said: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.layer, matches!(change.kind, ChangeKind::Add(_))))
        .collect();
    for wanted in [
        (Layer::ServiceControl, false),
        (Layer::Identity, false),
        (Layer::ServiceControl, true),
        (Layer::Identity, true),
        (Layer::Boundary, true),
    ] {
        assert!(said.contains(&wanted), "{wanted:?} {said:?}");
    }
    assert_eq!((said.len(), found.after_changes), (5, Some(Verdict::Allowed)));
}

#[test]
fn what_does_not_match_is_told_with_the_value_that_the_request_has() {
    let elsewhere = Condition::new(Comparison::StringEquals, "aws:RequestedRegion", ["eu-west-1"]);
    let set = PolicySet::of_identity(vec![named(
        "mine",
        vec![
            Statement::allow(["s3:GetObject"], ["arn:aws:s3:::other/*"]).with_condition(elsewhere),
            Statement::allow(["ec2:*"], ["*"]),
        ],
    )]);
    let mut context = Context::new();
    context.insert("aws:RequestedRegion", "us-east-1");
    let found = explain(&set, &request(ROLE, BUCKET, &context));
    let layer = &found.layers[0];
    assert_eq!((layer.verdict, layer.others, layer.statements.len()), (Verdict::ImplicitDeny, 1, 1));
    assert_eq!(
        layer.statements[0].reasons,
        [
            Reason::Resource {
                element: "Resource",
                patterns: vec!["arn:aws:s3:::other/*".to_owned()],
                keys: vec![]
            },
            Reason::Condition {
                operator: "StringEquals".to_owned(),
                key: "aws:RequestedRegion".to_owned(),
                values: vec!["eu-west-1".to_owned()],
                found: Some(vec!["us-east-1".to_owned()]),
                keys: vec![],
            },
        ]
    );
}

#[test]
fn a_variable_is_solved_from_the_resource() {
    let set = PolicySet::of_identity(vec![named(
        "mine",
        vec![Statement::allow(["s3:*"], ["arn:aws:s3:::reports/${aws:PrincipalTag/team}/*"])],
    )]);
    let context = Context::new();
    let found = explain(&set, &request(ROLE, "arn:aws:s3:::reports/blue/2026.csv", &context));
    assert_eq!(found.allowing, Some(vec![("aws:principaltag/team".to_owned(), vec!["blue".to_owned()])]));
}
