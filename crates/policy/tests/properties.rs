//! What must hold of every policy and every request.

#[path = "common/decided.rs"]
mod decided;

use decided::decided;
use leastwise_policy::arn::{Arn, ArnPattern};
use leastwise_policy::aws::evaluate::{
    Context, Evaluation, PolicySet, PrincipalRef, Request, ResourceRef, Verdict,
};
use leastwise_policy::aws::{
    ActionBlock, ActionPattern, Comparison, Condition, Effect, Named, Operator, Policy, ResourceBlock,
    ResourcePattern, SetOperator, Statement, Version,
};
use leastwise_policy::glob;
use leastwise_policy::time::Timestamp;
use proptest::prelude::*;
use std::collections::{HashSet, VecDeque};

const CASES: u32 = 1_000;
const KEYS: [&str; 4] = ["aws:username", "aws:SourceVpce", "aws:PrincipalTag/team", "aws:TagKeys"];
const VALUES: [&str; 5] = ["a", "b", "ab", "", "1"];

fn of<T: Clone + std::fmt::Debug + 'static>(list: &[T]) -> impl Strategy<Value = T> + use<T> {
    proptest::sample::select(list.to_vec())
}

fn actions() -> impl Strategy<Value = ActionBlock> {
    let pattern = of(&["*", "s3:*", "s3:Get*", "S3:getobject", "s3:?utObject", "ec2:RunInstances"]);
    let patterns = prop::collection::vec(pattern.prop_map(ActionPattern::new), 1..3);
    (patterns, prop::bool::weighted(0.2)).prop_map(|(patterns, not)| {
        if not { ActionBlock::NotAction(patterns) } else { ActionBlock::Action(patterns) }
    })
}

fn resource_text() -> impl Strategy<Value = String> {
    prop_oneof![
        of(&["*", "arn:aws:s3:::*", "arn:*:s3:::a*", "arn:aws:s3:::${aws:username}/*", "arn:aws:s3"])
            .prop_map(str::to_owned),
        "arn:aws:s3:(\\*|r)?:[0-9*]?:[ab/*?]{1,5}",
        "arn:aws:s3:::[ab*]{0,2}\\$\\{aws:PrincipalTag/team(, 'a')?\\}[ab/*]{0,2}",
    ]
}

fn resources() -> impl Strategy<Value = ResourceBlock> {
    let patterns = prop::collection::vec(resource_text().prop_map(ResourcePattern::new), 1..3);
    (patterns, prop::bool::weighted(0.2)).prop_map(|(patterns, not)| {
        if not { ResourceBlock::NotResource(patterns) } else { ResourceBlock::Resource(patterns) }
    })
}

fn operators() -> impl Strategy<Value = Operator> {
    let set = of(&[None, None, Some(SetOperator::ForAllValues), Some(SetOperator::ForAnyValue)]);
    let base = of(Comparison::ALL);
    (set, base, any::<bool>()).prop_map(|(set, base, if_exists)| Operator {
        set,
        base,
        if_exists: if_exists && base != Comparison::Null,
    })
}

fn conditions() -> impl Strategy<Value = Condition> {
    let value =
        of(&["a", "a*", "?", "${aws:username}", "${aws:PrincipalTag/team, 'b'}", "true", "1", "10.0.0.0/8"]);
    (operators(), of(&KEYS), prop::collection::vec(value, 0..3)).prop_map(|(operator, key, mut values)| {
        if operator.base.as_str().starts_with("Date") {
            values = vec!["2026-10-01T00:00:00Z"; values.len()];
        }
        Condition::new(operator, key, values)
    })
}

fn statements(effect: impl Strategy<Value = Effect>) -> impl Strategy<Value = Statement> {
    (effect, actions(), resources(), prop::collection::vec(conditions(), 0..3)).prop_map(
        |(effect, action, resource, conditions)| Statement {
            sid: None,
            effect,
            principal: None,
            action,
            resource: Some(resource),
            condition: conditions.into_iter().collect(),
        },
    )
}

