//! What the families of checks note about a document: each looks at it once, for all its codes.

use crate::check::{Facts, Report, Subject};
use crate::source::{Node, Place};

/// Something noted under a code.
#[derive(Debug)]
pub(in crate::check) struct Note<'a> {
    code: &'static str,
    at: Place,
    node: &'a Node,
    message: String,
    fix: Option<String>,
}

/// What was noted so far.
#[derive(Debug, Default)]
pub(super) struct Notes<'a>(Vec<Note<'a>>);

impl<'a> Notes<'a> {
    /// Notes something at a value.
    pub(super) fn at(
        &mut self,
        code: &'static str,
        node: &'a Node,
        message: impl Into<String>,
    ) -> &mut Note<'a> {
        self.place(code, node.at, node, message)
    }

    /// Notes something at a key, whose value is `node`.
    pub(super) fn place(
        &mut self,
        code: &'static str,
        at: Place,
        node: &'a Node,
        message: impl Into<String>,
    ) -> &mut Note<'a> {
        self.0.push(Note { code, at, node, message: message.into(), fix: None });
        self.0.last_mut().expect("one was just pushed")
    }
}

impl Note<'_> {
    /// What to do about it.
    pub(super) fn fix(&mut self, text: impl Into<String>) {
        self.fix = Some(text.into());
    }
}

/// Reports what was noted under the code of the check that asks.
pub(in crate::check) fn tell(subject: &Subject<'_>, facts: &Facts<'_>, report: &mut Report<'_>) {
    let notes = subject.notes.get_or_init(|| {
        let mut notes = Notes::default();
        for note in super::NOTED {
            note(subject, facts, &mut notes);
        }
        notes.0
    });
    let code = report.code();
    for note in notes.iter().filter(|note| note.code == code) {
        let added = report.at_place(note.at, note.node, note.message.clone());
        if let Some(fix) = &note.fix {
            added.fix(fix.clone());
        }
    }
}
