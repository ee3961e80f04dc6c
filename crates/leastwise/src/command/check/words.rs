//! What several outputs say in the same words.

use unicode_width::UnicodeWidthStr;

use super::outcome::Outcome;
use crate::output::counted;

/// What was set aside, line by line.
pub fn aside(outcome: &Outcome<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(against) = &outcome.against {
        lines.push(format!(
            "compared with `{}`: {}, {} that it has as well left out",
            against.state,
            counted(against.compared as u64, "document or principal", "documents and principals"),
            counted(against.left_out as u64, "finding", "findings")
        ));
    }
    if outcome.suppressed() > 0 {
        lines.push(format!("suppressed: {}", counted(outcome.suppressed() as u64, "finding", "findings")));
    }
    if outcome.has_baseline {
        lines.push(format!(
            "listed in the baseline: {}",
            counted(outcome.known() as u64, "finding", "findings")
        ));
    }
    if !outcome.stale.is_empty() {
        lines.push(format!(
            "in the baseline and no more found: {}; --write-baseline drops them",
            counted(outcome.stale.len() as u64, "finding", "findings")
        ));
    }
    lines
}

/// Lines of at most so many columns, broken at blanks; what is longer without a blank stays whole, so that it can be
/// copied.
pub fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else { return vec![text.to_owned()] };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
