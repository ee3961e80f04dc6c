//! Prints a page as Markdown that can be pasted into a pull request.
//!
//! Foreign text is code: a name such as `@org/team` or `#1` must not notify or link anyone. Where a code span cannot
//! hold it (back ticks, pipes and backslashes clash with the table rules of
//! <https://github.github.com/gfm/#tables-extension->), it becomes `<code>` with every sign as an entity.

use super::page::{Cell, Line, Mood, Page, Section, grouped, visible};

/// A table that may be folded is, when it has more rows.
const FOLDED_FROM: usize = 15;

/// Prints the page.
pub(crate) fn print(page: &Page) -> String {
    let mut text = format!("# {}", prose(&page.title));
    if let Some(subject) = &page.subject {
        text += &format!(": {}", code(subject));
    }
    text += "\n";
    for line in &page.headline {
        text += &headline(line);
    }
    if !page.facts.is_empty() {
        text += "\n| | |\n|---|---|\n";
        for (name, value) in &page.facts {
            text += &format!("| {} | {} |\n", prose(name), cell(value));
        }
    }
    for section in &page.sections {
        text += &table(section);
    }
    text
}

fn headline(line: &Line) -> String {
    match line.mood {
        Mood::Plain => format!("\n{}\n", prose(&line.text)),
        Mood::Good => format!("\n✅ **{}**\n", prose(&line.text)),
        Mood::Bad => format!("\n⚠️ **{}**\n", prose(&line.text)),
    }
}

fn table(section: &Section) -> String {
    let mut text = format!("\n## {}\n", prose(&section.title));
    if !section.intro.is_empty() {
        text += &format!("\n{}\n", prose(&section.intro));
    }
    if section.rows.is_empty() {
        return text;
    }
    let numbers =
        |column: usize| section.rows.iter().all(|row| matches!(row.get(column), Some(Cell::Count(_))));
    let folded = section.folds && section.rows.len() > FOLDED_FROM;
    if folded {
        // GitHub reads Markdown within HTML where an empty line sets it apart.
        text += &format!("\n<details>\n<summary>{} rows</summary>\n", grouped(section.rows.len() as u64));
    }
    text += &format!("\n| {} |\n|", section.columns.join(" | "));
    for column in 0..section.columns.len() {
        text += if numbers(column) { "---:|" } else { "---|" };
    }
    text += "\n";
    for row in &section.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        text += &format!("| {} |\n", cells.join(" | "));
    }
    if folded {
        text += "\n</details>\n";
    }
    text
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => prose(text),
        Cell::Code(text) => code(text),
        Cell::Codes { before, codes, after } => {
            let before = Some(prose(before)).filter(|words| !words.is_empty());
            let after = Some(prose(after)).filter(|words| !words.is_empty());
            let lines: Vec<String> =
                before.into_iter().chain(codes.iter().map(|text| code(text))).chain(after).collect();
            lines.join("<br>")
        }
        Cell::Count(number) => grouped(*number),
    }
}

/// Our own words, which may quote a name: no sign has a meaning in them.
fn prose(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '~' | '@' | '!' | '$' => {
                escaped.push_str(&format!("&#{};", c as u32));
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Foreign text, literally.
fn code(text: &str) -> String {
    let text = visible(text);
    let fits = !text.is_empty()
        && !text.contains(['`', '|', '\\'])
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace);
    if fits {
        return format!("`{text}`");
    }
    let entities: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_string() } else { format!("&#{};", c as u32) })
        .collect();
    format!("<code>{entities}</code>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_code_and_nothing_else() {
        assert_eq!(code("arn:aws:s3:::b/*"), "`arn:aws:s3:::b/*`");
        assert_eq!(code("@org/team <b>"), "`@org/team <b>`");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(code("`x`"), "<code>&#96;x&#96;</code>");
        assert_eq!(code("\\|"), "<code>&#92;&#124;</code>");
        assert_eq!(code("a\n| b"), "<code>a&#92;n&#124;&#32;b</code>");
        assert_eq!(code(""), "<code></code>");
    }

    #[test]
    fn long_lists_are_folded_whole_and_tables_that_ask_for_a_decision_never() {
        let section = |rows: usize, folds: bool| Section {
            title: "T".into(),
            columns: vec!["A"],
            rows: (0..rows).map(|row| vec![Cell::Count(row as u64)]).collect(),
            folds,
            ..Section::default()
        };
        let folded = table(&section(16, true));
        assert!(folded.contains("\n<details>\n<summary>16 rows</summary>\n\n| A |\n"), "{folded}");
        assert!(folded.ends_with("| 15 |\n\n</details>\n"), "{folded}");
        for open in [section(15, true), section(16, false)] {
            assert!(!table(&open).contains("details"));
        }
    }

    #[test]
    fn our_words_cannot_be_turned_into_markup_by_a_name_in_them() {
        assert_eq!(prose("a <script> [x](y) @you"), "a &#60;script&#62; &#91;x&#93;(y) &#64;you");
    }
}
