//! Which records are somebody's API call at all.
//!
//! CloudTrail User Guide, "CloudTrail record contents": `eventType` and `eventCategory`.

use crate::audit_log::{Event, Raw};

/// Whether the record is somebody's API call; if not, why not.
pub(super) fn not_usage(event: &Event<'_>) -> Option<&'static str> {
    match (event.kind, event.category) {
        (_, b"Insight") => Some("Insights events"),
        (_, b"NetworkActivity") => Some("network activity events"),
        (_, b"Aggregated") => Some("aggregated events"),
        // The Data API of RDS writes a type of its own (Aurora User Guide, "Understanding Data API log file entries").
        (b"AwsApiCall" | b"Rds Data Service" | b"", _) => None,
        (b"AwsServiceEvent", _) => Some("events of AWS services themselves"),
        (b"AwsConsoleSignIn", _) => Some("console sign-ins"),
        (b"AwsConsoleAction", _) => Some("console actions that are no API call"),
        _ => Some("other kinds of events that are no API call"),
    }
}

/// Records of another major version may mean something else by the same names.
pub(super) fn check_version(version: Raw<'_>) -> Result<(), String> {
    if version.is_empty() || version.starts_with(b"1.") {
        return Ok(());
    }
    Err(format!("eventVersion `{}` is not 1.x; the record is left out", String::from_utf8_lossy(version)))
}