fn any_effect() -> impl Strategy<Value = Effect> {
    of(&[Effect::Allow, Effect::Allow, Effect::Allow, Effect::Deny])
}

fn policies() -> impl Strategy<Value = Policy> {
    let version = of(&[Version::V2012_10_17, Version::V2012_10_17, Version::V2008_10_17]);
    (version, prop::option::of("[a-z ]{0,3}"), prop::collection::vec(statements(any_effect()), 1..4))
        .prop_map(|(version, id, mut statements)| {
            for (index, statement) in statements.iter_mut().enumerate().filter(|(index, _)| index % 2 == 0) {
                statement.sid = Some(format!("Statement{index}"));
            }
            Policy { version, id, statements }
        })
}

fn sets() -> impl Strategy<Value = PolicySet> {
    let documents = || prop::collection::vec(policies(), 1..3);
    (documents(), prop::option::weighted(0.3, documents())).prop_map(|(identity, boundary)| PolicySet {
        identity: named(identity),
        boundary: boundary.map(named),
        ..PolicySet::default()
    })
}

fn named(policies: Vec<Policy>) -> Vec<Named<Policy>> {
    policies.into_iter().map(|policy| Named::new("policy", policy)).collect()
}

/// Values of some keys; none means absent.
type Given = Vec<(&'static str, Vec<&'static str>)>;

fn given() -> impl Strategy<Value = Given> {
    prop::collection::vec((of(&KEYS), prop::collection::vec(of(&VALUES), 0..3)), 0..4)
}

fn context(given: &Given, complete: bool) -> Context {
    let mut context = Context::new();
    for (key, values) in given {
        context.insert(key, values.clone());
    }
    context.complete(complete);
    context
}

#[derive(Debug, Clone)]
struct Ask {
    action: &'static str,
    resource: String,
    given: Given,
    complete: bool,
}

fn asks() -> impl Strategy<Value = Ask> {
    let action = of(&["s3:GetObject", "s3:PutObject", "ec2:RunInstances"]);
    let resource = prop_oneof![Just("*".to_owned()), "arn:aws:s3:r?:1?:[ab/]{1,5}"];
    (action, resource, given(), any::<bool>()).prop_map(|(action, resource, given, complete)| Ask {
        action,
        resource,
        given,
        complete,
    })
}

fn answer(set: &PolicySet, ask: &Ask) -> Evaluation {
    put(set, ask, ResourceRef::Exact(&ask.resource))
}

fn put(set: &PolicySet, ask: &Ask, resource: ResourceRef<'_>) -> Evaluation {
    let context = context(&ask.given, ask.complete);
    // Not an ARN, so that the keys are only those of the context.
    let principal = PrincipalRef::new("somebody");
    decided(set, &Request { principal, action: ask.action, resource, context: &context })
}

