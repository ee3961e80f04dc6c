//! The one statement whose removal frees most sources.
//!
//! A statement can free no source that has a path without it. At first the best path of each source is known, and with
//! every search without some statement another path of those who needed it. So the statement that could free most by
//! what is known is tried, until none that is left could free more; then the answer is exact.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Catalog;

use super::model::Removed;
use super::search::Search;
use super::{Allowing, Cut, Found, Options, Path, World};

/// Searches at most: so many principals are looked at in all of them together, but [`LEAST`] are made in any case.
const MOST_LOOKED_AT: usize = 60_000;
const LEAST: usize = 24;

/// A statement that paths use.
struct Candidate<'f> {
    statement: &'f Allowing,
    actions: BTreeSet<&'f str>,
    tried: bool,
}

/// The statements that every known path of a source uses.
type Needed<'f> = BTreeMap<&'f str, BTreeSet<Removed>>;

/// The best statement to take away.
pub(super) fn best(world: &World<'_>, options: &Options, catalog: &Catalog, found: &Found) -> Option<Cut> {
    let mut candidates = candidates(found);
    let mut needed: Needed<'_> =
        found.paths.iter().map(|path| (path.source.as_str(), statements(path, None))).collect();
    let most = (MOST_LOOKED_AT / found.principals.max(1)).max(LEAST);
    let mut best: Option<Cut> = None;
    for tried in 0.. {
        let frees = best.as_ref().map_or(0, |best| best.frees.len());
        let Some(removed) = next(&mut candidates, &needed, frees) else { break };
        if tried == most {
            best.iter_mut().for_each(|best| best.best = false);
            break;
        }
        let search = Search::run(world, options, catalog, Some(&removed));
        let Some(after) = after(&search, found) else {
            // Somebody would be no target any more: that is no cut.
            continue;
        };
        let freed: Vec<String> =
            needed.keys().filter(|one| !after.contains_key(**one)).map(|one| (*one).to_owned()).collect();
        learn(&search, &removed, &after, &mut needed);
        if let Some(candidate) = candidates.get(&removed).filter(|_| freed.len() > frees) {
            let actions = candidate.actions.iter().map(|action| (*action).to_owned()).collect();
            let statement = candidate.statement.clone();
            best = Some(Cut { statement, actions, frees: freed, of: found.paths.len(), best: true });
        }
    }
    best
}

fn candidates(found: &Found) -> BTreeMap<Removed, Candidate<'_>> {
    let mut candidates: BTreeMap<Removed, Candidate<'_>> = BTreeMap::new();
    for call in found.paths.iter().flat_map(|path| &path.steps).flat_map(|step| &step.calls) {
        for statement in call.by.iter().filter(|by| by.pointer.is_some()) {
            let key = (statement.document.clone(), statement.index);
            let new = || Candidate { statement, actions: BTreeSet::new(), tried: false };
            candidates.entry(key).or_insert_with(new).actions.insert(&call.action);
        }
    }
    candidates
}

/// The statement that could free most, if that is more than `frees`; of several the first by name.
fn next(
    candidates: &mut BTreeMap<Removed, Candidate<'_>>,
    needed: &Needed<'_>,
    frees: usize,
) -> Option<Removed> {
    let mut could: BTreeMap<&Removed, usize> = BTreeMap::new();
    for statement in needed.values().flatten() {
        *could.entry(statement).or_default() += 1;
    }
    let untried = candidates.iter_mut().filter(|(_, candidate)| !candidate.tried);
    let of = |key: &Removed| could.get(key).copied().unwrap_or_default();
    let (key, candidate) = untried.max_by(|(one, first), (other, second)| {
        of(one).cmp(&of(other)).then_with(|| second.statement.cmp(first.statement))
    })?;
    if of(key) <= frees {
        return None;
    }
    candidate.tried = true;
    Some(key.clone())
}

/// The sources that still have a path, with their nodes; none when somebody would be no target any more.
fn after(search: &Search<'_>, found: &Found) -> Option<BTreeMap<String, usize>> {
    let mut after = BTreeMap::new();
    let mut admins = 0;
    for node in search.sources() {
        if search.has_path(node) {
            after.insert(search.shown(node), node);
        } else if search.best.get(node).copied().flatten().is_some() {
            admins += 1;
        }
    }
    (admins >= found.admins.len()).then_some(after)
}

/// Notes what those need who still have a path without a statement that they needed so far.
fn learn(search: &Search<'_>, removed: &Removed, after: &BTreeMap<String, usize>, needed: &mut Needed<'_>) {
    for (source, needs) in needed.iter_mut().filter(|(_, needs)| needs.contains(removed)) {
        let Some(node) = after.get(*source) else { continue };
        if let Some(path) = search.path_of(*node) {
            let other = statements(&path, Some(removed));
            needs.retain(|one| other.contains(one));
        }
    }
}

/// The statements that a path uses; in the place that they have beside the one that was taken away.
fn statements(path: &Path, removed: Option<&Removed>) -> BTreeSet<Removed> {
    let all = path.steps.iter().flat_map(|step| &step.calls).flat_map(|call| &call.by);
    let place = |by: &Allowing| {
        let moved = removed.is_some_and(|(document, index)| *document == by.document && by.index >= *index);
        (by.document.clone(), by.index + usize::from(moved))
    };
    all.filter(|by| by.pointer.is_some()).map(place).collect()
}
