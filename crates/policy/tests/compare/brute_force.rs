//! Random small policies, with every request of a small world put to both.

use leastwise_policy::arn::{ArnPattern, ArnTarget};
use leastwise_policy::aws::compare::{
    Actions, Answer, KeyFacts, Kind, Question, Reason, ValueKind, Vocabulary, Witness,
};
use leastwise_policy::aws::evaluate::{
    Context, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    ResourceSide, Verdict, evaluate,
};
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Comparison as C, Condition, Effect, Named, Operator, Policy, PrincipalBlock,
    PrincipalKind, PrincipalSet, ResourceBlock, ResourcePattern, SetOperator, Statement, Version,
};
use proptest::prelude::*;

const CASES: u32 = 150;
const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl", "ec2:RunInstances"];
const RESOURCES: [&str; 10] = [
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::a/x",
    "arn:aws:s3:::ab/x",
    "arn:aws:s3:::b/x/y",
    "arn:aws:s3:::b:x",
    "arn:aws:ec2:eu-west-1:111122223333:instance/a",
    "arn:aws:s3:r:1:a/x",
    "arn:aws:s3:::${x}",
    "arn:aws:s3:::home/a",
];
const PRINCIPALS: [(&str, Option<&str>); 8] = [
    ("arn:aws:iam::111122223333:role/a", Some("s")),
    ("arn:aws:iam::111122223333:role/team/b", Some("t")),
    ("arn:aws:iam::111122223333:user/a", None),
    ("arn:aws:iam::444455556666:user/b", None),
    ("arn:aws:iam::444455556666:role/c", Some("s")),
    ("arn:aws:iam::111122223333:root", None),
    ("lambda.amazonaws.com", None),
    ("arn:aws:iam::111122223333:oidc-provider/a.com", None),
];

fn of<T: Clone + std::fmt::Debug + 'static>(list: &[T]) -> BoxedStrategy<T> {
    proptest::sample::select(list.to_vec()).boxed()
}

/// Every key with its values and what is known of it.
fn key_values(name: &str) -> &'static [&'static [&'static str]] {
    match name {
        "aws:sourceip" => {
            &[&[], &["10.0.0.1"], &["10.1.0.1"], &["11.0.0.1"], &["2001:db8::1"], &["::ffff:10.0.0.1"]]
        }
        "aws:securetransport" => &[&[], &["true"], &["false"]],
        "aws:multifactorauthage" => &[&[], &["0"], &["5"], &["9.5"], &["10"], &["11"]],
        "aws:currenttime" => {
            &[&[], &["2026-01-01T00:00:00Z"], &["2025-12-31T23:59:59Z"], &["2030-01-01T00:00:00Z"]]
        }
        "aws:tagkeys" => &[&[], &[""], &["a"], &["b"], &["a", "b"], &["ab", "c"], &["A"]],
        "aws:sourcearn" => &[&[], &["arn:aws:s3:::a"], &["arn:aws:sns:r:1:t"], &["a"]],
        _ => &[&[], &[""], &["a"], &["ab"], &["b"], &["A"]],
    }
}

/// What the policies speak about.
struct World(Actions);

impl Vocabulary for World {
    fn actions(&self) -> &Actions {
        &self.0
    }

    fn key(&self, name: &str) -> Option<KeyFacts> {
        facts(name)
    }

