//! Two policies as one formula for z3: is there a request that NEW allows and OLD does not?
//!
//! Written from the JSON documents and the User Guide, and sharing nothing with what it is there to check.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How many values a key with several values has at most.
const VALUES: usize = 3;

/// How much work z3 may put into one answer, by its own measure: the same on every machine, however busy.
const WORK: u64 = 400_000;

/// What z3 is told of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) boolean: bool,
    pub(crate) several: bool,
}

/// A test: operator, key in lower case, values.
type Test = (String, String, Vec<String>);

struct Statement {
    allows: bool,
    not_action: bool,
    actions: Vec<String>,
    not_resource: bool,
    resources: Vec<String>,
    tests: Vec<Test>,
}

/// The formula; none when something in the documents has no encoding here.
pub(crate) fn formula(
    old: &Value,
    new: &Value,
    actions: &BTreeMap<String, Vec<String>>,
    key_of: impl Fn(&str) -> Option<bool>,
) -> Option<String> {
    let (old, new) = (statements(old)?, statements(new)?);
    let mut keys: BTreeMap<String, Key> = BTreeMap::new();
    for (operator, key, _) in old.iter().chain(&new).flat_map(|statement| &statement.tests) {
        let known = key_of(key);
        let entry = keys.entry(key.clone()).or_insert(Key { boolean: known == Some(true), several: false });
        entry.several |= known.is_none() && operator.contains(':');
    }
    let mut text = format!("(reset)\n(set-option :rlimit {WORK})\n(declare-const r String)\n");
    let shape = parts("arn:?*:?*:*:*:?*");
    let _ = writeln!(text, "(assert (or (= r \"*\") (str.in_re r {shape})))");
    for (number, key) in keys.values().enumerate() {
        declare(&mut text, number, *key);
    }
    let classes = classes(&old, &new, actions);
    let _ = writeln!(text, "(declare-const a Int)\n(assert (and (>= a 0) (< a {})))", classes.len().max(1));
    let numbers: BTreeMap<&str, (usize, Key)> =
        keys.iter().enumerate().map(|(number, (name, key))| (name.as_str(), (number, *key))).collect();
    doubts(&mut text, old.iter().chain(&new));
    let all = old.len() + new.len();
    for (number, statement) in old.iter().chain(&new).enumerate() {
        let about: Vec<usize> =
            (0..classes.len()).filter(|class| classes[*class].contains(&number)).collect();
        let applies = applies(statement, &about, &numbers)?;
        let _ = writeln!(text, "(define-fun s{number} () Bool {applies})");
    }
    let decides = |range: std::ops::Range<usize>, list: &[Statement]| {
        let of = |allows: bool| {
            let numbers = range.clone().zip(list).filter(|(_, one)| one.allows == allows);
            any(numbers.map(|(number, _)| format!("s{number}")))
        };
        format!("(and {} (not {}))", of(true), of(false))
    };
    let _ = writeln!(text, "(assert {})", decides(old.len()..all, &new));
    let _ = writeln!(text, "(assert (not {}))\n(check-sat)", decides(0..old.len(), &old));
    Some(text)
}

fn list(value: &Value) -> Vec<String> {
    let spell = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Array(all) => all.iter().map(spell).collect(),
        one => vec![spell(one)],
    }
}

fn statements(document: &Value) -> Option<Vec<Statement>> {
    let all = match &document["Statement"] {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    all.into_iter().map(statement).collect()
}

fn statement(value: &Value) -> Option<Statement> {
    let either = |name: &str, other: &str| match value.get(name) {
        Some(found) => (false, list(found)),
        None => (true, list(&value[other])),
    };
    let (not_action, actions) = either("Action", "NotAction");
    let (not_resource, resources) = either("Resource", "NotResource");
    let mut tests = Vec::new();
    for (operator, keys) in value.get("Condition").and_then(Value::as_object).into_iter().flatten() {
        for (key, values) in keys.as_object()? {
            let key = key.to_lowercase();
            let principal = ["arn", "account", "type"].map(|end| format!("aws:principal{end}"));
            if principal.contains(&key) || ["aws:userid", "aws:username"].contains(&key.as_str()) {
                return None;
            }
            tests.push((operator.clone(), key, list(values)));
        }
    }
    let has_variable = value.to_string().contains("${");
    let allows = value["Effect"] == "Allow";
    (!has_variable).then_some(Statement { allows, not_action, actions, not_resource, resources, tests })
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, text)| matches(pattern, text))
        }
        (Some((wanted, rest)), Some((found, text))) => {
            (*wanted == b'?' || wanted.eq_ignore_ascii_case(found)) && matches(rest, text)
        }
        _ => false,
    }
}

