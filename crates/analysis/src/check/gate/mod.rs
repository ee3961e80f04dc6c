//! What is said of the run itself: suppressions that no longer do what they were written for, and access that was not
//! there before, and what a change takes away from the gate that judges it. They are found while findings are weighed and states are compared, not by a rule.

mod loosened;
mod new_access;
mod suppression_lapsed;
mod suppression_unused;
mod widened;

use super::Check;

pub use loosened::CHECK as GATE_LOOSENED;
pub use new_access::CHECK as NEW_ACCESS;
pub use suppression_lapsed::CHECK as SUPPRESSION_LAPSED;
pub use suppression_unused::CHECK as SUPPRESSION_UNUSED;
pub use widened::{Widened, widened};

/// The checks of this room.
pub(super) static CHECKS: &[&Check] =
    &[&GATE_LOOSENED, &NEW_ACCESS, &SUPPRESSION_LAPSED, &SUPPRESSION_UNUSED];
