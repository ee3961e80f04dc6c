//! A decoded authorization message: the JSON that `aws sts decode-authorization-message` gives for what EC2 and others
//! print encoded.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>

use std::collections::BTreeMap;

use serde_json::Value;

use super::table::Table;
use super::{Barrier, Because, Place, Platform, Refusal};

/// The page that says what is in it.
const PAGE: &str = "https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html";

/// Each message with where it begins and ends.
pub(super) fn all(text: &str) -> Vec<(usize, usize, Refusal)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("\"allowed\"").map(|at| at + from) {
        from = at + "\"allowed\"".len();
        let Some(start) = text[..at].trim_end().strip_suffix('{').map(str::len) else { continue };
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else { continue };
        if let Some(refusal) = refusal(&value) {
            let end = start + values.byte_offset();
            found.push((start, end, refusal));
            from = end;
        }
    }
    found
}

fn refusal(value: &Value) -> Option<Refusal> {
    let context = value.get("context")?;
    if value.get("allowed")? != &Value::Bool(false) {
        return None;
    }
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let because = match value.get("explicitDeny") {
        Some(Value::Bool(true)) => {
            let layer = Table::embedded().layer(Platform::Aws, "unknown")?;
            Because::Denied(Barrier { name: layer.name, what: layer.what, look: layer.look })
        }
        _ => Because::Unsaid,
    };
    Some(Refusal {
        platform: Platform::Aws,
        principal: context.get("principal").and_then(|principal| text(principal.get("arn")?)),
        action: text(context.get("action")?)?,
        resource: context.get("resource").and_then(text),
        more: BTreeMap::new(),
        because,
        place: Place::whole(""),
        count: 1,
        page: PAGE,
    })
}
