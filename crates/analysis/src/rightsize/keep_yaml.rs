//! The YAML that pin files use: one list of plain scalars and flat mappings. Anything else is refused with its line,
//! which is safer here than a whole YAML reader: nothing is ever kept by accident.

use super::keep::{Pin, PinError};

/// The pins of a YAML list.
pub(super) fn pins(text: &str) -> Result<Vec<Pin>, PinError> {
    let mut pins: Vec<Pin> = Vec::new();
    let mut item_indent = None;
    let mut in_resources = false;
    for (index, raw) in text.lines().enumerate() {
        let line = without_comment(raw);
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let fail = |reason: &str| PinError { line: index + 1, reason: reason.to_owned() };
        if body.is_empty() || body == "---" || body == "keep:" {
            continue;
        }
        match body.strip_prefix('-') {
            Some(item) if indent <= *item_indent.get_or_insert(indent) => {
                in_resources = false;
                pins.push(Pin::new(""));
                let item = item.trim();
                let pin = pins.last_mut().ok_or_else(|| fail("no item"))?;
                match split_key(item) {
                    Some((key, value)) => {
                        in_resources = set(pin, key, value).map_err(|reason| fail(&reason))?
                    }
                    None => pin.action = scalar(item),
                }
            }
            Some(item) if in_resources => {
                let pin = pins.last_mut().ok_or_else(|| fail("a resource without an action"))?;
                pin.resources.push(scalar(item.trim()));
            }
            Some(_) => return Err(fail("a list stands where none is expected")),
            None => {
                let pin = pins.last_mut().ok_or_else(|| fail("expected a list of pins"))?;
                let (key, value) = split_key(body).ok_or_else(|| fail("expected `key: value`"))?;
                in_resources = set(pin, key, value).map_err(|reason| fail(&reason))?;
            }
        }
    }
    Ok(pins)
}

/// Sets a field; says whether a list of resources follows.
fn set(pin: &mut Pin, key: &str, value: &str) -> Result<bool, String> {
    match key {
        "action" => pin.action = scalar(value),
        "reason" => pin.reason = scalar(value),
        "resource" | "resources" if value.is_empty() => return Ok(true),
        "resource" | "resources" => match value.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
            Some(list) => pin.resources.extend(list.split(',').map(|one| scalar(one.trim()))),
            None => pin.resources.push(scalar(value)),
        },
        other => return Err(format!("unknown field `{other}`; there are action, resources, reason")),
    }
    Ok(false)
}

/// `key: value`; the colon of `s3:GetObject` is none of it, since no space follows.
fn split_key(text: &str) -> Option<(&str, &str)> {
    if let Some((key, value)) = text.split_once(": ") {
        return Some((key.trim(), value.trim()));
    }
    text.strip_suffix(':').map(|key| (key.trim(), ""))
}

fn scalar(text: &str) -> String {
    let quoted = |mark: char| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text).to_owned()
}

fn without_comment(line: &str) -> &str {
    let comment = if line.trim_start().starts_with('#') { line.find('#') } else { line.find(" #") };
    line[..comment.unwrap_or(line.len())].trim_end()
}
