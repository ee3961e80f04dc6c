//! Looks back: audit logs to usage, right-sizing and its proof.

pub mod audit_log;
pub mod check;
pub mod granted;
pub mod names;
mod oidc;
pub mod paths;
pub mod proof;
pub mod replay;
pub mod rightsize;
pub mod source;
mod stamp;
pub mod usage;
