//! A value of a JSON document with the place where it is.

use serde_json::Value;

use super::error::{ImportError, ImportProblem};

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    file: &'a str,
    pointer: String,
    value: &'a Value,
}

impl<'a> Place<'a> {
    pub(super) fn root(file: &'a str, value: &'a Value) -> Place<'a> {
        Place { file, pointer: String::new(), value }
    }

    pub(super) fn error(&self, problem: ImportProblem) -> ImportError {
        ImportError { file: self.file.to_owned(), pointer: self.pointer.clone(), problem }
    }

    /// A member that must be there.
    pub(super) fn member(&self, name: &'static str) -> Result<Place<'a>, ImportError> {
        self.optional(name)?.ok_or_else(|| self.error(ImportProblem::Missing(name)))
    }

    /// A member that may be missing or `null`.
    pub(super) fn optional(&self, name: &str) -> Result<Option<Place<'a>>, ImportError> {
        let object =
            self.value.as_object().ok_or_else(|| self.error(ImportProblem::Expected("an object")))?;
        let value = object.get(name).filter(|value| !value.is_null());
        Ok(value.map(|value| self.below(name, value)))
    }

    /// The items of an array member; a missing member has none.
    pub(super) fn items(&self, name: &str) -> Result<Vec<Place<'a>>, ImportError> {
        let Some(place) = self.optional(name)? else { return Ok(Vec::new()) };
        let items = place.value.as_array().ok_or_else(|| place.error(ImportProblem::Expected("an array")))?;
        Ok(items.iter().enumerate().map(|(index, item)| place.below(&index.to_string(), item)).collect())
    }

    pub(super) fn text(&self) -> Result<&'a str, ImportError> {
        self.value.as_str().ok_or_else(|| self.error(ImportProblem::Expected("a string")))
    }

    /// A text without white space that is not empty.
    pub(super) fn word(&self) -> Result<&'a str, ImportError> {
        let text = self.text()?;
        let bad = text.is_empty() || text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
        if bad { Err(self.error(ImportProblem::BadName(text.to_owned()))) } else { Ok(text) }
    }

    /// A flag member; a missing one is not set.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ImportError> {
        let Some(place) = self.optional(name)? else { return Ok(false) };
        place.value.as_bool().ok_or_else(|| place.error(ImportProblem::Expected("true or false")))
    }

    fn below(&self, name: &str, value: &'a Value) -> Place<'a> {
        let name = name.replace('~', "~0").replace('/', "~1");
        Place { file: self.file, pointer: format!("{}/{name}", self.pointer), value }
    }
}
