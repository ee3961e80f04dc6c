//! Looks back: audit logs to usage, right-sizing and its proof.

pub mod audit_log;
pub mod granted;
pub mod proof;
pub mod replay;
pub mod rightsize;
mod stamp;
pub mod usage;