/// Which statements each sort of actions is matched by.
fn classes(
    old: &[Statement],
    new: &[Statement],
    actions: &BTreeMap<String, Vec<String>>,
) -> Vec<BTreeSet<usize>> {
    let all: Vec<&Statement> = old.iter().chain(new).collect();
    let patterns: BTreeSet<&str> =
        all.iter().flat_map(|statement| &statement.actions).map(String::as_str).collect();
    let services: BTreeSet<String> =
        patterns.iter().filter_map(|pattern| Some(pattern.split_once(':')?.0.to_lowercase())).collect();
    let everywhere = services.iter().any(|service| service.contains(['*', '?']));
    let mut names: Vec<String> = Vec::new();
    // A service that no pattern names is like every other such.
    let mut others = 0;
    for (service, own) in actions {
        let named = everywhere || services.contains(service);
        if named || others == 0 {
            others += usize::from(!named);
            names.extend(own.iter().map(|name| format!("{service}:{name}")));
        }
    }
    for pattern in patterns {
        if !names.iter().any(|name| matches(pattern.as_bytes(), name.as_bytes())) {
            names.push(pattern.replace(['*', '?'], "X"));
        }
    }
    let class = |name: &String| -> BTreeSet<usize> {
        let is_about = |statement: &Statement| {
            statement.actions.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
                != statement.not_action
        };
        (0..all.len()).filter(|number| is_about(all[*number])).collect()
    };
    names.iter().map(class).collect::<BTreeSet<_>>().into_iter().collect()
}

fn any(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    if all.is_empty() { "false".to_owned() } else { format!("(or {})", all.join(" ")) }
}

/// That `text` is in one of the expressions.
fn one_of(text: &str, expressions: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = expressions.collect();
    match all.len() {
        0 => "false".to_owned(),
        1 => format!("(str.in_re {text} {})", all.concat()),
        _ => format!("(str.in_re {text} (re.union {}))", all.join(" ")),
    }
}

fn every(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    if all.is_empty() { "true".to_owned() } else { format!("(and {})", all.join(" ")) }
}

fn literal(text: &str) -> String {
    format!("(str.to_re \"{}\")", text.replace('"', "\"\""))
}

fn joined(steps: Vec<String>) -> String {
    match steps.len() {
        0 => literal(""),
        1 => steps.concat(),
        _ => format!("(re.++ {})", steps.join(" ")),
    }
}

/// A pattern as a regular expression; `one` is what `?` is, `fold` says whether case counts.
fn expression(pattern: &str, one: impl Fn(usize) -> &'static str, wildcards: bool, fold: bool) -> String {
    let mut steps: Vec<String> = Vec::new();
    let mut run = String::new();
    let mut colons = 0;
    for character in pattern.chars() {
        let wild = wildcards && matches!(character, '*' | '?');
        if !(wild || fold && character.is_ascii_alphabetic()) {
            colons += usize::from(character == ':');
            run.push(character);
            continue;
        }
        if !run.is_empty() {
            steps.push(literal(&std::mem::take(&mut run)));
        }
        steps.push(match character {
            '?' if wild => one(colons).to_owned(),
            '*' if wild => format!("(re.* {})", one(colons)),
            letter => {
                let (upper, lower) = (letter.to_ascii_uppercase(), letter.to_ascii_lowercase());
                format!("(re.union {} {})", literal(&upper.to_string()), literal(&lower.to_string()))
            }
        });
    }
    if !run.is_empty() {
        steps.push(literal(&run));
    }
    joined(steps)
}

const ANY: &str = "re.allchar";
const NO_COLON: &str = "(re.union (re.range \" \" \"9\") (re.range \";\" \"~\"))";

fn completed(pattern: &str) -> String {
    let missing = 5_usize.saturating_sub(pattern.matches(':').count());
    if pattern.starts_with("arn:") { pattern.to_owned() + &":*".repeat(missing) } else { pattern.to_owned() }
}

