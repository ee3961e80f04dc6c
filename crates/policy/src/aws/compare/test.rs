//! Conditions, whatever the statement: what their values match, and what they say of a key that is not there.

use super::language::Pattern;
use super::spelling::resolve;
use crate::aws::evaluate::Facts;
use crate::aws::template::{Resolved, Wildcards};
use crate::aws::{Comparison, Operator, SetOperator, Version};

/// A condition, whatever the statement.
#[derive(Debug)]
pub(super) struct Test {
    /// A number in [`Model::keys`].
    pub(super) key: u32,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
    pub(super) version: Version,
    /// Whether some value has a policy variable that means something here.
    pub(super) is_variable: bool,
}

impl Test {
    /// Whether the values are compared as texts or ARNs.
    pub(super) fn is_text(&self) -> bool {
        use Comparison as C;
        matches!(
            self.operator.base,
            C::StringEquals
                | C::StringNotEquals
                | C::StringEqualsIgnoreCase
                | C::StringNotEqualsIgnoreCase
                | C::StringLike
                | C::StringNotLike
                | C::ArnEquals
                | C::ArnNotEquals
                | C::ArnLike
                | C::ArnNotLike
        )
    }

    /// Of a test of texts: what one of the values may match (`sure`: surely matches); with `facts`, does match then.
    pub(super) fn patterns(&self, sure: bool, facts: Option<&Facts<'_>>) -> Vec<Pattern> {
        let base = self.operator.base;
        let pattern = |value: &String| {
            let (tokens, known) = match resolve(value, self.version, base.wildcards(), facts) {
                Resolved::Tokens(tokens) => (tokens.to_vec(), true),
                Resolved::Missing => return None,
                Resolved::Unknown(tokens) => (tokens.to_vec(), false),
            };
            match base {
                _ if sure && !known => None,
                C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike if known => {
                    Some(Pattern::arn(tokens))
                }
                C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike => {
                    Some(Pattern::arn_at_its_widest(tokens))
                }
                C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => Some(Pattern::folded(tokens)),
                _ => Some(Pattern::whole(tokens)),
            }
        };
        use Comparison as C;
        self.values.iter().filter_map(pattern).collect()
    }

    /// What the test says of a request that has no such key, or (`empty`) has it with an empty value, when that can be
    /// told by the operator alone.
    pub(super) fn without_key(&self) -> bool {
        let operator = self.operator;
        match operator.set {
            _ if operator.base == Comparison::Null => self.asks_for_null(true),
            _ if operator.if_exists => true,
            Some(SetOperator::ForAllValues) => true,
            Some(SetOperator::ForAnyValue) => false,
            None => operator.base.is_negated(),
        }
    }

    /// Of `Null`: whether it holds when the key is null as said.
    pub(super) fn asks_for_null(&self, null: bool) -> bool {
        let wanted = if null { "true" } else { "false" };
        self.values.iter().any(|value| value.eq_ignore_ascii_case(wanted))
    }
}

impl Comparison {
    pub(super) fn wildcards(self) -> Wildcards {
        use Comparison as C;
        match self {
            C::StringLike
            | C::StringNotLike
            | C::ArnEquals
            | C::ArnNotEquals
            | C::ArnLike
            | C::ArnNotLike => Wildcards::Meant,
            _ => Wildcards::Literal,
        }
    }

    /// "You can use policy variables" with operators of texts and ARNs, and with `Bool`.
    pub(super) fn takes_variables(self) -> bool {
        use Comparison as C;
        let is_other = matches!(
            self,
            C::NumericEquals
                | C::NumericNotEquals
                | C::NumericLessThan
                | C::NumericLessThanEquals
                | C::NumericGreaterThan
                | C::NumericGreaterThanEquals
                | C::DateEquals
                | C::DateNotEquals
                | C::DateLessThan
                | C::DateLessThanEquals
                | C::DateGreaterThan
                | C::DateGreaterThanEquals
                | C::BinaryEquals
                | C::IpAddress
                | C::NotIpAddress
                | C::Null
        );
        !is_other
    }
}
