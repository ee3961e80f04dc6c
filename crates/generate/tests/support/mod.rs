//! Random policies with hostile strings, and the sameness that AWS sees: a single value and a list of one are the
//! same, and the order within a list does not matter.

mod hostile;

pub(crate) use hostile::hostile;
use leastwise_generate::render::{Attach, Deliverable, PrincipalKind, PrincipalTarget};
use leastwise_policy::aws::{Named, Policy};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn action() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "s3:GetObject",
        "s3:PutObject",
        "s3:List*",
        "dynamodb:GetItem",
        "sqs:SendMessage",
    ])
    .prop_map(str::to_owned)
}

fn resource() -> impl Strategy<Value = String> {
    prop_oneof![Just("*".to_owned()), hostile().prop_map(|tail| format!("arn:aws:s3:::bucket/{tail}"))]
}

fn condition() -> impl Strategy<Value = (String, String, Vec<String>)> {
    let operator =
        prop::sample::select(vec!["StringEquals", "StringLikeIfExists", "ForAnyValue:StringEquals"]);
    let key = prop_oneof![
        Just("aws:RequestedRegion".to_owned()),
        "[A-Za-z ö=]{1,9}".prop_map(|tag| format!("aws:RequestTag/{tag}")),
    ];
    (operator, key, prop::collection::vec(hostile(), 1..4)).prop_map(|(o, k, v)| (o.to_owned(), k, v))
}

fn statement() -> impl Strategy<Value = Value> {
    (
        any::<[bool; 3]>(),
        prop::collection::vec(action(), 1..4),
        prop::collection::vec(resource(), 1..4),
        prop::collection::vec(condition(), 0..3),
    )
        .prop_map(|([allow, not_action, not_resource], actions, resources, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".into(), json!(if allow { "Allow" } else { "Deny" }));
            statement.insert(if not_action { "NotAction" } else { "Action" }.into(), json!(actions));
            statement.insert(if not_resource { "NotResource" } else { "Resource" }.into(), json!(resources));
            let mut block = Map::new();
            for (operator, key, values) in conditions {
                let keys = block.entry(operator).or_insert_with(|| json!({}));
                keys[key] = json!(values);
            }
            if !block.is_empty() {
                statement.insert("Condition".into(), Value::Object(block));
            }
            Value::Object(statement)
        })
}

/// A policy that AWS would take, whatever its strings hold.
pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let version = prop::sample::select(vec!["2012-10-17", "2012-10-17", "2008-10-17"]);
    (version, prop::collection::vec(statement(), 1..4)).prop_filter_map(
        "refused",
        |(version, mut statements)| {
            for (number, statement) in statements.iter_mut().enumerate().filter(|(n, _)| n % 2 == 0) {
                statement["Sid"] = json!(format!("Statement{number}"));
            }
            Policy::parse(&json!({ "Version": version, "Statement": statements }).to_string()).ok()
        },
    )
}

/// One or two documents for a principal with a hostile name.
pub(crate) fn deliverable() -> impl Strategy<Value = Deliverable> {
    let kind = prop::sample::select(vec![PrincipalKind::Role, PrincipalKind::User, PrincipalKind::Group]);
    let attach = prop::sample::select(vec![Attach::Managed, Attach::Inline]);
    (kind, attach, hostile(), prop::collection::vec((hostile(), policy()), 1..3)).prop_map(
        |(kind, attach, name, documents)| Deliverable {
            principal: PrincipalTarget {
                kind,
                name,
                path: "/".into(),
                arn: "arn:aws:iam::111122223333:role/x".into(),
            },
            documents: documents.into_iter().map(|(name, policy)| Named { name, policy }).collect(),
            attach,
            comments: vec!["first".into(), "second\n\u{2028}resource \"x\" \"y\" {".into()],
        },
    )
}

/// The policy as AWS sees it.
pub(crate) fn canonical(policy: &Value) -> Value {
    let mut policy = policy.clone();
    let statements = listed(policy["Statement"].take()).into_iter().map(canonical_statement).collect();
    policy["Statement"] = Value::Array(statements);
    policy
}

fn canonical_statement(mut statement: Value) -> Value {
    for block in ["Action", "NotAction", "Resource", "NotResource"] {
        if let Some(values) = statement.get_mut(block) {
            *values = sorted(values.take());
        }
    }
    let conditions = statement.get_mut("Condition").and_then(Value::as_object_mut);
    for keys in conditions.into_iter().flat_map(|c| c.values_mut()).filter_map(Value::as_object_mut) {
        for values in keys.values_mut() {
            *values = sorted(values.take());
        }
        keys.sort_keys();
    }
    if let Some(conditions) = statement.get_mut("Condition").and_then(Value::as_object_mut) {
        conditions.sort_keys();
    }
    statement
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        one => vec![one],
    }
}

fn sorted(value: Value) -> Value {
    let mut items = listed(value);
    items.sort_by_key(Value::to_string);
    items.dedup();
    Value::Array(items)
}

/// The canonical tree of a typed policy.
pub(crate) fn seen(policy: &Policy) -> Value {
    canonical(&serde_json::from_str(&policy.to_json()).unwrap())
}
