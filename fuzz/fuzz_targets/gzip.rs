//! A gzip member comes out as another library decodes it, ends where it ends, and nothing is written behind its room.

#![no_main]

#[path = "../../crates/gzip/tests/exercise/mod.rs"]
mod exercise;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
