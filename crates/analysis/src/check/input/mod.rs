//! What is said of input that cannot be read, or not in full.

mod cedar_unscoped_permit;
mod unreadable;
mod unresolved;

use super::Check;

pub use cedar_unscoped_permit::CHECK as CEDAR_UNSCOPED_PERMIT;
pub(super) use unreadable::CHECK as UNREADABLE;
pub(super) use unresolved::CHECK as UNRESOLVED;

/// The checks of this room.
pub(super) static CHECKS: &[&Check] = &[&CEDAR_UNSCOPED_PERMIT, &UNREADABLE, &UNRESOLVED];
