//! Blocks are what was asked for, whatever is done with them.

mod exercise;

use exercise::exercise;
use proptest::prelude::*;

proptest! {
    #[test]
    fn blocks_are_aligned_and_keep_what_is_in_them(steps in prop::collection::vec(any::<u8>(), 0..4_000)) {
        exercise(&steps);
    }
}

#[test]
fn every_size_has_every_alignment() {
    for align in 0..13 {
        let asked: Vec<u8> = (1..2_000_u16)
            .flat_map(|size| {
                let [low, high] = size.to_le_bytes();
                [0, low, high, align]
            })
            .collect();
        exercise(&asked);
    }
}
