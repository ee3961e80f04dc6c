//! `data "aws_iam_policy_document"` as the document that it stands for.
//!
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>. Sources come
//! first, then the statements that are written, then what overrides: a statement with the `sid` of an earlier one takes
//! its place. `&{…}` stands for IAM's own variables.

use super::machine::part;
use super::template::encoded;
use crate::source::{Entry, Node, Place, Value};

pub(super) fn document(body: &Node) -> Node {
    let mut statements = Vec::new();
    for key in ["source_json", "source_policy_documents"] {
        add_documents(body, key, &mut statements);
    }
    for statement in body.get("statement").map(Node::one_or_many).unwrap_or_default() {
        put(&mut statements, self::statement(statement));
    }
    for key in ["override_json", "override_policy_documents"] {
        add_documents(body, key, &mut statements);
    }
    let mut entries = Vec::new();
    let version = body.entry("version").filter(|entry| entry.value.value != Value::Null);
    entries.push(match version {
        Some(entry) => Entry { key: "Version".to_owned(), ..entry.clone() },
        None => entry("Version", body.at, Value::Text("2012-10-17".to_owned())),
    });
    if let Some(id) = body.entry("policy_id").filter(|entry| entry.value.value != Value::Null) {
        entries.push(Entry { key: "Id".to_owned(), ..id.clone() });
    }
    let at = statements.first().map_or(body.at, |first| first.at);
    entries.push(Entry { key: "Statement".to_owned(), at, value: Node::new(at, Value::List(statements)) });
    Node::new(body.at, Value::Map(entries))
}

fn entry(key: &str, at: Place, value: Value) -> Entry {
    Entry { key: key.to_owned(), at, value: Node::new(at, value) }
}

/// The statements of documents that are given as JSON.
fn add_documents(body: &Node, key: &str, statements: &mut Vec<Node>) {
    for given in body.get(key).map(Node::one_or_many).unwrap_or_default() {
        let parsed;
        let tree = match (encoded(given), &given.value) {
            (Some(tree), _) => tree,
            (None, Value::Text(text)) => {
                let Ok(mut tree) = Node::json(text) else {
                    statements.push(unknown(given, text));
                    continue;
                };
                tree.move_to(given.at);
                parsed = tree;
                &parsed
            }
            (None, Value::Unknown(what)) => {
                statements.push(unknown(given, what));
                continue;
            }
            _ => continue,
        };
        for statement in tree.get("Statement").map(Node::one_or_many).unwrap_or_default() {
            put(statements, statement.clone());
        }
    }
}

fn unknown(given: &Node, what: &str) -> Node {
    Node::new(given.at, Value::Unknown(crate::source::shown(what)))
}

/// Adds a statement, in the place of an earlier one with its `Sid`.
fn put(statements: &mut Vec<Node>, statement: Node) {
    let sid = statement.get("Sid").and_then(Node::text).filter(|sid| !sid.is_empty()).map(str::to_owned);
    let earlier = sid.and_then(|sid| {
        statements.iter_mut().find(|earlier| earlier.get("Sid").and_then(Node::text) == Some(&sid))
    });
    match earlier {
        Some(earlier) => *earlier = statement,
        None => statements.push(statement),
    }
}

/// What IAM calls the elements of a statement.
const ELEMENTS: [(&str, &str); 5] = [
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
    ("effect", "Effect"),
];

fn statement(written: &Node) -> Node {
    if matches!(written.value, Value::Unknown(_)) {
        return written.clone();
    }
    let mut entries = Vec::new();
    let given = |key: &str| {
        let found = written.entry(key)?;
        let nothing = matches!(&found.value.value, Value::Null)
            || found.value.text() == Some("")
            || matches!(&found.value.value, Value::List(items) if items.is_empty());
        (!nothing).then_some(found)
    };
    if let Some(sid) = given("sid") {
        entries.push(Entry { key: "Sid".to_owned(), ..sid.clone() });
    }
    if given("effect").is_none() {
        entries.push(entry("Effect", written.at, Value::Text("Allow".to_owned())));
    }
    for (key, element) in ELEMENTS {
        if let Some(found) = given(key) {
            let mut value = found.value.clone();
            variables(&mut value);
            entries.push(Entry { key: element.to_owned(), at: found.at, value });
        }
    }
    // A statement has one of the two; where neither is said yet, somebody has to.
    for (key, other, element) in
        [("actions", "not_actions", "Action"), ("resources", "not_resources", "Resource")]
    {
        let is_null = |key: &str| written.get(key).is_some_and(|node| node.value == Value::Null);
        if is_null(key) && given(other).is_none() {
            entries.push(entry(element, written.at, Value::Unknown(key.to_owned())));
        }
    }
    for (key, element) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(found) = given(key) {
            entries.push(Entry { key: element.to_owned(), at: found.at, value: principals(&found.value) });
        }
    }
    if let Some(found) = given("condition") {
        entries.push(Entry { key: "Condition".to_owned(), at: found.at, value: conditions(&found.value) });
    }
    Node::new(written.at, Value::Map(entries))
}

fn principals(written: &Node) -> Node {
    let mut kinds: Vec<Entry> = Vec::new();
    for block in written.one_or_many() {
        let (Some(kind), Some(identifiers)) = (block.get("type"), block.get("identifiers")) else {
            return Node::new(block.at, Value::Unknown("principals".to_owned()));
        };
        let mut identifiers = identifiers.clone();
        variables(&mut identifiers);
        let Some(name) = kind.text() else { return kind.clone() };
        if name == "*" && identifiers.items().iter().any(|one| one.text() == Some("*")) {
            return part(&identifiers, "0").unwrap_or(identifiers);
        }
        collect(&mut kinds, name, kind.at, identifiers);
    }
    Node::new(written.at, Value::Map(kinds))
}

fn conditions(written: &Node) -> Node {
    let mut operators: Vec<Entry> = Vec::new();
    for block in written.one_or_many() {
        let (Some(test), Some(key), Some(values)) =
            (block.get("test"), block.get("variable"), block.get("values"))
        else {
            return Node::new(block.at, Value::Unknown("condition".to_owned()));
        };
        let (Some(operator), Some(key_text)) = (test.text(), key.text()) else {
            return Node::new(block.at, Value::Unknown("condition".to_owned()));
        };
        let mut values = values.clone();
        variables(&mut values);
        let known = operators.iter().position(|entry| entry.key == operator);
        let index = known.unwrap_or_else(|| {
            operators.push(entry(operator, test.at, Value::Map(Vec::new())));
            operators.len() - 1
        });
        if let Value::Map(keys) = &mut operators[index].value.value {
            collect(keys, key_text, key.at, values);
        }
    }
    Node::new(written.at, Value::Map(operators))
}

/// Adds values to those of a key.
fn collect(entries: &mut Vec<Entry>, key: &str, at: Place, values: Node) {
    match entries.iter_mut().find(|earlier| earlier.key == key) {
        Some(earlier) => {
            let mut items = earlier.value.one_or_many().to_vec();
            items.extend(values.one_or_many().iter().cloned());
            earlier.value = Node::new(earlier.value.at, Value::List(items));
        }
        None => entries.push(Entry { key: key.to_owned(), at, value: values }),
    }
}

/// `&{aws:username}` is how Terraform writes `${aws:username}`.
fn variables(node: &mut Node) {
    match &mut node.value {
        Value::Text(text) if text.contains("&{") => *text = text.replace("&{", "${"),
        Value::List(items) => items.iter_mut().for_each(variables),
        _ => {}
    }
}
