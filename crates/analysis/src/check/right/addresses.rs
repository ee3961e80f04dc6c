//! IP addresses in conditions.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip>

use std::net::IpAddr;

use leastwise_policy::aws::Comparison::{IpAddress, NotIpAddress};

use super::notes::Notes;
use super::operators::condition;
use crate::check::row::{allows, error, suggestion};
use crate::check::{Check, ConditionView, Example, Facts, Severity, Subject};
use crate::source::has_hole;

const GOOD: Example = condition!(r#""IpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#);
const GOOD_NOT: Example = condition!(r#""NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#);

pub(super) static CHECKS: &[Check] = &[
    error(
        "TYPE_MISMATCH_IP_RANGE",
        "Not an address",
        "The value is neither an IP address nor a range such as `203.0.113.0/24`. AWS refuses the document or never \
         matches it.",
    )
    .bad(condition!(r#""IpAddress": {"aws:SourceIp": "203.0.113.0-203.0.113.255"}"#))
    .good(GOOD)
    .noted(),
    suggestion(
        "IMPROVE_IP_RANGE",
        "A range with bits behind its mask",
        "The address of the range has bits behind its mask, which do not count: the range is wider than it looks.",
    )
    .severity(Severity::Low)
    .bad(condition!(r#""IpAddress": {"aws:SourceIp": "203.0.113.77/24"}"#))
    .good(GOOD)
    .noted(),
    error(
        "PRIVATE_IP_ADDRESS",
        "Only private addresses",
        "`aws:SourceIp` is the public address that a request comes from, and absent when it comes through a VPC \
         endpoint. A condition with private addresses alone never holds. `aws:VpcSourceIp` is the private address.",
    )
    .bad(condition!(r#""IpAddress": {"aws:SourceIp": "10.0.0.0/8"}"#))
    .good(GOOD)
    .noted(),
    error(
        "PRIVATE_NOT_IP_ADDRESS",
        "Only private addresses are left out",
        "`aws:SourceIp` is the public address that a request comes from. A negated condition with private addresses \
         alone always holds, and keeps nobody out.",
    )
    .severity(Severity::High)
    .bad(condition!(r#""NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}"#))
    .good(GOOD_NOT)
    .noted(),
    suggestion(
        "PRIVATE_IP_ADDRESS_SUBSET",
        "Some private addresses",
        "`aws:SourceIp` is the public address that a request comes from: the private ones among the values never match.",
    )
    .bad(condition!(r#""IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}"#))
    .good(GOOD)
    .noted(),
    suggestion(
        "PRIVATE_NOT_IP_ADDRESS_SUBSET",
        "Some private addresses are left out",
        "`aws:SourceIp` is the public address that a request comes from: the private ones among the values say nothing.",
    )
    .bad(condition!(r#""NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}"#))
    .good(GOOD_NOT)
    .noted(),
];

/// An address with the number of bits that count.
struct Range {
    address: IpAddr,
    bits: u32,
}

impl Range {
    fn parse(text: &str) -> Option<Range> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) if !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().ok()?
            }
            Some(_) => return None,
        };
        (bits <= most).then_some(Range { address, bits })
    }

    /// The address without the bits that do not count.
    fn masked(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - self.bits).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        }
    }

    /// Whether all of it is private: RFC 1918, RFC 4193, the machine itself and the link.
    fn is_private(&self) -> bool {
        match self.address {
            IpAddr::V4(address) => {
                let within = |a: u8, b: u8, bits: u32| {
                    let mask = u32::MAX << (32 - bits);
                    self.bits >= bits && address.to_bits() & mask == u32::from_be_bytes([a, b, 0, 0])
                };
                within(10, 0, 8)
                    || within(172, 16, 12)
                    || within(192, 168, 16)
                    || within(127, 0, 8)
                    || within(169, 254, 16)
            }
            IpAddr::V6(address) => {
                self.bits >= 7 && address.segments()[0] & 0xfe00 == 0xfc00
                    || self.bits >= 10 && address.segments()[0] & 0xffc0 == 0xfe80
                    || self.bits == 128 && address.is_loopback()
            }
        }
    }
}

pub(super) fn note<'a>(subject: &Subject<'a>, _: &Facts<'_>, notes: &mut Notes<'a>) {
    for view in subject.statements.iter().flat_map(|statement| &statement.conditions) {
        let Some(operator) = view.operator else { continue };
        if matches!(operator.base, IpAddress | NotIpAddress) {
            ranges(view, operator.base == NotIpAddress, notes);
        }
    }
}

fn ranges<'a>(view: &ConditionView<'a>, negated: bool, notes: &mut Notes<'a>) {
    let (mut private, mut all) = (0, 0);
    for (node, text) in view.texts() {
        all += 1;
        if has_hole(text) || text.contains("${") {
            continue;
        }
        let Some(range) = Range::parse(text) else {
            let message = format!("`{text}` is neither an address nor a range");
            notes.at("TYPE_MISMATCH_IP_RANGE", node, message).fix("write it as in `203.0.113.0/24`");
            continue;
        };
        private += usize::from(range.is_private());
        let masked = range.masked();
        if masked != range.address {
            let message = format!("of `{text}` only {} bits count", range.bits);
            notes.at("IMPROVE_IP_RANGE", node, message).fix(format!("write `{masked}/{}`", range.bits));
        }
    }
    if private == 0 || !view.key.key.eq_ignore_ascii_case("aws:SourceIp") {
        return;
    }
    let (code, message) = match (negated, private == all) {
        (false, true) => ("PRIVATE_IP_ADDRESS", "only private addresses, so the condition never holds"),
        (true, true) => ("PRIVATE_NOT_IP_ADDRESS", "only private addresses, so the condition always holds"),
        (false, false) => ("PRIVATE_IP_ADDRESS_SUBSET", "the private addresses never match"),
        (true, false) => ("PRIVATE_NOT_IP_ADDRESS_SUBSET", "the private addresses say nothing"),
    };
    let message = format!("the values of `aws:SourceIp`: {message}");
    notes.at(code, &view.key.value, message).fix("write `aws:VpcSourceIp` for private addresses");
}
