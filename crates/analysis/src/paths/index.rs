//! Who could go a way at all, by what its policies name: so that nobody is compared with everybody.

use std::collections::{HashMap, HashSet};

/// Nodes that have some `Allow` for each action of a row, by the resource that decides.
#[derive(Debug, Default)]
pub(super) struct Index {
    exact: HashMap<String, Vec<usize>>,
    /// By what a pattern begins with, up to its first wildcard or variable.
    prefixes: HashMap<String, Vec<usize>>,
    /// The lengths of those beginnings, in order.
    lengths: Vec<usize>,
    /// Of rows that no resource decides: by account.
    accounts: HashMap<String, Vec<usize>>,
    /// Nodes for which no further target is of interest: they found one, or never will.
    done: HashSet<usize>,
}

impl Index {
    /// Adds a node that has these patterns.
    pub(super) fn add<P: AsRef<str>>(&mut self, node: usize, patterns: impl IntoIterator<Item = P>) {
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let wild = [pattern.find(['*', '?']), pattern.find("${")].into_iter().flatten().min();
            let list = match wild {
                None => self.exact.entry(pattern.to_owned()).or_default(),
                Some(length) => {
                    if let Err(place) = self.lengths.binary_search(&length) {
                        self.lengths.insert(place, length);
                    }
                    self.prefixes.entry(pattern[..length].to_owned()).or_default()
                }
            };
            if list.last() != Some(&node) {
                list.push(node);
            }
        }
    }

    /// Adds a node to its account.
    pub(super) fn add_to_account(&mut self, node: usize, account: &str) {
        self.accounts.entry(account.to_owned()).or_default().push(node);
    }

    /// No further target is of interest for this node.
    pub(super) fn finish(&mut self, node: usize) {
        self.done.insert(node);
    }

    /// Whether none is.
    pub(super) fn is_done(&self, node: usize) -> bool {
        self.done.contains(&node)
    }

    /// Nodes whose patterns might match the ARN, in order. Those that `is_over` says nobody asks for any more are
    /// forgotten.
    pub(super) fn of(&mut self, arn: &str, is_over: impl Fn(usize) -> bool) -> Vec<usize> {
        let Index { exact, prefixes, lengths, done, .. } = self;
        let mut found = Vec::new();
        let mut take = |list: &mut Vec<usize>| {
            list.retain(|node| !done.contains(node) && !is_over(*node));
            found.extend(list.iter().copied());
        };
        if let Some(list) = exact.get_mut(arn) {
            take(list);
        }
        for length in lengths.iter().take_while(|length| **length <= arn.len()) {
            if let Some(list) = arn.get(..*length).and_then(|prefix| prefixes.get_mut(prefix)) {
                take(list);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Nodes of an account, likewise.
    pub(super) fn of_account(&mut self, account: &str, is_over: impl Fn(usize) -> bool) -> Vec<usize> {
        let Index { accounts, done, .. } = self;
        let Some(list) = accounts.get_mut(account) else { return Vec::new() };
        list.retain(|node| !done.contains(node) && !is_over(*node));
        list.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nodes_whose_patterns_might_match_are_asked() {
        let mut index = Index::default();
        index.add(1, ["arn:aws:iam::111122223333:role/a"]);
        index.add(2, ["arn:aws:iam::111122223333:role/app-*", "arn:aws:iam::*:role/?"]);
        index.add(3, ["*"]);
        index.add(4, ["arn:aws:iam::444455556666:role/a"]);
        assert_eq!(index.of("arn:aws:iam::111122223333:role/a", |_| false), [1, 2, 3]);
        assert_eq!(index.of("arn:aws:iam::111122223333:role/b", |node| node == 2), [3]);
        index.finish(3);
        assert_eq!(index.of("arn:aws:iam::111122223333:role/app-1", |_| false), [2]);
    }
}
