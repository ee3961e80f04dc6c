//! The values of a condition, parsed by what the operator compares.
//!
//! A value that is not what the operator compares (a number that is none, say) matches nothing, on either side.

use super::context::Facts;
use super::truth::{Keys, Truth, any};
use crate::arn::{self, ArnPattern, ArnTarget};
use crate::aws::template::{Reading, Resolved, Template, Versioned, Wildcards};
use crate::aws::{Comparison, Version};
use crate::glob::{self, Glob, Token};
use crate::time::Timestamp;
use std::cmp::Ordering;
use std::net::IpAddr;

/// What a value of the request is held against; it matches when one of the policy's values does.
///
/// Negation is left to the caller: `StringNotEquals` has the matcher of `StringEquals`.
#[derive(Debug, Clone)]
pub(super) enum Matcher {
    Text { patterns: Box<[Versioned<Pattern<Glob>>]>, ignore_case: bool },
    Arn(Box<[Versioned<Pattern<ArnPattern>>]>),
    Number(Relation, Box<[Number]>),
    Date(Relation, Box<[Moment]>),
    Bool(Box<[Versioned<Pattern<Glob>>]>),
    Binary(Box<[Vec<u8>]>),
    Address(Box<[Network]>),
    Nothing,
}

/// A value with or without policy variables.
#[derive(Debug, Clone)]
pub(super) enum Pattern<T> {
    Fixed(T),
    Variable(Template),
}

/// Which orders satisfy a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relation {
    less: bool,
    equal: bool,
    greater: bool,
}

/// Integers are compared exactly, everything else as a floating-point number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Integer(i64),
    Decimal(f64),
}

/// A point in time with the fraction of its second, in billionths: "one of the W3C implementations of the ISO 8601 date
/// formats" has them.
type Moment = (Timestamp, u32);

/// An address range: those whose first `bits` bits are those of `first`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Network {
    first: IpAddr,
    bits: u32,
}

const EQUAL: Relation = Relation { less: false, equal: true, greater: false };
const LESS: Relation = Relation { less: true, equal: false, greater: false };
const LESS_OR_EQUAL: Relation = Relation { less: true, equal: true, greater: false };
const GREATER: Relation = Relation { less: false, equal: false, greater: true };
const GREATER_OR_EQUAL: Relation = Relation { less: false, equal: true, greater: true };

impl Matcher {
    pub(super) fn new(base: Comparison, values: &[String]) -> Matcher {
        use Comparison as C;
        match base {
            C::StringEquals | C::StringNotEquals => Matcher::text(values, Wildcards::Literal, false),
            C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => {
                Matcher::text(values, Wildcards::Literal, true)
            }
            C::StringLike | C::StringNotLike => Matcher::text(values, Wildcards::Meant, false),
            // "The ArnEquals and ArnLike condition operators behave identically."
            C::ArnEquals | C::ArnNotEquals | C::ArnLike | C::ArnNotLike => {
                let pattern = |value: &String| versioned(value, Wildcards::Meant, ArnPattern::from_tokens);
                Matcher::Arn(values.iter().map(pattern).collect())
            }
            C::NumericEquals | C::NumericNotEquals => Matcher::number(EQUAL, values),
            C::NumericLessThan => Matcher::number(LESS, values),
            C::NumericLessThanEquals => Matcher::number(LESS_OR_EQUAL, values),
            C::NumericGreaterThan => Matcher::number(GREATER, values),
            C::NumericGreaterThanEquals => Matcher::number(GREATER_OR_EQUAL, values),
            C::DateEquals | C::DateNotEquals => Matcher::date(EQUAL, values),
            C::DateLessThan => Matcher::date(LESS, values),
            C::DateLessThanEquals => Matcher::date(LESS_OR_EQUAL, values),
            C::DateGreaterThan => Matcher::date(GREATER, values),
            C::DateGreaterThanEquals => Matcher::date(GREATER_OR_EQUAL, values),
            // Policy variables are "supported" by Bool, and by no other operator than those of texts and ARNs.
            C::Bool => Matcher::Bool(texts(values, Wildcards::Literal)),
            C::BinaryEquals => {
                Matcher::Binary(values.iter().filter_map(|value| parse_base64(value)).collect())
            }
            C::IpAddress | C::NotIpAddress => {
                Matcher::Address(values.iter().filter_map(|v| Network::parse(v)).collect())
            }
            C::Null => Matcher::Nothing,
        }
    }

    fn text(values: &[String], wildcards: Wildcards, ignore_case: bool) -> Matcher {
        Matcher::Text { patterns: texts(values, wildcards), ignore_case }
    }

    fn number(relation: Relation, values: &[String]) -> Matcher {
        Matcher::Number(relation, values.iter().filter_map(|value| Number::parse(value)).collect())
    }

    fn date(relation: Relation, values: &[String]) -> Matcher {
        Matcher::Date(relation, values.iter().filter_map(|value| parse_moment(value)).collect())
    }

