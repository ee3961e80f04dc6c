//! Logs in S3: listed with the days outside the window left out, fetched several at a time with a bound on the bytes
//! that are on their way, handed to the same workers as files.

use std::io::Read;
use std::sync::{Arc, Weak};

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::list_objects_v2::{ListObjectsV2Error, ListObjectsV2Output};
use aws_sdk_s3::primitives::ByteStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Sender, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::account::Account;
use super::layout::{self, Verdict};
use super::read::{Body, HELD, Item};
use super::window::Window;
use crate::aws;
use crate::cli::logs::AwsArgs;
use crate::error::{Error, Result};

/// So many bytes may be on their way or waiting for a worker. An object larger than [`HELD`] is streamed instead.
const IN_FLIGHT: u64 = 2 * HELD;
/// So many objects are fetched at once, however small they are.
const FETCHES: usize = 32;
/// So many listings are asked for at once.
const LISTINGS: usize = 16;
/// A body that breaks off is fetched this often, of a large one what is missing; requests themselves are retried by the SDK.
const ATTEMPTS: usize = 3;

/// What reading a bucket takes; trails that encrypt with a key of one's own ask for it too.
const NEEDS: &str = "s3:ListBucket on the bucket and s3:GetObject on what is in it";

type ListError = SdkError<ListObjectsV2Error>;

/// A bucket and what to read of it.
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// What the keys begin with.
    pub prefix: String,
    /// Days outside it are not listed.
    pub window: Window,
}

struct Object {
    key: String,
    size: u64,
}

/// Lists the bucket and sends every log in it to the workers.
pub fn feed(bucket: Bucket, args: &AwsArgs, queue: &Sender<Item>, account: &mut Account) -> Result<()> {
    let runtime = Arc::new(aws::runtime()?);
    // What fetches runs in the runtime and must not keep it; what is read later does.
    let weak = Arc::downgrade(&runtime);
    runtime.block_on(async {
        let config = aws::config(args).await?;
        let settings =
            aws_sdk_s3::config::Builder::from(&config).force_path_style(config.endpoint_url().is_some());
        let client = Client::from_conf(settings.build());
        let bucket = Arc::new(bucket);
        let (found, mut objects) = unbounded_channel();
        let reach = Arc::new(Reach { args: args.clone(), config });
        let listing = tokio::spawn(list(client.clone(), reach, bucket.clone(), found));
        let fetch = Fetch { client, bucket: bucket.clone(), queue: queue.clone(), runtime: weak };
        fetch.all(&mut objects).await;
        let listed =
            listing.await.map_err(|error| Error::input("listing was cut short").because(error))??;
        account.add(listed);
        Ok(())
    })
}

/// How S3 is reached, to tell when it cannot be.
struct Reach {
    args: AwsArgs,
    config: SdkConfig,
}

impl Reach {
    fn refused(&self, bucket: &str, prefix: &str, error: &ListError) -> Error {
        let doing = format!("list s3://{bucket}/{prefix}");
        let Reach { args, config } = self;
        aws::Call { doing, service: "S3", needs: NEEDS, args, config }.refused(error)
    }
}

/// Lists what is under the prefix. With a window, folder by folder, so that the days outside it are never asked for;
/// without one, straight through.
async fn list(
    client: Client,
    reach: Arc<Reach>,
    bucket: Arc<Bucket>,
    found: UnboundedSender<Object>,
) -> Result<Account> {
    let mut account = Account::default();
    let mut waiting = vec![bucket.prefix.clone()];
    let mut running = JoinSet::new();
    loop {
        while running.len() < LISTINGS
            && let Some(prefix) = waiting.pop()
        {
            running.spawn(list_folder(client.clone(), reach.clone(), bucket.clone(), prefix, found.clone()));
        }
        let Some(done) = running.join_next().await else { return Ok(account) };
        let (folders, part) =
            done.map_err(|error| Error::input("listing was cut short").because(error))??;
        account.add(part);
        for folder in folders {
            match (
                layout::sibling(&folder),
                layout::folder_may_hold(&folder, bucket.window.since, bucket.window.until),
            ) {
                (Some(name), _) => *account.siblings.entry(name).or_default() += 1,
                (None, false) => account.pruned += 1,
                (None, true) => waiting.push(folder),
            }
        }
    }
}

/// One folder: sends its objects on, returns its folders.
async fn list_folder(
    client: Client,
    reach: Arc<Reach>,
    bucket: Arc<Bucket>,
    prefix: String,
    found: UnboundedSender<Object>,
) -> Result<(Vec<String>, Account)> {
    let by_folder = bucket.window != Window::default() && !layout::is_day(&prefix);
    let request = client.list_objects_v2().bucket(&bucket.name).prefix(&prefix);
    let request = if by_folder { request.delimiter("/") } else { request };
    let mut pages = request.into_paginator().send();
    let (mut folders, mut account) = (Vec::new(), Account::default());
    let mut is_more = false;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reach.refused(&bucket.name, &prefix, &error))?;
        is_more = is_more_than(&page).ok_or_else(|| cut_short(&bucket.name, &prefix))?;
        folders.extend(page.common_prefixes().iter().filter_map(|folder| folder.prefix().map(str::to_owned)));
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            // A key that ends in `/` is what consoles make to show an empty folder.
            if key.ends_with('/') {
                continue;
            }
            // The object that was asked for by its full key is read whatever it is called and whenever it was delivered,
            // as a file is.
            let verdict = match key == bucket.prefix {
                true => Verdict::Read,
                false => layout::judge(key, bucket.window.since, bucket.window.until),
            };
            match verdict {
                Verdict::Read => {
                    let size = object.size().and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
                    let _ = found.send(Object { key: key.to_owned(), size });
                }
                Verdict::Sibling(folder) => *account.siblings.entry(folder).or_default() += 1,
                Verdict::Outside => account.pruned += 1,
                Verdict::NotALog => account.other += 1,
            }
        }
    }
    match is_more {
        true => Err(cut_short(&bucket.name, &prefix)),
        false => Ok((folders, account)),
    }
}

