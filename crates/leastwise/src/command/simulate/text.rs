//! A decision for people: the answer, what it was given on, what each layer said, what would have to change.

use leastwise_policy::aws::evaluate::explain::{
    Applies, Change, ChangeKind, Explanation, LayerReasons, NeededKey, OTHER, Reason, StatementReasons,
};
use leastwise_policy::aws::evaluate::{Layer, StatementRef, Verdict};
use leastwise_policy::aws::{Effect, Policy, Statement};

use super::request::{Case, Owner};
use super::world::World;
use crate::output::plain;

/// Statements of one layer that are shown; the JSON has all of them.
const SHOWN: usize = 6;

/// The whole decision.
pub fn decision(world: &World<'_>, case: &Case, explanation: &Explanation) -> String {
    let mut text = Text(String::new());
    text.line(0, &headline(explanation));
    text.line(0, "");
    asked(&mut text, case);
    text.line(0, "");
    for layer in &explanation.layers {
        layer_lines(&mut text, world, layer);
    }
    if !explanation.needed.is_empty() {
        text.line(0, "");
        text.line(0, "it depends on");
        for key in &explanation.needed {
            key_lines(&mut text, world, key);
        }
        if let Some(allowing) = &explanation.allowing {
            text.line(2, &format!("allowed, for instance, with {}", as_flags(allowing)));
        }
    }
    if !explanation.changes.is_empty() {
        let after = match explanation.after_changes {
            Some(Verdict::Depends) => ", as far as keys allow that are not known",
            _ => "",
        };
        let all = if explanation.changes.len() > 1 { ", all of these" } else { "" };
        text.line(0, "");
        text.line(0, &format!("what would allow it{after}{all}"));
        for change in &explanation.changes {
            text.line(2, &format!("- {}", change_line(world, case, change)));
        }
    }
    for (number, assumed) in case.assumed.iter().enumerate() {
        if number == 0 {
            text.line(0, "");
        }
        text.line(0, &format!("note: {assumed}"));
    }
    text.0
}

/// The answer in a line.
fn headline(explanation: &Explanation) -> String {
    let evaluation = &explanation.evaluation;
    match evaluation.verdict {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::ExplicitDeny => {
            let layer = evaluation.by.first().map_or("a policy", |statement| statement.layer.as_str());
            format!("denied: explicit deny in {layer}")
        }
        Verdict::ImplicitDeny => {
            let layer = evaluation.silent.map_or("any policy", Layer::as_str);
            format!("denied: implicit deny, nothing allows it in {layer}")
        }
        Verdict::Depends => {
            let keys: Vec<&str> = explanation.needed.iter().map(|needed| needed.key.as_str()).collect();
            format!("depends: on {}", keys.join(", "))
        }
    }
}

struct Text(String);

impl Text {
    fn line(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.0.push_str(&" ".repeat(indent));
            self.0.push_str(&plain(text));
        }
        self.0.push('\n');
    }
}

fn asked(text: &mut Text, case: &Case) {
    let session = case.session.as_ref().map(|name| format!(", in session {name}")).unwrap_or_default();
    text.line(2, &format!("principal  {}{session}", case.principal));
    text.line(2, &format!("action     {}", case.action));
    let owner = match &case.owner {
        Owner::Account(owner) => format!(", of {owner}"),
        _ => String::new(),
    };
    text.line(2, &format!("resource   {}{owner}", case.resource));
    for (number, known) in case.known.iter().enumerate() {
        let title = if number == 0 { "context" } else { "" };
        let from = known.from.map(|from| format!("  (from {from})")).unwrap_or_default();
        let values = match known.values.as_slice() {
            [] => "is not there".to_owned(),
            values => format!("= {}", values.join(", ")),
        };
        text.line(2, &format!("{title:<9}  {} {values}{from}", known.key));
    }
}

