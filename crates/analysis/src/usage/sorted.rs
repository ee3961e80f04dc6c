//! The rows of a usage in order: principal, action, resource, outcome, context.
//!
//! Rows lie in memory as they were met, so the next in order is where no cache has it. What is sorted is therefore
//! small, and what is looked at next is looked at some rows ahead.

use super::row::{Resource, RowRef, UsageContext, UsageRow};
use super::sighting::Kind;
use super::table::{AHEAD, Table};
use super::{context, outcome_of};
use leastwise_policy::time::Timestamp;
use std::ops::Range;

/// Rows of a usage, sorted. They can be read in parts, and by several threads.
#[derive(Debug)]
pub struct Sorted<'u> {
    table: &'u Table,
    /// The texts of principals and actions, by their numbers.
    principals: Vec<&'u str>,
    actions: Vec<&'u str>,
    contexts: Vec<UsageContext>,
    places: Vec<Place<'u>>,
}

/// Where a row stands among others.
#[derive(Debug, Clone, Copy)]
struct Place<'u> {
    /// The ranks of principal and action; then, among rows that have those in common, the beginning of what sets their
    /// resources apart.
    order: u64,
    resource: &'u str,
    context: u32,
    id: u32,
    kind: u8,
    outcome: u8,
}

impl<'u> Sorted<'u> {
    pub(super) fn new(
        table: &'u Table,
        wanted: impl Fn(&str) -> bool,
        sort: impl FnOnce(Vec<Unsorted<'_, 'u>>),
    ) -> Self {
        let (principals, actions) = (table.principals.ranks(), table.actions.ranks());
        let contexts: Vec<UsageContext> =
            (0..table.contexts.len()).map(|id| context::decode(table.contexts.bytes(id as u32))).collect();
        let names: Vec<&str> = table.principals.texts().collect();
        let wanted: Vec<bool> = names.iter().map(|name| wanted(name)).collect();
        let wanted =
            table.keys().filter(|(_, key, _)| key.kind != Kind::Unmapped && wanted[key.principal as usize]);
        let mut places: Vec<Place<'u>> = wanted
            .map(|(id, key, resource)| {
                let (principal, action) = (principals[key.principal as usize], actions[key.action as usize]);
                Place {
                    order: u64::from(principal) << 32 | u64::from(action),
                    resource,
                    context: key.context,
                    id,
                    kind: key.kind.rank(),
                    outcome: key.outcome,
                }
            })
            .collect();
        places.sort_unstable_by_key(|place| (place.order, place.kind));
        sort(parts(&mut places, &contexts));
        Sorted { table, principals: names, actions: table.actions.texts().collect(), contexts, places }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = RowRef<'_>> {
        self.rows(0..self.len())
    }

    /// Some of them, by their numbers in the order.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn rows(&self, range: Range<usize>) -> impl Iterator<Item = RowRef<'_>> {
        self.places[range].chunks(AHEAD).flat_map(|places| {
            self.table.touch(places.iter().map(|place| place.id));
            places.iter().map(|place| self.row(place))
        })
    }

    fn row(&self, place: &Place<'u>) -> RowRef<'_> {
        let table = self.table;
        let row = table.view(place.id);
        UsageRow {
            principal: self.principals[row.key.principal as usize],
            action: self.actions[row.key.action as usize],
            resource: match row.key.kind {
                Kind::Exact => Resource::Exact(place.resource),
                Kind::Pattern => Resource::Pattern(place.resource),
                Kind::Folded => {
                    Resource::Folded { pattern: place.resource, distinct: table.fold_at() as u64 + 1 }
                }
                Kind::Nothing | Kind::Unmapped => Resource::Unknown,
            },
            outcome: outcome_of(row.key.outcome),
            context: &self.contexts[place.context as usize],
            count: row.seen.count,
            first: Timestamp::from_seconds(row.seen.first),
            last: Timestamp::from_seconds(row.seen.last),
            example: row.example,
        }
    }
}

/// Rows that stand together, and are still to be sorted among themselves.
#[derive(Debug)]
pub struct Unsorted<'p, 'u> {
    places: &'p mut [Place<'u>],
    contexts: &'p [UsageContext],
}

impl Unsorted<'_, '_> {
    /// Sorts them.
    pub fn sort(self) {
        for alike in self.places.chunk_by_mut(are_alike) {
            let shared = common_prefix(alike);
            for place in alike.iter_mut() {
                place.order = word(&place.resource.as_bytes()[shared..]);
            }
            let context = |place: &Place<'_>| &self.contexts[place.context as usize];
            alike.sort_unstable_by(|a, b| {
                (a.order, a.resource, a.outcome)
                    .cmp(&(b.order, b.resource, b.outcome))
                    .then_with(|| context(a).cmp(context(b)))
            });
        }
    }
}

/// Whether rows have principal, action and kind in common.
fn are_alike(one: &Place<'_>, other: &Place<'_>) -> bool {
    (one.order, one.kind) == (other.order, other.kind)
}

/// So many rows are sorted in one go at least, if there are so many.
const PART: usize = 1 << 10;

/// Cuts what is sorted by principal, action and kind where one of them changes.
fn parts<'p, 'u>(mut rest: &'p mut [Place<'u>], contexts: &'p [UsageContext]) -> Vec<Unsorted<'p, 'u>> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let mut len = rest.len().min(PART);
        while len < rest.len() && are_alike(&rest[len - 1], &rest[len]) {
            len += 1;
        }
        let (places, others) = rest.split_at_mut(len);
        parts.push(Unsorted { places, contexts });
        rest = others;
    }
    parts
}

/// How many bytes all the resources begin with.
fn common_prefix(places: &[Place<'_>]) -> usize {
    let Some(first) = places.first() else { return 0 };
    let mut shared = first.resource.as_bytes();
    for places in places.chunks(AHEAD) {
        let ends = places.iter().map(|place| place.resource.as_bytes().first());
        std::hint::black_box(ends.fold(0, |all, byte| all ^ byte.copied().unwrap_or_default()));
        for place in places {
            if !place.resource.as_bytes().starts_with(shared) {
                let pairs = shared.iter().zip(place.resource.as_bytes());
                shared = &shared[..pairs.take_while(|(one, other)| one == other).count()];
            }
        }
    }
    shared.len()
}

/// The first eight bytes of a text as a number that has its order, but for texts that begin alike.
fn word(text: &[u8]) -> u64 {
    let mut word = [0; 8];
    let len = text.len().min(8);
    word[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(word)
}
