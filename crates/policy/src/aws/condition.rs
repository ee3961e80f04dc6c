//! The `Condition` element: operators, keys and values.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use super::evaluate::Test;
use std::fmt;

/// The conditions of a statement; all of them must hold.
///
/// Every condition is made ready for evaluation as it enters, so a set of policies is split once and evaluated
/// any number of times.
#[derive(Clone, Default)]
pub struct Conditions {
    list: Vec<Condition>,
    tests: Vec<Test>,
}

/// One operator on one key: it holds when one of the values does (for a negated operator: when none does).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// How the key is compared.
    pub operator: Operator,
    /// The condition key as it was spelled; keys are compared without regard to case.
    pub key: String,
    /// What it is compared with.
    pub values: Vec<String>,
}

/// A condition operator with what stands before and behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`
    pub set: Option<SetOperator>,
    /// The comparison itself.
    pub base: Comparison,
    /// `…IfExists`: the condition holds when the request has no such key.
    pub if_exists: bool,
}

/// How a key with several values in the request is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetOperator {
    /// Every value in the request must match; true when there is none.
    ForAllValues,
    /// At least one value in the request must match; false when there is none.
    ForAnyValue,
}

/// The name was no condition operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown condition operator `{0}`")]
pub struct UnknownOperator(pub String);

macro_rules! comparisons {
    ($($name:ident)*) => {
        /// What a condition operator compares.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the names are IAM's, and the module links to what they mean")]
        pub enum Comparison {
            $($name,)*
        }

        impl Comparison {
    /// Of a negated operator the one that holds where it does not.
    pub const fn turned(self) -> Option<Comparison> {
        Some(match self {
            Comparison::StringNotEquals => Comparison::StringEquals,
            Comparison::StringNotEqualsIgnoreCase => Comparison::StringEqualsIgnoreCase,
            Comparison::StringNotLike => Comparison::StringLike,
            Comparison::NumericNotEquals => Comparison::NumericEquals,
            Comparison::DateNotEquals => Comparison::DateEquals,
            Comparison::NotIpAddress => Comparison::IpAddress,
            Comparison::ArnNotEquals => Comparison::ArnEquals,
            Comparison::ArnNotLike => Comparison::ArnLike,
            _ => return None,
        })
    }

            /// Every comparison.
            pub const ALL: &[Comparison] = &[$(Comparison::$name,)*];

            /// The name as IAM spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Comparison::$name => stringify!($name),)*
                }
            }
        }
    };
}

comparisons! {
    StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike
    NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan NumericGreaterThanEquals
    DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals
    Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnNotEquals ArnLike ArnNotLike Null
}

impl Comparison {
    /// Whether the operator holds where its positive twin does not.
    pub const fn is_negated(self) -> bool {
        self.turned().is_some()
    }
}

impl SetOperator {
    /// The name as IAM spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            SetOperator::ForAllValues => "ForAllValues",
            SetOperator::ForAnyValue => "ForAnyValue",
        }
    }
}

impl Operator {
    /// Reads `StringLike`, `ForAnyValue:StringLike`, `BoolIfExists`, … in any case.
    pub fn parse(text: &str) -> Result<Operator, UnknownOperator> {
        let unknown = || UnknownOperator(text.to_owned());
        let (set, rest) = match text.split_once(':') {
            None => (None, text),
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAllValues") => {
                (Some(SetOperator::ForAllValues), rest)
            }
            Some((set, rest)) if set.eq_ignore_ascii_case("ForAnyValue") => {
                (Some(SetOperator::ForAnyValue), rest)
            }
            Some(_) => return Err(unknown()),
        };
        let (name, if_exists) = match strip_suffix_ignoring_case(rest, "IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let base = Comparison::ALL.iter().find(|base| base.as_str().eq_ignore_ascii_case(name)).copied();
        match base {
            // "You can add IfExists to the end of any condition operator name except the Null condition."
            Some(Comparison::Null) if if_exists => Err(unknown()),
            Some(base) => Ok(Operator { set, base, if_exists }),
            None => Err(unknown()),
        }
    }
}

impl From<Comparison> for Operator {
    fn from(base: Comparison) -> Operator {
        Operator { set: None, base, if_exists: false }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(set) = self.set {
            write!(out, "{}:", set.as_str())?;
        }
        out.write_str(self.base.as_str())?;
        out.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

impl Condition {
    /// `operator` on `key` with `values`.
    pub fn new(
        operator: impl Into<Operator>,
        key: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Condition {
        let values = values.into_iter().map(Into::into).collect();
        Condition { operator: operator.into(), key: key.into(), values }
    }
}

impl Conditions {
    /// No conditions: the statement always applies.
    pub fn new() -> Conditions {
        Conditions::default()
    }

    /// Adds a condition, behind the last one with the same operator.
    ///
    /// A document cannot hold the same operator on the same key twice. For a negated operator, whose values are
    /// joined by NOR, a second one only adds its values to the first. Otherwise both are kept, and the second gets
    /// its key in another case: keys are compared without regard to it.
    pub fn push(&mut self, mut condition: Condition) {
        let same_operator = |other: &Condition| other.operator == condition.operator;
        let place = self.list.iter().rposition(same_operator).map_or(self.list.len(), |last| last + 1);
        let twin = self.list.iter().position(|other| same_operator(other) && other.key == condition.key);
        if let Some(index) = twin {
            let negated = condition.operator.base.is_negated();
            if negated && condition.operator.set != Some(SetOperator::ForAnyValue) {
                let twin = &mut self.list[index];
                condition.values.retain(|value| !twin.values.contains(value));
                twin.values.extend(condition.values);
                self.tests[index] = Test::new(twin);
                return;
            }
            condition.key = self.other_spelling(&condition);
        }
        self.tests.insert(place, Test::new(&condition));
        self.list.insert(place, condition);
    }

    /// The key of `condition` with as many letters changed in case as it takes to be unlike the others.
    fn other_spelling(&self, condition: &Condition) -> String {
        let taken = |key: &str| {
            self.list.iter().any(|other| other.operator == condition.operator && other.key == key)
        };
        let mut key = condition.key.clone().into_bytes();
        for index in 0..key.len() {
            key[index] ^= if key[index].is_ascii_alphabetic() { 0x20 } else { 0 };
            let spelling = String::from_utf8_lossy(&key);
            if !taken(&spelling) {
                return spelling.into_owned();
            }
        }
        condition.key.clone()
    }

    /// The conditions in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, Condition> {
        self.list.iter()
    }

    /// The conditions in the order of the document.
    pub fn as_slice(&self) -> &[Condition] {
        &self.list
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn tests(&self) -> &[Test] {
        &self.tests
    }
}

impl FromIterator<Condition> for Conditions {
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Conditions {
        let mut all = Conditions::new();
        all.extend(conditions);
        all
    }
}

impl Extend<Condition> for Conditions {
    fn extend<I: IntoIterator<Item = Condition>>(&mut self, conditions: I) {
        for condition in conditions {
            self.push(condition);
        }
    }
}

impl IntoIterator for Conditions {
    type Item = Condition;
    type IntoIter = std::vec::IntoIter<Condition>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Conditions {
    type Item = &'a Condition;
    type IntoIter = std::slice::Iter<'a, Condition>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Conditions {
    fn eq(&self, other: &Conditions) -> bool {
        self.list == other.list
    }
}

impl Eq for Conditions {}

impl std::hash::Hash for Conditions {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.list.hash(state);
    }
}

impl fmt::Debug for Conditions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(out)
    }
}
