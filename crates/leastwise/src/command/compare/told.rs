//! What came out, for people and for programs.

use std::fmt::Write;

use leastwise_catalog::Catalog;
use leastwise_policy::aws::compare::{Answer, Comparison, Kind, Place, Relation, Witness};
use serde_json::{Map, Value, json};

use crate::output::plain;

/// A comparison of two documents.
pub struct Told<'a> {
    pub kind: Kind,
    pub old: &'a str,
    pub new: &'a str,
    pub comparison: &'a Comparison,
    pub catalog: &'a Catalog,
}

/// A question about each of several documents.
pub struct Checked<'a> {
    pub kind: Kind,
    pub answers: &'a [(&'a str, Answer)],
    /// What a document does that does not pass.
    pub finding: &'a str,
    pub catalog: &'a Catalog,
}

/// `an identity policy`, …
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Identity => "an identity policy",
        Kind::Resource => "a resource policy",
        Kind::Trust => "a trust policy",
        Kind::ServiceControl => "a service control policy",
        Kind::ResourceControl => "a resource control policy",
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Identity => "identity",
        Kind::Resource => "resource",
        Kind::Trust => "trust",
        Kind::ServiceControl => "scp",
        Kind::ResourceControl => "rcp",
    }
}

impl Told<'_> {
    pub fn text(&self) -> String {
        let Told { old, new, comparison, .. } = self;
        let mut text = format!("{}\n", plain(&headline(comparison.relation(), old, new)));
        direction(&mut text, &comparison.gained, new, old);
        direction(&mut text, &comparison.lost, old, new);
        text
    }

    pub fn json(&self) -> Value {
        let comparison = self.comparison;
        json!({
            "relation": comparison.relation().as_str(),
            "type": kind_word(self.kind),
            "old": self.old,
            "new": self.new,
            "gained": answer_json(&comparison.gained),
            "lost": answer_json(&comparison.lost),
            "catalogue": catalog_json(self.catalog),
        })
    }
}

fn headline(relation: Relation, old: &str, new: &str) -> String {
    let rest = match relation {
        Relation::Equal => format!("`{new}` allows exactly what `{old}` allows"),
        Relation::Narrower => format!("`{new}` allows less than `{old}`, and nothing else"),
        Relation::NotWider => format!("`{new}` allows nothing that `{old}` does not"),
        Relation::Wider => format!("`{new}` allows all that `{old}` allows, and more"),
        Relation::NotNarrower => format!("`{new}` allows something that `{old}` does not"),
        Relation::Both => format!("`{new}` and `{old}` each allow something that the other does not"),
        Relation::Unknown => format!("whether `{new}` allows something that `{old}` does not is not decided"),
    };
    format!("{}: {rest}", relation.as_str())
}

/// What `this` allows and `that` does not.
fn direction(text: &mut String, answer: &Answer, this: &str, that: &str) {
    let heading = plain(&format!("allowed by `{this}`, not by `{that}`:"));
    if *answer != Answer::None {
        push(text, "");
    }
    match answer {
        Answer::None => {}
        Answer::Unknown(reason) => push(text, &format!("{heading} not decided; {}", reason.as_str())),
        Answer::Some(witness) => {
            push(text, &heading);
            request(text, witness);
            if let Some(place) = &witness.allowed_by {
                field(text, "allowed by", &format!("{} of `{this}`", place_name(place)));
            }
            match &witness.denied_by {
                Some(place) => field(text, "denied by", &format!("{} of `{that}`", place_name(place))),
                None => field(text, "denied", &format!("no statement of `{that}` allows it")),
            }
        }
    }
}

fn request(text: &mut String, witness: &Witness) {
    let session = witness.session.as_ref().map_or_else(String::new, |name| format!(" in session `{name}`"));
    field(text, "principal", &format!("{}{session}", witness.principal));
    field(text, "action", &witness.action);
    field(text, "resource", &witness.resource);
    for (key, values) in &witness.context {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        field(text, "context", &format!("{key} = {}", values.join(", ")));
    }
}

fn field(text: &mut String, name: &str, value: &str) {
    push(text, &plain(&format!("  {name:<10}  {value}")));
}

fn push(text: &mut String, line: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{line}");
}

fn place_name(place: &Place) -> String {
    match &place.sid {
        Some(sid) => format!("statement {} (`{sid}`)", place.index),
        None => format!("statement {}", place.index),
    }
}

impl Checked<'_> {
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, answer) in self.answers {
            match answer {
                Answer::None => push(&mut text, &plain(&format!("ok  {name}"))),
                Answer::Unknown(reason) => {
                    push(&mut text, &plain(&format!("??  {name}: not decided; {}", reason.as_str())));
                }
                Answer::Some(witness) => {
                    push(&mut text, &plain(&format!("NO  {name} {}:", self.finding)));
                    request(&mut text, witness);
                    if let Some(place) = &witness.allowed_by {
                        field(&mut text, "allowed by", &place_name(place));
                    }
                }
            }
        }
        text
    }

    pub fn json(&self) -> Value {
        let files: Vec<Value> = self
            .answers
            .iter()
            .map(|(name, answer)| json!({"file": name, "passes": *answer == Answer::None, "found": answer_json(answer)}))
            .collect();
        json!({"type": kind_word(self.kind), "files": files, "catalogue": catalog_json(self.catalog)})
    }
}

fn catalog_json(catalog: &Catalog) -> Value {
    let version = catalog.version();
    json!({"date": version.date, "sha256": version.digest})
}

fn answer_json(answer: &Answer) -> Value {
    match answer {
        Answer::None => json!({"answer": "none"}),
        Answer::Unknown(reason) => json!({"answer": "unknown", "why": reason.as_str()}),
        Answer::Some(witness) => json!({"answer": "some", "request": witness_json(witness)}),
    }
}

fn witness_json(witness: &Witness) -> Value {
    let context: Map<String, Value> =
        witness.context.iter().map(|(key, values)| (key.clone(), json!(values))).collect();
    json!({
        "principal": witness.principal,
        "session": witness.session,
        "action": witness.action,
        "resource": witness.resource,
        "context": context,
        "allowed_by": witness.allowed_by.as_ref().map(place_json),
        "denied_by": witness.denied_by.as_ref().map(place_json),
    })
}

fn place_json(place: &Place) -> Value {
    json!({"statement": place.index, "sid": place.sid, "pointer": format!("/Statement/{}", place.index)})
}

/// With a line break at its end.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
