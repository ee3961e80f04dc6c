//! Terraform's JSON syntax (`*.tf.json`): <https://developer.hashicorp.com/terraform/language/syntax/json>.
//!
//! Texts are templates. What would be nested blocks are objects and lists of them, which is what blocks become when
//! they are worked out, so nothing needs to know which is which.

use super::lower;
use super::place::in_file;
use super::syntax::{Attribute, Block, Body, Expr, Kind, Literal, Part};
use crate::source::{Entry, Node, Place, Refusal, Value};

/// Blocks with so many labels; `locals` has none.
const BLOCKS: [(&str, usize); 7] = [
    ("resource", 2),
    ("data", 2),
    ("variable", 1),
    ("output", 1),
    ("module", 1),
    ("provider", 1),
    ("locals", 0),
];

pub(super) fn body(file: u16, root: &Node) -> Result<Body, Refusal> {
    let reader = Reader { file };
    let mut body = Body::default();
    for entry in root.entries() {
        if let Some((kind, labels)) = BLOCKS.iter().find(|(kind, _)| *kind == entry.key) {
            reader.blocks(kind, *labels, &mut Vec::new(), entry.at, &entry.value, &mut body.blocks)?;
        }
    }
    Ok(body)
}

/// A `.tfvars.json`: one value for each variable.
pub(super) fn assignments(file: u16, root: &Node) -> Body {
    Reader { file }.attributes(root)
}

struct Reader {
    file: u16,
}

impl Reader {
    fn blocks(
        &self,
        kind: &str,
        labels: usize,
        path: &mut Vec<String>,
        at: Place,
        node: &Node,
        blocks: &mut Vec<Block>,
    ) -> Result<(), Refusal> {
        for node in node.one_or_many() {
            if !matches!(node.value, Value::Map(_) | Value::Null) {
                let reason = format!("`{kind}` takes a mapping, and this is {}", node.describe());
                return Err(Refusal::new(node.at, reason));
            }
            if path.len() == labels {
                let body = self.attributes(node);
                let block =
                    Block { kind: kind.to_owned(), labels: path.clone(), at: in_file(self.file, at), body };
                blocks.push(block);
                continue;
            }
            for entry in node.entries() {
                path.push(entry.key.clone());
                self.blocks(kind, labels, path, entry.at, &entry.value, blocks)?;
                path.pop();
            }
        }
        Ok(())
    }

    fn attributes(&self, node: &Node) -> Body {
        let attribute = |entry: &Entry| Attribute {
            key: entry.key.clone(),
            at: in_file(self.file, entry.at),
            value: self.expr(&entry.value),
        };
        let attributes = node.entries().iter().filter(|entry| entry.key != "//").map(attribute).collect();
        Body { attributes, blocks: Vec::new() }
    }

    fn expr(&self, node: &Node) -> Expr {
        let at = in_file(self.file, node.at);
        let kind = match &node.value {
            Value::Text(text) => text_kind(text, at),
            Value::List(items) => Kind::List(items.iter().map(|item| self.expr(item)).collect()),
            Value::Map(entries) => {
                let key = |entry: &Entry| Expr {
                    at: in_file(self.file, entry.at),
                    kind: text_kind(&entry.key, in_file(self.file, entry.at)),
                };
                Kind::Object(entries.iter().map(|entry| (key(entry), self.expr(&entry.value))).collect())
            }
            other => Kind::Literal(other.clone()),
        };
        Expr { at, kind }
    }
}

fn text_kind(text: &str, at: Place) -> Kind {
    let plain = || Kind::Template(vec![Part::Text(Literal { text: text.to_owned(), at, indent: None })]);
    if !text.contains("${") && !text.contains("%{") {
        return plain();
    }
    lower::template(text, at).map_or_else(plain, Kind::Template)
}
