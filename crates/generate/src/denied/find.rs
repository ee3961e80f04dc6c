//! Where a row of the table fits a text, and what fills its holes.

use super::table::{Class, Piece, Row};

/// The longest text that a hole may take, so that no row spans a file.
const LONGEST: usize = 2_000;
/// How many ends of a hole are tried.
const TRIES: usize = 48;

/// A row that fits.
#[derive(Debug, Clone)]
pub(super) struct Fit<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) holes: Vec<(&'static str, &'t str)>,
}

impl<'t> Fit<'t> {
    /// What fills a hole.
    pub(super) fn hole(&self, name: &str) -> Option<&'t str> {
        self.holes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

/// All places where the row fits, in order.
pub(super) fn all<'t>(text: &'t str, row: &Row) -> Vec<Fit<'t>> {
    let mut fits = Vec::new();
    let Some(first) = row.pieces.iter().position(|piece| matches!(piece, Piece::Literal(_))) else {
        return fits;
    };
    let Piece::Literal(anchor) = row.pieces[first] else { return fits };
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(anchor)).map(|at| at + from) {
        from = at + anchor.len();
        let Some((start, mut holes)) = before(text, at, &row.pieces[..first]) else { continue };
        if let Some(end) = after(text, at, &row.pieces[first..], &mut holes) {
            fits.push(Fit { start, end, holes });
        }
    }
    fits
}

/// Whether the row fits at the very place, but for white space and marks before it.
pub(super) fn at<'t>(text: &'t str, place: usize, row: &Row) -> Option<Fit<'t>> {
    let rest = text.get(place..)?;
    let start =
        text.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || "\"'.,;:".contains(c)).len();
    let mut holes = Vec::new();
    let end = after(text, start, &row.pieces, &mut holes)?;
    Some(Fit { start, end, holes })
}

/// What stands before the first text of a row: a hole at most, which is looked for backwards.
fn before<'t>(text: &'t str, at: usize, pieces: &[Piece]) -> Option<(usize, Vec<(&'static str, &'t str)>)> {
    let mut holes = Vec::new();
    let mut start = at;
    for piece in pieces.iter().rev() {
        let head = &text[..start];
        match piece {
            Piece::Space(needed) => {
                let trimmed = head.trim_end();
                if *needed && trimmed.len() == head.len() {
                    return None;
                }
                start = trimmed.len();
            }
            Piece::Hole(name, class) => {
                let letters = head.char_indices().rev().take_while(|(_, letter)| class.takes(*letter));
                start = letters.last().map(|(index, _)| index)?;
                keep(&mut holes, name, &head[start..]);
            }
            Piece::Literal(_) => return None,
        }
    }
    Some((start, holes))
}

/// Matches the pieces from a place on; gives the end.
fn after<'t>(
    text: &'t str,
    at: usize,
    pieces: &[Piece],
    holes: &mut Vec<(&'static str, &'t str)>,
) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else { return Some(at) };
    let here = text.get(at..)?;
    match piece {
        Piece::Literal(literal) => {
            here.starts_with(literal).then_some(())?;
            after(text, at + literal.len(), rest, holes)
        }
        Piece::Space(needed) => {
            let trimmed = here.trim_start();
            let skipped = here.len() - trimmed.len();
            (skipped > 0 || !needed).then_some(())?;
            after(text, at + skipped, rest, holes)
        }
        Piece::Hole(name, class) => {
            let known = holes.len();
            for length in class.lengths(here, rest) {
                keep(holes, name, &here[..length]);
                if let Some(end) = after(text, at + length, rest, holes) {
                    return Some(end);
                }
                holes.truncate(known);
            }
            None
        }
    }
}

fn keep<'t>(holes: &mut Vec<(&'static str, &'t str)>, name: &'static str, value: &'t str) {
    if name != "_" {
        holes.push((name, value));
    }
}

impl Class {
    /// Whether a letter can stand in the hole.
    fn takes(self, letter: char) -> bool {
        match self {
            Class::Word => !letter.is_whitespace() && !"\"'<>`".contains(letter),
            Class::Name => letter.is_ascii_alphanumeric() || ":._/*@-".contains(letter),
            Class::Quoted => letter != '"' && letter != '\n',
            Class::Line | Class::Rest => letter != '\n',
            Class::Text => true,
        }
    }

    /// The lengths that the hole may have, the likeliest first.
    fn lengths(self, here: &str, rest: &[Piece]) -> Vec<usize> {
        let end = here.char_indices().find(|(index, letter)| *index >= LONGEST || !self.takes(*letter));
        let most = end.map_or(here.len(), |(index, _)| index);
        match self {
            Class::Rest => resource_length(&here[..most]).into_iter().collect(),
            Class::Quoted => vec![most],
            Class::Word | Class::Name => {
                // A full stop ends the sentence, not the name.
                let trimmed = here[..most].trim_end_matches(['.', ',', ':', ';']).len();
                let shorter = (1..trimmed).rev().filter(|length| here.is_char_boundary(*length));
                let all = (trimmed > 0).then_some(trimmed).into_iter().chain(shorter);
                if rest.is_empty() { all.take(1).collect() } else { all.take(TRIES).collect() }
            }
            Class::Line | Class::Text => {
                let next = rest.iter().find_map(|piece| match piece {
                    Piece::Literal(literal) => Some(*literal),
                    _ => None,
                });
                let Some(next) = next else { return vec![here[..most].trim_end().len()] };
                // White space of the next piece may go over the line's end.
                let mut end = (most + next.len() + 8).min(here.len());
                while !here.is_char_boundary(end) {
                    end -= 1;
                }
                let found = here[..end].match_indices(next).take(TRIES);
                let spaced = matches!(rest.first(), Some(Piece::Space(_)));
                let length = |index: usize| if spaced { here[..index].trim_end().len() } else { index };
                found.map(|(index, _)| length(index)).filter(|length| *length <= most).collect()
            }
        }
    }
}

/// How long a resource is as AWS writes it: to what says why; without that, an ARN ends where white space begins, and
/// a name in words (`role app`) with the sentence.
fn resource_length(line: &str) -> Option<usize> {
    let quoted = line.strip_prefix('"').and_then(|rest| rest.find('"'));
    let line = match quoted {
        Some(end) => &line[..end + 2],
        None => &line[..closing(line)],
    };
    let whys = [" because ", " with an explicit deny"];
    let why = whys.iter().filter_map(|why| line.find(why)).min();
    let length = why.unwrap_or_else(|| {
        let ends = [". ", " (", ", ", "; "];
        let sentence = ends.iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
        match line.starts_with("arn:") {
            true => line[..sentence].find(char::is_whitespace).unwrap_or(sentence),
            false => sentence,
        }
    });
    let length = line[..length].trim_end_matches(|c: char| c.is_whitespace() || ".,;'".contains(c)).len();
    (length > 0).then_some(length)
}

/// Where the string or element ends in which the line stands: a quote inside of a name is followed by more of it.
fn closing(line: &str) -> usize {
    let ends = |after: Option<char>| after.is_none_or(|c| c.is_whitespace() || ",}])\\;".contains(c));
    let mut letters = line.char_indices().peekable();
    while let Some((index, letter)) = letters.next() {
        let after = letters.peek().map(|(_, after)| *after);
        if matches!(letter, '<' | '\t') || (letter == '"' && ends(after)) {
            return index;
        }
    }
    line.len()
}
