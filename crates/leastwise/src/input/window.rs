//! Times and spans as people write them on the command line: `90d`, `yesterday`, `2026-10-01`, `2026-10-01T06:00:00Z`.

use std::fmt;
use std::str::FromStr;

use leastwise_policy::time::{Date, Timestamp};

use super::layout::DAY;

/// A length of time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub i64);

/// A point in time, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long before now.
    Ago(Span),
    /// A whole day (UTC), by its midnight.
    Day(i64),
    /// A whole day (UTC) so many days before the one that it is now.
    DaysAgo(i64),
    /// A second.
    At(i64),
}

/// The half-open window `[since, until)` of event times, in seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// The first second of the window.
    pub since: Option<i64>,
    /// The first second after it.
    pub until: Option<i64>,
}

impl Window {
    /// Resolves the arguments against the clock.
    pub fn new(since: Option<When>, until: Option<When>, now: i64) -> Self {
        Window { since: since.map(|when| when.start(now)), until: until.map(|when| when.end(now)) }
    }

    /// The window in words, for `no event …`; nothing when it is all of time.
    pub fn words(&self) -> Option<String> {
        let at = |second: i64| Timestamp::from_seconds(second).to_string();
        match (self.since, self.until) {
            (None, None) => None,
            (Some(since), None) => Some(format!("since {}", at(since))),
            (None, Some(until)) => Some(format!("before {}", at(until))),
            (Some(since), Some(until)) => Some(format!("from {} to {}", at(since), at(until))),
        }
    }

    /// The part before `at` and the part from it on, when there is a split.
    pub fn split_at(self, at: Option<i64>) -> (Window, Option<Window>) {
        let Some(at) = at else { return (self, None) };
        let older = Window { since: self.since, until: Some(self.until.map_or(at, |until| until.min(at))) };
        let newer = Window { since: Some(self.since.map_or(at, |since| since.max(at))), until: self.until };
        (older, Some(newer))
    }

    /// Whether no event can fall into it.
    pub fn is_empty(&self) -> bool {
        matches!((self.since, self.until), (Some(since), Some(until)) if since >= until)
    }
}

impl When {
    /// Its first second. There is nothing before 1970, however long ago that was.
    pub fn start(self, now: i64) -> i64 {
        match self {
            When::Ago(span) => now.saturating_sub(span.0).max(0),
            When::Day(second) | When::At(second) => second,
            When::DaysAgo(days) => (now.div_euclid(DAY) - days) * DAY,
        }
    }

    /// The first second after it: a date stands for the whole day.
    pub fn end(self, now: i64) -> i64 {
        match self {
            When::Day(_) | When::DaysAgo(_) => self.start(now) + DAY,
            When::Ago(_) | When::At(_) => self.start(now),
        }
    }
}

