//! Work that several threads share, of which the results are taken in order.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// So many results of one part wait to be taken at most.
const OF_PART: usize = 2;

/// Makes parts with so many threads, and takes what comes of them in the order of the parts, up to the first that fails to be made or
/// taken. No part is begun that is more than `ahead` behind the one that is being taken.
///
/// A part comes to any number of results, which `make` hands over one by one: what waits to be taken is bounded by their
/// size, however much a part comes to. It stops early when it is told `false`, that nobody takes them any more.
pub fn in_order<P, M: Send, E: Send>(
    threads: NonZeroUsize,
    ahead: usize,
    parts: impl Iterator<Item = P> + Send,
    make: impl Fn(P, &mut dyn FnMut(M) -> bool) -> Result<(), E> + Sync,
    mut take: impl FnMut(M) -> Result<(), E>,
) -> Result<(), E> {
    if threads == NonZeroUsize::MIN {
        return alone(parts, make, take);
    }
    let (begun, begins) = sync_channel(ahead);
    let queue = Arc::new(Mutex::new(Queue { parts, begun }));
    let make = &make;
    std::thread::scope(|scope| {
        let mut nobody = true;
        for _ in 0..threads.get() {
            let queue = queue.clone();
            let work = move || {
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((part, made)) = next() {
                    let end = make(part, &mut |result| made.send(Ok(result)).is_ok());
                    let _ = end.map_err(|error| made.send(Err(error)));
                }
            };
            // Where there can be no more threads, those that there are do the work.
            if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
            nobody = false;
        }
        // Workers alone keep it: there is nothing more to take when the last has ended.
        match Arc::into_inner(queue).filter(|_| nobody) {
            Some(queue) => {
                alone(queue.into_inner().unwrap_or_else(PoisonError::into_inner).parts, make, take)
            }
            None => begins.into_iter().flatten().try_for_each(|made| take(made?)),
        }
    })
}

/// The same in this thread.
fn alone<P, M, E>(
    mut parts: impl Iterator<Item = P>,
    make: impl Fn(P, &mut dyn FnMut(M) -> bool) -> Result<(), E>,
    mut take: impl FnMut(M) -> Result<(), E>,
) -> Result<(), E> {
    parts.try_for_each(|part| {
        let mut taken = Ok(());
        make(part, &mut |made| {
            taken = take(made);
            taken.is_ok()
        })
        .and(taken)
    })
}

/// Where the results of a part go.
type Made<M, E> = SyncSender<Result<M, E>>;

/// The parts that nobody has begun yet.
struct Queue<I, M, E> {
    parts: I,
    /// Where the results of those that somebody has begun will come from, in their order.
    begun: SyncSender<Receiver<Result<M, E>>>,
}

impl<I: Iterator, M, E> Queue<I, M, E> {
    /// The next part, and where its results go.
    fn next(&mut self) -> Option<(I::Item, Made<M, E>)> {
        let part = self.parts.next()?;
        let (made, results) = sync_channel(OF_PART);
        self.begun.send(results).ok().map(|()| (part, made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(threads: usize, parts: usize, bad: usize) -> (Vec<usize>, bool) {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        let mut taken = Vec::new();
        let make = |part: usize, more: &mut dyn FnMut(usize) -> bool| match part == bad {
            true => Err(()),
            false => {
                // No part, one result, or several.
                (0..part % 4).for_each(|number| _ = more(part * 4 + number));
                Ok(())
            }
        };
        let end = in_order(threads, 3, 0..parts, make, |made| {
            taken.push(made);
            Ok(())
        });
        (taken, end.is_ok())
    }

    fn results(parts: usize) -> Vec<usize> {
        (0..parts).flat_map(|part| (0..part % 4).map(move |number| part * 4 + number)).collect()
    }

    #[test]
    fn results_are_taken_in_order_by_any_number_of_threads() {
        for threads in 1..5 {
            for parts in [0, 1, 2, 3, 7, 100] {
                assert_eq!(taken(threads, parts, usize::MAX), (results(parts), true));
            }
        }
    }

    #[test]
    fn nothing_is_taken_behind_an_error() {
        for threads in 1..5 {
            assert_eq!(taken(threads, 100, 17), (results(17), false));
        }
    }

    #[test]
    fn whoever_takes_may_stop() {
        for threads in 1..5 {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut taken = 0;
            let make = |part, more: &mut dyn FnMut(usize) -> bool| {
                while more(part) && part == 3 {}
                Ok(())
            };
            let end = in_order(threads, 3, 0..10_000, make, |part| {
                taken += 1;
                if part == 3 && taken > 50 { Err(()) } else { Ok(()) }
            });
            assert_eq!((taken, end.is_err()), (51, true));
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn what_a_worker_that_panics_would_have_made_is_not_passed_over() {
        let threads = NonZeroUsize::new(2).expect("not zero");
        let make = |part: usize, more: &mut dyn FnMut(usize) -> bool| {
            assert_ne!(part, 5);
            more(part);
            Ok(())
        };
        let _ = in_order(threads, 3, 0..10, make, |_| Ok::<_, ()>(()));
    }

    #[test]
    fn a_part_that_takes_long_holds_up_no_more_than_it_must() {
        let threads = NonZeroUsize::new(2).expect("not zero");
        let (ended, end) = sync_channel(1);
        let end = Mutex::new(end);
        let mut taken = Vec::new();
        // The first part ends only when all others were made.
        let make = |part: usize, more: &mut dyn FnMut(usize) -> bool| {
            match part {
                0 => end.lock().map_err(|_| ())?.recv().map_err(|_| ())?,
                99 => ended.send(()).map_err(|_| ())?,
                _ => {}
            }
            more(part);
            Ok(())
        };
        let all = in_order(threads, 100, 0..100, make, |part| {
            taken.push(part);
            Ok::<_, ()>(())
        });
        assert_eq!((all, taken), (Ok(()), (0..100).collect()));
    }
}
