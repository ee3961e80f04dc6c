//! Long results in parts that several threads make and one takes, in their order.

use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::sync_channel;

/// So many parts of each thread wait to be taken at most.
const AHEAD: usize = 4;

/// Makes parts with so many threads and takes them in order, up to the first that fails to be made or taken.
pub fn in_order<P: Send, M: Send>(
    threads: NonZeroUsize,
    parts: impl Iterator<Item = P> + Clone + Send,
    make: impl Fn(P) -> io::Result<M> + Sync,
    mut take: impl FnMut(M) -> io::Result<()>,
) -> io::Result<()> {
    let threads = threads.get().min(parts.clone().count());
    if threads <= 1 {
        return parts.map(make).try_for_each(|made| take(made?));
    }
    let make = &make;
    std::thread::scope(|scope| {
        let mut made = Vec::new();
        for number in 0..threads {
            let own = parts.clone().skip(number).step_by(threads);
            let (sender, receiver) = sync_channel(AHEAD);
            made.push(receiver);
            // Whoever takes them stops at an error, and then nobody waits for more.
            scope.spawn(move || own.map(make).try_for_each(|part| sender.send(part)));
        }
        for number in 0.. {
            match made[number % made.len()].recv() {
                Ok(part) => take(part?)?,
                Err(_) => break,
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(threads: usize, parts: usize, bad: usize) -> (Vec<usize>, bool) {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        let mut taken = Vec::new();
        let make = |part| match part == bad {
            true => Err(io::Error::other("no")),
            false => Ok(part),
        };
        let end = in_order(threads, 0..parts, make, |part| {
            taken.push(part);
            Ok(())
        });
        (taken, end.is_ok())
    }

    #[test]
    fn parts_are_taken_in_order_by_any_number_of_threads() {
        for threads in 1..5 {
            for parts in [0, 1, 2, 3, 7, 100] {
                assert_eq!(taken(threads, parts, usize::MAX), ((0..parts).collect(), true));
            }
        }
    }

    #[test]
    fn nothing_is_taken_behind_an_error() {
        for threads in 1..5 {
            assert_eq!(taken(threads, 100, 17), ((0..17).collect(), false));
        }
    }

    #[test]
    fn whoever_takes_may_stop() {
        for threads in 1..5 {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut taken = 0;
            let end = in_order(threads, 0..10_000, Ok, |part| {
                taken = part;
                if part == 3 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
            });
            assert_eq!((taken, end.is_err()), (3, true));
        }
    }
}
