//! A file's text, read once as what its ending or its first character says.

use super::{Gathered, SourceFile};
use crate::source::{Lines, Node, Place};

/// A file with its content.
#[derive(Debug)]
pub(in crate::check) struct Text<'a> {
    pub(in crate::check) file: &'a SourceFile,
    pub(in crate::check) content: Content,
}

/// What a file holds.
#[derive(Debug)]
pub(in crate::check) enum Content {
    /// One JSON value.
    Json(Node),
}

/// Words by which a broken text can be told to have been meant for us.
const MARKS: [&str; 6] = [
    "\"Statement\"",
    "\"Effect\"",
    "AWSTemplateFormatVersion",
    "DetailList\"",
    "\"planned_values\"",
    "apiGroups",
];

impl<'a> Text<'a> {
    /// Reads the file; none when it is of no known kind or cannot be read, which is then said.
    pub(super) fn of(file: &'a SourceFile, gathered: &mut Gathered) -> Option<Text<'a>> {
        let ending = file.name.rsplit(['/', '\\']).next().and_then(|name| name.rsplit_once('.'));
        let ending = ending.map_or("", |(_, ending)| ending);
        let begins_as_json =
            file.text.trim_start_matches(['\u{feff}', ' ', '\t', '\n', '\r']).starts_with(['{', '[']);
        if ending.eq_ignore_ascii_case("json") || begins_as_json {
            return Text::json(file, gathered);
        }
        match file.named {
            true => gathered.unknown_format(file),
            false => gathered.estate.left_alone.push(file.name.clone()),
        }
        None
    }

    fn json(file: &'a SourceFile, gathered: &mut Gathered) -> Option<Text<'a>> {
        match Node::json(&file.text) {
            Ok(node) => Some(Text { file, content: Content::Json(node) }),
            Err(refusal) => {
                if file.named || MARKS.iter().any(|mark| file.text.contains(mark)) {
                    let at = Lines::new(&file.text).place(refusal.at);
                    gathered.not_json(file, at, &refusal.pointer, &refusal.reason);
                } else {
                    gathered.estate.left_alone.push(file.name.clone());
                }
                None
            }
        }
    }

    /// The JSON value, when it is JSON.
    pub(super) fn as_json(&self) -> Option<&Node> {
        match &self.content {
            Content::Json(node) => Some(node),
        }
    }
}

/// The place where a file begins.
pub(super) const BEGIN: Place = Place::START;