fn layer_lines(text: &mut Text, world: &World<'_>, layer: &LayerReasons) {
    let issued = if layer.layer == Layer::Grant { "issued by " } else { "of " };
    let level = layer.level.as_ref().map(|level| format!(" {issued}{level}")).unwrap_or_default();
    text.line(0, &format!("{}{level}: {}", layer.layer.as_str(), layer.verdict.as_str()));
    let telling: Vec<&StatementReasons> = telling(layer);
    for statement in telling.iter().take(SHOWN) {
        let effect = statement.effect.as_str();
        let place = place(world, &statement.statement);
        let applies = match statement.applies {
            Applies::Yes => effect.to_owned(),
            Applies::No => format!("{effect} does not apply"),
            Applies::Perhaps => format!("{effect} perhaps"),
        };
        text.line(2, &format!("{applies}: {place}"));
        for reason in &statement.reasons {
            text.line(4, &reason_line(reason));
        }
    }
    let more = telling.len().saturating_sub(SHOWN);
    if more > 0 {
        text.line(2, &format!("and {more} more, which --output json has"));
    }
    if telling.is_empty() && layer.verdict == Verdict::ImplicitDeny {
        text.line(2, why_silent(layer));
    }
}

fn why_silent(layer: &LayerReasons) -> &'static str {
    match (layer.layer, layer.others) {
        (Layer::PublicAccess, _) => {
            "the bucket's policy is public: RestrictPublicBuckets lets in AWS services and the owner's account alone"
        }
        (_, 0) => "it has no statements",
        (Layer::Grant, _) => "no grant is for the action",
        (_, _) => "no statement is about the action",
    }
}

/// The statements that made the answer of the layer; where nothing allows, those that nearly did.
fn telling(layer: &LayerReasons) -> Vec<&StatementReasons> {
    let is = |effect: Effect, applies: Applies| {
        move |one: &&StatementReasons| one.effect == effect && one.applies == applies
    };
    let all = || layer.statements.iter();
    match layer.verdict {
        Verdict::Allowed => all().filter(is(Effect::Allow, Applies::Yes)).take(1).collect(),
        Verdict::ExplicitDeny => all().filter(is(Effect::Deny, Applies::Yes)).collect(),
        Verdict::Depends => all().filter(|one| one.applies == Applies::Perhaps).collect(),
        Verdict::ImplicitDeny => {
            let mut near: Vec<_> = all().filter(is(Effect::Allow, Applies::No)).collect();
            near.sort_by_key(|one| one.reasons.len());
            let mut telling: Vec<_> = all().filter(is(Effect::Deny, Applies::Perhaps)).collect();
            telling.extend(near);
            telling
        }
    }
}

fn reason_line(reason: &Reason) -> String {
    let hangs = |keys: &[String]| match keys {
        [] => "does not match".to_owned(),
        keys => format!("hangs on {}, which is not known", keys.join(", ")),
    };
    match reason {
        Reason::Principal { element, names, keys } => {
            format!("{element} {}: {}", shown(names), hangs(keys))
        }
        Reason::Resource { element, patterns, keys } => {
            format!("{element} {}: {}", shown(patterns), hangs(keys))
        }
        Reason::Condition { operator, key, values, found, keys } => {
            let found = match found.as_deref() {
                None => "the key is not known".to_owned(),
                Some([]) => "the request has no such key".to_owned(),
                Some(_) if !keys.is_empty() => hangs(keys),
                Some(found) => format!("the request has {}", shown(found)),
            };
            format!("Condition {operator} {key} {}: {found}", shown(values))
        }
    }
}

pub fn shown(texts: &[String]) -> String {
    const MOST: usize = 4;
    match texts {
        [] => "of nothing".to_owned(),
        [one] => one.clone(),
        many if many.len() <= MOST => format!("[{}]", many.join(", ")),
        many => format!("[{}, … {} in all]", many[..MOST].join(", "), many.len()),
    }
}

