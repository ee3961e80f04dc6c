//! What must hold of all layers together, and how an answer names them.

#[path = "common/decided.rs"]
mod decided;

use decided::decided;
use leastwise_policy::aws::evaluate::{
    Context, Evaluation, Layer, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request,
    ResourceRef, ResourceSide, Verdict,
};
use leastwise_policy::aws::{
    Comparison, Condition, Effect, Named, Policy, PrincipalBlock, PrincipalKind, PrincipalSet, Statement,
};
use proptest::prelude::*;

const CASES: u32 = 4_000;
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
const CALLERS: [(&str, Option<&str>); 7] = [
    ("arn:aws:iam::111122223333:user/alice", None),
    ("arn:aws:iam::111122223333:user/alice", Some("bob")),
    ("arn:aws:iam::111122223333:role/agent", None),
    ("arn:aws:iam::111122223333:role/agent", Some("deploy")),
    ("arn:aws:iam::111122223333:root", None),
    ("lambda.amazonaws.com", None),
    ("somebody", None),
];
const NAMES: [&str; 10] = [
    "*",
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "444455556666",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:role/agent",
    "arn:aws:sts::111122223333:assumed-role/agent/deploy",
    "arn:aws:sts::111122223333:federated-user/bob",
    "arn:aws:iam::111122223333:role/*",
    "AROAEXAMPLE",
];

fn of<T: Clone + std::fmt::Debug + 'static>(list: &[T]) -> impl Strategy<Value = T> + use<T> {
    proptest::sample::select(list.to_vec())
}

fn principals() -> impl Strategy<Value = PrincipalSet> {
    let aws = || {
        prop::collection::vec(of(&NAMES), 1..4)
            .prop_map(|names| (PrincipalKind::Aws, names.into_iter().map(str::to_owned).collect()))
    };
    let service = Just((PrincipalKind::Service, vec!["lambda.amazonaws.com".to_owned()]));
    prop_oneof![
        Just(PrincipalSet::Everyone),
        aws().prop_map(|aws| PrincipalSet::ByKind(vec![aws])),
        (aws(), service).prop_map(|(aws, service)| PrincipalSet::ByKind(vec![aws, service])),
    ]
}

fn statements(effect: impl Strategy<Value = Effect>) -> impl Strategy<Value = Statement> {
    let action = of(&["*", "s3:*", "s3:GetObject", "kms:*", "ec2:*"]);
    let condition = prop::option::weighted(
        0.3,
        prop_oneof![
            Just(Condition::new(Comparison::StringEquals, "aws:SourceVpce", ["vpce-1"])),
            Just(Condition::new(
                Comparison::ArnEquals,
                "aws:PrincipalArn",
                ["arn:aws:iam::111122223333:role/agent"]
            )),
        ],
    );
    let block = (principals(), prop::bool::weighted(0.1)).prop_map(|(principals, not)| {
        if not { PrincipalBlock::NotPrincipal(principals) } else { PrincipalBlock::Principal(principals) }
    });
    (effect, action, condition, block).prop_map(|(effect, action, condition, block)| {
        let mut statement = Statement::new(effect, [action], ["*"]);
        statement.principal = Some(block);
        match condition {
            Some(condition) => statement.with_condition(condition),
            None => statement,
        }
    })
}

fn documents() -> impl Strategy<Value = Vec<Named<Policy>>> {
    let effect = of(&[Effect::Allow, Effect::Allow, Effect::Allow, Effect::Allow, Effect::Deny]);
    let mut all = Statement::allow(["*"], ["*"]);
    all.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
    let through_endpoint = Condition::new(Comparison::StringEquals, "aws:SourceVpce", ["vpce-1"]);
    let perhaps = all.clone().with_condition(through_endpoint);
    let statements = prop_oneof![
        2 => prop::collection::vec(statements(effect), 0..3),
        2 => Just(vec![all]),
        1 => Just(vec![perhaps]),
    ];
    statements.prop_map(|statements| vec![Named::new("policy", Policy::new(statements))])
}

fn paths() -> impl Strategy<Value = OrganizationPath> {
    let levels = prop::collection::vec(
        documents().prop_map(|policies| OrganizationLevel::new("level", policies)),
        0..3,
    );
    (prop::option::weighted(0.2, of(&ACCOUNTS)), levels).prop_map(|(account, levels)| OrganizationPath {
        management_account: account.map(str::to_owned),
        levels,
    })
}

