//! What is wrong with an intent, where, and what to write instead.

use std::fmt;

use super::Place;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What, without the place.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// Everything that is wrong with an intent, in the order of the text. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentError {
    /// Each fault.
    pub faults: Vec<Fault>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(place: &Place, message: impl Into<String>) -> Fault {
        Fault { place: place.clone(), message: message.into(), help: None }
    }

    /// Says the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }
}

impl From<Fault> for IntentError {
    fn from(fault: Fault) -> IntentError {
        IntentError { faults: vec![fault] }
    }
}

impl IntentError {
    /// `value`, unless something was wrong.
    pub(crate) fn unless<T>(value: T, mut faults: Vec<Fault>) -> Result<T, IntentError> {
        faults.sort_by(|a, b| a.place.cmp(&b.place));
        faults.dedup();
        if faults.is_empty() { Ok(value) } else { Err(IntentError { faults }) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for IntentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for IntentError {}

/// The names of `known` that are nearest to `word`, for "did you mean".
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let limit = (word.chars().count() / 3 + 1).min(3);
    known
        .into_iter()
        .map(|name| (distance(&name.to_ascii_lowercase(), &word), name))
        .filter(|(far, _)| *far <= limit)
        .min()
        .map(|(_, name)| name)
}

/// Damerau and Levenshtein's distance with neighbours swapped: `raed` is one step from `read`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let swap = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + swap);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
