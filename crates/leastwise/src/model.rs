//! Asking a language model: where it is, which protocol it speaks, and one polite client for all of them.
//!
//! Nothing is sent unless `--model` is on the command line. What is sent is the caller's matter (it has stand-ins in
//! it, see `leastwise_generate::model`); here it is only sent: over TLS unless the host is this machine, never on to
//! where a reply redirects, with a bound on time, size and number of requests.

mod client;
mod endpoint;
mod key;
mod protocol;

pub use client::{Failure, ask};
pub use endpoint::Endpoint;
pub use protocol::Turn;
