//! Worker threads take files from a queue, each with a collector of its own. Which thread read which file makes no
//! difference to what comes out: collectors are merged in the end, accounts and sources are sorted.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use leastwise_analysis::audit_log::Sink;
use leastwise_analysis::usage::Source;
use tokio::sync::mpsc;

use super::account::Account;
use super::known::Known;
use super::locate::{self, Place};
use super::queue::{self, Queue};
use super::read::{Item, Worker};
use super::size::ByteSize;
use super::unpack::Room;
use super::window::Window;
use crate::cli::logs::AwsArgs;
use crate::error::Result;
use crate::progress::Progress;

/// What to read and how.
pub struct Plan {
    /// The LOGS arguments.
    pub places: Vec<Place>,
    /// Files outside it are not opened; events outside it are for the collector to leave out.
    pub window: Window,
    /// Worker threads.
    pub threads: NonZeroUsize,
    /// A gzip file may unpack to this much.
    pub max_text: ByteSize,
    /// How to reach S3.
    pub aws: AwsArgs,
    /// Whether what was read will be told by its digest; it costs a tenth of the time.
    pub digests: bool,
    /// Only files of this list are read, when there is one.
    pub known: Option<Arc<Known>>,
}

/// What came out.
pub struct Harvest<C> {
    /// One collector for each thread.
    pub collectors: Vec<C>,
    /// What was read and what was not.
    pub account: Account,
    /// The files that were read, in order.
    pub sources: Vec<Source>,
    /// Files with saved usage, in order of name.
    pub saved: Vec<(String, Vec<u8>)>,
    /// Files that were left unread, since they are not in the list of those to read.
    pub left_out: Vec<String>,
}

/// Reads everything.
pub fn read<C: Sink + Send>(
    plan: Plan,
    progress: &Progress,
    collector: impl Fn() -> C,
) -> Result<Harvest<C>> {
    let (queue, items) = mpsc::channel::<Item>(queue::AHEAD);
    let items = Mutex::new(Queue::new(items));
    let room = Arc::new(Room::default());
    let worker = |_| {
        Worker::new(collector(), plan.max_text, room.clone(), plan.known.clone()).with_digests(plan.digests)
    };
    let mut workers: Vec<Worker<C>> = (0..plan.threads.get()).map(worker).collect();
    let Plan { places, window, aws, .. } = plan;
    let found = std::thread::scope(|scope| {
        let feeder = scope.spawn(move || -> Result<Account> {
            let mut account = Account::default();
            for place in places {
                locate::feed(place, window, &aws, &queue, &mut account)?;
            }
            Ok(account)
        });
        // This thread works too: memory that it asks for grows in larger steps than that of others.
        let (first, others) = workers.split_first_mut().expect("a number of threads is not zero");
        for (number, worker) in (1..).zip(others) {
            let items = &items;
            scope.spawn(move || work((number, worker), items, progress));
        }
        work((0, first), &items, progress);
        feeder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    let mut harvest = Harvest {
        collectors: Vec::new(),
        account: found,
        sources: Vec::new(),
        saved: Vec::new(),
        left_out: Vec::new(),
    };
    for worker in workers {
        harvest.collectors.push(worker.collector);
        harvest.account.add(worker.account);
        harvest.sources.extend(worker.sources);
        harvest.saved.extend(worker.saved);
        harvest.left_out.extend(worker.left_out);
    }
    harvest.sources.sort();
    harvest.saved.sort();
    Ok(harvest)
}

/// A worker that panics closes the queue, so that whoever feeds it stops instead of waiting for ever.
struct CloseOnPanic<'a>(&'a Mutex<Queue>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).close();
        }
    }
}

fn work<C: Sink>((number, worker): (usize, &mut Worker<C>), items: &Mutex<Queue>, progress: &Progress) {
    let _guard = CloseOnPanic(items);
    loop {
        let item = items.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next(number);
        let Some(item) = item else { return };
        progress.read(worker.read(item));
    }
}
