//! A report as a page: a headline, facts, and tables. Markdown and HTML print pages and know nothing else.
//!
//! Whatever comes from logs, snapshots or policies is a [`Cell::Code`]: both printers show it literally, with what a
//! reader could not see (control characters, text that runs backwards) made visible.

/// A page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// What the page is about, in our words.
    pub title: String,
    /// Whom it is about, in the log's words.
    pub subject: Option<String>,
    /// The sentences that matter most.
    pub headline: Vec<Line>,
    /// Granted and kept, for the bar.
    pub cut: Option<(u64, u64)>,
    /// Names and values that identify the run.
    pub facts: Vec<(String, Cell)>,
    /// The tables.
    pub sections: Vec<Section>,
}

/// A sentence of the headline.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// How it is to be taken.
    pub mood: Mood,
    /// The sentence.
    pub text: String,
}

/// How a sentence is to be taken. The text says it too: colour alone is not a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Neither.
    Plain,
    /// As it should be.
    Good,
    /// Look at it.
    Bad,
}

/// A table with its heading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    /// The heading.
    pub title: String,
    /// What the table shows.
    pub intro: String,
    /// The heads of the columns.
    pub columns: Vec<&'static str>,
    /// The rows, as long as the columns are many.
    pub rows: Vec<Vec<Cell>>,
    /// Whether a long table may be folded: it is to look things up, and hides nothing that must be decided.
    pub folds: bool,
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Our own words.
    Text(String),
    /// Somebody else's text, shown literally.
    Code(String),
    /// Several of those, one below the other, with our words before and after; empty words are left out.
    Codes { before: &'static str, codes: Vec<String>, after: String },
    /// A number.
    Count(u64),
}

impl Cell {
    pub(crate) fn code(text: impl Into<String>) -> Cell {
        Cell::Code(text.into())
    }

    pub(crate) fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// At most `most` texts, and how many more there are.
    pub(crate) fn some(before: &'static str, texts: &[String], most: usize) -> Cell {
        let more = texts.len().saturating_sub(most) as u64;
        let after = if more > 0 { format!("… {} more", grouped(more)) } else { String::new() };
        Cell::Codes { before, codes: texts.iter().take(most).cloned().collect(), after }
    }
}

/// A number with a comma between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 event`, `2 events`.
pub(crate) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// The text with every character that a reader would not see, or that would move others, written out as `\u{…}`.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_invisible(c) => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let shown: Vec<String> = [0, 999, 1000, 1234567].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(visible("a\nb\u{202e}c\u{0}"), "a\\nb\\u{202e}c\\u{0}");
    }
}