fn sets() -> impl Strategy<Value = PolicySet> {
    let side =
        (of(&ACCOUNTS), documents()).prop_map(|(account, policies)| ResourceSide::new(account, policies));
    let maybe = || prop::option::weighted(0.3, documents());
    let path = || prop::option::weighted(0.3, paths());
    (documents(), maybe(), maybe(), path(), path(), prop::option::weighted(0.6, side), maybe()).prop_map(
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

#[derive(Debug, Clone)]
struct Ask {
    caller: (&'static str, Option<&'static str>),
    action: &'static str,
    endpoint: Option<&'static str>,
    complete: bool,
}

fn asks() -> impl Strategy<Value = Ask> {
    let endpoint = prop::option::weighted(0.3, of(&["vpce-1", "vpce-2"]));
    (
        of(&CALLERS),
        of(&["s3:GetObject", "kms:Decrypt", "ec2:RunInstances"]),
        endpoint,
        prop::bool::weighted(0.3),
    )
        .prop_map(|(caller, action, endpoint, complete)| Ask { caller, action, endpoint, complete })
}

fn answer(set: &PolicySet, ask: &Ask) -> Evaluation {
    let mut context = Context::new();
    context.complete(ask.complete);
    if let Some(endpoint) = ask.endpoint {
        context.insert("aws:SourceVpce", endpoint);
    }
    let (arn, session) = ask.caller;
    let resource = ResourceRef::Exact("arn:aws:s3:::bucket/key");
    let request =
        Request { principal: PrincipalRef { arn, session }, action: ask.action, resource, context: &context };
    decided(set, &request)
}

/// The documents of every layer that `set` has.
fn every_layer(set: &mut PolicySet) -> Vec<&mut Vec<Named<Policy>>> {
    let mut all = vec![&mut set.identity];
    all.extend([&mut set.boundary, &mut set.session, &mut set.endpoint].into_iter().flatten());
    for path in [&mut set.service_control, &mut set.resource_control].into_iter().flatten() {
        all.extend(path.levels.iter_mut().map(|level| &mut level.policies));
    }
    all.extend(set.resource.as_mut().map(|side| &mut side.policies));
    all
}

fn is_root(ask: &Ask) -> bool {
    ask.caller.0.ends_with(":root")
}

/// From the narrowest: what may happen to a verdict when something is taken away is that it moves down.
fn allows(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => 0,
        Verdict::Depends => 1,
        Verdict::Allowed => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_deny_added_to_any_layer_never_allows_more(
        set in sets(),
        deny in statements(Just(Effect::Deny)),
        ask in asks(),
    ) {
        let before = answer(&set, &ask).verdict;
        let layers = every_layer(&mut set.clone()).len();
        for layer in 0..layers {
            let mut denied = set.clone();
            every_layer(&mut denied)[layer].push(Named::new("more", Policy::new(vec![deny.clone()])));
            let after = answer(&denied, &ask).verdict;
            prop_assert!(allows(after) <= allows(before), "{before:?} became {after:?}");
            if before == Verdict::ExplicitDeny {
                prop_assert_eq!(after, Verdict::ExplicitDeny);
            }
        }
    }

    #[test]
    fn no_layer_but_the_policy_of_the_resource_allows_more(set in sets(), ask in asks()) {
        let before = answer(&set, &ask).verdict;
        let without: [fn(&mut PolicySet); 4] = [
            |set| set.boundary = None,
            |set| set.service_control = None,
            |set| set.resource_control = None,
            |set| set.endpoint = None,
        ];
        for (number, take) in without.into_iter().enumerate() {
            let mut wider = set.clone();
            take(&mut wider);
            let after = answer(&wider, &ask).verdict;
            prop_assert!(allows(after) >= allows(before), "{number}: {before:?} became {after:?}");
        }
    }

    #[test]
    fn a_session_policy_allows_a_role_nothing_more(mut set in sets(), mut ask in asks()) {
        ask.caller = ("arn:aws:iam::111122223333:role/agent", ask.caller.1);
        let before = answer(&set, &ask).verdict;
        set.session = None;
        prop_assert!(allows(answer(&set, &ask).verdict) >= allows(before));
    }

    #[test]
    fn nothing_is_allowed_that_neither_identity_nor_resource_policies_allow(
        mut set in sets(),
        mut ask in asks(),
    ) {
        // The root user has full access.
        if is_root(&ask) {
            ask.caller = CALLERS[0];
        }
        set.identity.clear();
        set.resource = None;
        prop_assert!(matches!(answer(&set, &ask).verdict, Verdict::ImplicitDeny | Verdict::ExplicitDeny));
    }

    #[test]
    fn across_accounts_both_sides_allow(mut set in sets(), mut ask in asks()) {
        if ask.caller.0 == "lambda.amazonaws.com" {
            ask.caller = CALLERS[0];
        }
        set.resource.get_or_insert_default().account = "444455556666".to_owned();
        let whole = answer(&set, &ask);
        if whole.verdict == Verdict::Allowed {
            let layers: Vec<Layer> = whole.by.iter().map(|place| place.layer).collect();
            prop_assert!(layers.contains(&Layer::Identity) || is_root(&ask));
            prop_assert!(layers.contains(&Layer::Resource));
        }
        set.resource.as_mut().unwrap().policies.clear();
        prop_assert_ne!(answer(&set, &ask).verdict, Verdict::Allowed);
    }

    #[test]
    fn the_reasons_fit_the_verdict(set in sets(), ask in asks()) {
        let found = answer(&set, &ask);
        match found.verdict {
            Verdict::Allowed => {
                prop_assert!(!found.by.is_empty() || is_root(&ask));
                prop_assert!(found.missing_keys.is_empty() && found.silent.is_none());
            }
            Verdict::ExplicitDeny => {
                prop_assert!(found.by.len() == 1 && found.layers.len() == 1);
                prop_assert_eq!(&found.layers[0].by, &found.by);
            }
            Verdict::ImplicitDeny => prop_assert!(found.silent.is_some() && found.by.is_empty()),
            Verdict::Depends => {
                prop_assert!(!found.by.is_empty() && !found.missing_keys.is_empty());
            }
        }
    }
}

/// Properties of a generator that only ever denies would hold for nothing.
#[test]
fn the_generated_questions_have_every_answer() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut counts = [0; 4];
    for _ in 0..2_000 {
        let (set, ask) = (sets(), asks()).new_tree(&mut runner).unwrap().current();
        counts[answer(&set, &ask).verdict as usize] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 60), "{counts:?}");
}

