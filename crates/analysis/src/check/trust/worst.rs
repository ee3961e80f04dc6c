//! What is told of a statement that lets everybody do many things: the worst of them, and how many more there are.

use leastwise_catalog::Action;
use leastwise_policy::aws::compare::{Answer, Kind, Witness};
use leastwise_policy::aws::{ActionBlock, ActionPattern, Effect, ResourceBlock, ResourcePattern, Statement};

use super::public::beyond_the_named;
use crate::check::suited::Suited;
use crate::check::{Facts, Subject};

/// So many are tried, the worst first.
const TRIED: usize = 5;

/// A request for the worst that the statement lets everybody do, and how many other actions it lets them, when both can
/// be told; else the request that was found. None when no such request can be: `s3:GetObject` is on no bucket.
pub(super) fn worst(
    subject: &Subject<'_>,
    facts: &Facts<'_>,
    statement: &Statement,
    found: Witness,
) -> Option<(Witness, usize)> {
    let mut actions = suited(subject, facts, statement);
    actions.sort_by_cached_key(|action| (facts.dangers.rank(*action), action.full_name()));
    actions.dedup_by_key(|action| std::ptr::from_ref(action.facts).addr());
    let more = actions.len().saturating_sub(1);
    // What a `Deny` leaves of them was not asked one by one.
    let is_whole = subject.document.policy.statements.iter().all(|one| one.effect == Effect::Allow);
    let can_be = |witness: &Witness| {
        let action = facts.catalog.action(&witness.action);
        let on = [ResourcePattern::new(&witness.resource)];
        action.is_none_or(|action| Suited::of(&on).by(&action, facts.formats()))
    };
    let tried = if actions.is_empty() || can_be(&found) { TRIED } else { actions.len() };
    for action in actions.iter().take(tried) {
        let alone = on_its_own(statement, action, facts);
        if let Answer::Some(witness) = beyond_the_named(subject, facts, Kind::Resource, &alone) {
            return Some((*witness, if is_whole { more } else { 0 }));
        }
    }
    (tried == TRIED).then_some((found, 0))
}

/// The statement for one action alone, on those of its resources that the action can be on.
fn on_its_own(statement: &Statement, action: &Action<'_>, facts: &Facts<'_>) -> Statement {
    let mut alone = statement.clone();
    alone.action = ActionBlock::Action(vec![ActionPattern::new(action.full_name())]);
    if let Some(ResourceBlock::Resource(resources)) = &mut alone.resource {
        resources.retain(|one| Suited::of(std::slice::from_ref(one)).by(action, facts.formats()));
    }
    alone
}

/// The actions of the statement that one of its resources suits; none when the resources do not tell.
fn suited<'f>(subject: &Subject<'_>, facts: &'f Facts<'_>, statement: &Statement) -> Vec<Action<'f>> {
    let Some(ResourceBlock::Resource(resources)) = &statement.resource else { return Vec::new() };
    let found: Vec<_> = match &statement.action {
        ActionBlock::Action(patterns) => patterns.iter().map(|one| facts.expand(one.as_str())).collect(),
        ActionBlock::NotAction(_) => vec![facts.expand("*")],
    };
    let all = found.iter().flat_map(|found| found.as_slice()).copied();
    let all = all.filter(|action| statement.action.applies_to(&action.full_name()));
    if resources.iter().any(|one| one.as_str() == "*") {
        // The policy is on one resource, of the service that its type names.
        let of = subject.document.resource_type.as_deref().and_then(|of| of.split("::").nth(1));
        let Some(service) = of.map(str::to_ascii_lowercase) else { return Vec::new() };
        return all.filter(|action| *action.service.prefix == *service).collect();
    }
    let suited = Suited::of(resources);
    all.filter(|action| suited.by(action, facts.formats())).collect()
}

#[cfg(test)]
mod tests {
    use leastwise_catalog::Catalog;

    use crate::check::{Facts, SourceFile, read, run};

    fn told(action: &str, resource: &str) -> String {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":{action},"Resource":{resource}}}]}}"#
        );
        let estate = read(&[SourceFile::named("p.json", text)]);
        let findings = run(&estate, &Facts::new(Catalog::embedded()));
        let found = findings.into_iter().find(|finding| finding.code == "PUBLIC_ACCESS");
        found.expect("a finding").message
    }

    #[test]
    fn the_worst_action_is_named_and_the_others_are_counted() {
        let bucket = r#"["arn:aws:s3:::b", "arn:aws:s3:::b/*"]"#;
        for action in [r#""*""#, r#""s3:*""#] {
            let message = told(action, bucket);
            assert!(
                message.starts_with("lets everybody do: `s3:Put") && message.ends_with(" more"),
                "{message}"
            );
        }
        let three = told(r#"["s3:GetObject", "s3:PutObject", "s3:PutBucketPolicy"]"#, bucket);
        assert_eq!(three, "lets everybody do: `s3:PutBucketPolicy` and 2 more");
        assert_eq!(told(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#), "lets everybody do `s3:GetObject`");
        let objects = told(r#"["s3:GetObject", "s3:DeleteBucket"]"#, r#""arn:aws:s3:::b/*""#);
        assert!(!objects.contains("DeleteBucket"), "{objects}");
    }
}
