//! Prints HCL as `terraform fmt` lays it out.
//!
//! The rule for `=`: in consecutive lines that hold a whole attribute or object entry, the signs stand in one column;
//! a line that only opens a value (`Statement = [`) ends the run and has a single space.
//! Quoting follows <https://developer.hashicorp.com/terraform/language/expressions/strings>.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::quote::backslashed;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// A string literal.
    Text(String),
    /// A traversal or number, printed as it is: never anything that came from outside.
    Raw(String),
    /// A string literal in which a traversal stands in the place of each NUL.
    Template(String, String),
    /// A list.
    List(Vec<Expr>),
    /// An object; the keys are strings.
    Object(Vec<(String, Expr)>),
    /// `jsonencode(…)` around a value.
    JsonEncode(Box<Expr>),
}

impl Expr {
    /// A string literal.
    pub(crate) fn text(text: impl Into<String>) -> Expr {
        Expr::Text(text.into())
    }

    /// A list of string literals.
    pub(crate) fn texts(texts: impl IntoIterator<Item = String>) -> Expr {
        Expr::List(texts.into_iter().map(Expr::Text).collect())
    }

    /// The same tree in HCL.
    pub(crate) fn from_json(value: &Value) -> Expr {
        match value {
            Value::String(text) => Expr::text(text),
            Value::Array(items) => Expr::List(items.iter().map(Expr::from_json).collect()),
            Value::Object(entries) => Expr::Object(
                entries.iter().map(|(key, value)| (key.clone(), Expr::from_json(value))).collect(),
            ),
            Value::Null | Value::Bool(_) | Value::Number(_) => Expr::Raw(value.to_string()),
        }
    }

    fn print(&self, indent: usize) -> String {
        match self {
            Expr::Text(text) => quote(text),
            Expr::Raw(text) => text.clone(),
            Expr::Template(text, traversal) => {
                let parts: Vec<String> = text.split('\0').map(quote).collect();
                let parts: Vec<&str> = parts.iter().map(|part| &part[1..part.len() - 1]).collect();
                format!("\"{}\"", parts.join(&format!("${{{traversal}}}")))
            }
            Expr::JsonEncode(inner) => format!("jsonencode({})", inner.print(indent)),
            Expr::List(items) => list(items, indent),
            Expr::Object(entries) if entries.is_empty() => "{}".to_owned(),
            Expr::Object(entries) => {
                let lines = entries.iter().map(|(name, value)| (key(name), value.print(indent + 2)));
                format!("{{\n{}{:indent$}}}", aligned(lines, indent + 2), "")
            }
        }
    }
}

/// What stands in the body of a file or block.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// `name = value`.
    Attribute(&'static str, Expr),
    /// `header { … }`.
    Block(String, Vec<Item>),
    /// An empty line.
    Blank,
    /// A comment of one line; line breaks in it become spaces.
    Comment(String),
}

/// The header of a block with labels: `resource "aws_iam_policy" "app"`.
pub(crate) fn header(kind: &str, labels: &[&str]) -> String {
    labels.iter().fold(kind.to_owned(), |header, label| format!("{header} {}", quote(label)))
}

/// Prints a body.
pub(crate) fn print(items: &[Item], indent: usize) -> String {
    let mut text = String::new();
    let mut run = Vec::new();
    for item in items {
        if let Item::Attribute(name, value) = item {
            run.push(((*name).to_owned(), value.print(indent)));
            continue;
        }
        text.push_str(&aligned(run.drain(..), indent));
        match item {
            Item::Attribute(..) => {}
            Item::Blank => text.push('\n'),
            Item::Comment(comment) => {
                let _ = writeln!(text, "{:indent$}# {}", "", one_line(comment));
            }
            Item::Block(header, body) if body.is_empty() => {
                let _ = writeln!(text, "{:indent$}{header} {{}}", "");
            }
            Item::Block(header, body) => {
                let body = print(body, indent + 2);
                let _ = writeln!(text, "{:indent$}{header} {{\n{body}{:indent$}}}", "", "");
            }
        }
    }
    text.push_str(&aligned(run.drain(..), indent));
    text
}

