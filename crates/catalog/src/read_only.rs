//! What CloudTrail's records of the calls that need an action say in `readOnly`.
//!
//! `data/aws/read-only.txt` says it of operations, by their names; an action is as all calls are that need it. The build
//! script marks the embedded facts, and an import marks what is new.

use std::collections::BTreeMap;

use crate::facts::{Needs, ReadOnly, Service};
use crate::level::Levels;
use crate::marks::{Row, last, rows};

/// The table.
pub(crate) struct Table(Vec<Row<ReadOnly>>);

/// The calls that need an action, whose name is in lower case: each as a prefix and an operation.
pub(crate) type Calls = BTreeMap<String, Vec<(String, String)>>;

impl Table {
    /// Reads it.
    pub(crate) fn parse(text: &str) -> Result<Table, String> {
        let mark = |word: &str| match word {
            "read" => Some(ReadOnly::Yes),
            "write" => Some(ReadOnly::No),
            "unsure" => Some(ReadOnly::Unsure),
            _ => None,
        };
        rows(text, mark).map(Table)
    }

    /// What the record of a call says; `levels` are those of the action of the same name, if there is one.
    fn of_call(&self, prefix: &str, operation: &str, levels: Option<Levels>) -> ReadOnly {
        let Some(row) = last(&self.0, prefix, operation) else { return ReadOnly::Unsure };
        let agrees = match (row.mark, levels) {
            (ReadOnly::Yes, Some(levels)) => !levels.changes(),
            (ReadOnly::No, Some(levels)) => levels.changes(),
            _ => true,
        };
        if agrees || row.names_service(prefix, operation) { row.mark } else { ReadOnly::Unsure }
    }

    /// Marks the actions of a service. An action of which no call is known has one of its own name.
    pub(crate) fn mark(
        &self,
        service: &mut Service,
        calls: &Calls,
        levels: impl Fn(&str, &str) -> Option<Levels>,
    ) {
        for action in &mut service.actions {
            let own = (service.prefix.to_string(), action.name.to_string());
            let full = format!("{}:{}", service.prefix, action.name).to_ascii_lowercase();
            let calls = calls.get(&full).map_or(std::slice::from_ref(&own), Vec::as_slice);
            let of = |(prefix, operation): &(String, String)| {
                self.of_call(prefix, operation, levels(prefix, operation))
            };
            action.read_only = calls.iter().map(of).reduce(joined).unwrap_or(ReadOnly::Unsure);
        }
    }
}

/// What calls of both kinds come to.
pub(crate) fn joined(one: ReadOnly, other: ReadOnly) -> ReadOnly {
    if one == other { one } else { ReadOnly::Unsure }
}

/// Takes in the calls of a service.
pub(crate) fn add_calls(service: &Service, calls: &mut Calls) {
    let mut add = |action: String, operation: &str| {
        let call = (service.prefix.to_string(), operation.to_owned());
        calls.entry(action.to_ascii_lowercase()).or_default().push(call);
    };
    for action in service.actions.iter().filter(|action| !action.apis.is_empty()) {
        add(format!("{}:{}", service.prefix, action.name), &action.name);
    }
    for operation in &service.operations {
        if let Needs::Actions(actions) | Needs::Maybe(actions) = &operation.needs {
            actions.iter().for_each(|action| add(action.to_string(), &operation.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: &str, levels: &str) -> ReadOnly {
        let table = Table::parse(crate::import::READ_ONLY).expect("the table is read");
        let (prefix, name) = operation.split_once(':').expect("a prefix");
        table.of_call(prefix, name, Levels::from_letters(levels).filter(|levels| !levels.is_empty()))
    }

    #[test]
    fn a_row_for_all_services_is_held_to_the_access_level() {
        assert_eq!(of("teapot:GetPot", "R"), ReadOnly::Yes);
        assert_eq!(of("teapot:GetPot", "W"), ReadOnly::Unsure);
        assert_eq!(of("teapot:CreatePot", "W"), ReadOnly::No);
        assert_eq!(of("teapot:CreatePot", "R"), ReadOnly::Unsure);
        assert_eq!(of("teapot:ListPots", ""), ReadOnly::Yes, "an operation without an action of its name");
        assert_eq!(of("teapot:Brew", "W"), ReadOnly::Unsure);
        assert_eq!(of("kms:Decrypt", "W"), ReadOnly::Yes, "a row for the service itself says it");
    }

    #[test]
    fn what_hands_out_a_credential_is_unsure() {
        assert_eq!(of("codeartifact:GetAuthorizationToken", "R"), ReadOnly::Unsure);
        assert_eq!(of("redshift:GetClusterCredentials", "W"), ReadOnly::Unsure);
    }

    #[test]
    fn calls_of_both_kinds_are_unsure() {
        assert_eq!(joined(ReadOnly::Yes, ReadOnly::No), ReadOnly::Unsure);
        assert_eq!(joined(ReadOnly::No, ReadOnly::No), ReadOnly::No);
    }
}
