//! Conditions of role assignments, in Azure's language.
//!
//! A condition guards the operations that it names and leaves all others alone, so it names every operation of the
//! role. Only the data planes of blobs and queues know attributes.
//! <https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-attributes>

use leastwise_policy::time::Timestamp;

use crate::intent::{Limit, Role};

/// The attribute tests of a role's time limits.
pub(super) fn times(role: &Role) -> Vec<String> {
    let test = |operator: &str, time: &Timestamp| format!("@Environment[UtcNow] {operator} {}", moment(time));
    let mut tests = Vec::new();
    for limit in &role.conditions {
        if let Limit::Time { after, before } = &limit.value {
            tests.extend(after.iter().map(|time| test("DateTimeGreaterThan", time)));
            tests.extend(before.iter().map(|time| test("DateTimeLessThan", time)));
        }
    }
    tests.extend(role.expires.iter().map(|end| test("DateTimeLessThan", &end.value)));
    tests
}

/// `2026-12-31T00:00:00Z` as the language writes it.
fn moment(time: &Timestamp) -> String {
    text(&time.to_string().replace('Z', ".0Z"))
}

/// The condition: each of the operations only when all tests hold.
pub(super) fn guard(operations: &[&str], tests: &[String]) -> Option<String> {
    if tests.is_empty() {
        return None;
    }
    let operations: Vec<String> =
        operations.iter().map(|name| format!("!(ActionMatches{{{}}})", text(name))).collect();
    Some(format!("(({}) OR ({}))", operations.join(" AND "), tests.join(" AND ")))
}

/// A string of the language; the caller sees to it that there is no quote in it.
pub(super) fn text(value: &str) -> String {
    format!("'{value}'")
}
