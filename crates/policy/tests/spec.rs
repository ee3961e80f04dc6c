//! Runs the pages in `tests/spec`: how policies are evaluated, in tables that a security engineer can read.
//!
//! A table with the columns `policy | request | expected | AWS page` is run against the evaluator, one with
//! `document | answer | AWS page` against the parser. `tests/spec/README.md` says how to write a row.

#![expect(clippy::unwrap_used, reason = "a row that cannot be read fails its page")]

#[path = "common/decided.rs"]
mod decided;

use decided::decided;
use leastwise_policy::aws::evaluate::{
    Context, Evaluation, OrganizationLevel, OrganizationPath, PolicySet, PrincipalRef, Request, ResourceRef,
    ResourceSide, Verdict,
};
use leastwise_policy::aws::{
    DocumentKind, IssuedGrants, KeyGrant, Named, ParseError, Policy, PublicAccessBlock,
};
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

#[test]
fn the_layers_of_an_account_and_its_organisation_add_up_as_in_aws() {
    check("layers.md", 280);
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
            Table::Evaluation => (verdict(cells[0], cells[1], cells[2]), cells[2].to_owned()),
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
        Some(("grants", text)) => return accepted(KeyGrant::parse_list(text)),
        Some(("public access", text)) => return accepted(PublicAccessBlock::parse(text)),
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

fn accepted<T>(read: Result<T, ParseError>) -> String {
    read.map_or_else(|error| error.to_string().replace('`', "'"), |_| "accepted".to_owned())
}

/// Evaluates a row: the layers in the first cell, the request in the second. `expected` says how much is spelled.
fn verdict(policy: &str, request: &str, expected: &str) -> String {
    let mut set = policies(policy);
    let mut principal = PrincipalRef::new("arn:aws:iam::111122223333:role/agent");
    let (mut action, mut resource) = ("s3:GetObject", ResourceRef::Exact("arn:aws:s3:::bucket/key"));
    let mut context = Context::new();
    context.complete(true);
    for part in request.split("; ") {
        match code(part.trim()).split_once(' ') {
            None if code(part.trim()) == "…" => {
                context.complete(false);
            }
            Some(("by", arn)) => principal = PrincipalRef { arn, ..principal },
            Some(("session", name)) => principal = principal.in_session(name),
            Some(("owner", account)) => {
                set.resource.get_or_insert_default().account = account.to_owned();
            }
            Some(("management", account)) => {
                let account = Some(account.to_owned());
                let paths = [&mut set.service_control, &mut set.resource_control];
                paths.into_iter().flatten().for_each(|path| path.management_account = account.clone());
            }
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
    let evaluation = decided(&set, &Request { principal, action, resource, context: &context });
    let layer = match evaluation.verdict {
        Verdict::ExplicitDeny => evaluation.by.first().map(|place| place.layer),
        _ => evaluation.silent,
    };
    match layer {
        Some(layer) if expected.contains(": ") => format!("{}: {}", spell(&evaluation), layer.as_str()),
        _ => spell(&evaluation),
    }
}

/// `identity / boundary`, or layers with their names before the document; a name without one is a layer without
/// policies.
fn policies(cell: &str) -> PolicySet {
    let mut set = PolicySet::default();
    for (number, part) in cell.split(" / ").enumerate() {
        let (name, text) = match part.trim().split_once('`') {
            Some((name, text)) => (name.trim(), text.trim_end_matches('`')),
            None => (part.trim(), ""),
        };
        if let "grants" | "public access" = name {
            let side = set.resource.get_or_insert_with(|| ResourceSide::new("111122223333", Vec::new()));
            beside(side, name, text);
            continue;
        }
        let documents = match text {
            "" => Vec::new(),
            "all" => vec![Named::new("policy", document(ALL))],
            text => vec![Named::new("policy", document(text))],
        };
        match (name, number) {
            ("", 0) => set.identity = documents,
            ("nothing", 0) => {}
            ("", 1) | ("boundary", _) => set.boundary = Some(documents),
            ("session", _) => set.session.get_or_insert_default().extend(documents),
            ("endpoint", _) => set.endpoint = Some(documents),
            ("resource", _) => {
                let account = "111122223333".to_owned();
                set.resource = Some(ResourceSide::new(account, documents));
            }
            ("SCP", _) => push_level(&mut set.service_control, documents),
            ("RCP", _) => push_level(&mut set.resource_control, documents),
            ("no SCP level", _) => set.service_control = Some(OrganizationPath::default()),
            _ => panic!("cannot read `{part}`"),
        }
    }
    set
}

/// What stands beside the policy of a resource: the grants of a key, the settings of a bucket.
fn beside(side: &mut ResourceSide, name: &str, text: &str) {
    if name == "grants" {
        let grants = KeyGrant::parse_list(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        side.grants = IssuedGrants::group(&grants, |grant| grant.id.clone());
    } else {
        side.public_access = PublicAccessBlock::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}

const ALL: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;

fn push_level(path: &mut Option<OrganizationPath>, documents: Vec<Named<Policy>>) {
    path.get_or_insert_default().levels.push(OrganizationLevel::new("level", documents));
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
    let kind = if text.contains("Principal\":") { DocumentKind::Resource } else { DocumentKind::Identity };
    Policy::parse_kind(&text, kind).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn spell(evaluation: &Evaluation) -> String {
    match evaluation.verdict {
        Verdict::Allowed => "allowed".to_owned(),
        Verdict::ExplicitDeny => "explicit deny".to_owned(),
        Verdict::ImplicitDeny => "implicit deny".to_owned(),
        Verdict::Depends => format!("depends on {}", evaluation.missing_keys.join(", ")),
    }
}
