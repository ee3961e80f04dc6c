//! The one statement whose removal frees most sources.
//!
//! A statement can free no more sources than have it in their best path: who does not need it keeps that path. So the
//! statements are tried in that order, each by a search without it, until none that is left could free more.

use std::collections::{BTreeMap, BTreeSet};

use leastwise_catalog::Catalog;

use super::model::Removed;
use super::search::Search;
use super::{Allowing, Cut, Found, Options, World};

/// Statements that are tried at most.
const MOST: usize = 24;

/// A statement with what it carries.
#[derive(Default)]
struct Carries<'f> {
    sources: BTreeSet<&'f str>,
    actions: BTreeSet<&'f str>,
}

pub(super) fn best(world: &World<'_>, options: &Options, catalog: &Catalog, found: &Found) -> Option<Cut> {
    let mut carried: BTreeMap<&Allowing, Carries<'_>> = BTreeMap::new();
    for path in &found.paths {
        for call in path.steps.iter().flat_map(|step| &step.calls) {
            for statement in call.by.iter().filter(|by| by.pointer.is_some()) {
                let carries = carried.entry(statement).or_default();
                carries.sources.insert(&path.source);
                carries.actions.insert(&call.action);
            }
        }
    }
    let mut candidates: Vec<(&Allowing, Carries<'_>)> = carried.into_iter().collect();
    candidates.sort_by_key(|(statement, carries)| (std::cmp::Reverse(carries.sources.len()), *statement));
    let before: BTreeSet<&str> = found.paths.iter().map(|path| path.source.as_str()).collect();
    let mut best: Option<Cut> = None;
    for (tried, (statement, carries)) in candidates.into_iter().enumerate() {
        let most = best.as_ref().map_or(0, |best| best.frees.len());
        if carries.sources.len() <= most {
            break;
        }
        if tried == MOST {
            best.iter_mut().for_each(|best| best.best = false);
            break;
        }
        let removed: Removed = (statement.document.clone(), statement.index);
        let Some(after) = without(world, options, catalog, &removed, found) else { continue };
        let frees: Vec<String> =
            before.iter().filter(|one| !after.contains(**one)).map(|one| (*one).to_owned()).collect();
        if frees.len() > most {
            let actions = carries.actions.iter().map(|action| (*action).to_owned()).collect();
            best = Some(Cut { statement: statement.clone(), actions, frees, of: before.len(), best: true });
        }
    }
    best
}

/// The sources that still have a path; none when somebody would be no target any more.
fn without(
    world: &World<'_>,
    options: &Options,
    catalog: &Catalog,
    removed: &Removed,
    found: &Found,
) -> Option<BTreeSet<String>> {
    let search = Search::run(world, options, catalog, Some(removed));
    let mut after = BTreeSet::new();
    let mut admins = 0;
    for node in search.sources() {
        if search.has_path(node) {
            after.insert(search.shown(node));
        } else if search.best.get(node).copied().flatten().is_some() {
            admins += 1;
        }
    }
    (admins >= found.admins.len()).then_some(after)
}
