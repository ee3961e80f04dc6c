//! What `reach` leaves decides as the whole does: compared with the evaluator on questions made from the policies
//! themselves, for every principal of the snapshots and for policies made at random.

use leastwise_analysis::granted::Snapshot;
use leastwise_analysis::granted::reach::reach;
use leastwise_catalog::{Action, Catalog};
use leastwise_policy::aws::evaluate::{
    Context, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef, Verdict,
    evaluate,
};
use leastwise_policy::aws::{
    Comparison, Condition, Effect, Named, Policy, ResourceBlock, ResourcePattern, Statement,
};
use proptest::prelude::*;

const ROLE: &str = "arn:aws:iam::111122223333:role/agent";

/// Allowed, denied or depends: the reduced policies need not deny in the same words.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::Depends => "depends",
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => "denied",
    }
}

fn check(
    set: &PolicySet,
    principal: &str,
    action: Action<'_>,
    resources: &[String],
    known: &Context,
    more: &Context,
) {
    let principal = PrincipalRef::new(principal);
    let name = action.full_name();
    let found = reach(set, principal, action, known);
    let left = found.as_ref().map(|found| found.as_policies(&name)).unwrap_or_default();
    for resource in resources {
        let resource = ResourceRef::Exact(resource);
        for context in [known, more] {
            let request = Request { principal, action: &name, resource, context };
            let (whole, left) = (evaluate(set, &request), evaluate(&left, &request));
            assert_eq!(
                class(whole.verdict),
                class(left.verdict),
                "{name} on {resource:?}: {set:#?} {found:#?}"
            );
        }
    }
}

/// ARNs that the action can be asked on, made from the patterns of the policies and from the formats of its types.
fn resources(set: &PolicySet, action: Action<'_>) -> Vec<String> {
    if !action.has_resource_level() {
        return vec!["*".to_owned()];
    }
    let types: Vec<_> =
        action.resources.iter().filter_map(|on| action.service.resource_type(&on.resource_type)).collect();
    let mut all: Vec<String> = types.iter().flat_map(|kind| &kind.arn).map(|format| filled(format)).collect();
    let levels = set.service_control.iter().flat_map(|path| &path.levels).flat_map(|level| &level.policies);
    let documents = set.identity.iter().chain(set.boundary.iter().flatten()).chain(levels);
    for statement in documents.flat_map(|document| &document.policy.statements) {
        for pattern in statement.resource.iter().flat_map(ResourceBlock::patterns) {
            let text = pattern.as_str().replace(['*', '?'], "x");
            if Catalog::embedded().supports(&action.full_name(), &text) && !text.contains("${") {
                all.push(text);
            }
        }
    }
    all.sort();
    all.dedup();
    all.truncate(40);
    all
}

fn filled(format: &str) -> String {
    let format = format.replace("${Partition}", "aws").replace("${Region}", "eu-west-1");
    let mut text = String::new();
    let mut rest = format.replace("${Account}", "111122223333");
    while let Some((before, after)) = rest.clone().split_once("${") {
        text.push_str(before);
        text.push_str("name");
        rest = after.split_once('}').map_or(String::new(), |(_, rest)| rest.to_owned());
    }
    text + &rest
}

/// A context in which every key that some condition asks for has a value.
fn given(set: &PolicySet) -> Context {
    let mut context = Context::new();
    let documents = set.identity.iter().chain(set.boundary.iter().flatten());
    for statement in documents.flat_map(|document| &document.policy.statements) {
        for condition in statement.condition.iter() {
            context.insert(&condition.key, condition.values.first().map_or("x", String::as_str));
        }
    }
    context
}

#[test]
fn what_is_left_decides_as_the_whole_for_every_principal_of_the_snapshots() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let catalog = Catalog::embedded();
    let mut asked = 0;
    for file in [
        "examples/account/snapshot.json",
        "../shared/data/iam-snapshots/cloudsplaining-example-authz-details.json",
        "../shared/data/cloudtrail-generated/snapshot/116682437132.gaad.json",
    ] {
        let Ok(text) = std::fs::read_to_string(format!("{root}/{file}")) else {
            println!("skipped: ../shared/data is not here");
            continue;
        };
        let snapshot = Snapshot::parse(file, &text).unwrap();
        // Some of the actions of every service; each principal has other ones.
        for (number, principal) in snapshot.principals().enumerate().filter(|(_, one)| !one.service_linked) {
            let more = given(&principal.policies);
            let actions = catalog.expand("*");
            let named = actions.iter().filter(|action| {
                let name = action.full_name();
                let documents = principal.policies.identity.iter();
                let mut statements = documents.flat_map(|document| &document.policy.statements);
                statements.any(|one| {
                    !one.action.patterns().iter().any(|p| p.as_str() == "*") && one.action.applies_to(&name)
                })
            });
            let some = actions.iter().skip(number % 97).step_by(97);
            for action in named.step_by(5).chain(some) {
                let resources = resources(&principal.policies, *action);
                asked += resources.len();
                check(&principal.policies, &principal.arn, *action, &resources, &Context::new(), &more);
            }
        }
    }
    assert!(asked > 1_000, "{asked}");
}

fn of<T: Clone + std::fmt::Debug + 'static>(list: &[T]) -> impl Strategy<Value = T> + use<T> {
    proptest::sample::select(list.to_vec())
}