    fn resources(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

fn facts(name: &str) -> Option<KeyFacts> {
    let kind = match name {
        "aws:sourceip" => ValueKind::Address,
        "aws:securetransport" => ValueKind::Bool,
        "aws:multifactorauthage" => ValueKind::Number,
        "aws:currenttime" => ValueKind::Date,
        _ => ValueKind::Text,
    };
    Some(KeyFacts { kind, several: name == "aws:tagkeys" })
}

fn conditions() -> impl Strategy<Value = Condition> {
    let text = of(&[
        C::StringEquals,
        C::StringNotEquals,
        C::StringLike,
        C::StringNotLike,
        C::StringEqualsIgnoreCase,
    ]);
    let set = of(&[None, Some(SetOperator::ForAllValues), Some(SetOperator::ForAnyValue)]);
    let plain = of(&["aws:ResourceTag/t", "aws:PrincipalTag/t"]);
    let value = of(&["a", "a*", "?", "ab", "*", "b", "${aws:PrincipalTag/t}"]);
    let values = |value| prop::collection::vec(value, 1..3);
    let with = |set, base, if_exists| Operator { set, base, if_exists };
    prop_oneof![
        4 => (text.clone(), plain.clone(), values(value.boxed()), any::<bool>())
            .prop_map(move |(base, key, values, ie)| Condition::new(with(None, base, ie), key, values)),
        3 => (set, text, values(of(&["a", "b", "a*", "", "ab"]).boxed()), any::<bool>())
            .prop_map(move |(set, base, values, ie)| Condition::new(with(set, base, ie), "aws:TagKeys", values)),
        1 => (of(&["aws:TagKeys", "aws:ResourceTag/t", "aws:SourceIp"]), values(of(&["true", "false"]).boxed()))
            .prop_map(|(key, values)| Condition::new(C::Null, key, values)),
        1 => (of(&[C::IpAddress, C::NotIpAddress]), values(of(&["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"]).boxed()))
            .prop_map(|(base, values)| Condition::new(base, "aws:SourceIp", values)),
        1 => (of(&[C::NumericLessThan, C::NumericGreaterThanEquals, C::NumericEquals, C::NumericNotEquals]),
              values(of(&["5", "10", "9.5"]).boxed()), any::<bool>())
            .prop_map(move |(base, values, ie)| Condition::new(with(None, base, ie), "aws:MultiFactorAuthAge", values)),
        1 => (of(&[C::DateLessThan, C::DateGreaterThanEquals]), values(of(&["2026-01-01T00:00:00Z", "2026-06-01"]).boxed()))
            .prop_map(|(base, values)| Condition::new(base, "aws:CurrentTime", values)),
        1 => (values(of(&["true", "false"]).boxed()), any::<bool>())
            .prop_map(move |(values, ie)| Condition::new(with(None, C::Bool, ie), "aws:SecureTransport", values)),
        1 => (of(&[C::ArnLike, C::ArnNotEquals, C::StringLike]),
              values(of(&["arn:aws:s3:::*", "arn:aws:*:*:*:*", "a*"]).boxed()))
            .prop_map(|(base, values)| Condition::new(base, "aws:SourceArn", values)),
        1 => (of(&[C::ArnLike, C::ArnNotEquals, C::StringLike]),
              values(of(&["arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:user/?", "*a"]).boxed()))
            .prop_map(|(base, values)| Condition::new(base, "aws:PrincipalArn", values)),
        1 => (of(&[C::StringEquals, C::StringNotEquals]), values(of(&["111122223333", "444455556666"]).boxed()))
            .prop_map(|(base, values)| Condition::new(base, "aws:PrincipalAccount", values)),
    ]
}

fn principals() -> impl Strategy<Value = PrincipalBlock> {
    let name = of(&[
        (PrincipalKind::Aws, "111122223333"),
        (PrincipalKind::Aws, "arn:aws:iam::444455556666:root"),
        (PrincipalKind::Aws, "*"),
        (PrincipalKind::Aws, "arn:aws:iam::111122223333:role/a"),
        (PrincipalKind::Aws, "arn:aws:sts::111122223333:assumed-role/b/t"),
        (PrincipalKind::Aws, "arn:aws:iam::111122223333:user/a"),
        (PrincipalKind::Service, "lambda.amazonaws.com"),
        (PrincipalKind::Federated, "arn:aws:iam::111122223333:oidc-provider/a.com"),
    ]);
    let names = prop::collection::vec(name, 1..4);
    let set = names.prop_map(|names| {
        PrincipalSet::ByKind(names.into_iter().map(|(kind, text)| (kind, vec![text.to_owned()])).collect())
    });
    let set = prop_oneof![1 => Just(PrincipalSet::Everyone), 3 => set];
    (set, prop::bool::weighted(0.15)).prop_map(|(set, not)| match not {
        true => PrincipalBlock::NotPrincipal(set),
        false => PrincipalBlock::Principal(set),
    })
}

fn statements(named: bool) -> impl Strategy<Value = Statement> {
    let action = of(&["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:?utObject", "ec2:RunInstances"]);
    let actions =
        (prop::collection::vec(action.prop_map(ActionPattern::new), 1..3), prop::bool::weighted(0.2));
    let resource = of(&[
        "*",
        "arn:aws:s3:::a*",
        "arn:aws:s3:::a/*",
        "arn:aws:s3:::*/x",
        "arn:*:s3:::?",
        "arn:aws:*:x*",
        "arn:aws:s3:::b*y",
        "*x",
        "arn:aws:s3:::home/${aws:PrincipalTag/t}",
        "arn:aws:s3:::${aws:PrincipalTag/t, 'a'}/x",
    ]);
    let resources =
        (prop::collection::vec(resource.prop_map(ResourcePattern::new), 1..3), prop::bool::weighted(0.2));
    let effect = of(&[Effect::Allow, Effect::Allow, Effect::Deny]);
    let conditions = prop::collection::vec(conditions(), 0..3);
    (effect, actions, resources, conditions, principals()).prop_map(
        move |(effect, (actions, not_action), (resources, not_resource), conditions, principal)| Statement {
            sid: None,
            effect,
            principal: named.then_some(principal),
            action: if not_action { ActionBlock::NotAction(actions) } else { ActionBlock::Action(actions) },
            resource: Some(match not_resource {
                true => ResourceBlock::NotResource(resources),
                false => ResourceBlock::Resource(resources),
            }),
            condition: conditions.into_iter().collect(),
        },
    )
}

/// Two policies that are often alike: NEW has some of OLD's statements, changed or not.
fn pairs(named: bool) -> impl Strategy<Value = (Policy, Policy)> {
    let version = of(&[Version::V2012_10_17, Version::V2012_10_17, Version::V2008_10_17]);
    let own = || prop::collection::vec(statements(named), 1..4);
    (version, own(), own(), prop::collection::vec(0..6_usize, 1..4)).prop_map(
        |(version, old, more, picks)| {
            let all: Vec<Statement> = old.iter().chain(&more).cloned().collect();
            let new = picks.into_iter().map(|pick| all[pick % all.len()].clone()).collect();
            let policy = |statements| Policy { version, id: None, statements };
            (policy(old), policy(new))
        },
    )
}

/// What is asked: whether NEW allows something that OLD does not, under a boundary, of one principal.
#[derive(Debug)]
struct Asked<'a> {
    kind: Kind,
    old: &'a Policy,
    new: &'a Policy,
    boundary: Option<&'a Policy>,
    principal: Option<&'a str>,
}

impl Asked<'_> {
    fn policies(&self) -> impl Iterator<Item = &Policy> {
        [self.old, self.new].into_iter().chain(self.boundary)
    }

