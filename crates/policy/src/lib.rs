//! Policy languages as typed values.
//!
//! [`aws`] reads, prints and evaluates AWS IAM policy documents. [`arn`], [`glob`] and [`time`] are the small
//! vocabularies it stands on, and the other crates use them too.
//!
//! This crate is pure: no files, no sockets, no environment, no clock.

pub mod arn;
pub mod aws;
pub mod glob;
pub mod json;
pub mod time;
