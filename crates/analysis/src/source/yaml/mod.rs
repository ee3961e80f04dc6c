//! YAML as trees that know their places: the documents of a file, and what in it could not be read.
//!
//! Scalars are read as YAML 1.1 reads them where that is what CloudFormation and Kubernetes do (`yes` and `on` are
//! booleans), but for numbers that JSON would not write the same (`0777`, `1_000`): they stay texts, so that an
//! account number keeps its zeros. CloudFormation's short forms (`!Sub x`) become the long ones (`{"Fn::Sub": "x"}`):
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.
//!
//! A few lines must not become a billion values: what aliases repeat counts against the same limit as what is written.

mod reader;
mod scalar;

use super::{Node, Refusal};

/// The most values that one file may hold, with those that aliases repeat.
pub const MOST_VALUES: usize = 500_000;
/// How deep lists and mappings may lie in each other.
pub const DEEPEST: usize = 64;

/// A file of YAML.
#[derive(Debug, Clone, Default)]
pub struct Yaml {
    /// Its documents as far as they could be read; empty ones are left out.
    pub documents: Vec<Node>,
    /// What could not be read. After an error of form nothing further is read.
    pub refused: Vec<Refusal>,
}

/// Reads all documents of a file.
pub fn parse(text: &str) -> Yaml {
    reader::read(text)
}

#[cfg(test)]
mod tests;
