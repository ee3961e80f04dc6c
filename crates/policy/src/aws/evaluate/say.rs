//! What a layer says, and how what layers say adds up: `and` where each must allow, `or_else` where one is enough.

use super::truth::Truth;
use super::{Evaluation, Layer, LayerAnswer, StatementRef, Verdict};
use crate::aws::{Named, Policy, Statement};

/// A layer, or a level of one, with its documents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice<'a> {
    pub(super) layer: Layer,
    pub(super) level: Option<&'a str>,
    pub(super) documents: &'a [Named<Policy>],
}

/// Where a statement stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    layer: Layer,
    document: &'a str,
    index: usize,
    statement: &'a Statement,
}

/// A statement that applies or not, depending on these keys.
#[derive(Debug, Clone)]
pub(super) struct Undecided<'a> {
    pub(super) place: Place<'a>,
    pub(super) keys: Vec<String>,
}

/// Whether it is allowed, and why.
#[derive(Debug, Clone)]
pub(super) enum Say<'a> {
    /// By these statements.
    Allows(Vec<Place<'a>>),
    /// If one or more of these apply.
    Perhaps(Vec<Undecided<'a>>),
    /// By none; the layer that is to blame.
    Silent(Layer),
}

impl<'a> Voice<'a> {
    pub(super) fn new(layer: Layer, documents: &'a [Named<Policy>]) -> Voice<'a> {
        Voice { layer, level: None, documents }
    }

    /// The statements, each with its policy and its place.
    pub(super) fn statements(self) -> impl Iterator<Item = (&'a Policy, Place<'a>)> {
        self.documents.iter().flat_map(move |document| {
            document.policy.statements.iter().enumerate().map(move |(index, statement)| {
                let place = Place { layer: self.layer, document: &document.name, index, statement };
                (&document.policy, place)
            })
        })
    }
}

impl<'a> Place<'a> {
    pub(super) fn statement(&self) -> &'a Statement {
        self.statement
    }

    pub(super) fn to_ref(self) -> StatementRef {
        StatementRef {
            layer: self.layer,
            document: self.document.to_owned(),
            index: self.index,
            sid: self.statement.sid.clone(),
        }
    }
}

/// How answers add up, with or without their reasons.
pub(super) trait Said: Sized {
    /// Nobody need allow.
    fn free() -> Self;
    /// This layer does not allow.
    fn silent(layer: Layer) -> Self;
    /// Both must allow; when neither does, the first is to blame.
    fn and(self, other: Self) -> Self;
    /// One is enough; when neither allows, the first is to blame. The other is not asked when the first allows.
    fn or_else(self, other: impl FnOnce() -> Self) -> Self;
    /// Whether it does not allow, whatever is not known.
    fn is_silent(&self) -> bool;
}

impl Said for Truth {
    fn free() -> Truth {
        Truth::True
    }

    fn silent(_: Layer) -> Truth {
        Truth::False
    }

    fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    fn or_else(self, other: impl FnOnce() -> Truth) -> Truth {
        if self == Truth::True { self } else { self.max(other()) }
    }

    fn is_silent(&self) -> bool {
        *self == Truth::False
    }
}

impl<'a> Said for Say<'a> {
    fn silent(layer: Layer) -> Say<'a> {
        Say::Silent(layer)
    }

    fn free() -> Say<'a> {
        Say::Allows(Vec::new())
    }

    fn and(self, other: Say<'a>) -> Say<'a> {
        match (self, other) {
            (Say::Silent(layer), _) | (_, Say::Silent(layer)) => Say::Silent(layer),
            (Say::Allows(mut by), Say::Allows(more)) => {
                by.extend(more);
                Say::Allows(by)
            }
            (Say::Perhaps(mut undecided), Say::Perhaps(more)) => {
                undecided.extend(more);
                Say::Perhaps(undecided)
            }
            (Say::Perhaps(undecided), Say::Allows(_)) | (Say::Allows(_), Say::Perhaps(undecided)) => {
                Say::Perhaps(undecided)
            }
        }
    }

    fn or_else(self, other: impl FnOnce() -> Say<'a>) -> Say<'a> {
        if let Say::Allows(_) = self {
            return self;
        }
        match (self, other()) {
            (Say::Allows(by), _) | (_, Say::Allows(by)) => Say::Allows(by),
            (Say::Silent(layer), Say::Silent(_)) => Say::Silent(layer),
            (Say::Perhaps(mut undecided), Say::Perhaps(more)) => {
                undecided.extend(more);
                Say::Perhaps(undecided)
            }
            (Say::Perhaps(undecided), Say::Silent(_)) | (Say::Silent(_), Say::Perhaps(undecided)) => {
                Say::Perhaps(undecided)
            }
        }
    }

    fn is_silent(&self) -> bool {
        matches!(self, Say::Silent(_))
    }
}

impl<'a> Say<'a> {
    /// What the layer says, for itself: its own statements that might deny are `denials`.
    pub(super) fn answer(&self, voice: Voice<'_>, denials: &[Undecided<'_>]) -> LayerAnswer {
        let denials = denials.iter().map(|undecided| undecided.place.to_ref());
        let (verdict, by) = match self {
            Say::Silent(_) => (Verdict::ImplicitDeny, Vec::new()),
            Say::Allows(by) if denials.len() == 0 => {
                (Verdict::Allowed, by.iter().map(|place| place.to_ref()).collect())
            }
            Say::Allows(_) => (Verdict::Depends, denials.collect()),
            Say::Perhaps(undecided) => {
                let allows = undecided.iter().map(|undecided| undecided.place.to_ref());
                (Verdict::Depends, denials.chain(allows).collect())
            }
        };
        LayerAnswer { layer: voice.layer, level: voice.level.map(str::to_owned), verdict, by }
    }

    /// The answer, when nothing surely denies and `denials` might.
    pub(super) fn conclude(self, denials: Vec<Undecided<'a>>, layers: Vec<LayerAnswer>) -> Evaluation {
        let undecided = match self {
            Say::Silent(layer) => {
                let silent = Some(layer);
                return Evaluation { silent, layers, ..Evaluation::new(Verdict::ImplicitDeny, Vec::new()) };
            }
            Say::Allows(by) if denials.is_empty() => {
                let by = by.into_iter().map(Place::to_ref).collect();
                return Evaluation { layers, ..Evaluation::new(Verdict::Allowed, by) };
            }
            Say::Allows(_) => denials,
            Say::Perhaps(undecided) => denials.into_iter().chain(undecided).collect(),
        };
        let mut missing_keys: Vec<String> = undecided.iter().flat_map(|one| one.keys.clone()).collect();
        missing_keys.sort_unstable();
        missing_keys.dedup();
        let mut by: Vec<StatementRef> = Vec::with_capacity(undecided.len());
        for one in &undecided {
            let place = one.place.to_ref();
            if !by.contains(&place) {
                by.push(place);
            }
        }
        by.sort_by_key(|place| place.layer);
        Evaluation { missing_keys, layers, ..Evaluation::new(Verdict::Depends, by) }
    }
}

impl Evaluation {
    pub(super) fn new(verdict: Verdict, by: Vec<StatementRef>) -> Evaluation {
        Evaluation { verdict, by, missing_keys: Vec::new(), silent: None, layers: Vec::new() }
    }
}
