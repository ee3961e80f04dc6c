//! Texts as they lie in a repository, as values that know their places.

pub mod cloudformation;
mod comments;
pub mod hcl;
mod refusal;
mod tree;
pub mod yaml;

pub use comments::{Comments, Language};
pub use refusal::Refusal;
pub use tree::{
    Entry, Lines, Node, Place, Twins, Value, alternative, first_hole, has_hole, hole, is_marked, shown,
    unmarked,
};