/// An ARN's pattern, part by part.
fn parts(pattern: &str) -> String {
    let is_arn = pattern.starts_with("arn:");
    expression(&completed(pattern), |colons| if is_arn && colons < 5 { NO_COLON } else { ANY }, true, false)
}

fn whole(pattern: &str) -> String {
    expression(&completed(pattern), |_| ANY, true, false)
}

/// Resources of which it hangs on the crossing of colons whether a pattern matches them are nobody's.
fn doubts<'a>(text: &mut String, statements: impl Iterator<Item = &'a Statement>) {
    for statement in statements.filter(|statement| statement.allows == statement.not_resource) {
        for pattern in statement.resources.iter().filter(|pattern| parts(pattern) != whole(pattern)) {
            let (narrow, wide) = (parts(pattern), whole(pattern));
            let _ = writeln!(text, "(assert (= (str.in_re r {narrow}) (str.in_re r {wide})))");
        }
    }
}

fn declare(text: &mut String, number: usize, key: Key) {
    let _ = writeln!(text, "(declare-const p{number} Bool)\n(declare-const n{number} Int)");
    let most = if key.several { VALUES } else { 1 };
    let _ = writeln!(text, "(assert (and (>= n{number} 1) (<= n{number} {most})))");
    for value in 0..most {
        let _ = writeln!(text, "(declare-const v{number}_{value} String)");
        if key.boolean {
            let _ = writeln!(
                text,
                "(assert (or (= v{number}_{value} \"true\") (= v{number}_{value} \"false\")))"
            );
        }
        if most > 1 {
            let _ = writeln!(text, "(assert (=> (> n{number} 1) (not (= v{number}_{value} \"\"))))");
        }
    }
}

fn applies(statement: &Statement, about: &[usize], keys: &BTreeMap<&str, (usize, Key)>) -> Option<String> {
    let action = any(about.iter().map(|class| format!("(= a {class})")));
    let resource = one_of("r", statement.resources.iter().map(|pattern| parts(pattern)));
    let resource = if statement.not_resource { format!("(not {resource})") } else { resource };
    let tests: Option<Vec<String>> = statement.tests.iter().map(|one| test(one, keys)).collect();
    Some(format!("(and {action} {resource} {})", every(tests?.into_iter())))
}

fn test((operator, key, values): &Test, keys: &BTreeMap<&str, (usize, Key)>) -> Option<String> {
    let (number, key) = keys[key.as_str()];
    let most = if key.several { VALUES } else { 1 };
    let null = format!("(or (not p{number}) (and (= n{number} 1) (= v{number}_0 \"\")))");
    let (set, rest) =
        operator.split_once(':').map_or((None, operator.as_str()), |(set, rest)| (Some(set), rest));
    if rest == "Null" {
        return Some(any(values.iter().map(|value| format!("(= {value} {null})"))));
    }
    let (base, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
    let negated = base.contains("Not");
    let one = |value: &String| match base {
        "StringEquals" | "StringNotEquals" => Some(literal(value)),
        "StringEqualsIgnoreCase" => Some(expression(value, |_| ANY, false, true)),
        "StringLike" | "StringNotLike" => Some(expression(value, |_| ANY, true, false)),
        "ArnLike" | "ArnEquals" | "ArnNotLike" | "ArnNotEquals" => Some(parts(value)),
        "Bool" => Some(expression(value, |_| ANY, false, true)),
        _ => None,
    };
    let expressions: Vec<String> = values.iter().map(one).collect::<Option<_>>()?;
    let holds = |value: usize| {
        let matched = one_of(&format!("v{number}_{value}"), expressions.iter().cloned());
        if negated { format!("(not {matched})") } else { matched }
    };
    let of_all = every((0..most).map(|value| format!("(=> (< {value} n{number}) {})", holds(value))));
    let of_one = any((0..most).map(|value| format!("(and (< {value} n{number}) {})", holds(value))));
    let absent = if_exists || set == Some("ForAllValues") || (set.is_none() && negated);
    let present = match set {
        Some("ForAllValues") => format!("(or {null} {of_all})"),
        Some(_) => of_one,
        None if negated => of_all,
        None => of_one,
    };
    Some(format!("(ite p{number} {present} {absent})"))
}