    pub(super) fn matches(
        &self,
        value: &str,
        version: Version,
        facts: &Facts<'_>,
        missing: &mut Keys,
    ) -> Truth {
        let answer = match self {
            Matcher::Text { patterns, ignore_case } => {
                let same = |glob: &Glob| {
                    if *ignore_case { glob.matches_ignoring_case(value) } else { glob.matches(value) }
                };
                let like = |tokens: &[Token]| glob::matches_tokens(tokens, value, *ignore_case);
                return any(patterns, missing, |pattern, missing| {
                    pattern.get(version).test(same, like, facts, missing)
                });
            }
            Matcher::Arn(patterns) => {
                let same = |pattern: &ArnPattern| pattern.matches(value);
                let target = ArnTarget::exact(value);
                let like = |tokens: &[Token]| arn::tokens_cover(tokens, &target);
                return any(patterns, missing, |pattern, missing| {
                    pattern.get(version).test(same, like, facts, missing)
                });
            }
            Matcher::Number(relation, wanted) => Number::parse(value)
                .is_some_and(|value| wanted.iter().any(|wanted| relation.holds(value.compare(*wanted)))),
            Matcher::Date(relation, wanted) => parse_moment(value)
                .is_some_and(|value| wanted.iter().any(|wanted| relation.holds(Some(value.cmp(wanted))))),
            Matcher::Bool(patterns) => {
                let is_bool = parse_bool(value).is_some();
                let same = |glob: &Glob| is_bool && glob.matches_ignoring_case(value);
                let like = |tokens: &[Token]| is_bool && glob::matches_tokens(tokens, value, true);
                return any(patterns, missing, |pattern, missing| {
                    pattern.get(version).test(same, like, facts, missing)
                });
            }
            Matcher::Binary(wanted) => parse_base64(value).is_some_and(|value| wanted.contains(&value)),
            Matcher::Address(networks) => value
                .parse::<IpAddr>()
                .is_ok_and(|address| networks.iter().any(|network| network.contains(address.to_canonical()))),
            Matcher::Nothing => false,
        };
        Truth::from(answer)
    }
}

fn texts(values: &[String], wildcards: Wildcards) -> Box<[Versioned<Pattern<Glob>>]> {
    values.iter().map(|value| versioned(value, wildcards, Glob::from_tokens)).collect()
}

fn versioned<T>(text: &str, wildcards: Wildcards, make: impl Fn(Vec<Token>) -> T) -> Versioned<Pattern<T>> {
    Versioned::new(text, |text, version| match Template::read(text, version, wildcards) {
        Reading::Variable(template) => Pattern::Variable(template),
        Reading::Constant(tokens) => Pattern::Fixed(make(tokens)),
    })
}

impl<T> Pattern<T> {
    fn test(
        &self,
        matches: impl Fn(&T) -> bool,
        like: impl Fn(&[Token]) -> bool,
        facts: &Facts<'_>,
        missing: &mut Keys,
    ) -> Truth {
        let template = match self {
            Pattern::Fixed(pattern) => return Truth::from(matches(pattern)),
            Pattern::Variable(template) => template,
        };
        match template.resolve(facts) {
            Resolved::Tokens(tokens) => Truth::from(like(&tokens)),
            // "There is no equal or like value."
            Resolved::Missing => Truth::False,
            Resolved::Unknown(tokens) => {
                // With `*` for what is unknown the pattern is at its widest.
                if !like(&tokens) {
                    return Truth::False;
                }
                template.name_unknown(facts, missing);
                Truth::Unknown
            }
        }
    }
}

impl Relation {
    fn holds(self, order: Option<Ordering>) -> bool {
        match order {
            Some(Ordering::Less) => self.less,
            Some(Ordering::Equal) => self.equal,
            Some(Ordering::Greater) => self.greater,
            None => false,
        }
    }
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        let text = text.trim();
        let numeric = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        if let Ok(integer) = text.parse() {
            return Some(Number::Integer(integer));
        }
        // `inf` and `nan` are numbers to Rust only.
        if numeric { text.parse().ok().map(Number::Decimal) } else { None }
    }

    fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => Some(a.cmp(&b)),
            (a, b) => a.as_decimal().partial_cmp(&b.as_decimal()),
        }
    }

    fn as_decimal(self) -> f64 {
        match self {
            Number::Integer(integer) => integer as f64,
            Number::Decimal(decimal) => decimal,
        }
    }
}

impl Network {
    /// Reads `203.0.113.0/24`, `2001:db8::/32` or a single address.
    fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let first: IpAddr = address.parse().ok()?;
        let longest = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
            None => longest,
        };
        (bits <= longest).then_some(Network { first, bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = (first.to_bits() ^ address.to_bits()).leading_zeros();
                differing >= self.bits
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = (first.to_bits() ^ address.to_bits()).leading_zeros();
                differing >= self.bits
            }
            _ => false,
        }
    }
}

fn parse_moment(text: &str) -> Option<Moment> {
    let moment = Timestamp::parse(text)?;
    // The fraction of a date comes after its seconds; epochs have none.
    let fraction = text.split_once('T').and_then(|(_, time)| time.split_once('.'));
    let digits = fraction.map_or("", |(_, rest)| rest).bytes().take_while(u8::is_ascii_digit).take(9);
    let billionths = digits
        .fold((0, 100_000_000), |(sum, unit), digit| (sum + u32::from(digit - b'0') * unit, unit / 10))
        .0;
    Some((moment, billionths))
}

/// `true` or `false`, in any case.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Standard base64, padded or not.
fn parse_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut buffer, mut bits) = (0_u32, 0);
    for character in text {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    (text.len() % 4 != 1).then_some(bytes)
}
