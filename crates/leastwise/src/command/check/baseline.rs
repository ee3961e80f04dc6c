//! The baseline: findings that are known, so that only new ones fail. One line for each, sorted, so that a change of the
//! file can be read.
//!
//! A finding that is known and got worse counts again: its severity rose, somebody new holds it, what it stands at allows
//! more or is limited less, or, under the same catalogue, it names more than before.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use leastwise_analysis::check::{Finding, Grounding, Grounds, Severity};
use serde::{Deserialize, Serialize};

use super::fingerprint::listed;
use super::outcome::{Judged, State, is_unreadable};
use crate::atomic;
use crate::error::{Error, Result};

const SCHEMA: &str = "leastwise/baseline/2";
/// Says no more than fingerprints.
const FIRST: &str = "leastwise/baseline/1";

/// A finding that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file.
    pub file: String,
    /// The check's code.
    pub code: String,
    /// What it is about.
    pub subject: String,
    /// What was the matter.
    pub message: String,
    /// By which it is recognised.
    pub fingerprint: String,
    /// How bad it was; not said by the first form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Who held it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<String>,
    /// What it stood at allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may: Vec<String>,
    /// What limited that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub but: Vec<String>,
}

/// What is known.
#[derive(Debug, Default)]
pub struct Baseline {
    /// The findings.
    pub entries: Vec<Entry>,
    /// The catalogue under which they were found.
    pub catalog: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    #[serde(default)]
    catalog: Option<String>,
    findings: Vec<Entry>,
}

/// File, code, subject and message.
type Words<'a> = (&'a str, &'a str, &'a str, &'a str);

/// A finding as it was, to hold another against it.
pub struct Was<'a> {
    /// How bad it was.
    pub severity: Severity,
    /// What was the matter.
    pub message: &'a str,
    /// What it rested on.
    pub grounds: Grounds,
}

/// Reads a baseline.
pub fn read(path: &Path) -> Result<Baseline> {
    let cannot = || Error::input(format!("cannot read baseline `{}`", path.display()));
    let hint = "`leastwise check PATH --write-baseline FILE` writes one";
    let text = std::fs::read_to_string(path).map_err(|error| cannot().because(error).hint(hint))?;
    let file: File = serde_json::from_str(&text).map_err(|error| cannot().because(error).hint(hint))?;
    match file.schema == SCHEMA || file.schema == FIRST {
        true => Ok(Baseline { entries: file.findings, catalog: file.catalog }),
        false => Err(cannot().hint(format!("its schema is `{}`, and `{SCHEMA}` is known", file.schema))),
    }
}

/// What a baseline of another state lists, when it can be read.
pub fn parse(text: &str) -> Option<Baseline> {
    let file: File = serde_json::from_str(text).ok()?;
    Some(Baseline { entries: file.findings, catalog: file.catalog })
}

impl Baseline {
    /// Whether some of it was written in the first form, of which nobody can tell whether it got worse.
    pub fn is_of_first_form(&self) -> bool {
        self.entries.iter().any(|entry| entry.severity.is_none())
    }

    /// Marks what is known and did not get worse; gives what is known and was not found. `catalog` is the digest of the
    /// one that is in use.
    pub fn apply(self, judged: &mut [Judged], grounding: &Grounding<'_>, catalog: &str) -> Vec<Entry> {
        let same_catalog = self.catalog.as_deref() == Some(catalog);
        let known: HashMap<&str, &Entry> =
            self.entries.iter().map(|entry| (entry.fingerprint.as_str(), entry)).collect();
        // Of statements that are told in the same words, it does not matter which comes first.
        let mut alike: HashMap<Words<'_>, Vec<&Entry>> = HashMap::new();
        for entry in &self.entries {
            alike.entry((&entry.file, &entry.code, &entry.subject, &entry.message)).or_default().push(entry);
        }
        let mut found: HashSet<String> = HashSet::new();
        for one in judged.iter_mut() {
            let words = (&*one.finding.file, one.finding.code, &*one.finding.subject, &*one.finding.message);
            let own = known.get(one.fingerprint.as_str()).copied();
            // Only of what says what it rests on can it be told that it is another's equal.
            let others =
                alike.get(&words).into_iter().flatten().copied().filter(|entry| !entry.may.is_empty());
            let entries: Vec<&Entry> = own.into_iter().chain(others).collect();
            found.extend(entries.iter().map(|entry| entry.fingerprint.clone()));
            // What was not read is not known, whatever was written down of it.
            if entries.is_empty() || !one.is_open() || is_unreadable(&one.finding) {
                continue;
            }
            let worse =
                |entry: &Entry| entry.was().and_then(|was| was.worse(&one.finding, grounding, same_catalog));
            let how: Option<Vec<String>> = entries.iter().map(|entry| worse(entry)).collect();
            match how {
                None => one.state = State::Known,
                Some(how) => one.worse = how.into_iter().next(),
            }
        }
        let mut stale: Vec<Entry> =
            self.entries.into_iter().filter(|entry| !found.contains(&entry.fingerprint)).collect();
        stale.sort();
        stale
    }
}

impl Was<'_> {
    /// In which way the finding is worse than it was, if it is. What is listed counts only under the same catalogue: it
    /// grows with it.
    pub fn worse(&self, now: &Finding, grounding: &Grounding<'_>, same_catalog: bool) -> Option<String> {
        if now.severity > self.severity {
            return Some(format!("it was {}", self.severity));
        }
        let lists_more = same_catalog && self.message != now.message && {
            matches!((listed(self.message), listed(&now.message)), (Some(was), Some(is)) if is >= was)
        };
        let of_grounds = || grounding.grounds(now).worse_than(&self.grounds);
        match lists_more {
            true => Some("what it names became more, or other".to_owned()),
            false => of_grounds(),
        }
    }
}

