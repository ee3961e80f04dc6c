//! Values that stand for all others where texts are compared as numbers, dates, booleans, addresses or bytes.
//!
//! The operators split a line of values at the policies' own: what lies between two neighbours is all alike. So one
//! value at each of them and one between each two are enough.

use super::ValueKind;
use super::test::Test;
use crate::aws::Comparison as C;
use crate::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Values to try.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) values: Vec<String>,
    /// Whether no other value does anything that none of these does.
    pub(super) complete: bool,
}

/// What an operator takes values for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Number,
    Date,
    Bool,
    Binary,
    Address,
}

/// Beyond it not every integer has a floating-point number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Values for `tests`, which all look at one key of this kind.
pub(super) fn candidates(tests: &[&Test], kind: ValueKind) -> Candidates {
    if kind == ValueKind::Bool {
        return Candidates { values: vec!["true".to_owned(), "false".to_owned()], complete: true };
    }
    let of = |family| {
        tests.iter().filter(move |test| family_of(test.operator.base) == family).flat_map(|test| &test.values)
    };
    let mut all = Candidates { values: Vec::new(), complete: true };
    for family in [Family::Number, Family::Date, Family::Bool, Family::Binary, Family::Address] {
        if of(family).next().is_some() {
            all.complete &= all.values.is_empty() && family.line(of(family), &mut all.values);
        }
    }
    if of(Family::Text).next().is_some() {
        all.complete = false;
        all.values.extend(of(Family::Text).cloned());
    }
    match kind {
        ValueKind::Text => all.values.push("x".to_owned()),
        ValueKind::Number => all.values.push("1".to_owned()),
        ValueKind::Date => all.values.push("2026-01-01T00:00:00Z".to_owned()),
        ValueKind::Address => all.values.push("203.0.113.1".to_owned()),
        ValueKind::Bool => {}
    }
    all
}

fn family_of(base: C) -> Family {
    match base {
        C::NumericEquals
        | C::NumericNotEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals => Family::Number,
        C::DateEquals
        | C::DateNotEquals
        | C::DateLessThan
        | C::DateLessThanEquals
        | C::DateGreaterThan
        | C::DateGreaterThanEquals => Family::Date,
        C::Bool => Family::Bool,
        C::BinaryEquals => Family::Binary,
        C::IpAddress | C::NotIpAddress => Family::Address,
        _ => Family::Text,
    }
}

impl Family {
    /// Adds values for the line that `wanted` splits; false when they may not be all that are needed.
    fn line<'a>(self, wanted: impl Iterator<Item = &'a String>, values: &mut Vec<String>) -> bool {
        let wanted = wanted.map(|value| value.trim());
        match self {
            Family::Number => numbers(wanted, values),
            Family::Date => dates(wanted, values),
            Family::Bool => {
                values.extend(["true", "false"].map(str::to_owned));
                true
            }
            Family::Binary => {
                values.extend(wanted.map(str::to_owned));
                // Bytes of nobody's: longer than all that are asked for.
                let longest = values.iter().map(String::len).max().unwrap_or(0);
                values.push("A".repeat((longest + 4).next_multiple_of(4)));
                true
            }
            Family::Address => addresses(wanted, values),
            Family::Text => false,
        }
    }
}

fn numbers<'a>(wanted: impl Iterator<Item = &'a str>, values: &mut Vec<String>) -> bool {
    let mut points: Vec<f64> =
        wanted.filter_map(|text| text.parse().ok()).filter(|point: &f64| point.is_finite()).collect();
    points.sort_unstable_by(f64::total_cmp);
    points.dedup();
    let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) else {
        values.push("1".to_owned());
        return true;
    };
    let exact = points.iter().all(|point| point.abs() < EXACT);
    values.extend(points.iter().map(ToString::to_string));
    values.push((first - 1.0).to_string());
    values.push((last + 1.0).to_string());
    for pair in points.windows(2) {
        let next = pair[0].floor() + 1.0;
        let between = if next < pair[1] { next } else { pair[0] + (pair[1] - pair[0]) / 2.0 };
        values.push(between.to_string());
    }
    exact
}

fn dates<'a>(wanted: impl Iterator<Item = &'a str>, values: &mut Vec<String>) -> bool {
    let mut points: Vec<i64> = wanted.filter_map(Timestamp::parse).map(Timestamp::seconds).collect();
    if points.is_empty() {
        points.push(1_700_000_000);
    }
    let mut complete = true;
    for point in points {
        for near in [point, point.saturating_sub(1), point.saturating_add(1)] {
            let time = Timestamp::from_seconds(near);
            let spelled = [time.to_string(), near.to_string()];
            match spelled.into_iter().find(|text| Timestamp::parse(text) == Some(time)) {
                Some(text) => values.push(text),
                None => complete = false,
            }
        }
    }
    complete
}

/// Where a network begins and what comes behind it, and where the two lines of addresses begin.
fn addresses<'a>(wanted: impl Iterator<Item = &'a str>, values: &mut Vec<String>) -> bool {
    // What is beyond the addresses that IPv6 has for those of IPv4, which are read as IPv4.
    let beyond_mapped = Ipv6Addr::new(0, 0, 0, 0, 1, 0, 0, 0);
    let mut four: Vec<u32> = vec![u32::from(Ipv4Addr::new(203, 0, 113, 1)), 0];
    let mut six: Vec<u128> = vec![beyond_mapped.to_bits(), 0];
    for text in wanted {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, bits.parse::<u32>().ok()),
            None => (text, Some(128)),
        };
        let (Ok(address), Some(bits)) = (address.parse::<IpAddr>(), bits) else { continue };
        match address {
            IpAddr::V4(first) => {
                let first = first.to_bits() & u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
                let behind = u64::from(first) + (1 << (32 - bits.min(32)));
                four.push(first);
                four.extend(u32::try_from(behind));
            }
            IpAddr::V6(first) => {
                let first = first.to_bits() & u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
                let size = 1_u128.checked_shl(128 - bits.min(128));
                six.push(first);
                six.extend(size.and_then(|size| first.checked_add(size)));
            }
        }
    }
    values.extend(four.into_iter().map(|bits| Ipv4Addr::from_bits(bits).to_string()));
    values.extend(six.into_iter().map(|bits| Ipv6Addr::from_bits(bits).to_string()));
    true
}