    fn set(&self, policy: &Policy) -> PolicySet {
        let boundary = self.boundary.map(|boundary| vec![Named::new("boundary", boundary.clone())]);
        PolicySet { boundary, ..set(self.kind, policy) }
    }
}

fn set(kind: Kind, policy: &Policy) -> PolicySet {
    let document = vec![Named::new("0", policy.clone())];
    let everything = Policy::new(vec![Statement::allow(["*"], ["*"])]);
    let free = PolicySet::of_identity(vec![Named::new("everything", everything)]);
    match kind {
        Kind::Identity => PolicySet::of_identity(document),
        Kind::ServiceControl => PolicySet {
            service_control: Some(OrganizationPath {
                management_account: None,
                levels: vec![OrganizationLevel::new("r", document)],
            }),
            ..free
        },
        _ => PolicySet { resource: Some(ResourceSide::new(String::new(), document)), ..free },
    }
}

fn allows(
    set: &PolicySet,
    principal: PrincipalRef<'_>,
    action: &str,
    resource: &str,
    context: &Context,
) -> bool {
    let resource = ResourceRef::Exact(resource);
    evaluate(set, &Request { principal, action, resource, context }).verdict == Verdict::Allowed
}

/// The keys that the policies look at, with every combination of their values.
fn contexts(asked: &Asked<'_>) -> Vec<Context> {
    let mut keys: Vec<String> = asked
        .policies()
        .flat_map(|policy| &policy.statements)
        .flat_map(|statement| statement.condition.iter())
        .map(|condition| condition.key.to_ascii_lowercase())
        .chain(["aws:principaltag/t".to_owned()])
        .filter(|key| !matches!(key.as_str(), "aws:principalarn" | "aws:principalaccount"))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let mut all = vec![Context::new()];
    for key in keys {
        let with = |context: &Context| -> Vec<Context> {
            let values = key_values(&key).iter().map(|values| {
                let mut context = context.clone();
                context.insert(&key, values.to_vec());
                context
            });
            values.collect()
        };
        all = all.iter().flat_map(with).collect();
        // Enough is enough: an even sample of what would be too many.
        let step = all.len().div_ceil(40);
        all = all.into_iter().step_by(step).collect();
    }
    for context in &mut all {
        context.complete(true);
    }
    all
}

/// Whether some pattern matches `resource` only if its wildcards run on beyond colons: that is left out of comparisons.
fn is_doubtful(resource: &str, asked: &Asked<'_>) -> bool {
    let statements = asked.policies().flat_map(|policy| &policy.statements);
    let patterns =
        statements.filter_map(|statement| statement.resource.as_ref()).flat_map(ResourceBlock::patterns);
    let target = ArnTarget::exact(resource);
    let mut texts = patterns.flat_map(|pattern| {
        let filled =
            ["a", "ab", "b", "A"].map(|value| pattern.as_str().replace("${aws:PrincipalTag/t}", value));
        filled.map(|text| text.replace("${aws:PrincipalTag/t, 'a'}", "*"))
    });
    texts.any(|text| ArnPattern::new(&text).touches(&target) && !ArnPattern::new(&text).covers(&target))
}

