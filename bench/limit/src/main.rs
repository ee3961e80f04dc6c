//! The limit that `leastwise usage` is measured against: the same files read and decompressed with the
//! fastest library there is (libdeflate), and nothing else done with them.
//!
//! ```text
//! leastwise-bench-limit FOLDER THREADS
//! ```
//! prints `files`, `compressed` and `raw` bytes as one JSON object. `bench/run.py` takes the time from
//! outside, as it does for every other program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use libdeflater::{DecompressionError, Decompressor};

/// What was read, over all files.
#[derive(Default)]
struct Read {
    files: u64,
    compressed: u64,
    raw: u64,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().context("the folder of logs is missing")?;
    let threads: usize = arguments.next().context("the number of threads is missing")?.parse()?;
    ensure!(threads > 0, "at least one thread is needed");
    let mut files = Vec::new();
    log_files(Path::new(&folder), &mut files)?;
    let read = read_all(&files, threads)?;
    let Read { files, compressed, raw } = read;
    writeln!(std::io::stdout(), r#"{{"files": {files}, "compressed": {compressed}, "raw": {raw}}}"#)?;
    Ok(())
}

/// Every `.json.gz` below `folder`.
fn log_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            log_files(&path, found)?;
        } else if path.to_string_lossy().ends_with(".json.gz") {
            found.push(path);
        }
    }
    Ok(())
}

/// Each thread takes the next file until none is left; buffers are kept from file to file.
fn read_all(files: &[PathBuf], threads: usize) -> Result<Read> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Read> {
        let (mut read, mut raw) = (Read::default(), Vec::new());
        let mut decompressor = Decompressor::new();
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let compressed =
                std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let length = inflate(&mut decompressor, &compressed, &mut raw)
                .with_context(|| format!("cannot decompress `{}`", path.display()))?;
            read.files += 1;
            read.compressed += compressed.len() as u64;
            read.raw += length as u64;
        }
        Ok(read)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut total = Read::default();
        for worker in workers {
            let read = worker.join().expect("a worker returns errors instead of panicking")?;
            total.files += read.files;
            total.compressed += read.compressed;
            total.raw += read.raw;
        }
        Ok(total)
    })
}

/// Decompresses one gzip member; its last four bytes say how long it becomes (RFC 1952, ISIZE).
fn inflate(decompressor: &mut Decompressor, compressed: &[u8], raw: &mut Vec<u8>) -> Result<usize> {
    let size = compressed.last_chunk::<4>().context("too short for gzip")?;
    let mut room = (u32::from_le_bytes(*size) as usize).max(64);
    loop {
        if raw.len() < room {
            raw.resize(room, 0);
        }
        match decompressor.gzip_decompress(compressed, raw) {
            Ok(length) => return Ok(length),
            Err(DecompressionError::InsufficientSpace) if room < 1 << 30 => room *= 2,
            Err(error) => return Err(error.into()),
        }
    }
}
