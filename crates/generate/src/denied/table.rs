//! The table of messages, `messages.txt`: which texts are refusals, and where each form is documented.

use std::sync::OnceLock;

use super::Platform;

static TEXT: &str = include_str!("messages.txt");

/// The rows of the table and the layers that they name.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    pub(super) layers: Vec<Layer>,
}

/// One form of message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) platform: Platform,
    pub(super) says: Says,
    pub(super) pieces: Vec<Piece>,
    /// Where the form is documented or was seen.
    pub(super) page: &'static str,
}

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// What was asked.
    Refused,
    /// After a refusal: which layer has no allow.
    ThenMissing(&'static str),
    /// After a refusal: which layer denies.
    ThenDenied(&'static str),
    /// By itself: which layer denies.
    Denied(&'static str),
    /// That something was refused, and how much of it.
    Unsaid(&'static str),
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text as it stands.
    Literal(&'static str),
    /// White space; whether there must be some.
    Space(bool),
    /// A hole by its name.
    Hole(&'static str, Class),
}

/// What fills a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// No white space, quotes or angle brackets.
    Word,
    /// Letters, digits and `:._/*@-`.
    Name,
    /// Anything between double quotes, nothing included.
    Quoted,
    /// Anything on the line, up to the next text.
    Line,
    /// Anything, over lines too, up to the next text.
    Text,
    /// A resource as AWS writes it, to its end.
    Rest,
}

/// A kind of policy or check that can stand in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) platform: Platform,
    pub(super) name: &'static str,
    /// What it is, in words.
    pub(super) what: &'static str,
    /// Where to look.
    pub(super) look: &'static str,
}

impl Table {
    /// The table that is part of the program.
    pub(super) fn embedded() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| Table::parse(TEXT).expect("the table parses, which a test shows"))
    }

    /// Reads the table.
    ///
    /// # Errors
    /// The first line that is no row.
    fn parse(text: &'static str) -> Result<Table, String> {
        let mut table = Table::default();
        let mut page = "";
        for (index, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = || format!("messages.txt:{}: `{line}` is no row", index + 1);
            if let Some(url) = line.strip_prefix("page ") {
                page = url;
                continue;
            }
            let (head, rest) = line.split_once(": ").ok_or_else(wrong)?;
            let head: Vec<&str> = head.split(' ').collect();
            if let ["layer", platform, name] = head[..] {
                let (what, look) = rest.split_once(" | ").ok_or_else(wrong)?;
                let platform = Platform::parse(platform).ok_or_else(wrong)?;
                table.layers.push(Layer { platform, name, what, look });
                continue;
            }
            let (platform, says) = match head[..] {
                [platform, "refused"] => (platform, Says::Refused),
                [platform, "then", "missing", layer] => (platform, Says::ThenMissing(layer)),
                [platform, "then", "denied", layer] => (platform, Says::ThenDenied(layer)),
                [platform, "denied", layer] => (platform, Says::Denied(layer)),
                [platform, "unsaid", what] => (platform, Says::Unsaid(what)),
                _ => return Err(wrong()),
            };
            let platform = Platform::parse(platform).ok_or_else(wrong)?;
            let pieces = pieces(rest).ok_or_else(wrong)?;
            table.rows.push(Row { platform, says, pieces, page });
        }
        Ok(table)
    }

    /// The layer of that name.
    pub(super) fn layer(&self, platform: Platform, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.platform == platform && layer.name == name)
    }
}

fn pieces(mut rest: &'static str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('{') {
            let (hole, after) = after.split_once('}')?;
            let (name, class) = hole.split_once(':').unwrap_or((hole, ""));
            pieces.push(Piece::Hole(name, class_of(name, class)?));
            rest = after;
            continue;
        }
        if rest.starts_with([' ', '~']) {
            let after = rest.trim_start_matches([' ', '~']);
            let blanks = &rest[..rest.len() - after.len()];
            pieces.push(Piece::Space(!blanks.contains('~')));
            rest = after;
            continue;
        }
        let end = rest.find([' ', '~', '{']).unwrap_or(rest.len());
        pieces.push(Piece::Literal(&rest[..end]));
        rest = &rest[end..];
    }
    let first_text = pieces.iter().position(|piece| matches!(piece, Piece::Literal(_)))?;
    // What stands before the first text is looked for backwards: a hole and white space at most.
    (first_text <= 2).then_some(pieces)
}

fn class_of(name: &str, class: &str) -> Option<Class> {
    Some(match (class, name) {
        ("word", _) | ("", "principal" | "policy") => Class::Word,
        ("name", _) | ("", "action") => Class::Name,
        ("quoted", _) => Class::Quoted,
        ("line", _) | ("", _) => Class::Line,
        ("text", _) => Class::Text,
        ("rest", _) => Class::Rest,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_parses_names_its_page_and_a_layer_that_is_described() {
        let table = Table::parse(TEXT).expect("the table parses");
        assert!(table.rows.len() > 60, "{}", table.rows.len());
        for row in &table.rows {
            assert!(row.page.starts_with("https://"), "{row:?}");
            let layer = match row.says {
                Says::ThenMissing(layer) | Says::ThenDenied(layer) | Says::Denied(layer) => layer,
                Says::Refused | Says::Unsaid(_) => continue,
            };
            assert!(table.layer(row.platform, layer).is_some(), "no layer {layer}");
        }
    }

    #[test]
    fn what_is_no_row_is_refused_with_its_line() {
        for text in [
            "aws refused x",
            "aws perhaps: x",
            "mars refused: x",
            "aws refused: {a} {b} {c}",
            "layer aws x: y",
        ] {
            let error = Table::parse(text).expect_err("refused");
            assert!(error.starts_with("messages.txt:1: "), "{error}");
        }
    }
}
