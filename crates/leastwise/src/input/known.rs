//! The inputs that a proof names, by the SHA-256 of their bytes as they lie there: `verify` reads these and no others,
//! so that logs which were added since do not change what comes out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use leastwise_analysis::usage::Source;

/// The inputs to read, each as often as it was read before.
#[derive(Debug, Default)]
pub struct Known(Mutex<HashMap<String, Copies>>);

/// What to do with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// It is in the list: to be read.
    Read,
    /// It was taken as often as it is in the list, itself or within a saved usage.
    Again,
    /// It is not in the list.
    Unknown,
}

#[derive(Debug, Default, Clone, Copy)]
struct Copies {
    named: u32,
    taken: u32,
}

impl Known {
    /// Those of a list.
    pub fn new(inputs: &[Source]) -> Self {
        let mut known: HashMap<String, Copies> = HashMap::new();
        for input in inputs {
            known.entry(input.sha256.clone()).or_default().named += 1;
        }
        Known(Mutex::new(known))
    }

    /// Whether an input is to be read.
    pub fn take(&self, sha256: &str) -> Take {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(sha256) {
            Some(copies) if copies.taken < copies.named => {
                copies.taken += 1;
                Take::Read
            }
            Some(_) => Take::Again,
            None => Take::Unknown,
        }
    }

    /// Whether a saved usage is to be taken in: it holds something of the list, or nothing at all. Logs that it was
    /// made from need not be read as well.
    pub fn take_any(&self, sources: impl IntoIterator<Item = impl AsRef<str>>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut some, mut none) = (false, true);
        for sha256 in sources {
            none = false;
            if let Some(copies) = known.get_mut(sha256.as_ref()) {
                copies.taken += 1;
                some = true;
            }
        }
        some || none
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(names: &[&str]) -> Known {
        let source = |name: &&str| Source {
            name: (*name).to_owned(),
            sha256: name.to_lowercase(),
            bytes: 1,
            records: 1,
        };
        Known::new(&names.iter().map(source).collect::<Vec<_>>())
    }

    #[test]
    fn an_input_is_read_as_often_as_it_is_named() {
        let known = known(&["a", "A", "b"]);
        let expected = [Take::Read, Take::Read, Take::Again, Take::Read, Take::Unknown];
        assert_eq!(["a", "a", "a", "b", "c"].map(|name| known.take(name)), expected);
    }

    #[test]
    fn a_saved_usage_counts_when_it_holds_anything_that_is_named() {
        let known = known(&["a", "b"]);
        assert!(known.take_any(["a", "x"]));
        assert!(!known.take_any(["x"]));
        assert!(known.take_any(Vec::<String>::new()));
        assert_eq!(["a", "b"].map(|name| known.take(name)), [Take::Again, Take::Read]);
    }
}
