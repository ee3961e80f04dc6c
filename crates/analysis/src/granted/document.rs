//! A policy document inside a snapshot: an object (the CLI decodes it) or a URL-encoded string (the API's form).

use leastwise_policy::aws::{DocumentKind, Policy};
use serde_json::Value;

/// Reads the document, whichever form it has.
pub(super) fn read(document: &Value, kind: DocumentKind) -> Result<Policy, String> {
    let text = match document {
        Value::String(text) if text.trim_start().starts_with('{') => text.clone(),
        Value::String(text) => percent_decoded(text).ok_or("the document is not valid URL encoding")?,
        other => other.to_string(),
    };
    Policy::parse_kind(&text, kind).map_err(|error| error.to_string())
}

/// Undoes RFC 3986 encoding, which is what IAM's API applies to documents.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_encoded_document_is_decoded() {
        let text = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D";
        let policy = read(&Value::String(text.into()), DocumentKind::Identity).unwrap();
        assert_eq!(policy.statements.len(), 1);
    }

    #[test]
    fn broken_url_encoding_is_refused() {
        assert!(read(&Value::String("%7B%2".into()), DocumentKind::Identity).is_err());
    }
}
