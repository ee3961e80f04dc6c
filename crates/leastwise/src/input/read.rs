//! One log file: opened, unpacked, read into a collector, accounted for.
//!
//! INVARIANT: nothing of a file whose checksum does not hold, or that unpacks to more than is allowed, reaches the
//! collector. (The exception is a stream too large to keep, such as standard input: it can be read only once, and
//! what was read before the damage is said to have been used.)

use std::fs::File;
use std::io::{ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leastwise_analysis::audit_log::{Event, Problem, Reader, Sink, Via};
use leastwise_analysis::usage::{self, Source};

use super::account::Account;
use super::digest::{Hashed, Seen};
use super::foreign;
use super::known::{Known, Take};
use super::other_logs;
use super::saved::{self, is_saved};
use super::size::ByteSize;
use super::stream::{self, Cut, TextSink};
use super::unpack::{Room, Unpacker, is_gzip};
use crate::output::counted;

/// The largest file that is held in memory as it lies there; a CloudTrail file of 50 MB comes to some 5 MB. Larger ones are read a piece at a time.
pub const HELD: u64 = 8 << 20;

/// The largest saved usage that is taken in.
const SAVED: u64 = 1 << 30;

/// Something to read.
pub struct Item {
    /// What it is called in messages.
    pub name: String,
    /// Where its bytes are.
    pub body: Body,
}

/// Where the bytes of an item are.
pub enum Body {
    /// In a file.
    Path(PathBuf),
    /// Here already; `room` is held until they were read.
    Bytes { data: Vec<u8>, room: Box<dyn Send> },
    /// In something that can be read only once.
    Stream(Box<dyn Read + Send>),
    /// They could not be fetched.
    Failed(String),
}

/// Reads file after file with the same memory.
pub struct Worker<C> {
    /// Takes the records.
    pub collector: C,
    /// What was read and what was not.
    pub account: Account,
    /// The files that were read.
    pub sources: Vec<Source>,
    /// Files that are not logs but saved usage, as they lie there.
    pub saved: Vec<(String, Vec<u8>)>,
    /// Files that were left unread, since they are not among those to read.
    pub left_out: Vec<String>,
    known: Option<Arc<Known>>,
    digests: bool,
    max_text: u64,
    unpacker: Unpacker,
    reader: Reader,
    records: u64,
    problems: u64,
    raw: Vec<u8>,
    text: Vec<u8>,
}

impl<C: Sink> Worker<C> {
    /// A worker that refuses files with more text than `max_text`, and reads none but `known` ones when there are such.
    pub fn new(collector: C, max_text: ByteSize, room: Arc<Room>, known: Option<Arc<Known>>) -> Self {
        Worker {
            collector,
            account: Account::default(),
            sources: Vec::new(),
            saved: Vec::new(),
            left_out: Vec::new(),
            digests: known.is_some(),
            known,
            max_text: max_text.0,
            unpacker: Unpacker::new(room),
            reader: Reader::new(),
            records: 0,
            problems: 0,
            raw: Vec::new(),
            text: Vec::new(),
        }
    }

    /// The same, which takes the digests of what it reads, or does so only as far as it needs them itself.
    pub fn with_digests(self, digests: bool) -> Self {
        Worker { digests: digests || self.known.is_some(), ..self }
    }

    /// Reads one item; returns its size as it lies there.
    pub fn read(&mut self, item: Item) -> u64 {
        let name = item.name.as_str();
        self.account.files += 1;
        let bytes = match item.body {
            Body::Path(path) => self.path(name, &path),
            Body::Bytes { data, room } => {
                self.held(name, &data);
                drop(room);
                data.len() as u64
            }
            Body::Stream(mut stream) => self.once(name, &mut *stream, 0),
            Body::Failed(reason) => {
                self.account.bad_file(name, reason);
                0
            }
        };
        self.account.bytes += bytes;
        bytes
    }

    fn path(&mut self, name: &str, path: &Path) -> u64 {
        let file = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (len, mut file) = match file {
            Ok(found) => found,
            Err(error) => {
                self.account.bad_file(name, format!("cannot be opened: {error}"));
                return 0;
            }
        };
        if len <= HELD {
            return self.once(name, &mut file, len as usize);
        }
        self.large(name, &mut file, len)
    }

    /// Reads what is too large to hold: once over it to see whether it is sound, once more to read it. It is the same
    /// file both times, whatever lies under its name by then.
    fn large(&mut self, name: &str, file: &mut (impl Read + Seek), len: u64) -> u64 {
        let mut begin = Vec::new();
        if file.by_ref().take(saved::BEGIN as u64).read_to_end(&mut begin).is_ok() && is_saved(&begin) {
            return self.long_saved(name, &mut begin.as_slice().chain(file));
        }
        let again = |file: &mut dyn Seek, account: &mut Account| {
            let rewound = file.rewind();
            if let Err(error) = &rewound {
                account.bad_file(name, format!("cannot be read from its beginning: {error}"));
            }
            rewound.is_ok()
        };
        if self.known.is_some()
            && again(file, &mut self.account)
            && Seen::of_rest(file).is_ok_and(|seen| self.leaves_out(name, &seen))
        {
            return len;
        }
        if !again(file, &mut self.account) {
            return len;
        }
        if self.sound(name, file).is_none() {
            // What cannot be read again has been told by now.
            if self.digests && file.rewind().is_ok() {
                let _ = Seen::of_rest(file).map(|seen| self.nothing_used(name, seen));
            }
            return len;
        }
        self.text.shrink_to(HELD as usize);
        if again(file, &mut self.account) {
            self.pieces(name, file, "it was sound when it was checked, and has changed since: ");
        }
        len
    }

    /// Reads what can be read only once: held whole when it is small enough, else a piece at a time. `likely` is how
    /// long it is, as far as that is known.
    fn once(&mut self, name: &str, source: &mut dyn Read, likely: usize) -> u64 {
        let mut raw = std::mem::take(&mut self.raw);
        let begun = begin(source, &mut raw, likely);
        let bytes = match begun.and_then(|()| source.take(HELD + 1 - raw.len() as u64).read_to_end(&mut raw))
        {
            Ok(_) if raw.len() as u64 <= HELD => {
                self.held(name, &raw);
                raw.len() as u64
            }
            Ok(_) if is_saved(&raw) => self.long_saved(name, &mut raw.as_slice().chain(source)),
            Ok(_) => self.pieces(name, &mut raw.as_slice().chain(source), ""),
            Err(error) => {
                self.account.bad_file(name, format!("cannot be read: {error}"));
                0
            }
        };
        self.raw = raw;
        bytes
    }

    /// Takes in a saved usage that is larger than what is held of logs: it is checked as a whole. Returns how much of it
    /// was read.
    fn long_saved(&mut self, name: &str, source: &mut dyn Read) -> u64 {
        let mut saved = Vec::new();
        let read = source.take(SAVED + 1).read_to_end(&mut saved);
        let bytes = saved.len() as u64;
        match read {
            Ok(_) if bytes > SAVED => {
                self.account.bad_file(name, format!("a saved usage larger than {}", ByteSize(SAVED)));
            }
            Ok(_) => self.saved.push((name.to_owned(), saved)),
            Err(error) => self.account.bad_file(name, format!("cannot be read: {error}")),
        }
        bytes
    }

    /// Reads a file that is in memory as it lies on disk.
    fn held(&mut self, name: &str, raw: &[u8]) {
        let packed = is_gzip(raw);
        // Whether it is among those to read is asked of logs alone.
        if usage::is_saved(raw) || packed && self.known.is_some() && is_saved(raw) {
            self.saved.push((name.to_owned(), raw.to_owned()));
            return;
        }
        let seen = Seen::of(raw, self.digests);
        if self.leaves_out(name, &seen) {
            return;
        }
        let text = match packed {
            true => self.unpacker.whole(raw, usize::try_from(self.max_text).unwrap_or(usize::MAX)),
            false => Some(raw),
        };
        if packed && text.map_or_else(|| is_saved(raw), usage::is_saved) {
            self.saved.push((name.to_owned(), raw.to_owned()));
            return;
        }
        let Some(text) = text else {
            if self.sound(name, &mut &raw[..]).is_none() {
                return self.nothing_used(name, seen);
            }
            let (_, cut) = self.stream(name, &mut &raw[..]);
            return self.after(name, seen, cut, "");
        };
        let mut sink = FileSink::new(name, &mut self.collector, &mut self.account);
        sink.begins(text);
        self.reader.reset();
        self.reader.push(text, true, &mut sink);
        (self.records, self.problems) = (sink.records, sink.problems);
        self.after(name, seen, None, "");
    }

    /// Whether every checksum of the file holds and it is not too large; a truncated file is sound as far as it goes.
    fn sound(&mut self, name: &str, source: &mut dyn Read) -> Option<()> {
        match stream::check(source, self.max_text, &mut self.text).1 {
            None | Some(Cut::Truncated) => Some(()),
            Some(cut) => {
                self.account.bad_file(name, format!("{}; nothing of it was used", self.tell(&cut)));
                None
            }
        }
    }

    /// Reads a piece at a time, and takes the digest on the way; returns the size as it lies there.
    /// `otherwise` goes before what is wrong with it, if something is.
    fn pieces(&mut self, name: &str, source: &mut dyn Read, otherwise: &str) -> u64 {
        let mut source = Hashed::new(source, self.digests);
        let (_, cut) = self.stream(name, &mut source);
        // A cut leaves bytes unread; the digest is of the whole file.
        let _ = std::io::copy(&mut source, &mut std::io::sink());
        let seen = source.seen();
        let bytes = seen.bytes;
        self.after(name, seen, cut, otherwise);
        bytes
    }

    fn stream(&mut self, name: &str, source: &mut dyn Read) -> (u64, Option<Cut>) {
        let mut sink = FileSink::new(name, &mut self.collector, &mut self.account);
        let read = stream::read(source, self.max_text, &mut self.text, &mut self.reader, &mut sink);
        (self.records, self.problems) = (sink.records, sink.problems);
        read
    }

    /// Whether the file is not among those to read.
    fn leaves_out(&mut self, name: &str, seen: &Seen) -> bool {
        let Some(known) = &self.known else { return false };
        let take = seen.sha256.as_ref().map_or(Take::Unknown, |sha256| known.take(sha256));
        if take == Take::Unknown {
            self.left_out.push(name.to_owned());
        }
        take != Take::Read
    }

    /// Closes the account of a file of which nothing was used. It is a source all the same: that it was there, and
    /// as it was, is part of what came out.
    fn nothing_used(&mut self, name: &str, seen: Seen) {
        self.source(name, seen, 0);
    }

    fn source(&mut self, name: &str, seen: Seen, records: u64) {
        let source = |sha256| Source { name: name.to_owned(), bytes: seen.bytes, sha256, records };
        self.sources.extend(seen.sha256.map(source));
    }

    /// Closes the account of a file; `otherwise` goes before what is wrong with it, if something is.
    fn after(&mut self, name: &str, seen: Seen, cut: Option<Cut>, otherwise: &str) {
        let records = self.records;
        self.source(name, seen, records);
        self.account.records += records;
        self.account.empty += u64::from(records == 0 && self.problems == 0 && cut.is_none());
        match cut {
            None => {}
            Some(Cut::Truncated) => {
                self.account.bad_file(name, format!("truncated; {records} records before the cut were read"));
            }
            Some(cut) => {
                let used = match records {
                    0 => "; nothing of it was used".to_owned(),
                    _ => format!(", after {} of it were used", counted(records, "record", "records")),
                };
                self.account.bad_file(name, format!("{otherwise}{}{used}", self.tell(&cut)));
            }
        }
    }

    fn tell(&self, cut: &Cut) -> String {
        match cut {
            Cut::Truncated => "truncated".to_owned(),
            Cut::Damaged(how) => format!("damaged: {how}"),
            Cut::TooLarge => {
                format!("unpacks to more than {} (--max-decompressed)", ByteSize(self.max_text))
            }
            Cut::Failed(how) => format!("cannot be read: {how}"),
        }
    }
}

/// Fills `raw` with the first `len` bytes of a source, or all when there are fewer. What is read in one go needs no
/// growing buffer, and what `raw` held before is written over instead of cleared.
fn begin(source: &mut dyn Read, raw: &mut Vec<u8>, len: usize) -> std::io::Result<()> {
    raw.resize(len, 0);
    let mut filled = 0;
    while filled < len {
        match source.read(&mut raw[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    raw.truncate(filled);
    Ok(())
}

/// So much of the beginning is looked at to say what a file is: names of an envelope stand further in than magic bytes.
const BEGIN: usize = 1_024;

/// Gives the name of the file to what the reader finds.
struct FileSink<'a, C> {
    name: &'a str,
    collector: &'a mut C,
    account: &'a mut Account,
    records: u64,
    problems: u64,
    /// How the text begins, as far as it is needed to say what it is when it is no log.
    begin: [u8; BEGIN],
    begun: usize,
    /// Whether that was said; then each line of it need not be told as well.
    foreign: bool,
}

impl<'a, C> FileSink<'a, C> {
    fn new(name: &'a str, collector: &'a mut C, account: &'a mut Account) -> Self {
        let (begin, begun) = ([0; BEGIN], 0);
        FileSink { name, collector, account, records: 0, problems: 0, begin, begun, foreign: false }
    }

    /// What the file is, when nothing could be read from its beginning on and that tells.
    fn is_foreign(&mut self, problem: &Problem) -> bool {
        /// A mark of the byte order may stand before.
        const MARK: u64 = 3;
        if self.records > 0 || self.foreign {
            return self.records == 0;
        }
        if problem.record > 0 || self.problems > 1 {
            return false;
        }
        let begin = &self.begin[..self.begun];
        let words = other_logs::recognise(begin).map(|other| other.words()).or_else(|| {
            (problem.offset <= MARK)
                .then(|| foreign::recognise(begin))
                .flatten()
                .map(|foreign| foreign.words())
        });
        if let Some(words) = words {
            self.foreign = true;
            self.account.bad_file(self.name, words);
        }
        self.foreign
    }
}

impl<C: Sink> Sink for FileSink<'_, C> {
    #[inline]
    fn record(&mut self, event: &Event<'_>) -> Result<(), String> {
        self.collector.record(event)?;
        self.records += 1;
        Ok(())
    }

    fn problem(&mut self, problem: Problem) {
        if problem.incomplete {
            return self.account.incomplete(self.name, problem.reason);
        }
        self.problems += 1;
        if !self.is_foreign(&problem) {
            self.account.bad_record(self.name, problem.record, problem.offset, problem.reason);
        }
    }

    fn came(&mut self, via: Via) {
        self.collector.came(via);
    }
}

impl<C: Sink> TextSink for FileSink<'_, C> {
    fn begins(&mut self, text: &[u8]) {
        self.begun = text.len().min(BEGIN);
        self.begin[..self.begun].copy_from_slice(&text[..self.begun]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, SeekFrom, Write};

    use super::*;

    #[derive(Default)]
    struct Counted(u64);

    impl Sink for Counted {
        fn record(&mut self, _: &Event<'_>) -> Result<(), String> {
            self.0 += 1;
            Ok(())
        }

        fn problem(&mut self, _: Problem) {}
    }

    /// A file that somebody writes to while it is read: it is another from some rewinding on.
    struct Changing {
        now: Cursor<Vec<u8>>,
        then: Vec<u8>,
        rewinds: usize,
    }

    impl Read for Changing {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            self.now.read(out)
        }
    }

    impl Seek for Changing {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.rewinds += 1;
            if self.rewinds == 2 {
                self.now = Cursor::new(self.then.clone());
            }
            self.now.seek(to)
        }
    }

    fn packed(records: usize) -> Vec<u8> {
        let record = r#"{"eventVersion":"1.11","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#;
        let text = format!(r#"{{"Records":[{}]}}"#, vec![record; records].join(","));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("in memory");
        encoder.finish().expect("in memory")
    }

    #[test]
    fn a_file_that_changes_between_check_and_reading_is_told_with_what_was_used() {
        let sound = packed(50_000);
        let mut damaged = sound.clone();
        let at = damaged.len() - 6;
        damaged[at] ^= 1;
        let garbage = b"\x1f\x8b\x08 and no more".to_vec();
        for (then, used) in
            [(damaged, ", after 50,000 records of it were used"), (garbage, "; nothing of it was used")]
        {
            let mut file = Changing { now: Cursor::new(sound.clone()), then, rewinds: 0 };
            let limit = ByteSize(1 << 30);
            let mut worker = Worker::new(Counted::default(), limit, Arc::default(), None).with_digests(true);
            worker.large("l.json.gz", &mut file, sound.len() as u64);
            let skips: Vec<&str> = worker.account.skips().iter().map(|skip| skip.reason.as_str()).collect();
            assert_eq!(skips.len(), 1, "{skips:?}");
            assert!(
                skips[0].starts_with("it was sound when it was checked, and has changed since: "),
                "{skips:?}"
            );
            assert!(skips[0].ends_with(used), "{skips:?}");
        }
    }

    #[test]
    fn of_a_large_file_that_is_damaged_nothing_is_used() {
        let mut damaged = packed(1_000);
        let at = damaged.len() - 6;
        damaged[at] ^= 1;
        let mut worker = Worker::new(Counted::default(), ByteSize(1 << 30), Arc::default(), None);
        worker.large("l.json.gz", &mut Cursor::new(damaged.clone()), damaged.len() as u64);
        assert_eq!(worker.collector.0, 0);
        let skips = worker.account.skips();
        assert!(skips[0].reason.ends_with("; nothing of it was used"), "{skips:?}");
    }
}