fn with(set: &PolicySet, statement: Statement) -> PolicySet {
    let mut set = set.clone();
    set.identity.push(Named::new("more", Policy::new(vec![statement])));
    set
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_and_parsing_again_changes_nothing(policy in policies()) {
        prop_assert_eq!(&Policy::parse(&policy.to_json()).unwrap(), &policy);
        prop_assert_eq!(&Policy::parse(&policy.to_compact_json()).unwrap(), &policy);
        let printed: serde_json::Value = serde_json::from_str(&policy.to_json()).unwrap();
        prop_assert_eq!(printed.to_string(), policy.to_compact_json());
    }

    #[test]
    fn any_text_survives_as_sid_of_a_resource_policy(sid in ".{0,20}") {
        use leastwise_policy::aws::{DocumentKind, PrincipalBlock, PrincipalSet};
        let mut statement = Statement::allow(["s3:*"], ["*"]).with_sid(sid);
        statement.principal = Some(PrincipalBlock::Principal(PrincipalSet::Everyone));
        let policy = Policy::new(vec![statement]);
        prop_assert_eq!(Policy::parse_kind(&policy.to_json(), DocumentKind::Resource).unwrap(), policy);
    }

    #[test]
    fn no_text_makes_the_parser_panic_and_every_refusal_has_a_place(text in "[\\[\\]{}\":,a-zA-Z0-9*\\\\ \n]{0,60}") {
        if let Err(error) = Policy::parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1 && !error.reason.is_empty());
            prop_assert!(error.line <= text.lines().count().max(1) + 1);
        }
    }

    #[test]
    fn adding_a_deny_never_allows(set in sets(), deny in statements(Just(Effect::Deny)), ask in asks()) {
        let (before, after) = (answer(&set, &ask).verdict, answer(&with(&set, deny), &ask).verdict);
        match before {
            Verdict::Allowed => {}
            Verdict::ExplicitDeny => prop_assert_eq!(after, Verdict::ExplicitDeny),
            Verdict::ImplicitDeny | Verdict::Depends => prop_assert_ne!(after, Verdict::Allowed),
        }
    }

    #[test]
    fn adding_an_allow_never_takes_away(set in sets(), allow in statements(Just(Effect::Allow)), ask in asks()) {
        let (before, after) = (answer(&set, &ask).verdict, answer(&with(&set, allow), &ask).verdict);
        match before {
            Verdict::Allowed | Verdict::ExplicitDeny => prop_assert_eq!(after, before),
            Verdict::Depends => prop_assert!(matches!(after, Verdict::Allowed | Verdict::Depends)),
            Verdict::ImplicitDeny => prop_assert_ne!(after, Verdict::ExplicitDeny),
        }
    }

    #[test]
    fn a_boundary_never_allows_more(mut set in sets(), ask in asks()) {
        let bounded = answer(&set, &ask).verdict;
        set.boundary = None;
        if bounded == Verdict::Allowed {
            prop_assert_eq!(answer(&set, &ask).verdict, Verdict::Allowed);
        }
    }

    #[test]
    fn what_is_certain_without_a_key_stays_so_with_it(set in sets(), mut ask in asks(), more in given()) {
        ask.complete = false;
        let before = answer(&set, &ask);
        let known: HashSet<&str> = ask.given.iter().map(|(key, _)| *key).collect();
        ask.given.extend(more.into_iter().filter(|(key, _)| !known.contains(key)));
        for complete in [false, true] {
            ask.complete = complete;
            let after = answer(&set, &ask).verdict;
            match before.verdict {
                Verdict::Allowed | Verdict::ExplicitDeny => prop_assert_eq!(after, before.verdict),
                Verdict::ImplicitDeny => prop_assert_ne!(after, Verdict::Allowed),
                Verdict::Depends => prop_assert!(!before.missing_keys.is_empty() && !before.by.is_empty()),
            }
            if complete {
                prop_assert_ne!(after, Verdict::Depends);
            }
        }
    }

    #[test]
    fn what_is_allowed_for_a_pattern_is_allowed_for_what_it_matches(
        set in sets(),
        ask in asks(),
        pattern in resource_text().prop_filter("no variables", |text| !text.contains('$')),
    ) {
        if ArnPattern::new(&pattern).matches(&ask.resource)
            && put(&set, &ask, ResourceRef::Pattern(&pattern)).verdict == Verdict::Allowed
            // A `*` of a `Deny` that runs on beyond a colon is looked for in single resources only.
            && ask.resource.matches(':').count() <= 5
        {
            prop_assert_eq!(answer(&set, &ask).verdict, Verdict::Allowed);
        }
    }

    #[test]
    fn simplifying_a_statement_changes_no_answer(statement in statements(any_effect()), ask in asks()) {
        let mut simple = statement.clone();
        simple.simplify();
        let set = |statement| {
            let all = Statement::allow(["*"], ["*"]);
            PolicySet::of_identity(named(vec![Policy::new(vec![all, statement])]))
        };
        // Beside a statement that allows everything a `Deny` is seen, alone an `Allow`.
        prop_assert_eq!(answer(&set(simple.clone()), &ask), answer(&set(statement.clone()), &ask));
        let alone = |statement| PolicySet::of_identity(named(vec![Policy::new(vec![statement])]));
        prop_assert_eq!(answer(&alone(simple), &ask), answer(&alone(statement), &ask));
    }

    #[test]
    fn the_case_of_an_action_does_not_matter(set in sets(), ask in asks()) {
        let shouted = Ask { action: "S3:GETOBJECT", ..ask.clone() };
        let plain = Ask { action: "s3:GetObject", ..ask };
        prop_assert_eq!(answer(&set, &shouted), answer(&set, &plain));
    }

    #[test]
    fn what_the_inner_glob_matches_the_outer_does(outer in "[ab*?]{0,6}", inner in "[ab*?]{0,6}", text in "[abx]{0,8}") {
        if glob::subsumes(&outer, &inner) && glob::matches(&inner, &text) {
            prop_assert!(glob::matches(&outer, &text));
        }
        if glob::matches(&outer, &text) && glob::matches(&inner, &text) {
            prop_assert!(glob::overlaps(&outer, &inner));
        }
    }

    #[test]
    fn glob_inclusion_is_what_automata_say(outer in "[ab*?]{0,12}", inner in "[ab*?]{0,12}") {
        prop_assert_eq!(glob::subsumes(&outer, &inner), included(&outer, &inner), "{} {}", outer, inner);
    }

    #[test]
    fn an_arn_prints_as_it_was_read(text in "arn:[a-z-]{0,4}:[a-z0-9]{0,3}:[a-z-]{0,4}:[0-9]{0,3}:[a-z:/*]{0,6}") {
        if let Some(arn) = Arn::parse(&text) {
            prop_assert_eq!(arn.to_string(), text.clone());
            let parts = ["arn", arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()];
            prop_assert_eq!(parts.join(":"), text);
        }
    }

    #[test]
    fn a_timestamp_prints_as_it_was_read(seconds in -62_135_596_800_i64..253_402_300_800) {
        let time = Timestamp::from_seconds(seconds);
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }
}

