//! Where something was said.

use std::fmt;
use std::sync::Arc;

/// Where something was said: a line and column of a file, an argument, or a place in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file's name, or the argument or sentence itself.
    pub source: Arc<str>,
    /// The line, from 1; 0 when the source is all that is to be said.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// A value with the place where it was said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Where it was said.
    pub place: Place,
}

impl Place {
    /// A place in a file.
    pub fn at(file: &Arc<str>, line: u32, column: u32) -> Place {
        Place { source: file.clone(), line, column }
    }

    /// An argument or a sentence as a whole.
    pub fn whole(source: impl Into<Arc<str>>) -> Place {
        Place { source: source.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "`{}`", self.source),
            line => write!(f, "{}:{line}:{}", self.source, self.column),
        }
    }
}

impl<T> Said<T> {
    /// `value`, said at `place`.
    pub fn new(value: T, place: Place) -> Said<T> {
        Said { value, place }
    }
}

impl<T> std::ops::Deref for Said<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
