//! The log reader over hostile text: it never panics, gives the same records however the text is cut, and its
//! vector and portable code find the same structure. What it collects saves and loads to the same rows.
#![no_main]

use leastwise_analysis::audit_log::{Event, Problem, Reader, Sink, Structure, index, index_portable};
use leastwise_analysis::usage::{Collector, Settings, Shared, Usage};
use leastwise_catalog::Catalog;
use leastwise_catalog::call::{Planner, Rules};
use libfuzzer_sys::fuzz_target;

/// A short description of every record, so that two readings can be compared.
#[derive(Default, PartialEq, Debug)]
struct Seen(Vec<Vec<u8>>);

impl Sink for Seen {
    fn record(&mut self, event: &Event<'_>) -> Result<(), String> {
        self.0.push([event.source, b"/", event.name, b"/", event.id, b"/", event.identity.arn].concat());
        Ok(())
    }
    fn problem(&mut self, _: Problem) {}
}

fn read(text: &[u8], piece: usize) -> Seen {
    let (mut seen, mut reader, mut held) = (Seen::default(), Reader::new(), Vec::new());
    for part in text.chunks(piece) {
        held.extend_from_slice(part);
        let done = reader.push(&held, false, &mut seen);
        held.drain(..done);
    }
    reader.push(&held, true, &mut seen);
    seen
}

fuzz_target!(|text: &[u8]| {
    let (mut fast, mut slow) = (Structure::default(), Structure::default());
    index(text, &mut fast);
    index_portable(text, &mut slow);
    assert_eq!(fast, slow);

    let whole = read(text, text.len().max(1));
    assert_eq!(whole, read(text, 1 + text.len() / 3));
    if text.len() < 2_000 {
        assert_eq!(whole, read(text, 1));
    }

    let settings = Settings { keep_fingerprints: true, fold_at: 3, ..Settings::default() };
    let shared = Shared::new(Planner::new(Catalog::embedded(), Rules::embedded()), settings);
    let mut collector = Collector::new(&shared);
    Reader::new().push(text, true, &mut collector);
    let usage = collector.finish();
    let saved = usage.save();
    let loaded = Usage::load(&saved).expect("what was saved can be loaded");
    assert_eq!(loaded.rows(), usage.rows());
    let _ = Usage::load(text);
});
