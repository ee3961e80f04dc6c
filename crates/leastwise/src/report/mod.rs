//! Reports of a right-sizing: Markdown for a pull request, JSON for programs, HTML for people.
//!
//! ```text
//! analysis types ─► view::Report ─► JSON
//!                        └────────► page::Page ─► Markdown, HTML
//! ```
//! Every name in a report comes from logs, snapshots or policies and is treated as hostile.

mod evidence;
mod headline;
mod html;
mod index;
mod markdown;
mod page;
mod replaces;
mod sections;
mod view;

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;

pub(crate) use headline::{GROWING, percent};
pub(crate) use index::{Entry, Index};
pub(crate) use replaces::{New, Replaces};
pub(crate) use view::{HoldoutSummary, Input, ProofSummary, Replayed, Report, Run, Skipped};

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// For a pull request.
    Markdown,
    /// For programs.
    Json,
    /// For people; one file that needs nothing else.
    Html,
}

impl Kind {
    /// The format that a file name asks for.
    pub(crate) fn of(path: &Path) -> Option<Kind> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Kind::Markdown),
            "json" => Some(Kind::Json),
            "html" | "htm" => Some(Kind::Html),
            _ => None,
        }
    }
}

impl Report {
    /// The text of the report.
    pub(crate) fn render(&self, kind: Kind) -> String {
        render(self, &sections::page(self), kind)
    }
}

impl Index {
    /// The text of the index.
    pub(crate) fn render(&self, kind: Kind) -> String {
        render(self, &self.page(), kind)
    }
}

fn render(view: &impl Serialize, page: &page::Page, kind: Kind) -> String {
    match kind {
        Kind::Markdown => markdown::print(page),
        Kind::Html => html::print(page),
        Kind::Json => json(view),
    }
}

/// The values that reports are made of have string keys and finite numbers, so they can always be written.
fn json(view: &impl Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(view).expect("string keys and finite numbers are always json");
    text.push('\n');
    text
}