/// Writes all findings that count or are known already. `catalog` is the digest of the one that is in use.
pub fn write(path: &Path, judged: &[Judged], grounding: &Grounding<'_>, catalog: &str) -> Result<usize> {
    let belongs =
        |one: &&Judged| !matches!(one.state, State::Suppressed { .. }) && !is_unreadable(&one.finding);
    let of = |one| Entry::of(one, grounding.grounds(&one.finding));
    let mut entries: Vec<Entry> = judged.iter().filter(belongs).map(of).collect();
    entries.sort();
    let mut text = format!("{{\"schema\":\"{SCHEMA}\",\"catalog\":\"{catalog}\",\"findings\":[");
    for (number, entry) in entries.iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        let line = serde_json::to_string(entry)
            .map_err(|error| Error::input("cannot write a finding as JSON").because(error))?;
        text.push_str(&line);
    }
    text.push_str("\n]}\n");
    atomic::write(path, text.as_bytes())?;
    Ok(entries.len())
}

impl Entry {
    fn of(one: &Judged, grounds: Grounds) -> Entry {
        let found = &one.finding;
        Entry {
            file: found.file.to_string(),
            code: found.code.to_owned(),
            subject: found.subject.clone(),
            message: found.message.clone(),
            fingerprint: one.fingerprint.clone(),
            severity: Some(found.severity.to_string()),
            held_by: grounds.held_by,
            may: grounds.may,
            but: grounds.but,
        }
    }

    /// How it was; not said by the first form.
    fn was(&self) -> Option<Was<'_>> {
        let said = self.severity.as_deref()?;
        // A word that is no severity excuses nothing.
        let severity = Severity::ALL.into_iter().find(|severity| severity.as_str() == said);
        let (held_by, may, but) = (self.held_by.clone(), self.may.clone(), self.but.clone());
        Some(Was {
            severity: severity.unwrap_or(Severity::Info),
            message: &self.message,
            grounds: Grounds { held_by, may, but },
        })
    }
}

#[cfg(test)]
mod tests {
    use leastwise_analysis::check::{Estate, Facts, SourceFile, read as estate_of, run};
    use leastwise_catalog::Catalog;

    use super::*;
    use crate::command::check::tests::finding;

    const CATALOG: &str = "one";

    fn entry(finding: &Finding) -> Entry {
        let judged = Judged::all(vec![finding.clone()]).remove(0);
        Entry::of(&judged, Grounds::default())
    }

    fn judge(known: Vec<Entry>, now: Finding, catalog: &str) -> Judged {
        let mut judged = Judged::all(vec![now]);
        let estate = Estate::default();
        let baseline = Baseline { entries: known, catalog: Some(CATALOG.to_owned()) };
        baseline.apply(&mut judged, &Grounding::of(&estate), catalog);
        judged.remove(0)
    }

    #[test]
    fn a_finding_whose_severity_rises_is_open_again() {
        let mut worse = finding();
        worse.severity = Severity::Critical;
        let judged = judge(vec![entry(&finding())], worse, CATALOG);
        assert_eq!((judged.is_open(), judged.worse.as_deref()), (true, Some("it was high")));
        let mut better = finding();
        better.severity = Severity::Low;
        assert_eq!(judge(vec![entry(&finding())], better, CATALOG).state, State::Known);
    }

    #[test]
    fn what_grows_with_the_catalogue_is_known_and_what_grows_without_is_open() {
        let of = |message: &str| Finding { message: message.to_owned(), ..finding() };
        let was = of("can destroy: `a:DeleteA`, `b:DeleteB` and 8 more");
        let more = of("can destroy: `a:DeleteA`, `b:DeleteB` and 9 more");
        let fewer = of("can destroy: `a:DeleteA`, `b:DeleteB` and 7 more");
        assert!(judge(vec![entry(&was)], more.clone(), CATALOG).is_open());
        assert_eq!(judge(vec![entry(&was)], more, "another").state, State::Known);
        assert_eq!(judge(vec![entry(&was)], fewer, CATALOG).state, State::Known);
    }

    #[test]
    fn an_entry_of_the_first_form_knows_by_fingerprint_alone() {
        let mut first = entry(&finding());
        first.severity = None;
        let baseline = Baseline { entries: vec![first.clone()], catalog: None };
        assert!(baseline.is_of_first_form());
        let mut worse = finding();
        worse.severity = Severity::Critical;
        assert_eq!(judge(vec![first], worse, CATALOG).state, State::Known);
    }

    #[test]
    fn statements_told_alike_may_change_places() {
        let catalog = Catalog::embedded();
        let text = |one: &str, other: &str| {
            let statement = |bucket: &str| {
                format!(
                    r#"{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::{bucket}/*"}}"#
                )
            };
            format!(r#"{{"Version":"2012-10-17","Statement":[{},{}]}}"#, statement(one), statement(other))
        };
        let (before, after) = (text("a", "b"), text("b", "a"));
        let [before, after] = [before, after].map(|text| estate_of(&[SourceFile::named("p.json", text)]));
        let find = |estate: &Estate| {
            let mut findings = run(estate, &Facts::new(catalog));
            findings.retain(|finding| finding.code == "PUBLIC_ACCESS");
            Judged::all(findings)
        };
        let known = |estate: &Estate| {
            let grounding = Grounding::of(estate);
            find(estate).iter().map(|one| Entry::of(one, grounding.grounds(&one.finding))).collect()
        };
        let mut judged = find(&after);
        let baseline = Baseline { entries: known(&before), catalog: None };
        baseline.apply(&mut judged, &Grounding::of(&after), CATALOG);
        assert_eq!(judged.len(), 2);
        assert!(judged.iter().all(|one| one.state == State::Known), "{judged:?}");
    }
}
