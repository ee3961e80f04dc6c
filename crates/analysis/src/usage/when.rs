//! When an event happened.

use crate::audit_log::{Raw, unescape};
use leastwise_policy::time::{Date, Timestamp};

/// Reads times. Events of one file are of one day or two, so the last day is kept.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// `2026-10-01`, and the seconds at its start.
    day: Option<([u8; 10], i64)>,
}

impl Clock {
    /// Seconds since the epoch. `2026-10-01T07:30:00Z` is read without help; anything else by [`Timestamp::parse`].
    #[inline]
    pub(super) fn read(&mut self, text: Raw<'_>) -> Result<i64, String> {
        if let Some(time) = self.plain(text) {
            return Ok(time);
        }
        let text = unescape(text).unwrap_or_default();
        match Timestamp::parse(&text) {
            Some(time) => Ok(time.seconds()),
            None => Err(format!("eventTime `{text}` is not a time; the record is left out")),
        }
    }

    #[inline]
    fn plain(&mut self, text: Raw<'_>) -> Option<i64> {
        let text: &[u8; 20] = text.try_into().ok()?;
        let [day @ .., b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = text else { return None };
        let hour = two_digits(*h1, *h2).filter(|hour| *hour < 24)?;
        let minute = two_digits(*m1, *m2).filter(|minute| *minute < 60)?;
        let second = two_digits(*s1, *s2).filter(|second| *second < 60)?;
        let start = match &self.day {
            Some((known, start)) if known == day => *start,
            _ => self.new_day(day)?,
        };
        Some(start + hour * 3_600 + minute * 60 + second)
    }

    #[cold]
    fn new_day(&mut self, day: &[u8; 10]) -> Option<i64> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = day else { return None };
        let year = two_digits(*y1, *y2)? * 100 + two_digits(*y3, *y4)?;
        let date = Date::new(year as i32, two_digits(*m1, *m2)? as u8, two_digits(*d1, *d2)? as u8)?;
        let start = date.days() * 86_400;
        self.day = Some((*day, start));
        Some(start)
    }
}

#[inline]
fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_times_are_what_the_parser_says() {
        let mut clock = Clock::default();
        for text in
            ["2026-10-01T07:30:59Z", "2026-10-01T00:00:00Z", "2024-02-29T23:59:59Z", "1999-12-31T01:02:03Z"]
        {
            let expected = Timestamp::parse(text).unwrap().seconds();
            assert_eq!(clock.read(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let mut clock = Clock::default();
        for text in [
            "2026-02-30T00:00:00Z",
            "2026-10-01T24:00:00Z",
            "2026-10-01T00:60:00Z",
            "2026-1a-01T00:00:00Z",
            "",
        ] {
            assert!(clock.read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
