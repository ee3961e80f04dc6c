//! Worker threads take files from a queue, each with a collector of its own. Which thread read which file makes no
//! difference to what comes out: what was collected is joined in the end, accounts and sources are sorted.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

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
use crate::error::{Error, Result};
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

/// A collector, of which each worker has one.
pub trait Collect: Sink + Send {
    /// What it comes to in the end.
    type Collected: Send;

    /// Nothing more will come.
    fn end(self) -> Self::Collected;

    /// What two collectors come to. The order makes no difference.
    fn join(one: Self::Collected, other: Self::Collected) -> Self::Collected;
}

/// What came out.
pub struct Harvest<C> {
    /// What the collectors came to.
    pub collected: C,
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
pub fn read<C: Collect>(
    plan: Plan,
    progress: &Progress,
    collector: impl Fn() -> C,
) -> Result<Harvest<C::Collected>> {
    let (queue, items) = mpsc::channel::<Item>(queue::AHEAD);
    let items = Mutex::new(Queue::new(items));
    let room = Arc::new(Room::default());
    let worker = || {
        Worker::new(collector(), plan.max_text, room.clone(), plan.known.clone()).with_digests(plan.digests)
    };
    let first = worker();
    let others: Vec<Worker<C>> = (1..plan.threads.get()).map(|_| worker()).collect();
    let Plan { places, window, aws, .. } = plan;
    let ended = Mutex::new(None);
    let found = thread::scope(|scope| {
        let feed = move || -> Result<Account> {
            let mut account = Account::default();
            for place in places {
                locate::feed(place, window, &aws, &queue, &mut account)?;
            }
            Ok(account)
        };
        let feeder = thread::Builder::new().spawn_scoped(scope, feed).map_err(no_thread)?;
        for (number, worker) in (1..).zip(others) {
            let (items, ended) = (&items, &ended);
            let work = move || work((number, worker), items, ended, progress);
            // Where there can be no more threads, those that there are do the work.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        // This thread works too: memory that it asks for grows in larger steps than that of others.
        work((0, first), &items, &ended, progress);
        feeder.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut harvest = ended.expect("every worker has ended, and there is one");
    harvest.account.add(found);
    harvest.sources.sort();
    harvest.saved.sort();
    Ok(harvest)
}

/// Nobody would find the logs.
fn no_thread(error: std::io::Error) -> Error {
    Error::input("cannot start a thread").because(error).hint(
        "raise the limit of processes (`ulimit -u`, a container's limit of pids), or end others of the same user",
    )
}

/// A worker that panics closes the queue, so that whoever feeds it stops instead of waiting for ever.
struct CloseOnPanic<'a>(&'a Mutex<Queue>);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).close();
        }
    }
}

fn work<C: Collect>(
    (number, mut worker): (usize, Worker<C>),
    items: &Mutex<Queue>,
    ended: &Mutex<Option<Harvest<C::Collected>>>,
    progress: &Progress,
) {
    let _guard = CloseOnPanic(items);
    loop {
        let item = items.lock().unwrap_or_else(PoisonError::into_inner).next(number);
        let Some(item) = item else { break };
        progress.read(worker.read(item));
    }
    let mut harvest = harvest(worker);
    // Two that have ended are joined by the later, and so on: several threads join at once.
    loop {
        let mut waits = ended.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(other) = waits.take() else {
            *waits = Some(harvest);
            return;
        };
        drop(waits);
        harvest = join::<C>(harvest, other);
    }
}

/// What a worker comes to; whatever else it held is gone.
fn harvest<C: Collect>(worker: Worker<C>) -> Harvest<C::Collected> {
    let Worker { collector, account, sources, saved, left_out, .. } = worker;
    Harvest { collected: collector.end(), account, sources, saved, left_out }
}

fn join<C: Collect>(mut one: Harvest<C::Collected>, other: Harvest<C::Collected>) -> Harvest<C::Collected> {
    one.account.add(other.account);
    one.sources.extend(other.sources);
    one.saved.extend(other.saved);
    one.left_out.extend(other.left_out);
    Harvest { collected: C::join(one.collected, other.collected), ..one }
}
