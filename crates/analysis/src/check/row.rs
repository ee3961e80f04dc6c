//! How a check is written down: one row of a table, filled in from the left.

use super::{Check, Class, Example, Rule, Severity};

/// The page of IAM Access Analyzer's checks.
const PAGE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html";

const fn row(
    class: Class,
    severity: Severity,
    code: &'static str,
    title: &'static str,
    about: &'static str,
) -> Check {
    let none = Example::identity("");
    Check {
        code,
        title,
        class,
        severity,
        mitre: &[],
        about,
        bad: none,
        good: none,
        references: &[PAGE],
        rule: Rule::Elsewhere,
    }
}

/// Something that AWS refuses, or that has no effect.
pub(super) const fn error(code: &'static str, title: &'static str, about: &'static str) -> Check {
    row(Class::Error, Severity::Medium, code, title, about)
}

/// Something that is over-permissive.
pub(super) const fn security(code: &'static str, title: &'static str, about: &'static str) -> Check {
    row(Class::SecurityWarning, Severity::Medium, code, title, about)
}

/// Something that is not as AWS recommends.
pub(super) const fn warning(code: &'static str, title: &'static str, about: &'static str) -> Check {
    row(Class::Warning, Severity::Low, code, title, about)
}

/// Something that can be written better.
pub(super) const fn suggestion(code: &'static str, title: &'static str, about: &'static str) -> Check {
    row(Class::Suggestion, Severity::Info, code, title, about)
}

impl Check {
    /// It is found by its family, which looks at the document once for all its codes.
    pub(super) const fn noted(self) -> Check {
        self.found(super::right::tell)
    }

    /// How bad it is, when that is not what its kind usually is.
    pub(super) const fn severity(mut self, severity: Severity) -> Check {
        self.severity = severity;
        self
    }

    /// Where the rule comes from, when that is more than the page of IAM Access Analyzer's checks.
    pub(super) const fn see(mut self, references: &'static [&'static str]) -> Check {
        self.references = references;
        self
    }
}

/// A policy of these statements.
macro_rules! statements {
    ($($statement:literal),+) => {
        concat!("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [", statements!(@ $($statement),+), "\n  ]\n}")
    };
    (@ $first:literal) => { concat!("\n    {", $first, "}") };
    (@ $first:literal, $($rest:literal),+) => { concat!("\n    {", $first, "},", statements!(@ $($rest),+)) };
}

/// A policy of one statement that allows.
macro_rules! allows {
    ($rest:expr) => {
        concat!(
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Allow\", ",
            $rest,
            "}\n  ]\n}"
        )
    };
}

/// A policy of one statement that denies.
macro_rules! denies {
    ($rest:expr) => {
        concat!(
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Deny\", ",
            $rest,
            "}\n  ]\n}"
        )
    };
}

pub(super) use {allows, denies, statements};
