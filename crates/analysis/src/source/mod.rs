//! Texts as they lie in a repository, as values that know their places.

mod tree;

pub use tree::{Entry, Lines, Node, Place, Value, has_hole, hole, shown};
