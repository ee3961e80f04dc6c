//! Policy sets that were put together already: the requests of a batch are about few principals.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use leastwise_policy::aws::evaluate::PolicySet;

use super::request::Owner;

/// What makes a set: who asks, whose resource it is, and of the resource's side the account and the document.
pub type Key = (String, Owner, Option<(String, Option<String>)>);

/// More than these are forgotten, all at once.
const MOST: usize = 4_096;

/// Sets by what makes them.
#[derive(Default)]
pub struct Sets {
    kept: Mutex<HashMap<Key, Arc<PolicySet>>>,
}

impl Sets {
    /// The set, if it is kept.
    pub fn get(&self, key: &Key) -> Option<Arc<PolicySet>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a set.
    pub fn keep(&self, key: Key, set: &Arc<PolicySet>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Arc::clone(set));
    }
}
