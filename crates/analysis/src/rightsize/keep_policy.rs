//! A policy document as a list of what to keep: what it allows is pinned with its conditions, what it denies stays
//! denied. What cannot be said as a pin is refused, never left out.

use leastwise_policy::aws::{ActionBlock, Effect, Policy, ResourceBlock, Statement, Version};

use super::keep::Pin;
use super::spelling::in_current_version;

/// What a policy document says to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// What its `Allow` statements allow.
    pub pins: Vec<Pin>,
    /// Its `Deny` statements, with the version that they are written in.
    pub denies: Vec<(Version, Statement)>,
}

/// Why a policy document cannot be kept as it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an `Allow` with `{element}` cannot be kept: it allows all that it does not name")]
pub struct NotKept {
    /// The number of the statement, from 0.
    pub statement: usize,
    /// `NotAction` or `NotResource`.
    pub element: &'static str,
    /// What to write instead.
    pub way_out: &'static str,
}

impl Kept {
    /// What `policy` says to keep.
    ///
    /// # Errors
    /// When an `Allow` names what it does not allow: a pin names what is kept.
    pub fn of(policy: &Policy) -> Result<Kept, NotKept> {
        let mut kept = Kept::default();
        for (number, statement) in policy.statements.iter().enumerate() {
            if statement.effect == Effect::Deny {
                kept.denies.push((policy.version, statement.clone()));
                continue;
            }
            let refused = |element, way_out| NotKept { statement: number, element, way_out };
            let ActionBlock::Action(actions) = &statement.action else {
                return Err(refused("NotAction", "name the actions that are to be kept under `Action`"));
            };
            // A pin has no version: it is written as the new documents are.
            let current = in_current_version(policy.version, statement);
            let Some(ResourceBlock::Resource(resources)) = &current.resource else {
                return Err(refused(
                    "NotResource",
                    "name the resources that are to be kept under `Resource`",
                ));
            };
            for action in actions {
                kept.pins.push(Pin {
                    action: action.as_str().to_owned(),
                    resources: resources.iter().map(|one| one.as_str().to_owned()).collect(),
                    reason: statement.sid.clone().unwrap_or_default(),
                    conditions: current.condition.clone(),
                });
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(version: &str, statement: &str) -> Result<Kept, NotKept> {
        Kept::of(&Policy::parse(&format!(r#"{{"Version":"{version}","Statement":[{statement}]}}"#)).unwrap())
    }

    #[test]
    fn what_a_document_allows_is_kept_under_its_conditions() {
        let pass = r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}"#;
        let pins = kept("2012-10-17", pass).unwrap().pins;
        assert_eq!(pins[0].conditions.iter().next().unwrap().key, "iam:PassedToService");
    }

    #[test]
    fn what_it_denies_stays_denied() {
        let deny = r#"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#;
        let kept = kept("2012-10-17", deny).unwrap();
        assert_eq!((kept.pins.len(), kept.denies.len()), (0, 1));
    }

    #[test]
    fn what_no_pin_can_say_is_refused() {
        for (statement, element) in [
            (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#, "NotAction"),
            (r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b"}"#, "NotResource"),
        ] {
            assert_eq!(kept("2012-10-17", statement).unwrap_err().element, element);
        }
    }

    #[test]
    fn what_was_no_variable_becomes_none() {
        let old = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${x}","Condition":{"StringLike":{"aws:UserAgent":"${y}*"}}}"#;
        let pin = &kept("2008-10-17", old).unwrap().pins[0];
        assert_eq!(pin.resources, ["arn:aws:s3:::b/${$}{x}"]);
        assert_eq!(pin.conditions.iter().next().unwrap().values, ["${$}{y}*"]);
    }
}
