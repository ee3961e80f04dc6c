//! What became of everything that was found, as all outputs show it.

use std::sync::Arc;

use leastwise_analysis::check::{Check, Class, Finding, Severity, named};
use leastwise_catalog::Catalog;

use super::baseline::Entry;
use super::fingerprint::fingerprints;

/// All findings with what became of them, and what was looked at.
pub struct Outcome<'c> {
    /// Sorted by file and place.
    pub judged: Vec<Judged>,
    /// The files that were read, in order.
    pub files: Vec<Arc<str>>,
    /// Files that nobody named and that are of no known format.
    pub left_alone: usize,
    /// Policy documents that were read.
    pub documents: usize,
    /// Roles and users that were read.
    pub principals: usize,
    /// Findings of the baseline that are no more.
    pub stale: Vec<Entry>,
    /// Whether a baseline was given.
    pub has_baseline: bool,
    /// With what the findings were compared, when only what is new is reported.
    pub against: Option<Against>,
    /// From when on a run fails; never, when there is none.
    pub fail_on: Option<Severity>,
    /// Whether what cannot be read does not fail.
    pub allow_unreadable: bool,
    /// What AWS offers, as it was known.
    pub catalog: &'c Catalog,
}

/// What the new state was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// As it was named.
    pub state: String,
    /// Documents and principals that were compared.
    pub compared: usize,
    /// Findings that the old state has as well, and that are therefore not reported.
    pub left_out: usize,
}

/// A finding and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What was found.
    pub finding: Finding,
    /// By which it is recognised when lines have moved.
    pub fingerprint: String,
    /// What became of it.
    pub state: State,
    /// In which way it is worse than what the baseline lists.
    pub worse: Option<String>,
}

/// What becomes of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It counts.
    Open,
    /// Somebody says why it does not count, and until when.
    Suppressed {
        /// Why.
        reason: String,
        /// The last day.
        until: String,
        /// Whether that is said in the file itself.
        inline: bool,
    },
    /// The baseline lists it.
    Known,
}

impl Judged {
    /// Findings in the order in which they are given, all of them open.
    pub fn all(findings: Vec<Finding>) -> Vec<Judged> {
        let prints = fingerprints(&findings);
        let both = findings.into_iter().zip(prints);
        both.map(|(finding, fingerprint)| Judged { finding, fingerprint, state: State::Open, worse: None })
            .collect()
    }

    /// Whether it counts.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The check that found it.
    pub fn check(&self) -> Option<&'static Check> {
        named(self.finding.code)
    }

    /// Its title, or its code when nothing is written about it.
    pub fn title(&self) -> &'static str {
        self.check().map_or(self.finding.code, |check| check.title)
    }
}

/// Whether the finding says that something was not read; what only the deployment knows is not meant.
pub fn is_unreadable(finding: &Finding) -> bool {
    finding.class == Class::Unreadable && finding.severity > Severity::Info
}

impl Outcome<'_> {
    /// The findings that count.
    pub fn open(&self) -> impl Iterator<Item = &Judged> {
        self.judged.iter().filter(|one| one.is_open())
    }

    /// Says of what is worse than the baseline knows in which way it is.
    pub fn tell_worse(&mut self) {
        for one in &mut self.judged {
            if let Some(how) = one.worse.as_ref().filter(|_| one.state == State::Open) {
                one.finding.evidence.push(format!("worse than in the baseline: {how}"));
            }
        }
    }

    /// Whether this finding fails the run.
    pub fn fails(&self, one: &Judged) -> bool {
        if !one.is_open() {
            return false;
        }
        match is_unreadable(&one.finding) {
            true => !self.allow_unreadable,
            false => self.fail_on.is_some_and(|least| one.finding.severity >= least),
        }
    }

    /// How many findings count, by severity, worst first.
    pub fn counts(&self) -> Vec<(Severity, usize)> {
        let of = |severity| self.open().filter(|one| one.finding.severity == severity).count();
        Severity::ALL.into_iter().rev().map(|severity| (severity, of(severity))).collect()
    }

    /// How many findings are suppressed.
    pub fn suppressed(&self) -> usize {
        self.judged.iter().filter(|one| matches!(one.state, State::Suppressed { .. })).count()
    }

    /// How many findings the baseline lists.
    pub fn known(&self) -> usize {
        self.judged.iter().filter(|one| one.state == State::Known).count()
    }

    /// How many findings say that something was not read.
    pub fn unreadable(&self) -> usize {
        self.open().filter(|one| is_unreadable(&one.finding)).count()
    }

    /// The exit code: what was not read may hold worse than what was found, so it comes first.
    pub fn exit_code(&self) -> u8 {
        if self.unreadable() > 0 && !self.allow_unreadable {
            return 3;
        }
        u8::from(self.judged.iter().any(|one| self.fails(one)))
    }
}
