//! Suppressions: somebody says why a finding is fine, and until when. They are told when they lapse and when there is
//! nothing for them to do.

use leastwise_analysis::check::gate::{SUPPRESSION_LAPSED, SUPPRESSION_UNUSED};
use leastwise_analysis::check::{Check, Finding, all};
use leastwise_analysis::source::Place;
use leastwise_policy::glob::{Glob, overlaps};
use leastwise_policy::time::Date;

use super::outcome::{Judged, State};
use super::select::Selection;
use crate::output::nearest;

/// A suppression of the settings file.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// As it was written.
    code: String,
    file: Option<String>,
    subject: Option<String>,
    codes: Glob,
    files: Option<Glob>,
    subjects: Option<Glob>,
    reason: String,
    /// The last day.
    pub until: Date,
    /// Where it stands.
    pub at: Place,
}

/// What a run has looked at, so that silence elsewhere is not taken for a suppression without use.
#[derive(Debug, Default)]
pub struct Looked {
    /// Folders that were walked; empty for the working directory.
    pub folders: Vec<String>,
    /// Files that were read.
    pub files: Vec<String>,
}

impl Suppression {
    /// `code`, `file` and `subject` may have `*` and `?`.
    pub fn new(
        code: &str,
        file: Option<&str>,
        subject: Option<&str>,
        reason: String,
        until: Date,
        at: Place,
    ) -> Suppression {
        let file = file.map(|file| file.strip_prefix("./").unwrap_or(file).to_owned());
        Suppression {
            code: code.to_owned(),
            codes: Glob::new(code),
            files: file.as_deref().map(Glob::new),
            subjects: subject.map(Glob::new),
            subject: subject.map(str::to_owned),
            file,
            reason,
            until,
            at,
        }
    }

    pub fn is_about(&self, finding: &Finding) -> bool {
        let fits = |glob: &Option<Glob>, text: &str| glob.as_ref().is_none_or(|glob| glob.matches(text));
        self.is_of(finding.code) && fits(&self.files, &finding.file) && fits(&self.subjects, &finding.subject)
    }

    /// Whether it is about findings of this check.
    pub fn is_of(&self, code: &str) -> bool {
        self.codes.matches_ignoring_case(code)
    }

    /// Whether it holds wherever something is found: neither file nor subject says more than wildcards do.
    pub fn is_everywhere(&self) -> bool {
        let names = |text: &Option<String>| text.iter().any(|text| text.contains(char::is_alphanumeric));
        !names(&self.file) && !names(&self.subject)
    }

    /// Whether another one holds for the same, and as long.
    pub fn is_covered_by(&self, other: &Suppression) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a == b;
        self.code.eq_ignore_ascii_case(&other.code)
            && same(&self.file, &other.file)
            && same(&self.subject, &other.subject)
            && self.until.days() <= other.until.days()
    }

    /// What it suppresses, in words.
    pub fn what(&self) -> String {
        let file = self.file.iter().map(|file| format!(" in `{file}`"));
        let subject = self.subject.iter().map(|subject| format!(" of `{subject}`"));
        let rest: String = file.chain(subject).collect();
        format!("`{}`{rest} until {}: {}", self.code, self.until, self.reason)
    }

    /// Whether the run has looked at all that it can be about, or at something of it.
    fn was_looked_at(&self, looked: &Looked) -> bool {
        let pattern = self.file.as_deref().unwrap_or("*");
        let within = |folder: &String| folder.is_empty() || overlaps(pattern, &format!("{folder}/*"));
        let is_it = |file: &String| self.files.as_ref().is_some_and(|files| files.matches(file));
        looked.folders.iter().any(within) || looked.files.iter().any(is_it)
    }
}

/// Suppresses what is suppressed today; gives what is to be said of the suppressions themselves.
pub fn apply(
    judged: &mut [Judged],
    suppressions: &[Suppression],
    file: &str,
    looked: &Looked,
    selection: &Selection,
    today: Date,
) -> Vec<Finding> {
    let mut said = Vec::new();
    for suppression in suppressions {
        let lapsed = suppression.until.days() < today.days();
        let mut about = 0;
        for one in judged.iter_mut().filter(|one| suppression.is_about(&one.finding)) {
            about += 1;
            if !lapsed && one.is_open() {
                one.state = State::Suppressed {
                    reason: suppression.reason.clone(),
                    until: suppression.until.to_string(),
                    inline: false,
                };
            }
        }
        let selected = all().any(|check| selection.takes(check.code) && is_named(&suppression.code, check));
        let is_unknown = !all().any(|check| is_named(&suppression.code, check));
        let finding = if lapsed && (about > 0 || suppression.was_looked_at(looked)) {
            Some(lapsed_finding(file, suppression.at, &suppression.code, suppression.until, about))
        } else if about == 0 && suppression.was_looked_at(looked) && (selected || is_unknown) {
            Some(unused(file, suppression))
        } else {
            None
        };
        said.extend(finding);
    }
    said
}

fn is_named(code: &str, check: &Check) -> bool {
    Glob::new(code).matches_ignoring_case(check.code)
}

fn unused(file: &str, suppression: &Suppression) -> Finding {
    let code = &suppression.code;
    let mut finding = said(
        &SUPPRESSION_UNUSED,
        file,
        suppression.at,
        code,
        format!("nothing found is what `{code}` suppresses here"),
    );
    let is_unknown = !all().any(|check| is_named(code, check));
    let near = nearest(code, all().map(|check| check.code), 1);
    finding.fix = Some(match near.first().filter(|_| is_unknown) {
        Some(near) => format!("no check has this code; did you mean `{near}`?"),
        None => "take it out".to_owned(),
    });
    finding
}

/// A suppression whose last day is over.
pub fn lapsed_finding(file: &str, at: Place, code: &str, until: Date, about: usize) -> Finding {
    let what = match about {
        0 => "and there is nothing left for it to suppress".to_owned(),
        1 => "and what it suppressed counts again".to_owned(),
        _ => format!("and the {about} findings that it suppressed count again"),
    };
    let message = format!("the suppression of `{code}` lapsed after {until}, {what}");
    let mut finding = said(&SUPPRESSION_LAPSED, file, at, code, message);
    finding.fix = Some(match about {
        0 => "take it out".to_owned(),
        _ => "put right what it is about, or give a new reason and a new day".to_owned(),
    });
    finding
}

/// A finding about a suppression.
pub fn said(check: &'static Check, file: &str, at: Place, subject: &str, message: String) -> Finding {
    Finding {
        file: file.into(),
        at,
        code: check.code,
        pointer: String::new(),
        subject: subject.to_owned(),
        message,
        severity: check.severity,
        class: check.class,
        evidence: Vec::new(),
        fix: None,
    }
}
