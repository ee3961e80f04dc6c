//! Plain words → an intent, proposed by a language model.
//!
//! INVARIANT: a model only ever proposes an [`Intent`](crate::intent::Intent); the compiler makes the policy of it.
//! What is sent has stand-ins in the place of everything that the words name ([`StandIns`]), and what comes back is
//! read as roles, checked as if an adversary had written it ([`read`]), and only then are the names put back. Here is
//! the pure part: what is sent and what is made of a reply; sockets are the caller's.

mod ordinary;
mod prompt;
mod reply;
mod said;
mod standin;

pub use prompt::{Prompt, prompt, repair};
pub use reply::{LONGEST_REPLY, Proposal, read};
pub use standin::{LONGEST_WORDS, StandIns};
