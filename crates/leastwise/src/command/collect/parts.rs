//! What records are collected into: one part, or an older and a newer one; and the search for the newest event.

use leastwise_analysis::audit_log::{Event, Problem, Sink};
use leastwise_analysis::usage::{Collector, Usage};
use leastwise_policy::time::Timestamp;

use super::saved::fits;
use crate::error::Result;
use crate::input::window::Window;

/// The older and the newer part of what is collected.
pub struct Parts {
    /// The window of the older part, or of all.
    pub older: Window,
    /// The window of the newer part.
    pub newer: Option<Window>,
    /// The older part, or all.
    pub usage: Usage,
    /// The newer part.
    pub newer_usage: Usage,
}

impl Parts {
    /// Takes in a saved usage: into the part that it lies in as a whole.
    pub fn merge(&mut self, name: &str, saved: &Usage) -> Result<()> {
        match self.newer {
            Some(newer) if fits(name, saved, newer).is_ok() => self.newer_usage.merge(saved),
            _ => {
                fits(name, saved, self.older)?;
                self.usage.merge(saved);
            }
        }
        Ok(())
    }
}

/// Collects the older and the newer part in one go.
pub struct Both<'s> {
    /// Takes the older part, or all.
    pub older: Collector<'s>,
    /// Takes the newer part.
    pub newer: Option<Collector<'s>>,
}

impl Sink for Both<'_> {
    #[inline]
    fn record(&mut self, event: &Event<'_>) -> std::result::Result<(), String> {
        if let Some(newer) = &mut self.newer {
            newer.record(event)?;
        }
        self.older.record(event)
    }

    fn problem(&mut self, problem: Problem) {
        self.older.problem(problem);
    }
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
        let time = std::str::from_utf8(event.time).ok().and_then(Timestamp::parse).map(Timestamp::seconds);
        self.newest = self.newest.max(time.filter(|time| *time <= self.before));
        Ok(())
    }

    fn problem(&mut self, _: Problem) {}
}
