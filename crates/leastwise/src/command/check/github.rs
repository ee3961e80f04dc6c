//! Workflow commands, which GitHub shows beside the lines of a pull request:
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>. How they are escaped:
//! <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step, so the worst come first.

use std::cmp::Reverse;

use leastwise_analysis::check::Severity;

use super::outcome::{Judged, Outcome};
use super::words;
use crate::output::{counted, plain};

/// All of it.
pub fn text(outcome: &Outcome<'_>) -> String {
    let mut open: Vec<&Judged> = outcome.open().collect();
    open.sort_by_key(|one| Reverse(one.finding.severity));
    let mut out: String = open.iter().map(|one| command(one)).collect();
    let counts = outcome.counts().into_iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(severity, count)| format!("{count} {severity}")).collect();
    let headline = match counts.is_empty() {
        true => "nothing found".to_owned(),
        false => format!("{}: {}", counted(open.len() as u64, "finding", "findings"), counts.join(", ")),
    };
    for line in std::iter::once(headline).chain(words::aside(outcome)) {
        // No line of ours begins with `::`, and `plain` leaves no line break in one.
        out.push_str(&format!("leastwise: {}\n", plain(&line)));
    }
    out
}

fn command(one: &Judged) -> String {
    let found = &one.finding;
    let level = match found.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let mut message = format!("{}: {}", found.severity, found.message);
    for evidence in &found.evidence {
        message.push_str(&format!("\nshown by: {evidence}"));
    }
    if let Some(fix) = &found.fix {
        message.push_str(&format!("\nfix: {fix}"));
    }
    let title = format!("{} ({})", one.title(), found.code);
    format!(
        "::{level} file={},line={},col={},title={}::{}\n",
        property(&found.file),
        found.at.line,
        found.at.column,
        property(&title),
        data(&message)
    )
}

fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    // What is left of control characters has no meaning to GitHub, but has to terminals that show the log.
    plain(&text)
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::{finding, outcome};

    #[test]
    fn nothing_in_a_finding_makes_a_command_or_a_property_of_its_own() {
        let mut found = finding();
        found.file = "a,line=9::b%0A.json".into();
        found.message = "x\n::add-mask::secret\r100%".to_owned();
        let text = text(&outcome(vec![found]));
        assert_eq!(
            text.lines().next(),
            Some(
                "::error file=a%2Cline=9%3A%3Ab%250A.json,line=3,col=5,title=Invalid action (INVALID_ACTION)::high: \
                 x%0A::add-mask::secret%0D100%25%0Ashown by: a request%0Afix: did you mean `s3:GetObject`?"
            )
        );
        assert_eq!(text.lines().filter(|line| line.starts_with("::")).count(), 1);
    }
}
