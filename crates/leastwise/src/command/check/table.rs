//! For people: the findings one after another, each under its place, and what it comes to.

use leastwise_analysis::check::Severity;

use super::outcome::{Judged, Outcome, State};
use super::words;
use crate::output::{counted, plain};

/// How the text is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout {
    /// So many characters fit on a line; none when it goes to no terminal.
    pub width: Option<usize>,
    /// Whether it may be coloured.
    pub colour: bool,
}

impl Layout {
    /// Of standard output. Colours are for terminals whose user has not [refused them](https://no-color.org).
    pub fn of_stdout() -> Layout {
        use std::io::IsTerminal;
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb;
        Layout { width: crate::output::width(), colour }
    }

    fn painted(self, text: &str, code: &str) -> String {
        match self.colour {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}

/// All of it.
pub fn text(outcome: &Outcome<'_>, layout: Layout) -> String {
    let mut out = String::new();
    for one in outcome.open() {
        finding(&mut out, one, layout);
        out.push('\n');
    }
    summary(&mut out, outcome, layout);
    out
}

fn finding(out: &mut String, one: &Judged, layout: Layout) {
    let found = &one.finding;
    let place = format!("{}:{}:{}", plain(&found.file), found.at.line, found.at.column);
    let severity = layout.painted(found.severity.as_str(), colour(found.severity));
    out.push_str(&format!("{}  {severity}  {}\n", layout.painted(&place, "1"), found.code));
    if found.subject != *found.file {
        paragraph(out, "in", &format!("`{}`", found.subject), layout);
    }
    paragraph(out, "", &found.message, layout);
    for evidence in &found.evidence {
        paragraph(out, "shown by", evidence, layout);
    }
    if let Some(fix) = &found.fix {
        paragraph(out, "fix", fix, layout);
    }
}

/// Indented lines that are as wide as the terminal.
fn paragraph(out: &mut String, label: &str, text: &str, layout: Layout) {
    let label = if label.is_empty() { String::new() } else { format!("{label}: ") };
    let text = format!("{label}{}", plain(text));
    let width = layout.width.map(|width| width.saturating_sub(4).max(30));
    for (number, line) in words::wrapped(&text, width).iter().enumerate() {
        out.push_str(if number == 0 { "  " } else { "    " });
        out.push_str(line);
        out.push('\n');
    }
}

fn summary(out: &mut String, outcome: &Outcome<'_>, layout: Layout) {
    let read = format!(
        "{}, {}, {}",
        counted(outcome.files.len() as u64, "file", "files"),
        counted(outcome.documents as u64, "policy document", "policy documents"),
        counted(outcome.principals as u64, "principal", "principals")
    );
    let found = outcome.open().count() as u64;
    let headline = match found {
        0 => "nothing found".to_owned(),
        _ => {
            let counts = outcome.counts().into_iter().filter(|(_, count)| *count > 0);
            let counts: Vec<String> = counts
                .map(|(severity, count)| layout.painted(&format!("{count} {severity}"), colour(severity)))
                .collect();
            format!("{}: {}", counted(found, "finding", "findings"), counts.join(", "))
        }
    };
    out.push_str(&format!("{headline}; in {read}\n"));
    for line in words::aside(outcome) {
        out.push_str(&plain(&line));
        out.push('\n');
    }
    if let Some(first) = outcome.open().next() {
        out.push_str(&format!(
            "`leastwise explain {}` says more, `leastwise explain` lists all checks\n",
            first.finding.code
        ));
    }
}

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "1;31",
        Severity::High => "31",
        Severity::Medium => "33",
        Severity::Low => "36",
        Severity::Info => "2",
    }
}

/// Why a finding does not count, in words.
pub fn state(state: &State) -> Option<String> {
    match state {
        State::Open => None,
        State::Known => Some("listed in the baseline".to_owned()),
        State::Suppressed { reason, until, .. } => Some(format!("suppressed until {until}: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::tests::{finding, outcome};

    #[test]
    fn each_finding_stands_under_its_place() {
        insta::assert_snapshot!(text(&outcome(vec![finding()]), Layout::default()), @r"
        policies/agent.json:3:5  high  INVALID_ACTION
          in: `arn:aws:iam::111122223333:policy/agent`
          the service `s3` has no action `GetObjekt`
          shown by: a request
          fix: did you mean `s3:GetObject`?

        1 finding: 1 high; in 1 file, 1 policy document, 0 principals
        `leastwise explain INVALID_ACTION` says more, `leastwise explain` lists all checks
        ");
    }

    #[test]
    fn a_narrow_terminal_wraps_and_colours_only_what_is_ours() {
        let mut found = finding();
        found.subject = "agent".to_owned();
        found.message = "a long message ".repeat(10) + "\u{1b}[31m";
        let text = text(&outcome(vec![found]), Layout { width: Some(40), colour: false });
        assert!(text.lines().filter(|line| line.starts_with("  ")).all(|line| line.chars().count() <= 40));
        assert!(!text.contains('\u{1b}') && text.contains("\\u{1b}"), "{text}");
    }
}