/// Inclusion by the subset construction: exponential, and plainly right.
fn included(outer: &str, inner: &str) -> bool {
    let (outer, inner): (Vec<char>, Vec<char>) = (outer.chars().collect(), inner.chars().collect());
    let start = (closed(&outer, HashSet::from([0])), closed(&inner, HashSet::from([0])));
    let key = |(outer, inner): &(HashSet<usize>, HashSet<usize>)| (sorted(outer), sorted(inner));
    let mut seen = HashSet::from([key(&start)]);
    let mut queue = VecDeque::from([start]);
    while let Some((in_outer, in_inner)) = queue.pop_front() {
        if in_inner.contains(&inner.len()) && !in_outer.contains(&outer.len()) {
            return false;
        }
        for character in ['a', 'b', 'x'] {
            let next = (moved(&outer, &in_outer, character), moved(&inner, &in_inner, character));
            if !next.1.is_empty() && seen.insert(key(&next)) {
                queue.push_back(next);
            }
        }
    }
    true
}

fn sorted(states: &HashSet<usize>) -> Vec<usize> {
    let mut states: Vec<usize> = states.iter().copied().collect();
    states.sort_unstable();
    states
}

fn closed(pattern: &[char], mut states: HashSet<usize>) -> HashSet<usize> {
    for (place, character) in pattern.iter().enumerate() {
        if states.contains(&place) && *character == '*' {
            states.insert(place + 1);
        }
    }
    states
}

fn moved(pattern: &[char], states: &HashSet<usize>, character: char) -> HashSet<usize> {
    let mut next = HashSet::new();
    for place in states {
        match pattern.get(*place) {
            Some('*') => next.insert(*place),
            Some('?') => next.insert(place + 1),
            Some(wanted) if *wanted == character => next.insert(place + 1),
            _ => continue,
        };
    }
    closed(pattern, next)
}
