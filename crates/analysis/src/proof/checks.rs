//! Comparing what a proof says with what was found, one named check at a time.

use std::collections::{BTreeSet, HashMap};

use leastwise_catalog::Catalog;
use leastwise_policy::aws::evaluate::PolicySet;
use leastwise_policy::aws::{Named, Policy};
use serde::Serialize;
use serde_json::Value;

use super::canonical::{document_digest, sha256};
use super::{Document, Proof, Text};
use crate::usage::Source;

/// How many differences are told; the rest is counted.
const TOLD: usize = 5;

/// One place where two values differ.
pub(super) struct Difference {
    /// JSON pointer.
    pub(super) place: String,
    /// What the first one has there.
    claimed: Option<Value>,
    /// What the second one has there.
    found: Option<Value>,
}

/// Where two values differ, in depth.
pub(super) fn differences(claimed: &Value, found: &Value) -> Vec<Difference> {
    let mut all = Vec::new();
    compare(&mut String::new(), Some(claimed), Some(found), &mut all);
    all
}

fn compare(place: &mut String, claimed: Option<&Value>, found: Option<&Value>, all: &mut Vec<Difference>) {
    let length = place.len();
    let mut step = |key: &str, a: Option<&Value>, b: Option<&Value>| {
        place.push('/');
        place.push_str(&key.replace('~', "~0").replace('/', "~1"));
        compare(place, a, b, all);
        place.truncate(length);
    };
    match (claimed, found) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                step(key, a.get(key), b.get(key));
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for place in 0..a.len().max(b.len()) {
                step(&place.to_string(), a.get(place), b.get(place));
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            all.push(Difference { place: place.clone(), claimed: a.cloned(), found: b.cloned() });
        }
    }
}

/// Nothing when two values are the same; else where they are not, in words.
pub(super) fn same<T: Serialize>(claimed: &T, found: &T) -> Result<(), String> {
    let value = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let all = differences(&value(claimed), &value(found));
    if all.is_empty() {
        return Ok(());
    }
    let told = |value: &Option<Value>| match value {
        Some(value) => shortened(value.to_string()),
        None => "nothing".to_owned(),
    };
    let mut words: Vec<String> = all
        .iter()
        .take(TOLD)
        .map(|it| {
            format!("`{}` is {} in the proof and {} here", it.place, told(&it.claimed), told(&it.found))
        })
        .collect();
    if all.len() > TOLD {
        words.push(format!("{} more differences", all.len() - TOLD));
    }
    Err(words.join("; "))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Finds the new documents by their digests, whatever the files are called; else says what is missing or too many.
///
/// The documents of the boundary may lie among them.
pub(super) fn documents(proof: &Proof, given: &[(String, String)]) -> Result<Vec<Named<Policy>>, String> {
    let (mut parsed, mut wrong) = (Vec::new(), Vec::new());
    for (name, text) in given {
        match Policy::parse(text) {
            Ok(policy) => parsed.push((document_digest(&policy), Named::new(name, policy))),
            Err(error) => wrong.push(format!("`{name}` is not a policy: {error}")),
        }
    }
    let mut found = Vec::new();
    for Document { name, sha256 } in &proof.policy {
        match parsed.iter().find(|(digest, _)| digest == sha256) {
            Some((_, named)) => found.push(Named::new(name, named.policy.clone())),
            None => wrong.push(format!("document `{name}` ({sha256}) is missing or was changed")),
        }
    }
    for (number, document) in proof.policy.iter().enumerate() {
        if proof.policy[..number].iter().any(|before| before.sha256 == document.sha256) {
            wrong.push(format!("document `{}` ({}) is listed twice", document.name, document.sha256));
        }
    }
    let boundary = proof.granted.iter().flat_map(|granted| granted.boundary.iter().flatten());
    let boundary: Vec<&String> = boundary.map(|text| &text.sha256).collect();
    let known = |digest: &String| {
        boundary.contains(&digest) || proof.policy.iter().any(|document| document.sha256 == *digest)
    };
    let foreign = parsed.iter().filter(|(digest, _)| !known(digest));
    wrong.extend(foreign.map(|(_, named)| format!("`{}` is no document of this proof", named.name)));
    none_of(&wrong).map(|()| found)
}

/// The names of the documents given that only the boundary holds.
pub(super) fn of_boundary<'a>(proof: &Proof, given: &'a [(String, String)]) -> Vec<&'a str> {
    let own = |text: &str| {
        let digest = Policy::parse(text).ok().map(|policy| document_digest(&policy));
        proof.policy.iter().any(|document| digest.as_deref() == Some(&document.sha256))
    };
    given.iter().filter(|(_, text)| !own(text)).map(|(name, _)| name.as_str()).collect()
}

