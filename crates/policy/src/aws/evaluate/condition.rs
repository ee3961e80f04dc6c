//! Conditions made ready for evaluation: values are parsed once, keys folded once.
//!
//! The rules: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
//! and, for keys with several values,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.

use super::context::{Facts, Found};
use super::matcher::Matcher;
use super::truth::{Keys, Truth, all, any};
use crate::aws::{Comparison, Condition, SetOperator, Version};

/// A condition, ready.
#[derive(Debug, Clone)]
pub(in crate::aws) struct Test {
    /// In lower case.
    key: Box<str>,
    set: Option<SetOperator>,
    if_exists: bool,
    negated: bool,
    /// Of `Null`: the values; it looks at nothing but the key's presence.
    null: Option<Box<[bool]>>,
    matcher: Matcher,
}

impl Test {
    pub(in crate::aws) fn new(condition: &Condition) -> Test {
        let operator = condition.operator;
        let null = (operator.base == Comparison::Null)
            .then(|| condition.values.iter().filter_map(|value| super::matcher::parse_bool(value)).collect());
        Test {
            key: condition.key.to_ascii_lowercase().into(),
            set: operator.set,
            if_exists: operator.if_exists,
            negated: operator.base.is_negated(),
            null,
            matcher: Matcher::new(operator.base, &condition.values),
        }
    }

    /// The key, in lower case.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the condition holds; the keys that an unknown answer hangs on are added to `missing`.
    pub(super) fn holds(&self, version: Version, facts: &Facts<'_>, missing: &mut Keys) -> Truth {
        let found = facts.find(&self.key);
        if found == Found::Unknown {
            missing.push(&self.key);
            return Truth::Unknown;
        }
        if let Some(null) = &self.null {
            return Truth::from(null.contains(&found.is_null()));
        }
        // "The ForAllValues qualifier returns true if there are no context keys in the request or if the context key
        // value resolves to a null dataset, such as an empty string."
        if self.set == Some(SetOperator::ForAllValues) && found.is_null() {
            return Truth::True;
        }
        match found {
            Found::Many(values) => self.compare(values.iter().map(String::as_str), version, facts, missing),
            Found::One(value) => self.compare([value], version, facts, missing),
            // "If the key that you specify in a policy condition is not present in the request context, the values do not
            // match and the condition is false. If the policy condition requires that the key is not matched […], the
            // condition is true"; `ForAnyValue` is false "if the key does not exist".
            Found::Absent | Found::Unknown => {
                Truth::from(self.if_exists || self.negated && self.set.is_none())
            }
        }
    }

    fn compare<'a>(
        &self,
        values: impl IntoIterator<Item = &'a str>,
        version: Version,
        facts: &Facts<'_>,
        missing: &mut Keys,
    ) -> Truth {
        let test = |value, missing: &mut Keys| {
            self.matcher.matches(value, version, facts, missing).negate_if(self.negated)
        };
        match (self.set, self.negated) {
            (Some(SetOperator::ForAllValues), _) | (None, true) => all(values, missing, test),
            (Some(SetOperator::ForAnyValue), _) | (None, false) => any(values, missing, test),
        }
    }
}