/// Whether a listing goes on behind this page; `None` when the page itself lacks keys that it counts, of which the SDK says
/// nothing when the text of the answer ends early.
fn is_more_than(page: &ListObjectsV2Output) -> Option<bool> {
    let there = page.contents().len() + page.common_prefixes().len();
    let counted = page.key_count().and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    (there >= counted).then(|| page.is_truncated() == Some(true))
}

/// What was not listed would be taken for what is not there.
fn cut_short(bucket: &str, prefix: &str) -> Error {
    Error::input(format!("cannot list s3://{bucket}/{prefix}: the list is cut short"))
        .hint("try again; what answers may not be S3, or something between changes its answers")
}

/// Fetches objects and hands them to the workers.
#[derive(Clone)]
struct Fetch {
    client: Client,
    bucket: Arc<Bucket>,
    queue: Sender<Item>,
    runtime: Weak<Runtime>,
}

impl Fetch {
    async fn all(self, objects: &mut tokio::sync::mpsc::UnboundedReceiver<Object>) {
        // One permit stands for a KiB.
        let room = Arc::new(Semaphore::new((IN_FLIGHT >> 10) as usize));
        let mut running = JoinSet::new();
        while let Some(object) = objects.recv().await {
            let size = object.size.clamp(1 << 10, HELD) >> 10;
            let Ok(permit) = room.clone().acquire_many_owned(size as u32).await else { break };
            if running.len() >= FETCHES {
                running.join_next().await;
            }
            let fetch = self.clone();
            running.spawn(async move {
                let name = format!("s3://{}/{}", fetch.bucket.name, object.key);
                let body = fetch.body(&object, Box::new(permit)).await;
                let _ = fetch.queue.send(Item { name, body }).await;
            });
        }
        while running.join_next().await.is_some() {}
    }

    async fn body(&self, object: &Object, room: Box<dyn Send>) -> Body {
        let mut failure = String::new();
        for _ in 0..ATTEMPTS {
            let request = self.client.get_object().bucket(&self.bucket.name).key(&object.key);
            let found = match request.send().await {
                Ok(found) => found,
                Err(error) => return Body::Failed(format!("cannot be fetched: {}", aws::in_short(&error))),
            };
            if found.content_length().is_none_or(|size| size as u64 > HELD)
                && let Some(runtime) = self.runtime.upgrade()
            {
                let version = found.e_tag().map(str::to_owned);
                let (client, bucket) = (self.client.clone(), self.bucket.name.clone());
                let rest = Rest { client, bucket, key: object.key.clone(), version, left: ATTEMPTS - 1 };
                let stream = Stream { body: found.body, runtime, piece: Vec::new(), at: 0, came: 0, rest };
                return Body::Stream(Box::new(stream));
            }
            match found.body.collect().await {
                Ok(bytes) => return Body::Bytes { data: bytes.to_vec(), room },
                Err(error) => failure = format!("cannot be fetched: {}", aws::causes(&error)),
            }
        }
        Body::Failed(failure)
    }
}

/// An object too large to hold, read a piece at a time by a worker.
///
/// INVARIANT: the threads that bring the pieces live as long as there is one of these, which is longer than whoever
/// feeds the workers.
struct Stream {
    body: ByteStream,
    runtime: Arc<Runtime>,
    piece: Vec<u8>,
    at: usize,
    /// How much came so far.
    came: u64,
    rest: Rest,
}

/// Asks for the rest of an object that broke off: of the same one, or of none.
struct Rest {
    client: Client,
    bucket: String,
    key: String,
    /// Which one it was, by its ETag.
    version: Option<String>,
    /// How often it may still be asked for.
    left: usize,
}

impl Rest {
    async fn from(&mut self, at: u64) -> Option<ByteStream> {
        while self.left > 0 {
            self.left -= 1;
            let request = self.client.get_object().bucket(&self.bucket).key(&self.key);
            let request = request.range(format!("bytes={at}-")).if_match(self.version.clone()?);
            // Who does not know ranges gives it from its beginning.
            let begins = |range: &str| range.strip_prefix("bytes ")?.split('-').next()?.parse::<u64>().ok();
            if let Ok(found) = request.send().await
                && found.content_range().and_then(begins) == Some(at)
            {
                return Some(found.body);
            }
        }
        None
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.piece.len() {
            match self.runtime.block_on(self.body.next()) {
                Some(Ok(bytes)) => {
                    self.came += bytes.len() as u64;
                    (self.piece, self.at) = (bytes.to_vec(), 0);
                }
                Some(Err(error)) => match self.runtime.block_on(self.rest.from(self.came)) {
                    Some(rest) => self.body = rest,
                    None => return Err(std::io::Error::other(aws::causes(&error))),
                },
                None => return Ok(0),
            }
        }
        let bytes = out.len().min(self.piece.len() - self.at);
        out[..bytes].copy_from_slice(&self.piece[self.at..self.at + bytes]);
        self.at += bytes;
        Ok(bytes)
    }
}
