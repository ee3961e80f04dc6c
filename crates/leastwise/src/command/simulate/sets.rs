//! Policy sets that were put together already: the requests of a batch are about few principals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use leastwise_policy::aws::evaluate::{Compiled, Evaluation, PolicySet, Request, Verdict, evaluate};

use super::request::Owner;

/// What makes a set: who asks, whose resource it is, and of the resource's side the account and the document.
pub type Key = (String, Owner, Option<(String, Option<String>)>);

/// A policy set, compiled when it is kept for more than one request.
#[derive(Debug)]
pub enum Policies {
    Once(Box<PolicySet>),
    Kept(Box<Compiled>),
}

impl Policies {
    /// The set itself.
    pub fn set(&self) -> &PolicySet {
        match self {
            Policies::Once(set) => set,
            Policies::Kept(compiled) => compiled.policies(),
        }
    }

    /// The answer to `request`; what it rests on only where the verdict alone does not tell.
    pub fn decide(&self, request: &Request<'_>) -> (Verdict, Option<Evaluation>) {
        if let Policies::Kept(compiled) = self
            && let verdict @ (Verdict::Allowed | Verdict::ExplicitDeny) = compiled.decide(request)
        {
            return (verdict, None);
        }
        let evaluation = evaluate(self.set(), request);
        (evaluation.verdict, Some(evaluation))
    }
}

/// More than these are forgotten, all at once.
const MOST: usize = 4_096;

/// Sets by what makes them.
#[derive(Default)]
pub struct Sets {
    kept: Mutex<HashMap<Key, Arc<Policies>>>,
}

impl Sets {
    /// The set, if it is kept.
    pub fn get(&self, key: &Key) -> Option<Arc<Policies>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a set.
    pub fn keep(&self, key: Key, set: &Arc<Policies>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Arc::clone(set));
    }
}
