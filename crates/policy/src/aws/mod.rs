//! AWS IAM policy documents: typed values, read with the place of every mistake, printed canonically, evaluated.
//!
//! The language: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

mod action;
mod condition;
mod document;
pub mod evaluate;
mod parse;
mod principal;
mod print;
pub mod quota;
mod resource;
mod template;

pub use action::{ActionBlock, ActionPattern};
pub use condition::{Comparison, Condition, Conditions, Operator, SetOperator, UnknownOperator};
pub use document::{Effect, Named, Policy, Statement, Version};
pub use parse::{DocumentKind, ParseError};
pub use principal::{PrincipalBlock, PrincipalKind, PrincipalSet};
pub use resource::{ResourceBlock, ResourcePattern};
