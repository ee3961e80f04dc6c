//! Times and spans as people write them on the command line: `90d`, `2026-10-01`, `2026-10-01T06:00:00Z`.

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
    /// Its first second.
    pub fn start(self, now: i64) -> i64 {
        match self {
            When::Ago(span) => now.saturating_sub(span.0),
            When::Day(second) | When::At(second) => second,
        }
    }

    /// The first second after it: a date stands for the whole day.
    pub fn end(self, now: i64) -> i64 {
        match self {
            When::Day(second) => second + DAY,
            other => other.start(now),
        }
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write a span such as 90d, 12h or 2w".to_owned();
        let unit = text.char_indices().next_back().ok_or_else(wrong)?;
        let seconds = match unit.1 {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => DAY,
            'w' => 7 * DAY,
            _ => return Err(wrong()),
        };
        let number = &text[..unit.0];
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        number.parse::<i64>().ok().and_then(|n| n.checked_mul(seconds)).map(Span).ok_or_else(wrong)
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
        let wrong =
            || "write a span such as 90d, a date such as 2026-10-01, or a time such as 2026-10-01T06:00:00Z";
        if let Ok(span) = text.parse() {
            return Ok(When::Ago(span));
        }
        if let Some(day) = Date::parse(text) {
            return Ok(When::Day(day.start().seconds()));
        }
        if !text.contains('T') {
            return Err(wrong().to_owned());
        }
        Timestamp::parse(text).map(|time| When::At(time.seconds())).ok_or_else(|| wrong().to_owned())
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
    fn what_is_neither_is_refused() {
        for text in
            ["", "d", "-1d", "90", "90y", "2026-13-01", "2026-02-30", "yesterday", "99999999999999999w"]
        {
            assert!(text.parse::<When>().is_err(), "{text}");
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
