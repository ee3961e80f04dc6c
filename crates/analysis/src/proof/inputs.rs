//! The list of what was read, in a file of its own: many proofs of one run would each repeat it, and a trail has a
//! hundred thousand files. A proof vouches for it by [`inputs_digest`], whatever the file's own form.

use std::collections::BTreeSet;

use super::inputs_digest;
use crate::usage::Source;

/// What the file is called.
pub const INPUTS: &str = "inputs.json";

/// The file: one array, an input a line.
pub fn inputs_file(inputs: &BTreeSet<Source>) -> Vec<u8> {
    let mut file = b"[".to_vec();
    for (place, input) in inputs.iter().enumerate() {
        file.extend_from_slice(if place == 0 { b"\n" } else { b",\n" });
        file.extend(serde_json::to_vec(input).expect("texts and integers can always be written"));
    }
    file.extend_from_slice(b"\n]\n");
    file
}

/// Reads the file, if it is the list that the digest is of.
pub fn read_inputs(file: &[u8], digest: &str) -> Option<Vec<Source>> {
    let inputs: Vec<Source> = serde_json::from_slice(file).ok()?;
    (inputs_digest(&inputs) == digest).then_some(inputs)
}