fn level(name: &str, statements: Vec<Statement>) -> OrganizationLevel {
    OrganizationLevel::new(name, vec![Named::new("policy", Policy::new(statements))])
}

#[test]
fn each_layer_names_the_statement_that_decided() {
    let all = || vec![Named::new("all", Policy::new(vec![Statement::allow(["*"], ["*"]).with_sid("All")]))];
    let levels = vec![
        level("root", vec![Statement::allow(["*"], ["*"])]),
        level("ou", vec![Statement::allow(["ec2:*"], ["*"])]),
    ];
    let set = PolicySet {
        identity: all(),
        session: Some(all()),
        service_control: Some(OrganizationPath { management_account: None, levels }),
        ..PolicySet::default()
    };
    let ask = Ask { caller: CALLERS[3], action: "s3:GetObject", endpoint: None, complete: true };
    let found = answer(&set, &ask);
    assert_eq!((found.verdict, found.silent), (Verdict::ImplicitDeny, Some(Layer::ServiceControl)));
    let told: Vec<_> = found
        .layers
        .iter()
        .map(|layer| (layer.layer, layer.level.as_deref(), layer.verdict, layer.by.len()))
        .collect();
    assert_eq!(
        told,
        [
            (Layer::ServiceControl, Some("root"), Verdict::Allowed, 1),
            (Layer::ServiceControl, Some("ou"), Verdict::ImplicitDeny, 0),
            (Layer::Identity, None, Verdict::Allowed, 1),
            (Layer::Session, None, Verdict::Allowed, 1),
        ]
    );
    assert_eq!(found.layers[2].by[0].sid.as_deref(), Some("All"));
}
