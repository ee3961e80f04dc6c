//! Which worker reads which file next.
//!
//! What a worker has learnt of one account and region (who calls there, what their calls come to) helps it with the next
//! file from there and no other worker, and what two workers both have met must be put together in the end. So each keeps
//! to the trails that it has begun, and takes others' files only when it has none of its own.
//!
//! INVARIANT: nobody waits while there is something to read, and files of one trail are begun in the order in which they
//! were found.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::layout;
use super::read::Item;

/// So many files are found ahead of the workers. What was fetched for them takes its own room; a name is small.
pub const AHEAD: usize = 1 << 10;

/// So many trails are told apart; what is remembered of them is no more, however many there are. Two that fall together
/// are taken for one.
const TRAILS: usize = 1 << 12;

/// What was found and nobody has begun to read.
pub struct Queue<T = Item> {
    found: mpsc::Receiver<T>,
    /// By trail, as far as something is waiting, with the number that it was found as.
    waiting: BTreeMap<usize, VecDeque<(u64, T)>>,
    /// By trail: who reads it.
    readers: Vec<Option<usize>>,
    held: usize,
    number: u64,
}

/// What has a path that tells of its trail.
pub trait Named {
    /// The path.
    fn name(&self) -> &str;
}

impl Named for Item {
    fn name(&self) -> &str {
        &self.name
    }
}

impl<T: Named> Queue<T> {
    /// Of what comes from there.
    pub fn new(found: mpsc::Receiver<T>) -> Self {
        Queue { found, waiting: BTreeMap::new(), readers: vec![None; TRAILS], held: 0, number: 0 }
    }

    /// Nothing more is to be found.
    pub fn close(&mut self) {
        self.found.close();
    }

    /// What this worker should read now; `None` when everything is read or being read. Waits when more may be found.
    pub fn next(&mut self, worker: usize) -> Option<T> {
        // Many at once: whoever finds them sleeps while there is no room, and is not woken for one.
        let fill = self.held <= AHEAD / 2;
        while fill && self.held < AHEAD {
            match self.found.try_recv() {
                Ok(item) => self.hold(item),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        if self.held == 0 {
            let item = self.found.blocking_recv()?;
            self.hold(item);
        }
        let trail = self.choose(worker)?;
        self.readers[trail].get_or_insert(worker);
        let mut items = self.waiting.remove(&trail)?;
        let (_, item) = items.pop_front()?;
        if !items.is_empty() {
            self.waiting.insert(trail, items);
        }
        self.held -= 1;
        Some(item)
    }

    fn hold(&mut self, item: T) {
        let mut hasher = DefaultHasher::new();
        layout::trail(item.name()).hash(&mut hasher);
        let trail = hasher.finish() as usize % TRAILS;
        self.waiting.entry(trail).or_default().push_back((self.number, item));
        self.number += 1;
        self.held += 1;
    }

    /// A trail of the worker's own, else one that is nobody's, the one that was found first; else the one of which most
    /// is waiting.
    fn choose(&self, worker: usize) -> Option<usize> {
        let of = |reader: Option<usize>| {
            let its = self.waiting.iter().filter(|(trail, _)| self.readers[**trail] == reader);
            its.min_by_key(|(_, items)| items.front().map(|(number, _)| *number)).map(|(trail, _)| *trail)
        };
        let most = || self.waiting.iter().max_by_key(|(_, items)| items.len()).map(|(trail, _)| *trail);
        of(Some(worker)).or_else(|| of(None)).or_else(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Named for String {
        fn name(&self) -> &str {
            self
        }
    }

    fn queue(names: &[&str]) -> Queue<String> {
        let (found, items) = mpsc::channel(AHEAD);
        for name in names {
            found.blocking_send((*name).to_owned()).expect("there is room");
        }
        Queue::new(items)
    }

    #[test]
    fn workers_keep_to_their_trails_and_help_out_in_the_end() {
        let mut queue = queue(&["a/1", "a/2", "a/3", "b/1", "b/2", "c/1", "b/3"]);
        let mut next = |worker| queue.next(worker).expect("there is more");
        assert_eq!(
            [next(0), next(1), next(0), next(1), next(1), next(1)],
            ["a/1", "b/1", "a/2", "b/2", "b/3", "c/1"]
        );
        assert_eq!(next(1), "a/3");
        assert_eq!((queue.next(0), queue.next(1)), (None, None));
    }

    #[test]
    fn one_worker_reads_trail_after_trail_in_the_order_in_which_they_were_found() {
        let mut queue = queue(&["b/2026/01/2", "a/1", "b/2026/02/1"]);
        let all: Vec<String> = std::iter::from_fn(|| queue.next(0)).collect();
        assert_eq!(all, ["b/2026/01/2", "b/2026/02/1", "a/1"]);
    }

    #[test]
    fn so_many_are_held_and_the_rest_waits_to_be_found() {
        let (found, items) = mpsc::channel(2 * AHEAD);
        for number in 0..AHEAD + 10 {
            found.blocking_send(format!("{}/x", number % 3)).expect("there is room");
        }
        let mut queue = Queue::new(items);
        assert_eq!(queue.next(0).as_deref(), Some("0/x"));
        assert_eq!((queue.held, queue.found.len()), (AHEAD - 1, 10));
        // Nothing is taken over before half of it is read.
        for held in (AHEAD / 2..AHEAD - 1).rev() {
            assert!(queue.next(0).is_some());
            assert_eq!((queue.held, queue.found.len()), (held, 10));
        }
        assert!(queue.next(0).is_some());
        assert_eq!((queue.held, queue.found.len()), (AHEAD / 2 + 9, 0));
        drop(found);
        assert_eq!(std::iter::from_fn(|| queue.next(1)).count(), AHEAD / 2 + 9);
    }
}
