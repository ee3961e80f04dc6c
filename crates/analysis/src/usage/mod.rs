//! What principals did: rows of usage, and the aggregate that they come from.

mod row;

pub use row::{Outcome, Resource, UsageContext, UsageRow};
