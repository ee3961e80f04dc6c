//! What the user pins: permissions that are kept although the log does not show them (break-glass, yearly jobs).
//!
//! A pin file is JSON or plain text:
//! ```text
//! # one pin a line: action [resource …] [# reason]
//! s3:RestoreObject arn:aws:s3:::archive/*   # break-glass: restore from the archive
//! kms:Get*                                  # audit at the end of the year
//! ```
//! ```json
//! [{"action": "s3:RestoreObject", "resources": ["arn:aws:s3:::archive/*"], "reason": "break-glass"}, "kms:Get*"]
//! ```
//! A YAML list of the same mappings or of plain actions is read too.

use leastwise_policy::aws::Conditions;
use serde::{Deserialize, Serialize};

/// A permission that is kept though unused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The action, with wildcards if need be.
    pub action: String,
    /// On which resources; none means all that were granted.
    #[serde(default, alias = "resource", deserialize_with = "one_or_many")]
    pub resources: Vec<String>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Under which conditions; a policy document has them, a list of actions none.
    #[serde(skip)]
    pub conditions: Conditions,
}

/// Why a pin file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pin file, line {line}: {reason}")]
pub struct PinError {
    /// The line, from 1.
    pub line: usize,
    /// What is the matter.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Action(String),
    Pin(Pin),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    List(Vec<Entry>),
    Keep { keep: Vec<Entry> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

impl Pin {
    /// A pin on everything that was granted.
    pub fn new(action: impl Into<String>) -> Pin {
        Pin { action: action.into(), ..Pin::default() }
    }

    /// The pins of a file.
    pub fn parse_all(text: &str) -> Result<Vec<Pin>, PinError> {
        let text = text.trim_start_matches('\u{feff}');
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or("");
        let pins: Vec<Pin> = if first.starts_with(['[', '{']) {
            let file: File = serde_json::from_str(text)
                .map_err(|error| PinError { line: error.line().max(1), reason: error.to_string() })?;
            file.pins()
        } else if first.starts_with('-') || first == "keep:" || first == "---" {
            super::keep_yaml::pins(text)?
        } else {
            text.lines().map(from_line).collect::<Vec<_>>().into_iter().flatten().collect()
        };
        for pin in &pins {
            pin.check().map_err(|reason| PinError { line: line_of(text, &pin.action), reason })?;
        }
        Ok(pins)
    }

    fn check(&self) -> Result<(), String> {
        let well_formed = self.action == "*"
            || self.action.split_once(':').is_some_and(|(service, name)| {
                !service.is_empty()
                    && !service.contains(['*', '?'])
                    && !name.is_empty()
                    && !self.action.contains(' ')
            });
        if !well_formed {
            return Err(format!("`{}` is not an action: write `service:Action`", self.action));
        }
        match self.resources.iter().find(|resource| *resource != "*" && !resource.starts_with("arn:")) {
            Some(resource) => Err(format!("`{resource}` is neither an ARN nor `*`")),
            None => Ok(()),
        }
    }
}

impl File {
    fn pins(self) -> Vec<Pin> {
        let (File::List(entries) | File::Keep { keep: entries }) = self;
        entries
            .into_iter()
            .map(|entry| match entry {
                Entry::Action(action) => Pin::new(action),
                Entry::Pin(pin) => pin,
            })
            .collect()
    }
}

fn from_line(line: &str) -> Option<Pin> {
    let (pin, reason) = line.split_once('#').unwrap_or((line, ""));
    let mut words = pin.split_whitespace();
    let action = words.next()?.to_owned();
    let resources = words.map(str::to_owned).collect();
    Some(Pin { action, resources, reason: reason.trim().to_owned(), ..Pin::default() })
}

fn line_of(text: &str, action: &str) -> usize {
    text.lines()
        .position(|line| line.split([' ', '"', '\t', ',']).any(|word| word == action))
        .map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_json_and_yaml_say_the_same() {
        let text = "# why\ns3:Get* arn:aws:s3:::a/* # because\nkms:Decrypt\n";
        let json =
            r#"[{"action":"s3:Get*","resources":["arn:aws:s3:::a/*"],"reason":"because"},"kms:Decrypt"]"#;
        let yaml =
            "- action: s3:Get*\n  resources:\n    - arn:aws:s3:::a/*\n  reason: because\n- kms:Decrypt\n";
        let pins = Pin::parse_all(text).unwrap();
        assert_eq!(pins.len(), 2);
        assert_eq!(pins, Pin::parse_all(json).unwrap());
        assert_eq!(pins, Pin::parse_all(yaml).unwrap());
    }

    #[test]
    fn what_is_no_action_is_refused_with_its_line() {
        let error = Pin::parse_all("s3:GetObject\nGetObject\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "pin file, line 2: `GetObject` is not an action: write `service:Action`"
        );
        assert!(Pin::parse_all("s3:GetObject bucket").is_err());
    }
}