/// What the proof says was granted before; compared with `given`, when that is at hand.
pub(super) fn granted(proof: &Proof, given: Option<&PolicySet>) -> Result<Option<PolicySet>, String> {
    let Some(before) = &proof.granted else {
        return match given {
            Some(_) => Err("the proof was made without knowing what was granted".to_owned()),
            None => Ok(None),
        };
    };
    let mut set = PolicySet::of_identity(texts("granted", &before.identity)?);
    set.boundary = before.boundary.as_deref().map(|boundary| texts("granted", boundary)).transpose()?;
    if let Some(given) = given {
        let boundary = |set: &PolicySet| set.boundary.as_deref().map(digests);
        if digests(&set.identity) != digests(&given.identity) || boundary(&set) != boundary(given) {
            return Err("what the proof says was granted is not what is granted here".to_owned());
        }
    }
    Ok(Some(set))
}

/// The documents that a proof holds word for word.
pub(super) fn texts(what: &str, texts: &[Text]) -> Result<Vec<Named<Policy>>, String> {
    let read = |text: &Text| {
        let policy = Policy::parse(&text.text)
            .map_err(|error| format!("{what} document `{}` is not a policy: {error}", text.name))?;
        match sha256(text.text.as_bytes()) == text.sha256 && policy.to_compact_json() == text.text {
            true => Ok(Named::new(&text.name, policy)),
            false => Err(format!("{what} document `{}` was changed: its digest does not match", text.name)),
        }
    };
    texts.iter().map(read).collect()
}

fn digests(documents: &[Named<Policy>]) -> Vec<String> {
    let mut digests: Vec<String> = documents.iter().map(|named| document_digest(&named.policy)).collect();
    digests.sort();
    digests
}

fn none_of(wrong: &[String]) -> Result<(), String> {
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// Whether the same files were read, wherever they lie and whatever they are called.
pub(super) fn inputs(claimed: &[Source], given: &[Source]) -> Result<(), String> {
    let content = |source: &Source| (source.sha256.clone(), source.bytes, source.records);
    let mut left: HashMap<_, Vec<&Source>> = HashMap::new();
    for source in given {
        left.entry(content(source)).or_default().push(source);
    }
    let mut missing = Vec::new();
    for source in claimed {
        if left.get_mut(&content(source)).and_then(Vec::pop).is_none() {
            missing.push(source);
        }
    }
    let mut foreign: Vec<&Source> = left.into_values().flatten().collect();
    foreign.sort();
    let mut wrong = Vec::new();
    wrong.extend(told_once(&missing, "is missing or was changed", "are missing or were changed"));
    wrong.extend(told_once(&foreign, "is no input of this proof", "are no inputs of this proof"));
    none_of(&wrong)
}

/// What is the matter with some inputs: the first by its name, the rest by their number.
fn told_once(inputs: &[&Source], one: &str, several: &str) -> Option<String> {
    match inputs {
        [] => None,
        [only] => Some(format!("`{}` {one}", only.name)),
        [first, ..] => Some(format!("{} inputs {several}, such as `{}`", inputs.len(), first.name)),
    }
}

/// The catalogue and how to get the right one.
pub(super) fn catalog(proof: &Proof, catalog: &Catalog, read_with: BTreeSet<String>) -> Result<(), String> {
    let (claimed, here) = (&proof.catalog, catalog.version());
    if claimed.digest != here.digest || claimed.date != here.date || claimed.imported != here.imported {
        let imported = |list: &[String]| match list.is_empty() {
            true => String::new(),
            false => format!(", with {} imported", list.join(", ")),
        };
        return Err(format!(
            "the proof was made with the catalogue of {} ({}{}) and this one is of {} ({}{}); check it with leastwise {} \
             and the same imports",
            claimed.date,
            claimed.digest,
            imported(&claimed.imported),
            here.date,
            here.digest,
            imported(&here.imported),
            proof.leastwise
        ));
    }
    let read_with: Vec<String> = read_with.into_iter().collect();
    same(&claimed.read_with, &read_with)
        .map_err(|what| format!("events were read with other catalogues: {what}"))
}
