//! The index of `rightsize --all`: what shrank, and by how much.

use leastwise_analysis::proof::Inclusion;
use serde::Serialize;

use super::headline::{missing_lines, percent};
use super::page::{Cell, Line, Mood, Page, Section, grouped, plural};
use super::sections::missing;
use super::view::Skipped;

/// The right-sizing of many principals at a glance. The shape is a contract, as for a single report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Index {
    pub schema: &'static str,
    /// Sorted by how many actions went, most first.
    pub principals: Vec<Entry>,
    /// Granted actions of all principals together, where it is known.
    pub granted_actions: u64,
    /// Kept actions of the same principals.
    pub kept_actions: u64,
    pub skipped: Vec<Skipped>,
}

/// One principal of an index.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Entry {
    /// The ARN.
    pub principal: String,
    /// Granted actions; nothing when it is not known.
    pub granted_actions: Option<u64>,
    /// Kept actions.
    pub kept_actions: u64,
    /// Of these, destructive.
    pub destructive_kept: u64,
    /// Authorised events.
    pub events: u64,
    /// Of these, not decidable from the log: what was granted for their actions is kept.
    pub undecided: u64,
    /// Of these, allowed neither by the new policy nor by the granted one, which has the action nowhere.
    pub not_granted: u64,
    /// Whether the new policy allows nothing that was not granted; nothing when it was not right-sized.
    pub within: Option<Inclusion>,
    /// Whether the proof holds; nothing when there was nothing to replay.
    pub proof_holds: Option<bool>,
    /// What `--holdout` measured, from 0 to 1; nothing when it was not asked for or could not tell.
    pub false_deny_rate: Option<f64>,
    /// How many policy documents there are.
    pub documents: u64,
    /// Whether they fit AWS's quotas; nothing when it was not right-sized.
    pub fits: Option<bool>,
    /// How many there would be with `--width prefix`, when that is less.
    #[serde(skip)]
    pub fewer: Option<u64>,
    /// Whether it was not used at all.
    pub dormant: bool,
    /// Why it was not right-sized (made by a service, say); empty when it was.
    pub left_alone: String,
    /// The files that were written for it.
    pub files: Vec<String>,
}

impl Entry {
    fn removed(&self) -> Option<u64> {
        self.left_alone.is_empty().then_some(())?;
        self.granted_actions.map(|granted| granted.saturating_sub(self.kept_actions))
    }
}

impl Index {
    /// Makes the index.
    pub(crate) fn new(mut principals: Vec<Entry>, skipped: Vec<Skipped>) -> Index {
        principals.sort_by(|a, b| b.removed().cmp(&a.removed()).then_with(|| a.principal.cmp(&b.principal)));
        let known = || principals.iter().filter(|entry| entry.removed().is_some());
        Index {
            schema: "leastwise/index/1",
            granted_actions: known().filter_map(|entry| entry.granted_actions).sum(),
            kept_actions: known().map(|entry| entry.kept_actions).sum(),
            principals,
            skipped,
        }
    }

    pub(super) fn page(&self) -> Page {
        let mut sections = vec![Section {
            title: "Principals".to_owned(),
            intro: "Those that shrank most come first.".to_owned(),
            columns: vec![
                "Principal",
                "Granted",
                "Kept",
                "Removed",
                "Destructive kept",
                "Events",
                "Proof",
                "Files",
            ],
            rows: self.principals.iter().map(row).collect(),
            folds: false,
        }];
        sections.extend(self.holdout());
        sections.extend(missing(&self.skipped).into_iter().flatten());
        Page {
            title: "Right-sizing of every principal".to_owned(),
            subject: None,
            headline: self.headline(),
            cut: (self.granted_actions > 0).then_some((self.granted_actions, self.kept_actions)),
            facts: Vec::new(),
            sections,
        }
    }

    /// What `--holdout` measured, when it did.
    fn holdout(&self) -> Option<Section> {
        let rate = |entry: &Entry| {
            Some(vec![Cell::code(&entry.principal), Cell::text(percent(entry.false_deny_rate?))])
        };
        let rows: Vec<Vec<Cell>> = self.principals.iter().filter_map(rate).collect();
        (!rows.is_empty()).then(|| Section {
            title: "Holdout".to_owned(),
            intro: "How much of the newest days a policy made from the time before would have denied wrongly. The new \
                    policies are made from all days."
                .to_owned(),
            columns: vec!["Principal", "Would have been denied"],
            rows,
            folds: false,
        })
    }

