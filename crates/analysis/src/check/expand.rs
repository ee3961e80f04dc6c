//! Which actions a pattern stands for, looked up once.
//!
//! A repository names the same few patterns (`s3:Get*`, `ec2:Describe*`) again and again, and `*` stands for every
//! action that there is: what a pattern with wildcards covers is kept.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use leastwise_catalog::{Action, Catalog};

use crate::source::{Node, has_hole};

/// No more patterns than these are kept, so that a hostile text cannot fill the memory.
const MOST: usize = 4096;

/// The patterns that were met, with the actions that they cover.
#[derive(Debug, Default)]
pub(super) struct Expansions<'a>(RwLock<HashMap<Box<str>, Arc<[Action<'a>]>>>);

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
        self.text.contains(['*', '?'])
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
        self.found.as_slice().iter().any(of)
    }
}

impl<'a> Expansions<'a> {
    pub(super) fn expand(&self, catalog: &'a Catalog, pattern: &str) -> Found<'a> {
        if has_hole(pattern) {
            return Found::None;
        }
        if !pattern.contains(['*', '?']) {
            return catalog.action(pattern).map_or(Found::None, Found::One);
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(pattern).cloned();
        if let Some(actions) = known {
            return Found::Many(actions);
        }
        let actions: Arc<[Action<'a>]> = catalog.expand(pattern).into();
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST {
            kept.insert(pattern.into(), actions.clone());
        }
        Found::Many(actions)
    }
}
