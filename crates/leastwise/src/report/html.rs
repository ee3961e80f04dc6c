//! Prints a page as one HTML file: no script, nothing fetched, light and dark by the reader's preference.
//!
//! Every text goes through maud's escaping. The content security policy is in the file, so that even a mistake here
//! could not run or fetch anything.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::page::{Cell, Line, Mood, Page, Section, grouped, visible};

const STYLE: &str = include_str!("report.css");

/// Prints the page.
pub(crate) fn print(page: &Page) -> String {
    let title = match &page.subject {
        Some(subject) => format!("{}: {}", page.title, visible(subject)),
        None => page.title.clone(),
    };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (page.title) }
                    @if let Some(subject) = &page.subject { p.subject { (code(subject)) } }
                    @for (number, line) in page.headline.iter().enumerate() {
                        (headline(line))
                        @if let (0, Some((granted, kept))) = (number, page.cut) { (bar(granted, kept)) }
                    }
                    (facts(page))
                    (contents(page))
                    @for (number, section) in page.sections.iter().enumerate() { (table(number, section)) }
                }
            }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    text
}

fn headline(line: &Line) -> Markup {
    let (class, sign) = match line.mood {
        Mood::Plain => ("plain", ""),
        Mood::Good => ("good", "✓ "),
        Mood::Bad => ("bad", "! "),
    };
    html! {
        p class={ "headline " (class) } { span aria-hidden="true" { (sign) } (visible(&line.text)) }
    }
}

fn bar(granted: u64, kept: u64) -> Markup {
    // A hair of the bar stays visible when next to nothing was kept.
    let share = (kept.min(granted) as f64 / granted.max(1) as f64 * 100.0).clamp(0.5, 100.0);
    let label = format!("{} of {} granted actions kept", grouped(kept), grouped(granted));
    html! {
        div.bar role="img" aria-label=(label) { div style=(format!("width:{share:.1}%")) {} }
    }
}

fn facts(page: &Page) -> Markup {
    html! {
        @if !page.facts.is_empty() {
            dl {
                @for (name, value) in &page.facts { div { dt { (name) } dd { (cell(value)) } } }
            }
        }
    }
}

fn contents(page: &Page) -> Markup {
    html! {
        @if page.sections.len() > 2 {
            nav aria-label="Sections" {
                ul {
                    @for (number, section) in page.sections.iter().enumerate() {
                        li {
                            a href=(format!("#s{number}")) { (section.title) }
                            @if !section.rows.is_empty() { " " span.count { (grouped(section.rows.len() as u64)) } }
                        }
                    }
                }
            }
        }
    }
}

fn table(number: usize, section: &Section) -> Markup {
    let id = format!("s{number}");
    let numeric: Vec<bool> = (0..section.columns.len())
        .map(|column| section.rows.iter().all(|row| matches!(row.get(column), Some(Cell::Count(_)))))
        .collect();
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (section.title) }
            @if !section.intro.is_empty() { p { (visible(&section.intro)) } }
            @if !section.rows.is_empty() {
                // A wide table scrolls inside its own region, which the keyboard can reach.
                div.scroll tabindex="0" role="region" aria-labelledby=(id) {
                    table {
                        thead { tr { @for (column, numeric) in section.columns.iter().zip(&numeric) {
                            th scope="col" class=[numeric.then_some("number")] { (column) }
                        } } }
                        tbody { @for row in &section.rows { tr { @for (value, numeric) in row.iter().zip(&numeric) {
                            td class=[numeric.then_some("number")] { (cell(value)) }
                        } } } }
                    }
                }
            }
        }
    }
}

fn cell(cell: &Cell) -> Markup {
    html! {
        @match cell {
            Cell::Text(text) => { (visible(text)) },
            Cell::Code(text) => { (code(text)) },
            Cell::Codes { before, codes, after } => {
                @if !before.is_empty() { div { (before) } }
                @for text in codes { div { (code(text)) } }
                @if !after.is_empty() { div { (after) } }
            },
            Cell::Count(number) => { (grouped(*number)) },
        }
    }
}

/// Foreign text, literally; set apart so that it cannot turn the words around it.
///
/// Only long text may break inside a word, so that a table does not cut short names to pieces.
fn code(text: &str) -> Markup {
    let long = text.chars().count() > 36;
    html! { code dir="ltr" class=[long.then_some("long")] { (visible(text)) } }
}
