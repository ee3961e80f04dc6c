//! One spelling for one value, so that a digest means the same everywhere: JSON as
//! [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785) canonicalises it (no white space, keys sorted by their UTF-16
//! code units, the shortest escapes). A proof holds no other numbers than integers.

use std::fmt::Write;

use leastwise_policy::aws::Policy;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::usage::{Resource, Source, UsageRow};

/// The canonical bytes of a JSON value.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(value, &mut out);
    out.into_bytes()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (place, (key, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                scalar(&Value::String(key.clone()), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        other => scalar(other, out),
    }
}

fn scalar(value: &Value, out: &mut String) {
    // Writing into a `String` does not fail. serde_json escapes as RFC 8785 asks.
    let _ = write!(out, "{value}");
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// The digest of a policy document, whatever its white space and the order of its keys.
pub fn document_digest(policy: &Policy) -> String {
    sha256(policy.to_compact_json().as_bytes())
}

/// The digest of what was read. Neither the order of the files nor what they are called matters.
pub fn inputs_digest(inputs: &[Source]) -> String {
    lines(
        inputs
            .iter()
            .map(|input| json!({ "bytes": input.bytes, "records": input.records, "sha256": input.sha256 })),
    )
}

/// The digest of rows of usage, in any order. Each is the object that `usage --output json` prints.
pub fn usage_digest<'a>(rows: impl IntoIterator<Item = &'a UsageRow>) -> String {
    lines(rows.into_iter().map(row))
}

/// SHA-256 over the canonical values, sorted by their bytes, each followed by a line feed.
fn lines(values: impl Iterator<Item = Value>) -> String {
    let mut lines: Vec<Vec<u8>> = values.map(|value| canonical(&value)).collect();
    lines.sort();
    let mut digest = Sha256::new();
    for line in &lines {
        digest.update(line);
        digest.update(b"\n");
    }
    hex(&digest.finalize())
}

fn row(row: &UsageRow) -> Value {
    let resource_is = match row.resource {
        Resource::Exact(_) => "exact",
        Resource::Pattern(_) => "pattern",
        Resource::Folded { .. } => "folded",
        Resource::Unknown => "unknown",
    };
    json!({
        "action": row.action,
        "context": *row.context.keys,
        "count": row.count,
        "example": row.example,
        "first": row.first.to_string(),
        "last": row.last.to_string(),
        "outcome": row.outcome.as_str(),
        "principal": row.principal,
        "resource": row.resource.as_str(),
        "resource_is": resource_is,
    })
}
