//! Numbers, dates and addresses as conditions compare them.

use std::net::IpAddr;

const MICRO: i128 = 1_000_000;

/// An integer or decimal, in millionths.
pub(crate) fn number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || fraction.len() > 6 {
        return None;
    }
    let fraction: i128 = format!("{fraction:0<6}").parse().ok()?;
    let size = whole.parse::<i128>().ok()? * MICRO + fraction;
    Some(if negative { -size } else { size })
}

/// "One of the W3C implementations of the ISO 8601 date formats, or epoch (UNIX) time", in microseconds.
pub(crate) fn moment(text: &str) -> Option<i128> {
    if text.len() != 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(text);
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let mut part = |default: i128| parts.next().map_or(Some(default), |part| part.parse().ok());
    let (year, month, day) = (part(0)?, part(1)?, part(1)?);
    let seconds = days(year, month, day) * 86_400;
    Some(seconds * MICRO + time.map_or(Some(0), clock)?)
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.f` with `Z`, `+hh:mm` or `-hh:mm`, in microseconds.
fn clock(text: &str) -> Option<i128> {
    let (time, offset) = match text.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let at = text.rfind(['+', '-'])?;
            let (hours, minutes) = text[at + 1..].split_once(':')?;
            let minutes = hours.parse::<i128>().ok()? * 60 + minutes.parse::<i128>().ok()?;
            (&text[..at], if text[at..].starts_with('-') { -minutes } else { minutes })
        }
    };
    let mut parts = time.split(':');
    let (hour, minute): (i128, i128) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let seconds = parts.next().map_or(Some(0), number)?;
    Some(((hour * 60 + minute) - offset) * 60 * MICRO + seconds)
}

/// Days since 1970-01-01, counted year by year and month by month.
fn days(year: i128, month: i128, day: i128) -> i128 {
    let leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |year: i128| if leap(year) { 366 } else { 365 };
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before: i128 = months.iter().take(usize::try_from(month - 1).unwrap_or(0)).sum();
    let years: i128 =
        if year >= 1970 { (1970..year).map(length).sum() } else { -(year..1970).map(length).sum::<i128>() };
    years + before + day - 1
}

/// Whether an address is in a range in CIDR notation, or is this address.
pub(crate) fn is_in(address: &str, range: &str) -> bool {
    let (base, prefix) = range.split_once('/').map_or((range, None), |(base, prefix)| (base, Some(prefix)));
    let (Ok(address), Ok(base)) = (address.parse::<IpAddr>(), base.parse::<IpAddr>()) else { return false };
    let (address, base) = (bits(address), bits(base));
    let length = prefix.map_or(Some(base.len()), |prefix| prefix.parse().ok()).unwrap_or(usize::MAX);
    address.len() == base.len() && length <= base.len() && address[..length] == base[..length]
}

fn bits(address: IpAddr) -> Vec<bool> {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
}

/// How many bits an address has.
pub(crate) fn bits_of(address: &str) -> Option<usize> {
    address.parse::<IpAddr>().ok().map(|address| bits(address).len())
}
