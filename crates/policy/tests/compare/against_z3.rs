//! AWS's managed policies, changed in three ways, as this crate and as z3 see them.

use crate::managed::documents;
use crate::smt::formula;
use crate::support::{ACTION_NAMES, compared, key};
use leastwise_policy::aws::Policy;
use leastwise_policy::aws::compare::{Answer, Kind, ValueKind};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// How many pairs z3 must have decided.
const WANTED: usize = 500;

/// How many are asked: some are too hard for z3 with the work that it may do.
const ASKED: usize = 760;

struct Pair {
    name: String,
    old: Value,
    new: Value,
}

#[test]
fn z3_finds_the_same() {
    if Command::new("z3").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("SKIPPED: z3 is not here; `apt-get install z3` brings it");
        return;
    }
    let Some(documents) = documents() else { return };
    let is_bool = |name: &str| key(name).map(|facts| facts.kind == ValueKind::Bool);
    let mut asked: Vec<(Pair, &'static str)> = Vec::new();
    let mut scripts: Vec<String> = Vec::new();
    for pair in pairs(&documents) {
        if asked.len() == ASKED {
            break;
        }
        let Some(text) = formula(&pair.old, &pair.new, &ACTION_NAMES, is_bool) else { continue };
        // A change may have made something that is no policy.
        let read = |value: &Value| Policy::parse(&value.to_string()).ok();
        let (Some(old), Some(new)) = (read(&pair.old), read(&pair.new)) else { continue };
        let answer = match compared(Kind::Identity, &old, &new).gained {
            Answer::None => "unsat",
            Answer::Some(_) => "sat",
            Answer::Unknown(reason) => panic!("{}: {reason:?}", pair.name),
        };
        scripts.push(text);
        asked.push((pair, answer));
    }
    let (first, second) = scripts.split_at(scripts.len() / 2);
    let answers: Vec<String> = std::thread::scope(|scope| {
        let halves = [first, second].map(|half| scope.spawn(|| z3(half.concat())));
        halves.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
    });
    assert_eq!(answers.len(), asked.len(), "{:?}", answers.iter().find(|line| line.starts_with('(')));
    let mut tally = std::collections::BTreeMap::<&str, usize>::new();
    for ((pair, ours), theirs) in asked.iter().zip(&answers) {
        *tally.entry(theirs).or_default() += 1;
        assert!(
            theirs == ours || theirs == "unknown",
            "{}: {ours}, z3 says {theirs}\n{}\n{}",
            pair.name,
            pair.old,
            pair.new
        );
    }
    println!("{tally:?}");
    let count = |name| tally.get(name).copied().unwrap_or(0);
    assert!(count("sat") + count("unsat") >= WANTED, "{tally:?}");
    assert!(count("sat") >= WANTED / 5 && count("unsat") >= WANTED / 5, "{tally:?}");
}

fn z3(script: String) -> Vec<String> {
    let mut child = Command::new("z3")
        .args(["-smt2", "-in"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("z3 starts");
    let mut input = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().expect("z3 ends");
    writer.join().expect("no panic").expect("z3 reads");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| if line == "timeout" { "unknown" } else { line }.to_owned()).collect()
}

/// Of each policy that is not too large: without a statement, with a resource changed, and with its neighbour.
fn pairs(documents: &[(String, Value)]) -> Vec<Pair> {
    let small: Vec<&(String, Value)> =
        documents.iter().filter(|(_, document)| document.to_string().len() < 2_500).collect();
    let mut pairs = Vec::new();
    let mut add = |name: String, old: Value, new: Value| pairs.push(Pair { name, old, new });
    for (number, (name, document)) in small.iter().enumerate() {
        let statements =
            document["Statement"].as_array().cloned().unwrap_or_else(|| vec![document["Statement"].clone()]);
        let with =
            |statements: Vec<Value>| serde_json::json!({"Version": "2012-10-17", "Statement": statements});
        match number % 4 {
            0 if statements.len() > 1 => {
                let mut less = statements.clone();
                less.remove(number / 4 % statements.len());
                let (more, less) = (with(statements), with(less));
                add(format!("{name} with a statement more"), less.clone(), more.clone());
                add(format!("{name} with a statement less"), more, less);
            }
            1 => {
                let mut changed = statements.clone();
                let at = number / 4 % statements.len();
                changed[at]["Resource"] = changed_resource(&statements[at]["Resource"], number / 4);
                if changed[at]["Resource"] != Value::Null {
                    add(
                        format!("{name} with another resource"),
                        with(statements.clone()),
                        with(changed.clone()),
                    );
                    add(format!("{name} with its own resource"), with(changed), with(statements));
                }
            }
            2 => {
                let (other_name, other) = small[(number + 1) % small.len()];
                add(format!("{name} as {other_name}"), (*document).clone(), other.clone());
            }
            _ => {}
        }
    }
    pairs
}

/// A narrower, a wider or another one.
fn changed_resource(resource: &Value, turn: usize) -> Value {
    let change = |text: &str| match turn % 4 {
        0 => text.replace('*', "a*"),
        1 => format!("{text}*"),
        2 if text.len() > 8 => format!("{}?{}", &text[..text.len() - 2], &text[text.len() - 1..]),
        _ => text.replacen("*", "??*", 1),
    };
    match resource {
        Value::String(text) if text == "*" => {
            Value::from(["arn:aws:ec2:*:111122223333:*", "arn:aws:s3:::*"][turn % 2])
        }
        Value::String(text) => Value::from(change(text)),
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(change).collect(),
        _ => Value::Null,
    }
}
