//! Blocks of the allocator are aligned and keep what is in them, whatever is asked for, changed and given back.

#![no_main]

#[path = "../../crates/allocator/tests/exercise/mod.rs"]
mod exercise;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|steps: &[u8]| exercise::exercise(steps));
