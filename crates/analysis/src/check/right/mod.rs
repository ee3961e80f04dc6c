//! Whether a document is right: what IAM Access Analyzer's policy validation reports, judged by today's rules and our
//! catalogue.

mod invalid_action;

use super::Check;

/// The checks of this room, by code.
pub(super) static CHECKS: &[&Check] = &[&invalid_action::CHECK];
