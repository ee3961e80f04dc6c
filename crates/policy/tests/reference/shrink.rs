//! Makes a disagreement smaller: whatever can be left out without the two agreeing is left out.

use serde_json::Value;

use super::agree::verdict_of;
use super::case::Case;

/// The smallest case found by leaving out layers, documents, statements, tests, values and keys one by one, which shows
/// the same disagreement.
pub(crate) fn shrink(case: &Case) -> Case {
    let wanted = verdict_of(case);
    let mut smallest = case.clone();
    loop {
        let candidates = smaller(&smallest.0);
        let found = candidates.into_iter().map(Case).find(|candidate| verdict_of(candidate) == wanted);
        match found {
            Some(found) => smallest = found,
            None => return smallest,
        }
    }
}

/// The case with one thing left out, in every way, the biggest things first.
fn smaller(case: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    collect(case, "", &mut pointers);
    pointers.sort_by_key(|pointer| pointer.matches('/').count());
    let mut all: Vec<Value> = pointers.iter().filter_map(|pointer| without(case, pointer)).collect();
    all.extend(simplified(case));
    all
}

fn collect(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    let mut below = |name: String, value: &Value| {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        pointers.push(pointer.clone());
        collect(value, &pointer, pointers);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| below(key.clone(), value)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, value)| below(index.to_string(), value));
        }
        _ => {}
    }
}

/// The value without what the pointer names; None for what a case cannot do without.
fn without(case: &Value, pointer: &str) -> Option<Value> {
    if let "/principal" | "/principal/arn" | "/action" | "/resource" | "/owner" = pointer {
        return None;
    }
    // Without its resource a statement would be about another question.
    if pointer.ends_with("/Resource") || pointer.ends_with("/NotResource") {
        return None;
    }
    let mut case = case.clone();
    let (parent, name) = pointer.rsplit_once('/')?;
    match case.pointer_mut(parent)? {
        Value::Object(members) => {
            members.shift_remove(&name.replace("~1", "/").replace("~0", "~"))?;
        }
        // A test or an element needs a value.
        Value::Array(list)
            if list.len() == 1 && parent.contains("/Statement") && !parent.ends_with("/Statement") =>
        {
            return None;
        }
        Value::Array(list) => {
            list.remove(name.parse().ok()?);
        }
        _ => return None,
    }
    Some(case)
}

/// The case with an `Action` or `Resource` made `*`.
fn simplified(case: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    collect(case, "", &mut pointers);
    let simple = |pointer: &String| {
        let mut case = case.clone();
        let value = case.pointer_mut(pointer)?;
        let changes = (pointer.ends_with("/Action") || pointer.ends_with("/Resource")) && *value != "*";
        *value = Value::from("*");
        changes.then_some(case)
    };
    pointers.iter().filter_map(simple).collect()
}
