//! What records are collected into: one part, or an older and a newer one; and the search for the newest event.

use leastwise_analysis::audit_log::{Event, Problem, Sink, Via, unescape};
use leastwise_analysis::usage::{Collector, Usage};
use leastwise_policy::time::Timestamp;

use super::Divided;
use super::saved::fits;
use crate::error::Result;
use crate::input::pool::Collect;
use crate::input::window::Window;

/// What is collected: all in one, or in an older and a newer part.
pub struct Parts {
    /// The older part, or all.
    pub older: Usage,
    newer: Usage,
    /// The window of all, and of the parts.
    window: Window,
    windows: (Window, Option<Window>),
    split: Option<i64>,
}

impl Parts {
    /// Nothing yet.
    pub fn new(window: Window, split: Option<i64>) -> Self {
        let windows = window.split_at(split);
        Parts { older: Usage::default(), newer: Usage::default(), window, windows, split }
    }

    /// Takes in a saved usage: into the part that it lies in as a whole.
    pub fn merge(&mut self, name: &str, saved: Usage) -> Result<()> {
        fits(&saved, self.window).map_err(|row| row.error(name, "--since or --until"))?;
        self.older.tally.saved += 1;
        match self.windows {
            (_, Some(newer)) if fits(&saved, newer).is_ok() => self.newer.join(saved),
            (older, _) => {
                fits(&saved, older).map_err(|row| row.error(name, "the moment where --holdout begins"))?;
                self.older.join(saved);
            }
        }
        Ok(())
    }

    /// Takes in what the workers collected.
    pub fn take(&mut self, older: Usage, newer: Option<Usage>) {
        self.older.join(older);
        if let Some(newer) = newer {
            self.newer.join(newer);
        }
    }

    /// All, and the parts when there are any.
    pub fn whole(self) -> (Usage, Option<Divided>) {
        let Some(split) = self.split else { return (self.older, None) };
        let mut whole = self.older.clone();
        whole.merge(&self.newer);
        let at = Timestamp::from_seconds(split);
        (whole, Some(Divided { at, older: self.older, newer: self.newer }))
    }
}

/// Gives each event to one of two collectors, so that both together hold what one alone would.
pub struct Both<'s> {
    /// Takes the older part, or all.
    pub older: Collector<'s>,
    /// Where the newer part begins, and who takes it.
    pub newer: Option<(i64, Collector<'s>)>,
}

/// What they come to.
pub struct Ended {
    /// The older part, or all.
    pub older: Usage,
    /// The newer part, when there are two.
    pub newer: Option<Usage>,
    /// Every principal that was met.
    pub seen: Vec<String>,
}

impl Collect for Both<'_> {
    type Collected = Ended;

    fn end(self) -> Ended {
        let newer = self.newer.iter().flat_map(|(_, newer)| newer.principals());
        let seen = self.older.principals().chain(newer).map(str::to_owned).collect();
        Ended { older: self.older.finish(), newer: self.newer.map(|(_, newer)| newer.finish()), seen }
    }

    fn join(mut one: Ended, other: Ended) -> Ended {
        one.older.join(other.older);
        if let (Some(one), Some(other)) = (&mut one.newer, other.newer) {
            one.join(other);
        }
        one.seen.extend(other.seen);
        one
    }
}

impl Sink for Both<'_> {
    #[inline]
    fn record(&mut self, event: &Event<'_>) -> std::result::Result<(), String> {
        match &mut self.newer {
            Some((split, newer)) if time(event).is_some_and(|time| time >= *split) => newer.record(event),
            _ => self.older.record(event),
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.older.problem(problem);
    }

    fn came(&mut self, via: Via) {
        self.older.came(via);
    }
}

/// When an event was, if its time can be read.
fn time(event: &Event<'_>) -> Option<i64> {
    Timestamp::parse(&unescape(event.time)?).map(Timestamp::seconds)
}

/// Finds the newest event.
pub struct Newest {
    /// What a clock that runs wrong dates later is left out.
    pub before: i64,
    /// The newest so far.
    pub newest: Option<i64>,
}

impl Sink for Newest {
    fn record(&mut self, event: &Event<'_>) -> std::result::Result<(), String> {
        self.newest = self.newest.max(time(event).filter(|time| *time <= self.before));
        Ok(())
    }

    fn problem(&mut self, _: Problem) {}
}

impl Collect for Newest {
    type Collected = Option<i64>;

    fn end(self) -> Option<i64> {
        self.newest
    }

    fn join(one: Option<i64>, other: Option<i64>) -> Option<i64> {
        one.max(other)
    }
}
