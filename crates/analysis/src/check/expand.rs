//! Which actions a pattern stands for, looked up once.
//!
//! A repository names the same few patterns (`s3:Get*`, `ec2:Describe*`) again and again, and `*` stands for every
//! action that there is: what a pattern with wildcards covers is kept.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use leastwise_catalog::{Action, Catalog};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::source::{Node, has_hole};

/// No more patterns, which can stand for every action there is, are kept, so that a hostile text cannot fill the memory.
const MOST: usize = 1 << 15;

/// The patterns that were met, with the actions that they cover.
#[derive(Debug, Default)]
pub(super) struct Expansions<'a>(RwLock<HashMap<Box<str>, Found<'a>, BuildHasherDefault<Quick>>>);

/// Hashes a short text several times as fast as the standard library; how many are kept is limited.
#[derive(Debug, Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// The end of a text.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The actions that a pattern covers.
#[derive(Debug, Clone, Default)]
pub enum Found<'a> {
    /// None that is known.
    #[default]
    None,
    /// The one that it names.
    One(Action<'a>),
    /// All that its wildcards cover, in order of service and name.
    Many(Arc<[Action<'a>]>),
}

/// A pattern of `Action` or `NotAction` with what it covers.
#[derive(Debug, Clone)]
pub struct ActionUse<'a> {
    /// Where it stands.
    pub node: &'a Node,
    /// The pattern as it was written.
    pub text: &'a str,
    /// What it covers.
    pub found: Found<'a>,
}

impl<'a> Found<'a> {
    /// The actions.
    pub fn as_slice(&self) -> &[Action<'a>] {
        match self {
            Found::None => &[],
            Found::One(action) => std::slice::from_ref(action),
            Found::Many(actions) => actions,
        }
    }
}

impl<'a> ActionUse<'a> {
    /// Whether it has wildcards.
    pub fn is_pattern(&self) -> bool {
        match self.found {
            Found::One(_) => false,
            Found::Many(_) => true,
            Found::None => self.text.contains(['*', '?']),
        }
    }

    /// Whether a part of it is not known before it is deployed.
    pub fn has_hole(&self) -> bool {
        matches!(self.found, Found::None) && has_hole(self.text)
    }

    /// The prefix and the name of the action or pattern.
    pub fn parts(&self) -> Option<(&'a str, &'a str)> {
        self.text.split_once(':')
    }

    /// Whether it covers the action of this prefix and name, both as the catalogue spells them.
    pub fn covers(&self, prefix: &str, name: &str) -> bool {
        if matches!(self.text, "*" | "*:*") {
            return true;
        }
        let of = |action: &Action<'_>| *action.service.prefix == *prefix && *action.facts.name == *name;
        match &self.found {
            Found::None => false,
            Found::One(action) => of(action),
            // Sorted by service: a pattern of another service is left at once.
            Found::Many(actions) => {
                let of_service = |action: &Action<'_>| (*action.service.prefix).cmp(prefix);
                let has_service = actions.first().is_some_and(|first| of_service(first).is_le())
                    && actions.last().is_some_and(|last| of_service(last).is_ge());
                has_service && actions.iter().any(of)
            }
        }
    }
}

impl<'a> Expansions<'a> {
    pub(super) fn expand(&self, catalog: &'a Catalog, pattern: &str) -> Found<'a> {
        // What is found by its name is found as fast in the catalogue.
        if memchr::memchr2(b'*', b'?', pattern.as_bytes()).is_none() {
            return catalog.action(pattern).map_or(Found::None, Found::One);
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(pattern).cloned();
        if let Some(found) = known {
            return found;
        }
        if has_hole(pattern) {
            return Found::None;
        }
        let found = Found::Many(catalog.expand(pattern).into());
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.insert(pattern.into(), found.clone());
        }
        found
    }
}