    /// The principals that were right-sized.
    pub(crate) fn sized(&self) -> impl Iterator<Item = &Entry> {
        self.principals.iter().filter(|entry| entry.left_alone.is_empty())
    }

    fn headline(&self) -> Vec<Line> {
        let sized = || self.sized();
        let principals = |count: usize| plural(count as u64, "principal", "principals");
        let text = format!(
            "{}: granted {} actions → kept {}",
            principals(sized().count()),
            grouped(self.granted_actions),
            grouped(self.kept_actions)
        );
        let mut lines = vec![Line { mood: Mood::Plain, text }];
        let broken = sized().filter(|entry| entry.proof_holds == Some(false)).count();
        let proved = sized().filter(|entry| entry.proof_holds == Some(true)).count();
        if broken > 0 {
            let text = format!("The proof does not hold for {}", principals(broken));
            lines.push(Line { mood: Mood::Bad, text });
        }
        if proved > 0 {
            lines
                .push(Line { mood: Mood::Good, text: format!("The proof holds for {}", principals(proved)) });
        }
        lines.extend(Inclusion::ALL.into_iter().rev().filter_map(|answer| {
            let count = sized().filter(|entry| entry.within == Some(answer)).count();
            (count > 0).then(|| within(answer, &principals(count)))
        }));
        let sum = |count: fn(&Entry) -> u64| sized().map(count).sum::<u64>();
        let open = not_told(sum(|entry| entry.undecided), sum(|entry| entry.not_granted));
        if let Some(open) = open.strip_prefix("; ") {
            lines.push(Line { mood: Mood::Bad, text: format!("Of all authorised events, {open}") });
        }
        let too_long = sized().filter(|entry| entry.fits == Some(false)).count();
        if too_long > 0 {
            let text = format!("The policy does not fit AWS's quota: {}", principals(too_long));
            lines.push(Line { mood: Mood::Bad, text });
        }
        let dormant = sized().filter(|entry| entry.dormant).count();
        if dormant > 0 {
            lines.push(Line { mood: Mood::Bad, text: format!("Dormant: {}", principals(dormant)) });
        }
        lines.extend(missing_lines(&self.skipped));
        lines
    }
}

/// Events that are neither allowed nor newly denied, when there are any.
fn not_told(undecided: u64, not_granted: u64) -> String {
    let mut text = String::new();
    for (count, what) in [(undecided, "not decidable"), (not_granted, "not granted before either")] {
        if count > 0 {
            text.push_str(&format!("; {} {what}", grouped(count)));
        }
    }
    text
}

fn within(answer: Inclusion, these: &str) -> Line {
    match answer {
        Inclusion::Holds => {
            Line { mood: Mood::Good, text: format!("Nothing is allowed that was not granted: {these}") }
        }
        Inclusion::DoesNotHold => {
            Line { mood: Mood::Bad, text: format!("The new policy allows what was not granted: {these}") }
        }
        Inclusion::Unknown => {
            let text = format!("Whether something is allowed that was not granted is not decided: {these}");
            Line { mood: Mood::Bad, text }
        }
    }
}

fn row(entry: &Entry) -> Vec<Cell> {
    let number = |number: Option<u64>| Cell::text(number.map_or("not known".to_owned(), grouped));
    let proof = match (entry.left_alone.as_str(), entry.dormant, entry.proof_holds) {
        ("", true, _) => "dormant",
        ("", false, Some(true)) => "holds",
        ("", false, Some(false)) => "does not hold",
        ("", false, None) => "",
        (why, ..) => why,
    };
    let open = not_told(entry.undecided, entry.not_granted);
    let wider = match entry.within {
        Some(Inclusion::DoesNotHold) => "; allows what was not granted",
        Some(Inclusion::Unknown) => "; whether more than was granted is not decided",
        _ => "",
    };
    let too_long = if entry.fits == Some(false) { "; does not fit AWS's quota" } else { "" };
    vec![
        Cell::code(&entry.principal),
        number(entry.granted_actions),
        Cell::Count(entry.kept_actions),
        number(entry.removed()),
        Cell::Count(entry.destructive_kept),
        Cell::Count(entry.events),
        Cell::text(format!("{proof}{open}{wider}{too_long}")),
        Cell::some("", &entry.files, 4),
    ]
}