fn key_lines(text: &mut Text, world: &World<'_>, key: &NeededKey) {
    text.line(2, &key.key);
    for test in &key.tests {
        let effect = test.effect.as_str();
        let values = shown(&test.values);
        let place = place(world, &test.statement);
        text.line(4, &format!("{effect} when {} {values}: {place}", test.operator));
    }
    if !key.allowing.is_empty() {
        let values: Vec<String> = key
            .allowing
            .iter()
            .map(|values| match values.as_slice() {
                [] => "no such key".to_owned(),
                [other] if other == OTHER => "any other value".to_owned(),
                values => values.join(" and "),
            })
            .collect();
        text.line(4, &format!("allowed with {}", shown(&values)));
    }
}

/// The keys as somebody would give them on the command line.
pub fn as_flags(given: &[(String, Vec<String>)]) -> String {
    let flags = given.iter().flat_map(|(key, values)| match values.as_slice() {
        [] => vec![format!("--context {key}=")],
        values => values.iter().map(|value| format!("--context {key}={value}")).collect(),
    });
    flags.collect::<Vec<_>>().join(" ")
}

fn change_line(world: &World<'_>, case: &Case, change: &Change) -> String {
    match &change.kind {
        ChangeKind::Except(statement) => {
            format!("remove, or except the request from, the Deny {}", place(world, statement))
        }
        ChangeKind::Add(_) if change.layer == Layer::ResourceControl => {
            let level = change.level.as_deref().unwrap_or("the level");
            format!("attach RCPFullAWSAccess to {level}")
        }
        ChangeKind::Add(statement) => {
            format!("add to {}: {}", target(case, change), statement_json(statement))
        }
    }
}

/// Which policy a statement would be added to.
pub fn target(case: &Case, change: &Change) -> String {
    match change.layer {
        Layer::Identity => "an identity policy of the principal".to_owned(),
        Layer::Boundary => {
            let boundary = case.set.set().boundary.iter().flatten().next();
            format!("the permissions boundary {}", boundary.map_or("", |policy| policy.name.as_str()))
        }
        Layer::Session => "a session policy".to_owned(),
        Layer::ServiceControl => {
            format!("a service control policy of {}", change.level.as_deref().unwrap_or("the level"))
        }
        Layer::ResourceControl => {
            format!("a resource control policy of {}", change.level.as_deref().unwrap_or("the level"))
        }
        Layer::Resource if case.action.starts_with("sts:") => {
            format!("the trust policy of {}", case.resource)
        }
        Layer::Resource => format!("the policy of {}", case.resource),
        Layer::Endpoint => "the policy of the VPC endpoint".to_owned(),
        _ => change.layer.as_str().to_owned(),
    }
}

/// A statement as IAM writes it, on one line.
pub fn statement_json(statement: &Statement) -> String {
    let document = Policy::new(vec![statement.clone()]).to_compact_json();
    let value: serde_json::Value = serde_json::from_str(&document).unwrap_or_default();
    match &value["Statement"] {
        serde_json::Value::Array(list) => list.first().map(ToString::to_string).unwrap_or_default(),
        one => one.to_string(),
    }
}

/// Document and Sid of a statement, or its number.
pub fn short(statement: &StatementRef) -> String {
    match &statement.sid {
        _ if statement.layer == Layer::Grant => statement.document.clone(),
        Some(sid) => format!("{} `{sid}`", statement.document),
        None => format!("{} /Statement/{}", statement.document, statement.index),
    }
}

/// Document, Sid and place of a statement.
fn place(world: &World<'_>, statement: &StatementRef) -> String {
    // A grant has no statements of its own, and its name is its place.
    if statement.layer == Layer::Grant {
        return statement.document.clone();
    }
    let sid = statement.sid.as_ref().map(|sid| format!(" `{sid}`")).unwrap_or_default();
    match world.origin(&statement.document) {
        Some(origin) if origin.file == statement.document => {
            format!("{}{sid} {}", statement.document, origin.statement(statement.index))
        }
        Some(origin) => {
            format!("{}{sid} ({} {})", statement.document, origin.file, origin.statement(statement.index))
        }
        None => format!("{}{sid} /Statement/{}", statement.document, statement.index),
    }
}
