//! Runs the pages in `tests/spec`: how policies are evaluated, in tables that a security engineer can read.
//!
//! A table with the columns `policy | request | expected | AWS page` is run against the evaluator, one with
//! `document | answer | AWS page` against the parser. `tests/spec/README.md` says how to write a row.

#![expect(clippy::unwrap_used, reason = "a row that cannot be read fails its page")]

use leastwise_policy::aws::evaluate::{
    Context, Evaluation, PolicySet, PrincipalRef, Request, ResourceRef, Verdict, evaluate,
};
use leastwise_policy::aws::{DocumentKind, Named, Policy};
use std::path::Path;

#[test]
fn documents_are_read_as_iam_reads_them() {
    check("documents.md", 57);
}

#[test]
fn actions_and_resources_match_as_in_iam() {
    check("matching.md", 58);
}

#[test]
fn condition_operators_compare_as_in_iam() {
    check("condition-operators.md", 98);
}

#[test]
fn set_operators_test_keys_with_several_values() {
    check("set-operators.md", 39);
}

#[test]
fn variables_are_replaced_as_in_iam() {
    check("variables.md", 52);
}

#[test]
fn statements_and_layers_add_up_to_a_verdict() {
    check("evaluation.md", 31);
}

/// Runs the rows of a page, which must be at least `least` so that no table is passed over.
fn check(page: &str, least: usize) {
    let text = std::fs::read_to_string(Path::new("tests/spec").join(page)).unwrap();
    let mut failures = Vec::new();
    let mut rows = 0;
    let mut table = Table::Other;
    for (number, line) in text.lines().enumerate() {
        let Some(cells) = cells(line) else {
            table = Table::Other;
            continue;
        };
        if let Some(header) = Table::of(&cells) {
            table = header;
            continue;
        }
        let divides = cells.iter().all(|cell| cell.chars().all(|character| character == '-'));
        if divides || table == Table::Other {
            continue;
        }
        rows += 1;
        let (answer, expected) = table.answer(&cells);
        if answer != expected {
            failures
                .push(format!("{page}:{}: expected `{expected}`, got `{answer}`\n    {line}", number + 1));
        }
        assert!(cells.last().unwrap().contains("]("), "{page}:{}: no link to AWS's page", number + 1);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(rows >= least, "{page} has {rows} rows");
}

#[derive(Clone, Copy, PartialEq)]
enum Table {
    Evaluation,
    Document,
    Other,
}

impl Table {
    fn of(cells: &[&str]) -> Option<Table> {
        match cells {
            ["policy", "request", "expected", "AWS page"] => Some(Table::Evaluation),
            ["document", "answer", "AWS page"] => Some(Table::Document),
            _ => None,
        }
    }

    fn answer(self, cells: &[&str]) -> (String, String) {
        match self {
            Table::Evaluation => (verdict(cells[0], cells[1]), cells[2].to_owned()),
            Table::Document => (reading(code(cells[0])), cells[1].to_owned()),
            Table::Other => unreachable!("only rows of known tables are run"),
        }
    }
}

/// The cells of a table row; a `|` inside backticks does not divide.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = Vec::new();
    let (mut begin, mut quoted) = (0, false);
    for (at, character) in inner.char_indices() {
        match character {
            '`' => quoted = !quoted,
            '|' if !quoted => {
                cells.push(inner[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    cells.push(inner[begin..].trim());
    Some(cells)
}

fn code(cell: &str) -> &str {
    cell.trim_matches('`')
}

fn reading(cell: &str) -> String {
    let (kind, text) = match cell.split_once(": ") {
        Some(("resource", text)) => (DocumentKind::Resource, text),
        Some(("trust", text)) => (DocumentKind::Trust, text),
        Some(("session", text)) => (DocumentKind::Session, text),
        _ => (DocumentKind::Identity, cell),
    };
    let text = text.replace("␤", "\n").replace("␠BOM", "\u{feff}");
    match Policy::parse_kind(&text, kind) {
        Ok(policy) => {
            assert_eq!(Policy::parse_kind(&policy.to_json(), kind), Ok(policy), "{text}");
            "accepted".to_owned()
        }
        Err(error) => error.to_string().replace('`', "'"),
    }
}

/// Evaluates a row: `identity / boundary` in the first cell, the request in the second.
fn verdict(policy: &str, request: &str) -> String {
    let mut layers = policy.split(" / ").map(|cell| vec![Named::new("policy", document(code(cell.trim())))]);
    let set = PolicySet { identity: layers.next().unwrap(), boundary: layers.next() };
    let mut principal = "arn:aws:iam::111122223333:role/agent";
    let (mut action, mut resource) = ("s3:GetObject", ResourceRef::Exact("arn:aws:s3:::bucket/key"));
    let mut context = Context::new();
    context.complete(true);
    for part in request.split("; ") {
        match code(part.trim()).split_once(' ') {
            None if code(part.trim()) == "…" => {
                context.complete(false);
            }
            Some(("by", arn)) => principal = arn,
            Some((name, "absent")) => {
                context.absent(name);
            }
            Some((name, value)) if value.starts_with("= ") => insert(&mut context, name, &value[2..]),
            Some((name, "on")) => panic!("{name} on what?"),
            Some((name, target)) if target.starts_with("on all ") => {
                (action, resource) = (name, ResourceRef::Pattern(&target["on all ".len()..]));
            }
            Some((name, target)) if target.starts_with("on ") => {
                (action, resource) = (name, ResourceRef::Exact(&target["on ".len()..]));
            }
            _ => panic!("cannot read `{part}`"),
        }
    }
    let request = Request { principal: PrincipalRef::new(principal), action, resource, context: &context };
    spell(&evaluate(&set, &request))
}

fn insert(context: &mut Context, key: &str, value: &str) {
    match value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) {
        Some("") => context.absent(key),
        Some(list) => context.insert(key, list.split(", ").map(unquote).collect::<Vec<_>>()),
        None => context.insert(key, unquote(value)),
    };
}

/// `""` is the empty text.
fn unquote(value: &str) -> &str {
    if value == "\"\"" { "" } else { value }
}

/// A document, a list of statements, a statement, or the `Condition` of one that allows everything.
fn document(json: &str) -> Policy {
    let value: serde_json::Value =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    let text = if value.get("Statement").is_some() {
        json.to_owned()
    } else if value.is_array() || value.get("Effect").is_some() {
        format!(r#"{{"Version": "2012-10-17", "Statement": {json}}}"#)
    } else {
        let statement =
            format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {json}}}"#);
        format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#)
    };
    Policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn spell(evaluation: &Evaluation) -> String {
    match evaluation.verdict {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::ExplicitDeny => "explicit deny".to_owned(),
        Verdict::ImplicitDeny => "implicit deny".to_owned(),
        Verdict::Depends => format!("depends on {}", evaluation.missing_keys.join(", ")),
    }
}
