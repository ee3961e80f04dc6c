//! Members come out as another library decodes them, and end where they end.

mod exercise;

use std::io::Write;

use exercise::exercise;
use flate2::{Compression, GzBuilder};
use leastwise_gzip::{Decoder, Error, Member};
use proptest::prelude::*;

/// A member with a header of some sort.
fn gzip(text: &[u8], level: u32, name: Option<&str>) -> Vec<u8> {
    let builder = name.into_iter().fold(GzBuilder::new(), |builder, name| builder.filename(name));
    let mut encoder = builder.write(Vec::new(), Compression::new(level));
    encoder.write_all(text).expect("in memory");
    encoder.finish().expect("in memory")
}

proptest! {
    #[test]
    fn what_was_packed_comes_out_and_ends_where_it_ends(
        text in prop::collection::vec(0u8..8, 0..5_000),
        level in 0u32..10,
        name in prop::option::of("[a-z]{1,9}"),
        behind in prop::collection::vec(any::<u8>(), 0..40),
        change in prop::option::of((any::<prop::sample::Index>(), 1u8..)),
    ) {
        let packed = gzip(&text, level, name.as_deref());
        let mut bytes = [&packed[..], &behind].concat();
        let mut out = vec![0; text.len() + 10];
        let member = Member { packed: packed.len(), text: text.len() };
        prop_assert_eq!(Decoder::new().member(&bytes, &mut out), Ok(member));
        prop_assert_eq!(&out[..text.len()], &text);
        exercise(&bytes);
        if let Some((at, by)) = change {
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            exercise(&bytes);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        exercise(&bytes);
        exercise(&[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &bytes[..]].concat());
    }
}

#[test]
fn nothing_is_damaged() {
    assert_eq!(Decoder::new().member(&[], &mut []), Err(Error::Damaged));
}

#[test]
fn an_empty_text_needs_no_room() {
    let packed = gzip(b"", 6, None);
    let member = Member { packed: packed.len(), text: 0 };
    assert_eq!(Decoder::new().member(&packed, &mut []), Ok(member));
}

#[test]
fn a_checksum_of_the_header_is_not_passed_over() {
    let mut packed = gzip(b"text", 6, None);
    packed[3] |= 2;
    // Behind the header of ten bytes: what the checksum is not.
    packed.splice(10..10, [0xff, 0xff]);
    assert_eq!(Decoder::new().member(&packed, &mut [0; 10]), Err(Error::Damaged));
}
