//! For programs. The fields are a contract: docs/check.md.

use serde_json::{Value, json};

use super::outcome::{Judged, Outcome, State};

/// The version of the format: fields may be added to it, none changes its meaning.
const SCHEMA: &str = "leastwise/check/1";

/// All of it.
pub fn text(outcome: &Outcome<'_>) -> String {
    let counts = outcome.counts();
    let by_severity: serde_json::Map<String, Value> =
        counts.into_iter().map(|(severity, count)| (severity.to_string(), count.into())).collect();
    let value = json!({
        "schema": SCHEMA,
        "leastwise": env!("CARGO_PKG_VERSION"),
        "catalog": { "date": outcome.catalog.version().date.to_string(), "digest": outcome.catalog.version().digest.to_string() },
        "fail_on": outcome.fail_on.map(|severity| severity.as_str()),
        "exit_code": outcome.exit_code(),
        "read": {
            "files": outcome.files,
            "policy_documents": outcome.documents,
            "principals": outcome.principals,
            "left_alone": outcome.left_alone,
        },
        "open": by_severity,
        "unreadable": outcome.unreadable(),
        "suppressed": outcome.suppressed(),
        "known": outcome.known(),
        "stale": outcome.stale,
        "against": outcome.against.as_ref().map(|against| json!({
            "state": against.state, "compared": against.compared, "left_out": against.left_out,
        })),
        "findings": outcome.judged.iter().map(|one| finding(outcome, one)).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn finding(outcome: &Outcome<'_>, one: &Judged) -> Value {
    let found = &one.finding;
    let (state, suppression) = match &one.state {
        State::Open => ("open", Value::Null),
        State::Known => ("known", Value::Null),
        State::Suppressed { reason, until, inline } => {
            ("suppressed", json!({ "reason": reason, "until": until, "inline": inline }))
        }
    };
    json!({
        "code": found.code,
        "title": one.title(),
        "class": found.class.as_str(),
        "severity": found.severity.as_str(),
        "file": &*found.file,
        "line": found.at.line,
        "column": found.at.column,
        "pointer": found.pointer,
        "subject": found.subject,
        "message": found.message,
        "evidence": found.evidence,
        "fix": found.fix,
        "mitre": one.check().map_or(&[][..], |check| check.mitre),
        "fingerprint": one.fingerprint,
        "state": state,
        "suppression": suppression,
        "fails": outcome.fails(one),
    })
}
