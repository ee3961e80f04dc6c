//! Where a noun phrase belongs: before the verb, behind it, or to the clause that it begins.

use super::{Part, Reader, Thing};
use crate::words::chunk::{ChunkKind, starts_clause};
use crate::words::closed::Func;
use crate::words::forms::Form;

impl Reader<'_> {
    pub(super) fn np(&mut self, at: usize, thing: Thing) {
        let joined = starts_clause(self.before(at));
        if std::mem::take(&mut self.participle) {
            self.text.left_out.push((self.chunks[at].from, self.chunks[at].to));
            self.prep = None;
            return;
        }
        let prep = match (self.prep.take(), self.before(at)) {
            (Some(prep), _) => Some(prep),
            (None, Some(ChunkKind::Comma | ChunkKind::Func(Func::And))) => {
                self.clause.as_ref().and_then(|clause| clause.parts.last()).and_then(|part| part.prep.clone())
            }
            _ => None,
        };
        if joined && self.clause.is_some() && self.begins_clause(at) && !self.is_judged(at) {
            self.close();
        }
        let part = Part { prep, thing };
        match &mut self.clause {
            Some(clause) => clause.parts.push(part),
            None => self.subject.push(part),
        }
    }

    /// Whether a noun phrase in a clause is the subject of the next: of an active one only when a verb follows at once.
    pub(super) fn begins_clause(&self, at: usize) -> bool {
        let passive = self.clause.as_ref().is_some_and(|clause| clause.passive);
        if passive {
            return self.is_subject(at);
        }
        let mut here = at + 1;
        while matches!(self.kind(here), Some(ChunkKind::Prep(_)))
            && matches!(self.kind(here + 1), Some(ChunkKind::Np(_) | ChunkKind::Func(Func::Pronoun)))
        {
            here += 2;
        }
        let list = matches!(self.kind(here), Some(ChunkKind::Func(Func::And) | ChunkKind::Comma));
        !list && self.is_subject(at)
    }

    /// Whether a verb has a resource of its own after it: `and uploaded to the bucket b`.
    pub(super) fn has_own(&self, at: usize) -> bool {
        let mut here = at + 1;
        loop {
            match (self.kind(here), self.kind(here + 1)) {
                (Some(ChunkKind::Prep(prep)), Some(ChunkKind::Np(np))) if prep != "by" => {
                    if !np.names.is_empty() {
                        return true;
                    }
                    here += 2;
                }
                (Some(ChunkKind::Np(_)), _) => here += 1,
                _ => return false,
            }
        }
    }

    /// `deleting objects or the bucket is forbidden`: the phrase belongs to what is judged.
    pub(super) fn is_judged(&self, at: usize) -> bool {
        let mut here = at;
        while matches!(
            self.kind(here),
            Some(
                ChunkKind::Np(_)
                    | ChunkKind::Prep(_)
                    | ChunkKind::Comma
                    | ChunkKind::Func(
                        Func::And | Func::Aux | Func::Modal | Func::Neg | Func::Pronoun | Func::Only
                    )
            )
        ) {
            here += 1;
        }
        matches!(self.kind(here), Some(ChunkKind::Func(Func::Forbidden | Func::Allowed)))
    }

    /// Whether the noun phrase at `at` begins the subject of a clause: a verb follows it.
    pub(super) fn is_subject(&self, at: usize) -> bool {
        let phrase =
            |at: usize| matches!(self.kind(at), Some(ChunkKind::Np(_) | ChunkKind::Func(Func::Pronoun)));
        let mut here = at;
        if !phrase(here) {
            return false;
        }
        here += 1;
        loop {
            match self.kind(here) {
                Some(ChunkKind::Prep(_)) if phrase(here + 1) => here += 2,
                Some(ChunkKind::Func(Func::And) | ChunkKind::Comma) if phrase(here + 1) => here += 2,
                Some(ChunkKind::Comma)
                    if matches!(self.kind(here + 1), Some(ChunkKind::Func(Func::And)))
                        && phrase(here + 2) =>
                {
                    here += 3;
                }
                Some(ChunkKind::Func(Func::Modal | Func::Neg | Func::Only)) => here += 1,
                Some(ChunkKind::Func(Func::Aux)) => return true,
                Some(ChunkKind::Verb { form, .. }) => {
                    return matches!(form, Form::Third | Form::Past) || {
                        matches!(self.before(here), Some(ChunkKind::Func(Func::Modal | Func::Neg)))
                    };
                }
                _ => return false,
            }
        }
    }
}
