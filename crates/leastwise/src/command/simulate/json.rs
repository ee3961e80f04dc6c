//! A decision for programs; docs/simulate.md names the fields.

use leastwise_policy::aws::evaluate::explain::{
    Change, ChangeKind, Explanation, LayerReasons, NeededKey, Reason,
};
use leastwise_policy::aws::evaluate::{EVALUATOR_VERSION, Evaluation, Layer, StatementRef, Verdict};
use serde_json::{Map, Value, json};

use super::request::{Case, Given, Known, Owner};
use super::text;
use super::world::World;
use crate::error::Error;

/// The word for a verdict that scripts test: `allowed`, `denied`, `depends`.
pub fn decision(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => "allowed",
        Verdict::ExplicitDeny | Verdict::ImplicitDeny => "denied",
        Verdict::Depends => "depends",
    }
}

/// The answer without reasons: what a line of a batch has.
pub fn brief(verdict: Verdict, evaluation: Option<&Evaluation>) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("decision".to_owned(), decision(verdict).into());
    map.insert("verdict".to_owned(), verdict.as_str().into());
    let keys = evaluation.map(|evaluation| evaluation.missing_keys.as_slice()).unwrap_or_default();
    if !keys.is_empty() {
        map.insert("depends_on".to_owned(), json!(keys));
    }
    if let Some(layer) = evaluation.and_then(|evaluation| evaluation.silent) {
        map.insert("silent".to_owned(), layer.as_str().into());
    }
    map
}

/// The request as it was understood, and all reasons.
pub fn reasons(world: &World<'_>, case: &Case, explanation: &Explanation, map: &mut Map<String, Value>) {
    let owner = match &case.owner {
        Owner::Account(account) => json!(account),
        Owner::Aws => json!("aws"),
        Owner::Nobody | Owner::Unsaid => Value::Null,
    };
    let known = case
        .known
        .iter()
        .map(|Known { key, values, from }| json!({ "key": key, "values": values, "from": from }));
    let request = json!({
        "principal": case.principal,
        "session": case.session,
        "action": case.action,
        "resource": case.resource,
        "resource_is": if case.pattern { "pattern" } else { "exact" },
        "resource_account": owner,
        "context": known.collect::<Vec<_>>(),
        "complete_context": case.context.is_complete(),
    });
    map.insert("request".to_owned(), request);
    map.insert("assumed".to_owned(), json!(case.assumed));
    let by: Vec<Value> = explanation.evaluation.by.iter().map(|place| statement(world, place)).collect();
    map.insert("by".to_owned(), by.into());
    let layers: Vec<Value> = explanation.layers.iter().map(|one| layer(world, one)).collect();
    map.insert("layers".to_owned(), layers.into());
    let needed: Vec<Value> = explanation.needed.iter().map(|one| key(world, one)).collect();
    map.insert("needed_keys".to_owned(), needed.into());
    map.insert("allowed_with".to_owned(), given(explanation.allowing.as_ref()));
    let changes: Vec<Value> = explanation.changes.iter().map(|one| change(world, case, one)).collect();
    map.insert("changes".to_owned(), changes.into());
    map.insert("after_changes".to_owned(), json!(explanation.after_changes.map(decision)));
}

/// One decision whole.
pub fn whole(world: &World<'_>, case: &Case, explanation: &Explanation) -> Value {
    let mut map = Map::new();
    map.insert("schema".to_owned(), "leastwise/decision/1".into());
    map.extend(brief(explanation.evaluation.verdict, Some(&explanation.evaluation)));
    reasons(world, case, explanation, &mut map);
    map.insert("catalog_date".to_owned(), world.catalog.version().date.clone().into());
    map.insert("evaluator".to_owned(), EVALUATOR_VERSION.into());
    Value::Object(map)
}

fn layer(world: &World<'_>, reasons: &LayerReasons) -> Value {
    let statements = reasons.statements.iter().map(|one| {
        let mut value = statement(world, &one.statement);
        value["effect"] = one.effect.as_str().into();
        value["applies"] = one.applies.as_str().into();
        value["reasons"] = one.reasons.iter().map(part).collect::<Vec<_>>().into();
        value
    });
    json!({
        "layer": reasons.layer.as_str(),
        "level": reasons.level,
        "verdict": reasons.verdict.as_str(),
        "statements": statements.collect::<Vec<_>>(),
        "statements_about_other_actions": reasons.others,
    })
}

/// Where a statement stands.
pub fn statement(world: &World<'_>, place: &StatementRef) -> Value {
    let origin = world.origin(&place.document);
    json!({
        "layer": place.layer.as_str(),
        "document": place.document,
        "sid": place.sid,
        "index": place.index,
        "file": origin.map(|origin| origin.file.as_str()),
        // A grant has no statements of its own.
        "pointer": origin.map(|origin| match place.layer {
            Layer::Grant => origin.pointer.clone(),
            _ => origin.statement(place.index),
        }),
    })
}

fn part(reason: &Reason) -> Value {
    match reason {
        Reason::Principal { element, names, keys } => {
            json!({ "element": element, "values": names, "hangs_on": keys })
        }
        Reason::Resource { element, patterns, keys } => {
            json!({ "element": element, "values": patterns, "hangs_on": keys })
        }
        Reason::Condition { operator, key, values, found, keys } => json!({
            "element": "Condition",
            "operator": operator,
            "key": key,
            "values": values,
            "request_has": found,
            "hangs_on": keys,
        }),
    }
}

fn key(world: &World<'_>, needed: &NeededKey) -> Value {
    let tests = needed.tests.iter().map(|test| {
        let mut value = statement(world, &test.statement);
        value["effect"] = test.effect.as_str().into();
        value["operator"] = test.operator.clone().into();
        value["values"] = json!(test.values);
        value
    });
    json!({ "key": needed.key, "tests": tests.collect::<Vec<_>>(), "allowed_with": needed.allowing })
}

fn change(world: &World<'_>, case: &Case, change: &Change) -> Value {
    let (what, at, added) = match &change.kind {
        ChangeKind::Add(added) => {
            let added = serde_json::from_str(&text::statement_json(added)).unwrap_or_default();
            ("add", Value::Null, added)
        }
        ChangeKind::Except(place) => ("remove or except", statement(world, place), Value::Null),
    };
    json!({
        "change": what,
        "layer": change.layer.as_str(),
        "level": change.level,
        "to": if added.is_null() { Value::Null } else { text::target(case, change).into() },
        "statement": added,
        "at": at,
    })
}

/// Values of keys as an object; null when there are none to tell.
pub fn given(given: Option<&Given>) -> Value {
    let object = |given: &Given| given.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
    given.map_or(Value::Null, |given| Value::Object(object(given)))
}

/// The message with its causes.
pub fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}