/// A list: on one line with one plain element, else one element per line.
fn list(items: &[Expr], indent: usize) -> String {
    match items {
        [] => "[]".to_owned(),
        [one @ (Expr::Text(_) | Expr::Raw(_) | Expr::Template(..))] => format!("[{}]", one.print(indent)),
        _ => {
            let inner = indent + 2;
            let lines: String =
                items.iter().map(|item| format!("{:inner$}{},\n", "", item.print(inner))).collect();
            format!("[\n{lines}{:indent$}]", "")
        }
    }
}

/// Lines `name = value` with the signs of each run of whole lines in one column.
fn aligned(lines: impl IntoIterator<Item = (String, String)>, indent: usize) -> String {
    let lines: Vec<(String, String)> = lines.into_iter().collect();
    let mut text = String::new();
    for run in lines.chunk_by(|a, b| !a.1.contains('\n') && !b.1.contains('\n')) {
        let width = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in run {
            let _ = writeln!(text, "{:indent$}{name:width$} = {value}", "");
        }
    }
    text
}

/// An object key: bare when it is a plain word, else quoted.
///
/// A bare `for` would start a `for` expression, so only words with a capital stay bare. What `terraform fmt` might
/// count as something else than one column is escaped.
fn key(name: &str) -> String {
    let bare =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
    if bare {
        return name.to_owned();
    }
    quote_unless(name, |c| !matches!(c, ' '..='~' | '\u{c0}'..='\u{17f}'))
}

/// A quoted template without interpolation.
fn quote(text: &str) -> String {
    quote_unless(text, invisible)
}

fn quote_unless(text: &str, escape: impl Fn(char) -> bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(written) = backslashed(c) {
            quoted.push_str(written);
            continue;
        }
        match c {
            // `${` and `%{` open a template; doubling the sign makes them text, however many signs stand before.
            '$' | '%' if chars.peek() == Some(&'{') => quoted.extend([c, c]),
            _ if escape(c) => push_escape(&mut quoted, c),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn push_escape(text: &mut String, c: char) {
    let code = c as u32;
    let _ = if code > 0xffff { write!(text, "\\U{code:08X}") } else { write!(text, "\\u{code:04X}") };
}

/// Whether a reader would not see the character, or would see the text around it in another order.
pub(crate) fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line, as a comment needs it.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if invisible(c) { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_signs_are_doubled_before_a_brace_only() {
        assert_eq!(quote("${aws:username}"), r#""$${aws:username}""#);
        assert_eq!(quote("%{if x}"), r#""%%{if x}""#);
        assert_eq!(quote("$$${x} 5% $1"), r#""$$$${x} 5% $1""#);
        assert_eq!(quote("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
    }

    #[test]
    fn text_that_turns_the_line_around_is_escaped() {
        assert_eq!(quote("a\u{202e}b\u{0}"), r#""a\u202Eb\u0000""#);
        assert_eq!(quote("Größe 日本 🎉"), "\"Größe 日本 🎉\"");
    }

    #[test]
    fn signs_stand_in_one_column_per_run() {
        let items = [
            Item::Attribute("sid", Expr::text("A")),
            Item::Attribute("effect", Expr::text("Allow")),
            Item::Attribute("actions", Expr::texts(["a:B".to_owned(), "a:C".to_owned()])),
            Item::Attribute("resources", Expr::texts(["*".to_owned()])),
        ];
        let expected = "sid    = \"A\"\neffect = \"Allow\"\nactions = [\n  \"a:B\",\n  \"a:C\",\n]\nresources = [\"*\"]\n";
        assert_eq!(print(&items, 0), expected);
    }
}
