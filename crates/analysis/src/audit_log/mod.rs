//! Reads audit logs: CloudTrail records in whatever envelope they come.

mod csv;
mod cursor;
mod envelope;
mod event;
mod identity;
mod reader;
mod rows;
mod structural;
mod unwrap;

pub use cursor::{Cursor, MAX_DEPTH, Malformed, Quick, Value, unescape};
pub use event::{Event, Raw};
pub use identity::Identity;
pub use reader::{MAX_RECORD, Problem, Reader, Sink, Via};
pub use structural::{Structure, index, index_portable};

#[cfg(test)]
mod tests;
