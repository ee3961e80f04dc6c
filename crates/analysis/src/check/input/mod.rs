//! What is said of input that cannot be read, or not in full.

mod unreadable;
mod unresolved;

use super::Check;

pub(super) use unreadable::CHECK as UNREADABLE;
pub(super) use unresolved::CHECK as UNRESOLVED;

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[&UNREADABLE, &UNRESOLVED];
