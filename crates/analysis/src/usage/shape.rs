//! Calls of one shape: the same parameters, of which some say only which thing is meant.
//!
//! A worker that reads a million objects makes a million different calls, but what each needs differs in the
//! object's name alone. What a plan says of one of them is kept with the names left out, and filled in for the next.
//!
//! INVARIANT: filling in a call's own names gives what the plan says of that call. It is checked when a shape is
//! learnt, and what could make the next call differ is looked at each time (`plain` names, the log's own ARNs).

use super::duplicates::Home;
use super::parameters::{Parameters, each_raw_arn};
use super::recipe::{Open, Recipe};
use super::sighting::{Key, Kind};
use crate::audit_log::{Cursor, unescape};
use leastwise_catalog::call::{self, Asked, Known, Need, Part, Path, Plan, Scope, Scratch};

/// What calls of one shape need.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub rows: Vec<Outline>,
    asked: Vec<Asked>,
}

/// One row, its resource's name left out.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    pub key: Key,
    /// What the row's hash starts from.
    pub seed: u64,
    /// Where the row's events are remembered.
    pub home: Home,
    /// The group of rows that it belongs to.
    pub group: Option<usize>,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Open(usize),
}

/// What stands in for an open value. No value that is read holds a NUL unless it was escaped, and what a shape gives
/// is compared with what the plan said.
fn mark(at: usize) -> String {
    format!("\0{at}\0")
}

impl Shape {
    /// The shape of a call of which `said` is what the plan said: rows with their resources, in order. `None` when
    /// the call is not like others of its shape.
    pub(super) fn new(
        plan: &Plan,
        recipe: &Recipe,
        (parameters, open): (&Parameters<'_>, &Open<'_>),
        scope: &Scope<'_>,
        said: Vec<(Outline, String)>,
    ) -> Option<Shape> {
        let marked = Marked { parameters, recipe, open };
        let mut scratch = Scratch::default();
        let mut marks = Vec::new();
        plan.apply(&marked, scope, &mut scratch, &mut |need: Need<'_>| {
            marks.push((need.known, need.resource.to_owned()));
        });
        let mut shape = Shape { rows: Vec::new(), asked: scratch.asked().to_vec() };
        if marks.len() != said.len() || shape.is_disturbed(plan, parameters.named()) {
            return None;
        }
        for ((known, marked), (mut outline, resource)) in marks.into_iter().zip(said) {
            outline.pieces = pieces(&marked);
            let exact = matches!(known, Known::Exact | Known::Named) && outline.key.kind == Kind::Exact;
            let mut filled = String::new();
            outline.fill(open, &mut filled);
            if filled != resource || !(exact || marked == resource) {
                return None;
            }
            shape.rows.push(outline);
        }
        Some(shape)
    }

    /// Whether an ARN that the log itself names could change what is said.
    #[inline]
    pub(super) fn is_disturbed(&self, plan: &Plan, resources: Option<Cursor<'_>>) -> bool {
        let mut disturbed = false;
        if let (Some(resources), false) = (resources, self.asked.is_empty()) {
            let _ = each_raw_arn(resources, |raw| {
                // Most are ruled out by a few bytes.
                disturbed |= plan.may_take(&self.asked, raw)
                    && unescape(raw).is_some_and(|arn| plan.would_take(&self.asked, &arn));
            });
        }
        disturbed
    }
}

impl Outline {
    pub(super) fn new(key: Key, seed: u64, home: Home, group: Option<usize>) -> Self {
        Outline { key, seed, home, group, pieces: Vec::new() }
    }

    /// Writes the resource with these values.
    #[inline]
    pub(super) fn fill(&self, open: &Open<'_>, into: &mut String) {
        into.clear();
        for piece in &self.pieces {
            into.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Open(at) => open.get(*at).copied().unwrap_or_default(),
            });
        }
    }
}

/// Takes a text with marks apart.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    // Between two NULs stands a mark's number.
    for (i, part) in text.split('\0').enumerate() {
        match part.parse() {
            Ok(at) if i % 2 == 1 => pieces.push(Piece::Open(at)),
            _ if part.is_empty() => {}
            _ => pieces.push(Piece::Text(part.into())),
        }
    }
    pieces
}

/// A call's parameters with marks instead of the open values.
struct Marked<'p, 'a, 'o> {
    parameters: &'p Parameters<'a>,
    recipe: &'p Recipe,
    open: &'p Open<'o>,
}

impl call::Parameters for Marked<'_, '_, '_> {
    fn each(&self, path: &Path, found: &mut dyn FnMut(&str)) {
        // What the record says beside the request may have the name of a parameter.
        let named = |name: &[u8]| match (path.part(), path.steps()) {
            (Part::Request, [step]) => {
                step.filter.is_none() && step.name.as_bytes().eq_ignore_ascii_case(name)
            }
            _ => false,
        };
        match self.recipe.open_names().find(|(_, name)| named(name)) {
            Some((at, _)) if !self.open[at].is_empty() => found(&mark(at)),
            _ => self.parameters.each(path, found),
        }
    }

    fn has(&self, path: &Path) -> bool {
        self.parameters.has(path)
    }

    fn resources(&self, found: &mut dyn FnMut(&str)) {
        self.parameters.resources(found);
    }
}
