//! A policy document inside a snapshot: an object (the CLI decodes it) or a URL-encoded string (the API's form).

use leastwise_policy::aws::{DocumentKind, Policy};
use leastwise_policy::json;
use serde_json::Value;

use super::Origin;
use super::problem::Place;

/// A document with what its typed form does not keep.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) policy: Policy,
    /// Characters without white space, as quotas count them.
    pub(super) length: usize,
    pub(super) origin: Origin,
}

/// Reads the document at `place`, whichever form it has.
pub(super) fn read(document: &Value, kind: DocumentKind, place: &Place) -> Result<Document, String> {
    let text = match document {
        Value::String(text) if text.trim_start().starts_with('{') => text.clone(),
        Value::String(text) => percent_decoded(text).ok_or("the document is not valid URL encoding")?,
        other => other.to_string(),
    };
    let policy = parsed(&text, kind)?;
    let decoded: Option<Value> = document.is_string().then(|| serde_json::from_str(&text).ok()).flatten();
    let value = decoded.as_ref().unwrap_or(document);
    let length = if decoded.is_some() { value.to_string().chars().count() } else { text.chars().count() };
    let origin = Origin {
        file: place.file.clone(),
        pointer: place.pointer.clone(),
        encoded: document.is_string(),
        single: value.get("Statement").is_some_and(Value::is_object),
    };
    Ok(Document { policy, length, origin })
}

/// What the strict reading refuses is read as widely as it could be meant; the refusal is the strict reading's.
fn parsed(text: &str, kind: DocumentKind) -> Result<Policy, String> {
    Policy::parse_kind(text, kind).or_else(|refusal| {
        let value = json::parse(text).map_err(|_| refusal.to_string())?;
        super::policy_of(&value, kind).map_err(|_| refusal.to_string())
    })
}

/// Undoes RFC 3986 encoding, which is what IAM's API applies to documents.
pub fn percent_decoded(text: &str) -> Option<String> {
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
        let document = read(&Value::String(text.into()), DocumentKind::Identity, &Place::default()).unwrap();
        assert_eq!(document.policy.statements.len(), 1);
        assert!(document.origin.encoded && !document.origin.single);
    }

    #[test]
    fn broken_url_encoding_is_refused() {
        let broken = Value::String("%7B%2".into());
        assert!(read(&broken, DocumentKind::Identity, &Place::default()).is_err());
    }
}
