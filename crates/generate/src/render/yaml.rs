//! Prints a JSON tree as block YAML that YAML 1.1 and YAML 1.2 readers understand alike.
//!
//! A string stays plain only when no reader takes it for anything else: `on`, `yes`, `0123`, `2012-10-17`, `1:20`,
//! `*`, `!Ref`, `~` and the like are quoted.

use serde_json::Value;

use super::quote::backslashed;

/// The whole document, ending in a line feed.
pub(super) fn print(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);
    text
}

/// Writes a value that starts on a line of its own, at `indent`.
fn block(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                text.push_str(&" ".repeat(indent));
                text.push_str(&scalar(key));
                text.push(':');
                after_indicator(text, value, indent + 2);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&" ".repeat(indent));
                text.push('-');
                item_after_dash(text, item, indent + 2);
            }
        }
        _ => {
            text.push_str(&" ".repeat(indent));
            text.push_str(&flow(value));
            text.push('\n');
        }
    }
}

/// Writes a value after `key:`; collections go on the lines below.
fn after_indicator(text: &mut String, value: &Value, indent: usize) {
    if is_block(value) {
        text.push('\n');
        block(text, value, indent);
    } else {
        text.push(' ');
        text.push_str(&flow(value));
        text.push('\n');
    }
}

/// Writes an item after `-`; a collection starts on the same line.
fn item_after_dash(text: &mut String, value: &Value, indent: usize) {
    let mut inner = String::new();
    block(&mut inner, value, indent);
    text.push(' ');
    text.push_str(&inner[indent..]);
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A string: plain, in single quotes, or in double quotes when it needs escapes.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        double_quoted(text)
    }
}

/// Whether every reader takes the bare text for exactly this string: it starts with a letter, holds no indicator,
/// and is none of the words of YAML 1.1 for booleans and null.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];
    let inside = |c: char| c.is_ascii_alphanumeric() || "_./:@*?+=,()- ".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(inside)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether the character may stand inside single quotes on one line, and a reader of the file sees it.
fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}')
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match backslashed(c) {
            Some(written) => quoted.push_str(written),
            None if is_printable(c) || c.is_alphanumeric() => quoted.push(c),
            None => push_escape(&mut quoted, c),
        }
    }
    quoted.push('"');
    quoted
}

fn push_escape(text: &mut String, c: char) {
    let code = c as u32;
    let escape = match code {
        0..=0xff => format!("\\x{code:02X}"),
        0x100..=0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    };
    text.push_str(&escape);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for text in [
            "on",
            "Yes",
            "NO",
            "y",
            "null",
            "~",
            "",
            "0123",
            "2012-10-17",
            "1:20",
            "0x1f",
            "1e3",
            ".5",
            "*",
            "!Ref x",
            "&a",
            "- a",
            "a: b",
            "a:",
            "a #b",
            "${x}",
            "{a",
            "[a",
            "%a",
            "@a",
            "`a",
            "|",
            ">",
            "a ",
            " a",
            "'a",
            "=",
            "<<",
            "---",
            "?",
        ] {
            assert!(scalar(text).starts_with(['\'', '"']), "{text:?} stays bare");
        }
    }

    #[test]
    fn actions_and_arns_stay_plain() {
        for text in ["s3:GetObject", "arn:aws:s3:::bucket/*", "Allow", "AWS::IAM::Role", "a, b (c)"] {
            assert_eq!(scalar(text), text);
        }
    }

    #[test]
    fn line_breaks_and_invisible_characters_are_escaped() {
        assert_eq!(scalar("a\nb"), r#""a\nb""#);
        assert_eq!(scalar("a\u{202e}b\u{85}\u{feff}\u{1f600}"), r#""a\u202Eb\x85\uFEFF\U0001F600""#);
    }
}
