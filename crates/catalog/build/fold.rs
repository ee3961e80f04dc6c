//! Packs a text whose lines come again and again: each line that starts with a space is in a dictionary once.
//!
//! What comes out is three texts, each compressed: the dictionary, the other lines, and the numbers that put them
//! together again (`src/folded.rs` does). A number is 0 for the next of the other lines, else how far the
//! dictionary's line is from the one before, with its sign in the lowest bit, plus one.

use std::collections::{BTreeMap, BTreeSet};

use crate::pack::Bytes;

pub(crate) fn fold(text: &str) -> Vec<u8> {
    let repeated: BTreeSet<&str> = text.lines().filter(|line| line.starts_with(' ')).collect();
    let number: BTreeMap<&str, usize> = repeated.iter().enumerate().map(|(at, line)| (*line, at)).collect();
    let (mut heads, mut numbers, mut before) = (String::new(), Bytes::default(), 0);
    for line in text.lines() {
        let Some(at) = number.get(line).copied() else {
            numbers.number(0);
            before = 0;
            heads.push_str(line);
            heads.push('\n');
            continue;
        };
        let far = at.abs_diff(before);
        numbers.number(1 + far * 2 + usize::from(at < before));
        before = at;
    }
    let dictionary: String = repeated.iter().map(|line| format!("{line}\n")).collect();
    let mut packed = Bytes::default();
    for part in [dictionary.as_bytes(), heads.as_bytes(), &numbers.0] {
        let part = miniz_oxide::deflate::compress_to_vec(part, 10);
        packed.number(part.len());
        packed.0.extend(part);
    }
    packed.0
}