fn counterexample(asked: &Asked<'_>) -> Option<String> {
    let (by_old, by_new) = (asked.set(asked.old), asked.set(asked.new));
    let contexts = contexts(asked);
    let resources: Vec<&str> =
        RESOURCES.into_iter().filter(|resource| !is_doubtful(resource, asked)).collect();
    for (arn, session) in PRINCIPALS {
        if asked.principal.is_some_and(|only| only != arn) {
            continue;
        }
        let is_identity = matches!(asked.kind, Kind::Identity | Kind::ServiceControl);
        if is_identity && !arn.contains(":role/") && !arn.contains(":user/") {
            continue;
        }
        let principal = PrincipalRef { arn, session };
        for context in &contexts {
            for action in ACTIONS {
                for resource in &resources {
                    let ask = |set| allows(set, principal, action, resource, context);
                    if ask(&by_new) && !ask(&by_old) {
                        return Some(format!("{arn} {action} {resource} {context:?}"));
                    }
                }
            }
        }
    }
    None
}

fn confirm(asked: &Asked<'_>, witness: &Witness) {
    assert!(asked.principal.is_none_or(|only| only == witness.principal), "{witness:?}");
    let principal = PrincipalRef { arn: &witness.principal, session: witness.session.as_deref() };
    let mut context = Context::new();
    context.complete(true);
    for (key, values) in &witness.context {
        context.insert(key, values.clone());
    }
    let ask = |policy| allows(&asked.set(policy), principal, &witness.action, &witness.resource, &context);
    assert!(ask(asked.new), "NEW does not allow {witness:?}");
    assert!(!ask(asked.old), "OLD allows {witness:?}");
}

fn check(asked: &Asked<'_>) -> Result<&'static str, TestCaseError> {
    let world = World(ACTIONS.into_iter().collect());
    let boundary = asked.boundary.map(|boundary| [boundary]);
    let (old, new) = ([asked.old], [asked.new]);
    let question = Question {
        boundary: boundary.as_ref().map(<[_; 1]>::as_slice),
        principal: asked.principal,
        ..Question::new(asked.kind, &old, &new)
    };
    let found = question.answer(&world);
    let told = || asked.policies().map(Policy::to_json).collect::<Vec<_>>().join("\n");
    match &found {
        Answer::None => {
            let shown = counterexample(asked);
            prop_assert!(shown.is_none(), "{shown:?}\n{:?}\n{}", asked.principal, told());
            Ok("none")
        }
        Answer::Some(witness) => {
            confirm(asked, witness);
            Ok("some")
        }
        Answer::Unknown(Reason::Unconfirmed | Reason::TooLarge) => {
            prop_assert!(false, "{found:?}\n{:?}\n{}", asked.principal, told());
            Ok("unknown")
        }
        Answer::Unknown(_) => Ok("unknown"),
    }
}

/// Whether the policies are also somebody's, under a boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Whose {
    Anybodys,
    Somebodys,
}

/// Runs `check` on many pairs; each answer must come up, and *unknown* seldom.
fn run(kind: Kind, named: bool, whose: Whose) {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(CASES)
    });
    let tally = std::cell::RefCell::new(std::collections::BTreeMap::<&str, u32>::new());
    let boundary = prop::option::of(pairs(false).prop_map(|(policy, _)| policy));
    let somebody = of(&PRINCIPALS[..5]);
    let result = runner.run(&(pairs(named), boundary, somebody), |((old, new), boundary, (arn, _))| {
        let boundary = boundary.as_ref().filter(|_| whose == Whose::Somebodys);
        let principal = (whose == Whose::Somebodys).then_some(arn);
        let asked = Asked { kind, old: &old, new: &new, boundary, principal };
        *tally.borrow_mut().entry(check(&asked)?).or_default() += 1;
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let tally = tally.into_inner();
    let count = |name| tally.get(name).copied().unwrap_or(0);
    assert!(count("none") > CASES / 10 && count("some") > CASES / 10, "{tally:?}");
    assert!(count("unknown") < CASES / 10, "{tally:?}");
}

#[test]
fn nothing_that_brute_force_finds_is_missed_in_identity_policies() {
    run(Kind::Identity, false, Whose::Anybodys);
}

#[test]
fn nothing_that_brute_force_finds_is_missed_in_the_policies_of_one_principal_under_a_boundary() {
    run(Kind::Identity, false, Whose::Somebodys);
}

#[test]
fn nothing_that_brute_force_finds_is_missed_in_service_control_policies() {
    run(Kind::ServiceControl, false, Whose::Anybodys);
}

#[test]
fn nothing_that_brute_force_finds_is_missed_in_resource_policies() {
    run(Kind::Resource, true, Whose::Anybodys);
}