fn statements() -> impl Strategy<Value = Statement> {
    let effect = of(&[Effect::Allow, Effect::Allow, Effect::Deny]);
    let action = of(&["*", "s3:*", "s3:GetObject", "s3:ListAllMyBuckets", "sqs:*"]);
    let resources = prop::collection::vec(
        of(&[
            "*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::logs/*",
            "arn:aws:s3:::logs/2026/*",
            "arn:aws:s3:::logs",
            "arn:aws:s3:*logs/*",
            "arn:aws:s3:::${aws:PrincipalTag/team}/*",
            "arn:aws:sqs:*:*:orders",
        ]),
        1..3,
    );
    let condition = prop::option::weighted(
        0.4,
        of(&[
            ("aws:RequestedRegion", "eu-west-1"),
            ("aws:SourceVpce", "vpce-1"),
            ("aws:PrincipalArn", ROLE),
            ("aws:PrincipalTag/team", "logs"),
        ]),
    );
    (effect, action, resources, condition, prop::bool::weighted(0.15)).prop_map(
        |(effect, action, resources, condition, not)| {
            let mut statement = Statement::new(effect, [action], resources);
            if let (true, Some(ResourceBlock::Resource(patterns))) = (not, statement.resource.clone()) {
                statement.resource = Some(ResourceBlock::NotResource(patterns));
            }
            match condition {
                Some((key, value)) => {
                    statement.with_condition(Condition::new(Comparison::StringEquals, key, [value]))
                }
                None => statement,
            }
        },
    )
}

fn documents() -> impl Strategy<Value = Vec<Named<Policy>>> {
    let all = Just(vec![Statement::allow(["*"], ["*"])]);
    let some = prop_oneof![3 => prop::collection::vec(statements(), 0..4), 1 => all];
    some.prop_map(|statements| vec![Named::new("policy", Policy::new(statements))])
}

fn sets() -> impl Strategy<Value = PolicySet> {
    let maybe = || prop::option::weighted(0.4, documents());
    let levels = prop::collection::vec(documents(), 1..3).prop_map(|levels| OrganizationPath {
        management_account: None,
        levels: (0..).zip(levels).map(|(at, one)| OrganizationLevel::new(format!("{at}"), one)).collect(),
    });
    (documents(), maybe(), maybe(), prop::option::weighted(0.4, levels)).prop_map(
        |(identity, boundary, session, service_control)| PolicySet {
            identity,
            boundary,
            session,
            service_control,
            ..PolicySet::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_decides_as_the_whole(
        set in sets(),
        action in of(&["s3:GetObject", "s3:ListBucket", "s3:ListAllMyBuckets", "sqs:SendMessage"]),
        region in prop::option::of(of(&["eu-west-1", "us-east-1"])),
        team in of(&["logs", "blue"]),
        endpoint in of(&["vpce-1", "vpce-2"]),
    ) {
        let action = Catalog::embedded().action(action).expect("it is in the catalogue");
        let mut known = Context::new();
        if let Some(region) = region {
            known.insert("aws:RequestedRegion", region);
        }
        let mut more = known.clone();
        more.insert("aws:PrincipalTag/team", team).insert("aws:SourceVpce", endpoint).complete(true);
        let mut resources = resources(&set, action);
        let more_resources = ["arn:aws:s3:::logs/2026/10.csv", "arn:aws:s3:::blue/x", "arn:aws:s3:::logs"];
        let supported = |arn: &&str| Catalog::embedded().supports(&action.full_name(), arn);
        resources.extend(more_resources.iter().filter(|arn| supported(arn)).map(|arn| (*arn).to_owned()));
        check(&set, ROLE, action, &resources, &known, &more);
    }
}

#[test]
fn limits_that_hold_nothing_back_and_exceptions_that_touch_nothing_are_left_out() {
    let named = |statements| vec![Named::new("policy", Policy::new(statements))];
    let set = PolicySet {
        identity: named(vec![
            Statement::allow(["s3:*"], ["arn:aws:s3:::logs/*"]),
            Statement::allow(["s3:GetObject"], ["arn:aws:s3:::logs/2026/*", "arn:aws:s3:::more/*"]),
            Statement::deny(["s3:*"], ["arn:aws:s3:::audit/*"]),
        ]),
        boundary: Some(named(vec![Statement::allow(["s3:*"], ["*"])])),
        ..PolicySet::default()
    };
    let catalog = Catalog::embedded();
    let of = |action| reach(&set, PrincipalRef::new(ROLE), catalog.action(action).unwrap(), &Context::new());
    let found = of("s3:GetObject").unwrap();
    let patterns: Vec<_> = found.allows.iter().map(|grant| grant.resources.patterns()).collect();
    assert_eq!(
        patterns,
        [[ResourcePattern::new("arn:aws:s3:::logs/*")], [ResourcePattern::new("arn:aws:s3:::more/*")]]
    );
    assert!(found.limits.is_empty() && found.denies.is_empty());
    assert!(of("s3:ListAllMyBuckets").is_none(), "it is asked on `*`");
    assert!(of("s3:ListBucket").is_none(), "no bucket is named so");
    assert!(of("sqs:SendMessage").is_none());
}
