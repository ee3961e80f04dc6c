//! Points in time and calendar dates, in UTC, to the second: what CloudTrail writes and IAM compares.
//!
//! Reading is strict about ranges (month 13 is refused) and lenient about form: AWS's condition operators take
//! the [W3C profile of ISO 8601](https://www.w3.org/TR/NOTE-datetime) in all its lengths and seconds since the
//! epoch. Fractions of a second are read and dropped.

use std::fmt;

const DAY: i64 = 86_400;

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Timestamp {
    /// The point `seconds` after the epoch.
    pub const fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Reads `2026-10-01T07:30:00Z`, with an offset or a fraction, shortened as far as the year, or seconds since
    /// the epoch. Five digits and more are an epoch, four are a year. Without an offset the time is UTC.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let text = text.trim();
        // What a log has is told apart at its fifth byte.
        let epoch = if text.as_bytes().get(4) == Some(&b'-') { None } else { parse_epoch(text) };
        match epoch {
            Some(seconds) => Some(Timestamp(seconds)),
            None => parse_iso(text),
        }
    }

    /// The day this point lies in.
    pub fn date(self) -> Date {
        Date::from_days(self.0.div_euclid(DAY))
    }

    /// `2026-10-01T07:30:00Z` as ASCII, when the year has at most four digits and no sign. Every row of a log has two
    /// of them, and formatting number by number takes several times as long.
    pub fn ascii(self) -> Option<[u8; 20]> {
        let date = self.date();
        let year = u16::try_from(date.year).ok().filter(|year| *year < 10_000)?;
        let (hour, minute, second) = self.time_of_day();
        let mut text = *b"0000-00-00T00:00:00Z";
        let parts = [
            (0, (year / 100) as u8),
            (2, (year % 100) as u8),
            (5, date.month),
            (8, date.day),
            (11, hour),
            (14, minute),
            (17, second),
        ];
        for (at, number) in parts {
            text[at] += number / 10;
            text[at + 1] += number % 10;
        }
        Some(text)
    }

    /// Hour, minute and second.
    fn time_of_day(self) -> (u8, u8, u8) {
        let second = self.0.rem_euclid(DAY) as u32;
        ((second / 3_600) as u8, (second / 60 % 60) as u8, (second % 60) as u8)
    }

    /// This point moved by `days`, stopping at the ends of what can be represented.
    pub const fn plus_days(self, days: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(days.saturating_mul(DAY)))
    }
}

impl Date {
    /// The date, when it exists.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        exists.then_some(Date { year, month, day })
    }

    /// Reads `2026-10-01`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut cursor = Cursor(text.as_bytes());
        let year = cursor.digits(4)?;
        cursor.expect(b'-')?;
        let month = cursor.digits(2)?;
        cursor.expect(b'-')?;
        let day = cursor.digits(2)?;
        if !cursor.0.is_empty() {
            return None;
        }
        Date::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// The day `days` after 1970-01-01.
    pub fn from_days(days: i64) -> Date {
        // Howard Hinnant's `civil_from_days`: eras of 400 years that begin on 1 March.
        let shifted = days.clamp(-700_000_000, 700_000_000) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u8;
        let year = (year_of_era + era * 400 + i64::from(month <= 2)) as i32;
        Date { year, month, day }
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// Midnight, UTC, at the beginning of this day.
    pub fn start(self) -> Timestamp {
        Timestamp(self.days() * DAY)
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The month, from 1.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ascii() {
            Some(text) => out.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?),
            None => {
                let (hour, minute, second) = self.time_of_day();
                write!(out, "{}T{hour:02}:{minute:02}:{second:02}Z", self.date())
            }
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn parse_epoch(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.split_once('.').map_or(digits, |(whole, _)| whole);
    let fraction = &digits[whole.len()..];
    let only_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let negative = digits.len() < text.len();
    if whole.is_empty() || !only_digits(whole) || !only_digits(fraction.trim_start_matches('.')) {
        return None;
    }
    if whole.len() == 4 && !negative && fraction.is_empty() {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    Some(if negative { -seconds } else { seconds })
}

fn parse_iso(text: &str) -> Option<Timestamp> {
    let mut cursor = Cursor(text.as_bytes());
    let year = i32::try_from(cursor.digits(4)?).ok()?;
    let month = if cursor.take(b'-') { cursor.digits(2)? } else { 1 };
    let day = if cursor.take(b'-') { cursor.digits(2)? } else { 1 };
    let date = Date::new(year, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    let mut seconds = date.days() * DAY;
    if cursor.take(b'T') || cursor.take(b't') || cursor.take(b' ') {
        seconds += cursor.time_of_day()?;
        seconds -= cursor.offset()?;
    }
    cursor.0.is_empty().then_some(Timestamp(seconds))
}

/// What is left to read of a date.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut value = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + i64::from(digit - b'0');
        }
        self.0 = rest;
        Some(value)
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.digits(2)?;
        self.expect(b':')?;
        let minute = self.digits(2)?;
        let second = if self.take(b':') { self.digits(2)? } else { 0 };
        if self.take(b'.') || self.take(b',') {
            let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            self.0 = &self.0[digits..];
        }
        // A leap second is written as 60 and counts as the first second of the next minute.
        let valid = hour < 24 && minute < 60 && second <= 60;
        valid.then_some(hour * 3_600 + minute * 60 + second)
    }

    fn offset(&mut self) -> Option<i64> {
        if self.take(b'Z') || self.take(b'z') || self.0.is_empty() {
            return Some(0);
        }
        let sign = if self.take(b'+') {
            1
        } else {
            self.expect(b'-')?;
            -1
        };
        let hours = self.digits(2)?;
        self.take(b':');
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2)? };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, printed: &str) {
        let parsed = Timestamp::parse(text).map(|time| time.to_string());
        assert_eq!(parsed.as_deref(), Some(printed), "{text}");
    }

    #[test]
    fn iso_8601_is_read_in_all_its_lengths() {
        check("2026-10-01T07:30:15Z", "2026-10-01T07:30:15Z");
        check("2026-10-01T07:30:15.250Z", "2026-10-01T07:30:15Z");
        check("2026-10-01T07:30Z", "2026-10-01T07:30:00Z");
        check("2026-10-01T07:30:15", "2026-10-01T07:30:15Z");
        check("2026-10-01", "2026-10-01T00:00:00Z");
        check("2026-10", "2026-10-01T00:00:00Z");
        check("2026", "2026-01-01T00:00:00Z");
    }

    #[test]
    fn an_offset_is_taken_off() {
        check("2026-10-01T00:30:00+02:00", "2026-09-30T22:30:00Z");
        check("2026-10-01T00:30:00-0130", "2026-10-01T02:00:00Z");
    }

    #[test]
    fn digits_alone_are_seconds_since_the_epoch() {
        check("1790812800", "2026-10-01T00:00:00Z");
        check("1790812800.75", "2026-10-01T00:00:00Z");
        check("-86400", "1969-12-31T00:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "soon", "2026-13-01", "2026-02-29", "2026-10-01T24:00:00Z", "2026-10-01T07", "2026-10-01Zx"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        assert_eq!(Date::parse("2026-1-01"), None);
    }

    #[test]
    fn every_day_of_eight_centuries_survives_the_way_to_a_number_and_back() {
        let first = Date::new(1600, 1, 1).unwrap().days();
        for days in first..first + 292_194 {
            let date = Date::from_days(days);
            assert_eq!(date.days(), days);
            assert_eq!(Date::new(date.year(), date.month(), date.day()), Some(date));
        }
    }
}
