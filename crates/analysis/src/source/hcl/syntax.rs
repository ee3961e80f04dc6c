//! The language as far as values can be worked out: expressions, blocks, each with its place.
//!
//! <https://developer.hashicorp.com/terraform/language/syntax/configuration>

use super::place::{down, right};
use crate::source::{Place, Value};

/// What stands between braces, or in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<Attribute>,
    pub(super) blocks: Vec<Block>,
}

/// `key = value`
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) key: String,
    pub(super) at: Place,
    pub(super) value: Expr,
}

/// `resource "aws_iam_role" "agent" { … }`
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) labels: Vec<String>,
    pub(super) at: Place,
    pub(super) body: Body,
}

/// An expression with its place.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) at: Place,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Literal(Value),
    Template(Vec<Part>),
    List(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    /// `aws_iam_role.agent.arn`, as it was written and in steps.
    Reference {
        root: String,
        steps: Vec<Step>,
        written: String,
    },
    /// Steps into any other expression: `split(",", x)[0]`.
    Access {
        of: Box<Expr>,
        steps: Vec<Step>,
        written: String,
    },
    Conditional(Box<[Expr; 3]>),
    Call {
        name: String,
        arguments: Vec<Expr>,
        /// Whether the last argument is a list of arguments (`…`).
        expand: bool,
    },
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Operator, Box<[Expr; 2]>),
    For(Box<For>),
    /// What cannot be worked out, as it was written.
    Opaque(String),
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Attribute(String),
    Index(Expr),
    Splat,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Text(Literal),
    Value(Expr),
    If { condition: Expr, then: Vec<Part>, otherwise: Vec<Part> },
    For { key: Option<String>, value: String, collection: Expr, parts: Vec<Part> },
}

/// A piece of a template that stands there as it is.
#[derive(Debug, Clone)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) at: Place,
    /// For a heredoc, how many characters were taken off its lines; a quoted text has its places all in one.
    pub(super) indent: Option<u32>,
}

/// `[for …]` or `{for …}`
#[derive(Debug, Clone)]
pub(super) struct For {
    pub(super) key_name: Option<String>,
    pub(super) value_name: String,
    pub(super) collection: Expr,
    /// Of an object.
    pub(super) key: Option<Expr>,
    pub(super) value: Expr,
    /// Whether values with one key make a list.
    pub(super) grouping: bool,
    pub(super) condition: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    And,
    Or,
}

impl Literal {
    /// Takes away the white space that it begins with.
    pub(super) fn trim_start(&mut self) {
        let kept = self.text.trim_start().len();
        let taken: String = self.text.drain(..self.text.len() - kept).collect();
        let Some(indent) = self.indent else { return };
        let last = taken.rsplit('\n').next().unwrap_or_default().chars().count();
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        let lines = u32::try_from(taken.matches('\n').count()).unwrap_or(u32::MAX);
        self.at = match lines {
            0 => right(self.at, last),
            lines => down(self.at, lines, last.saturating_add(1).saturating_add(indent)),
        };
    }
}

impl Body {
    pub(super) fn attribute(&self, key: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.key == key)
    }
}
