//! JUnit's XML, for test reports: a suite for each file, in it a case for each finding. What fails the run is a
//! failure, what cannot be read an error, what somebody suppressed is skipped; a file without findings is one case that
//! passed. The form is that of <https://github.com/testmoapp/junitxml>, which Jenkins and GitLab read.

use std::collections::BTreeMap;

use super::outcome::{Judged, Outcome, is_unreadable};
use super::table::state;

/// The cases of one file.
#[derive(Default)]
struct Suite<'a> {
    cases: Vec<&'a Judged>,
}

/// All of it.
pub fn text(outcome: &Outcome<'_>) -> String {
    let mut suites: BTreeMap<&str, Suite<'_>> =
        outcome.files.iter().map(|file| (&**file, Suite::default())).collect();
    for one in &outcome.judged {
        suites.entry(&one.finding.file).or_default().cases.push(one);
    }
    let mut total = Counts::default();
    let mut body = String::new();
    for (file, suite) in &suites {
        let counts = Counts::of(outcome, suite);
        total.add(&counts);
        body.push_str(&format!("  <testsuite name=\"{}\" {}>\n", escaped(file), counts.attributes()));
        if suite.cases.is_empty() {
            body.push_str(&format!(
                "    <testcase name=\"nothing found\" classname=\"{0}\" file=\"{0}\" time=\"0\"/>\n",
                escaped(file)
            ));
        }
        for one in &suite.cases {
            case(&mut body, outcome, one);
        }
        body.push_str("  </testsuite>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"leastwise check\" {}>\n{body}</testsuites>\n",
        total.attributes()
    )
}

fn case(out: &mut String, outcome: &Outcome<'_>, one: &Judged) {
    let found = &one.finding;
    let name = format!("{} {} ({}:{})", found.code, found.message, found.at.line, found.at.column);
    out.push_str(&format!(
        "    <testcase name=\"{}\" classname=\"{1}\" file=\"{1}\" time=\"0\">\n",
        escaped(&name),
        escaped(&found.file)
    ));
    let details = escaped(&details(one));
    let message = escaped(&found.message);
    let inside = match state(&one.state) {
        Some(why) => format!("<skipped message=\"{}\"/>", escaped(&why)),
        None if !outcome.fails(one) => format!("<system-out>{details}</system-out>"),
        None => {
            let element = if is_unreadable(found) { "error" } else { "failure" };
            format!("<{element} message=\"{message}\" type=\"{}\">{details}</{element}>", found.code)
        }
    };
    out.push_str(&format!("      {inside}\n    </testcase>\n"));
}

fn details(one: &Judged) -> String {
    let found = &one.finding;
    let mut text = format!(
        "{}:{}:{}\n{} ({}): {}\nin {}{}\n",
        found.file,
        found.at.line,
        found.at.column,
        found.severity,
        one.title(),
        found.message,
        found.subject,
        found.pointer
    );
    for evidence in &found.evidence {
        text.push_str(&format!("shown by: {evidence}\n"));
    }
    if let Some(fix) = &found.fix {
        text.push_str(&format!("fix: {fix}\n"));
    }
    text
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(outcome: &Outcome<'_>, suite: &Suite<'_>) -> Counts {
        let failing = |unreadable: bool| {
            let fails = |one: &&&Judged| outcome.fails(one) && is_unreadable(&one.finding) == unreadable;
            suite.cases.iter().filter(fails).count()
        };
        Counts {
            tests: suite.cases.len().max(1),
            failures: failing(false),
            errors: failing(true),
            skipped: suite.cases.iter().filter(|one| !one.is_open()).count(),
        }
    }

    fn add(&mut self, other: &Counts) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(&self) -> String {
        let Counts { tests, failures, errors, skipped } = self;
        format!(
            "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\""
        )
    }
}

/// Text within an element or an attribute. Characters that [XML 1.0](https://www.w3.org/TR/xml/#charsets) cannot hold
/// are shown as escapes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::{finding, outcome};

    #[test]
    fn a_file_without_findings_is_a_case_that_passed() {
        let mut clean = outcome(vec![]);
        clean.files = vec!["a.json".into()];
        insta::assert_snapshot!(text(&clean), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="leastwise check" tests="1" failures="0" errors="0" skipped="0" time="0">
          <testsuite name="a.json" tests="1" failures="0" errors="0" skipped="0" time="0">
            <testcase name="nothing found" classname="a.json" file="a.json" time="0"/>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn text_of_others_stays_text() {
        let mut found = finding();
        found.message = "]]></failure>\u{0}\u{1b}\"&'<b>\u{ffff}".to_owned();
        let text = text(&outcome(vec![found]));
        assert!(!text.contains("]]></failure>") && !text.contains(['\u{0}', '\u{1b}', '\u{ffff}']), "{text}");
        assert_eq!(text.matches("<failure").count(), 1);
    }
}