/// The units of spans in seconds. A month is none, as no two are alike; `m` could be one or a minute.
const UNITS: [(&str, i64); 6] =
    [("s", 1), ("min", 60), ("h", 3_600), ("d", DAY), ("w", 7 * DAY), ("y", 365 * DAY)];

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write a number and a unit: s, min, h, d, w or y, as in 12h, 90d, 2w, 1y".to_owned();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if matches!(unit, "m" | "mo" | "month" | "months") && digits > 0 {
            return Err(format!(
                "months have no one length, and m could be minutes: write {number}min, or days, as in 90d"
            ));
        }
        let seconds = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, seconds)| *seconds);
        let span = seconds.zip(number.parse::<i64>().ok()).and_then(|(unit, n)| n.checked_mul(unit));
        span.map(Span).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            days if days % DAY == 0 => write!(f, "{}d", days / DAY),
            hours if hours % 3_600 == 0 => write!(f, "{}h", hours / 3_600),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "today" => return Ok(When::DaysAgo(0)),
            "yesterday" => return Ok(When::DaysAgo(1)),
            _ => {}
        }
        if let Some(day) = Date::parse(text) {
            return Ok(When::Day(day.start().seconds()));
        }
        if text.contains('T')
            && let Some(time) = Timestamp::parse(text)
        {
            return Ok(When::At(time.seconds()));
        }
        let taken = "how long ago (12h, 90d, 2w, 1y), a day (today, yesterday, 2026-10-01; UTC) or a time \
                     (2026-10-01T06:00:00Z)";
        let is_span = text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('-');
        text.parse().map(When::Ago).map_err(|wrong| match is_span {
            true => format!("{wrong}; taken are {taken}"),
            false => format!("write {taken}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_790_856_000; // 2026-10-01T12:00:00Z

    #[test]
    fn a_span_counts_back_from_now() {
        let when: When = "90d".parse().expect("a span");
        assert_eq!(when.start(NOON), NOON - 90 * DAY);
    }

    #[test]
    fn a_date_is_the_whole_day() {
        let day: When = "2026-10-01".parse().expect("a date");
        assert_eq!((day.start(0), day.end(0)), (NOON - 12 * 3_600, NOON + 12 * 3_600));
    }

    #[test]
    fn a_time_is_a_second() {
        let when: When = "2026-10-01T12:00:00Z".parse().expect("a time");
        assert_eq!((when.start(0), when.end(0)), (NOON, NOON));
    }

    #[test]
    fn spans_have_units() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("5min", 300),
            ("12h", 12 * 3_600),
            ("90d", 90 * DAY),
            ("2w", 14 * DAY),
            ("1y", 365 * DAY),
        ] {
            assert_eq!(text.parse(), Ok(Span(seconds)), "{text}");
        }
    }

    #[test]
    fn what_could_be_minutes_or_months_is_refused_with_both() {
        for text in ["3m", "3mo", "3months"] {
            let wrong = text.parse::<When>().expect_err(text);
            assert!(wrong.contains("write 3min, or days, as in 90d"), "{wrong}");
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn today_and_yesterday_are_whole_days_also_at_their_edges() {
        let midnight = NOON - 12 * 3_600;
        for now in [midnight, NOON, midnight + DAY - 1] {
            let window = |since: &str, until: &str| {
                let when = |text: &str| Some(text.parse().expect("a day"));
                Window::new(when(since), when(until), now)
            };
            let of = |since, until| Window { since: Some(since), until: Some(until) };
            assert_eq!(window("today", "today"), of(midnight, midnight + DAY));
            assert_eq!(window("yesterday", "yesterday"), of(midnight - DAY, midnight));
            assert_eq!(window("yesterday", "today"), of(midnight - DAY, midnight + DAY));
            assert!(window("today", "yesterday").is_empty());
        }
    }

    #[test]
    fn nothing_is_before_1970() {
        let when: When = "9999y".parse().expect("a span");
        assert_eq!(when.start(NOON), 0);
    }

    #[test]
    fn what_is_neither_is_refused_with_what_is_taken() {
        for text in [
            "",
            "d",
            "-1d",
            "90",
            "90q",
            "1.5d",
            "90 d",
            "90D",
            "2026-13-01",
            "2026-02-30",
            "2026-10",
            "tomorrow",
            "Today",
            "99999999999999999w",
            "2026-10-01 06:00:00Z",
        ] {
            let wrong = text.parse::<When>().expect_err(text);
            assert!(
                wrong.contains("12h, 90d, 2w, 1y") && wrong.contains("today, yesterday, 2026-10-01"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_split_window_has_every_second_once() {
        let window = Window { since: Some(10), until: Some(30) };
        let (older, newer) = window.split_at(Some(20));
        assert_eq!(older, Window { since: Some(10), until: Some(20) });
        assert_eq!(newer, Some(Window { since: Some(20), until: Some(30) }));
        assert_eq!(window.split_at(None), (window, None));
    }

    #[test]
    fn a_window_that_ends_before_it_starts_is_empty() {
        let window = Window { since: Some(2), until: Some(1) };
        assert!(window.is_empty());
        assert!(!Window::default().is_empty());
    }
}
